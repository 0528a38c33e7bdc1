"""A report on standard input -> its page on standard output. What `apart` starts as a process, within limits."""

from __future__ import annotations

import pickle
import sys

from reportgen.errors import RenderError
from reportgen.renderers import html
from reportgen.renderers.typesetting_process import claim_output, limit_memory, limit_time, send


def main(memory_bytes: int, seconds: int) -> None:
    """Fill in the templates of one report.

    Args:
        memory_bytes: How much address space this process may take, where the system can say so.
        seconds: How long it may take, likewise.
    """
    answer = claim_output()
    limit_memory(memory_bytes)
    limit_time(seconds)
    # Written by our own program, which started this one.
    arguments = pickle.load(sys.stdin.buffer)
    try:
        problem, page = "", html.filled(*arguments).encode("utf-8")
    except RenderError as error:
        problem, page = str(error), b""
    send(answer, {"problem": problem}, page)
