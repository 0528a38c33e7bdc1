"""What was measured -> a row of the table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
        what: What was done.
        ours: What it took us, median where it was done more than once.
        against: What it is compared with.
        theirs: What that took.
        ratio: The ratio that the target speaks of.
        target: The target, in words.
        unit: Unit of `ours` and `theirs`.
    """

    what: str
    ours: float
    against: str
    theirs: float
    ratio: float
    target: str
    unit: str = "s"


def line(row: Row) -> str:
    ours, theirs = (
        f"{value:.3g} s" if row.unit == "s" else f"{value:.0f} {row.unit}" for value in (row.ours, row.theirs)
    )
    return "| " + " | ".join((row.what, ours, row.against, theirs, f"{row.ratio:.3g}", row.target)) + " |"
