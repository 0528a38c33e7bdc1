"""Networks of the kinds that people have: what a report says of them on some images holds on images it never saw."""

from __future__ import annotations

from collections.abc import Callable
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
from reportgen.options import make
from reportgen.progress import silent
from reportgen.records import places
from tests.evidence import networks
from tests.probes.subjects import subject

pytestmark = [pytest.mark.keras, pytest.mark.slow]

KINDS = [networks.mobile, networks.residual]


def ablated(model: Any, chosen: npt.NDArray[np.int64], seed: int) -> AblationResult:
    """What a report says of the channels of a model on some of the digits."""
    found: dict[str, Any] = {}
    for name in ("watching", "ablation"):
        asked = subject(model, networks.part(chosen))
        asked = type(asked)(asked.model, asked.record, asked.dataset, asked.samples, dict(found))
        found[name] = registry.load("probes", name).run(asked, make({"seed": seed}), silent)
    result = found["ablation"]
    assert isinstance(result, AblationResult)
    return result


@cache
def accuracy_without(build: Callable[[], Any], path: str, channel: int) -> float:
    """Accuracy on all held-out digits with a channel at its mean over them less that with all, by code of its own."""
    model = build()
    record = inspect(model, None)
    call = next(each for each in record.layers if each.path == path)
    place = places.judged_at(record, call).path
    images, labels = networks.held_out()
    means: list[float] = []

    def note(call: Call) -> None:
        if call.path == place:
            means.append(float(np.asarray(call.output)[..., channel].mean(dtype=np.float64)))

    def without(call: Call) -> Instead | None:
        if call.path != place:
            return None
        values = np.array(call.output)
        values[..., channel] = means[0]
        return Instead(keras.ops.convert_to_tensor(values))

    with watch(model, note):
        whole = np.asarray(model(images)).argmax(axis=1) == labels
    with watch(model, without):
        less = np.asarray(model(images)).argmax(axis=1) == labels
    return float(less.mean() - whole.mean())


def most_needed(result: AblationResult) -> ChannelAblation:
    """The channel that was found to cost most, on images that did not pick it."""
    return min((each for each in result.channels if each.confirmed), key=lambda each: each.accuracy_change or 0.0)


ALL_SPLITS = [pytest.param(build, 20, 18, marks=pytest.mark.exhaustive) for build in KINDS]


@pytest.mark.parametrize(("build", "num_splits", "least"), [(networks.mobile, 4, 3), *ALL_SPLITS])
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
