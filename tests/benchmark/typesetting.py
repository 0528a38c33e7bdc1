"""The whole PDF of ResNet50 against a bare page with the same pictures: processor time of a process of its own each."""

from __future__ import annotations

import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.table import Row

RUNS = 2
_CHILD = """
import sys, time
start = time.process_time()
html = open(sys.argv[1], encoding="utf-8").read()
if sys.argv[2] == "ours":
    import gc
    from reportgen.renderers import typesetting
    gc.disable()  # as renderers/typesetting_process.py does
    outcome = typesetting.typeset(html, attachment=open(sys.argv[3], "rb").read())
    assert outcome.pdf and not outcome.errors, outcome.errors
else:
    from weasyprint import HTML
    HTML(string=html).write_pdf()
# What getrusage tells begins with the size of the program that started this one.
status = open("/proc/self/status").read()
print(time.process_time() - start, int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
"""


def typesetting(folder: Path) -> Iterator[Row]:
    """Make a report of ResNet50 on one image, and set it and the bare page in type."""
    import keras
    import numpy as np

    import reportgen
    from reportgen.renderers import html, pdf
    from reportgen.renderers import json as facts

    images = np.random.default_rng(0).random((1, 224, 224, 3), dtype=np.float32)
    report = reportgen.explain(keras.applications.ResNet50(weights=None), images)
    page = html.document(report, "print")
    pictures = dict.fromkeys(re.findall(r"data:image/(?:png|jpeg);base64,[A-Za-z0-9+/=]+", page))
    shown = "".join(f'<img alt="maps" src="{each}">' for each in pictures)
    bare = f'<!DOCTYPE html><html lang="en"><title>maps</title><style>img {{ max-width: 100% }}</style>{shown}'
    (folder / "ours.html").write_text(page, encoding="utf-8")
    (folder / "bare.html").write_text(bare, encoding="utf-8")
    (folder / "report.json").write_bytes(facts.render(report))
    environment = pdf.environment(folder)
    costs: dict[str, list[tuple[float, float]]] = {"ours": [], "bare": []}
    for _ in range(RUNS):
        for kind, found in costs.items():
            arguments = [str(folder / f"{kind}.html"), kind, str(folder / "report.json")]
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, *arguments], check=True, capture_output=True, text=True, env=environment
            )
            seconds, megabytes = map(float, done.stdout.split())
            found.append((seconds, megabytes))
    ours, theirs = ([statistics.median(column) for column in zip(*found, strict=True)] for found in costs.values())
    what, against = (
        "the whole PDF of ResNet50, every map, set in type",
        "WeasyPrint, a bare page with the same pictures",
    )
    yield Row(what, ours[0], against, theirs[0], ours[0] / theirs[0], "at most 3")
    yield Row(f"{what}, memory", ours[1], against, theirs[1], ours[1] / theirs[1], "under 1000 MB", "MB")
