"""What renderers of one report share: a part is made once, whoever asks first, in whichever thread."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from reportgen.document.report import Report
from reportgen.renderers.tools import Tools
from tests.renderers import reports

THREADS = 8


class Maker:
    """Something that is made of a report, and how often it was."""

    def __init__(self) -> None:
        self.made: list[Report] = []

    def __call__(self, report: Report) -> bytes:
        self.made.append(report)
        time.sleep(0.02)  # so that all other threads have asked before it is done
        return f"{report.title}, {len(self.made)}".encode()


def test_a_part_is_made_once_for_all_who_ask() -> None:
    tools, report, make = Tools(), reports.report(), Maker()
    first = tools.once(make, report)
    assert tools.once(make, report) is first
    assert (first, make.made) == (f"{report.title}, 1".encode(), [report])


def test_each_part_is_another_one() -> None:
    tools, report, one, other = Tools(), reports.report(), Maker(), Maker()
    assert tools.once(one, report) == tools.once(other, report)
    assert (len(one.made), len(other.made)) == (1, 1)


def test_other_tools_know_nothing_of_it() -> None:
    report, make = reports.report(), Maker()
    assert [Tools().once(make, report)[-1:] for _ in range(2)] == [b"1", b"2"]


def test_threads_that_ask_at_once_get_what_one_of_them_made() -> None:
    tools, report, make, start = Tools(), reports.report(), Maker(), Barrier(THREADS)

    def ask(_: int) -> bytes:
        start.wait()
        return tools.once(make, report)

    with ThreadPoolExecutor(THREADS) as threads:
        found = set(threads.map(ask, range(THREADS)))
    assert (len(found), len(make.made)) == (1, 1)


def test_what_was_made_stays_with_a_process_that_sets_type() -> None:
    class Process:
        def __enter__(self) -> Process:
            return self

        def __exit__(self, *_: object) -> None: ...

        def close(self) -> None: ...

        def typeset(self, document: str, *shorter: str, attachment: bytes = b"") -> bytes:
            raise AssertionError("nothing is set in type here")

    tools, report, make, process = Tools(), reports.report(), Maker(), Process()
    first = tools.once(make, report)
    with_process = tools.with_typesetter(process)
    assert (tools.typesetter, with_process.typesetter) == (None, process)
    assert with_process.once(make, report) is first


def test_what_could_not_be_made_is_tried_again() -> None:
    tools, report = Tools(), reports.report()
    tries: list[int] = []

    def make(_: Report) -> bytes:
        tries.append(len(tries))
        if tries == [0]:
            raise MemoryError
        return b"made"

    with pytest.raises(MemoryError):
        tools.once(make, report)
    assert tools.once(make, report) == b"made"
