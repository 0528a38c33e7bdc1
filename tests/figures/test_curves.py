"""Values as a line: every place has its value above the middle of its share of the width."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from reportgen.figures import curves, evidence_maps

WIDTH, HEIGHT = 400, 100


def middles(drawn: Any, places: int) -> list[float]:
    """How high the line stands above the middle of each place, 0 at the foot of the picture and 1 at its head."""
    columns = ((np.arange(places) + 0.5) * drawn.shape[1] / places).astype(int)
    heights = 1 - (np.arange(len(drawn)) + 0.5) / len(drawn)
    return [float(np.average(heights, weights=drawn[:, column])) for column in columns]


def test_line_stands_as_high_as_its_values_on_its_own_scale() -> None:
    drawn = curves.drawn([np.array([5.0, 7.0, 7.0, 6.0])], (WIDTH, HEIGHT))
    assert drawn.shape == (HEIGHT, WIDTH)
    np.testing.assert_allclose(middles(drawn, 4), [0.1, 0.9, 0.9, 0.5], atol=0.03)


def test_rows_stand_below_each_other_and_a_constant_lies_at_its_foot() -> None:
    upper, lower = np.split(curves.drawn([np.array([0.0, 1.0]), np.full(2, 3.0)], (WIDTH, HEIGHT)), 2)
    np.testing.assert_allclose(middles(upper, 2), [0.1, 0.9], atol=0.06)
    np.testing.assert_allclose(middles(lower, 2), [0.1, 0.1], atol=0.06)


def test_several_values_at_a_place_are_joined_upright_and_what_is_no_number_is_zero() -> None:
    drawn = curves.drawn([np.array([[0.0, 1.0], [np.nan, np.nan]])], (WIDTH, HEIGHT))
    column = drawn[:, WIDTH // 4]
    assert np.count_nonzero(column > 127) > 0.7 * HEIGHT
    np.testing.assert_allclose(middles(drawn, 2)[1], 0.1, atol=0.03)


def test_outlined_part_of_a_signal_is_bright_and_framed_and_the_rest_dark() -> None:
    signal, mask = np.full(40, 128, np.uint8), np.zeros(40, np.uint8)
    signal[20], mask[10:20] = 255, 1
    figure = evidence_maps.outlined("one", signal, mask, alt="An outline.")
    pixels = np.asarray(Image.open(io.BytesIO(figure.data)).convert("RGB"))
    height, width = pixels.shape[:2]
    assert (figure.width_px, figure.height_px) == (width, height)
    inside, outside = (pixels[:, width * place // 40].max() for place in (15, 5))
    assert inside == 255
    assert outside < 0.5 * inside
    amber = np.all(pixels == (240, 180, 0), axis=2)
    assert amber[height // 2].nonzero()[0].min() == width // 4
    assert amber[height // 2].nonzero()[0].max() == width // 2 - 1
