"""Where channels responded most -> the patches of the images that they saw there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import cached_property

import numpy as np

from reportgen.evidence.responses import CONTEXT_PIXELS, MOST_CONTEXTS, MOST_PATCHES, PATCH_PIXELS, Patch
from reportgen.evidence.samples import Levels
from reportgen.evidence.watching import Strongest, WatchingResult
from reportgen.figures import curves
from reportgen.figures.overlays import sized
from reportgen.language.vocabulary import words
from reportgen.layers import reach
from reportgen.layers.reach import Reach
from reportgen.models.subject import Array, Subject
from reportgen.probes.activations import drawing
from reportgen.probes.responses import lighting
from reportgen.probes.watching.labelled import classes
from reportgen.records.model import Arithmetic, LayerRecord, ModelRecord

Box = tuple[int, int, int, int]
Extent = tuple[int, ...]

CURVE_SIDE = 48
"""Pixels along a side of what a channel saw of a signal."""
# Width and height of the signal that it lies in.
_SIGNAL = (112, 48)


def reaches(model: ModelRecord) -> dict[str, Reach]:
    """Return which pixels of its main input every call of a model depends on, position by position.

    The record holds size, jump and padding; behind an upsampling they differ from position to position. The windows of
    the calls below are followed again, and what comes out is taken only where it has the record's size and jump.
    """
    main = model.inputs[model.main_input]
    found = {"": reach.of_input(len(main.shape) - 1)}
    found |= {f"/{one.name}": reach.of_input(max(len(one.shape) - 1, 0)) for one in model.inputs if one is not main}
    for call in model.layers:
        found[call.path] = _reach(call, found)
    return found


def _reach(call: LayerRecord, below: dict[str, Reach]) -> Reach:
    if call.whole_image:
        return reach.WHOLE
    if call.receptive_field is None or call.windows is None:
        return reach.UNKNOWN
    read = [below.get(path, reach.UNKNOWN) for path in call.inputs]
    with_axes = max((len(one.axes) for one in read), default=0)
    over_time = bool(call.windows) and with_axes == len(call.windows) + 1
    own = reach.above(read, Arithmetic(call.output_shape, 0, 0, call.windows, (), over_time=over_time))
    agrees = own.receptive_field == call.receptive_field and own.jump == call.jump
    return own if agrees else reach.UNKNOWN


def extent(subject: Subject, image: int) -> Extent | None:
    """Return how large the data are where patches are cut from them; None of what none can be drawn of.

    Args:
        subject: Where they come from.
        image: Index of one of them.

    Returns:
        Height and width of images; 1 and the length of signals; slices, height and width of volumes and films.
    """
    shape = subject.pictures([image])[0].shape
    if words(subject.record).is_picture or len(shape) == 4:
        return tuple(map(int, shape[:-1]))
    return (1, int(shape[0])) if len(shape) == 2 and shape[1] <= drawing.MOST_CURVES else None


def box(own: Reach, position: tuple[int, ...], size: Extent) -> Box:
    """Return first row, first column, end row and end column of what a position of a map sees.

    Args:
        own: Reach of the call.
        position: Row and column in its map; a signal's has one number, one in slices begins with that of the slice.
        size: As from `extent`; it is the box where every position sees all, or nothing is known.
    """
    height, width = size[-2:]
    if len(own.axes) != len(position) or not 1 <= len(position) <= 3:
        return (0, 0, height, width)
    row = (0, 0) if len(position) == 1 else own.axes[-2].at(position[-2])
    column = own.axes[-1].at(position[-1])
    if row is None or column is None:
        return (0, 0, height, width)
    return row[0], column[0], row[1] + 1, column[1] + 1


def middle_slice(own: Reach, position: tuple[int, ...], size: Extent) -> int | None:
    """Return which slice lies in the middle of what a position sees, within the data; None of what has no slices.

    Arguments as for `box`.
    """
    if len(size) != 3:
        return None
    seen = own.axes[0].at(position[0]) if len(own.axes) == len(position) == 3 else None
    first, last = (0, size[0] - 1) if seen is None else (max(seen[0], 0), min(seen[1], size[0] - 1))
    return min(max((first + last) // 2, 0), size[0] - 1)


def cut(levels: Levels, place: Box) -> tuple[Levels, Box]:
    """Cut a box out of a picture.

    Args:
        levels: uint8 (height, width) or (height, width, 3).
        place: First row, first column, end row and end column; parts of it may lie outside.

    Returns:
        The pixels in the box, 0 outside the picture, every n-th where there are more than `PATCH_PIXELS` a side; and
        first row, first column, end row and end column, in these pixels, of what lies inside.
    """
    top, left, bottom, right = place
    step = max(1, -(-max(bottom - top, right - left) // PATCH_PIXELS))
    rows, columns = np.arange(top, bottom, step), np.arange(left, right, step)
    inside = [(places >= 0) & (places < size) for places, size in zip((rows, columns), levels.shape[:2], strict=True)]
    known = levels[np.ix_(rows[inside[0]], columns[inside[1]])]
    picture = np.zeros((len(rows), len(columns), *levels.shape[2:]), np.uint8)
    (first_row, end_row), (first_column, end_column) = (_span_inside(each) for each in inside)
    picture[first_row:end_row, first_column:end_column] = known
    return picture, (first_row, first_column, end_row, end_column)


def _span_inside(inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> tuple[int, int]:
    places = np.flatnonzero(inside)
    return (int(places[0]), int(places[-1]) + 1) if len(places) else (0, 0)


def filled(patches: Iterable[Patch], subject: Subject, alone: Iterable[Patch] = ()) -> dict[Patch, Patch]:
    """Return every patch with its picture and the image that it lies in; each image is read once.

    Args:
        patches: Patches with boxes, without pictures.
        subject: Where the images come from.
        alone: More of them, which need no image to lie in.
    """
    in_context = dict.fromkeys(patches)
    by_image: defaultdict[int, dict[Patch, None]] = defaultdict(dict)
    for patch in (*in_context, *alone):
        by_image[patch.image][patch] = None
    images = sorted(by_image)
    with_context = set(sorted({(patch.image, patch.slice or 0) for patch in in_context})[:MOST_CONTEXTS])
    found: dict[Patch, Patch] = {}
    for start in range(0, len(images), subject.batch_size):
        part = images[start : start + subject.batch_size]
        for image, pixels in zip(part, subject.pictures(part), strict=True):
            values = np.asarray(pixels, dtype=np.float64)
            levels = None if values.ndim == 2 else drawing.picture(values)
            drawn: dict[int, _Signal | _Picture] = {}
            for patch in by_image[image]:
                place = patch.slice or 0
                if place not in drawn:
                    one = levels if patch.slice is None or levels is None else levels[place]
                    drawn[place] = _Signal(values) if one is None else _Picture(one)
                whole = drawn[place]
                top, left, bottom, right = patch.box
                picture, inside = whole.cut((top, left, bottom, right))
                context = whole.small if patch in in_context and (image, place) in with_context else None
                found[patch] = replace(patch, picture=picture, inside=inside, size=whole.size, context=context)
    return found


class _Picture:
    """An image or a slice, as patches are cut from it and as they lie in it."""

    def __init__(self, levels: Levels) -> None:
        self._levels, self.size = levels, (int(levels.shape[0]), int(levels.shape[1]))

    @cached_property
    def small(self) -> Levels:
        return _small(self._levels)

    def cut(self, place: Box) -> tuple[Levels, Box]:
        return cut(self._levels, place)


class _Signal:
    """The same of a signal, whose parts are drawn as curves, each on its own scale."""

    def __init__(self, values: Array) -> None:
        self._values, self.size = values, (1, len(values))

    @cached_property
    def small(self) -> Levels:
        return _curve(self._values, _SIGNAL, 1)

    def cut(self, place: Box) -> tuple[Levels, Box]:
        inside = self._values[max(place[1], 0) : max(place[3], 1)]
        side = CURVE_SIDE
        return _curve(inside if len(inside) else self._values[-1:], (side, side), 2), (0, 0, side, side)


def _curve(values: Array, size: tuple[int, int], thickness: int) -> Levels:
    signal = drawing.curves(values)
    assert signal is not None, "its channels are few"
    return curves.drawn([np.stack(ends, axis=1) for ends in zip(signal.low, signal.high, strict=True)], size, thickness)


def _small(levels: Levels) -> Levels:
    """Return an image with at most `CONTEXT_PIXELS` along its longer side."""
    return sized(levels, CONTEXT_PIXELS) if max(levels.shape[:2]) > CONTEXT_PIXELS else levels


def strongest(
    seen: Strongest, channel: int, own: Reach, size: Extent | None, label: Callable[[int], str | None]
) -> tuple[Patch, ...]:
    """Return where a channel responded most, at most nine, without pictures; nothing where it has one value everywhere.

    Args:
        seen: Where the channels of the call responded most.
        channel: The channel's number.
        own: Which pixels the call sees.
        size: As from `extent`; None where the call does not read what patches are cut from.
        label: Returns the name of the class of an image, or None.
    """
    found = []
    columns = (each[:MOST_PATCHES, channel] for each in (seen.values, seen.images, seen.positions))
    for value, image, place in zip(*columns, strict=True):
        if np.isfinite(value) and value > seen.lowest[channel]:
            position = tuple(map(int, np.unravel_index(place, seen.sizes)))
            own_box, place = (box(own, position, size), middle_slice(own, position, size)) if size else ((), None)
            found.append(Patch(int(image), label(int(image)), float(value), position, own_box, slice=place))
    return tuple(found)


def close(patch: Patch, size: Extent, places: tuple[int, ...]) -> Patch:
    """Return a patch whose box takes up at most half of the image along each side, about the place of the response.

    Args:
        patch: A patch with a box.
        size: As from `extent`.
        places: How many places the map has along each of its axes.
    """
    is_placed = len(patch.position) == len(size) or (len(patch.position) == 1 and size[0] == 1)
    position, places = (0, *patch.position)[-2:], (1, *places)[-2:]
    ends = []
    for axis, long in enumerate(size[-2:]):
        start, end = patch.box[axis], patch.box[axis + 2]
        half = max(1, long // 2)
        if end - start > half:
            all_seen = start <= 0 and end >= long and is_placed
            middle = (position[axis] + 0.5) / places[axis] * long if all_seen else (start + end) / 2
            start = min(max(round(middle - half / 2), 0), long - half)
            end = start + half
        ends.append((start, end))
    return replace(patch, box=(ends[0][0], ends[1][0], ends[0][1], ends[1][1]))


def of_channels(
    subject: Subject, watched: WatchingResult, wanted: Mapping[str, Collection[int]]
) -> dict[tuple[str, int], tuple[Patch, ...]]:
    """Return what some channels saw where they responded most, with pictures; {} for signals and what has no patches.

    Args:
        subject: Where the images come from.
        watched: What every channel did over the data.
        wanted: Numbers of channels by the path of their conv call.
    """
    dataset = subject.dataset
    assert dataset is not None, "channels were watched over data"
    size = extent(subject, int(watched.images[0]))
    # Where a channel responds on a signal says more than six small curves.
    if size is None or len(words(subject.record).axes) == 1:
        return {}
    seen, layers = reaches(subject.record), {layer.path: layer for layer in subject.record.layers}
    groups = classes(subject.record, dataset, watched.images, sum(map(len, wanted.values())))
    found = {}
    for call, where in zip(watched.responses.calls, watched.strongest, strict=True):
        if call.path in wanted and subject.record.sees_main_input(layers[call.path]):
            for channel in wanted[call.path]:
                found[call.path, channel] = strongest(where, channel, seen[call.path], size, groups.label)
    drawn = filled((patch for each in found.values() for patch in each), subject)
    whole = {key: tuple(drawn.get(patch, patch) for patch in each) for key, each in found.items()}
    return lighting.lit(subject, whole, size)
