"""Responses and boxes over images."""

from __future__ import annotations

import numpy as np

from reportgen.document import colours
from reportgen.figures import overlays

AMBER = colours.rgb(colours.EVERYWHERE["frame"])


def test_a_response_lights_its_places_and_leaves_the_image_legible() -> None:
    image = np.array([[0, 200], [0, 200]], np.uint8)
    response = np.array([[255, 255], [0, 0]], np.uint8)
    drawn = overlays.lit(image, response, 4)
    assert drawn.shape == (4, 4, 3)
    lit, unlit = drawn[0], drawn[3]
    # 0.62 of the ink over the whole grey; without ink 0.45 of the grey.
    assert lit[0].tolist() == [round(0.62 * part) for part in AMBER]
    assert lit[3].tolist() == [round(200 + (part - 200) * 0.62) for part in AMBER]
    assert unlit.tolist() == [[0, 0, 0]] * 2 + [[90, 90, 90]] * 2


def test_a_weaker_response_is_drawn_by_its_power_of_three_quarters() -> None:
    drawn = overlays.lit(np.zeros((1, 1), np.uint8), np.array([[51]], np.uint8), 1)
    assert drawn[0, 0].tolist() == [round(0.62 * 0.2**0.75 * part) for part in AMBER]


def test_a_coarse_response_covers_the_image_evenly() -> None:
    drawn = overlays.lit(np.full((7, 7), 100, np.uint8), np.array([[255, 0, 0]], np.uint8), 7)
    lit = (drawn != 45).any(axis=2)
    assert lit[0].tolist() == [True] * 3 + [False] * 4
    assert (lit == lit[0]).all()


def test_a_box_is_bright_and_framed_and_the_rest_grey_and_dark() -> None:
    image = np.zeros((8, 8, 3), np.uint8)
    image[..., 0] = 100
    drawn = overlays.boxed(image, (2, 2, 6, 7), 8)
    assert drawn[0, 0].tolist() == [round(0.38 * 0.299 * 100)] * 3
    assert drawn[3, 4].tolist() == [100, 0, 0]
    edges = [drawn[2, 2:7], drawn[5, 2:7], drawn[2:6, 2], drawn[2:6, 6]]
    assert all((edge == AMBER).all() for edge in edges)


def test_a_box_that_reaches_beyond_the_image_is_cut_at_its_edge() -> None:
    drawn = overlays.boxed(np.full((4, 4), 9, np.uint8), (-3, -3, 2, 9), 4)
    assert (drawn[0] == AMBER).all()
    assert (drawn[:2, 0] == AMBER).all()
    assert drawn[3, 3].tolist() == [3, 3, 3]


def test_images_are_enlarged_by_whole_numbers_and_reduced_by_averaging() -> None:
    assert overlays.sized(np.arange(4, dtype=np.uint8).reshape(2, 2), 5).tolist() == [
        [0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3],
    ]  # fmt: skip
    assert overlays.sized(np.array([[0, 100], [100, 200]], np.uint8), 1).tolist() == [[100]]
    assert overlays.sized(np.zeros((3, 9, 3), np.uint8), 3).shape == (1, 3, 3)


def test_a_box_counts_in_the_pixels_of_the_image_before_it_was_reduced() -> None:
    image = np.random.default_rng(0).integers(0, 256, (8, 4, 3), np.uint8)
    one, other = overlays.boxed(image, (2, 1, 6, 3), 8), overlays.boxed(image, (20, 10, 60, 30), 8, (80, 40))
    np.testing.assert_array_equal(one, other)


def test_places_are_bright_with_a_line_inside_and_none_along_the_border() -> None:
    image = np.full((8, 8), 100, np.uint8)
    drawn = overlays.bright(image, np.array([[True, False], [True, False]]), 8)
    amber = (drawn == AMBER).all(axis=2)
    assert amber[:, 3].all()
    assert not np.delete(amber, 3, axis=1).any()
    assert (drawn[:, :3] == 100).all()
    assert (drawn[:, 4:] == 60).all()
    assert not (overlays.bright(image, np.ones((1, 1), np.bool_), 8) == AMBER).all(axis=2).any()
