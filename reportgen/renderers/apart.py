"""A report with templates of the user's own -> HTML, filled in by a process that may take little time and memory."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys

from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.language.numerals import memory

TIMEOUT_SECONDS = 120
MEMORY_LIMIT_BYTES = 2 << 30

_running: set[subprocess.Popen[bytes]] = set()

_START = (
    "import sys; memory, seconds, *sys.path = sys.argv[1:]; from reportgen.renderers import filling; "
    "filling.main(int(memory), int(seconds))"
)


def document(report: Report, medium: str, rules: str = "", stylesheet: str = "") -> str:
    """Return a report as HTML.

    Args:
        report: The report, with its templates.
        medium: As for `html.document`.
        rules: Likewise.
        stylesheet: As for `html.filled`.

    Raises:
        RenderError: A template has a mistake, asks for what it may not have, or takes too much time or memory; or the
            page holds what a report may not hold.
    """
    names = ", ".join(file.name for file in report.templates)
    path = [os.path.abspath(entry) for entry in sys.path]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _START, str(MEMORY_LIMIT_BYTES), str(TIMEOUT_SECONDS), *path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # One thread is enough for a page, and each takes address space.
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"},
    )
    _running.add(process)
    try:
        # The report goes that way only: what comes back is a line and a text.
        answer, _ = process.communicate(pickle.dumps((report, medium, rules, stylesheet)), timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise RenderError(_gave_up(names)) from error
    finally:
        _running.discard(process)
        process.kill()
        process.communicate()
    line, _, page = answer.partition(b"\n")
    if process.returncode or not line:
        raise RenderError(_gave_up(names))
    problem = json.loads(line)["problem"]
    if problem:
        raise RenderError(problem)
    return page.decode("utf-8")


def stop() -> None:
    """End every such process: nobody waits for its page any more."""
    for process in tuple(_running):
        process.kill()


def _gave_up(names: str) -> str:
    return (
        f"The page that your templates make ({names}) was stopped: it took more than {TIMEOUT_SECONDS} s or"
        f" {memory(MEMORY_LIMIT_BYTES)} of memory. Expected templates that go once over the report. Look for loops"
        " within loops in them."
    )
