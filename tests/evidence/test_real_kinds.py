"""Networks of the kinds that people have: what a report says of them on some images holds on images it never saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen import registry
from reportgen.evidence.ablation import AblationResult, ChannelAblation
from reportgen.models.hooks import Call, Instead, watch
from reportgen.models.inspection import inspect
from reportgen.models.shuffling import shuffling
from reportgen.options import make
from reportgen.progress import silent
from reportgen.records import places
from tests.evidence import networks
from tests.probes.subjects import subject

pytestmark = [pytest.mark.keras, pytest.mark.slow]

KINDS = [networks.mobile, networks.residual]


def probed(model: Any, chosen: npt.NDArray[np.int64], seed: int, names: tuple[str, ...]) -> dict[str, Any]:
    """What some probes see of a model on some of the digits, two of them as samples."""
    found: dict[str, Any] = {}
    asked = subject(model, networks.part(chosen), 0, 1)
    for name in names:
        asked = replace(asked, earlier=dict(found))
        found[name] = registry.load("probes", name).run(asked, make({"seed": seed}), silent)
    return found


def ablated(model: Any, chosen: npt.NDArray[np.int64], seed: int) -> AblationResult:
    """What a report says of the channels of a model on some of the digits."""
    result = probed(model, chosen, seed, ("watching", "ablation"))["ablation"]
    assert isinstance(result, AblationResult)
    return result


@cache
def as_it_is(build: Callable[[], Any], place: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The mean of every channel of a call over all held-out digits, and of which digits the answer is right."""
    images, labels = networks.held_out()
    means: list[npt.NDArray[np.float64]] = []

    def note(call: Call) -> None:
        if call.path == place:
            means.append(np.asarray(call.output).mean(axis=(0, 1, 2), dtype=np.float64))

    with watch(build(), note):
        right = np.asarray(build()(images)).argmax(axis=1) == labels
    return means[0], right


@cache
def accuracy_without(build: Callable[[], Any], path: str, channel: int) -> float:
    """Accuracy on all held-out digits with a channel at its mean over them less that with all, by code of its own."""
    model = build()
    record = inspect(model, None)
    call = next(each for each in record.layers if each.path == path)
    place = places.judged_at(record, call).path
    images, labels = networks.held_out()
    means, whole = as_it_is(build, place)

    def without(call: Call) -> Instead | None:
        if call.path != place:
            return None
        values = np.array(call.output)
        values[..., channel] = means[channel]
        return Instead(keras.ops.convert_to_tensor(values))

    with watch(model, without):
        less = np.asarray(model(images)).argmax(axis=1) == labels
    return float(less.mean() - whole.mean())


def most_needed(result: AblationResult) -> ChannelAblation:
    """The channel that was found to cost most, on images that did not pick it."""
    return min((each for each in result.channels if each.confirmed), key=lambda each: each.accuracy_change or 0.0)


ALL_SPLITS = [pytest.param(build, 20, 18, marks=pytest.mark.exhaustive) for build in KINDS]


@pytest.mark.parametrize(("build", "num_splits", "least"), [(networks.mobile, 1, 1), *ALL_SPLITS])
def test_interval_of_a_loss_holds_the_loss_on_all_images(build: Callable[[], Any], num_splits: int, least: int) -> None:
    """Of the channel that a report on 300 digits finds the most needed, in at least 18 of 20 splits."""
    held = []
    for seed in range(num_splits):
        chosen = np.sort(np.random.default_rng(seed).choice(1000, 300, replace=False))
        worst = most_needed(ablated(build(), chosen, seed))
        low, high = worst.accuracy_interval or (0.0, 0.0)
        held.append(low <= accuracy_without(build, worst.path, worst.channel) <= high)
    assert sum(held) >= least, held


@pytest.mark.parametrize("build", KINDS)
def test_channel_that_is_called_needed_is_needed_on_other_images(build: Callable[[], Any]) -> None:
    chosen = np.arange(0, 1000, 2)
    result = ablated(build(), chosen, 0)
    needed = [each for each in result.channels if each.needed]
    assert needed
    for each in needed:
        assert accuracy_without(build, each.path, each.channel) < 0
        assert each.num_images == result.num_confirming


@pytest.mark.parametrize(
    "seeds", [range(1), pytest.param(range(1, 21), marks=pytest.mark.exhaustive)], ids=["one", "twenty"]
)
def test_network_whose_weights_were_shuffled_needs_nothing_and_follows_nothing(seeds: range) -> None:
    """What training left is gone, and with it every claim of what the network does; the labels are the true ones."""
    claimed = 0
    for seed in seeds:
        model = networks.mobile()
        with shuffling(model, np.random.default_rng(seed)) as shuffle:
            shuffle()
            chosen = np.sort(np.random.default_rng(seed).choice(1000, 200, replace=False))
            results = probed(model, chosen, seed, ("predictions", "samples", "activations", "watching", "ablation"))
        claimed += any(each.needed for each in results["ablation"].channels)
        claimed += any(call.follower is not None for sample in results["activations"].samples for call in sample.calls)
        assert results["activations"].following.num_grids > 0
    assert claimed <= len(seeds) // 20
