"""A stored configuration -> what building and running the model will take, and what of it cannot be told before.

Shapes are followed from the inputs through every use of every layer by the formulas of `layers`. A layer is known only
where nothing in its configuration asks for more than those formulas say; all others are named in `Estimate.unknown`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reportgen.errors import LayerError, ModelError
from reportgen.layers.arithmetic import work_out
from reportgen.models import described
from reportgen.models.described import config_of, declared_inputs
from reportgen.models.repairs import is_model, layers_of, references_in
from reportgen.models.types import Config
from reportgen.records.model import Arithmetic, Shape

# Keras builds a Sequential anew for each layer that it adds. A call takes it half a millisecond or more.
MOST_LAYERS = 5_000
MOST_CALLS = 50_000
# The largest published networks take some 10^12 multiply-adds for an image.
MOST_MACS = 10**13

_UNTOLD = (LayerError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
_Use = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a model may be.

    Attributes:
        parameters: Number of weights.
        activation_bytes: Memory of the largest output of one layer for one sample, 4 bytes a number.
    """

    parameters: int = 2_000_000_000
    activation_bytes: int = 4 << 30


class Estimate:
    """Adds up what a configuration asks for, model by model.

    Attributes:
        parameters: Weights that the model has at least.
        macs: Multiply-adds for one sample, of the layers that are known.
        unknown: Kinds of layers of which more may be asked than is counted here, each once.
    """

    def __init__(self, file_name: str, limits: Limits, rows: int = 1) -> None:
        """Start with nothing.

        Args:
            file_name: For the message.
            limits: How large it may be.
            rows: Samples that the model has to be given at once.
        """
        self.parameters = 0
        self.macs = 0
        self.unknown: dict[str, None] = {}
        self._file_name = file_name
        self._limits = limits
        self._rows = rows
        self._batch = "one sample" if rows == 1 else f"a batch of {_decimal(rows)} samples"
        self._layers = 0
        self._calls = 0
        self._counted: set[int] = set()
        self._followed: dict[tuple[int, tuple[Shape, ...]], tuple[tuple[Shape, ...], int, int]] = {}

    def model(self, model: Config, given: tuple[Shape, ...] = (), times: int = 1) -> tuple[Shape, ...]:
        """Follow shapes through a model.

        Args:
            model: The serialized model.
            given: Shape of each input where it is called inside another model; () where it is not, or not known.
            times: How often it is called there.

        Returns:
            The shape of each output; () where they cannot be followed.

        Raises:
            ModelError: It asks for more than the limits.
        """
        entries = layers_of(model)
        if id(model) not in self._counted:
            self._counted.add(id(model))
            self._layers += len(entries)
            if self._layers > MOST_LAYERS:
                raise self._too_many("layers", MOST_LAYERS)
            if given and (not _is_sequence(model) or declared_inputs(model) or any(map(declared_inputs, entries[:1]))):
                self.model(model)  # it is built with its own inputs first
        key = (id(model), given)
        if key not in self._followed:
            calls, macs = self._calls, self.macs
            follow = self._sequence if _is_sequence(model) else self._graph
            outputs = follow(model, entries, given)
            self._followed[key] = (outputs, self._calls - calls, self.macs - macs)
            times -= 1
        outputs, calls, macs = self._followed[key]
        self._call(times * calls)
        self._work(model, times * macs)
        return outputs

    def _sequence(self, model: Config, entries: list[Config], given: tuple[Shape, ...]) -> tuple[Shape, ...]:
        shapes = given or declared_inputs(model)
        for index, entry in enumerate(entries):
            if given and entry.get("class_name") == "InputLayer":
                continue
            shapes = self._layer(entry, shapes, 1 if given else len(entries) - index)
        return shapes

    def _graph(self, model: Config, entries: list[Config], given: tuple[Shape, ...]) -> tuple[Shape, ...]:
        inside = config_of(model)
        outputs: dict[_Use, tuple[Shape, ...]] = {}
        inputs = [str(name) for name, *_ in references_in(inside.get("input_layers"))]
        if len(given) == len(inputs):
            outputs = {(name, 0): (shape,) for name, shape in zip(inputs, given, strict=True)}
        for use, entry, node, sources in _in_order(entries):
            if use in outputs:
                continue
            followed = [_picked(outputs, source) for source in sources]
            shapes = tuple(shape for shape in followed if shape is not None)
            if len(shapes) < len(followed):
                shapes = ()
            if not described.is_plain_call(node):
                self._note(entry)
            outputs[use] = self._layer(entry, shapes, 1)
        named = [_picked(outputs, reference) for reference in references_in(inside.get("output_layers"))]
        shapes = tuple(shape for shape in named if shape is not None)
        return shapes if len(shapes) == len(named) else ()

    def _layer(self, entry: Config, shapes: tuple[Shape, ...], times: int) -> tuple[Shape, ...]:
        """Count one call of a layer, and its weights if it is the first."""
        kind, config = str(entry.get("class_name")), config_of(entry)
        self._call(times)
        if is_model(entry):
            return self.model(entry, shapes, times)
        if kind == "InputLayer":
            return self._within(entry, declared_inputs(entry))
        inner = config.get("layer")
        if kind == "TimeDistributed" and isinstance(inner, dict):
            each = self._layer(inner, tuple(shape[1:] for shape in shapes), times)
            return self._within(entry, tuple((shapes[0][0], *shape) for shape in each if shapes and shapes[0]))
        declared = declared_inputs(entry)
        # Keras builds a layer with the shape that the file tells, whatever it is called with afterwards.
        worked = [arithmetic for some in (shapes, declared) if some and (arithmetic := _worked_out(kind, config, some))]
        if len(worked) < bool(shapes) + bool(declared) or not worked:
            self._note(entry)
            self._count(entry, max([described.least(kind, config), *(found.parameters for found in worked)]))
            for child in described.layers_inside(config):
                self._layer(child, (), times)
            return ()
        if not described.is_plain(entry, max(found.parameters for found in worked)):
            self._note(entry)
        self._count(entry, max(described.least(kind, config), *(found.parameters for found in worked)))
        first = worked[0]
        self._work(entry, first.macs + described.window(kind, config) * _numbers_in(first.output_shape))
        self._within(entry, described.padded(kind, config, shapes or declared))
        return self._within(entry, (first.output_shape,))

    def _call(self, times: int) -> None:
        self._calls += times
        if self._calls > MOST_CALLS:
            raise self._too_many("calls of its layers", MOST_CALLS)

    def _work(self, entry: Config, macs: int) -> None:
        self.macs += macs
        if self.macs * self._rows > MOST_MACS:
            raise ModelError(
                f"{self._file_name!r} asks for {_decimal(self.macs * self._rows)} steps of work for {self._batch} or"
                f" more, by its layer {described.name(entry)!r}. Expected at most {MOST_MACS}. Use a smaller model, or"
                " one from a source that you trust."
            )

    def _note(self, entry: Config) -> None:
        self.unknown.setdefault(str(entry.get("class_name"))[:80])

    def _count(self, entry: Config, parameters: int) -> None:
        if id(entry) in self._counted:
            return
        self._counted.add(id(entry))
        self.parameters += parameters
        if self.parameters > self._limits.parameters:
            raise ModelError(
                f"{self._file_name!r} asks for {_decimal(self.parameters)} parameters or more, by its layer"
                f" {described.name(entry)!r}. Expected at most {self._limits.parameters}. Raise the limit with"
                " --max-parameters if you trust the file."
            )

    def _within(self, entry: Config, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        for shape in shapes:
            size = 4 * _numbers_in(shape) * self._rows
            if size > self._limits.activation_bytes:
                raise ModelError(
                    f"{self._file_name!r} asks for {_decimal(size)} bytes of activations for {self._batch}, in its"
                    f" layer {described.name(entry)!r}. Expected at most {self._limits.activation_bytes}. Raise the"
                    " limit with --max-memory if you trust the file."
                )
        return shapes

    def _too_many(self, what: str, most: int) -> ModelError:
        return ModelError(
            f"{self._file_name!r} asks for more than {most} {what}. Expected a model that can be built in a minute. Use"
            " a model from a source that you trust."
        )


def _is_sequence(model: Config) -> bool:
    return model.get("class_name") == "Sequential"


def _worked_out(kind: str, config: Config, shapes: tuple[Shape, ...]) -> Arithmetic | None:
    """The arithmetic of a layer; None where it cannot be told."""
    if isinstance(config.get("axis"), list) and len(config["axis"]) == 1:  # as Keras 2 wrote it
        config = {**config, "axis": config["axis"][0]}
    try:
        return described.preprocessed(kind, config, shapes) or work_out(kind, config, shapes)
    except _UNTOLD:
        return None


def _numbers_in(shape: Shape) -> int:
    return math.prod(axis or 1 for axis in shape)


def _decimal(number: int) -> str:
    """Write a number; Python writes none of more than 4300 digits."""
    return str(number) if number < 10**18 else "more than 10^18"


def _picked(outputs: dict[_Use, tuple[Shape, ...]], reference: list[Any]) -> Shape | None:
    """The shape of the tensor that a reference ["name", use, output] means; None where it is not known."""
    name, use, output = reference[:3]
    if type(use) is not int or type(output) is not int:
        return None
    shapes = outputs.get((name, use), ())
    return shapes[output] if 0 <= output < len(shapes) else None


def _in_order(entries: list[Config]) -> Iterator[tuple[_Use, Config, Any, list[list[Any]]]]:
    """Yield every use of the layers of a graph, each after those that it reads; those of a circle in the file's order.

    Yields:
        The use, the layer, its node, and the references to what it reads.
    """
    uses: dict[_Use, tuple[Config, Any, list[list[Any]]]] = {}
    for entry in entries:
        nodes = entry.get("inbound_nodes")
        for index, node in enumerate(nodes if isinstance(nodes, list) and nodes else [None]):
            # Old nodes are the references themselves, today's hold the history of each tensor among their arguments.
            references = references_in([described.histories(node) or node]) if node is not None else []
            uses[described.reference_name(entry), index] = (entry, node, references)
    done: set[_Use] = set()
    for start in uses:
        waiting = [(start, False)]
        entered: set[_Use] = set()
        while waiting:
            use, ready = waiting.pop()
            if use in done:
                continue
            entry, node, references = uses[use]
            if ready or use in entered:
                done.add(use)
                yield use, entry, node, references
            else:
                entered.add(use)
                waiting.append((use, True))
                read = [(source[0], source[1]) for source in references if type(source[1]) is int]
                waiting += [
                    (other, False) for other in read if other in uses and other not in done and other not in entered
                ]
