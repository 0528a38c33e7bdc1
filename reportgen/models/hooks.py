"""A living model -> every call inside it, one by one, as it happens. The one way to watch a model.

While a model is watched, the `call` of its layers and operators is replaced on the instances, so that Sequential,
functional, nested, shared, multi-input and subclassed models are all seen alike, in eager mode and while a
`tf.function` is traced. Afterwards every instance is as it was, also after an error.
"""

from __future__ import annotations

import inspect
import re
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from reportgen.models import activating
from reportgen.models.types import Model, Operation, Tensor, Tensors


@dataclass(frozen=True, slots=True)
class Rounds:
    """The time steps over which `TimeDistributed` repeats a call.

    Attributes:
        steps: How many, one number for each wrapper around the call, the outermost first.
        given: The tensors that the outermost wrapper was given.
        first: What the call gave back in the very first step.
    """

    steps: tuple[int, ...]
    given: tuple[Tensor, ...]
    first: Tensor


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer (or of an operator of a functional model) in one forward pass.

    Attributes:
        path: Names of the models and layers around it and its own, joined by "/"; "#2" for a second use.
        operation: The layer or operator itself.
        inputs: The tensors that it was given, nested structures laid flat; where it is repeated, in the first step.
        output: What it gave back, in its own structure; where it is repeated, the steps stacked behind the batch axis.
        num_inside: How many watched calls happened inside this one; 0 for a leaf.
        rounds: The time steps that it is repeated over, or None. All of them together are one call.
        activated: What its activation was given, whether it is an activation or has one of its own, in the shape of the
            output; None where there is none, where it was not called just once, or where it changes the shape.
    """

    path: str
    operation: Operation
    inputs: tuple[Tensor, ...]
    output: Tensor
    num_inside: int
    rounds: Rounds | None = None
    activated: Tensor | None = None


@dataclass(frozen=True, slots=True)
class Instead:
    """What an observer returns to put something in the place of what a call gave back."""

    output: Tensor


Observer = Callable[[Call], Instead | None]

# The names that TensorFlow takes for a part of a graph.
_GRAPH_NAME = re.compile(r"[A-Za-z0-9.][A-Za-z0-9_.\\/>-]*")


class StopPassError(Exception):
    """Raised by an observer that has seen enough, to end the forward pass; see `until`."""


@contextmanager
def watch(model: Model, observe: Observer) -> Iterator[None]:
    """Hand every call inside `model` to `observe`, in the order in which the calls end.

    The observer sees the tensors themselves, symbolic ones inside a `tf.function`; what it keeps stays in memory. While
    a graph is traced, a layer whose name TensorFlow refuses there bears another; its path has its own.
    Calling `model.predict` inside would cache a traced function that goes on observing: call the model itself.

    Args:
        model: A Keras model, or any layer with layers inside.
        observe: Called once for each call. An exception raised in it ends the forward pass and comes out of it. What it
            returns as `Instead` is handed on as the call's output; not for a call that is repeated.

    Yields:
        Nothing; the model is watched until the context ends.
    """
    stack: list[_Frame] = []
    casts = _Casts()
    replaced: list[tuple[object, str, bool, object]] = []

    def replace(owner: object, name: str, by: object) -> None:
        replaced.append((owner, name, name in vars(owner), vars(owner).get(name)))
        owner.__dict__[name] = by

    operations = (model, *operations_inside(model))
    policies = {id(each.dtype_policy): each.dtype_policy for each in operations if hasattr(each, "dtype_policy")}
    try:
        for operation in operations:
            # Keras calls a layer whose weights it has quantized by another method.
            name = "call" if getattr(operation, "quantization_mode", None) is None else "quantized_call"
            replace(operation, name, _watched(operation, getattr(operation, name), model, stack, casts, observe))
            if not tf.executing_eagerly() and not _GRAPH_NAME.fullmatch(operation.name):
                # Keras would raise, and leave the scope that it did not open to whatever is built next.
                replace(operation, "name", f"layer_{re.sub('[^A-Za-z0-9]', '_', operation.name)}")
        for policy in policies.values():
            replace(policy, "convert_input", casts.noting(policy.convert_input))
        yield
    finally:
        for owner, name, was_own, previous in reversed(replaced):
            if was_own:
                owner.__dict__[name] = previous
            else:
                del owner.__dict__[name]


@contextmanager
def until(model: Model, observe: Observer) -> Iterator[None]:
    """Watch a model as `watch` does, and end the block quietly when the observer raises `StopPassError`."""
    try:
        with watch(model, observe):
            yield
    except StopPassError:
        pass


@dataclass(slots=True)
class _Frame:
    """A call that is going on: its path, and how often each name was used directly inside it.

    `repeated` holds the calls inside a TimeDistributed by their paths, step after step; it is None for all others.
    """

    path: str
    uses: dict[str, int]
    num_inside: int = 0
    repeated: dict[str, list[Call]] | None = None


class _Casts:
    """What Keras casts before a layer is called that computes in another precision: the layer gets another tensor."""

    def __init__(self) -> None:
        self._before: dict[int, tuple[weakref.ref[Tensor], weakref.ref[Tensor]]] = {}

    def noting(self, convert: Callable[..., Tensors]) -> Callable[..., Tensors]:
        """Return a `DTypePolicy.convert_input` that notes what it makes of what; no tensor lives longer for it."""

        def convert_input(tensor: Tensor, *args: Any, **kwargs: Any) -> Tensors:
            made = convert(tensor, *args, **kwargs)
            if made is not tensor and keras.ops.is_tensor(tensor):
                key = id(made)
                gone = weakref.ref(made, lambda _: self._before.pop(key, None))
                self._before[key] = (gone, weakref.ref(tensor))
            return made

        return convert_input

    def undone(self, tensor: Tensor) -> Tensor:
        """Return the tensor that another was cast from, in as many steps as there were, or itself."""
        while (found := self._before.get(id(tensor))) is not None and found[0]() is tensor:
            original = found[1]()
            if original is None:
                break
            tensor = original
        return tensor


def _watched(
    operation: Operation,
    call: Callable[..., Tensors],
    root: Operation,
    stack: list[_Frame],
    casts: _Casts,
    observe: Observer,
) -> Callable[..., Tensors]:
    name = operation.name

    def tell(seen: Call) -> Instead | None:
        wrapper = next((frame.repeated for frame in reversed(stack) if frame.repeated is not None), None)
        if wrapper is None:
            return observe(seen)
        wrapper.setdefault(seen.path, []).append(seen)
        return None

    def watched_call(*args: Any, **kwargs: Any) -> Tensors:
        if operation is root or not stack:
            stack[:] = [_Frame("", {})]
            return call(*args, **kwargs)
        frame = _Frame(_path(stack[-1], name), {})
        if isinstance(operation, keras.layers.TimeDistributed):
            frame.repeated = {}
        stack.append(frame)
        try:
            with activating.noting(operation) as activated:
                output = call(*args, **kwargs)
        finally:
            stack.remove(frame)
        for outer in stack:
            outer.num_inside += 1
        given = tuple(map(casts.undone, _tensors(_in_order_of_call(call, args, kwargs))))
        for steps in (frame.repeated or {}).values():
            tell(_stacked(steps, given))
        before = activating.only(activated, given, operation, output)
        instead = tell(Call(frame.path, operation, given, output, frame.num_inside, activated=before))
        return output if instead is None else instead.output

    return watched_call


def _stacked(calls: list[Call], given: tuple[Tensor, ...]) -> Call:
    """Make one call of the calls of a layer in the steps of a TimeDistributed that was given some tensors."""
    first = calls[0]
    output = keras.tree.map_structure(
        lambda *leaves: keras.ops.stack(leaves, axis=1) if keras.ops.is_tensor(leaves[0]) else leaves[0],
        *(call.output for call in calls),
    )
    inner = first.rounds
    rounds = Rounds((len(calls), *(inner.steps if inner else ())), given, inner.first if inner else first.output)
    before = [call.activated for call in calls]
    activated = None if any(each is None for each in before) else keras.ops.stack(before, axis=1)
    return Call(first.path, first.operation, first.inputs, output, first.num_inside, rounds, activated)


def _path(frame: _Frame, name: str) -> str:
    if frame.repeated is not None:
        # The wrapper has one layer, and calls it once in every step.
        return f"{frame.path}/{name}"
    uses = frame.uses[name] = frame.uses.get(name, 0) + 1
    own = name if uses == 1 else f"{name}#{uses}"
    return f"{frame.path}/{own}" if frame.path else own


def _in_order_of_call(
    call: Callable[..., Tensors], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Tensors, ...]:
    """Return what a call was given in the order in which it names it, and not in the alphabet's."""
    return tuple(inspect.signature(call).bind(*args, **kwargs).arguments.values())


