"""The samples that are shown in detail, and what the model predicts for each, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.evidence.grids import Grid, Signal
from reportgen.records.model import Shape

Levels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Answer:
    """One class and the number that the model gave it."""

    class_index: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class InputValues:
    """What a further input of the model got for one sample.

    Attributes:
        name: The input.
        shape: Shape of what it got.
        values: Its first values, in the order of memory.
        value_range: Its lowest and highest value.
        image: uint8 (height, width) or (height, width, 3), where it is a picture; else None.
    """

    name: str
    shape: Shape
    values: tuple[float, ...]
    value_range: tuple[float, float]
    image: Levels | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class HeadAnswer:
    """What one output of the model predicts for one sample.

    Attributes:
        name: The output.
        shape: Shape of its answer.
        output: "probabilities", "logits", "multi-label" or "values".
        answers: Its first answers, highest first; of values, the first ones in order; () of an array of more axes. Of a
            multi-label output the probabilities of classes, all that are predicted or true first.
        label: Name of the true class, or of all true classes; or None.
        correct: Whether the top prediction is the true class, or the predicted classes are the true ones; None where
            that cannot be said.
        value_range: Lowest and highest finite value of its answer, or None without any.
        targets: The true values that belong to the answers, where they are known; of a multi-label output 1 for a true
            class and 0 for another.
        answered: Name of the predicted class, or of all of them; None where the output is values, or holds NaN.
    """

    name: str
    shape: Shape
    output: str
    answers: tuple[Answer, ...]
    label: str | None
    correct: bool | None
    value_range: tuple[float, float] | None
    targets: tuple[float, ...] = ()
    answered: str | None = None


@dataclass(frozen=True, slots=True)
class PixelShare:
    """How much of one image a class takes.

    Attributes:
        class_index: Index of the class.
        name: Its name, or its index where it has none.
        answered: Share of the pixels that are predicted as it, 0..1, of those that are not left out.
        true: Share of the pixels that are of it, 0..1; None without masks.
    """

    class_index: int
    name: str
    answered: float
    true: float | None


@dataclass(frozen=True, slots=True)
class PixelAnswer:
    """What a picture-shaped output predicts for one sample.

    Attributes:
        name: The output.
        kind: "classes", "input" or "values".
        answer: Of classes int64 (rows, columns), -1 for NaN or infinity; of values uint8 (rows, columns) or (rows,
            columns, 3), on the scale of the output.
        truth: The same, of what is true, -1 for pixels that are left out; None where it is not known, and where it is
            the image itself and drawn alike.
        error: uint8 (rows, columns): of classes 255 where they differ, 128 where the pixel is left out, else 0; of
            values the absolute error, mean over the channels; None without truth.
        scale: Value drawn black and value drawn white.
        error_top: Absolute error drawn white.
        num_slices: Of a volume, how many of its slices are drawn, in rows of two; 1 of a picture.
        num_channels: Values for each pixel; where they are neither 1 nor 3, their mean is drawn.
        accuracy: Of classes: share of the pixels that are predicted correctly, 0..1; None without truth.
        mean_iou: Of classes: mean intersection over union; None without truth.
        mean_error: Of values: mean absolute error; None without truth.
        shares: Of classes: each that the image holds or that is predicted in it.
    """

    name: str
    kind: str
    answer: npt.NDArray[np.integer[Any]] = field(repr=False)
    truth: npt.NDArray[np.integer[Any]] | None = field(repr=False)
    error: Levels | None = field(repr=False)
    scale: tuple[float, float] = (0.0, 1.0)
    error_top: float = 0.0
    num_slices: int = 1
    num_channels: int = 1
    accuracy: float | None = None
    mean_iou: float | None = None
    mean_error: float | None = None
    shares: tuple[PixelShare, ...] = ()


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One image chosen for a close look.

    Attributes:
        index: Its place in the data, from 0.
        name: File name, or "".
        reason: Why it was chosen: "most confident", "asked for by index".
        label: Name of its true class, or None.
        label_index: Index of its true class, or None.
        answers: The model's first answers, highest first; of a model without classes, its output values in order.
        correct: Whether the first answer is the true class; None where that cannot be said.
        image: uint8 (height, width) or (height, width, 3): the image as the model got it, its range brought to 0..255.
            Of a signal (channels, points); of a volume (slices, height, width) or (slices, height, width, 3).
        value_range: Lowest and highest value of the image as the model got it.
        grid: How it is drawn, for what is no picture.
        signal: Its curves, for a signal of few channels or a row of values.
        heads: What each output predicts, in the model's order, the one of `answers` among them.
        inputs: What the further inputs got, in the model's order.
        pixels: What each picture-shaped output predicts, in the model's order.
    """

    index: int
    name: str
    reason: str
    label: str | None
    label_index: int | None
    answers: tuple[Answer, ...]
    correct: bool | None
    image: Levels = field(repr=False)
    value_range: tuple[float, float]
    grid: Grid | None = None
    signal: Signal | None = None
    heads: tuple[HeadAnswer, ...] = ()
    inputs: tuple[InputValues, ...] = ()
    pixels: tuple[PixelAnswer, ...] = ()

    @property
    def answered(self) -> str | None:
        """Name of the predicted class, or of all of them; None where the output is values, or holds NaN."""
        head = next((head for head in self.heads if head.answers == self.answers), None)
        if head is not None:
            return head.answered
        return self.answers[0].name if self.answers else None
