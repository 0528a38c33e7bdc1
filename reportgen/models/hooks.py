"""A living model -> every call inside it, one by one, as it happens. The one way to watch a model.

While a model is watched, the `call` of its layers and operators is replaced on the instances, so that Sequential,
functional, nested, shared, multi-input and subclassed models are all seen alike, in eager mode and while a
`tf.function` is traced. Afterwards every instance is as it was, also after an error.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a layer (or of an operator of a functional model) in one forward pass.

    Attributes:
        path: Names of the models and layers around it and its own, joined by "/"; "#2" for a second use.
        operation: The layer or operator itself.
        inputs: The tensors that it was given, nested structures laid flat.
        output: What it gave back, in its own structure.
        num_inside: How many watched calls happened inside this one; 0 for a leaf.
    """

    path: str
    operation: Any
    inputs: tuple[Any, ...]
    output: Any
    num_inside: int


Observer = Callable[[Call], None]


class StopPassError(Exception):
    """Raised by an observer that has seen enough, to end the forward pass; see `until`."""


@contextmanager
def watch(model: Any, observe: Observer) -> Iterator[None]:
    """Hand every call inside `model` to `observe`, in the order in which the calls end.

    The observer sees the tensors themselves, symbolic ones inside a `tf.function`; what it keeps stays in memory.
    Calling `model.predict` inside would cache a traced function that goes on observing: call the model itself.

    Args:
        model: A Keras model, or any layer with layers inside.
        observe: Called once for each call. An exception raised in it ends the forward pass and comes out of it.

    Yields:
        Nothing; the model is watched until the context ends.
    """
    stack: list[_Frame] = []
    replaced: list[tuple[Any, str, bool, Any]] = []
    try:
        for operation in (model, *_operations_inside(model)):
            state = vars(operation)
            # Keras calls a layer whose weights it has quantized by another method.
            name = "call" if getattr(operation, "quantization_mode", None) is None else "quantized_call"
            replaced.append((operation, name, name in state, state.get(name)))
            state[name] = _watched(operation, getattr(operation, name), model, stack, observe)
        yield
    finally:
        for operation, name, was_own, previous in reversed(replaced):
            if was_own:
                vars(operation)[name] = previous
            else:
                del vars(operation)[name]


@contextmanager
def until(model: Any, observe: Observer) -> Iterator[None]:
    """Watch a model as `watch` does, and end the block quietly when the observer raises `StopPassError`."""
    try:
        with watch(model, observe):
            yield
    except StopPassError:
        pass


@dataclass(slots=True)
class _Frame:
    """A call that is going on: its path, and how often each name was used directly inside it."""

    path: str
    uses: dict[str, int]
    num_inside: int = 0


def _watched(operation: Any, call: Any, root: Any, stack: list[_Frame], observe: Observer) -> Callable[..., Any]:
    def watched_call(*args: Any, **kwargs: Any) -> Any:
        if operation is root or not stack:
            stack[:] = [_Frame("", {})]
            return call(*args, **kwargs)
        frame = _Frame(_path(stack[-1], operation.name), {})
        stack.append(frame)
        try:
            output = call(*args, **kwargs)
        finally:
            stack.remove(frame)
        for outer in stack:
            outer.num_inside += 1
        observe(Call(frame.path, operation, _tensors(_in_order(call, args, kwargs)), output, frame.num_inside))
        return output

    return watched_call


def _path(frame: _Frame, name: str) -> str:
    uses = frame.uses[name] = frame.uses.get(name, 0) + 1
    own = name if uses == 1 else f"{name}#{uses}"
    return f"{frame.path}/{own}" if frame.path else own


def _in_order(call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    """Return what a call was given in the order in which it names it, and not in the alphabet's."""
    return tuple(inspect.signature(call).bind(*args, **kwargs).arguments.values())


def _tensors(structure: Any) -> tuple[Any, ...]:
    return tuple(leaf for leaf in keras.tree.flatten(structure) if keras.ops.is_tensor(leaf))


def _operations_inside(owner: Any) -> list[Any]:
    """Return all layers and operators below `owner`, each once, in no promised order."""
    found: dict[int, Any] = {}
    waiting = [owner]
    while waiting:
        for operation in _children(waiting.pop()):
            if id(operation) not in found and operation is not owner:
                found[id(operation)] = operation
                waiting.append(operation)
    return list(found.values())


def _children(owner: Any) -> list[Any]:
    if isinstance(owner, keras.Sequential):
        return list(owner.layers)
    if isinstance(owner, keras.Model) and hasattr(owner, "operations"):
        return list(owner.operations)
    if not isinstance(owner, keras.Layer) or not _opens(owner):
        return []
    # `Model.layers` leaves out the layers of a plain layer, and no public name lists these: look at the attributes.
    leaves = [leaf for value in list(vars(owner).values()) for leaf in keras.tree.flatten(_plain(value))]
    return [leaf for leaf in leaves if isinstance(leaf, keras.Layer)]


def _opens(layer: Any) -> bool:
    """Whether a layer's inside is shown: models, wrappers and a user's own layers, but not Keras's own layers."""
    own = not type(layer).__module__.startswith("keras.")
    return own or isinstance(layer, keras.Model | keras.layers.Wrapper)


def _plain(value: Any) -> Any:
    """Turn Keras's tracked containers into plain ones, and anything that holds no layers into nothing."""
    if isinstance(value, keras.Layer):
        return value
    if isinstance(value, dict):
        return [_plain(item) for item in value.values()]
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    return []
