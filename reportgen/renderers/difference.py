"""What changed from one report to another -> a page, a PDF, JSON. No format of a report, but with the same care."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from reportgen.document.difference import Difference, Shift
from reportgen.renderers import html, pdf
from reportgen.renderers.encoding import encoded

SCHEMA = "reportgen-diff/1"
_WIDTH, _MARGIN = 220, 8


def page(found: Difference, told: dict[str, Any]) -> bytes:
    """Return a page that needs nothing else.

    Args:
        found: What changed.
        told: Sentences by place, as `templates/difference.html` names them.
    """
    return html.standalone("difference", "screen", **_context(found, told)).encode("utf-8")


def paper(found: Difference, told: dict[str, Any]) -> bytes:
    """Return the same as a PDF; raises `RenderError` where it cannot be made."""
    with pdf.warm() as process:
        return process.typeset(html.standalone("difference", "print", **_context(found, told)))


def facts(found: Difference, told: dict[str, Any]) -> bytes:
    """Return the same as JSON."""
    plain = asdict(found)
    return encoded({"schema": SCHEMA, "headline": told["headline"], **plain}, "difference")


def _context(found: Difference, told: dict[str, Any]) -> dict[str, Any]:
    shifts = [each.shift for each in found.answers.classes] if found.answers else []
    least = min((min(each.old.value, each.new.value, each.old.value + each.low) for each in shifts), default=0.0)
    floor = max(0.0, min(0.9, math.floor(10 * least) / 10))
    return {"found": found, "told": told, "dumbbell": _dumbbell, "width": _WIDTH, "floor": floor}


def _dumbbell(shift: Shift, floor: float) -> dict[str, float]:
    """Where the old and the new share lie in a drawing that begins at a share, and the interval of the change."""
    inner = _WIDTH - 2 * _MARGIN

    def place(share: float) -> float:
        return round(_MARGIN + inner * min(max((share - floor) / (1 - floor), 0.0), 1.0), 1)

    low, high = place(shift.old.value + shift.low), place(shift.old.value + shift.high)
    return {
        "old": place(shift.old.value), "new": place(shift.new.value), "low": low, "span": round(high - low, 1),
        "start": place(floor), "end": place(1),
    }  # fmt: skip
