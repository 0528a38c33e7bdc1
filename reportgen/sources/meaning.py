"""Picture-shaped outputs and what came with the images -> what each output answers with, and what is true of it.

Decided by shapes, by what an output ends in and by the values of what is known; names decide nothing.

- **classes** (segmentation): masks of whole numbers, or rows of 0 with a single 1 for each pixel, where the output can
  tell as many classes; without masks an output that ends in a softmax, or in a sigmoid with one channel.
- **input** (reconstruction): the output has the shape of the input, and what is true is the input, or is not given.
- **values** (depth and the like): anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from reportgen.errors import DataError, OptionsError
from reportgen.records.model import ModelRecord, product
from reportgen.records.pictured import PictureOutput, answers_like_input, picture_outputs
from reportgen.sources import true_maps
from reportgen.sources.dataset import Array, Dataset, PixelTruth, Resize, TrueMaps, in_words

LEFT_OUT = (255, -1)
"""Class numbers of masks that mean: nobody says what this pixel is. They count only where no class has the number."""
_BLACK_AND_WHITE = {0, 255}
_OF_CLASSES = {"softmax", "sigmoid", "linear", "log_softmax", None}
_AT_ONCE = 32
_MOST_KINDS = 1024


def settle(dataset: Dataset, given: Dataset, model: ModelRecord, answers: str, resize: Resize | None) -> Dataset:
    """Find out what the picture-shaped outputs answer with, and what is true of them.

    Args:
        dataset: The images as the model gets them, with true maps as they came.
        given: The images as they came.
        model: The model.
        answers: "auto", or what all picture-shaped outputs answer with: "classes", "input" or "values".
        resize: How images were brought to another size; masks are brought to it in the same way.

    Raises:
        DataError: True maps fit no output, or hold what it cannot answer.
        OptionsError: An output is said to answer with what it cannot.
    """
    outputs = picture_outputs(model)
    dataset, given_maps = _assigned(dataset, given, model, outputs)
    found, notes = [], list(dataset.notes)
    for output in outputs:
        maps = given_maps.get(output.name)
        if answers == "input" and not answers_like_input(model, output):
            raise OptionsError(
                f"The output {output.name!r} answers with {in_words((*output.size, output.channels))}, which is not the"
                " shape of the input. Expected that shape for --answers input. Leave the option out."
            )
        if maps is None:
            found.append(PixelTruth(output.name, _without_maps(dataset, model, output, answers)))
            continue
        truth, note = _Reading(dataset, given, model, output, answers, resize).of(maps)
        found.append(truth)
        notes.append(note)
    return replace(dataset, maps=(), pixels=tuple(found), notes=tuple(note for note in notes if note))


def _without_maps(dataset: Dataset, model: ModelRecord, output: PictureOutput, answers: str) -> str:
    """What an output answers with of which nothing is known; "" where only its answers can tell."""
    if answers != "auto":
        return answers
    if output.activation == "softmax" and output.channels > 1:
        return "classes"
    if answers_like_input(model, output):
        return "input"
    if output.channels == 1:
        return "classes" if output.activation == "sigmoid" else "values"
    if output.activation in _OF_CLASSES and len(dataset.class_names) == output.channels:
        return "classes"
    return "" if output.activation in _OF_CLASSES else "values"


def _assigned(
    dataset: Dataset, given: Dataset, model: ModelRecord, outputs: Sequence[PictureOutput]
) -> tuple[Dataset, dict[str, TrueMaps]]:
    """Find the output that each of the true maps belongs to; what fits no picture may be values of another output."""
    found: dict[str, TrueMaps] = {}
    names = [output.name for output in model.outputs]
    for name, maps in sorted(dataset.maps, key=lambda each: not each[0]):
        if name and name not in names:
            raise DataError(
                f"There are labels for an output {name!r}, but the outputs are {', '.join(names)}. Expected the names "
                "of outputs. Rename the labels."
            )
        fits = next(
            (
                output
                for output in outputs
                if name in ("", output.name) and output.name not in found and _in_order(maps, output, given) is not None
            ),
            None,
        )
        if fits is not None:
            found[fits.name] = _in_order(maps, fits, given) or maps
            continue
        dataset = _as_values(dataset, name, maps, model, outputs)
    return dataset, found


def _in_order(maps: TrueMaps, output: PictureOutput, given: Dataset) -> TrueMaps | None:
    """Return true maps with their channels last, if any; None where they do not fit an output."""
    if maps.shape is None:
        return None if output.is_volume else maps
    num_axes = len(output.size)
    # Pictures were brought to the model's size, and masks are, too.
    sizes = {output.size} if output.is_volume else {output.size, given.shape[:2], given.shape[1:3]}
    if maps.shape[:num_axes] in sizes and maps.shape[num_axes:] in {(), (1,), (output.channels,)}:
        return maps
    if output.channel_axis == 0 and maps.shape[1:] in sizes and maps.shape[0] in {1, output.channels}:
        return true_maps.channels_last(maps)
    return None


def _as_values(
    dataset: Dataset, name: str, maps: TrueMaps, model: ModelRecord, outputs: Sequence[PictureOutput]
) -> Dataset:
    """Take true maps for the values of an output that is no picture.

    Raises:
        DataError: There is none of their shape.
    """
    pictured = {output.name for output in outputs}
    others = [output for output in model.outputs if output.name not in pictured and name in ("", output.name)]
    if any(output.shape == maps.shape for output in others):
        values = maps.read(range(dataset.size), None, None).astype(np.float64)
        return replace(dataset, targets=(*dataset.targets, (name, values)))
    have = "pictures" if maps.shape is None else in_words(maps.shape)
    wanted = [each for each in outputs if name in ("", each.name)]
    if not wanted:
        which = f"the output {name!r} does not answer" if name else "no output answers"
        raise DataError(
            f"The labels of {dataset.name} are {have} for each image, and {which} with a picture. Expected one label"
            " for each image, or as many true values as an output has. Give those."
        )
    output = wanted[0]
    classes = (
        f", a number of 0 to {output.num_classes - 1} for each of its pixels"
        if output.activation in _OF_CLASSES
        else ""
    )
    raise DataError(
        f"The masks of {dataset.name} are {have} for each image, and the output {output.name!r} answers with"
        f" {in_words((*output.size, output.channels))}. Expected {in_words(output.size)}{classes}, or"
        f" {in_words((*output.size, output.channels))}. Give masks of that shape."
    )


@dataclass(slots=True)
class _Values:
    """What true maps hold.

    Attributes:
        low: Lowest finite value.
        high: Highest finite value.
        are_whole: Whether all are whole numbers.
        are_one_hot: Whether each place has a single 1 and otherwise 0 along its channels.
        are_input: Whether they are the images themselves.
        kinds: The different values, so long as they are whole and few.
        num_axes: Axes of one image's maps without their channels.
    """

    num_axes: int
    low: float = np.inf
    high: float = -np.inf
    are_whole: bool = True
    are_one_hot: bool = True
    are_input: bool = True
    kinds: set[int] | None = None

    def take(self, maps: Array, images: Array | None) -> None:
        """Take a batch of true maps, and the images that they may be."""
        finite = maps[np.isfinite(maps)] if maps.dtype.kind == "f" else maps
        if finite.size:
            self.low, self.high = min(self.low, float(finite.min())), max(self.high, float(finite.max()))
        self.are_whole &= finite.size == maps.size and (maps.dtype.kind != "f" or bool(np.all(maps == np.floor(maps))))
        is_channelled = maps.ndim > self.num_axes + 1 and maps.shape[-1] > 1
        self.are_one_hot &= is_channelled and bool(
            np.isin(maps, (0, 1)).all() and (np.count_nonzero(maps, axis=-1) == 1).all()
        )
        self.are_input &= (
            images is not None and images.size == maps.size and bool(np.array_equal(images.reshape(maps.shape), maps))
        )
        if self.are_whole and self.kinds is not None:
            self.kinds |= set(np.unique(maps).astype(np.int64).tolist())
            self.kinds = self.kinds if len(self.kinds) <= _MOST_KINDS else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the true maps of one output are read."""

    dataset: Dataset
    given: Dataset
    model: ModelRecord
    output: PictureOutput
    answers: str
    resize: Resize | None

    def of(self, maps: TrueMaps) -> tuple[PixelTruth, str]:
        """Return what they mean, and a sentence about how they were read."""
        seen, output = self._looked_at(maps), self.output
        brought = maps.shape is None or maps.shape[: len(output.size)] != output.size
        resized = f" They were brought to {in_words(output.size)} as the images are, by the nearest pixel." * brought
        is_input = answers_like_input(self.model, output) and (seen.are_input or self.answers == "input")
        if is_input and self.answers in ("auto", "input"):
            same = "The true values given are the images themselves" if seen.are_input else "By --answers input"
            return PixelTruth(output.name, "input"), f"{same}: the output {output.name} is compared with its input."
        if self.answers in ("auto", "classes"):
            found = self._classes(maps, seen, resized)
            if found is not None:
                return found
        return self._values(maps, seen, resized)

    def _looked_at(self, maps: TrueMaps) -> _Values:
        seen = _Values(len(self.output.size), kinds=set())
        for start in range(0, self.dataset.size, _AT_ONCE):
            indices = range(start, min(start + _AT_ONCE, self.dataset.size))
            is_same = maps.shape is not None and product(maps.shape) == product(self.given.shape)
            images = self.given.read(indices) if is_same and seen.are_input else None
            size = self.output.plane if maps.shape is None else None
            seen.take(maps.read(indices, size, self.resize), images)
        return seen

    def _classes(self, maps: TrueMaps, seen: _Values, resized: str) -> tuple[PixelTruth, str] | None:
        """Read masks as classes; None where they are values.

        Raises:
            DataError: They hold classes that the output does not have.
        """
        output = self.output
        must = self.answers == "classes" or (output.activation == "softmax" and output.channels > 1)
        if output.activation not in _OF_CLASSES and not must:
            return None
        if seen.are_one_hot and self._channels(maps) == output.channels:
            note = (
                f"The masks were read as {output.channels} classes, a row of 0 with a single 1 for each pixel.{resized}"
            )
            return self._truth(maps, _from_one_hot), note
        is_plane = self._channels(maps) == 1
        if not must:
            self._check_several(maps, seen)
        kinds = seen.kinds if seen.are_whole and is_plane else None
        if kinds is None or not kinds:
            self._check_values(must)
            return None
        left_out = [number for number in LEFT_OUT if number >= output.num_classes or number < 0]
        classes = kinds - set(left_out)
        if output.num_classes == 2 and kinds <= _BLACK_AND_WHITE and 255 in kinds:
            note = f"The masks hold 0 and 255 only, so that 255 was read as class 1, not as left out.{resized}"
            return self._truth(maps, _from_black_and_white), note
        if classes and min(classes) >= 0 and max(classes) < output.num_classes:
            unread = sorted(kinds & set(left_out))
            beside = f"; {' and '.join(map(str, unread))} marks pixels that are left out" if unread else ""
            note = f"The masks were read as class numbers from 0 to {output.num_classes - 1}{beside}.{resized}"
            return self._truth(maps, partial(_from_numbers, tuple(unread))), note
        if not must and output.channels == 1:
            return None
        if not classes:
            raise DataError(
                f"The masks of {self.dataset.name} leave out every pixel: they hold {' and '.join(map(str, kinds))}"
                f" only. Expected class numbers of 0 to {output.num_classes - 1}. Give masks with classes."
            )
        wrong = max(classes) if classes and max(classes) >= output.num_classes else min(classes or kinds)
        raise DataError(
            f"The masks of {self.dataset.name} hold {wrong}, but the output {output.name!r} tells"
            f" {output.num_classes} classes apart. Expected 0 to {output.num_classes - 1}, and 255 or -1 for pixels"
            " that are to be left out. Number the classes as the model does."
        )

    def _channels(self, maps: TrueMaps) -> int:
        """How many numbers they hold for each place."""
        return (maps.shape or ())[len(self.output.size) :][0] if len(maps.shape or ()) > len(self.output.size) else 1

    def _check_several(self, maps: TrueMaps, seen: _Values) -> None:
        """Refuse masks with a row of 0 and 1 for each pixel in which not a single one is 1."""
        channels = self._channels(maps)
        are_rows = channels > 1 and channels == self.output.channels
        if are_rows and seen.are_whole and seen.kinds and seen.kinds <= {0, 1}:
            raise DataError(
                f"The masks of {self.dataset.name} have rows of 0 and 1 in which several classes of a pixel are 1, or"
                f" none. Expected a single 1 for each pixel: of the output {self.output.name!r} one class is told for"
                " each. Give one class for each pixel, or compare the numbers as they are with --answers values."
            )

    def _check_values(self, must: bool) -> None:
        """Refuse what is no mask of an output that answers with classes; anything else may be values."""
        output = self.output
        if must:
            raise DataError(
                f"The masks of {self.dataset.name} hold neither one class number for each pixel nor rows of 0 with a"
                f" single 1 for the {output.num_classes} classes of the output {output.name!r}. Expected one of these."
                " Give one class for each pixel."
            )

    def _truth(self, maps: TrueMaps, convert: Callable[[Array], Array]) -> PixelTruth:
        def read(indices: Sequence[int]) -> Array:
            found = convert(maps.read(indices, self._wanted, self.resize))
            return found.reshape(len(found), *self.output.plane).astype(np.int64)

        return PixelTruth(self.output.name, "classes", read)

    @property
    def _wanted(self) -> tuple[int, int] | None:
        """Rows and columns that true maps are brought to; volumes stay as they are."""
        return None if self.output.is_volume else self.output.plane

    def _values(self, maps: TrueMaps, seen: _Values, resized: str) -> tuple[PixelTruth, str]:
        output, channels = self.output, self._channels(maps)
        if seen.low > seen.high:
            raise DataError(
                f"The true values for the output {output.name!r} hold no number at all. Expected a value for each"
                " pixel, and NaN only where none is known. Check how they are read."
            )
        if channels != output.channels:
            raise DataError(
                f"The labels of {self.dataset.name} hold {channels} values for each pixel, and the output"
                f" {output.name!r} answers with {output.channels}. Expected as many, or class numbers from 0 to"
                f" {output.num_classes - 1}. Give those."
            )
        if output.activation == "sigmoid" and (seen.low < 0 or seen.high > 1):
            raise DataError(
                f"The true values for the output {output.name!r} run from {seen.low:g} to {seen.high:g}, and it ends in"
                " a sigmoid, which answers with 0 to 1. Expected values in that range. Scale them as in training."
            )

        def read(indices: Sequence[int]) -> Array:
            values = maps.read(indices, self._wanted, self.resize).astype(np.float64)
            values[~np.isfinite(values)] = np.nan
            return values.reshape(len(values), *output.plane, output.channels)

        kind = "input" if self.answers == "input" else "values"
        return PixelTruth(
            output.name, kind, read
        ), f"The true values of the output {output.name} are compared with its answers.{resized}"


def _from_one_hot(masks: Array) -> Array:
    return np.asarray(masks.argmax(axis=-1))


def _from_black_and_white(masks: Array) -> Array:
    return np.asarray(masks == 255, np.int64)


def _from_numbers(left_out: tuple[int, ...], masks: Array) -> Array:
    numbers = masks.astype(np.int64)
    return np.where(np.isin(numbers, left_out), -1, numbers)
