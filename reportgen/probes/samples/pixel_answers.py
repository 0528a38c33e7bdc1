"""What a picture-shaped output answers for some images, and what is true -> classes or 8-bit pictures to be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reportgen.evidence.pixels import PixelHead, PixelsResult
from reportgen.evidence.samples import Levels, PixelAnswer, PixelShare
from reportgen.models.subject import Array, Subject
from reportgen.records.pictured import PictureOutput, picture_outputs
from reportgen.sources.dataset import PixelTruth

_COLOURS = 3
_USUAL = ((0.0, 1.0), (0.0, 255.0))
_DIFFERS, _LEFT_OUT = 255, 128
MOST_SLICES = 4


@dataclass(frozen=True, slots=True)
class Look:
    """How the answers of one picture-shaped output are read.

    Attributes:
        output: The output.
        truth: What is true of it.
        head: What it means, and the scales that it is drawn on.
        names: What its classes are called.
    """

    output: PictureOutput
    truth: PixelTruth
    head: PixelHead
    names: tuple[str, ...]


def looks(subject: Subject, result: PixelsResult | None) -> tuple[Look, ...]:
    """Return how each picture-shaped output is read, as the probe of pixels found."""
    if result is None or subject.dataset is None:
        return ()
    outputs = {output.name: output for output in picture_outputs(subject.record)}
    truths = {truth.output: truth for truth in subject.dataset.pixels}
    return tuple(
        Look(outputs[head.name], truths[head.name], head, class_names(subject, outputs[head.name]))
        for head in result.heads
    )


def class_names(subject: Subject, output: PictureOutput) -> tuple[str, ...]:
    """Return what the classes of an output are called; their numbers where there are not as many names."""
    names = subject.dataset.class_names if subject.dataset else ()
    return names if len(names) == output.num_classes else tuple(map(str, range(output.num_classes)))


def planes(values: Array, output: PictureOutput) -> Array:
    """Return the answers of an output with their channels last, (batch, rows, columns, channels).

    The rows of a volume are those of all its slices.
    """
    if output.channel_axis == 0:
        values = np.moveaxis(values, 1, -1)
    return values.reshape(len(values), *output.plane, output.channels)


def drawn(plane: Array, output: PictureOutput) -> Array:
    """Return what is drawn of one answer or truth, (rows, columns, …): of a volume a few slices in rows of two.

    >>> slices = np.repeat(np.arange(6), 2)[:, None] * np.ones(3, int)
    >>> drawn(slices, PictureOutput(0, "mask", None, (6, 2, 3), 1, None))
    array([[0, 0, 0, 2, 2, 2],
           [0, 0, 0, 2, 2, 2],
           [3, 3, 3, 5, 5, 5],
           [3, 3, 3, 5, 5, 5]])
    """
    if not output.is_volume:
        return plane
    slices = plane.reshape(*output.size, *plane.shape[2:])
    chosen = slices[np.rint(np.linspace(0, len(slices) - 1, num_slices(output))).astype(np.int64)]
    rows = chosen.reshape(-1, min(2, len(chosen)), *chosen.shape[1:])
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])


def num_slices(output: PictureOutput) -> int:
    """Return how many slices are drawn of an output: 1 of a picture."""
    return 1 if not output.is_volume else min(output.size[0] // 2 * 2, MOST_SLICES)


def classes(answered: Array, threshold: float) -> Array:
    """Return the class of each pixel, int64 (batch, rows, columns), -1 for NaN or infinity.

    Args:
        answered: (batch, rows, columns, channels); several channels stand for as many classes, one for two.
        threshold: The value above which one channel stands for the second class.
    """
    found = answered.argmax(axis=-1) if answered.shape[-1] > 1 else (answered[..., 0] > threshold).astype(np.int64)
    return np.where(np.isfinite(answered).all(axis=-1), found, -1)


def truths(subject: Subject, look: Look, indices: Sequence[int], pictures: Array | None = None) -> Array | None:
    """Return what is true of some images, as `PixelTruth.read` has it; the images themselves of a reconstruction.

    Args:
        subject: The model and the data.
        look: How answers are read.
        indices: The images.
        pictures: What `Subject.pictures` returns for them, where that is known.
    """
    if look.truth.read is not None:
        return look.truth.read(indices)
    if look.head.kind != "input":
        return None
    pictures = subject.pictures(indices) if pictures is None else pictures
    return pictures.astype(np.float64).reshape(len(indices), *look.output.plane, look.output.channels)


def answers(subject: Subject, look: Look, indices: Sequence[int], values: Array) -> list[PixelAnswer]:
    """Look at the answers of an output closely.

    Args:
        subject: The model and the data.
        look: How they are read.
        indices: The images.
        values: What the output answered, (batch, …).
    """
    answered, true = planes(values, look.output), truths(subject, look, indices)
    if look.head.kind == "classes":
        found = classes(answered, look.head.threshold)
        return [_of_classes(look, one, None if true is None else true[place]) for place, one in enumerate(found)]
    return [_of_values(look, one, None if true is None else true[place]) for place, one in enumerate(answered)]


def _of_classes(look: Look, answered: Array, true: Array | None) -> PixelAnswer:
    known = np.ones(answered.shape, bool) if true is None else true >= 0
    shares, ratios = [], []
    for index in sorted({*np.unique(answered).tolist(), *np.unique([] if true is None else true).tolist()} - {-1}):
        as_class, of_class = (answered == index) & known, None if true is None else true == index
        total = max(int(known.sum()), 1)
        shares.append(
            PixelShare(
                int(index),
                look.names[int(index)],
                float(as_class.sum() / total),
                None if of_class is None else float(of_class.sum() / total),
            )
        )
        either = as_class if of_class is None else as_class | of_class
        if of_class is not None and either.any():
            ratios.append(float((as_class & of_class).sum() / either.sum()))
    error: Levels | None = None
    if true is not None:
        error = np.where(known, np.where(answered == true, 0, _DIFFERS), _LEFT_OUT).astype(np.uint8)
    return PixelAnswer(
        name=look.output.name,
        kind="classes",
        answer=drawn(answered, look.output),
        truth=None if true is None else drawn(true, look.output),
        error=None if error is None else drawn(error, look.output),
        num_slices=num_slices(look.output),
        num_channels=look.output.channels,
        accuracy=float((answered == true)[known].mean()) if true is not None and known.any() else None,
        mean_iou=float(np.mean(ratios)) if ratios else None,
        shares=tuple(shares),
    )


def _of_values(look: Look, answered: Array, true: Array | None) -> PixelAnswer:
    head = look.head
    off = None
    if true is not None:
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(answered - true)
    known = off is not None and np.isfinite(off).any()
    # The image itself is drawn beside it, and in the same way where its values have a usual range.
    is_drawn = head.kind == "input" and look.truth.read is None and head.scale in _USUAL
    return PixelAnswer(
        name=look.output.name,
        kind=head.kind,
        answer=drawn(_levels(answered, *head.scale), look.output),
        truth=None if true is None or is_drawn else drawn(_levels(true, *head.scale), look.output),
        error=None if off is None else drawn(levels(_channel_mean(off), 0.0, head.error_top), look.output),
        num_slices=num_slices(look.output),
        scale=head.scale,
        error_top=head.error_top,
        num_channels=look.output.channels,
        mean_error=float(off[np.isfinite(off)].mean()) if off is not None and known else None,
    )


def _levels(picture: Array, low: float, high: float) -> Levels:
    """One picture in 8 bits: its colours where it has three channels, else the mean of its channels."""
    return levels(picture if picture.shape[-1] == _COLOURS else _channel_mean(picture), low, high)


def _channel_mean(picture: Array) -> Array:
    finite = np.isfinite(picture)
    numbers = finite.sum(axis=-1)
    means = np.where(finite, picture, 0.0).sum(axis=-1) / np.maximum(numbers, 1)
    return np.where(numbers > 0, means, np.nan)


def levels(values: Array, low: float, high: float) -> Levels:
    """Bring values to 8 bits: `low` to 0 and `high` to 255; what is no number is black, as all is of equal ends."""
    scale = 255.0 / (high - low) if high > low else 0.0
    filled = np.nan_to_num(values, nan=low, posinf=high, neginf=low)
    return np.clip(np.rint((filled - low) * scale), 0, 255).astype(np.uint8)
