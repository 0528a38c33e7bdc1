"""Layers that move, add, cut or repeat values: shapes, windows, refusals."""

from __future__ import annotations

import pytest

from reportgen.errors import LayerError
from reportgen.layers.arithmetic import work_out
from reportgen.records.model import Arithmetic, Shape, Step, Window
from tests.layers.sums import wrong

IMAGE: Shape = (12, 12, 64)


def worked(kind: str, config: dict[str, object], *shapes: Shape) -> Arithmetic:
    arithmetic = work_out(kind, config, shapes)
    assert arithmetic is not None
    assert not wrong(arithmetic.steps)
    return arithmetic


def test_flatten_counts_the_values_and_sees_all() -> None:
    arithmetic = worked("Flatten", {}, IMAGE)
    assert arithmetic.steps == (Step("output length", "height · width · channels", "12 · 12 · 64", 9216, "values"),)
    assert (arithmetic.windows, arithmetic.sees_all) == (None, True)


def test_flatten_names_the_channels_where_they_stand() -> None:
    assert worked("Flatten", {"data_format": "channels_first"}, (64, 12, 12)).steps[0].rule.startswith("channels · ")


@pytest.mark.parametrize(
    ("kind", "config", "shape", "windows"),
    [
        ("Reshape", {"target_shape": (12, -1, 64)}, IMAGE, ()),
        ("Reshape", {"target_shape": (144, 64)}, IMAGE, None),
        ("Permute", {"dims": (1, 2, 3)}, IMAGE, ()),
        ("Permute", {"dims": (2, 1, 3)}, IMAGE, None),
    ],
)
def test_moved_values_have_no_known_windows(
    kind: str, config: dict[str, object], shape: Shape, windows: tuple[Window, ...] | None
) -> None:
    arithmetic = worked(kind, config, shape)
    assert arithmetic.windows == windows
    assert not arithmetic.sees_all


def test_repeated_vector_is_seen_whole() -> None:
    arithmetic = worked("RepeatVector", {"n": 3}, (6,))
    assert (arithmetic.output_shape, arithmetic.sees_all) == ((3, 6), True)


def test_padding_and_cropping_are_opposite_windows() -> None:
    padded = worked("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}, IMAGE)
    cropped = worked("Cropping2D", {"cropping": ((1, 2), (0, 3))}, IMAGE)
    assert padded.windows == (Window(1, padding_before=1, padding_after=2), Window(1, padding_after=3))
    assert cropped.windows == (Window(1, padding_before=-1, padding_after=-2), Window(1, padding_after=-3))
    assert (padded.output_shape, cropped.output_shape) == ((15, 15, 64), (9, 9, 64))
    assert [step.working for step in padded.steps] == ["12 + 1 + 2", "12 + 0 + 3"]
    assert [step.working for step in cropped.steps] == ["12 − 1 − 2", "12 − 0 − 3"]


def test_unknown_size_stays_unknown() -> None:
    assert worked("ZeroPadding1D", {"padding": 1}, (None, 3)).output_shape == (None, 3)
    assert worked("UpSampling1D", {"size": 2}, (None, 3)).output_shape == (None, 3)
    assert worked("Reshape", {"target_shape": (-1, 2)}, (None, 3)).output_shape == (None, 2)


@pytest.mark.parametrize(
    ("interpolation", "windows"),
    [
        ("nearest", (Window(1, upscale=2, holds=True), Window(1, upscale=3, holds=True))),
        ("bilinear", (Window(4, 1, 1, 2, 1, upscale=2), Window(5, 1, 1, 3, 1, upscale=3))),
        ("bicubic", None),
    ],
)
def test_upsampling_reads_as_far_as_its_interpolation(interpolation: str, windows: tuple[Window, ...] | None) -> None:
    arithmetic = worked("UpSampling2D", {"size": (2, 3), "interpolation": interpolation}, IMAGE)
    assert arithmetic.windows == windows
    assert bool(arithmetic.notes) == (windows is None)


@pytest.mark.parametrize(
    ("kind", "config", "shape", "message"),
    [
        ("Reshape", {"target_shape": (5, -1)}, (12,), "must hold exactly as many values"),
        ("Reshape", {"target_shape": (5, 2)}, (12,), "must hold exactly as many values"),
        ("Permute", {"dims": (2, 1)}, IMAGE, "Each axis, counted from 1, must be named once"),
        ("RepeatVector", {"n": 2}, IMAGE, "Expected a flat vector"),
        ("Cropping1D", {"cropping": (2, 2)}, (4, 1), "must leave at least one position"),
        ("ZeroPadding2D", {"padding": (1, 2, 3)}, IMAGE, "Expected one pair for each of the 2 spatial axes"),
        ("UpSampling2D", {"size": (1, 2, 3)}, IMAGE, "one for each of the 2 spatial axes"),
        ("UpSampling2D", {"size": "two"}, IMAGE, "Expected a whole number"),
    ],
)
def test_values_that_do_not_fit_are_refused(kind: str, config: dict[str, object], shape: Shape, message: str) -> None:
    with pytest.raises(LayerError, match=message):
        work_out(kind, config, (shape,))
