"""Tests, intervals and corrections: against counting, against published figures, and how often they err."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from reportgen.evidence.inference import (
    LEVEL,
    discovered,
    fisher,
    holm,
    mcnemar,
    mean_interval,
    most_missed,
    paired_difference,
    sign_flips,
)
from reportgen.evidence.responses import Thresholds
from reportgen.options import Options


@pytest.mark.parametrize(("gained", "lost", "expected"), [(0, 0, 1.0), (8, 0, 2 / 256), (1, 5, 14 / 64), (3, 3, 1.0)])
def test_mcnemar_is_the_toss_of_a_coin(gained: int, lost: int, expected: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(expected)
    assert mcnemar(lost, gained) == mcnemar(gained, lost)


def test_mcnemar_agrees_with_counting_all_outcomes() -> None:
    # Of the 2^9 ways that 9 coins can fall, those at least as uneven as 2 to 7.
    uneven = sum(min(bin(ways).count("1"), 9 - bin(ways).count("1")) <= 2 for ways in range(2**9))
    assert mcnemar(2, 7) == uneven / 2**9


def test_fisher_counts_all_groups() -> None:
    # Of eight images four are mistakes; every group of three.
    groups = list(itertools.combinations(range(8), 3))
    for part in range(4):
        counted = sum(sum(image < 4 for image in group) >= part for group in groups)
        assert fisher(part, 3, 4, 8) == pytest.approx(counted / len(groups))
    assert fisher(0, 5, 3, 5) == 1.0


def test_holm_stops_at_the_first_that_does_not_stand() -> None:
    # Holm 1979: p-values times 4, 3, 2, 1 in their order, none below the one before.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx((0.03, 0.06, 0.06, 0.02))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_no_false_claim_in_most_runs_where_nothing_is_true() -> None:
    draw = np.random.default_rng(0)
    rows = draw.uniform(size=(2000, 20))
    assert np.mean([min(holm(row.tolist())) <= 0.05 for row in rows]) == pytest.approx(0.05, abs=0.015)
    assert np.mean([discovered(row, 0.05).any() for row in rows]) == pytest.approx(0.05, abs=0.015)


@pytest.mark.parametrize(("share", "change"), [(0.05, 0.0), (0.1, -0.04), (0.3, 0.1), (0.02, -0.02)])
def test_paired_interval_holds_the_truth_as_often_as_it_says(share: float, change: float) -> None:
    """Of `share` of the images the rightness changes; 95 % is meant, Agresti and Min's is a little wider."""
    draw = np.random.default_rng(1)
    chances = [(share + change) / 2, (share - change) / 2, 1 - share]
    held = 0
    for gained, lost, _ in draw.multinomial(300, chances, 1000):
        low, high = paired_difference(int(gained), int(lost), 300)
        held += low <= change <= high
    assert 930 <= held <= 995


def test_interval_of_a_mean_holds_it_and_one_value_has_none() -> None:
    draw = np.random.default_rng(2)
    held = sum(low <= 0 <= high for low, high in (mean_interval(draw.normal(size=200)) for _ in range(500)))
    assert 460 <= held <= 490
    assert mean_interval(np.array([3.0])) == (-np.inf, np.inf)


def test_flipped_signs_find_a_shift_and_are_fair_without_one() -> None:
    draw = np.random.default_rng(3)
    fair = [sign_flips(draw.normal(size=40), 199, draw) for _ in range(300)]
    assert 5 <= sum(p <= 0.05 for p in fair) <= 27
    assert sign_flips(draw.normal(1, 1, 40), 199, draw) == 1 / 200
    assert sign_flips(np.zeros(5), 199, draw) == 1.0
    assert sign_flips(np.zeros(0), 199, draw) == 1.0


def test_channels_speak_for_a_class_at_the_level_of_all_other_claims() -> None:
    assert Options().class_level == Thresholds().level == LEVEL


@pytest.mark.parametrize("number", [1, 3, 40, 1000])
def test_what_is_never_seen_may_be_missed_in_one_of_twenty_cases(number: int) -> None:
    assert (1 - most_missed(number)) ** number == pytest.approx(0.05)
    assert most_missed(number) < most_missed(number - 1) <= 1
