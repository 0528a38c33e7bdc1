"""One image on its way: what switching channels off in it does to its answer, beside the same computed by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest
from keras import layers

from reportgen.evidence.journey import JourneyResult, StageMaps
from reportgen.evidence.samples import Answer
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.probes import journey, pixels, predictions, samples, watching
from reportgen.probes.journey import affording, choosing, mapping
from reportgen.probes.journey.switching import Falls
from reportgen.records.stages import Stage, way
from tests import made, why_made
from tests.probes import subjects

Array = npt.NDArray[Any]
SIDE = 12


def noise(count: int = 16, channels: int = 3) -> Array:
    return np.random.default_rng(4).uniform(0, 1, (count, SIDE, SIDE, channels)).astype(np.float32)


def network(activation: str | None = "softmax", units: int = 3) -> Any:
    """Two stages, a global average and an answer, with weights drawn once."""
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((SIDE, SIDE, 3)),
            layers.Conv2D(9, 3, activation="relu", name="first"),
            layers.MaxPooling2D(2, name="pool"),
            layers.Conv2D(5, 3, activation="relu", name="second"),
            layers.GlobalAveragePooling2D(name="mean"),
            layers.Dense(
                units, activation=activation, kernel_initializer=keras.initializers.Orthogonal(9.0), name="answer"
            ),
        ]
    )


def prepared(model: Any, images: Array, labels: list[int] | None = None) -> Subject:
    """With all that the probe needs, on the first image."""
    plain, options = subjects.subject(model, subjects.data(images, labels)), make({"pick": "index:0"})
    earlier: dict[str, Any] = {}
    for name, probe in (("predictions", predictions), ("pixels", pixels), ("samples", samples), ("watching", watching)):
        earlier[name] = probe.run(replace(plain, earlier=earlier), options)
        plain = samples.leave(plain, earlier[name]) if probe is samples else plain
    return replace(plain, earlier=earlier)


def followed(subject: Subject) -> JourneyResult:
    found = journey.run(subject, make({}))
    assert found is not None
    return found


def by_hand(model: Any, image: Array, path: str, channel: int, mean: float) -> float:
    """The log-odds of the usual answer, less those with a channel at its mean."""
    names = [layer.name for layer in model.layers]
    values = image[None]
    usual = changed = None
    for name in names[: names.index(path) + 1]:
        values = np.asarray(model.get_layer(name)(values))
    switched = values.copy()
    switched[..., channel] = mean
    answers = []
    for each in (values, switched):
        for name in names[names.index(path) + 1 :]:
            each = np.asarray(model.get_layer(name)(each))
        answers.append(each[0].astype(np.float64))
    own = int(answers[0].argmax())
    usual, changed = (math.log(each[own]) - math.log(1 - each[own]) for each in answers)
    return usual - changed


@pytest.mark.keras
def test_falls_are_those_of_the_model_with_one_channel_at_its_mean() -> None:
    model, images = network(), noise()
    subject = prepared(model, images)
    found = followed(subject)
    assert [stage.path for stage in found.stages] == ["first", "pool", "second"]
    assert found.stages[1].how == "followed"
    watched = {call.path: call for call in subject.earlier["watching"].responses.calls}
    for stage in (found.stages[0], found.stages[2]):
        means = [each.mean for each in watched[stage.path].channels]
        every = [by_hand(model, images[0], stage.path, channel, mean) for channel, mean in enumerate(means)]
        assert (stage.how, stage.num_tried) == ("switched", len(every))
        assert [each.fall for each in stage.maps] == pytest.approx(sorted(every, reverse=True)[:7], abs=2e-3)
        assert all(
            each.carries == ((each.fall or 0.0) >= math.log(2)) for each in stage.maps if stage.framed == "halved"
        )


@pytest.mark.keras
def test_numbers_before_the_answer_and_its_probabilities_are_the_model_s_own() -> None:
    model, images = network(), noise()
    found = followed(prepared(model, images))
    assert found.numbers is not None
    assert (found.numbers.path, len(found.numbers.levels)) == ("mean", 5)
    assert 0 < len(found.numbers.speaking) <= 3
    expected = np.asarray(model(images[:1]))[0]
    assert [each.value for each in found.answers] == pytest.approx(expected.tolist(), abs=1e-5)


@pytest.mark.keras
def test_a_value_is_moved_either_way_and_nothing_is_framed() -> None:
    found = followed(prepared(network(None, 1), noise()))
    assert found.kind == "value"
    assert found.answers == ()
    falls = [each.fall for each in found.stages[0].maps if each.fall is not None]
    assert falls == sorted(falls, reverse=True)
    assert len(falls) == 7
    assert all(fall >= 0 for fall in falls)
    assert not any(each.carries for stage in found.stages for each in stage.maps)


@pytest.mark.keras
def test_a_picture_shaped_answer_leaves_the_strongest_responses() -> None:
    model = keras.Sequential([keras.Input((SIDE, SIDE, 3)), layers.Conv2D(4, 3, padding="same", name="only")])
    found = followed(prepared(model, noise()))
    assert [(stage.how, stage.framed) for stage in found.stages] == [("strongest", "")]
    assert found.kind == ""


def stage_of(path: str = "conv", **others: Any) -> Stage:
    (stage,) = way(made.model(made.conv(path, output_shape=(2, 2, 9), **others))).stages
    return stage


VOLUME = np.arange(36, dtype=np.float64).reshape(2, 2, 9)


def mapped(falls: list[float], *, is_switched: bool = True, are_odds: bool = True) -> StageMaps:
    return mapping.maps(stage_of(), VOLUME, Falls(np.array(falls), is_switched, are_odds), ())


LOG2 = math.log(2)


@pytest.mark.parametrize(
    ("falls", "framed", "carried"),
    [
        ([0, LOG2, 0.1, 0, 3, 0, 0, 0, 0], "halved", [4, 1]),
        ([0, 0.1, 0.2, 0, 0.3, 0, 0, 0, 0], "", []),
        ([9, 1, 1, 1, 1, 1, 1, 0, 0], "share", [0]),
        ([1, 1, 1, 1, 1, 1, 1, 0, 0], "share", [0, 1, 2, 3]),
    ],
    ids=["some", "none", "all, one makes half", "all alike"],
)
def test_framed_is_what_halves_the_odds_and_where_all_do_the_fewest_that_make_half(
    falls: list[float], framed: str, carried: list[int]
) -> None:
    found = mapped(falls)
    assert found.framed == framed
    assert [each.channel for each in found.maps if each.carries] == carried


def test_an_estimate_frames_the_fewest_that_make_half_and_a_value_none() -> None:
    assert mapped([4, 1, 1, 1, 0, 0, 0, 0, 0], is_switched=False).framed == "share"
    assert mapped([4, 1, 1, 1, 0, 0, 0, 0, 0], are_odds=False).framed == ""


def test_channels_that_were_not_tried_are_not_shown() -> None:
    found = mapped([0.1, np.nan, 0.2, *[np.nan] * 6])
    assert [each.channel for each in found.maps] == [2, 0]
    assert found.num_tried == 2


def test_maps_of_a_stage_have_one_scale_from_zero() -> None:
    volume = np.zeros((2, 2, 9))
    volume[..., 0], volume[0, 0, 1], volume[1, 1, 2] = 4.0, 8.0, -3.0
    found = mapping.maps(stage_of(), volume, Falls(np.array([3.0, 2, 1, *[0] * 6]), True, True), ())
    first, second, third = (each.response for each in found.maps[:3])
    assert found.top == 8.0
    assert first.tolist() == [[128, 128], [128, 128]]
    assert second.tolist() == [[255, 0], [0, 0]]
    assert third.tolist() == [[0, 0], [0, 0]]


def test_without_anything_known_the_strongest_are_shown() -> None:
    found = mapping.maps(stage_of(), VOLUME, None, ())
    assert (found.how, found.framed, [each.channel for each in found.maps]) == ("strongest", "", [8, 7, 6, 5, 4, 3, 2])


def test_pooling_shows_the_channels_of_the_stage_that_it_reads() -> None:
    model = made.model(made.conv(output_shape=(4, 4, 9)), made.pool(output_shape=(2, 2, 9)))
    first, second = way(model).stages
    before = mapping.maps(first, np.ones((4, 4, 9)), Falls(np.array([0, 0, 3.0, *[0] * 6]), True, True), ())
    found = mapping.maps(second, VOLUME, None, [before])
    assert (found.how, found.framed) == ("followed", "halved")
    assert [(each.channel, each.carries) for each in found.maps][:2] == [(2, True), (0, False)]


def test_budget_is_for_the_cheapest_stages_first_and_pays_for_no_fewer_than_are_shown() -> None:
    calls = (
        made.conv("dear", index=1, output_shape=(8, 8, 100), macs=0),
        made.layer("middle", index=2, output_shape=(4, 4, 100), macs=1000),
        made.layer("cheap", index=3, output_shape=(2, 2, 10), macs=9),
        made.dense(index=4, macs=1),
    )
    model = made.model(*calls)
    whole = affording.afford(model, way(model))
    assert [cost.channels for cost in whole] == [100, 100, 10]
    assert [cost.macs for cost in whole] == [100 * 1010, 100 * 10, 10 * 1]
    part = affording.afford(model, way(model), 12_020)
    assert [cost.channels for cost in part] == [(12_020 - 1010) // 1010 - affording.GRADIENT, 100, 10]
    assert sum(cost.macs for cost in part) <= 12_020
    assert affording.afford(model, way(model), 11_010)[0].channels == 0


def right(index: int, sure: float, *, correct: bool | None = True) -> Any:
    return made.sample(index, correct=correct, answers=(Answer(0, "cat", sure),))


def test_the_image_is_correct_supported_and_loses_most() -> None:
    outline = why_made.explanation().outline
    assert outline is not None
    why = why_made.why(
        why_made.explanation(1, outline=replace(outline, left=0.5)),
        why_made.explanation(2, outline=replace(outline, left=0.1)),
        why_made.explanation(3, outline=None),
        why_made.explanation(4, outline=replace(outline, left=0.0)),
    )
    images = (right(0, 0.99), right(1, 0.9), right(2, 0.8), right(3, 0.97), right(4, 0.99, correct=False))
    sample, reason = choosing.travelling(images, why)
    assert (sample.index, reason) == (2, "supported")


def test_else_it_is_the_surest_correct_one_or_the_surest() -> None:
    images = (right(0, 0.6), right(1, 0.9), right(2, 0.99, correct=False))
    sample, reason = choosing.travelling(images, None)
    assert (sample.index, reason) == (1, "surest")
    sample, reason = choosing.travelling([right(0, 0.6, correct=None), right(1, 0.9, correct=None)], None)
    assert (sample.index, reason) == (1, "surest")
    sample, reason = choosing.travelling([right(3, 0.6, correct=False), right(4, 0.9, correct=False)], None)
    assert (sample.index, reason) == (4, "surest")


@pytest.mark.keras
def test_without_labels_the_surest_and_the_least_sure_are_kept() -> None:
    subject = prepared(network(), noise())
    found, measures = choosing.extremes(subject, subject.earlier["predictions"])
    sure = subject.earlier["predictions"].kept.confidence
    assert [each.reason for each in found] == ["surest"] * 4 + ["least sure"] * 4
    assert measures[:4] == pytest.approx(sorted(sure, reverse=True)[:4])
    assert measures[4:] == pytest.approx(sorted(sure)[:4])


@pytest.mark.keras
def test_of_values_the_largest_errors_are_kept() -> None:
    images, model = noise(), network(None, 1)
    plain = subjects.subject(model, replace(subjects.data(images), targets=(("", np.arange(16.0)[:, None]),)))
    found = predictions.run(plain, make({}))
    assert found is not None
    assert found.errors is not None
    expected = np.abs(np.asarray(model(images))[:, 0] - np.arange(16.0))
    assert found.errors.spread == pytest.approx([*np.quantile(expected, (0.5, 0.95)), expected.max()], abs=1e-4)
    assert found.mean_error == pytest.approx(expected.mean(), abs=1e-4)
    records, measures = choosing.extremes(replace(plain, earlier={"predictions": found}), found)
    assert measures == pytest.approx(sorted(expected, reverse=True)[:8], abs=1e-4)
    assert [each.index for each in records] == np.argsort(-expected)[:8].tolist()


@pytest.mark.keras
def test_with_known_classes_no_extremes_are_kept() -> None:
    subject = prepared(network(), noise(), [0] * 16)
    assert choosing.extremes(subject, subject.earlier["predictions"]) == ((), ())
