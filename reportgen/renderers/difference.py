"""What changed from one report to another -> a page, a PDF, JSON. No format of a report, but with the same care."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from reportgen.document.difference import ClassShift, Difference
from reportgen.document.likeness import MatchedLayer
from reportgen.language.numerals import decimal
from reportgen.renderers import html, pdf
from reportgen.renderers.encoding import encoded

SCHEMA = "reportgen-diff/1"
MOST_CLASSES = 60
"""Most classes in the table; of more, those that lost most and those that gained most. JSON has all of them."""
_WIDTH, _MARGIN = 220, 8
_LEVEL = 0.05
_LINE_WIDTH, _LINE_HEIGHT, _LINE_MARGIN = 120, 36, 3


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
    plain = {field.name: getattr(found, field.name) for field in fields(found)}
    return encoded({"schema": SCHEMA, "headline": told["headline"], **plain}, "difference")


def _context(found: Difference, told: dict[str, Any]) -> dict[str, Any]:
    shifts = [each.shift for each in found.answers.classes] if found.answers else []
    least = min((min(each.old.value, each.new.value, each.old.value + each.low) for each in shifts), default=0.0)
    floor = max(0.0, min(0.9, math.floor(10 * least) / 10))
    rows = list(zip(found.answers.classes, told["shifts"], strict=True)) if found.answers else []
    half = MOST_CLASSES // 2
    return {
        "found": found, "told": told,
        "classes": rows if len(rows) <= MOST_CLASSES else [*rows[:half], *rows[-half:]],
        "dumbbell": _dumbbell, "width": _WIDTH, "floor": floor, "decimal": decimal,
        "sorted_line": _sorted_line, "line": {"width": _LINE_WIDTH, "height": _LINE_HEIGHT},
    }  # fmt: skip


def _dumbbell(row: ClassShift, floor: float) -> dict[str, Any]:
    """Where the old and the new share lie in a drawing that begins at a share, and the interval of the change."""
    shift, inner = row.shift, _WIDTH - 2 * _MARGIN

    def place(share: float) -> float:
        return round(_MARGIN + inner * min(max((share - floor) / (1 - floor), 0.0), 1.0), 1)

    low, high = place(shift.old.value + shift.low), place(shift.old.value + shift.high)
    return {
        "old": place(shift.old.value), "new": place(shift.new.value), "low": low, "span": round(high - low, 1),
        "start": place(floor), "end": place(1), "is_worse": _is_worse(row),
    }  # fmt: skip


def _is_worse(row: ClassShift) -> bool:
    """Whether a class is found less often by more than chance would show in one of so many."""
    return row.shift.value < 0 and (row.adjusted <= _LEVEL if row.adjusted is not None else row.shift.high < 0)


def _sorted_line(layer: MatchedLayer) -> dict[str, Any]:
    """Correlations of channels with their partners, lowest first, as a line between 0 and 1; and the untrained."""
    inner, most = _LINE_HEIGHT - 2 * _LINE_MARGIN, max(len(layer.correlations) - 1, 1)

    def height(value: float) -> float:
        return round(_LINE_MARGIN + inner * (1 - min(max(value, 0.0), 1.0)), 1)

    step = (_LINE_WIDTH - 2 * _LINE_MARGIN) / most
    at = [(round(_LINE_MARGIN + step * place, 1), height(each)) for place, each in enumerate(layer.correlations)]
    return {
        "points": " ".join(f"{x},{y}" for x, y in at), "last": at[-1], "untrained": height(layer.correlation_untrained),
        "top": height(1), "bottom": height(0),
    }  # fmt: skip
