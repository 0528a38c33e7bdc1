"""Two reports are the same, the same within rounding, or different; and what differs is named by its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from reportgen.policy.comparing import compare

REPORT: dict[str, Any] = {
    "title": "A report",
    "run": {
        "machine": [{"name": "processors usable", "value": 2}],
        "versions": [{"name": "keras", "value": "3.15"}],
        "command": "reportgen build a.keras",
        "created": None,
        "options": [],
        "look": [],
    },
    "model": {"parameters": 47, "weights_sha256": "ab"},
    "sections": {
        "edges": {
            "content": {
                "rows": [{"value": 1.0, "chosen": True}, {"value": 0.001, "chosen": False}],
                "figure": {"media_type": "image/png", "sha256": "cd", "size_bytes": 10},
            }
        }
    },
}


def changed(*path: str | int, value: object, elsewhere: bool = False) -> dict[str, Any]:
    made = copy.deepcopy(REPORT)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if elsewhere:
        made["run"]["machine"][0]["value"] = 1
    return made


VALUE = ("sections", "edges", "content", "rows", 0, "value")
SMALL = ("sections", "edges", "content", "rows", 1, "value")


def test_a_report_is_the_same_as_itself() -> None:
    found = compare(REPORT, copy.deepcopy(REPORT))
    assert (found.moved, found.different, found.num_rounded) == ((), (), 0)
    assert found.num_leaves == 14


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (VALUE, 1.0000000000000002),
        (("model", "parameters"), 48),
        (("title",), "Another"),
        (("sections", "edges", "content", "rows", 1, "chosen"), True),
        (("sections", "edges", "content", "figure", "sha256"), "ce"),
        (("model", "weights_sha256"), "ac"),
    ],
)
def test_on_the_same_machine_any_leaf_that_differs_is_named(path: tuple[str | int, ...], value: object) -> None:
    (found,) = compare(REPORT, changed(*path, value=value)).different
    assert found.path == "/" + "/".join(map(str, path))
    assert found.found == repr(value)


@pytest.mark.parametrize(
    ("path", "of_the_version"), [(("run", "command"), True), (("run", "options"), True), (("run", "created"), False)]
)
def test_how_it_was_asked_for_is_compared_unless_another_version_may_say_it_otherwise(
    path: tuple[str, ...], of_the_version: bool
) -> None:
    assert [each.path for each in compare(REPORT, changed(*path, value="other")).different] == ["/" + "/".join(path)]
    made = changed(*path, value="other")
    made["run"]["versions"][0] = {"name": "reportgen", "value": "9"}
    assert (compare(REPORT, made).different == ()) == of_the_version


@pytest.mark.parametrize(
    ("path", "value", "same"),
    [
        (VALUE, 1.0009, True),
        (VALUE, 1.002, False),
        (SMALL, 0.001 + 1.5e-6, True),  # a millionth of the column's largest, a thousandth of itself
        (SMALL, 0.001 + 3e-6, False),
        (VALUE, 1, False),  # a whole number is no float
        (("model", "parameters"), 48, False),
        (("title",), "Another", False),
        (("sections", "edges", "content", "figure", "sha256"), "ce", True),
        (("sections", "edges", "content", "figure", "size_bytes"), 11, True),
        (("model", "weights_sha256"), "ac", False),
    ],
)
def test_elsewhere_floats_may_be_rounded_otherwise(path: tuple[str | int, ...], value: object, same: bool) -> None:
    found = compare(REPORT, changed(*path, value=value, elsewhere=True))
    assert found.moved == ("processors usable",)
    assert (found.different == ()) == same
    if path == VALUE and same:
        assert (found.num_rounded, found.farthest_at) == (1, "/sections/edges/content/rows/0/value")
        assert found.farthest == pytest.approx(0.0009 / 1.0009)


def test_what_is_missing_or_more_is_named_in_the_order_of_places() -> None:
    rows = [{"value": 1.0, "chosen": True}] * 12
    longer = changed("sections", "edges", "content", "rows", value=rows)
    found = [each.path.removeprefix("/sections/edges/content/rows") for each in compare(REPORT, longer).different]
    assert found[:4] == ["/1/chosen", "/1/value", "/2/chosen", "/2/value"]
    assert found[-1] == "/11/value"
    assert compare(REPORT, longer).different[-1].claimed == "'missing'"
