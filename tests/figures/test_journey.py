"""Small pictures of one image on its way: sizes, what is lit, what is framed."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence.grids import Grid, Signal
from reportgen.figures import journey
from tests import made


def pixels(figure: Figure) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(figure.data)).convert("RGB"))


def test_base_of_a_picture_is_itself_and_of_a_volume_its_middle_slice() -> None:
    picture = made.sample()
    assert journey.base(picture) is picture.image
    slices = np.arange(5 * 4 * 4, dtype=np.uint8).reshape(5, 4, 4)
    volume = made.sample(image=slices, grid=Grid(("depth", "height", "width"), (5, 4, 4), (1, 1, 1)))
    assert (journey.base(volume) == slices[2]).all()


def test_curve_of_a_signal_rises_from_the_lower_left_to_the_upper_right() -> None:
    line = np.linspace(0.0, 1.0, 50)[None]
    drawn = journey.curve(Signal(line, line, 50, 1))
    rows, columns = np.nonzero(drawn > 128)
    assert rows[columns.argmin()] > 0.8 * drawn.shape[0]
    assert rows[columns.argmax()] < 0.2 * drawn.shape[0]


def test_row_of_numbers_is_a_grid_with_bright_and_framed_cells() -> None:
    levels = np.zeros(128, np.uint8)
    levels[9] = 255
    figure = journey.numbers("n", levels, (17,), "128 numbers")
    drawn = pixels(figure)
    cell = figure.width_px // 8
    assert figure.height_px == 16 * cell
    amber, white = colours.rgb(colours.EVERYWHERE["frame"]), colours.rgb(colours.EVERYWHERE["white"])
    assert tuple(drawn[cell + cell // 2, cell + cell // 2]) == amber
    assert tuple(drawn[2 * cell, cell]) == white
    assert (drawn == np.array(white)).all(axis=-1).sum() == cell * cell - (cell - 2 * (cell // 8)) ** 2


@pytest.mark.parametrize(("number", "columns"), [(128, 8), (256, 16), (2048, 32), (10, 2), (7, 3), (1, 1)])
def test_columns_of_a_grid(number: int, columns: int) -> None:
    assert journey.grid_columns(number) == columns


def test_response_lights_what_it_lies_over() -> None:
    image = np.full((4, 4), 200, np.uint8)
    levels = np.array([[255, 0], [0, 0]], np.uint8)
    drawn = pixels(journey.response("r", image, levels, 40, "A response.")).astype(int)
    assert drawn[5, 5, 0] - drawn[5, 5, 2] > 60
    assert abs(drawn[35, 35, 0] - drawn[35, 35, 2]) <= 2
    assert drawn[5, 5].sum() > drawn[35, 35].sum()
