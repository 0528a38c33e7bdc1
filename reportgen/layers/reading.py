"""A Keras configuration and a sample's shape -> plain ints. What every family needs to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import SupportsIndex

from reportgen.errors import LayerError
from reportgen.records.model import Shape

Config = Mapping[str, object]


def only(input_shapes: tuple[Shape, ...]) -> Shape:
    """Return the shape of the single input.

    Raises:
        LayerError: There is not exactly one input.
    """
    if len(input_shapes) != 1:
        raise LayerError(
            f"It got {len(input_shapes)} inputs. This kind of layer takes one input. Call it on a single tensor."
        )
    return input_shapes[0]


def whole(config: Config, key: str, default: int) -> int:
    """Return a whole number of a configuration.

    Args:
        config: The configuration.
        key: Its name there.
        default: What is taken where it is missing or None.

    Raises:
        LayerError: The value is not a whole number.
    """
    value = config.get(key)
    return default if value is None else _as_int(value, key)


def flag(config: Config, key: str, *, default: bool) -> bool:
    """Return a yes or no of a configuration; `default` where it is missing or None."""
    value = config.get(key)
    return default if value is None else bool(value)


def text(config: Config, key: str, default: str) -> str:
    """Return a choice of a configuration in lower case; `default` where it is missing or None."""
    value = config.get(key)
    return default if value is None else str(value).lower()


def per_axis(config: Config, key: str, rank: int, default: int = 1) -> tuple[int, ...]:
    """Return one whole number per spatial axis.

    Args:
        config: The configuration.
        key: Its name there; one number counts for every axis.
        rank: Number of spatial axes.
        default: What is taken where it is missing or None.

    Raises:
        LayerError: There are not as many numbers as axes, or they are not whole.
    """
    value = config.get(key)
    if value is None:
        return (default,) * rank
    if isinstance(value, Sequence) and not isinstance(value, str):
        numbers = tuple(_as_int(entry, key) for entry in value)
        if len(numbers) != rank:
            raise LayerError(
                f"{key} has {len(numbers)} numbers: {list(numbers)}. Expected one number, or one for each of the "
                f"{rank} spatial axes. Give the layer {rank} of them."
            )
        return numbers
    return (_as_int(value, key),) * rank


def pairs(config: Config, key: str, rank: int) -> tuple[tuple[int, int], ...]:
    """Return two whole numbers per spatial axis: before the first position, and after the last.

    Args:
        config: The configuration.
        key: Its name there: one number for all, one pair for a single axis, one number or pair per axis otherwise.
        rank: Number of spatial axes.

    Raises:
        LayerError: The numbers do not fit the axes.
    """
    value = config.get(key, 1)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return ((_as_int(value, key),) * 2,) * rank
    entries = [value] if rank == 1 else list(value)
    if len(entries) != rank:
        raise LayerError(
            f"{key} has {len(entries)} entries. Expected one pair for each of the {rank} spatial axes. Give the "
            f"layer {rank} pairs."
        )
    found = []
    for entry in entries:
        before, after = per_axis({key: entry}, key, 2)
        found.append((before, after))
    return tuple(found)


def channels_first(config: Config) -> bool:
    """Return whether the channels stand before the spatial axes."""
    return text(config, "data_format", "channels_last") == "channels_first"


def split(shape: Shape, config: Config, rank: int) -> tuple[Shape, int]:
    """Return the spatial sizes and the number of channels of an input.

    Args:
        shape: Shape of one sample.
        config: The layer's configuration; its "data_format" says where the channels stand.
        rank: Number of spatial axes that the layer works on.

    Raises:
        LayerError: The input has another number of axes, or its number of channels is unknown.
    """
    if len(shape) != rank + 1:
        raise LayerError(
            f"It got an input of shape {shape}. Expected {rank} spatial axes and one for the channels. Reshape the "
            f"input, or use the layer for {len(shape) - 1} spatial axes."
        )
    spatial, channels = (shape[1:], shape[0]) if channels_first(config) else (shape[:-1], shape[-1])
    return spatial, known(channels, "number of channels")


def assemble(spatial: Shape, channels: int, config: Config) -> Shape:
    """Return the shape that has these spatial sizes and channels in the layer's own order of axes."""
    return (channels, *spatial) if channels_first(config) else (*spatial, channels)


def known(size: int | None, what: str) -> int:
    """Return a size that the weights depend on.

    Raises:
        LayerError: It is not known.
    """
    if size is None:
        raise LayerError(
            f"The {what} of its input is not known. The number of weights depends on it. Give the model an input "
            f"shape that names it."
        )
    return size


def sample_axis(axis: int, rank: int) -> int:
    """Return the place, in the shape of one sample, of an axis that Keras counts with the batch axis.

    Args:
        axis: Axis as Keras counts it; negative counts from the end.
        rank: Number of axes of one sample.

    Raises:
        LayerError: The axis is the batch axis, or the input has no such axis.
    """
    place = axis - 1 if axis >= 0 else rank + axis
    if not 0 <= place < rank:
        raise LayerError(
            f"It works along axis {axis}. Expected an axis of one sample: 1 to {rank}, or −{rank} to −1 counted from "
            f"the end. Choose one of these."
        )
    return place


def sample_axes(config: Config, key: str, rank: int, default: int = -1) -> tuple[int, ...]:
    """Return the places, in the shape of one sample, of the axes that a layer works along.

    Args:
        config: The configuration.
        key: The name of the axes there: one number or several.
        rank: Number of axes of one sample.
        default: The axis that is taken where none is given.

    Raises:
        LayerError: One of them is no axis of a sample.
    """
    value = config.get(key, default)
    several = value if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    return tuple(sorted({sample_axis(_as_int(axis, key), rank) for axis in several}))


def channel_axis(config: Config, rank: int) -> int:
    """Return the place of the channels in the shape of one sample with `rank` axes."""
    return 0 if channels_first(config) else rank - 1


def inside(entry: object, what: str) -> tuple[str, Config]:
    """Return the kind and the configuration of a layer or cell that is written inside another's configuration.

    Args:
        entry: What Keras writes: its module, class name and configuration.
        what: What it is, for the error: "cell", "layer".

    Raises:
        LayerError: It is not a class of Keras.
    """
    if isinstance(entry, Mapping) and isinstance(entry.get("config"), Mapping):
        kind, module = str(entry.get("class_name")), str(entry.get("module"))
        if module.split(".")[0] == "keras":
            config: Config = entry["config"]
            return kind, config
        raise LayerError(
            f"Its {what} is a {kind}, a class from outside Keras. Expected one of Keras's own, which have a formula. "
            f"Read Keras's own numbers instead."
        )
    raise LayerError(f"Its {what} is not written in its configuration. Expected a class of Keras. Give it one.")


def _as_int(value: object, key: str) -> int:
    """Return a whole number, whatever kind of number it came as."""
    if not isinstance(value, SupportsIndex):
        raise LayerError(f"{key} is {value!r}. Expected a whole number. Give the layer a whole number.")
    return value.__index__()
