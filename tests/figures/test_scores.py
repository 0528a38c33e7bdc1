"""The confusion matrix and the reliability diagram: what is drawn, in light and dark."""

from __future__ import annotations

import re

import numpy as np
import pytest

from reportgen.evidence.performance import by_chance, share
from reportgen.figures import scores
from reportgen.figures.class_labels import Letters, labels
from tests import made


def test_places_are_put_where_their_row_and_column_say() -> None:
    assert scores.counted((2, 3), [(0, 2, 5), (1, 0, 7)]).tolist() == [[0, 0, 5], [7, 0, 0]]


def test_charts_are_drawn_for_light_and_dark_and_are_the_same_each_time() -> None:
    counts, names = np.array([[3, 1], [0, 4]]), labels([(0, "cat"), (1, "a class with a long name")], 2)
    assert names.numbered
    calibration = made.performance().heads[0].calibration
    assert calibration is not None
    first, again = (
        [
            scores.mistakes_matrix("a", counts, names, alt="It.", caption=""),
            scores.recalls("b", ROWS, 0.9, alt="It.", caption=""),
            scores.reliability("c", calibration, alt="It.", caption=""),
        ]
        for _ in range(2)
    )
    assert first == again
    assert all(each.dark_data and each.data != each.dark_data for each in first)


def texts(name: str, classes: list[str], *, extra: int = 0) -> list[tuple[str, float, float]]:
    """The words of a confusion matrix, and where each begins, CSS pixels from the upper left."""
    counts = np.zeros((len(classes), len(classes) + extra), np.int64)
    found = scores.mistakes_matrix(
        name, counts, labels(list(enumerate(classes)), counts.shape[1]), alt="It.", caption=""
    )
    drawn = found.data.decode()
    scale = found.width_px / float(re.findall(r'width="([\d.]+)pt"', drawn)[0])
    pattern = r"<!-- (.*?) -->\s*<g [^>]*transform=\"translate\(([-\d.]+) ([-\d.]+)\)"
    return [(words, float(x) * scale, float(y) * scale) for words, x, y in re.findall(pattern, drawn)]


def test_short_names_stand_above_their_columns_and_before_their_rows() -> None:
    found = [words for words, _, _ in texts("short", ["ant", "bee", "cat"])]
    assert sorted(found) == sorted(["predicted", "true class", *["ant", "bee", "cat", "all"] * 2, *["0"] * 7])


def test_character_that_no_font_has_is_drawn_by_its_number_and_never_as_a_box() -> None:
    letters = Letters(lacking=("層", "猫"))
    counts = np.array([[3, 1], [0, 4]])
    names = labels([(0, "層"), (1, "a 猫 b")], 2)
    matrix = scores.mistakes_matrix("m", counts, names, alt="It.", caption="", letters=letters).data.decode()
    found = share(3, 4)
    assert found is not None
    rows = [scores.RecallRow("層", found, "2 read as a 猫 b")]
    recalls = scores.recalls("r", rows, 0.9, alt="It.", caption="", letters=letters).data.decode()
    # Names with numbers do not fit above the columns: these have numbers themselves, and the rows the names.
    assert not names.numbered
    assert set(re.findall("<!-- (.*?) -->", matrix)) >= {"[U+5C64]", "a [U+732B] b", "1", "2"}
    assert set(re.findall("<!-- (.*?) -->", recalls)) >= {"[U+5C64]", "2 read as a [U+732B] b"}
    assert not re.search("[層猫]", matrix + recalls)


def test_long_names_have_the_numbers_of_their_columns_before_them_in_one_line() -> None:
    names = ["a class with a long name", "another one", "the third of them all"]
    found = texts("long", names)
    for place in "123":
        (_, x, y), (_, _, above) = sorted((each for each in found if each[0] == place), key=lambda each: each[1])
        row = [words for words, left, top in found if abs(top - y) < 9 and left > x and not words.isdigit()]
        assert above < y
        assert row[0].startswith(names[int(place) - 1][:7])
    begins = {round(x, 1) for words, x, _ in found if words[:4] in {"a cl", "anot", "the "}}
    assert len(begins) == 1
    assert all(len(words) <= scores.MOST_WRAPPED for words, _, _ in found)


def test_answers_that_are_no_number_do_not_make_short_names_numbers() -> None:
    found = [words for words, _, _ in texts("extra", [f"{place}" for place in range(19)], extra=1)]
    assert {"no", "number"} <= set(found)
    assert found.count("0") == 2 + 19 + 20 + 1  # the class, and the sums
    assert "20" not in found


@pytest.mark.parametrize("extra", [0, 1])
@pytest.mark.parametrize("size", [2, 9, 20])
def test_matrix_of_names_as_wide_as_can_be_stays_inside_its_picture(size: int, extra: int) -> None:
    found = texts("wide", ["W" * 30 + str(place) for place in range(size)], extra=extra)
    assert min(min(x, y) for _, x, y in found) >= 0
    assert len([words for words, _, _ in found if words.startswith("WW")]) == 2 * size


def recall(label: str, part: int, mistakes: str = "") -> scores.RecallRow:
    found = share(part, 100)
    assert found is not None
    return scores.RecallRow(label, found, mistakes, stands_out=part < 90)


ROWS = (
    recall("2", 88, "4 read as 3"),
    recall("a class with a name that takes two lines", 30, "9 read as Staffordshire bullterrier, 8 as something else"),
    recall("3", 100),
)


def test_mistakes_stand_where_there_is_room_and_no_letter_leaves_the_picture() -> None:
    found = scores.recalls("r", ROWS, 0.9, alt="It.", caption="")
    drawn = found.data.decode()
    scale = found.width_px / float(re.findall(r'width="([\d.]+)pt"', drawn)[0])
    pattern = r"<!-- (.*?) -->\s*<g [^>]*transform=\"translate\(([-\d.]+) ([-\d.]+)\)"
    placed = [(words, float(x) * scale, float(y) * scale) for words, x, y in re.findall(pattern, drawn)]
    assert all(0 <= x < found.width_px and 0 < y < found.height_px for _, x, y in placed)
    said = " ".join(words for words, _, _ in placed)
    assert "9 read as Staffordshire bullterrier, 8 as something else" in said
    assert {"88 of 100", "100 of 100", "20", "all: 90.0\u202f%"} <= {words for words, _, _ in placed}
    y = {words: y for words, _, y in placed}
    assert y["2"] < y["a class with a name"] < y["3"]


@pytest.mark.parametrize(("confidence", "total"), [(0.8, 10), (0.97, 922), (0.5, 1), (0.1, 40), (1.0, 5), (0.0, 5)])
def test_what_chance_gives_holds_95_of_100_draws(confidence: float, total: int) -> None:
    low, high = by_chance(confidence, total)
    drawn = np.random.default_rng(1).binomial(total, confidence, 20_000) / total
    assert (drawn < low - 1e-9).mean() <= 0.027
    assert (drawn > high + 1e-9).mean() <= 0.027
    assert ((drawn >= low - 1e-9) & (drawn <= high + 1e-9)).mean() >= 0.945
