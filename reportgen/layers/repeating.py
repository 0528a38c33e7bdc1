"""What one time step costs -> what all steps of a TimeDistributed cost: the same layer, the same weights, every step.

Along time such a layer reads one step and writes one: a window of 1.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from reportgen.layers.wording import times
from reportgen.records.model import Arithmetic, Check, Step, Window

_REPEATED = "TimeDistributed repeats this layer in every time step with the same weights; sizes are those of one step."


def arithmetic(one: Arithmetic, steps: tuple[int, ...]) -> Arithmetic:
    """Return the arithmetic of all steps.

    Args:
        one: That of one step.
        steps: How many there are, one number for each wrapper, the outermost first.

    >>> arithmetic(Arithmetic((26, 26, 8), 80, 48672, None, ()), (5,)).macs
    243360
    """
    total = one.macs * prod(steps)
    line = Step(
        "multiply-adds in all",
        "time steps · multiply-adds of one step",
        times((*steps, one.macs)),
        total,
        "multiply-adds",
    )
    return replace(
        one,
        output_shape=(*steps, *one.output_shape),
        macs=total,
        windows=(*(Window(1) for _ in steps), *one.windows) if one.windows else one.windows,
        steps=(*one.steps, line) if one.macs else one.steps,
        sees_all=False,  # a position sees all of its own step, and nothing of the others
        notes=(*one.notes, _REPEATED),
    )


def check(one: Check, steps: tuple[int, ...]) -> Check:
    """Return a comparison of one step as one of all steps."""
    if one.quantity == "output shape":
        return replace(one, expected=(*steps, *one.expected), observed=(*steps, *one.observed))
    if one.quantity == "multiply-adds":
        expected, observed = (
            tuple(None if count is None else count * prod(steps) for count in counts)
            for counts in (one.expected, one.observed)
        )
        return replace(one, expected=expected, observed=observed)
    return one
