"""What every channel does over a data set, against slow loops, and on models of every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.responses import MOST_CLASS_MEANS, MOST_SHOWN, CallResponses, Patch, ResponsesResult
from reportgen.models.compiling import runnable
from reportgen.models.convnet import convnet
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.probes import watching
from reportgen.probes.activations import drawing
from reportgen.probes.responses import run
from reportgen.probes.watching.collecting import MOST_PLACES, chosen
from reportgen.probes.watching.labelled import classes
from reportgen.sources import digits
from reportgen.sources.dataset import Dataset
from tests import channels_made, made
from tests.channels_made import BLUR, CHECK, CLASSES, COPY, DEAD, STUCK, VERTICAL
from tests.models import toys
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
layers = keras.layers


def watched_and_shown(asked: Subject, **choices: Any) -> ResponsesResult | None:
    """What every channel did, with the patches of those that are shown."""
    options = make(choices)
    earlier = {"watching": watching.run(asked, options), **asked.earlier}
    return run(replace(asked, earlier=earlier), options)


def watched(model: Any, dataset: Dataset, **choices: Any) -> ResponsesResult:
    result = watched_and_shown(subject(model, dataset), **choices)
    assert result is not None
    return result


def made_data(number: int = 60) -> Dataset:
    images, labels = channels_made.pictures(number)
    return data(images, labels.tolist(), CLASSES)


def maps_of(model: Any, name: str, images: Any) -> Any:
    inner = keras.Model(model.inputs, model.get_layer(name).output)
    return np.asarray(inner(keras.tree.pack_sequence_as(inner.input, [images])), np.float64)


def check_by_loops(call: CallResponses, maps: Any, labels: Any, num_classes: int) -> None:
    """Compare the numbers of a call with those of all values, maps being (images, …, channels)."""
    above = np.maximum(maps, 0).reshape(len(maps), -1, maps.shape[-1]).mean(axis=1)
    per_layer = [sum(row) / len(row) for row in above]
    for found in call.channels:
        own = maps[..., found.channel].reshape(len(maps), -1)
        values = np.sort(own.ravel())
        mean = values.sum() / len(values)
        assert found.count == len(values)
        assert found.mean == pytest.approx(mean, abs=1e-5)
        assert found.deviation == pytest.approx((((values - mean) ** 2).sum() / len(values)) ** 0.5, rel=1e-4)
        assert found.minimum == pytest.approx(values[0], abs=1e-5)
        assert found.maximum == pytest.approx(values[-1], abs=1e-5)
        # The last bit of a sum decides whether a few values are above zero.
        assert found.positive_share == pytest.approx((values > 0).sum() / len(values), abs=1e-4)
        assert found.firing_share == sum(max(image) > 0 for image in own) / len(own)
        levels = [image[image > 0].sum() / len(image) / whole for image, whole in zip(own, per_layer, strict=True)]
        means = [
            np.mean([level for level, label in zip(levels, labels, strict=True) if label == k])
            for k in range(num_classes)
        ]
        assert found.class_means == pytest.approx(means, rel=1e-4, abs=1e-5)
        others = (sum(means) - max(means)) / (num_classes - 1)
        if max(means) > 0:
            assert found.selectivity == pytest.approx((max(means) - others) / (max(means) + others), abs=1e-4)
            assert found.favourite == int(np.argmax(means))
        for share, quantile in zip(call.quantile_shares, found.quantiles, strict=True):
            least = (values < quantile - 1e-5).sum() / len(values)
            most = (values <= quantile + 1e-5).sum() / len(values)
            assert least - call.quantile_error <= share <= most + call.quantile_error


def check_patches(call: CallResponses, maps: Any, images: Any, field: int) -> None:
    """Compare the patches with a search through all places, for convolutions without padding and strides."""
    for found in call.channels:
        own = maps[..., found.channel]
        highest = [float(image.max()) for image in own]
        order = sorted(range(len(own)), key=lambda image: -highest[image])
        expected = [image for image in order[:9] if highest[image] > own.min()]
        assert [patch.value for patch in found.patches] == pytest.approx(
            [highest[image] for image in expected], abs=1e-5
        )
        assert len({patch.image for patch in found.patches}) == len(found.patches)
        for patch in found.patches:
            row, column = patch.position
            assert own[patch.image][patch.position] == pytest.approx(own[patch.image].max(), abs=1e-5)
            assert patch.box == (row, column, row + field, column + field)
            expected_picture = np.rint(images[patch.image, row : row + field, column : column + field, 0] * 255)
            np.testing.assert_array_equal(patch.picture, expected_picture)
            assert patch.inside == (0, 0, field, field)


@pytest.mark.slow
@pytest.mark.parametrize("number", [250, pytest.param(1000, marks=pytest.mark.exhaustive)])
def test_numbers_of_the_default_network_are_those_of_slow_loops_over_held_back_digits(number: int) -> None:
    keras.utils.set_random_seed(4)
    model, source = convnet(), digits.held_out_set()
    chosen = range(0, source.size, source.size // number)
    images = (source.read(chosen) / 255).astype(np.float32)[..., None]
    assert source.labels is not None
    labels = source.labels[list(chosen)]
    result = watched(model, data(images, labels.tolist()))
    assert (result.num_images, result.num_available, result.class_counts) == (number, number, (number // 10,) * 10)
    first, second = result.calls
    maps = maps_of(model, "input_layer", images)
    check_by_loops(first, maps, labels, 10)
    check_patches(first, maps, images, 3)
    check_patches(second, maps_of(model, "conv_1", images), images, 5)


def test_numbers_of_a_small_network_are_those_of_slow_loops() -> None:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((9, 8, 1)),
            layers.Conv2D(3, 3, name="first"),
            layers.Conv2D(4, 2, activation="tanh", name="second"),
            layers.GlobalMaxPooling2D(),
        ]
    )
    images = np.random.default_rng(0).uniform(size=(70, 9, 8, 1)).astype(np.float32)
    labels = np.arange(70) % 4
    result = watched(model, data(images, labels.tolist()))
    for call, field in zip(result.calls, (3, 4), strict=True):
        maps = maps_of(model, call.path, images)
        check_by_loops(call, maps, labels, 4)
        check_patches(call, maps, images, field)
        assert call.quantile_error == (0.0 if maps[..., 0].size <= MOST_PLACES else pytest.approx(0.0212, abs=1e-3))


@pytest.mark.parametrize("separate", [False, True], ids=["fused activation", "activation layer"])
def test_every_fault_of_a_network_made_with_faults_is_found(separate: bool) -> None:
    result = watched(channels_made.faulty(separate=separate), made_data())
    (call,) = result.calls
    assert (call.path, call.rectified) == ("conv", True)
    assert (call.judged_at, call.through) == (("relu", ("norm", "relu")) if separate else ("conv", ()))
    assert {each.channel: each.state for each in call.channels if each.state} == {DEAD: "dead", STUCK: "stuck"}
    assert {each.channel: each.copy_of for each in call.channels if each.copy_of is not None} == {COPY: VERTICAL}
    assert [each.channel for each in call.channels if each.speaks] == [CHECK]
    speaker = call.channels[CHECK]
    assert speaker.favourite is not None
    assert result.classes[speaker.favourite] == "check"
    assert {patch.label for patch in speaker.patches} == {"check"}
    assert call.channels[DEAD].patches == call.channels[STUCK].patches == ()
    assert call.channels[BLUR].state == ""


def test_network_without_faults_gets_no_such_finding() -> None:
    (call,) = watched(channels_made.healthy(), made_data()).calls
    assert {each.state for each in call.channels} == {""}
    assert {each.copy_of for each in call.channels} == {None}
    assert not any(each.speaks for each in call.channels)


def test_thresholds_are_the_options() -> None:
    choices = {"nearly_dead": 0.5, "copy_correlation": 0.3, "class_level": 0.2, "class_selectivity": 0.0}
    result = watched(channels_made.faulty(), made_data(), **choices)
    thresholds = result.thresholds
    assert [thresholds.nearly_dead, thresholds.copy, thresholds.level, thresholds.selectivity] == list(choices.values())
    (call,) = result.calls
    # It fires for one class of three; means and edges go together a little; and any preference will do.
    assert call.channels[CHECK].state == "nearly dead"
    assert sum(each.speaks for each in call.channels) > 1
    assert result.num_permutations == 49


def test_labels_that_mean_nothing_make_no_channel_speak() -> None:
    images, labels = channels_made.pictures(60)
    for seed in range(5):
        mixed = np.random.default_rng(seed).permutation(labels)
        (call,) = watched(channels_made.faulty(), data(images, mixed.tolist(), CLASSES)).calls
        assert not any(each.speaks for each in call.channels)


def test_data_without_labels_give_all_but_the_classes() -> None:
    images, labels = channels_made.pictures(30)
    bare, labelled = (watched(channels_made.faulty(), data(images, y)) for y in (None, labels.tolist()))
    assert (bare.classes, bare.num_permutations, labelled.unlabelled) == ((), 0, "")
    assert "no classes" in bare.unlabelled
    for one, other in zip(bare.calls[0].channels, labelled.calls[0].channels, strict=True):
        assert (one.class_means, one.selectivity, one.favourite, one.chance, one.speaks) == (
            (),
            None,
            None,
            None,
            False,
        )
        assert (one.mean, one.state, one.copy_of, one.quantiles) == (
            other.mean,
            other.state,
            other.copy_of,
            other.quantiles,
        )
        assert [patch.image for patch in one.patches] == [patch.image for patch in other.patches]
        assert {patch.label for patch in one.patches} <= {None}


def test_whole_numbers_that_a_model_answers_with_as_values_are_no_classes() -> None:
    model = keras.Sequential(
        [keras.Input((16, 16, 1)), layers.Conv2D(2, 3, name="conv"), layers.GlobalMaxPooling2D(), layers.Dense(1)]
    )
    images, _ = channels_made.pictures(6)
    result = watched(model, data(images, [3, 5, 8, 3, 5, 8]))
    assert (result.classes, "not classes" in result.unlabelled) == ((), True)


def test_classes_of_the_only_output_with_labels_have_their_names() -> None:
    labels = np.array([0, 1, 1, 0])
    plain = replace(data(np.zeros((4, 2, 2, 1), np.float32)), class_names=("different", "alike"))
    one = replace(plain, head_labels=(("alike", labels),))
    two = replace(plain, head_labels=(("alike", labels), ("larger", labels)))
    found = [classes(made.model(), dataset, np.arange(4), 1) for dataset in (one, two)]
    assert [each.names for each in found] == [("different", "alike"), ("0", "1")]
    assert [each.label(1) for each in found] == ["alike", "1"]


def test_means_of_many_classes_are_kept_for_telling_channels_or_not_at_all() -> None:
    images = np.random.default_rng(0).uniform(size=(700, 2, 2, 1)).astype(np.float32)
    for num_classes, expected in ((300, 600), (350, 512), (700, 0)):
        keras.utils.set_random_seed(0)
        model = keras.Sequential([keras.Input((2, 2, 1)), layers.Conv2D(600, 1, name="conv"), layers.Flatten()])
        (call,) = watched(model, data(images, (np.arange(700) % num_classes).tolist())).calls
        lengths = [len(each.class_means) for each in call.channels]
        assert sorted(set(lengths)) == sorted({num_classes if expected else 0, 0 if expected < 600 else num_classes})
        assert sum(map(bool, lengths)) == expected
        assert expected * num_classes <= MOST_CLASS_MEANS
        assert sum(bool(each.patches) for each in call.channels) <= MOST_SHOWN
        assert {each.channel for each in call.channels if each.patches} <= set(call.shown)
        if expected == 512:
            assert {each.channel for each in call.channels if each.class_means} == set(call.shown)


def test_channels_are_shown_by_what_the_probes_before_found() -> None:
    plain = subject(channels_made.faulty(), made_data())
    lost = made.ablation(made.ablated(BLUR))
    for earlier, expected in (({}, (CHECK, COPY, VERTICAL, BLUR)), ({"ablation": lost}, (CHECK, BLUR, COPY, VERTICAL))):
        result = watched_and_shown(replace(plain, earlier=earlier))
        assert result is not None
        (call,) = result.calls
        # What speaks; what is needed; what is amiss; and by how selective they are. What is dead or stuck is not shown.
        assert call.shown == expected
        assert {each.channel for each in call.channels if each.patches} == set(expected)


def test_channel_whose_strongest_images_are_of_one_kind_is_shown_before_the_most_selective() -> None:
    labels = [place // 3 for place in range(60)]
    images = np.full((60, 2, 2, 3), 0.2, np.float32)
    images[:12, ..., 0] = 0.9  # red in the first four classes
    for place in (21, 30, 41):
        images[place, ..., 1] = 1.0  # green in single images
    images[45:47, ..., 2] = 3.0  # blue in two of a class
    model = keras.Sequential([keras.Input((2, 2, 3)), layers.Conv2D(3, 1, activation="relu", name="conv")])
    model.layers[0].set_weights([np.eye(3, dtype=np.float32)[None, None], np.full(3, -0.1, np.float32)])
    plain = data(images, labels, tuple(f"c{place}" for place in range(20)))
    for kinds, first in (((), 2), (("warm",) * 4 + ("",) * 16, 0)):
        (call,) = watched(model, replace(plain, kinds=kinds)).calls
        assert call.shown[0] == first


CAPS: dict[str, Any] = {
    "layer": lambda: [layers.Conv2D(2, 1, name="conv"), layers.ReLU(max_value=6, name="cap")],
    "inside": lambda: [layers.Conv2D(2, 1, activation="relu6", name="conv")],
    "activation": lambda: [layers.Conv2D(2, 1, name="conv"), layers.Activation("relu6", name="cap")],
}


@pytest.mark.parametrize("cap", CAPS)
def test_images_that_reach_the_cap_are_counted_and_ranked_by_what_goes_into_it(cap: str) -> None:
    """Every image but the first ten reaches 6 somewhere in channel 0, at many places; channel 1 has no ties."""
    model = keras.Sequential([keras.Input((8, 8, 1)), *CAPS[cap](), layers.GlobalMaxPooling2D()])
    model.get_layer("conv").set_weights([np.array([[[[10.0, 1.0]]]]), np.zeros(2)])
    images = np.random.default_rng(0).uniform(0, 1, (200, 8, 8, 1)).astype(np.float32)
    images[:10] /= 2
    (call,) = watched(model, data(images)).calls
    capped, free = call.channels
    assert call.capped
    assert (capped.maximum, capped.num_at_maximum) == (6.0, 190)
    assert free.num_at_maximum == 1
    highest = images.reshape(200, -1).max(axis=1)
    for channel, gain in ((capped, 10), (free, 1)):
        assert [patch.image for patch in channel.patches] == np.argsort(-highest)[:9].tolist()
        for patch in channel.patches:
            assert images[patch.image][patch.position] == highest[patch.image]
            assert patch.value == pytest.approx(gain * highest[patch.image], rel=1e-5)


def test_images_that_share_the_highest_value_are_counted_and_drawn_at_random_by_seed() -> None:
    """A cap that is written as a minimum is no activation that is known: what comes out ties."""
    start = keras.Input((8, 8, 1))
    conv = layers.Conv2D(1, 1, name="conv")
    out = keras.ops.minimum(keras.ops.relu(conv(start)), 6.0)
    model = keras.Model(start, layers.GlobalMaxPooling2D()(out))
    conv.set_weights([np.array([[[[10.0]]]]), np.zeros(1)])
    images = np.random.default_rng(0).integers(0, 2, (200, 8, 8, 1)).astype(np.float32)
    images[:10] = 0
    seen = []
    for seed in (0, 0, 1):
        (call,) = watched(model, data(images), seed=seed).calls
        (found,) = call.channels
        assert not call.capped
        assert found.num_at_maximum == 190
        assert all(images[patch.image][patch.position] == 1 for patch in found.patches)
        seen.append([(patch.image, patch.position) for patch in found.patches])
    assert seen[0] == seen[1]
    assert not set(seen[0]) & set(seen[2])
    drawn = [image for image, _ in seen[0]]
    # Nine of 190 drawn at random lie all among the first hundred images in one of about 900 draws.
    assert max(drawn) >= 100
    assert min(drawn) >= 10
    first = [tuple(np.argwhere(images[image, ..., 0] == 1)[0].tolist()) for image in drawn]
    assert sum(place == position for place, (_, position) in zip(first, seen[0], strict=True)) < 4


def test_data_set_of_one_image_works() -> None:
    images, labels = channels_made.pictures(1)
    result = watched(channels_made.faulty(), data(images, labels.tolist(), CLASSES))
    (call,) = result.calls
    assert "one class" in result.unlabelled
    assert [len(each.patches) for each in call.channels] == [1, 0, 0, 1, 0, 1]
    assert {each.channel: each.copy_of for each in call.channels if each.copy_of is not None} == {COPY: VERTICAL}
    assert [each.state for each in call.channels] == ["", "dead", "stuck", "", "dead", ""]


def test_limit_takes_a_seeded_sample_and_says_so() -> None:
    result, again, other = (watched(channels_made.faulty(), made_data(), limit=20, seed=seed) for seed in (0, 0, 1))
    assert (result.num_images, result.num_available) == (20, 60)
    seen = {patch.image for each in result.calls[0].channels for patch in each.patches}
    assert seen <= set(chosen(60, make({"limit": 20})).tolist())
    assert len(set(chosen(60, make({"limit": 20})).tolist())) == 20
    means = [each.calls[0].channels[BLUR].mean for each in (result, again, other)]
    assert means[0] == means[1] != means[2]
    assert chosen(60, make({"limit": 100})).tolist() == list(range(60))


def test_nested_and_shared_layers_have_numbers_for_each_call() -> None:
    images = np.random.default_rng(0).uniform(size=(5, 4, 4, 1)).astype(np.float32)
    (nested,) = watched(toys.nested(), data(images)).calls
    assert (nested.path, nested.judged_at, nested.through) == (
        "middle/core/conv", "middle/relu", ("middle/relu",),
    )  # fmt: skip
    shared = watched(toys.shared(), data(images)).calls
    assert [call.path for call in shared] == ["sh", "sh#2", "sh#3"]
    conv = toys.shared().get_layer("sh")
    first = np.asarray(conv(images))
    for call, maps in zip(shared, (first, np.asarray(conv(first)), first), strict=True):
        assert call.channels[0].maximum == pytest.approx(float(maps.max()), rel=1e-5)
        assert call.channels[0].mean == pytest.approx(float(maps.mean()), rel=1e-5)


def test_model_of_several_inputs_shows_patches_of_the_image_that_a_call_sees() -> None:
    draw = np.random.default_rng(0)
    left, right = (data(draw.uniform(size=(5, 4, 4, 1))) for _ in range(2))
    result = watched(toys.twins(), replace(left, further=(("right", right),)))
    assert [call.path for call in result.calls] == ["backbone/c", "backbone#2/c"]
    for call, source in zip(result.calls, (left, right), strict=True):
        maps = np.asarray(toys.twins().get_layer("backbone")(source.read(range(5))))
        assert call.channels[0].maximum == pytest.approx(float(maps[..., 0].max()), rel=1e-5)
    first, second = (call.channels[0].patches[0] for call in result.calls)
    assert (first.picture is not None, second.picture, second.box) == (True, None, ())


def _inside(patch: Patch) -> tuple[slice, slice]:
    top, left, bottom, right = patch.box
    return slice(top, bottom), slice(left, right)


def test_films_signals_and_volumes_have_positions_along_all_axes() -> None:
    draw = np.random.default_rng(0)
    films = draw.normal(size=(3, 3, 4, 4, 1)).astype(np.float32)
    (each,) = watched(toys.over_time(), data(films)).calls
    conv = toys.over_time().get_layer("each").layer
    maps = np.stack([np.asarray(conv(films[:, step])) for step in range(3)], axis=1)[..., 0]
    (best, *_) = each.channels[0].patches
    assert best.value == pytest.approx(float(maps.max()), rel=1e-5)
    assert (best.image, *best.position) == tuple(map(int, np.unravel_index(maps.argmax(), maps.shape)))
    row, column = best.position[1:]
    height, width = conv.kernel_size
    assert (best.box, best.slice) == ((row, column, row + height, column + width), best.position[0])
    np.testing.assert_array_equal(best.picture, drawing.picture(films[best.image])[best.slice][_inside(best)])
    for rank, kind in ((1, layers.Conv1D), (3, layers.Conv3D)):
        model = keras.Sequential([keras.Input((*(6, 5, 4)[:rank], 2)), kind(2, 2, name="conv")])
        values = draw.normal(size=(4, *model.input_shape[1:])).astype(np.float32)
        (call,) = watched(model, data(values)).calls
        found = np.asarray(model(values))[..., 1]
        patch = call.channels[1].patches[0]
        assert patch.value == pytest.approx(float(found.max()), abs=1e-5)
        assert (patch.image, *patch.position) == tuple(map(int, np.unravel_index(found.argmax(), found.shape)))
        assert call.kernels is None
        start, end = patch.position, tuple(place + 2 for place in patch.position)
        assert patch.box == (0, start[0], 1, end[0]) if rank == 1 else (*start[1:], *end[1:])
        assert patch.slice == (None if rank == 1 else start[0])
        if rank == 3:
            drawn = drawing.picture(values[patch.image])[patch.slice]
            np.testing.assert_array_equal(patch.picture, drawn[_inside(patch)])


def test_channels_first_is_the_same_as_channels_last() -> None:
    draw = np.random.default_rng(0)
    weights = [draw.normal(size=(3, 3, 3, 2)), np.zeros(2)]
    images = draw.uniform(size=(4, 6, 7, 3)).astype(np.float32)
    results = []
    for order in ("channels_last", "channels_first"):
        shape = (6, 7, 3) if order == "channels_last" else (3, 6, 7)
        model = keras.Sequential(
            [keras.Input(shape), layers.Conv2D(2, 3, data_format=order, name="conv"), layers.Flatten()]
        )
        model.get_layer("conv").set_weights(weights)
        with runnable(model):
            given = images if order == "channels_last" else np.moveaxis(images, -1, 1)
            results.append(watched(model, data(given)).calls[0])
    for one, other in zip(results[0].channels, results[1].channels, strict=True):
        assert one.mean == pytest.approx(other.mean, abs=1e-5)
        assert one.maximum == pytest.approx(other.maximum, abs=1e-5)
        assert [patch.position for patch in one.patches] == [patch.position for patch in other.patches]
        for patch, twin in zip(one.patches, other.patches, strict=True):
            np.testing.assert_array_equal(patch.picture, twin.picture)


class Asking(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """A user's layer that looks at numbers, which a traced function does not have."""

    def call(self, inputs: Any) -> Any:
        return inputs * 2 if float(keras.ops.max(inputs)) > 0 else inputs


