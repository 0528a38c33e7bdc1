"""A forward pass, traced once -> parts of its graph, each run by itself: up to a call, or from a call's output on.

What lies between two places is read off TensorFlow's own graph, so that Sequential, functional, nested, shared and
subclassed models are all cut alike, with whatever leads around the call. The model is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import keras
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import arising
from reportgen.models.folding import Folding
from reportgen.models.hooks import Call, Instead, watch
from reportgen.models.running import CALL_ERRORS, reason, state_kept
from reportgen.models.types import Model, Tensor, Tensors

Part = Callable[..., list[Tensor]]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """How an answer follows from the output of a call.

    Attributes:
        feeds: The tensors that have to be known: the call's output, as `Trace.calls` has it, then those that lead
            around the call, such as the other branch of a residual block.
        run: A function of their values that returns a list of the answer; None where it does not depend on the call.
    """

    feeds: tuple[Tensor, ...]
    run: Part | None


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """A forward pass over a batch, as a graph.

    Attributes:
        graph: TensorFlow's graph.
        inputs: The tensors that the model is given, nested structures laid flat.
        answers: Those that it answers with, likewise.
        calls: By path, what came out of the calls that were asked for: one tensor, or one for each time step where
            `TimeDistributed` repeats the call.
        seen: The same, with NaN and infinity where a call's activation was given such.
    """

    graph: tf.Graph
    inputs: tuple[Tensors, ...]
    answers: tuple[Tensors, ...]
    calls: dict[str, tuple[Tensor, ...]]
    seen: dict[str, tuple[Tensor, ...]]

    def part(self, feeds: Sequence[Tensor], fetches: Sequence[Tensor]) -> Part:
        """Return a function of the values of some tensors that gives those of others, and computes nothing besides.

        Args:
            feeds: Tensors of the graph whose values are given.
            fetches: Tensors of the graph that follow from these and from the weights.

        Returns:
            A function that takes one value for each feed and returns a list of one tensor for each fetch.
        """
        given = {tensor.name for tensor in feeds}
        captured = {inner.name: outer for outer, inner in self.graph.captures}
        operations = _behind(fetches, {*given, *captured})
        definition = _definition(self.graph, operations)
        wanted = {tensor.name for operation in operations for tensor in operation.inputs}

        def run(*values: Tensor) -> list[Tensor]:
            known = {tensor.name: value for tensor, value in zip(feeds, values, strict=True)}
            graph = tf.compat.v1.get_default_graph()
            known |= {name: graph.capture(outer) for name, outer in captured.items() if name in wanted}
            names = [tensor.name for tensor in fetches if tensor.name not in known]
            mapped = {name: value for name, value in known.items() if name in wanted}
            found = dict(zip(names, tf.graph_util.import_graph_def(definition, mapped, names), strict=True))
            return [known.get(tensor.name, found.get(tensor.name)) for tensor in fetches]

        # A part has no order beyond that of its data: a `tf.function` would look for one, operation by operation.
        concrete = tf.compat.v1.wrap_function(run, [tf.TensorSpec(each.shape, each.dtype) for each in feeds])
        return lambda *values: concrete(*map(tf.convert_to_tensor, values))

    def cut(self, path: str, answer: Tensors) -> Cut:
        """Cut the graph at a call: return how an answer follows from the call's output.

        Args:
            path: The call, one of `calls`.
            answer: A tensor of the graph, one of `answers`.
        """
        own = self.calls[path]
        after = _after(own)
        if answer.op not in after and all(answer is not tensor for tensor in own):
            return Cut(own, None)
        seen = _after(self.inputs) | {tensor.op for tensor in self.inputs}
        names = {tensor.name for tensor in own}
        around = {
            tensor.name: tensor
            for operation in _behind([answer], names)
            if operation in after
            for tensor in operation.inputs
            if tensor.op in seen and tensor.op not in after and tensor.name not in names
        }
        feeds = (*own, *(around[name] for name in sorted(around)))
        # A part is dear to make, and not every cut is run.
        made = cache(lambda: self.part(feeds, [answer]))
        return Cut(feeds, lambda *values: made()(*values))


def trace(model: Model, inputs: Tensors, paths: Collection[str], any_size: bool = False) -> Trace:
    """Trace a forward pass.

    Args:
        model: A Keras model.
        inputs: A batch as the model is called with; only its structure, shapes and number formats count.
        paths: Calls whose outputs are of interest. Those that happen where no tensor can be taken out, in a loop or a
            branch of TensorFlow's, are missing in the trace.
        any_size: Whether the graph takes batches of any size, and not of that of `inputs` only.

    Raises:
        ModelError: The model cannot be traced.
    """
    outputs: dict[str, tuple[Tensors, ...]] = {}
    seen: dict[str, tuple[Tensor, ...]] = {}

    def note(call: Call, fold: Folding) -> Instead | None:
        instead = fold(call)
        if call.path in paths:
            depth = len(call.rounds.steps) if call.rounds else 0
            output = call.output if instead is None else instead.output
            own = outputs[call.path] = _steps(keras.tree.flatten(output)[0], depth)
            before = (None,) * len(own) if call.activated is None else _steps(call.activated, depth)
            seen[call.path] = tuple(map(arising.put_back_in_graph, own, before))
        return instead

    def forward(*flat: Tensor) -> Tensors:
        with watch(model, partial(note, fold=Folding(paths))):
            return keras.tree.flatten(model(keras.tree.pack_sequence_as(inputs, flat), training=False))

    first = [None] if any_size else []
    specifications = [
        tf.TensorSpec([*first, *part.shape[len(first) :]], part.dtype) for part in keras.tree.flatten(inputs)
    ]
    try:
        with state_kept(model):
            concrete = _function(forward).get_concrete_function(*specifications)
    except CALL_ERRORS as error:
        raise ModelError(
            f"The model {model.name!r} cannot be traced into a graph: {reason(error)} Expected a model that Keras can"
            " run with run_eagerly=False. Compute with tensors only in its call."
        ) from error
    graph = concrete.graph
    inside = {path: parts for path, parts in outputs.items() if all(part.graph is graph for part in parts)}
    return Trace(graph, tuple(concrete.inputs[: len(specifications)]), tuple(concrete.outputs), inside, seen)


def _function(python: Part) -> Any:
    return tf.function(python, autograph=False)


def _steps(output: Tensor, depth: int) -> tuple[tf.Operation, ...]:
    """Take apart what a watched call's time steps were stacked into: nothing in the model reads the stack itself."""
    if not depth:
        return (output,)
    return tuple(leaf for step in output.op.inputs for leaf in _steps(step, depth - 1))


