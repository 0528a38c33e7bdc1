"""Patches in their images, their average, and strips of the best."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence.responses import Peaks
from reportgen.figures import gallery, patches
from reportgen.figures.gallery import Tile
from reportgen.figures.spread import HEIGHT, WIDTH, spread
from tests import made

AMBER = colours.rgb(colours.EVERYWHERE["frame"])


def pixels(figure: Figure | None) -> np.ndarray:
    assert figure is not None
    return np.array(Image.open(io.BytesIO(figure.data)).convert("RGB"))


def ambers(drawn: np.ndarray) -> np.ndarray:
    return np.asarray((drawn == AMBER).all(axis=-1))


def test_nine_patches_stand_in_three_rows_each_framed_in_its_image() -> None:
    nine = [made.patch(box=(row, 4, row + 4, 8), size=(16, 16)) for row in range(9)]
    drawn = pixels(gallery.block("b", nine, alt="Nine."))
    assert drawn.shape == (3 * 112 + 4, 3 * 112 + 4, 3)
    for place, patch in enumerate(nine):
        top, left = (part * 114 for part in divmod(place, 3))
        frame = ambers(drawn[top : top + 112, left : left + 112])
        rows, columns = np.nonzero(frame)
        assert (rows.min(), rows.max() + 1) == (7 * patch.box[0], 7 * patch.box[2])
        assert (columns.min(), columns.max() + 1) == (28, 56)


def test_small_box_is_shown_again_larger_in_the_corner_farthest_from_it() -> None:
    small = made.patch(box=(13, 13, 15, 15), size=(16, 16), picture=np.full((2, 2), 250, np.uint8), inside=(0, 0, 2, 2))
    assert patches.has_inset(small)
    drawn = pixels(gallery.block("b", [small], alt="One."))
    assert ambers(drawn)[0, :32].all()
    assert (drawn[4:28, 4:28] == 250).all()
    assert not patches.has_inset(made.patch(box=(0, 0, 3, 3), size=(16, 16)))
    # A box on a signal is as high as the signal.
    assert patches.has_inset(made.patch(box=(0, 0, 1, 15), size=(1, 100)))
    assert not patches.has_inset(made.patch(box=(0, 0, 1, 17), size=(1, 100)))


def test_places_are_shown_instead_of_a_box_that_takes_up_most_of_the_image() -> None:
    lit = np.zeros((4, 4), np.bool_)
    lit[0, 0] = True
    wide = made.patch(box=(0, 0, 16, 16), size=(16, 16), context=np.full((16, 16), 200, np.uint8), lit=lit)
    drawn = pixels(gallery.block("b", [wide], alt="One."))
    assert (drawn[:20, :20] == 200).all()
    assert (drawn[40:, 40:] == 120).all()


def test_patches_without_an_image_are_no_block() -> None:
    assert gallery.block("b", [made.patch(context=None)], alt="None.") is None
    assert gallery.block("b", [], alt="None.") is None


def test_average_leaves_out_what_lies_outside_of_an_image() -> None:
    one = made.patch(picture=np.full((2, 2), 100, np.uint8), inside=(0, 0, 2, 2))
    other = made.patch(picture=np.array([[0, 0], [200, 200]], np.uint8), inside=(1, 0, 2, 2))
    found = gallery.mean([one, other])
    assert found is not None
    assert found.tolist() == [[100, 100], [150, 150]]
    assert pixels(gallery.average("a", found, alt="Average.")).shape == (56, 56, 3)
    assert gallery.mean([one, made.patch()]) is None
    assert gallery.mean([]) is None


def test_strip_frames_crosses_out_and_ends_with_the_last_tile() -> None:
    picture = np.full((5, 5), 250, np.uint8)
    tiles = [Tile(picture), Tile(picture, framed=True), Tile(None, crossed=True)]
    side = gallery.tile_side(tiles)
    drawn = pixels(gallery.strip("s", tiles, side=side, alt="Three."))
    assert (side, drawn.shape) == (55, (55, 3 * 57 - 2, 3))
    assert (drawn[:, :55] == 250).all()
    assert ambers(drawn[:, 57:112])[0].all()
    assert not ambers(drawn[:, :55]).any()
    crossed = drawn[:, 114:169]
    assert (crossed[27, 27] == colours.rgb(colours.EVERYWHERE["for_it"])).all()


def test_peaks_are_bars_and_those_that_are_shown_amber() -> None:
    drawn = spread(Peaks(0.0, 4.0, (4, 2, 0, 1)), shown_from=3.5, cap=2.0)
    assert drawn.bars.count("M") == 2
    assert drawn.strongest.count("M") == 1
    assert (drawn.cap, drawn.cap_word, drawn.cap_anchor) == (WIDTH / 2, "cut off at 2", "end")
    assert (drawn.low, drawn.high, drawn.size) == ("0", "4", (WIDTH, HEIGHT))


@pytest.mark.parametrize("cap", [None, 9.0, -1.0])
def test_cap_beyond_all_peaks_is_not_drawn(cap: float | None) -> None:
    drawn = spread(Peaks(0.0, 4.0, (4, 1)), shown_from=None, cap=cap)
    assert (drawn.cap, drawn.cap_word, drawn.strongest) == (None, "", "")
