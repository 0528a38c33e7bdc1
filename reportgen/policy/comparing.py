"""Two reports as plain data -> whether they say the same, leaf by leaf.

Made on the same machine with the same versions, every leaf has to be equal. Elsewhere words, whole numbers and the
order of lists have to be; floats may differ as far as other kernels round, and pictures are not compared, because
charts draw last bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import isclose
from typing import Any

from reportgen.evidence.answers import FACT

ABSOLUTE, RELATIVE = 1e-6, 1e-3
"""How far floats may differ elsewhere: by a millionth of the largest of their column and a thousandth of themselves.
With other vector extensions the farthest of 7,000 floats of a report differed by 4e-4 of itself."""
_TOLD = ("/run/machine", "/run/versions")
# What another version of reportgen may write otherwise about the same run.
_OF_THE_VERSION = ("/run/command", "/run/options")
_MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Difference:
    """A leaf that is not the same in both.

    Attributes:
        path: Where it is: "/model/layers/3/parameters".
        claimed: What the report says.
        found: What comes out now.
    """

    path: str
    claimed: str
    found: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of comparing two reports.

    Attributes:
        moved: Facts of the machine and of versions that differ, by name.
        different: Leaves that differ beyond rounding.
        num_leaves: Leaves that were compared.
        num_rounded: Floats that differ within rounding.
        farthest: The largest of these differences, as a share of the larger value.
        farthest_at: Where it is; "" where there is none.
    """

    moved: tuple[str, ...]
    different: tuple[Difference, ...]
    num_leaves: int
    num_rounded: int
    farthest: float
    farthest_at: str


def compare(claimed: Mapping[str, Any], found: Mapping[str, Any]) -> Comparison:
    """Compare what a report says with what comes out now.

    Args:
        claimed: `report.json` as it was found.
        found: The same, made again.
    """
    moved = _moved(claimed, found)
    first, second = dict(_leaves(claimed)), dict(_leaves(found))
    scales = _scales(first)
    # Confidences are rounded in it, so that its hash differs where other kernels round.
    kept = {f"/run/data/{k}/value" for k, each in enumerate(claimed["run"].get("data", ())) if each["name"] == FACT}
    told = (*_TOLD, *_OF_THE_VERSION) if "reportgen" in moved else _TOLD
    different, rounded, farthest, at, compared = [], 0, 0.0, "", 0
    for path in sorted({*first, *second}, key=_order):
        if path.startswith(told) or (moved and (_is_of_a_picture(path, claimed) or path in kept)):
            continue
        compared += 1
        one, other = first.get(path, _MISSING), second.get(path, _MISSING)
        if _equal(one, other):
            continue
        if moved and _near(one, other, scales.get(_column(path), 0.0)):
            rounded += 1
            apart = abs(one - other) / max(abs(one), abs(other))
            if apart > farthest:
                farthest, at = apart, path
        else:
            different.append(Difference(path, repr(one), repr(other)))
    return Comparison(moved, tuple(different), compared, rounded, farthest, at)


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, each in value.items():
            yield from _leaves(each, f"{path}/{key}")
    elif isinstance(value, list) and value:
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}/{place}")
    else:
        yield path, value


def _moved(claimed: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    first, second = (
        {fact["name"]: fact["value"] for fact in (*each["run"]["machine"], *each["run"]["versions"])}
        for each in (claimed, found)
    )
    return tuple(name for name in {**first, **second} if first.get(name) != second.get(name))


def _order(path: str) -> list[tuple[int, str]]:
    """Places of a list in the order of their numbers."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in path.split("/")]


def _equal(one: object, other: object) -> bool:
    return type(one) is type(other) and one == other


def _near(one: object, other: object, scale: float) -> bool:
    if not isinstance(one, float) or not isinstance(other, float):
        return False
    return isclose(one, other, rel_tol=0, abs_tol=ABSOLUTE * scale + RELATIVE * max(abs(one), abs(other)))


def _scales(leaves: Mapping[str, object]) -> dict[str, float]:
    """The largest float of each column: of all leaves that differ in their places in lists only."""
    found: dict[str, float] = {}
    for path, value in leaves.items():
        if isinstance(value, float):
            column = _column(path)
            found[column] = max(found.get(column, 0.0), abs(value))
    return found


def _column(path: str) -> str:
    return re.sub(r"/\d+", "/*", path)


def _is_of_a_picture(path: str, report: Mapping[str, Any]) -> bool:
    """Whether a leaf is the hash or the size of a picture's file, or what another machine may draw otherwise."""
    if not path.endswith(("/sha256", "/size_bytes", "/width_px", "/height_px")):
        return False
    value: Any = report
    for part in path.split("/")[1:-1]:
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, TypeError, ValueError):
            return False
    return isinstance(value, dict) and "media_type" in value
