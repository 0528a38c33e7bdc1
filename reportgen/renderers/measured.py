"""Report -> the numbers that say how good the network is, once for all files for machines. No format."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reportgen.document.report import Report
from reportgen.language.vocabulary import words
from reportgen.records.card import KEYS
from reportgen.sections import CARD, ORIGIN, PIXELS, SAMPLES, SCORES

_OF_CLASSES = ("probabilities", "logits", "multi-label")


@dataclass(frozen=True, slots=True)
class Measured:
    """A number.

    Attributes:
        kind: What it is called by programs: "accuracy", "ece", "mean_iou", "mae", "mse".
        name: What it is called by people.
        output: Output that it is of, where there are several; else "".
        value: The number.
        interval: Its 95 % interval; None where there is none.
        num_images: On how many images.
        is_share: Whether it is a share, 0..1.
    """

    kind: str
    name: str
    output: str
    value: float
    interval: tuple[float, float] | None
    num_images: int
    is_share: bool = True

    @property
    def title(self) -> str:
        """Its name, with the output where there are several."""
        return f"{self.name} ({self.output})" if self.output else self.name


def measured(report: Report) -> tuple[Measured, ...]:
    """Return what the chapters of a report say of how good it is, the output that is looked at closely first."""
    contents = _contents(report)
    found = (*_right(contents.get(SCORES)), *_pixels(contents.get(PIXELS)), *_values(contents.get(SAMPLES)))
    # Of an output that is a picture, the chapter on its pixels says the error with its interval.
    once: dict[tuple[str, str], Measured] = {}
    for each in found:
        once.setdefault((each.name, each.output), each)
    return tuple(each for each in once.values() if math.isfinite(each.value))


def _right(content: Any) -> Iterator[Measured]:
    for head in content.heads if content else ():
        yield Measured("accuracy", "Accuracy", head.name, head.right.value, head.right.interval, head.right.whole)
        if head.calibration is not None:
            yield Measured(
                "ece", "Expected calibration error", head.name, head.calibration.error,
                head.calibration.error_interval, head.calibration.right.whole,
            )  # fmt: skip


def _pixels(content: Any) -> Iterator[Measured]:
    for head in content.heads if content else ():
        estimates: list[tuple[str, str, Any, bool]] = []
        if head.by_class is not None:
            estimates += [("accuracy", "Pixel accuracy", head.by_class.accuracy, True)]
            estimates += [("mean_iou", "Mean intersection over union", head.by_class.mean_iou, True)]
        if head.by_error is not None:
            estimates += [("mae", "Mean absolute error", head.by_error.errors.absolute, False)]
            estimates += [("mse", "Mean squared error", head.by_error.errors.squared, False)]
        for kind, name, each, is_share in estimates:
            if each is not None:
                yield Measured(kind, name, head.name, each.value, each.interval, each.num_images, is_share)


def _values(content: Any) -> Iterator[Measured]:
    if content is None:
        return
    several = bool(content.others)
    for name, head in ((content.head, content), *((each.name, each) for each in content.others)):
        if head.mean_error is not None:
            yield Measured(
                "mae", "Mean absolute error", name if several else "", head.mean_error, None, content.num_images, False
            )


def dataset(report: Report) -> Any:
    """Return the record of the data, as the chapter on how the report was made has it; None without either."""
    content = _contents(report).get(ORIGIN)
    return content.dataset if content else None


def stated(report: Report) -> dict[str, tuple[str, ...]]:
    """Return what the owner states, by key; () for every field where the report has no card."""
    content = _contents(report).get(CARD)
    found = {each.key: each.values for table in content.tables for each in table.statements} if content else {}
    return {key: tuple(found.get(key, ())) for key in KEYS}


def task(report: Report) -> str:
    """Return what the network does, in the words of the Hugging Face Hub; "" where these have none."""
    contents = _contents(report)
    if not words(report.model).is_picture:
        return ""
    pixels, samples = contents.get(PIXELS), contents.get(SAMPLES)
    if contents.get(SCORES) is not None or (samples is not None and samples.output in _OF_CLASSES):
        return "image-classification"
    if pixels is None:
        return ""
    return "image-segmentation" if any(head.by_class for head in pixels.heads) else "image-to-image"


def fact(report: Report, name: str) -> str:
    """Return a fact of how the report was made, by its name; "" where there is none."""
    every = (*report.run.model, *report.run.data, *report.run.versions)
    return next((str(each.value) for each in every if each.name == name), "")


def _contents(report: Report) -> dict[str, Any]:
    return {section.name: section.content for section in report.sections}
