"""A forward pass, traced once -> parts of its graph, each run by itself: up to a call, or from a call's output on.

What lies between two places is read off TensorFlow's own graph, so that Sequential, functional, nested, shared and
subclassed models are all cut alike, with whatever leads around the call. The model is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

import keras
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import running
from reportgen.models.folding import Folding
from reportgen.models.hooks import Call, Instead, watch
from reportgen.models.types import Model, Operation, Tensor, Tensors

Part = Callable[..., list[Tensor]]


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A call in a graph.

    Attributes:
        output: What came out, the first tensor of it; where the call is repeated, the steps stacked.
        given: What its activation was given, in the same shape, or None.
        steps: What came out in each time step where `TimeDistributed` repeats the call, else once. Nothing in the
            model reads the stack itself.
    """

    output: Tensor
    given: Tensor | None
    steps: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """How an answer follows from the output of a call.

    Attributes:
        feeds: The tensors that have to be known: the call's output, as `Traced.steps` has it, then those that lead
            around the call, such as the other branch of a residual block.
        run: A function of their values that returns a list of the answer; None where it does not depend on the call.
    """

    feeds: tuple[Tensor, ...]
    run: Part | None


class Trace:
    """A forward pass over a batch, as a graph.

    In it, batch normalisations have gone into the convolutions before them (`folding`); a part that is to be exact has
    them as the model does.

    Attributes:
        graph: TensorFlow's graph, to which gradients may be added.
        inputs: The tensors that the model is given, nested structures laid flat.
        answers: Those that it answers with, likewise.
        calls: The calls by their paths, without those that happen where no tensor can be taken out, in a loop or a
            branch of TensorFlow's.
        operations: The layers and operators of all calls, by their paths.
        rows: The one size of a batch that it takes; None for any.
        is_compiled: Whether XLA compiles something in it, which it does again for every size of a batch.
    """

    def __init__(
        self,
        model: Model,
        concrete: Any,
        num_inputs: int,
        calls: Mapping[str, Traced],
        operations: Mapping[str, Operation],
        unfolded: Mapping[str, Tensor],
    ) -> None:
        """Know what was seen while a model was traced.

        Args:
            model: The model.
            concrete: TensorFlow's function of its inputs.
            num_inputs: How many of its arguments they are.
            calls: The calls that gave back a tensor, by their paths.
            operations: The layers and operators of all calls.
            unfolded: By the name of what a folded convolution gives, what the batch normalisation gives by itself.
        """
        self.graph = concrete.graph
        self.inputs: tuple[Tensor, ...] = tuple(concrete.inputs[:num_inputs])
        self.answers: tuple[Tensor, ...] = tuple(concrete.outputs)
        self.rows: int | None = next((each.shape[0] for each in self.inputs if each.shape.rank), None)
        self.calls = {path: call for path, call in calls.items() if self._holds(call)}
        self.operations = dict(operations)
        self.is_compiled = any("_XlaMustCompile" in each.node_def.attr for each in self.graph.get_operations())
        self._model, self._unfolded = model, dict(unfolded)
        # Of the whole graph, by its version: gradients are added.
        self._nodes: tuple[int, tf.compat.v1.GraphDef, dict[str, int]] = (-1, None, {})

    def _holds(self, call: Traced) -> bool:
        return all(tensor.graph is self.graph for tensor in (*call.steps, call.given) if tensor is not None)

    @cached_property
    def changes_state(self) -> bool:
        """Whether it may give a variable another value, as a layer that counts its calls does."""
        return running.changes_state(self.graph)

    def part(self, feeds: Sequence[Tensor], fetches: Sequence[Tensor], *, is_fixed: bool = False) -> Part:
        """Return a function of the values of some tensors that gives those of others, and computes nothing besides.

        Args:
            feeds: Tensors of the graph whose values are given.
            fetches: Tensors of the graph that follow from these and from the weights.
            is_fixed: Whether it is made for the shapes of the values that it is given first, and again for others.

        Returns:
            A function that takes one value for each feed and returns a list of one tensor for each fetch.
        """
        piece = self._piece(feeds, fetches, {}, is_ordered=False)
        return _for_each_shape(piece, feeds) if is_fixed else _made(piece, feeds)

    def whole(
        self, fetches: Sequence[Tensor], then: Callable[[list[Tensor]], list[Tensor]] | None = None
    ) -> Callable[[Tensors], list[Tensor]]:
        """Return a function of what the model is called with: the model just as it is, with nothing folded.

        Its variables have their values back after every run.

        Args:
            fetches: Tensors of the graph that are asked for.
            then: What is done with them in the graph; None where they are returned as they are.
        """
        piece = self._piece(self.inputs, fetches, self._unfolded, is_ordered=self.changes_state)
        run = _for_each_shape(piece if then is None else lambda *values: then(piece(*values)), self.inputs)

        def of_batch(inputs: Tensors) -> list[Tensor]:
            flat = keras.tree.flatten(inputs)
            # To keep the state of a network of small layers takes a tenth as long as to run it.
            if not self.changes_state:
                return run(*flat)
            with running.state_kept(self._model):
                return run(*flat)

        return of_batch

    def _piece(
        self, feeds: Sequence[Any], fetches: Sequence[Any], instead: Mapping[str, Any], *, is_ordered: bool
    ) -> Part:
        """Return what puts a part of the graph into another one.

        Args:
            feeds: As for `part`.
            fetches: As for `part`.
            instead: By the names of tensors, others that are taken for them.
            is_ordered: Whether operations wait for those that they would wait for in the whole.
        """
        given = {tensor.name for tensor in feeds}
        captured = {inner.name: outer for outer, inner in self.graph.captures}
        instead = {name: tensor for name, tensor in instead.items() if name not in given}
        wanted = [instead.get(tensor.name, tensor) for tensor in fetches]
        operations = _behind(wanted, {*given, *captured}, instead, is_ordered=is_ordered)
        definition = self._definition(operations, instead, is_ordered=is_ordered)
        read = {instead.get(each.name, each).name for operation in operations for each in operation.inputs}

        def put(*values: Tensor) -> list[Tensor]:
            known = {tensor.name: value for tensor, value in zip(feeds, values, strict=True)}
            graph = tf.compat.v1.get_default_graph()
            known |= {name: graph.capture(outer) for name, outer in captured.items() if name in read}
            names = [tensor.name for tensor in wanted if tensor.name not in known]
            mapped = {name: value for name, value in known.items() if name in read}
            found = dict(zip(names, tf.graph_util.import_graph_def(definition, mapped, names), strict=True))
            return [known.get(tensor.name, found.get(tensor.name)) for tensor in wanted]

        return put

    def _definition(
        self, operations: Collection[tf.Operation], instead: Mapping[str, Tensor], *, is_ordered: bool
    ) -> tf.compat.v1.GraphDef:
        """Return some operations of the graph as a graph of their own."""
        version, whole, places = self._nodes
        if version != self.graph.version:
            whole = self.graph.as_graph_def()
            places = {node.name: place for place, node in enumerate(whole.node)}
            self._nodes = (self.graph.version, whole, places)
        renamed = {name.removesuffix(":0"): tensor.name.removesuffix(":0") for name, tensor in instead.items()}
        definition = tf.compat.v1.GraphDef(versions=whole.versions, library=whole.library)
        for place in sorted(places[operation.name] for operation in operations):
            copy = definition.node.add()
            copy.CopyFrom(whole.node[place])
            # What a node waits for, or should stand beside, may be left out of this part.
            inputs = [renamed.get(each, each) for each in copy.input if is_ordered or not each.startswith("^")]
            del copy.input[:]
            copy.input.extend(inputs)
            copy.attr.pop("_class", None)
        return definition

    def cut(self, path: str, answer: Tensor) -> Cut:
        """Cut the graph at a call: return how an answer follows from the call's output.

        Args:
            path: The call, one of `calls`; no convolution into which a batch normalisation has gone.
            answer: A tensor of the graph, one of `answers`.
        """
        own = self.calls[path].steps
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
        made = cache(lambda: self.part(feeds, [answer], is_fixed=True))
        return Cut(feeds, lambda *values: made()(*values))


