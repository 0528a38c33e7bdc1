"""What a golden file lets pass, and what it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.golden_files import alike, json_differences, page_differences

PLAIN: dict[str, Any] = {
    "title": "A mean of 0.1234 over 12 of 35 images",
    "rows": [{"mean": 0.5, "count": 12, "missing": None, "right": True}, {"mean": -3.25e-5}],
}
PAGE = """<!DOCTYPE html><html><body><p class="n">A mean of 0.1234 over 12 of 35 images.</p><br>
<svg viewBox="0 0 10 10"><path d="M1.5 2V3.25" class="line 4"/><text x="3">3 maps</text></svg>
<table><tr><td>12</td></tr></table></body></html>"""


def changed(path: list[Any], value: Any) -> str:
    made = json.loads(json.dumps(PLAIN))
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(made)


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        (["rows", 0, "mean"], 0.50004, True),
        (["rows", 0, "mean"], 0.5001, False),
        (["rows", 1, "mean"], -3.3e-5, True),
        (["rows", 1, "mean"], -4e-5, False),
        (["rows", 0, "mean"], None, False),
        (["rows", 0, "mean"], float("nan"), False),
        (["rows", 0, "count"], 13, False),
        (["rows", 0, "count"], 12.0, False),
        (["rows", 0, "count"], "12", False),
        (["rows", 0, "missing"], 0, False),
        (["rows", 0, "right"], 1, False),
        (["rows", 0, "right"], False, False),
        (["rows", 1], {}, False),
        (["rows", 1], {"mean": -3.25e-5, "more": 1}, False),
        (["rows", 1], {"men": -3.25e-5}, False),
        (["rows"], PLAIN["rows"][:1], False),
        (["rows"], [*PLAIN["rows"], 1], False),
        (["title"], "A mean of 0.1235 over 12 of 35 images", True),
        (["title"], "A mean of 0.1236 over 12 of 35 images", False),
        (["title"], "A mean of 0.1234 over 13 of 35 images", False),
        (["title"], "A median of 0.1234 over 12 of 35 images", False),
    ],
)
def test_json_is_compared_by_number_and_by_word(path: list[Any], value: Any, same: bool) -> None:
    assert (json_differences(changed(path, value), json.dumps(PLAIN)) == []) is same


def test_every_difference_of_json_is_told_with_its_place() -> None:
    made = json.dumps({"a": [1, {"b": 2.0}], "c": "x"})
    assert json_differences(made, json.dumps({"a": [2, {"b": 3.0}], "c": "x"})) == [
        "$.a[0]: 1 instead of 2",
        "$.a[1].b: 2.0 instead of 3.0",
    ]


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("0.1234", "0.1235", True),
        ("0.1234", "0.1236", False),
        ("12 of", "13 of", False),
        ("<td>12</td>", "<td>13</td>", False),
        ("A mean", "A median", False),
        ("images.", "images", False),
        ('class="n"', 'class="m"', False),
        ('class="n"', 'id="n"', False),
        (' class="n"', "", False),
        ("<br>", "", False),
        ("<br>", "<br><br>", False),
        ("<td>12</td>", "", False),
        ("<td>12</td>", "<th>12</th>", False),
        ("</body></html>", "", False),
        ("M1.5 2V3.25", "M1.9 2V3.6", True),
        ("M1.5 2V3.25", "M1.5 2.5V3.25", True),
        ("M1.5 2V3.25", "M1.5 2.6V3.25", False),
        ("M1.5 2V3.25", "M1.5 2H3.25", False),
        ("M1.5 2V3.25", "M1.5 2V3.25V3.25", False),
        ('x="3"', 'x="3.4"', True),
        ('x="3"', 'x="3.6"', False),
        ("line 4", "line 5", False),
        ("3 maps", "4 maps", False),
        ('<text x="3">3 maps</text>', "", False),
    ],
)
def test_page_is_compared_by_number_by_pixel_and_by_word(old: str, new: str, same: bool) -> None:
    assert PAGE.count(old) == 1
    assert (page_differences(PAGE.replace(old, new), PAGE) == []) is same


def test_difference_of_a_page_is_told_with_its_place() -> None:
    (told,) = page_differences(PAGE.replace("3.25", "4.25"), PAGE)
    assert told == "line 2, html body svg path, path d: 'M1.5 2V4.25' instead of 'M1.5 2V3.25'"


@pytest.mark.parametrize(
    ("made", "golden", "same"),
    [
        ("1.00e-5", "1.01e-5", True),
        ("1.00e-5", "1.03e-5", False),
        ("−0.5", "0.5", False),
        ("−0.5", "−0.6", True),
        ("12,345", "12,346", False),
        ("12\u202f345.5", "12\u202f345.6", True),
        ("conv_1", "conv_2", False),
        ("sha256-4.5a", "sha256-4.6a", False),
        ("99 %", "98 %", False),
        ("3 × 3", "3 × 4", False),
    ],
)
def test_numbers_in_words_may_be_off_by_their_last_digit_and_counts_not_at_all(
    made: str, golden: str, same: bool
) -> None:
    assert alike(made, golden) is same
