"""Where the evidence lies over the data -> a row for each class, alarms with their pictures, what was tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.performance import wilson
from reportgen.evidence.shortcuts import LEAST_IMAGES, ClassEvidence, MeanShare, ShortcutsResult, Tested, Transplant
from reportgen.figures import evidence_maps, mosaic, overlays
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import Words

_TILE = 96
MOST_ROWS = 24
"""Most classes with a row of their own; the others are counted."""


@dataclass(frozen=True, slots=True)
class ClassRow:
    """Where the evidence for one class lies.

    Attributes:
        name: The class.
        number: How many images are called so.
        figure: Mean share of the evidence in each of 8 by 8 cells.
        map_png: The same in base64: a grey PNG, 255 for the highest.
        highest: The share that 255 stands for.
        border: The share in the outermost ring.
        outside: The share outside of the object, or None.
        turned: Share of images of other classes that the class's most telling window turns into it; None where it was
            not tested.
    """

    name: str
    number: int
    figure: Figure
    map_png: str
    highest: float
    border: MeanShare
    outside: MeanShare | None
    turned: float | None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A place that makes an answer.

    Attributes:
        test: The numbers.
        said: What was found, in whole sentences.
        members: Images that the window was taken from.
        receivers: Images of other classes, as they were.
        turned_into: The same with the window, which are then called so.
    """

    test: Tested
    said: str
    members: Figure
    receivers: Figure
    turned_into: Figure


@dataclass(frozen=True, slots=True)
class Looks:
    """What the model looks at, over the data.

    Attributes:
        num_images: How many images were looked at.
        num_available: How many the data have.
        rows: The classes, most images first.
        num_more: Classes without a row.
        tests: The most telling place of each class that was tested.
        alarms: Places that make an answer.
        said: What was tested and what came out, in whole sentences.
        missing: Why there is nothing, or "".
    """

    num_images: int
    num_available: int
    rows: tuple[ClassRow, ...]
    num_more: int
    tests: tuple[Tested, ...]
    alarms: tuple[Alarm, ...]
    said: str
    missing: str


def looks(result: ShortcutsResult | None, known: Words) -> Looks | None:
    """Return what the model looks at over the data; None where that was not measured."""
    if result is None:
        return None
    turned = {test.class_index: test.turned / test.num_receivers for test in result.tests}
    alarms = tuple(_alarm(test, known) for test in result.tests if test.is_alarm)
    return Looks(
        num_images=result.num_images,
        num_available=result.num_available,
        rows=tuple(_row(one, turned.get(one.class_index)) for one in result.classes[:MOST_ROWS]),
        num_more=max(len(result.classes) - MOST_ROWS, 0),
        tests=tuple(map(_tested, result.tests)),
        alarms=alarms,
        said="" if result.missing else _said(result, known),
        missing=result.missing,
    )


def _tested(test: Transplant) -> Tested:
    return Tested(**{each.name: getattr(test, each.name) for each in fields(Tested)})


def _said(result: ShortcutsResult, known: Words) -> str:
    alarms = [test for test in result.tests if test.is_alarm]
    looked = plural(result.num_images, known.sample)
    untested = (
        f" {plural(result.num_untested, 'class', 'classes')} more were not tested, to stay within the budget."
        if result.num_untested
        else ""
    )
    if not result.tests:
        return (
            f"The evidence of {looked} was located. There were too few {known.samples} of other classes to test places."
        )
    if alarms:
        names = ", ".join(f"“{test.name}”" for test in alarms)
        return f"A single place makes the answer {names}.{untested}"
    most = max(result.tests, key=lambda test: test.turned / test.num_receivers)
    _, high = wilson(most.turned, most.num_receivers)
    classes, share = plural(len(result.tests), "class", "classes"), most.turned / most.num_receivers
    return (
        f"No single place makes an answer, as far as was tested: the most telling sixteenth of the {known.samples} of"
        f" each of {classes}, put into {known.samples} of other classes, turned at most {percent(share, 0)} of them (95"
        f" % interval up to {percent(high, 0)}). Classes predicted for fewer than {LEAST_IMAGES} of {looked} were not"
        f" tested.{untested}"
    )


def _row(one: ClassEvidence, turned: float | None) -> ClassRow:
    row, column = divmod(int(one.levels.argmax()), one.levels.shape[1])
    figure = mosaic.coloured(
        f"looks-{one.class_index}",
        overlays.glowing(overlays.sized(one.levels, _TILE)),
        alt=(
            f"Where the evidence for {one.name} lies in 8 by 8 cells: most, {percent(one.highest, 0)}, in row"
            f" {row + 1}, column {column + 1}."
        ),
    )
    return ClassRow(
        one.name, one.number, figure, evidence_maps.encoded(one.levels), one.highest, one.border, one.outside, turned
    )


def _alarm(test: Transplant, known: Words) -> Alarm:
    called = plural(test.num_called, known.sample)
    low, high = wilson(test.turned, test.num_receivers)
    control = (
        f"; the same place of the other {known.samples} called “{test.name}” turned {number(test.control)}"
        if test.num_members < test.num_called
        else ""
    )
    said = (
        f"In {number(test.num_members)} of {called} called “{test.name}”, {percent(test.share_in, 0)} of the evidence"
        f" lies in the {test.place}; in the others it is {percent(test.share_out, 0)}. That place, put into"
        f" {plural(test.num_receivers, known.sample)} of other classes, turned {number(test.turned)} of them into"
        f" “{test.name}” (95 % interval {percent(low, 0)} to {percent(high, 0)}){control}."
    )
    name = f"place-{test.class_index}"
    return Alarm(
        test=_tested(test),
        said=said,
        members=_side_by_side(f"{name}-from", test.members, f"Images called {test.name}, with the {test.place}."),
        receivers=_side_by_side(f"{name}-before", test.receivers, "Images of other classes, as they were."),
        turned_into=_side_by_side(
            f"{name}-after", test.turned_into, f"The same with that place in them, now called {test.name}."
        ),
    )


def _side_by_side(name: str, pictures: Sequence[Levels], alt: str) -> Figure:
    return evidence_maps.side_by_side(name, pictures, alt=alt, caption=alt)