def _made(piece: Part, feeds: Sequence[Tensor]) -> Part:
    # A part has no order beyond that of its data: a `tf.function` would look for one, operation by operation.
    concrete = tf.compat.v1.wrap_function(piece, [tf.TensorSpec(each.shape, each.dtype) for each in feeds])
    return lambda *values: list(concrete(*map(tf.convert_to_tensor, values)))


def _for_each_shape(piece: Part, feeds: Sequence[Tensor]) -> Part:
    made: dict[tuple[tuple[int, ...], ...], Any] = {}

    def run(*values: Tensor) -> list[Tensor]:
        tensors = [tf.convert_to_tensor(value, each.dtype) for value, each in zip(values, feeds, strict=True)]
        shapes = tuple(tuple(tensor.shape) for tensor in tensors)
        if shapes not in made:
            made[shapes] = tf.compat.v1.wrap_function(
                piece, [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in tensors]
            )
        return list(made[shapes](*tensors))

    return run


def trace(model: Model, inputs: Tensors, kept: Collection[str] = (), any_size: bool = False) -> Trace:
    """Trace a forward pass.

    Args:
        model: A Keras model.
        inputs: A batch as the model is called with; only its structure, shapes and number formats count.
        kept: Calls whose outputs the answers are to follow from: nothing is folded into these.
        any_size: Whether the graph takes batches of any size, and not of that of `inputs` only.

    Raises:
        ModelError: The model cannot be traced.
    """
    calls: dict[str, Traced] = {}
    operations: dict[str, Operation] = {}
    fold = Folding(kept)

    def note(graph: tf.Graph, call: Call) -> Instead | None:
        # A graph inside of this one, as of a loop, cannot be unfolded from outside.
        instead = fold(call) if tf.compat.v1.get_default_graph() is graph else None
        operations[call.path] = call.operation
        output = next(iter(keras.tree.flatten(call.output if instead is None else instead.output)), None)
        if isinstance(output, tf.Tensor):
            depth = len(call.rounds.steps) if call.rounds else 0
            calls[call.path] = Traced(output, call.activated, _steps(output, depth))
        return instead

    def forward(*flat: Tensor) -> Tensors:
        with watch(model, partial(note, tf.compat.v1.get_default_graph())):
            return keras.tree.flatten(model(keras.tree.pack_sequence_as(inputs, flat), training=False))

    first = [None] if any_size else []
    specifications = [
        tf.TensorSpec([*first, *part.shape[len(first) :]], part.dtype) for part in keras.tree.flatten(inputs)
    ]
    try:
        with running.state_kept(model):
            concrete = tf.function(forward, autograph=False).get_concrete_function(*specifications)
    except running.CALL_ERRORS as error:
        raise ModelError(
            f"The model {model.name!r} cannot be traced into a graph: {running.reason(error)} Expected a model that"
            " Keras can run with run_eagerly=False. Compute with tensors only in its call."
        ) from error
    return Trace(model, concrete, len(specifications), calls, operations, fold.unfolded)


def _steps(output: Tensor, depth: int) -> tuple[Tensor, ...]:
    """Take apart what a watched call's time steps were stacked into."""
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


def _behind(
    tensors: Iterable[Tensor],
    given: Collection[str],
    instead: Mapping[str, Any] | None = None,
    *,
    is_ordered: bool = False,
) -> set[tf.Operation]:
    """Return the operations that tensors follow from, back to the tensors with given names.

    Args:
        tensors: The tensors.
        given: Names of tensors.
        instead: By the names of tensors, others that are taken for them.
        is_ordered: Whether an operation follows from those that it waits for, too.
    """
    instead = instead or {}
    found: set[tf.Operation] = set()
    waiting = [tensor.op for tensor in tensors if tensor.name not in given]
    while waiting:
        operation = waiting.pop()
        if operation in found:
            continue
        found.add(operation)
        read = (instead.get(tensor.name, tensor) for tensor in operation.inputs if tensor.name not in given)
        waiting.extend(tensor.op for tensor in read if tensor.name not in given)
        if is_ordered:
            waiting.extend(operation.control_inputs)
    return found
