"""Pictures of classes, values and errors: stated colours, alternatives from the data."""

from __future__ import annotations

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence.pixels import ClassByPixel
from reportgen.figures import pixel_maps
from tests import made


def pixels(figure: Figure) -> NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(figure.data)))


def counted(*numbers: int) -> tuple[ClassByPixel, ...]:
    return tuple(ClassByPixel(index, str(index), number, 0, 0, 1, None) for index, number in enumerate(numbers))


def lightness(colour: str) -> float:
    """Relative luminance of an sRGB colour (IEC 61966-2-1)."""
    parts = [value / 255 for value in colours.rgb(colour)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in parts]
    return float(np.cbrt(np.dot((0.2126, 0.7152, 0.0722), linear)))


def test_colours_of_classes_differ_in_a_grey_copy() -> None:
    steps = np.diff([lightness(colour) for colour in colours.OF_CLASSES])
    assert (steps > 0.03).all()


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((5, 5), {0: 0, 1: 11}),
        ((5, 0, 5, 5), {0: 0, 2: 6, 3: 11}),
        ((5,), {0: 0}),
        ((2, *(5,) * 12), {index: place for place, index in enumerate(range(1, 13))}),
    ],
)
def test_classes_with_pixels_get_colours_from_dark_to_light(numbers: tuple[int, ...], expected: dict[int, int]) -> None:
    assert pixel_maps.colours_of(made.by_class(classes=counted(*numbers))) == expected


def test_each_pixel_has_the_colour_of_its_class_and_what_is_left_out_is_striped() -> None:
    answer = made.pixel_answer(truth=np.array([[0, 1], [-1, 7]]))
    drawn = pixels(pixel_maps.classes("a", answer, "truth", {0: 0, 1: 11}, sample=3))
    assert drawn[0, 0].tolist() == list(colours.rgb(colours.OF_CLASSES[0]))
    assert drawn[0, 1].tolist() == list(colours.rgb(colours.OF_CLASSES[11]))
    assert tuple(drawn[1, 0].tolist()) in {colours.rgb(colour) for colour in colours.LEFT_OUT}
    assert drawn[1, 1].tolist() == list(colours.rgb(colours.OTHER_CLASSES))


def test_alternatives_say_shares_errors_and_where_they_are() -> None:
    answer = made.pixel_answer()
    figure = pixel_maps.classes("a", answer, "truth", {0: 0, 1: 11}, sample=3)
    assert figure.alt.replace("\u202f", " ") == (
        "Sample 3: true class of each of 2 × 2 pixels: sky 75.0 % and tree 25.0 %."
    )
    wrong = pixel_maps.errors("b", answer, sample=3)
    assert wrong.alt.replace("\u202f", " ").endswith("is not the true one: 25.0 % of them, at the left.")
    off = pixel_maps.errors("c", made.pixel_answer("values"), sample=3)
    assert "on average 0.25" in off.alt
    assert "white 1 or more" in off.alt
    shown = pixel_maps.values("d", made.pixel_answer("values"), "answer", sample=3)
    assert "on average 2, black 0 and white 5" in shown.alt


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (np.zeros((6, 6)), "nowhere"), (np.ones((6, 6)), "everywhere"), (np.eye(1, 36).reshape(6, 6), "upper left"),
        (np.pad([[9]], ((3, 2), (5, 0))), "at the right"),
    ],
)  # fmt: skip
def test_map_over_all_images_says_where_most_is(weights: NDArray[np.float64], said: str) -> None:
    figure = pixel_maps.places("m", weights.astype(np.uint8), 0.5, kind="classes", known="60 images")
    assert said in figure.alt
    assert "white 50.0" in figure.caption
