"""A dataset and a model's input -> a dataset that fits it, or one sentence why it cannot. Every change is noted."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import resizing
from reportgen.sources.dataset import Array, Dataset, Manner, Resize, Scaling, in_words
from reportgen.sources.scaling import Values, Way, bounds, look, plan

_COLOURS = 3
_PICTURE_AXES = 3
_CHANNELS = (1, _COLOURS, 4)


@dataclass(frozen=True, slots=True)
class _Move:
    """What is done to the axes of a batch, the shape of one image afterwards, and the sentence about it."""

    apply: Callable[[Array], Array]
    shape: tuple[int, ...]
    note: str


def fit(dataset: Dataset, shape: Shape, dtype: str, how: Manner) -> Dataset:
    """Make images fit a model's input.

    Args:
        dataset: The images as they are.
        shape: Shape of one sample of the model's input; None for an axis of any size.
        dtype: Number format of the model's input, as Keras calls it.
        how: How the model takes pictures, and how they are brought to it.

    Returns:
        The same images in the model's layout and number format (float32 for one that numpy does not know), changed when
        they are read; the notes say how, and `scaling` what speaks against it.

    Raises:
        DataError: There are no images, their shape cannot be made to fit, or they hold NaN or infinite values.
        UnknownNameError: There is no such scale.
        OptionsError: The user's own module has no such function.
    """
    values = _look(dataset)
    move = _move(dataset, shape, resizing.white(values.low, values.high), how.resize)
    target = number_format(dtype)
    takes_whole = target.kind in "iu"
    are_some = how.pictures or bool(dataset.image_names) or len(dataset.shape) >= _PICTURE_AXES
    chosen = plan(values, move.shape, replace(how, pictures=are_some), whole=takes_whole)
    if takes_whole and (chosen.ways[0].name != "none" or not values.are_whole):
        raise DataError(
            f"The model takes whole numbers ({dtype}) but the images of {dataset.name!r} would be fractions. Expected "
            "whole values. Give whole values and leave them unscaled."
        )
    ways = {way.name: way for way in chosen.ways}

    def read(indices: Sequence[int]) -> Array:
        images = dataset.read(indices)
        _check_finite(dataset.name, images, indices)
        return move.apply(images)

    def read_as(indices: Sequence[int], name: str, read: Callable[[Sequence[int]], Array] = read) -> Array:
        return _cast(read(indices), target, ways[name], dataset.name)

    values = replace(values, sample="image" if len(move.shape) == _PICTURE_AXES else "sample")
    notes = (move.note, f"{values}; {chosen.note}.")
    return replace(
        dataset,
        read=partial(read_as, name=chosen.ways[0].name),
        shape=move.shape,
        notes=(*dataset.notes, *(note for note in notes if note)),
        scaling=Scaling(
            tuple(ways),
            chosen.doubts,
            _remembering(partial(read_as, read=_remembering(read))),
            bounds(values, chosen.ways[0], move.shape),
        ),
    )


def _remembering(read: Callable[..., Array]) -> Callable[..., Array]:
    """Read so that the same batch, asked for again under the same or another scaling, is decoded and scaled once."""
    last: list[tuple[tuple[object, ...], Array]] = []

    def remembered(indices: Sequence[int], *way: str) -> Array:
        asked = (*indices, *way)
        if not last or last[0][0] != asked:
            last[:] = [(asked, read(indices, *way))]
        return last[0][1]

    return remembered


def _look(dataset: Dataset) -> Values:
    if dataset.size == 0:
        raise DataError(f"The data {dataset.name!r} hold no images. Expected at least one. Give other data.")
    return look(dataset, partial(_check_finite, dataset.name))


def _move(dataset: Dataset, want: Shape, white: int | None, resize: Resize | None) -> _Move:
    """Find what has to be done to the axes. The order matters: what fits as it is, is never transposed or resized."""
    have = tuple(axis or 0 for axis in dataset.shape)
    if _matches(have, want):
        return _Move(_as_it_is, have, "")
    for find in (_single_axis_dropped, _channel_axis_added, _grey_repeated, _transposed, _flat_reshaped):
        move = find(have, want)
        if move is not None:
            return move
    brought = resizing.bring(have, want, white, resize)
    if brought is not None:
        return _Move(*brought)
    raise DataError(
        f"Received images of {in_words(have)} from {dataset.source!r}. Expected images of {in_words(want)}, which is "
        "what the model takes. Resize or convert them, or give the data that belong to this model."
    )


def _matches(have: Shape, want: Shape) -> bool:
    return len(have) == len(want) and all(wanted in (None, size) for size, wanted in zip(have, want, strict=True))


def _as_it_is(images: Array) -> Array:
    return images


def _single_axis_dropped(have: tuple[int, ...], want: Shape) -> _Move | None:
    for axis in reversed(range(len(have))):
        rest = have[:axis] + have[axis + 1 :]
        if have[axis] == 1 and _matches(rest, want):
            note = f"Images were reshaped from {in_words(have)} to {in_words(rest)}."
            return _Move(partial(np.squeeze, axis=axis + 1), rest, note)
    return None


def _channel_axis_added(have: tuple[int, ...], want: Shape) -> _Move | None:
    for axis in (len(have), 0):
        made = (*have[:axis], 1, *have[axis:])
        if _matches(made, want):
            note = f"Images were reshaped from {in_words(have)} to {in_words(made)}."
            return _Move(partial(np.expand_dims, axis=axis + 1), made, note)
    return None


def _grey_repeated(have: tuple[int, ...], want: Shape) -> _Move | None:
    """Repeat grey images of any layout in the three channels that a model wants, last or first."""
    planes = [(have, _as_it_is)]
    planes += [(have[:-1], partial(np.squeeze, axis=len(have)))] if have[-1:] == (1,) else []
    planes += [(have[1:], partial(np.squeeze, axis=1))] if have[:1] == (1,) else []
    for plane, flatten in planes:
        for axis in (2, 0):
            made = (*plane[:axis], _COLOURS, *plane[axis:])
            if len(plane) == 2 and want[axis : axis + 1] == (_COLOURS,) and _matches(made, want):
                note = f"The grey images were repeated in three channels: {in_words(have)} became {in_words(made)}."
                return _Move(partial(_repeat, flatten, axis + 1), made, note)
    return None


def _repeat(flatten: Callable[[Array], Array], axis: int, images: Array) -> Array:
    return np.stack([flatten(images)] * _COLOURS, axis=axis)


def _transposed(have: tuple[int, ...], want: Shape) -> _Move | None:
    """Move the channel axis to the other end, where that can be done in one way only."""
    if len(have) != 3:
        return None
    found = []
    for order, where in (
        ((1, 2, 0), "from the first to the last place"),
        ((2, 0, 1), "from the last to the first place"),
    ):
        made = tuple(have[axis] for axis in order)
        num_channels = have[0] if order[2] == 0 else have[2]
        if num_channels in _CHANNELS and _matches(made, want):
            note = f"The channel axis was moved {where}: {in_words(have)} became {in_words(made)}."
            found.append(_Move(partial(np.transpose, axes=(0, *(axis + 1 for axis in order))), made, note))
    return found[0] if len(found) == 1 else None


def _flat_reshaped(have: tuple[int, ...], want: Shape) -> _Move | None:
    made = tuple(axis for axis in want if axis is not None)
    if len(have) != 1 or len(made) != len(want) or math.prod(made) != have[0]:
        return None
    note = f"The {have[0]} values of each image were read as {in_words(made)}, the last axis running fastest."
    return _Move(partial(_reshape, made), made, note)


def _reshape(shape: tuple[int, ...], images: Array) -> Array:
    return images.reshape(len(images), *shape)


def number_format(dtype: str) -> np.dtype[np.generic]:
    """Return numpy's number format for one of Keras's; float32 for one that numpy does not know."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        return np.dtype(np.float32)
    return found if found.kind in "fiu" else np.dtype(np.float32)


def _check_finite(name: str, images: Array, indices: Sequence[int]) -> None:
    if images.dtype.kind != "f" or bool(np.isfinite(images).all()):
        return
    per_image = (~np.isfinite(images)).reshape(len(images), -1).sum(axis=1)
    place = int(np.argmax(per_image > 0))
    raise DataError(
        f"Image {indices[place]} of {name!r} (counted from 0) holds {int(per_image[place])} values that are NaN or "
        "infinite. Expected finite numbers. Repair or remove the image."
    )


def _cast(images: Array, target: np.dtype[np.generic], way: Way, name: str) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        wide = images if way.name == "none" else way.apply(images.astype(np.promote_types(target, np.float32)))
        fitted = wide.astype(target, copy=wide is images)
        fits = np.array_equal(fitted, wide) if target.kind in "iu" else bool(np.isfinite(fitted).all())
    if not fits:
        raise DataError(f"The images of {name!r} hold values that {target} cannot hold. Rescale them before.")
    return fitted
