"""What a picture-shaped output predicts for one sample -> truth, prediction and error side by side, with a legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Evidence
from reportgen.evidence.samples import PixelAnswer, PixelShare, SampleRecord
from reportgen.figures import pixel_maps

MOST_IN_LEGEND = 12


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the pictures.

    Attributes:
        title: What it is: "true", "predicted", "error", "where they differ".
        figure: The picture.
    """

    title: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class LegendRow:
    """One class in the pictures.

    Attributes:
        colour: Its colour, "#" and six digits.
        share: How much of the image it takes.
    """

    colour: str
    share: PixelShare


@dataclass(frozen=True, slots=True)
class Panels:
    """What one output predicts for one sample.

    Attributes:
        output: The output.
        kind: "classes", "input" or "values".
        panels: The pictures, from left to right.
        legend: The classes that are in them, those with the most pixels first; () of values.
        num_more: Classes in the pictures that the legend leaves out.
        has_left_out: Whether pixels are left out, which are striped.
        accuracy: Of classes: share of the pixels that are predicted correctly, 0..1; None without truth.
        mean_iou: Of classes: mean intersection over union; None without truth.
        mean_error: Of values: mean absolute error; None without truth.
        scale: Value drawn black and value drawn white.
        error_top: Absolute error drawn white.
        num_channels: Values for each pixel.
    """

    output: str
    kind: str
    panels: tuple[Panel, ...]
    legend: tuple[LegendRow, ...]
    num_more: int
    has_left_out: bool
    accuracy: float | None
    mean_iou: float | None
    mean_error: float | None
    scale: tuple[float, float]
    error_top: float
    num_channels: int

    @property
    def has_others(self) -> bool:
        """Whether there are classes without a colour of their own."""
        return any(row.colour == colours.OTHER_CLASSES for row in self.legend)

    @property
    def is_mean(self) -> bool:
        """Whether the mean of several channels is drawn."""
        return self.kind != "classes" and self.num_channels not in (1, 3)


def of_sample(evidence: Evidence, sample: SampleRecord, prefix: str) -> tuple[Panels, ...]:
    """Draw what each picture-shaped output predicts for a sample.

    Args:
        evidence: Everything; the colours of classes are those of all images.
        sample: The sample.
        prefix: Beginning of the figures' ids.
    """
    return tuple(_panels(evidence, sample, answer, f"{prefix}-{place}") for place, answer in enumerate(sample.pixels))


def _panels(evidence: Evidence, sample: SampleRecord, answer: PixelAnswer, name: str) -> Panels:
    palette = _palette(evidence, answer.name)
    shares = sorted(answer.shares, key=lambda each: -((each.true or 0.0) + each.answered))
    return Panels(
        output=answer.name,
        kind=answer.kind,
        panels=_pictures(sample, answer, name, palette),
        legend=tuple(_row(share, palette) for share in shares[:MOST_IN_LEGEND]),
        num_more=max(len(shares) - MOST_IN_LEGEND, 0),
        has_left_out=answer.kind == "classes" and answer.truth is not None and bool((answer.truth < 0).any()),
        accuracy=answer.accuracy,
        mean_iou=answer.mean_iou,
        mean_error=answer.mean_error,
        scale=answer.scale,
        error_top=answer.error_top,
        num_channels=answer.num_channels,
    )


def _pictures(sample: SampleRecord, answer: PixelAnswer, name: str, palette: Mapping[int, int]) -> tuple[Panel, ...]:
    def drawn(which: str) -> Figure:
        if answer.kind == "classes":
            return pixel_maps.classes(f"{name}-{which}", answer, which, palette, sample=sample.index)
        return pixel_maps.values(f"{name}-{which}", answer, which, sample=sample.index)

    found = [] if answer.truth is None else [Panel("true", drawn("truth"))]
    found.append(Panel("predicted", drawn("answer")))
    if answer.error is not None:
        title = "where they differ" if answer.kind == "classes" else "error"
        found.append(Panel(title, pixel_maps.errors(f"{name}-error", answer, sample=sample.index)))
    return tuple(found)


def _palette(evidence: Evidence, output: str) -> Mapping[int, int]:
    heads = evidence.pixels.heads if evidence.pixels else ()
    return next((pixel_maps.colours_of(head.by_class) for head in heads if head.name == output and head.by_class), {})


def _row(share: PixelShare, palette: Mapping[int, int]) -> LegendRow:
    place = palette.get(share.class_index)
    return LegendRow(colours.OTHER_CLASSES if place is None else colours.OF_CLASSES[place], share)
