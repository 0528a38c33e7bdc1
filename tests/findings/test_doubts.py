"""Doubts about a scaling: each is raised by what it is made for, and by nothing less."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.evidence.scaling import ScaledAnswers
from reportgen.findings.doubts import doubts
from reportgen.records.data import Doubt
from tests import made

# Ten classes: guessing is right in 10 of 100 images, at a mean probability of 0.1.
RIGHT = made.scaled("1/255", gained=5, lost=5, p_value=1.0)
LARGE = made.scaled("none", high=255.0, saturated=0.99, confidence=0.99, gained=5, lost=5, p_value=1.0)
FAINT = made.scaled("1/255", right=10, confidence=0.5, spread=0.01, saturated=0.0, commonest=1.0, num_answered=1)
UNSURE = replace(FAINT, right=70, confidence=0.11, commonest=0.15, num_answered=10)
FULL = replace(LARGE, saturated=0.3, confidence=0.9)
BETTER = replace(FULL, right=18, gained=11, lost=3, gain=0.1, p_value=0.057)


def unlabelled(way: ScaledAnswers) -> ScaledAnswers:
    return replace(way, right=None, gained=None, lost=None, p_value=None)


def others(used: ScaledAnswers, *rest: ScaledAnswers, num_images: int = 100) -> list[str]:
    """The ways that are named in doubts about the first one."""
    return [doubt.other for doubt in doubts(replace(made.scaling(used, *rest), num_images=num_images))]


@pytest.mark.parametrize(
    ("gained", "lost", "p_value", "expected"),
    [(20, 2, 0.0001, ["-1..1"]), (2, 20, 0.0001, []), (5, 5, 1.0, []), (9, 3, 0.15, []), (20, 2, 0.01, [])],
)
def test_truer_answers_than_chance_allows_are_a_doubt(
    gained: int, lost: int, p_value: float, expected: list[str]
) -> None:
    gain, interval = (gained - lost) / 100, ((gained - lost) / 100 - 0.02, (gained - lost) / 100 + 0.02)
    tested = {"gained": gained, "lost": lost, "gain": gain, "gain_interval": interval, "p_value": p_value}
    other = made.scaled("-1..1", low=-1.0, right=90 + gained - lost, **tested)
    assert others(RIGHT, other) == expected


def test_more_probable_answers_of_which_fewer_are_right_are_no_doubt() -> None:
    tested = {"gained": 2, "lost": 6, "gain": 0.2, "gain_interval": (0.1, 0.3), "p_value": 0.0005}
    assert others(RIGHT, made.scaled("-1..1", low=-1.0, right=86, **tested)) == []


def test_the_doubt_tells_its_figures() -> None:
    tested = {"gained": 11, "lost": 1, "gain": 0.1, "gain_interval": (0.06, 0.14), "p_value": 0.0005}
    other = made.scaled("-1..1", low=-1.0, right=93, **tested)
    (doubt,) = doubts(made.scaling(replace(RIGHT, right=83), other))
    assert doubt.why.replace("\xa0", " ") == (
        "Of 100 images, 83 are classified correctly with the scaling in use (1/255) and 93 with -1..1; 11 only with "
        "the latter, 1 only with the former. With the latter, the true class is 1.11 times as probable (geometric "
        "mean, each at its best temperature; 95 % interval 1.06 to 1.15; p\u202f≤\u202f0.0005 by paired sign flips, "
        "corrected for 1 other scaling)."
    )


@pytest.mark.parametrize(
    ("used", "other", "expected"),
    [
        (LARGE, RIGHT, ["1/255"]),
        (unlabelled(LARGE), unlabelled(RIGHT), ["1/255"]),
        # The right one may be saturated in most answers too.
        (replace(LARGE, saturated=1.0), replace(RIGHT, saturated=0.8), ["1/255"]),
        (replace(LARGE, saturated=1.0), replace(RIGHT, saturated=0.95), []),
        (replace(LARGE, saturated=0.6), RIGHT, []),
        # What becomes a guess when it is divided by 255 was no larger than it had to be.
        (LARGE, replace(RIGHT, confidence=0.12), []),
        (LARGE, replace(RIGHT, commonest=1.0), []),
        # More contrast, not less, is no remedy for saturation.
        (replace(RIGHT, saturated=0.99), made.scaled("-1..1", low=-1.0), []),
        (LARGE, replace(RIGHT, gained=0, lost=30, gain=-0.3, p_value=1e-9), []),
    ],
)
def test_saturated_answers_are_a_doubt_where_smaller_values_are_sure_and_not_saturated(
    used: ScaledAnswers, other: ScaledAnswers, expected: list[str]
) -> None:
    assert others(used, other) == expected


@pytest.mark.parametrize(
    ("used", "other", "expected"),
    [
        (unlabelled(FAINT), unlabelled(FULL), ["none"]),
        (unlabelled(UNSURE), unlabelled(FULL), ["none"]),
        (FAINT, BETTER, ["none"]),
        (UNSURE, FULL, ["none"]),
        # One class only: these images may well be of one class.
        (unlabelled(replace(FAINT, spread=0.2)), unlabelled(FULL), []),
        (unlabelled(replace(FAINT, confidence=0.95)), unlabelled(FULL), []),
        (unlabelled(replace(UNSURE, confidence=0.3)), unlabelled(FULL), []),
        (replace(UNSURE, confidence=0.3), FULL, []),
        # An untrained network answers as badly either way.
        (FAINT, replace(FULL, right=10), []),
        (replace(UNSURE, right=12), FULL, []),
        (UNSURE, replace(FULL, commonest=0.9), []),
        (FAINT, replace(BETTER, confidence=0.2), []),
        (FAINT, replace(BETTER, high=2.0), []),
    ],
)
def test_faint_answers_are_a_doubt_where_larger_values_give_several_and_are_sure(
    used: ScaledAnswers, other: ScaledAnswers, expected: list[str]
) -> None:
    assert others(used, other) == expected


def test_few_images_without_a_difference_in_right_answers_are_no_reason() -> None:
    assert others(unlabelled(LARGE), unlabelled(RIGHT), num_images=9) == []
    assert others(unlabelled(FAINT), unlabelled(FULL), num_images=9) == []


def test_the_one_to_compare_with_is_right_and_not_doubtful_itself() -> None:
    used = made.scaled("-1..1", low=-1.0, right=50)
    large, right = (
        replace(way, right=number, gained=42, lost=0, gain=0.8, gain_interval=(0.7, 0.9), p_value=1e-9)
        for way, number in ((LARGE, 92), (RIGHT, 91))
    )
    assert others(used, large, right) == ["1/255"]
    assert others(used, large, replace(right, right=70)) == ["none"]


SAID = (Doubt("none", "It rescales itself."), Doubt("", "The values are odd."))


def test_what_was_said_before_stands_unless_labels_show_otherwise() -> None:
    assert doubts(None, SAID) == SAID
    assert doubts(made.scaling(RIGHT, replace(FULL, p_value=0.5, gained=3, lost=5)), SAID) == SAID
    refuted = replace(FULL, p_value=1e-9, gained=0, lost=30, gain=-0.3)
    assert doubts(made.scaling(RIGHT, refuted), SAID) == SAID[1:]
    assert doubts(made.scaling(RIGHT, unlabelled(FULL)), SAID) == SAID


def test_what_labels_refute_is_dropped_also_beside_what_was_measured() -> None:
    refuted = made.scaled("-1..1", low=-1.0, gained=0, lost=30, gain=-0.3, p_value=1e-9)
    said = (Doubt("-1..1", "It was so before."), *SAID)
    assert [doubt.other for doubt in doubts(made.scaling(LARGE, RIGHT, refuted), said)] == ["1/255", "none", ""]


def test_one_way_is_named_once() -> None:
    said = (Doubt("1/255", "It was so before."),)
    assert len(doubts(made.scaling(LARGE, RIGHT), said)) == 1
