"""The rules of evidence as properties of whole reports: what is not there is not claimed, what was planted is found.

The rules: no superlative without a test; every estimate with its number of images and its interval; what was selected
is measured again on other images; all that was looked at is counted; "none" needs a test that could have found one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen import registry
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.findings import families
from reportgen.options import make
from reportgen.progress import silent
from reportgen.sources.dataset import Dataset
from tests import channels_made, made
from tests.channels_made import BLUR, CHECK, CLASSES, COPY, VERTICAL
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.slow]
Images = npt.NDArray[np.float32]
PROBES = ("predictions", "samples", "activations", "performance", "edges", "watching", "ablation", "responses")


def untrained(seed: int) -> Any:
    """A network whose channels are exchangeable: nobody taught it anything."""
    layers = keras.layers
    keras.utils.set_random_seed(seed)
    return keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(8, 3, use_bias=False, name="first"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(6.0, name="relu6"),
            layers.DepthwiseConv2D(3, activation="relu", name="each"),
            layers.Conv2D(6, 1, activation="relu", name="mixed"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name=f"untrained_{seed}",
    )


def noise(seed: int, number: int = 90) -> tuple[Images, list[int]]:
    """Images with more or less in them, and labels that have nothing to do with them."""
    draw = np.random.default_rng(seed)
    bright = draw.uniform(0.3, 1.0, (number, 1, 1, 1))
    images = (bright * draw.uniform(size=(number, 12, 12, 1))).astype(np.float32)
    # A plain border, so that what it encloses is an object that channels may be said to follow.
    images[:, [0, -1]] = images[:, :, [0, -1]] = 0
    return images, draw.permutation(np.arange(number) % 3).tolist()


def looked_at(model: Any, dataset: Dataset, **choices: Any) -> Evidence:
    """What the probes see that something is claimed of."""
    options, asked = make(choices), subject(model, dataset, 0, 1)
    results: dict[str, Any] = {}
    for name in PROBES:
        results[name] = registry.load("probes", name).run(replace(asked, earlier=dict(results)), options, silent)
    known = {name: result for name, result in results.items() if name not in {"samples", "watching"}}
    return made.bare(model=asked.record, dataset=made.dataset(), findings=(), **known)


def claims(evidence: Evidence) -> list[str]:
    """What is said to be more than chance."""
    assert evidence.responses is not None
    assert evidence.edges is not None
    assert evidence.ablation is not None
    calls = evidence.responses.calls
    found = [f"{call.path}/{each.channel} speaks" for call in calls for each in call.channels if each.speaks]
    found += [f"{each.path}/{each.channel} is needed" for each in evidence.ablation.channels if each.needed]
    found += [f"{each.channel} prefers an orientation" for each in evidence.edges.tunings if each.prefers]
    found += [f"{call.path} follows the object" for call in grids(evidence) if call.follower is not None]
    found += [each.title for each in families.judge(evidence) if each.code == "RG312"]
    return found


def grids(evidence: Evidence) -> list[CallMaps]:
    """All that was compared with objects."""
    assert evidence.activations is not None
    assert evidence.activations.following.num_grids > 0
    return [call for sample in evidence.activations.samples for call in sample.calls]


@pytest.mark.parametrize(
    ("num_runs", "most"), [(6, 1), pytest.param(100, 5, marks=pytest.mark.exhaustive)], ids=["some", "all"]
)
def test_where_nothing_was_learnt_nothing_is_claimed(num_runs: int, most: int) -> None:
    """Networks that nobody taught, on labels that mean nothing: at least 95 of 100 reports make no claim."""
    said = [claims(looked_at(untrained(seed), data(*noise(seed)), seed=seed)) for seed in range(num_runs)]
    assert sum(map(bool, said)) <= most, [each for each in said if each]


def test_what_was_planted_is_claimed_and_right() -> None:
    """The detector of a class, channels that answers need, a copy that the answers do without."""
    images, labels = channels_made.pictures(240)
    evidence = looked_at(channels_made.faulty(), data(images, labels.tolist(), CLASSES))
    assert evidence.responses is not None
    assert evidence.ablation is not None
    (call,) = evidence.responses.calls
    assert [each.channel for each in call.channels if each.speaks] == [CHECK]
    assert {each.channel for each in evidence.ablation.channels if each.needed} == {CHECK, BLUR}
    (copy,) = evidence.ablation.copies
    assert (copy.channel, copy.origin, copy.num_replaced_changed) == (COPY, VERTICAL, 0)
    for each in evidence.ablation.channels:
        assert each.accuracy_interval is not None
        assert each.accuracy_interval[0] <= (each.accuracy_change or 0) <= each.accuracy_interval[1]
        assert each.confirmed or not each.needed


def test_what_selected_a_channel_is_not_what_it_is_reported_on() -> None:
    images, labels = noise(1)
    ablation = looked_at(untrained(1), data(images, labels)).ablation
    assert ablation is not None
    assert not set(ablation.screening.tolist()) & set(ablation.confirming.tolist())
    assert {each.num_images for each in ablation.channels if each.confirmed} <= {ablation.num_confirming}


@pytest.mark.parametrize("per_class", [1, 4])
def test_with_few_images_a_class_nothing_is_said_of_classes(per_class: int) -> None:
    images, _ = noise(2, 3 * per_class)
    responses = looked_at(untrained(2), data(images, list(range(3)) * per_class)).responses
    assert responses is not None
    assert "cannot be tested" in responses.untestable
    assert not any(each.speaks or each.chance for call in responses.calls for each in call.channels)


def turned_and_capped() -> Any:
    """Of four channels behind ReLU6 one sees light, one dark, one is always at its cap, one mostly above it."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(4, 1, use_bias=False, name="conv"),
            layers.BatchNormalization(epsilon=0.0, name="norm"),
            layers.ReLU(6.0, name="relu6"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="planted",
    )
    model.get_layer("conv").set_weights([np.ones((1, 1, 1, 4))])
    gamma, beta = np.array([1.0, -1.0, 0.0, 20.0]), np.array([0.0, 1.0, 8.0, 0.0])
    model.get_layer("norm").set_weights([gamma, beta, np.zeros(4), np.ones(4)])
    return model


def test_turned_and_capped_channels_are_shown_as_the_next_layer_gets_them() -> None:
    images, labels = noise(3)
    evidence = looked_at(turned_and_capped(), data(images, labels))
    assert evidence.responses is not None
    (call,) = evidence.responses.calls
    light, dark, full, over = call.channels
    assert (call.judged_at, call.capped) == ("relu6", True)
    assert (full.state, full.proven) == ("stuck", True)
    assert [each.state for each in (light, dark, over)] == ["", "", ""]
    # The channel that passes its cap on most images is ranked by what goes into the activation.
    assert over.num_at_maximum > 80
    assert over.patches[0].image == light.patches[0].image == int(images.max(axis=(1, 2, 3)).argmax())
    assert over.patches[0].value == pytest.approx(20 * images.max(), rel=1e-5)
    # Every image has a black border, to which the turned channel responds most, and all images alike.
    assert dark.maximum == pytest.approx(1.0)
    assert dark.num_at_maximum == len(images)
    first = grids(evidence)[0]
    one, other = (np.asarray(first.levels[channel], np.int64) for channel in (0, 1))
    assert np.abs(one + other - 255).max() <= 1
    assert set(first.levels[2].flat) == {128}
