"""The sums: grouped where they are equal, and what a stride leaves unread in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.records.model import Check, LayerRecord, Step, Window
from reportgen.sections.calculations import Content, build, unread
from tests import made


def content(*layers: LayerRecord, **others: object) -> Content:
    section = build(made.evidence(model=made.model(*layers), **others))
    assert isinstance(section.content, Content)
    return section.content


def strided(
    *windows: Window, shape: tuple[int, ...] = (25, 25, 1), data_format: str | None = "channels_last"
) -> LayerRecord:
    return made.layer("pool", "MaxPooling2D", windows=windows, input_shape=shape, data_format=data_format)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (
            strided(Window(2, 2, unread=1), Window(2, 2, unread=1)),
            "The last row and the last column of 25\u202f×\u202f25 are never read: the stride steps over the border.",
        ),
        (
            strided(Window(2, 2, unread=1), Window(1)),
            "The last row of 25\u202f×\u202f25 is never read: the stride steps over the border.",
        ),
        (
            strided(Window(1), Window(3, 3, unread=2)),
            "The last 2 columns of 25\u202f×\u202f25 are never read: the stride steps over the border.",
        ),
        (
            strided(Window(3, 2, padding_before=1, unread=1), Window(3)),
            "The last row of 25\u202f×\u202f25 (with its padding) is never read: the stride steps over the border.",
        ),
        (
            strided(Window(2, 2, unread=1), Window(1), shape=(3, 25, 24), data_format="channels_first"),
            "The last row of 25\u202f×\u202f24 is never read: the stride steps over the border.",
        ),
        (
            strided(Window(2, 2, unread=1), shape=(9, 4)),
            "The last position of 9 is never read: the stride steps over the border.",
        ),
        (
            strided(Window(2, 2, unread=1), Window(1), Window(2, 2, unread=1), shape=(5, 6, 7, 1)),
            "The last slice and the last column of 5\u202f×\u202f6\u202f×\u202f7 are never read: the stride steps over"
            " the border.",
        ),
        (strided(Window(2, 2), Window(2, 2)), ""),
        (made.dense(), ""),
    ],
    ids=["both", "row", "two columns", "padded", "channels first", "one axis", "three axes", "all read", "no window"],
)
def test_what_a_stride_leaves_unread_is_said_in_words(call: LayerRecord, sentence: str) -> None:
    assert unread(call) == sentence


def test_equal_sums_share_one_working_that_names_all_layers() -> None:
    found = content(made.conv("a"), made.dense("d"), made.conv("b", index=3), activations=None)
    assert [working.paths for working in found.workings] == [("a", "b"), ("d",)]
    assert found.workings[0].steps == made.steps()
    assert found.num_steps == 2


@pytest.mark.parametrize(
    "other",
    [
        made.conv("b", steps=made.steps()[:1]),
        made.conv("b", settings=()),
        made.conv("b", notes=("Something else.",)),
        made.conv("b", kind="Odd"),
        made.conv("b", checks=(made.check("parameters", (10,), (11,)),)),
        made.conv("b", input_shape=(2, 8, 1)),
        made.conv("b", output_shape=(4, 1, 1)),
    ],
    ids=["steps", "settings", "notes", "kind", "checks", "input", "output"],
)
def test_sums_that_differ_stand_apart(other: LayerRecord) -> None:
    assert len(content(made.conv("a"), other, activations=None).workings) == 2


def test_layers_without_a_formula_are_not_said_to_be_worked_out() -> None:
    model = made.model(made.conv(), made.layer("own", "Own", macs=None, has_formula=False))
    answer = build(made.bare(model=model)).answer
    assert answer.startswith(
        "Every number of the layer table, except for 1\xa0layer without a formula, is worked out in"
    )
    assert build(made.bare()).answer.startswith("Every number of the layer table is worked out in")


def test_comparisons_are_counted_with_those_of_the_running_model() -> None:
    found = content(made.conv("conv"), made.dense("d", checks=(made.check("parameters", (6,), (7,)),)))
    # Two of the conv layer and one with its tensor; one of the dense layer.
    assert (found.num_checks, found.num_failed) == (4, 1)
    assert [len(working.checks) for working in found.workings] == [3, 1]


@pytest.mark.parametrize(("failed", "words"), [(0, "all agree"), (1, "1\xa0does not agree"), (2, "2\xa0do not agree")])
def test_answer_tells_how_many_comparisons_agree(failed: int, words: str) -> None:
    checks = tuple(made.check("parameters", (10,), (11 if place < failed else 10,)) for place in range(3))
    section = build(made.evidence(model=made.model(made.conv("a", checks=checks)), activations=None))
    assert section.answer.endswith(f"Of 3\xa0comparisons with the model, {words}.")


def plain(path: str = "drop", **others: object) -> LayerRecord:
    usual = {"parameters": 0, "macs": 0, "windows": (), "input_shape": (2, 2, 1), "checks": (made.check(),)}
    return made.layer(path, "Dropout", **(usual | others))


def test_layer_that_changes_nothing_is_only_named() -> None:
    found = content(made.conv(), plain())
    assert found.unchanged == ("drop",)
    assert [working.paths for working in found.workings] == [("conv",)]


@pytest.mark.parametrize(
    "call",
    [
        plain(has_formula=False),
        plain(parameters=4),
        plain(input_shape=(4, 1)),
        plain(checks=(made.check("output shape", (2,), (3,)),)),
    ],
    ids=["no formula", "weights", "another shape", "a failed check"],
)
def test_layer_with_something_to_show_is_worked_out(call: LayerRecord) -> None:
    assert content(made.conv(), call).unchanged == ()


def test_layer_whose_tensor_is_not_as_expected_is_worked_out() -> None:
    result = made.activations(checked=False)
    result = replace(result, checks=(("drop", made.check("output shape", (2,), (3,))),))
    found = content(made.conv(), plain(), activations=result)
    assert (found.unchanged, found.num_failed) == ((), 1)


def test_a_rule_and_a_note_stand_on_paper_where_they_are_new_for_their_kind() -> None:
    def layer(name: str, rule: str, kind: str = "Conv2D", notes: tuple[str, ...] = ("A note.",)) -> LayerRecord:
        step = Step("parameters", rule, name, 10, "parameters")
        return made.layer(name, kind, steps=(step,), notes=notes)

    layers = (
        layer("a", "rule 1"),
        layer("b", "rule 1", notes=("A note.", "Another.")),
        layer("c", "rule 1", kind="Dense"),
        layer("d", "rule 2"),
        layer("e", "rule 1"),
    )
    found = content(*layers)
    assert [(working.steps[0].rule, working.notes) for working in found.on_paper] == [
        ("rule 1", ("A note.",)),
        ("", ("Another.",)),
        ("rule 1", ("A note.",)),
        ("rule 2", ()),
        ("rule 1", ()),
    ]
    assert [working.steps[0].rule for working in found.workings] == ["rule 1", "rule 1", "rule 1", "rule 2", "rule 1"]


def test_how_a_number_was_checked_stands_on_paper_where_it_is_new_for_its_kind() -> None:
    def compared(*against: str, observed: int = 10) -> tuple[Check, ...]:
        return tuple(Check("parameters", (10,), (observed,), each, observed == 10) for each in against)

    ways = (("a count",), ("a count",), ("a count", "a sum"), ("a count", "a sum"), ("a count",))
    layers = [
        made.conv(str(place), index=place, output_shape=(7, 7, place + 1), checks=compared(*each))
        for place, each in enumerate(ways)
    ]
    layers.append(made.conv("wrong", index=5, output_shape=(7, 7, 6), checks=compared("a count", observed=12)))
    layers.append(made.conv("wrong too", index=6, output_shape=(7, 7, 7), checks=compared("a count", observed=12)))
    layers.append(made.dense(index=7, checks=compared("a count")))
    found = content(*layers)
    said = [" ".join("; ".join(working.verdicts).split()) for working in found.on_paper]
    wrong = "✕ parameters 10 against a count: 12"
    told, told_with_a_sum = "✓ parameters 10: a count", "✓ parameters 10: a count, a sum"
    assert said == [told, "✓ parameters", told_with_a_sum, "✓ parameters", told, wrong, wrong, told]
    assert [working.checks for working in found.workings] == [layer.checks for layer in layers]


def test_a_number_is_said_once_with_all_that_it_agrees_with_and_a_disagreement_with_both() -> None:
    checks = (
        made.check("output shape", (2, 2, 1), (2, 2, 1), "Keras's own shape rule"),
        made.check("parameters", (10,), (12,)),
        made.check("output shape", (2, 2, 1), (2, 2, 1), "a count by hand"),
    )
    (working,) = content(made.conv(checks=checks), activations=None).workings
    assert [" ".join(each.split()) for each in working.verdicts] == [
        "✓ output shape 2 × 2 × 1: Keras's own shape rule, a count by hand",
        "✕ parameters 10 against the model's own count: 12",
    ]
