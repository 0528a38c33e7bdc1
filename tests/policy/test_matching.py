"""Partners among the channels of two models, and how alike two layers are, by slower and plainer ways."""

from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.document.likeness import MatchedLayer
from reportgen.policy.matching import MOST_DRAWN, assignment, correlations, matched, similarity

DRAWN = np.random.default_rng(5)
OLD = DRAWN.gamma(0.4, size=(300, 12)) @ DRAWN.normal(size=(12, 12))
OTHER = DRAWN.normal(size=(300, 12))


def layer(old: npt.ArrayLike, new: npt.ArrayLike, untrained: npt.ArrayLike = OTHER) -> MatchedLayer:
    found = matched(("before", "now"), *(np.array(each, float) for each in (old, new, untrained)))
    assert found is not None
    return found


@pytest.mark.parametrize("shape", [(5, 5), (4, 6), (6, 4), (1, 3), (3, 1), (1, 1)])
@pytest.mark.parametrize("seed", range(4))
def test_no_other_choice_of_partners_is_worth_more(shape: tuple[int, int], seed: int) -> None:
    worth = np.random.default_rng(seed).integers(-5, 6, shape) / 5
    rows, columns = shape
    small, large = min(shape), max(shape)
    turned = worth if rows <= columns else worth.T
    best = max(sum(turned[i, j] for i, j in enumerate(each)) for each in permutations(range(large), small))
    found = assignment(worth)
    taken = found[found >= 0]
    assert len(taken) == len(set(taken.tolist())) == small
    assert worth[found >= 0, taken].sum() == pytest.approx(best)


def test_partners_of_many_channels_are_found() -> None:
    order = np.random.default_rng(0).permutation(300)
    worth = np.random.default_rng(1).uniform(0, 0.5, (300, 300))
    worth[np.arange(300), order] = 0.9
    assert assignment(worth).tolist() == order.tolist()


def test_correlations_are_those_of_numpy() -> None:
    expected = np.corrcoef(OLD, OTHER, rowvar=False)[:12, 12:]
    assert correlations(OLD, OTHER) == pytest.approx(expected, abs=1e-12)


def test_a_channel_that_is_constant_correlates_with_none() -> None:
    constant = OLD.copy()
    constant[:, 3] = 1e6 + 0.1
    assert (correlations(OLD, constant)[:, 3] == 0).all()


def slow_similarity(old: npt.NDArray[np.float64], new: npt.NDArray[np.float64]) -> float:
    """Equation 5 of Song and others, with the matrices of all pairs of places."""
    places = len(old)

    def dependence(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
        first, second = one @ one.T, other @ other.T
        np.fill_diagonal(first, 0)
        np.fill_diagonal(second, 0)
        mixed = first.sum() * second.sum() / (places - 1) / (places - 2)
        return float(np.trace(first @ second) + mixed - 2 / (places - 2) * (first @ second).sum())

    old, new = old - old.mean(axis=0), new - new.mean(axis=0)
    return dependence(old, new) / math.sqrt(dependence(old, old) * dependence(new, new))


def test_similarity_is_that_of_all_pairs_of_places() -> None:
    mixed = OLD[:, :5] + OTHER[:, :5]
    assert similarity(OLD, mixed) == pytest.approx(slow_similarity(OLD, mixed), abs=1e-9)


def test_similarity_knows_no_turn_and_no_scale_and_few_places_do_not_raise_it() -> None:
    turn, _ = np.linalg.qr(OTHER[:12])
    assert similarity(OLD, 1e-4 * OLD @ turn + 7) == pytest.approx(1, abs=1e-9)
    # Of 20 places and 100 channels each the plain estimate is 0.8 for what has nothing to do with each other.
    draws = np.random.default_rng(2)
    found = [similarity(*draws.normal(size=(2, 20, 100))) or 0.0 for _ in range(50)]
    assert abs(float(np.mean(found))) < 0.05
    assert similarity(OLD, np.ones((300, 4))) is None


def test_a_model_has_all_its_own_channels_as_partners() -> None:
    found = layer(OLD, OLD)
    assert (found.matched, found.at_their_number) == (12, 12)
    assert (found.correlation, found.same_number, found.similarity) == pytest.approx((1, 1, 1))
    assert found.correlation_untrained < 0.3
    assert (found.similarity_untrained or 0) < 0.1


def test_channels_in_another_order_are_all_found() -> None:
    order = np.random.default_rng(3).permutation(12)
    found = layer(OLD, OLD[:, order])
    assert found.correlations == pytest.approx([1] * 12)
    assert found.similarity == pytest.approx(1)
    assert found.at_their_number == int((order == np.arange(12)).sum())
    assert found.same_number is not None
    assert found.same_number < 0.7


def test_channels_that_went_or_came_leave_the_others_their_partners() -> None:
    fewer = layer(OLD, OLD[:, 2:])
    assert (fewer.old_channels, fewer.channels, fewer.matched) == (12, 10, 10)
    assert (fewer.at_their_number, fewer.same_number) == (None, None)
    assert fewer.correlation == pytest.approx(1)
    more = layer(OLD, np.concatenate([OTHER[:, :3], OLD], axis=1))
    assert more.matched == 12
    assert more.correlations[0] == pytest.approx(1)


def test_a_channel_that_died_has_a_partner_like_it_no_more() -> None:
    died = OLD.copy()
    died[:, 4] = 0
    assert layer(OLD, died).correlations[0] < 0.9
    # One that was dead before has nothing to be matched by.
    assert layer(died, OLD).matched == 11


def test_what_is_no_number_counts_as_nothing() -> None:
    broken = OLD.copy()
    broken[:, 2], broken[5, 3] = np.nan, np.inf
    assert np.isfinite(layer(OLD, broken).correlations).all()
    assert np.isfinite(layer(broken, OLD).similarity or np.nan)


def test_what_says_nothing_is_left_out() -> None:
    assert matched(("a", "b"), np.ones((9, 2)), OTHER[:9], OTHER[:9]) is None
    assert matched(("a", "b"), OLD[:3], OLD[:3], OTHER[:3]) is None


def test_few_correlations_stand_for_very_many_channels() -> None:
    many = np.random.default_rng(4).normal(size=(60, 200))
    found = layer(many, many + np.random.default_rng(5).normal(size=(60, 200)), many[:, ::-1])
    assert len(found.correlations) == MOST_DRAWN
    assert list(found.correlations) == sorted(found.correlations)
    assert found.correlations[MOST_DRAWN // 2] == pytest.approx(found.correlation, abs=0.02)