def test_model_that_cannot_be_traced_is_watched_all_the_same() -> None:
    inner = keras.Sequential([layers.Conv2D(2, 3, name="conv")])

    class Own(keras.Model):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__(name="own")
            self.asking, self.inner = Asking(name="asking"), inner

        def call(self, inputs: Any) -> Any:
            return keras.ops.max(self.inner(self.asking(inputs)), axis=(1, 2))

    model, images = Own(), np.random.default_rng(0).uniform(size=(70, 6, 6, 1)).astype(np.float32)
    model(images)
    (call,) = watched(model, data(images)).calls
    maps = np.asarray(inner(2 * images))
    for channel in call.channels:
        assert channel.count == 70 * 16
        assert channel.mean == pytest.approx(float(maps[..., channel.channel].mean()), abs=1e-5)


def test_fixed_batch_and_mixed_precision_give_the_usual_numbers() -> None:
    usual = watched(channels_made.faulty(), made_data(50)).calls[0]
    fixed_model = keras.Sequential(
        [
            keras.Input(batch_shape=(8, 16, 16, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv"),
            layers.Flatten(),
        ]
    )
    fixed_model.get_layer("conv").set_weights(channels_made.faulty().get_layer("conv").get_weights())
    half_model = keras.Sequential(
        [
            keras.Input((16, 16, 1)),
            layers.Conv2D(6, 3, padding="same", activation="relu", name="conv", dtype="mixed_float16"),
            layers.Flatten(dtype="float32"),
        ]
    )
    half_model.get_layer("conv").set_weights(channels_made.faulty().get_layer("conv").get_weights())
    for model, tolerance in ((fixed_model, 1e-5), (half_model, 5e-3)):
        (call,) = watched(model, made_data(50)).calls
        for one, other in zip(call.channels, usual.channels, strict=True):
            assert one.count == other.count
            assert one.mean == pytest.approx(other.mean, abs=tolerance)
            assert one.maximum == pytest.approx(other.maximum, abs=tolerance)
            assert (one.state, one.copy_of, one.speaks) == (other.state, other.copy_of, other.speaks)


def test_values_that_are_no_numbers_are_counted_and_said() -> None:
    model = channels_made.faulty()
    kernel, bias = model.get_layer("conv").get_weights()
    bias[VERTICAL] = np.nan
    model.get_layer("conv").set_weights([kernel, bias])
    (call,) = watched(model, made_data(9)).calls
    broken = call.channels[VERTICAL]
    assert (broken.state, broken.count, broken.num_nan, broken.patches) == ("no number", 0, 9 * 256, ())
    assert (broken.mean, broken.minimum, broken.maximum, broken.speaks) == (0.0, 0.0, 0.0, False)
    assert call.channels[COPY].copy_of is None
    assert call.channels[CHECK].state == ""


def relu(values: Any) -> Any:
    """A ReLU that makes 0 of NaN on every machine, as that of oneDNN does on some."""
    return keras.ops.where(values > 0, values, keras.ops.zeros_like(values))


class Looking(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """Hands on what it gets, after a look at the numbers, so that it cannot be traced."""

    def call(self, inputs: Any) -> Any:
        assert float(keras.ops.max(inputs)) >= 0
        return inputs

    def compute_output_spec(self, inputs: Any) -> Any:
        return keras.KerasTensor(inputs.shape, inputs.dtype)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("way", ["fused", "behind a normalisation", "eager"])
def test_channel_is_broken_where_its_activation_makes_numbers_of_what_is_none(way: str, value: float) -> None:
    model = channels_made.faulty(separate=way == "behind a normalisation")
    conv, normalised = model.get_layer("conv"), way == "behind a normalisation"
    kernel, bias = conv.get_weights()
    bias[VERTICAL] = value
    conv.set_weights([kernel, bias])
    if normalised:
        layers_ = [layers.Activation(relu, name=each.name) if each.name == "relu" else each for each in model.layers]
        model = keras.Sequential([keras.Input(model.input_shape[1:]), *layers_])
    else:
        conv.activation = relu
    if way == "eager":
        model = keras.Sequential([keras.Input(model.input_shape[1:]), Looking(name="looking"), *model.layers])
    (call,) = watched(model, made_data(9)).calls
    broken = call.channels[VERTICAL]
    assert call.judged_at == ("relu" if normalised else "conv")
    assert (broken.state, broken.count, broken.patches) == ("no number", 0, ())
    expected = (9 * 256, 0) if np.isnan(value) else (0, 9 * 256)
    assert (broken.num_nan, broken.num_infinite) == expected
    assert [each.state for each in call.channels] == ["no number", "dead", "stuck", "", "", ""]


def test_single_places_that_are_no_numbers_are_counted_and_the_others_measured() -> None:
    model = channels_made.faulty()
    model.get_layer("conv").activation = relu
    images, labels = channels_made.pictures(9)
    bright = images.copy()
    bright[4, 3, 3] = 3e38  # which overflows in the windows around it
    kernel, bias = model.get_layer("conv").get_weights()
    kernel *= 4
    model.get_layer("conv").set_weights([kernel, bias])
    with np.errstate(all="ignore"):
        (call,) = watched(model, data(bright, labels.tolist(), CLASSES)).calls
    conv = layers.Conv2D(6, 3, padding="same")
    conv.build(images.shape)
    conv.set_weights([kernel, bias])
    before = np.asarray(conv(bright), np.float64)
    for channel in call.channels:
        own = before[..., channel.channel]
        finite = own[np.isfinite(own)]
        assert (channel.num_nan, channel.num_infinite) == (np.isnan(own).sum(), np.isinf(own).sum())
        assert channel.count == len(finite)
        assert channel.mean == pytest.approx(np.maximum(finite, 0).mean(), rel=1e-4, abs=1e-5)
        assert (channel.state == "no number") == (len(finite) < own.size)
    assert any(channel.num_infinite for channel in call.channels)


def test_linear_channel_that_is_never_above_zero_is_not_called_dead() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(1, 1, name="conv"), layers.Flatten()])
    model.get_layer("conv").set_weights([np.full((1, 1, 1, 1), -1.0), np.array([-1.0])])
    (call,) = watched(model, data(np.random.default_rng(0).uniform(size=(3, 4, 4, 1)))).calls
    assert (call.rectified, call.channels[0].state, call.channels[0].firing_share) == (False, "", 0.0)
    assert len(call.channels[0].patches) == 3


def test_model_without_conv_layers_and_report_without_data_have_no_result() -> None:
    pooling = keras.Sequential([keras.Input((4, 4, 1)), layers.MaxPooling2D()])
    for nothing in (subject(pooling, data(np.zeros((2, 4, 4, 1)))), subject(channels_made.faulty())):
        assert watching.run(nothing, make({})) is None
        assert watched_and_shown(nothing) is None


def test_model_is_left_as_it_was() -> None:
    model = channels_made.faulty(separate=True)
    before = [np.asarray(weight).copy() for weight in model.weights]
    watched_and_shown(subject(model, made_data(9)))
    assert "call" not in vars(model) | vars(model.get_layer("conv"))
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(np.asarray(weight), old)
