"""The whole PDF of ResNet50 against a bare page with the same pictures, each made by a process of its own."""

from __future__ import annotations

import base64
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

# What is compared: seconds and megabytes, of ours and of the bare page.
Costs = tuple[tuple[float, float], tuple[float, float]]

_CHILD = """
import resource, sys, time
start = time.perf_counter()
html = open(sys.argv[1], encoding="utf-8").read()
if sys.argv[2] == "ours":
    import gc
    from reportgen.renderers import typesetting
    gc.disable()  # as renderers/child.py does
    outcome = typesetting.typeset(html, attachment=open(sys.argv[3], "rb").read())
    assert outcome.pdf and not outcome.errors, outcome.errors
else:
    from weasyprint import HTML
    HTML(string=html).write_pdf()
print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
"""


def measure() -> Iterator[Costs]:
    """Make a report of ResNet50 on one image, and set it and the bare page in type."""
    import keras
    import numpy as np

    import reportgen
    from reportgen.renderers import html, pdf
    from reportgen.renderers import json as facts

    images = np.random.default_rng(0).random((1, 224, 224, 3), dtype=np.float32)
    report = reportgen.explain(keras.applications.ResNet50(weights=None), images)
    pictures = [
        sheet.figure.data
        for section in report.sections
        if section.name == "activations"
        for sample in section.content.samples  # type: ignore[attr-defined]
        for layer in sample.layers
        for sheet in layer.sheets
    ]
    shown = "".join(
        f'<img alt="maps" src="data:image/png;base64,{base64.b64encode(each).decode()}">' for each in pictures
    )
    bare = f'<!DOCTYPE html><html lang="en"><title>maps</title><style>img {{ max-width: 100% }}</style>{shown}'
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "ours.html").write_text(html.document(report, "print"), encoding="utf-8")
        (folder / "bare.html").write_text(bare, encoding="utf-8")
        (folder / "report.json").write_bytes(facts.render(report))
        environment = pdf.environment(folder)
        costs = []
        for kind in ("ours", "bare"):
            arguments = [str(folder / f"{kind}.html"), kind, str(folder / "report.json")]
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, *arguments], check=True, capture_output=True, text=True, env=environment
            )
            seconds, megabytes = map(float, done.stdout.split())
            costs.append((seconds, megabytes))
    yield costs[0], costs[1]
