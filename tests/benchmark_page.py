"""How fast a written page opens in Chromium: first paint, load, the longest task, pictures decoded, without any script.

Run with `python -m tests.benchmark_page report.html`. Times belong to the machine; nothing is asserted of them. They
come from the browser's own trace (DevTools' `Tracing` domain).
"""

from __future__ import annotations

import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.browser import Browser

_CATEGORIES = "devtools.timeline,disabled-by-default-devtools.timeline,loading,blink.user_timing"
_DECODED = {"Decode Image", "ImageDecodeTask", "Decode LazyPixelRef"}
_SETTLED = 1.5  # seconds after the load event in which pictures may still be decoded


@dataclass(frozen=True)
class Opening:
    """What it took to open a page.

    Attributes:
        first_paint_ms: From the navigation to the first contentful paint.
        load_ms: From the navigation to the load event.
        longest_task_ms: The longest task of the page's main thread.
        layout_ms: Time in layout.
        decoded: Pictures that were decoded.
        decoding_ms: Time that took, in threads of its own.
    """

    first_paint_ms: float
    load_ms: float
    longest_task_ms: float
    layout_ms: float
    decoded: int
    decoding_ms: float


def opening(browser: Browser, file: Path) -> Opening:
    """Open a page with scripting switched off and read the browser's trace."""
    browser.call(
        "Tracing.start", transferMode="ReportEvents", traceConfig={"includedCategories": _CATEGORIES.split(",")}
    )
    browser.open(file.resolve().as_uri(), scripts=False)
    time.sleep(_SETTLED)
    browser.call("Tracing.end")
    browser.events("", until="Tracing.tracingComplete")
    collected = [event for event in browser.all_events if event.get("method") == "Tracing.dataCollected"]
    return _read([each for event in collected for each in event["params"]["value"]])


def _read(trace: list[dict[str, Any]]) -> Opening:
    # Before ours there is the navigation to an empty page.
    starts = [event for event in trace if event["name"] == "navigationStart"]
    start = max(event["ts"] for event in starts if "file:" in str(event["args"]))
    paint = next(event for event in trace if event["name"] == "firstContentfulPaint" and event["ts"] > start)
    process, thread = paint["pid"], paint["tid"]
    ours = [event for event in trace if event["pid"] == process and event["ts"] >= start]
    load = max(event["ts"] for event in ours if event["name"] == "MarkLoad")
    main = [event for event in ours if event["tid"] == thread and "dur" in event]
    decoded = [event for event in trace if event["name"] in _DECODED]
    return Opening(
        first_paint_ms=(paint["ts"] - start) / 1e3,
        load_ms=(load - start) / 1e3,
        longest_task_ms=max((event["dur"] for event in main if event["name"] == "RunTask"), default=0) / 1e3,
        layout_ms=sum(event["dur"] for event in main if event["name"] == "Layout") / 1e3,
        decoded=sum(event["name"] == "Decode Image" for event in decoded),
        decoding_ms=sum(event.get("dur", 0) for event in decoded if event["name"] == "Decode Image") / 1e3,
    )


def main() -> None:
    """Print one line for each page."""
    for name in sys.argv[1:]:
        with Browser() as browser:
            found = opening(browser, Path(name))
        print(name, ", ".join(f"{key} {value:.0f}" for key, value in asdict(found).items()))  # noqa: T201


if __name__ == "__main__":
    main()
