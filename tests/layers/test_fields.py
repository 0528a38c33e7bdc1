"""Receptive fields against sets of pixels that are really followed, and against published numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.layers.fields import INPUT, Field, jump_step, step, steps, through, union
from reportgen.records.model import Window
from tests.layers.sums import wrong

POSITIONS = range(-7, 20)

windows = st.builds(
    Window,
    kernel=st.integers(1, 4),
    stride=st.integers(1, 3),
    dilation=st.integers(1, 3),
    padding_before=st.integers(-2, 4),
    upscale=st.integers(1, 3),
    holds=st.booleans(),
)
stacks = st.lists(windows, max_size=4)


def pixels(stack: list[Window], position: int) -> set[int]:
    """Follow one position down to the image, tap by tap."""
    if not stack:
        return {position}
    *below, window = stack
    found: set[int] = set()
    for tap in range(window.kernel):
        place = position * window.stride - window.padding_before + tap * window.dilation
        if window.holds or place % window.upscale == 0:
            found |= pixels(below, place // window.upscale)
    return found


def hull(found: set[int]) -> tuple[int, int] | None:
    return (min(found), max(found)) if found else None


def climb(stack: list[Window], start: Field = INPUT) -> Field:
    field = start
    for window in stack:
        field = through(field, window)
    return field


@settings(max_examples=150, deadline=None)
@given(stacks)
def test_field_is_the_hull_of_the_pixels_that_are_read(stack: list[Window]) -> None:
    field = climb(stack)
    for position in POSITIONS:
        assert field.at(position) == hull(pixels(stack, position))


@settings(max_examples=150, deadline=None)
@given(st.lists(windows, max_size=2), st.lists(stacks, min_size=1, max_size=3))
def test_union_holds_the_pixels_of_all_branches(trunk: list[Window], branches: list[list[Window]]) -> None:
    jumps = set()
    for branch in branches:
        jump = Fraction(1)
        for window in branch:
            jump *= Fraction(window.stride, window.upscale)
        jumps.add(jump)
    field = union([climb(branch, climb(trunk)) for branch in branches])
    if len(jumps) > 1:
        assert field is None
        return
    assert field is not None
    for position in POSITIONS:
        assert field.at(position) == hull(set().union(*(pixels(trunk + branch, position) for branch in branches)))


@settings(max_examples=100, deadline=None)
@given(stacks)
def test_round_is_as_short_as_can_be(stack: list[Window]) -> None:
    field = climb(stack)
    for shorter in range(1, field.positions):
        if field.advance * shorter % field.positions == 0:
            attempt = Field(field.intervals[:shorter], field.advance * shorter // field.positions)
            assert any(attempt.at(position) != field.at(position) for position in range(2 * field.positions))


@settings(max_examples=100, deadline=None)
@given(stacks, windows)
def test_shown_steps_come_to_the_field(stack: list[Window], window: Window) -> None:
    below = climb(stack)
    above = through(below, window)
    lines = steps(below, above, window, "height")
    assert not wrong(lines)
    assert lines[0].value == above.size
    assert [line.value for line in lines[1:]] == ([above.jump] if isinstance(above.jump, int) else [])


CONV, POOL = Window(3, padding_before=1, padding_after=1), Window(2, stride=2)
VGG16 = {
    "block1_pool": [CONV, CONV, POOL],
    "block3_conv2": [CONV, CONV, POOL, CONV, CONV, POOL, CONV, CONV],
    "block5_pool": [CONV, CONV, POOL] * 2 + [CONV, CONV, CONV, POOL] * 3,
}


# Source: Araujo, Norris & Sim 2019, Distill, table of the VGG16 layers.
@pytest.mark.parametrize(
    ("layer", "receptive_field", "effective_stride", "effective_padding"),
    [("block1_pool", 6, 2, 2), ("block3_conv2", 32, 4, 14), ("block5_pool", 212, 32, 90)],
)
def test_vgg16_has_the_published_fields(
    layer: str, receptive_field: int, effective_stride: int, effective_padding: int
) -> None:
    field = climb(VGG16[layer])
    assert (field.size, field.jump, field.padding) == (receptive_field, effective_stride, effective_padding)


def test_step_shows_the_recurrence() -> None:
    below = climb([CONV, POOL])
    line = step(below, through(below, CONV), CONV, "height and width")
    assert (line.quantity, line.working, line.value) == ("receptive field, height and width", "4 + 1 · (3 − 1) · 2", 8)


def test_step_behind_an_upsampling_names_the_largest_reach() -> None:
    doubled = through(climb([CONV]), Window(1, upscale=2, holds=True))
    above = through(doubled, Window(2))
    assert above.intervals == ((-1, 1), (-1, 2))
    line = step(doubled, above, Window(2), "height")
    assert (line.working, line.value) == ("max(3, 4)", 4)
    assert jump_step(doubled, above, Window(2), "height") is None


def test_positions_between_spread_out_pixels_may_read_nothing() -> None:
    field = through(INPUT, Window(1, upscale=3))
    assert field == Field(((0, 0), None, None), 1)
    assert (field.size, field.padding) == (1, 0)
    assert field.jump == pytest.approx(1 / 3)


def test_downsampling_undoes_upsampling() -> None:
    assert climb([Window(1, upscale=2, holds=True), Window(2, stride=2)]) == INPUT


def test_no_branch_has_no_union() -> None:
    assert union([]) is None
