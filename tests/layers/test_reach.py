"""What a position depends on: through layers, where branches meet, and where nothing can be said."""

from __future__ import annotations

import pytest

from reportgen.layers import reach
from reportgen.layers.reach import UNKNOWN, WHOLE, Reach, above, of_input
from reportgen.records.model import Arithmetic, Window
from tests.layers.sums import wrong

PIXEL = Arithmetic((4, 4, 1), 0, 0, (), ())
ALL = Arithmetic((3,), 0, 0, None, (), sees_all=True)
NOTHING_SAID = Arithmetic((3,), 0, 0, None, ())


def reading(*windows: Window) -> Arithmetic:
    return Arithmetic((1, 1, 1), 0, 0, windows, ())


def square(kernel: int, stride: int = 1, padding: int = 0) -> Arithmetic:
    window = Window(kernel, stride, padding_before=padding, padding_after=padding)
    return reading(window, window)


def through(*layers: Arithmetic, rank: int = 2) -> Reach:
    found = of_input(rank)
    for arithmetic in layers:
        found = above([found], arithmetic)
    return found


def told(found: Reach) -> tuple[object, ...]:
    return found.receptive_field, found.jump, found.padding


IMAGE = of_input(2)
THREE = through(square(3))
FIVE = through(square(5, padding=2))
STRIDED = through(square(2, 2))


def test_pixel_of_the_image_depends_on_itself() -> None:
    assert told(of_input(2)) == ((1, 1), (1, 1), (0, 0))
    assert told(of_input(3)) == ((1, 1, 1), (1, 1, 1), (0, 0, 0))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([square(3)], ((3, 3), (1, 1), (0, 0))),
        ([square(3), square(3)], ((5, 5), (1, 1), (0, 0))),
        ([square(3), square(3), square(2, 2)], ((6, 6), (2, 2), (0, 0))),
        ([square(2, 2), square(3, padding=1)], ((6, 6), (2, 2), (2, 2))),
        ([square(3, padding=1), PIXEL], ((3, 3), (1, 1), (1, 1))),
        ([reading(Window(1, 2), Window(5))], ((1, 5), (2, 1), (0, 0))),
        ([square(2, 2), reading(Window(1, upscale=2, holds=True), Window(1, upscale=2, holds=True))],
         ((2, 2), (1, 1), (0, 0))),
    ],
    ids=["conv", "two convs", "the article's", "strided", "pixel by pixel", "axes apart", "up again"],
)  # fmt: skip
def test_field_grows_from_layer_to_layer(layers: list[Arithmetic], expected: tuple[object, ...]) -> None:
    assert told(through(*layers)) == expected


@pytest.mark.parametrize(
    ("below", "arithmetic", "expected"),
    [
        ([THREE], ALL, WHOLE),
        ([WHOLE], PIXEL, WHOLE),
        ([WHOLE], square(3), WHOLE),
        ([THREE, WHOLE], PIXEL, WHOLE),
        ([WHOLE, UNKNOWN], PIXEL, UNKNOWN),
        ([UNKNOWN], ALL, UNKNOWN),
        ([THREE], None, UNKNOWN),
        ([THREE], NOTHING_SAID, UNKNOWN),
        ([], PIXEL, UNKNOWN),
        ([THREE], reading(Window(3)), UNKNOWN),
        ([THREE, STRIDED], PIXEL, UNKNOWN),
        ([THREE, of_input(3)], PIXEL, UNKNOWN),
        ([Reach()], PIXEL, Reach()),
        ([Reach()], ALL, Reach()),
        ([THREE], PIXEL, THREE),
        ([THREE, THREE], PIXEL, THREE),
        ([Reach(), THREE], PIXEL, THREE),
    ],
    ids=[
        "dense",
        "behind dense",
        "conv behind all",
        "scaled by the whole",
        "unknown beats whole",
        "unknown stays so",
        "no formula",
        "no windows",
        "reads nothing",
        "axes that do not fit",
        "jumps that differ",
        "ranks that differ",
        "no picture",
        "no picture, seen whole",
        "pixel by pixel",
        "the same twice",
        "a number and a map",
    ],
)
def test_reach_where_ways_meet_or_end(below: list[Reach], arithmetic: Arithmetic | None, expected: Reach) -> None:
    assert above(below, arithmetic) == expected


def test_fields_of_branches_are_united() -> None:
    # 0..2 and −2..2
    assert told(above([THREE, FIVE], PIXEL)) == ((5, 5), (1, 1), (2, 2))
    # 0..2 and 0..0
    assert told(above([THREE, IMAGE], PIXEL)) == ((3, 3), (1, 1), (0, 0))


@pytest.mark.parametrize("found", [WHOLE, UNKNOWN])
def test_whole_and_unknown_have_no_numbers(found: Reach) -> None:
    assert told(found) == (None, None, None)


@pytest.mark.parametrize(
    ("below", "arithmetic", "quantities"),
    [
        (THREE, square(3), ["receptive field, height and width", "jump, height and width"]),
        (
            THREE,
            reading(Window(3), Window(1, 2)),
            ["receptive field, height", "jump, height", "receptive field, width", "jump, width"],
        ),
        (of_input(1), reading(Window(3)), ["receptive field, length", "jump, length"]),
        (
            of_input(3),
            reading(Window(3), Window(3), Window(3)),
            ["receptive field, depth, height and width", "jump, depth, height and width"],
        ),
        (THREE, PIXEL, []),
        (THREE, ALL, []),
        (THREE, None, []),
        (WHOLE, square(3), []),
    ],
    ids=["equal axes", "axes apart", "one axis", "three axes", "no window", "all", "no formula", "whole"],
)
def test_lines_show_how_the_field_follows(below: Reach, arithmetic: Arithmetic | None, quantities: list[str]) -> None:
    own = above([below], arithmetic)
    lines = reach.steps([below], own, arithmetic)
    assert [line.quantity for line in lines] == quantities
    assert wrong(lines) == []


def test_lines_come_to_the_numbers_of_the_record() -> None:
    arithmetic = reading(Window(3, 2), Window(5))
    own = above([STRIDED], arithmetic)
    shown = {line.quantity: line.value for line in reach.steps([STRIDED], own, arithmetic)}
    # 2 + 2 · 2 and 2 + 4 · 2 pixels; 2 · 2 and 2 · 1 between neighbours.
    assert shown == {
        "receptive field, height": 6,
        "jump, height": 4,
        "receptive field, width": 10,
        "jump, width": 2,
    }
    assert (own.receptive_field, own.jump) == ((6, 10), (4, 2))
