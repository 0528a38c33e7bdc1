"""The confusion matrix and the reliability diagram: what is drawn, in light and dark."""

from __future__ import annotations

import re

import numpy as np
import pytest

from reportgen.figures import scores
from reportgen.figures.class_labels import labels
from tests import made


def test_places_are_put_where_their_row_and_column_say() -> None:
    assert scores.counted((2, 3), [(0, 2, 5), (1, 0, 7)]).tolist() == [[0, 0, 5], [7, 0, 0]]


def test_shade_is_the_root_of_the_share_of_the_row_and_an_empty_row_has_none() -> None:
    assert scores.shaded(np.array([[75, 25], [0, 0]])).round(3).tolist() == [[0.866, 0.5], [0.0, 0.0]]


def test_blocks_keep_every_answer() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (323, 323))
    together = scores.blocks(counts, 3)
    assert (together.shape, together.sum()) == ((108, 108), counts.sum())
    assert together[107, 0] == counts[321:, :3].sum()


def test_charts_are_drawn_for_light_and_dark_and_are_the_same_each_time() -> None:
    counts, names = np.array([[3, 1], [0, 4]]), labels([(0, "cat"), (1, "a class with a long name")], 2)
    assert names.numbered
    calibration = made.performance().heads[0].calibration
    assert calibration is not None
    first, again = (
        [
            scores.numbered_matrix("a", counts, names, alt="It.", caption=""),
            scores.plain_matrix("b", counts, 1, alt="It.", caption=""),
            scores.reliability("c", calibration, alt="It.", caption=""),
        ]
        for _ in range(2)
    )
    assert first == again
    assert all(each.dark_data and each.data != each.dark_data for each in first)


def texts(name: str, classes: list[str], *, extra: int = 0) -> list[tuple[str, float, float]]:
    """The words of a confusion matrix, and where each begins, CSS pixels from the upper left."""
    counts = np.zeros((len(classes), len(classes) + extra), np.int64)
    found = scores.numbered_matrix(
        name, counts, labels(list(enumerate(classes)), counts.shape[1]), alt="It.", caption=""
    )
    drawn = found.data.decode()
    scale = found.width_px / float(re.findall(r'width="([\d.]+)pt"', drawn)[0])
    pattern = r"<!-- (.*?) -->\s*<g [^>]*transform=\"translate\(([-\d.]+) ([-\d.]+)\)"
    return [(words, float(x) * scale, float(y) * scale) for words, x, y in re.findall(pattern, drawn)]


def test_short_names_stand_above_their_columns_and_before_their_rows() -> None:
    found = [words for words, _, _ in texts("short", ["ant", "bee", "cat"])]
    assert sorted(found) == sorted(["predicted", "true class", *["ant", "bee", "cat"] * 2])


def test_long_names_have_the_numbers_of_their_columns_before_them_in_one_line() -> None:
    names = ["a class with a long name", "another one", "the third of them all"]
    found = texts("long", names)
    for place in "123":
        (_, x, y), (_, _, above) = sorted((each for each in found if each[0] == place), key=lambda each: each[1])
        row = [words for words, left, top in found if abs(top - y) < 4 and left > x]
        assert above < y
        assert row[0].startswith(names[int(place) - 1][:7])
    begins = {round(x, 1) for words, x, _ in found if words[:4] in {"a cl", "anot", "the "}}
    assert len(begins) == 1
    assert all(len(words) <= 20 for words, _, _ in found)


def test_answers_that_are_no_number_do_not_make_short_names_numbers() -> None:
    found = [words for words, _, _ in texts("extra", [f"{place}" for place in range(19)], extra=1)]
    assert {"no", "number"} <= set(found)
    assert found.count("0") == 2
    assert "20" not in found


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("size", [2, 9, 20])
def test_matrix_of_names_as_wide_as_can_be_stays_inside_its_picture(size: int, extra: int) -> None:
    found = texts("wide", ["W" * 30 + str(place) for place in range(size)], extra=extra)
    assert min(min(x, y) for _, x, y in found) >= 0
    assert len([words for words, _, _ in found if words.startswith("WW")]) == size
