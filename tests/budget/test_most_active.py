"""Which channels are the most active, and what is left of a call that is cut short."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.budget.most_active import limited, most_active
from reportgen.evidence.activations import CallMaps, Closest
from reportgen.findings import explanations
from tests import made


def call(*moments: tuple[float, float], follower: int | None = None) -> CallMaps:
    """Maps whose one level is their channel, with these means and deviations."""
    numbers = tuple(
        made.numbers(channel, mean=mean, deviation=deviation) for channel, (mean, deviation) in enumerate(moments)
    )
    levels = np.arange(len(moments), dtype=np.uint8)[:, None, None].repeat(3, 1).repeat(3, 2)
    closest = None if follower is None else Closest(follower, 0.8, 0.4, 0.6, 0.01, follows=True)
    return CallMaps("conv", levels, numbers, closest, "conv")


def test_order_is_that_of_the_root_mean_square_of_the_values() -> None:
    values = np.random.default_rng(0).normal(np.linspace(-2, 1, 7), np.linspace(0.1, 3, 7), (500, 7))
    slow = [float(np.sqrt(np.mean(values[:, channel] ** 2))) for channel in range(7)]
    moments = [(float(values[:, channel].mean()), float(values[:, channel].std())) for channel in range(7)]
    expected = sorted(range(7), key=lambda channel: -slow[channel])
    assert most_active(call(*moments).channels, 7) == tuple(expected)
    assert most_active(call(*moments).channels, 3) == tuple(expected[:3])


def test_of_equals_the_lower_number_comes_first() -> None:
    assert most_active(call((1, 0), (-1, 0), (0, 1), (2, 0)).channels, 3) == (3, 0, 1)


@pytest.mark.parametrize(("follower", "expected"), [(3, (0, 1, 3)), (1, (0, 1, 2)), (None, (0, 1, 2))])
def test_channel_that_follows_the_object_is_always_shown(follower: int | None, expected: tuple[int, ...]) -> None:
    assert most_active(call((4, 0), (3, 0), (2, 0), (1, 0)).channels, 3, follower) == expected


def test_limited_maps_are_those_of_the_channels_shown_and_all_numbers_stay() -> None:
    maps = limited(call((1, 0), (3, 0), (2, 0), (4, 0)), 3)
    assert maps.shown == maps.cut_to == (3, 1, 2)
    assert maps.levels[:, 0, 0].tolist() == [3, 1, 2]
    assert len(maps.channels) == 4
    assert maps.levels.base is None, "a view would keep the memory of all maps"
    twice = limited(maps, 2)
    assert (twice.shown, twice.levels[:, 0, 0].tolist()) == ((3, 1), [3, 1])


def test_enough_room_changes_nothing() -> None:
    maps = call((1, 0), (3, 0))
    assert limited(maps, 2) is maps
    assert maps.shown == (0, 1)


def test_finding_counts_what_is_left_out_and_names_the_layers() -> None:
    whole = call((1, 0), (3, 0), (2, 0))
    result = made.activations(whole, limited(whole, 1))
    (found,) = explanations.judge(made.bare(activations=result))
    assert found.code == "RG501"
    assert found.severity == "note"
    assert found.title == "4 of 6 activation maps are shown, to keep the page within 25\u202fMB."
    assert found.detail.startswith("1\xa0grid of 2 was shortened")
    assert list(explanations.judge(made.bare(activations=made.activations(whole)))) == []
    assert list(explanations.judge(made.bare())) == []
