"""How fast a written page opens in Chromium, against an empty page and against one of the same pictures only.

First paint and load are what the browser itself reports (Performance Timeline, https://www.w3.org/TR/paint-timing/ and
https://www.w3.org/TR/navigation-timing-2/); tasks, layout and decoded pictures come from its trace (DevTools' `Tracing`
domain), of the process that shows the page and from the navigation on: other pages of the browser's own, such as the
one of a new tab, load in processes beside it. The page's scripting is switched off.
"""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmark.programs import run, saved
from tests.benchmark.table import Row
from tests.benchmark.whole import made
from tests.browser import NAMES, Browser

RUNS = 5
_CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,loading,blink.user_timing"
_SETTLED = 2.0  # seconds after the load event in which pictures may still be decoded
_PICTURES = r"data:image/(?:png|jpeg|webp);base64,[A-Za-z0-9+/=]+"
_REPORTED = """({
  paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
  load: performance.getEntriesByType("navigation")[0].loadEventEnd,
})"""
_REPORT = """
import sys, keras, reportgen
from pathlib import Path
from tests.benchmark.network import made, pictures
model = made("ResNet50")
reportgen.write(reportgen.explain(model, pictures(1, model.input_shape[1:])), Path(sys.argv[1]), ("html",))
"""


@dataclass(frozen=True)
class Opening:
    """What it took to open a page.

    Attributes:
        paint: From the navigation to the first contentful paint, seconds.
        load: From the navigation to the end of the load event, seconds.
        longest: The longest task of the page's main thread, seconds.
        layout: Time in layout, seconds.
        decoded: Different pictures that were decoded, by the time that the page had settled.
    """

    paint: float
    load: float
    longest: float
    layout: float
    decoded: float


def page(folder: Path) -> Iterator[Row]:
    """Open all about the default network, every map of ResNet50 for one sample, and all about MobileNet on pictures."""
    if not any(map(shutil.which, NAMES)):
        print("Skipped: there is no Chromium to open a page.", file=sys.stderr)  # noqa: T201
        return
    run(_REPORT, str(folder / "ResNet50"))
    sources = {"default": (saved(folder, "default"), "digits"), "MobileNet": made(folder, "MobileNet", 1000)}
    for name, (model, data) in sources.items():
        command = [sys.executable, "-m", "reportgen", "build", str(model), "--data", str(data), "-q"]
        subprocess.run([*command, "--format", "html", "-o", str(folder / name)], check=True, capture_output=True)
    yield from _rows(folder / "default" / "report.html", "the default network")
    yield from _rows(folder / "ResNet50" / "report.html", "ResNet50, every map of one sample")
    yield from _rows(folder / "MobileNet" / "report.html", "a MobileNet of width 0.25 on 1,000 pictures", "at most 1.5")


def opening(browser: Browser, file: Path) -> Opening:
    """Open a page of a file with scripting switched off, and read what the browser notes of it."""
    browser.call(
        "Tracing.start", transferMode="ReportEvents", traceConfig={"includedCategories": _CATEGORIES.split(",")}
    )
    address = file.resolve().as_uri()
    shown = browser.open(address, scripts=False)
    time.sleep(_SETTLED)
    browser.call("Tracing.end")
    browser.events("", until="Tracing.tracingComplete")
    collected = [event for event in browser.all_events if event.get("method") == "Tracing.dataCollected"]
    reported = shown.evaluate(_REPORTED)
    trace = [each for event in collected for each in event["params"]["value"]]
    return _read(trace, address, reported["paint"] / 1e3, reported["load"] / 1e3)


def _rows(file: Path, called: str, most: str = "none set") -> Iterator[Row]:
    text = file.read_text(encoding="utf-8")
    held = list(dict.fromkeys(re.findall(_PICTURES, text)))
    head = '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>bare</title>'
    pages = {"ours": file, "pictures": file.with_name("pictures.html"), "empty": file.with_name("empty.html")}
    shown = "".join(f'<p><img alt="maps" decoding="async" src="{each}">' for each in held)
    pages["pictures"].write_text(f"{head}<p>Pictures.{shown}", encoding="utf-8")
    pages["empty"].write_text(f"{head}<p>Empty.", encoding="utf-8")
    found: dict[str, list[Opening]] = {name: [] for name in pages}
    with Browser() as browser:
        opening(browser, pages["empty"])  # a browser that has just started is busy with itself
        for _ in range(RUNS):
            for name, path in pages.items():
                found[name].append(opening(browser, path))
    ours, pictures, empty = (
        Opening(*(statistics.median(getattr(each, what) for each in own) for what in Opening.__dataclass_fields__))
        for own in found.values()
    )
    what = f"the page of {called}, {len(text.encode()) / 1e6:.1f} MB, opened in Chromium"
    for measure, against in (("first paint", empty.paint), ("load", empty.load)):
        mine = ours.paint if measure == "first paint" else ours.load
        yield Row(f"{what}: {measure}", mine, "an empty page", against, mine / against, "none set")
    for measure, mine, theirs in (
        ("first paint", ours.paint, pictures.paint),
        ("load", ours.load, pictures.load),
        ("longest task", ours.longest, pictures.longest),
        ("layout", ours.layout, pictures.layout),
    ):
        target = most if measure == "load" else "none set"
        yield Row(f"{what}: {measure}", mine, "a page of its pictures only", theirs, mine / theirs, target)
    decoded = f"{what}: pictures decoded on load"
    yield Row(decoded, ours.decoded, "pictures held", len(held), ours.decoded / len(held), "none set", "pictures")


def _read(trace: list[dict[str, Any]], address: str, paint: float, load: float) -> Opening:
    starts = [event for event in trace if event["name"] == "navigationStart"]
    start = next(event for event in starts if event["args"]["data"]["documentLoaderURL"] == address)
    events = [event for event in trace if event["pid"] == start["pid"] and event["ts"] >= start["ts"]]
    main = [event for event in events if event["tid"] == start["tid"] and "dur" in event]
    return Opening(
        paint=paint,
        load=load,
        longest=max((event["dur"] for event in main if event["name"] == "RunTask"), default=0) / 1e6,
        layout=sum(event["dur"] for event in main if event["name"] == "Layout") / 1e6,
        decoded=len({event["args"]["LazyPixelRef"] for event in events if event["name"] == "Decode LazyPixelRef"}),
    )
