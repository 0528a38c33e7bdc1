"""What a model loses without single channels, against models whose kernels were edited by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import pytest

from reportgen.evidence.ablation import AblationResult, ChannelAblation
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.probes import ablation, watching
from reportgen.probes.ablation import costs
from reportgen.probes.ablation.study import stratified
from tests.channels_made import BLUR, CHECK, CLASSES, COPY, VERTICAL, faulty, pictures
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
# Weights with which every channel shows in the answer.
LARGE = keras.initializers.RandomNormal(0, 3, seed=4)
Images = npt.NDArray[np.float32]


def ablate(model: Any, images: Any, labels: Any = None, budget: str = "auto", **others: Any) -> AblationResult:
    return ablated(subject(model, data(images, labels, CLASSES, **others)), budget)


def ablated(asked: Subject, budget: str = "auto") -> AblationResult:
    """What is found after a pass in which every channel was watched."""
    options = make({"ablation_budget": budget})
    asked = replace(asked, earlier={"watching": watching.run(asked, options)})
    found = ablation.run(asked, options)
    assert found is not None
    return found


def one(result: AblationResult, channel: int, path: str = "conv") -> ChannelAblation:
    return next(each for each in result.channels if (each.path, each.channel) == (path, channel))


def noise(*shape: int, seed: int = 0) -> Images:
    return np.random.default_rng(seed).uniform(0, 1, shape).astype(np.float32)


def outputs(model: Any, layer: str, images: Images) -> Images:
    """What comes out of a layer of a functional or Sequential model, by a model that Keras cuts there."""
    return np.asarray(keras.Model(model.inputs, model.get_layer(layer).output).predict(images, verbose=0))


def silence(model: Any, conv: str, channel: int, value: float) -> None:
    """Make a conv layer give one value in a channel, whatever it is shown: no kernel, and the value for a bias."""
    kernel, bias = model.get_layer(conv).get_weights()
    kernel[..., channel], bias[channel] = 0, value
    model.get_layer(conv).set_weights([kernel, bias])


def assert_as_edited(result: AblationResult, place: tuple[str, int], models: tuple[Any, Any], *known: Any) -> None:
    """Compare a change with the answers of a model that was edited by hand, counted one by one.

    Args:
        result: What was found.
        place: The channel that was switched off.
        models: The model as it was, and as it was edited.
        *known: All images, and their labels.
    """
    change = one(result, place[1], place[0])
    chosen = result.confirming if change.confirmed else result.screening
    images, labels = known[0][chosen], np.asarray(known[1])[chosen].tolist()
    assert change.num_images == len(images)
    before, after = (np.asarray(each.predict(images, verbose=0)) for each in models)
    right = [
        (int(a.argmax() == label), int(b.argmax() == label)) for a, b, label in zip(before, after, labels, strict=True)
    ]
    assert change.accuracy_change == pytest.approx(np.mean([b - a for a, b in right]), abs=1e-12)
    truth = [float(b[label] - a[label]) for a, b, label in zip(before, after, labels, strict=True)]
    assert change.probability_change == pytest.approx(np.mean(truth), abs=1e-5)
    logarithms = [float(np.log(b[label]) - np.log(a[label])) for a, b, label in zip(before, after, labels, strict=True)]
    assert change.log_probability_change == pytest.approx(np.mean(logarithms), rel=1e-4, abs=1e-4)
    half = 1.96 * np.std(logarithms, ddof=1) / np.sqrt(len(logarithms))
    low, high = change.log_probability_interval
    assert (low + high) / 2 == pytest.approx(np.mean(logarithms), rel=1e-4, abs=1e-4)
    assert (high - low) / 2 == pytest.approx(half, rel=1e-2, abs=1e-4)
    assert change.num_changed == sum(int(a.argmax() != b.argmax()) for a, b in zip(before, after, strict=True))


@cache
def of_faulty(separate: bool) -> tuple[Any, AblationResult]:
    """The network with known channels, and what it loses without each of them on 45 pictures."""
    model = faulty(separate=separate)
    return model, ablate(model, *pictures(45))


@pytest.mark.parametrize("channel", [VERTICAL, COPY, CHECK, BLUR])
def test_channel_is_switched_off_as_if_its_kernel_were_edited(channel: int) -> None:
    edited, images, labels = faulty(), *pictures(45)
    model, result = of_faulty(separate=False)
    silence(edited, "conv", channel, float(outputs(model, "conv", images)[..., channel].mean()))
    assert (result.num_screening, result.num_confirming, result.accuracy) == (23, 22, 1.0)
    assert sorted([*result.screening, *result.confirming]) == list(range(45))
    assert_as_edited(result, ("conv", channel), (model, edited), images, labels)


@pytest.mark.parametrize("channel", [VERTICAL, CHECK, BLUR])
def test_channel_with_a_separate_activation_is_switched_off_behind_it(channel: int) -> None:
    edited, images, labels = faulty(separate=True), *pictures(45)
    model, result = of_faulty(separate=True)
    mean = float(outputs(model, "relu", images)[..., channel].mean())
    scale, shift, *moving = edited.get_layer("norm").get_weights()
    scale[channel], shift[channel] = 0, mean
    edited.get_layer("norm").set_weights([scale, shift, *moving])
    assert_as_edited(result, ("conv", channel), (model, edited), images, labels)


def test_the_channels_that_the_answer_needs_are_said_to_be_needed_and_no_others() -> None:
    result = ablate(faulty(), *pictures(120))
    assert {each.channel for each in result.channels} == {VERTICAL, COPY, CHECK, BLUR}
    assert {each.channel for each in result.channels if each.needed} == {CHECK, BLUR}
    for channel, name in ((CHECK, CLASSES[2]), (BLUR, CLASSES[1])):
        found = one(result, channel)
        assert (found.class_hit, found.class_hit_change) == (name, -1.0)
        assert found.confirmed
        assert (found.p_value or 1) < 0.01
    assert one(result, VERTICAL).accuracy_change == one(result, COPY).accuracy_change == 0
    assert (result.num_channels, result.notes, result.missing) == (6, (), "")
    (copy,) = result.copies
    assert (copy.channel, copy.origin, copy.num_replaced_changed, copy.num_both_changed) == (COPY, VERTICAL, 0, 0)


def test_copy_that_is_needed_is_seen_where_both_are_switched_off() -> None:
    """The detector of one class and its copy: each by itself loses nothing, as the other is there still."""
    model = faulty()
    kernel, bias = model.get_layer("conv").get_weights()
    kernel[..., COPY], bias[COPY] = 2 * kernel[..., CHECK], 2 * bias[CHECK]
    model.get_layer("conv").set_weights([kernel, bias])
    head, *rest = model.layers[-1].get_weights()
    head[COPY] = head[CHECK] / 2
    model.layers[-1].set_weights([head, *rest])
    images, labels = pictures(120)
    result = ablate(model, images, labels)
    (copy,) = result.copies
    assert (copy.channel, copy.origin, copy.num_replaced_changed) == (max(COPY, CHECK), min(COPY, CHECK), 0)
    assert copy.num_both_changed == int((np.asarray(labels)[result.screening] == 2).sum())
    assert copy.both_accuracy_interval is not None
    assert copy.both_accuracy_interval[1] < 0


def test_images_are_drawn_at_random_and_each_class_by_its_share() -> None:
    labels = np.repeat([0, 1, 2], [60, 30, 10])
    order = stratified(labels, 100, np.random.default_rng(0))
    assert sorted(order) == list(range(100))
    for start in range(0, 100, 20):
        assert np.bincount(labels[order[start : start + 20]], minlength=3) == pytest.approx([12, 6, 2], abs=2)
    assert (order != stratified(labels, 100, np.random.default_rng(1))).any()
    assert sorted(stratified(None, 5, np.random.default_rng(0))) == list(range(5))


def residual() -> Any:
    """A functional model in which something leads around the second conv layer, and from there to the third."""
    keras.utils.set_random_seed(3)
    layers = keras.layers
    start = keras.Input((8, 8, 1), name="image")
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first")(start)
    second = layers.Conv2D(4, 3, padding="same", name="second")(first)
    joined = layers.ReLU(name="joined")(layers.Add(name="sum")([first, second]))
    third = layers.Conv2D(5, 3, activation="tanh", name="third")(joined)
    pooled = layers.GlobalMaxPooling2D(name="highest")(third)
    scores = layers.Dense(3, name="scores", kernel_initializer=LARGE)(pooled)
    return keras.Model(start, layers.Softmax(name="answer")(scores), name="residual")


@cache
def of_residual() -> tuple[Any, npt.NDArray[np.int64], AblationResult]:
    """That network, labels for 70 images of noise, and what it loses without each channel on these."""
    model = residual()
    labels = model.predict(noise(70, 8, 8, 1, seed=1), verbose=0).argmax(axis=1)
    return model, labels, ablate(model, noise(70, 8, 8, 1), labels)


@cache
def unlabelled() -> AblationResult:
    """What the same network loses on 20 images of noise without labels."""
    return ablate(residual(), noise(20, 8, 8, 1))


@pytest.mark.parametrize(("conv", "channel"), [("first", 1), ("second", 2), ("third", 4)])
def test_what_leads_around_a_layer_is_kept(conv: str, channel: int) -> None:
    edited, images = residual(), noise(70, 8, 8, 1)
    model, labels, result = of_residual()
    mean = float(outputs(model, conv, images)[..., channel].mean(dtype=np.float64))
    silence(edited, conv, channel, float(np.arctanh(mean)) if conv == "third" else mean)
    assert_as_edited(result, (conv, channel), (model, edited), images, labels)


def test_inside_of_a_nested_model_is_reached() -> None:
    start = keras.Input((8, 8, 1), name="outside")
    nested = keras.Model(start, residual()(start), name="nested")
    plain, deep = unlabelled(), ablate(nested, noise(20, 8, 8, 1))
    assert [each.path for each in deep.channels] == [f"residual/{each.path}" for each in plain.channels]
    changes = [each.probability_change for each in plain.channels]
    assert np.abs(changes).max() > 0.01
    assert [each.probability_change for each in deep.channels] == pytest.approx(changes, abs=1e-6)


class Own(keras.Model):  # type: ignore[misc]
    """The same layers, called by code of its own."""

    def __init__(self) -> None:
        super().__init__(name="own")
        self.twin = residual()

    def call(self, image: Any) -> Any:
        layer = self.twin.get_layer
        first = layer("first")(image)
        joined = keras.ops.relu(first + layer("second")(first))
        return keras.ops.softmax(layer("scores")(keras.ops.max(layer("third")(joined), axis=(1, 2))))


def test_subclassed_model_is_cut_like_any_other() -> None:
    model = Own()
    images = noise(20, 8, 8, 1)
    model(images)
    found = {
        (each.path.split("/")[-1], each.channel): each.probability_change for each in ablate(model, images).channels
    }
    plain = unlabelled().channels
    assert found == {(each.path, each.channel): pytest.approx(each.probability_change, abs=1e-6) for each in plain}


class Careful(Own):
    """A model that looks at its numbers while it answers, which no graph can do."""

    def call(self, image: Any) -> Any:
        answer = super().call(image)
        if float(np.asarray(answer).sum()) < 0:
            raise ValueError("no probabilities")
        return answer


def test_model_that_cannot_be_traced_is_called_as_a_whole() -> None:
    model, plain = Careful(), Own()
    images = noise(40, 8, 8, 1)
    labels = [0, 1, 2, 0] * 10
    model(images)
    plain(images)
    found, expected = ablate(model, images, labels), ablate(plain, images, labels)
    assert [each.path for each in found.channels] == [each.path for each in expected.channels]
    for ours, theirs in zip(found.channels, expected.channels, strict=True):
        assert ours.probability_change == pytest.approx(theirs.probability_change, abs=1e-6)
        assert (ours.accuracy_change, ours.num_changed) == (theirs.accuracy_change, theirs.num_changed)
    assert "computed as a whole for every channel" in found.notes[-1]
    assert expected.notes == ()


def test_each_call_of_a_shared_layer_is_switched_off_by_itself() -> None:
    keras.utils.set_random_seed(5)
    layers = keras.layers
    left, right = keras.Input((6, 6, 1), name="left"), keras.Input((6, 6, 1), name="right")
    conv = layers.Conv2D(2, 3, name="conv")
    pooled = layers.Concatenate(name="both")([layers.GlobalMaxPooling2D()(conv(side)) for side in (left, right)])
    scores = layers.Dense(3, activation="softmax", name="scores", kernel_initializer=LARGE)(pooled)
    model = keras.Model([left, right], scores, name="pair")
    images = noise(24, 6, 6, 1)
    # The further input gets nothing but zeros, so that the second call gives one value whatever the images are.
    others = data(np.zeros((24, 6, 6, 1)))
    whole = replace(data(images), main="left", further=(("right", others),))
    both = subject(model, whole)
    result = ablated(both)
    # The call that sees zeros alone has nothing to be switched off.
    looks = next(call.path for call in both.record.layers if call.inputs == ("",))
    assert [(each.path, each.channel) for each in result.channels] == [(looks, 0), (looks, 1)]
    assert min(abs(each.probability_change) for each in result.channels) > 1e-4


def test_steps_of_a_sequence_are_all_switched_off() -> None:
    keras.utils.set_random_seed(7)
    layers = keras.layers
    conv = layers.Conv2D(3, 3, activation="relu", name="conv")
    model = keras.Sequential(
        [
            keras.Input((4, 6, 6, 1), name="film"),
            layers.TimeDistributed(conv, name="steps"),
            layers.GlobalAveragePooling3D(name="mean"),
            layers.Dense(3, activation="softmax", name="scores"),
        ],
        name="film",
    )
    films = noise(10, 4, 6, 6, 1)
    labels = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]
    edited = keras.models.clone_model(model)
    edited.set_weights(model.get_weights())
    mean = float(outputs(model, "steps", films)[..., 1].mean())
    kernel, bias = edited.get_layer("steps").get_weights()
    kernel[..., 1], bias[1] = 0, mean
    edited.get_layer("steps").set_weights([kernel, bias])
    assert_as_edited(ablate(model, films, labels), ("steps/conv", 1), (model, edited), films, labels)


def test_channels_first_is_the_same_as_channels_last() -> None:
    last, images = residual(), noise(20, 8, 8, 1)
    start = keras.Input((1, 8, 8), name="image")
    layers = keras.layers
    first = layers.Conv2D(4, 3, padding="same", activation="relu", name="first", data_format="channels_first")(start)
    pooled = layers.GlobalMaxPooling2D(name="highest", data_format="channels_first")(first)
    model = keras.Model(
        start, layers.Dense(3, activation="softmax", name="scores", kernel_initializer=LARGE)(pooled), name="first"
    )
    kernel, bias = last.get_layer("first").get_weights()
    model.get_layer("first").set_weights([kernel, bias])
    twin_start = keras.Input((8, 8, 1), name="image")
    twin_pooled = layers.GlobalMaxPooling2D(name="highest")(last.get_layer("first")(twin_start))
    twin = keras.Model(twin_start, model.get_layer("scores")(twin_pooled), name="twin")
    with runnable(model):
        found = ablate(model, np.moveaxis(images, -1, 1))
    changes = [each.probability_change for each in ablate(twin, images).channels]
    assert np.abs(changes).max() > 1e-4
    assert [each.probability_change for each in found.channels] == pytest.approx(changes, abs=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("way", ["traced", "called", "activation layer"])
def test_channel_that_is_no_number_before_its_activation_is_not_switched_off(way: str, value: float) -> None:
    def relu(values: Any) -> Any:
        return keras.ops.where(values > 0, keras.ops.minimum(values, 6), keras.ops.zeros_like(values))

    class Looking(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        """Cannot be traced: it looks at the numbers."""

        def call(self, inputs: Any) -> Any:
            assert np.isfinite(float(keras.ops.max(inputs)))
            return inputs

        def compute_output_spec(self, inputs: Any) -> Any:
            return keras.KerasTensor(inputs.shape, inputs.dtype)

    made = faulty(separate=way == "activation layer")
    kernel, bias = made.get_layer("conv").get_weights()
    bias[2] = value
    made.get_layer("conv").set_weights([kernel, bias])
    start = keras.Input(made.input_shape[1:], name="image")
    last = start
    for layer in [*([Looking(name="looking")] if way == "called" else []), *made.layers]:
        last = (keras.layers.Activation(relu, name="relu") if layer.name == "relu" else layer)(last)
    model = keras.Model(start, last)
    if way != "activation layer":
        model.get_layer("conv").activation = relu
    images, labels = pictures(12)
    result = ablate(model, images, labels)
    assert np.isfinite(np.asarray(model(images))).all()
    assert [each.channel for each in result.channels] == [VERTICAL, COPY, CHECK, BLUR]
    assert "1\xa0channel holds NaN or infinity, so there is no mean to set it to." in result.notes


def test_without_labels_the_class_answered_counts_as_the_truth() -> None:
    images, labels = pictures(90)
    known, unknown = ablate(faulty(), images, labels), ablate(faulty(), images)
    # It knows every picture's class.
    assert known.accuracy == 1
    assert unknown.accuracy is None
    assert unknown.probability == pytest.approx(known.probability)
    assert {each.channel for each in unknown.channels} == {each.channel for each in known.channels}
    for without in unknown.channels:
        assert (without.accuracy_change, without.accuracy_interval, without.class_hit) == (None, None, None)
    assert {each.channel for each in unknown.channels if each.needed} == {CHECK, BLUR}


def test_small_budget_pays_for_the_channels_that_vary_most() -> None:
    images, labels = pictures(40)
    # A bit over a half is for switching off, and the first pass over 16 images is for all channels.
    least = ablate(faulty(), images, labels, budget="29")
    assert least.channels == ()
    assert "29 forward passes is too small for a single channel on 16 images" in least.missing
    some = ablate(wider(20), images, labels, budget="30")
    assert (some.budget, some.num_ordering, some.num_screening, some.estimates) == ("30 forward passes", 0, 16, ())
    assert 0 < len(some.channels) < 20
    deviations = outputs(wider(20), "conv", images).std(axis=(0, 1, 2))
    assert {each.channel for each in some.channels} == set(np.argsort(-deviations)[: len(some.channels)].tolist())
    assert f"{20 - len(some.channels)}\xa0channels are beyond the budget and not switched off." in some.notes


def test_larger_budget_pays_for_the_channels_that_move_the_answers_most() -> None:
    keras.utils.set_random_seed(11)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((16, 16, 1), name="image"),
            layers.Conv2D(20, 3, activation="relu", name="conv"),
            layers.Conv2D(8, 3, activation="relu", name="dear"),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    some = ablate(model, *pictures(40), budget="430")
    assert (some.num_ordering, some.num_screening) == (16, 20)
    moves = {path: np.array(each) for path, each in some.estimates}
    seen = [each.channel for each in some.channels if each.path == "conv"]
    assert 0 < len(seen) < 20
    assert set(seen) == set(np.argsort(-moves["conv"])[: len(seen)].tolist())


def test_gradient_moves_the_log_odds_as_far_as_switching_off_does_where_all_is_linear() -> None:
    layers = keras.layers
    keras.utils.set_random_seed(2)
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="image"),
            layers.Conv2D(4, 3, name="conv"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(1, activation="sigmoid", kernel_initializer=LARGE),
        ]
    )
    images = noise(40, 6, 6, 1)
    labels = np.arange(40) % 2
    result = ablate(model, images, labels.tolist())
    maps, (weights, _) = outputs(model, "conv", images).mean(axis=(1, 2)), model.layers[-1].get_weights()
    ordering = result.screening[: result.num_ordering]
    moved = (maps - maps.mean(axis=0))[ordering] * weights[:, 0]
    expected = np.sqrt((moved**2).mean(axis=0))
    assert dict(result.estimates)["conv"] == pytest.approx(expected, rel=1e-3)


def wider(channels: int) -> Any:
    keras.utils.set_random_seed(11)
    layers = keras.layers
    conv = layers.Conv2D(channels, 3, padding="same", activation="relu", name="conv")
    head = layers.Dense(3, activation="softmax", name="scores")
    return keras.Sequential([keras.Input((16, 16, 1), name="image"), conv, layers.GlobalMaxPooling2D(), head])


def test_budget_in_seconds_is_said_as_it_was_given() -> None:
    result = ablate(faulty(), *pictures(20), budget="600s")
    assert (result.budget, len(result.channels)) == ("600 s", 4)


class Ticks:
    """A clock on which one second passes whenever it is read."""

    def __init__(self) -> None:
        self.seconds = 0

    def __call__(self) -> float:
        self.seconds += 1
        return float(self.seconds)


@pytest.mark.parametrize("seconds", [8, 12, 20, 40, 80])
def test_budget_in_seconds_is_kept_whatever_was_expected(monkeypatch: pytest.MonkeyPatch, seconds: int) -> None:
    clock = Ticks()
    monkeypatch.setattr(costs, "_clock", clock)
    start = keras.Input(batch_shape=(32, 16, 16, 1), name="at_once")
    plain = wider(3)
    images, labels = pictures(140)
    result = ablate(keras.Model(start, plain(start)), images, labels, budget=f"{seconds}s")
    # It is read once more after a step is over, and after the last batch of each of the steps that follow.
    assert clock.seconds <= seconds + 6
    assert result.channels or "too small for a single channel" in result.missing
    assert len(result.channels) <= 3
    if seconds >= 40:
        assert {each.channel for each in result.channels} == {0, 1, 2}
        assert result.num_screening == 70


def test_values_have_no_accuracy_to_lose() -> None:
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6, 6, 1), name="image"), layers.Conv2D(2, 3, name="conv"), layers.Flatten(), layers.Dense(1)]
    )
    result = ablate(model, noise(5, 6, 6, 1))
    assert "does not predict one class for each sample" in result.missing
    assert (result.channels, result.num_channels) == ((), 2)


def test_where_no_channel_responds_none_can_be_switched_off() -> None:
    model = faulty()
    kernel, _ = model.get_layer("conv").get_weights()
    model.get_layer("conv").set_weights([0 * kernel, np.full(6, -1.0)])
    result = ablate(model, *pictures(12))
    assert (result.channels, result.missing) == ((), "No channel responds to anything, so none can be switched off.")


def test_without_data_there_is_nothing() -> None:
    assert ablation.run(subject(faulty()), make({})) is None


def test_model_is_left_as_it_was() -> None:
    model = faulty(separate=True)
    before, calls = model.get_weights(), [vars(layer).get("call") for layer in model.layers]
    ablate(model, *pictures(12))
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))
    assert [vars(layer).get("call") for layer in model.layers] == calls


def test_answers_to_several_classes_at_once_are_right_where_all_are() -> None:
    layers = keras.layers
    start = keras.Input((6, 6, 2), name="image")
    maps = layers.Conv2D(2, 1, activation="relu", name="conv")(start)
    scores = layers.Dense(2, activation="sigmoid", name="scores")(layers.GlobalMaxPooling2D(name="highest")(maps))
    model = keras.Model(start, scores, name="several")
    model.get_layer("conv").set_weights([np.eye(2)[None, None], np.zeros(2)])
    model.get_layer("scores").set_weights([np.eye(2) * 20, np.full(2, -10.0)])
    # A class is present where its colour is: one pixel in 36, so that its mean stands for "not there".
    truth = np.array([[1, 1], [1, 0], [0, 1], [0, 0]] * 4)
    images = np.zeros((16, 6, 6, 2))
    images[:, 2, 3] = truth
    whole = replace(data(images, class_names=("red", "blue")), targets=(("scores", truth.astype(np.float64)),))
    result = ablated(subject(model, whole))
    assert result.accuracy == 1.0
    red, blue = result.channels
    for place, each in enumerate((red, blue)):
        here = truth[result.confirming if each.confirmed else result.screening]
        # Without its channel every red image is taken for one without red.
        present = int(here[:, place].sum())
        assert (each.accuracy_change, each.num_changed) == (-present / len(here), present)
        sure, lost = 1 / (1 + np.exp(-10)), 1 / (1 + np.exp(10 - 20 * 0.5 / 36))
        # Of the answers about red, those that it is there lose, and the others lose a little; those about blue stay.
        expected = ((lost - sure) * present + ((1 - lost) - sure) * (len(here) - present)) / (2 * len(here))
        assert each.probability_change == pytest.approx(expected, abs=1e-6)


def test_output_that_a_layer_does_not_reach_loses_nothing() -> None:
    layers = keras.layers
    start = keras.Input((8, 8, 1), name="image")
    seen = layers.GlobalMaxPooling2D(name="top")(layers.Conv2D(2, 3, name="near")(start))
    aside = layers.GlobalMaxPooling2D(name="other")(layers.Conv2D(2, 3, name="aside")(start))
    heads = [layers.Dense(3, activation="softmax", name="kind", kernel_initializer=LARGE)(seen), layers.Dense(1)(aside)]
    result = ablate(keras.Model(start, heads, name="heads"), noise(9, 8, 8, 1), [0, 1, 2] * 3)
    changes = {(each.path, each.channel): each.probability_change for each in result.channels}
    assert (changes["aside", 0], changes["aside", 1]) == (0, 0)
    assert abs(changes["near", 0]) > 1e-4
    assert abs(changes["near", 1]) > 1e-4


def test_model_with_a_batch_size_of_its_own_is_asked_about_every_image() -> None:
    free = residual()
    start = keras.Input(batch_shape=(4, 8, 8, 1), name="four")
    images = noise(10, 8, 8, 1)
    found, plain = ablate(keras.Model(start, free(start), name="fixed"), images), ablate(free, images)
    assert found.num_screening + found.num_confirming == 10
    changes = [each.probability_change for each in plain.channels]
    assert [each.probability_change for each in found.channels] == pytest.approx(changes, abs=1e-6)
