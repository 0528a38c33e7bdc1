"""An answer in a graph -> what it ends in, and what went into that."""

from __future__ import annotations

from reportgen.models.types import Tensor

# Operations that hand on numbers as they are, perhaps in another form.
_PASSING = {"Identity", "Cast", "Reshape", "Squeeze", "ExpandDims", "StopGradient"}
_ENDINGS = {"Softmax", "LogSoftmax", "Sigmoid"}


def ending(answer: Tensor) -> str:
    """Return what an answer ends in: "Softmax", "LogSoftmax", "Sigmoid", or ""."""
    kind = str(_last(answer).op.type)
    return kind if kind in _ENDINGS else ""


def before(answer: Tensor) -> Tensor:
    """Return what went into the operation that an answer ends in."""
    return _last(answer).op.inputs[0]


def _last(answer: Tensor) -> Tensor:
    while answer.op.type in _PASSING:
        answer = answer.op.inputs[0]
    return answer
