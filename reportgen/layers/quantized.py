"""The configuration of a quantized layer -> the numbers that it stores in place of a kernel: packed, scaled, grouped.

Keras quantizes dense, einsum and embedding layers. Its int8 keeps a kernel of whole numbers and a scale for each output
channel; its int4 packs two numbers in a byte, with one scale for each output channel, or with a scale and a zero point
for each block of inputs; its float8 keeps the kernel as it is, with scales and the largest values of recent steps.

Source: Keras 3.15, keras.Model.quantize and keras.dtype_policies.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from reportgen.errors import LayerError
from reportgen.layers.reading import Config
from reportgen.layers.wording import Factor, Sum, multiplied, plus, times

KINDS = frozenset({"Dense", "EinsumDense", "Embedding"})
"""Kinds whose quantized weights are counted."""

_MODE = re.compile(r"(int8|int4|float8)(?:/(-?\d+))?")
_USUAL_HISTORY = 1024
_SCALED = ("inputs", "kernel", "gradient")


@dataclass(frozen=True, slots=True)
class Mode:
    """How a layer is quantized.

    Attributes:
        name: "int8", "int4" or "float8".
        block: Of int4: how many numbers share a scale and a zero point; None where a whole row or column does.
        history: Of float8: from how many steps the largest values are kept.
    """

    name: str
    block: int | None = None
    history: int = _USUAL_HISTORY


def mode_name(config: Config) -> str:
    """Return what a layer's policy calls its quantization, "int8" or "int4/128"; "" for a layer that has none."""
    told = _policy(config)
    return str(told["mode"]) if "mode" in told else ""


def mode(config: Config) -> Mode | None:
    """Return how a layer is quantized; None for one that is not.

    Raises:
        LayerError: It is quantized in a way that no formula knows.
    """
    name = mode_name(config)
    if not name:
        return None
    match = _MODE.fullmatch(name)
    if match is None:
        raise LayerError(
            f"Its weights are quantized by {name}, which packs them by what it saw of the data. The formula knows int8,"
            " int4 and float8. Shape and parameters are Keras's own."
        )
    block = int(match[2] or -1)
    history = _policy(config).get("amax_history_length")
    known = history if isinstance(history, int) else _USUAL_HISTORY
    return Mode(match[1], block if match[1] == "int4" and block > 0 else None, known)


def stored(
    found: Mode, rows: Sequence[Factor], columns: Sequence[Factor], *, by_row: bool = False
) -> list[tuple[str, Sum]]:
    """Return what is stored in place of a kernel, part by part.

    Args:
        found: How the layer is quantized.
        rows: Axes of the kernel that are summed over.
        columns: The others.
        by_row: Whether scales belong to rows (an embedding's), not to columns.
    """
    name, kernel = "table" if by_row else "kernel", multiplied([*rows, *columns]) or Sum("1", "1", 1)
    scaled, along = (rows, columns) if by_row else (columns, rows)
    if found.name == "float8":
        kinds = len(_SCALED)
        largest = Sum(f"{kinds} · steps kept", f"{kinds} · {found.history}", kinds * found.history)
        return [(name, kernel), ("scale", Sum(plus(_SCALED), plus([1] * kinds), kinds)), ("largest value", largest)]
    scales = multiplied(scaled) or Sum("1", "1", 1)
    if found.name == "int8":
        return [(name, kernel), ("scale", scales)]
    packed = (f"packed {name}", _packed(rows, columns))
    if found.block is None:
        return [packed, ("scale", scales)]
    rule, working = _product(along)
    length = prod(each.value or 0 for each in along)
    groups = Factor(f"⌈{rule} / block⌉", f"⌈{working} / {found.block}⌉", -(-length // found.block))
    blocks = multiplied([groups, *scaled]) or Sum("1", "1", 1)
    return [packed, ("scale", blocks), ("zero point", blocks), ("block number", Sum(rule, working, length))]


def _packed(rows: Sequence[Factor], columns: Sequence[Factor]) -> Sum:
    """Two numbers in a byte, along the columns."""
    rule, working = _product(columns)
    number = prod(each.value or 0 for each in columns)
    pairs = Factor(f"⌈{rule} / 2⌉", f"⌈{working} / 2⌉", -(-number // 2))
    return multiplied([*rows, pairs]) or Sum("1", "1", 1)


def _product(several: Sequence[Factor]) -> tuple[str, str]:
    """The rule and the working of a product; 1 of none."""
    return times(each.name for each in several) or "1", times(each.working for each in several) or "1"


def _policy(config: Config) -> Mapping[str, object]:
    policy = config.get("dtype")
    told = policy.get("config") if isinstance(policy, Mapping) else None
    return told if isinstance(told, Mapping) else {}
