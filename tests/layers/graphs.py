"""A functional model -> the arithmetic and the reach of its layers, by formula alone: the model is never run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from reportgen.layers import reach
from reportgen.layers.arithmetic import work_out
from reportgen.layers.reach import Reach
from reportgen.records.model import Arithmetic, Shape


@dataclass(frozen=True)
class Worked:
    """What a layer is by formula, and which pixels it depends on."""

    arithmetic: Arithmetic
    reach: Reach

    @property
    def field(self) -> tuple[int, int, int]:
        """Receptive field, effective stride and effective padding, equal along height and width."""
        (height, width), (down, right), (above, left) = (
            self.reach.receptive_field or (0, 0),
            self.reach.jump or (0, 0),
            self.reach.padding or (0, 0),
        )
        assert (height, down, above) == (width, right, left)
        assert isinstance(down, int)
        return height, down, above


def made(make: Callable[..., Any], **chosen: Any) -> Any:
    """Make a model whose weights have shapes and no values, which takes a fraction of the time."""
    with keras.StatelessScope(initialize_variables=False):
        return make(weights=None, **chosen)


def walk(model: Any, shape: Shape, told: Mapping[str, Mapping[str, object]] | None = None) -> dict[str, Worked]:
    """Work out every layer, in order, each from the shapes that the formulas before it give.

    Args:
        model: A functional model in which each layer is used once; models inside it are chains.
        shape: Shape of one sample of its input.
        told: By name, settings of layers that are to be taken in place of their own.
    """
    start = Worked(Arithmetic(shape, 0, 0, (), ()), reach.of_input(len(shape) - 1))
    return _walk(model, start, told or {})


def _walk(model: Any, start: Worked, told: Mapping[str, Mapping[str, object]]) -> dict[str, Worked]:
    found: dict[str, Worked] = {}
    last = start
    is_chain = isinstance(model, keras.Sequential)
    for operation in model.layers if is_chain else model.operations:
        if isinstance(operation, keras.layers.InputLayer):
            found[operation.name] = start
            continue
        tensors = [] if is_chain else operation._inbound_nodes[-1].input_tensors
        below = [found[tensor._keras_history.operation.name] for tensor in tensors] or [last]
        if isinstance(operation, keras.Model):
            inside = _walk(operation, below[0], told)
            found |= {**inside, operation.name: list(inside.values())[-1]}
            continue
        config = {**operation.get_config(), **told.get(operation.name, {})}
        shapes = tuple(worked.arithmetic.output_shape for worked in below)
        arithmetic = work_out(type(operation).__name__, config, shapes)
        assert arithmetic is not None, operation.name
        last = Worked(arithmetic, reach.above([worked.reach for worked in below], arithmetic))
        found[operation.name] = last
    return found


def total(found: Mapping[str, Worked]) -> tuple[int, int]:
    """Return the parameters and the multiply-adds of all layers, each once."""
    each = {id(worked): worked.arithmetic for worked in found.values()}.values()
    return sum(arithmetic.parameters for arithmetic in each), sum(arithmetic.macs for arithmetic in each)
