"""What was not checked: a line for everything that is missing, and none for what is there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reportgen.evidence import Evidence
from reportgen.records.data import Reason
from reportgen.sections.provenance.unchecked import Unchecked, unchecked
from tests import made


def lines(evidence: Evidence) -> dict[str, str]:
    return {plain(each.what): plain(each.why) for each in unchecked(evidence) if not each.ever}


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


FIELDS = "Receptive fields and jumps"


def test_a_whole_report_leaves_out_only_what_follows_by_formula() -> None:
    evidence = made.evidence()
    assert evidence.ablation is not None
    ablation = replace(evidence.ablation, num_channels=len(evidence.ablation.channels))
    assert set(lines(replace(evidence, ablation=ablation))) == {FIELDS}


def test_what_no_report_checks_is_told_last_and_as_such() -> None:
    for evidence in (made.evidence(), made.bare()):
        ever = [each.ever for each in unchecked(evidence)]
        assert ever == sorted(ever)
        said = " ".join(each.what + each.why for each in unchecked(evidence) if each.ever)
        for word in ("group", "adversarial", "other data", "labels"):
            assert word in said


UNKNOWN = made.model(made.conv(), made.layer("own", "Own", macs=None, has_formula=False))
LIMITED = replace(made.responses(), num_images=4, num_available=10)
UNTESTABLE = replace(made.responses(), untestable="there are too few.", num_permutations=0)


@pytest.mark.parametrize(
    ("others", "what", "why"),
    [
        (
            {"dataset": None},
            "Accuracy, channels and all else that is seen in the answers to data",
            "No images were given.",
        ),
        (
            {"dataset": made.dataset(has_labels=False)},
            "Accuracy, confusions and calibration",
            "The data have no labels that are used.",
        ),
        (
            {"dataset": made.dataset(has_labels=False), "pixels": made.pixels()},
            "Calibration",
            "It is not measured for outputs that are pictures.",
        ),
        (
            {"dataset": made.dataset(has_labels=False, unmatched="The labels are of another task.")},
            "Accuracy, confusions and calibration",
            "The labels are of another task.",
        ),
        (
            {"dataset": made.dataset(broken_reasons=(Reason("is empty", 2), Reason("is no picture", 1)))},
            "3 images of the data",
            "They cannot be used: is empty (2); is no picture (1).",
        ),
        ({"dataset": made.dataset(broken_reasons=(Reason("is empty", 1),))}, "1 image of the data", "It is empty."),
        (
            {"responses": LIMITED},
            "What channels do on 6 other images",
            "They were watched on 4 drawn at random (--limit): a channel that fires on fewer than 3 in 4 may"
            " not be seen to fire.",
        ),
        (
            {"ablation": made.ablation(made.ablated(0), num_channels=12, budget="60 s")},
            "Whether 11 channels are needed",
            "1 were switched off, within 60 s: those that move the predictions most.",
        ),
        ({"ablation": made.ablation(missing="It takes too long.")}, "Which channels are needed", "It takes too long."),
        (
            {"responses": UNTESTABLE},
            "Whether there is a channel that speaks for one class",
            "There are too few.",
        ),
        (
            {"model": UNKNOWN},
            "The numbers of 1 layer: own",
            "There is no formula for them. Only the model's own numbers are known there, and no multiply-adds.",
        ),
        (
            {"chapters": ("summary", "provenance")},
            "What these chapters say: “Is it good enough?”, ",
            "Left out when the report was made (--section, --skip-section).",
        ),
    ],
)
def test_what_is_missing_has_a_line_with_its_reason(others: dict[str, Any], what: str, why: str) -> None:
    found = lines(made.bare(findings=(), **{"dataset": made.dataset(), **others}))
    assert [each for said, each in found.items() if said.startswith(what)] == [why]
    whole = lines(made.bare(findings=(), dataset=made.dataset()))
    assert not any(said.startswith(what) for said in whole)


def test_what_could_not_be_tested_is_named_with_the_article_that_fits() -> None:
    scaling = replace(made.scaling(made.scaled(), made.scaled("none")), num_flips=0)
    found = lines(made.bare(findings=(), dataset=made.dataset(), scaling=scaling, responses=UNTESTABLE))
    assert any(said.startswith("Whether there is another scaling of the pixels") for said in found), found
    assert any(said.startswith("Whether there is a channel") for said in found), found


def test_channels_that_have_one_value_need_not_be_switched_off() -> None:
    responses = made.responses(made.call("conv", made.channel(0), made.dead(1), made.dead(2, state="stuck")))
    for num_channels, there in ((3, False), (4, True)):
        ablation = made.ablation(made.ablated(0), num_channels=num_channels)
        found = lines(made.bare(findings=(), dataset=made.dataset(), responses=responses, ablation=ablation))
        assert ("Whether 1 channel is needed" in found) == there


def test_lines_are_short() -> None:
    for each in unchecked(made.bare(dataset=None)):
        assert isinstance(each, Unchecked)
        assert len(each.what) < 120
        assert each.why.endswith((".", ")."))