def _tensors(structure: Tensors) -> tuple[Tensor, ...]:
    return tuple(leaf for leaf in keras.tree.flatten(structure) if keras.ops.is_tensor(leaf))


def operations_inside(owner: Operation) -> list[Operation]:
    """Return all layers and operators inside a model or layer, each once, in no promised order."""
    found: dict[int, Operation] = {}
    waiting = [owner]
    while waiting:
        for operation in _children(waiting.pop()):
            if id(operation) not in found and operation is not owner:
                found[id(operation)] = operation
                waiting.append(operation)
    return list(found.values())


def _children(owner: Operation) -> list[Operation]:
    if isinstance(owner, keras.Sequential):
        return list(owner.layers)
    if isinstance(owner, keras.Model) and hasattr(owner, "operations"):
        return list(owner.operations)
    if not isinstance(owner, keras.Layer) or not _opens(owner):
        return []
    # `Model.layers` leaves out the layers of a plain layer, and no public name lists these: look at the attributes.
    leaves = [leaf for value in list(vars(owner).values()) for leaf in keras.tree.flatten(_in_plain_lists(value))]
    return [leaf for leaf in leaves if isinstance(leaf, keras.Layer)]


def _opens(layer: Operation) -> bool:
    """Whether a layer's inside is shown: models, wrappers and a user's own layers, but not Keras's own layers."""
    own = not type(layer).__module__.startswith("keras.")
    return own or isinstance(layer, keras.Model | keras.layers.Wrapper)


def _in_plain_lists(value: object) -> object:
    """Turn Keras's tracked containers into plain ones, and anything that holds no layers into nothing."""
    if isinstance(value, keras.Layer):
        return value
    if isinstance(value, dict):
        return [_in_plain_lists(item) for item in value.values()]
    if isinstance(value, list | tuple | set):
        return [_in_plain_lists(item) for item in value]
    return []