def _after(tensors: Iterable[Tensor]) -> set[tf.Operation]:
    """Return the operations that depend on tensors."""
    found: set[tf.Operation] = set()
    waiting = list(tensors)
    while waiting:
        for operation in waiting.pop().consumers():
            if operation not in found:
                found.add(operation)
                waiting.extend(operation.outputs)
    return found


def _behind(tensors: Iterable[Tensor], given: Collection[str]) -> set[tf.Operation]:
    """Return the operations that tensors follow from, back to the tensors with given names."""
    found: set[tf.Operation] = set()
    waiting = list(tensors)
    while waiting:
        tensor = waiting.pop()
        if tensor.name not in given and tensor.op not in found:
            found.add(tensor.op)
            waiting.extend(tensor.op.inputs)
    return found


def _definition(graph: tf.Graph, operations: Collection[tf.Operation]) -> tf.compat.v1.GraphDef:
    """Return some operations of a graph as a graph of their own, without order beyond that of their data."""
    whole = graph.as_graph_def()
    names = {operation.name for operation in operations}
    definition = tf.compat.v1.GraphDef(versions=whole.versions, library=whole.library)
    for node in whole.node:
        if node.name in names:
            copy = definition.node.add()
            copy.CopyFrom(node)
            # What a node waits for, or should stand beside, may be left out of this part.
            del copy.input[:]
            copy.input.extend(each for each in node.input if not each.startswith("^"))
            copy.attr.pop("_class", None)
    return definition
