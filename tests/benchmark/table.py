"""What was measured -> a row of the table, and the table on its page of the guide."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "reportgen" / "guide" / "performance.md"
HEAD = "| what | ours | against | theirs | ratio | target |\n|---|---|---|---|---|---|"


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


def renewed(page: str, rows: Iterable[Row]) -> str:
    """The page with these rows in the place of those of its table; everything around the table stays."""
    before, _, rest = page.partition(HEAD)
    after = rest.lstrip("\n").splitlines(keepends=True)
    while after and after[0].startswith("|"):
        del after[0]
    return "".join([before, HEAD, "\n", *(f"{line(row)}\n" for row in rows), *after])
