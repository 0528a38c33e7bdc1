"""Maps and numbers of every channel, checked by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.activations import CallMaps
from reportgen.options import make
from reportgen.probes.activations import reduce_maps, run
from tests.models import toys
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
NAN, INF = float("nan"), float("inf")

# Channels: 0..3, constant 2, −1..1.
VOLUME = np.array([[[0.0, 2.0, -1.0], [1.0, 2.0, -0.5]], [[2.0, 2.0, 0.5], [3.0, 2.0, 1.0]]])


def test_own_scale_runs_from_each_maps_minimum_to_its_maximum() -> None:
    levels, _ = reduce_maps(VOLUME, "own")
    assert levels.dtype == np.uint8
    # 0, 1, 2, 3 of 3 and 0, ½, 1½, 2 of 2, of 255 each, rounded.
    assert levels.tolist() == [[[0, 85], [170, 255]], [[128, 128], [128, 128]], [[0, 64], [191, 255]]]


def test_common_scale_runs_from_the_volumes_minimum_to_its_maximum() -> None:
    levels, _ = reduce_maps(VOLUME, "common")
    # (value + 1) / 4 of 255; a constant map has its place on a common scale.
    assert levels.tolist() == [[[64, 128], [191, 255]], [[191, 191], [191, 191]], [[0, 32], [96, 128]]]


def test_numbers_of_a_channel_are_those_of_its_positions() -> None:
    _, numbers = reduce_maps(VOLUME)
    first, second, third = numbers
    assert (first.channel, first.minimum, first.maximum, first.mean) == (0, 0.0, 3.0, 1.5)
    assert first.deviation == pytest.approx(1.25**0.5)
    assert (first.active_share, third.active_share) == (0.75, 0.5)
    assert (first.constant, second.constant) == (False, True)
    assert (second.minimum, second.maximum, second.deviation) == (2.0, 2.0, 0.0)
    assert {channel.num_nonfinite for channel in numbers} == {0}
    assert {channel.follows for channel in numbers} == {None}


@pytest.mark.parametrize("scale", ["own", "common"])
@pytest.mark.parametrize(
    ("values", "num_nonfinite", "minimum", "maximum"),
    [
        ([NAN, 1.0, 2.0, 3.0], 1, 1.0, 3.0),
        ([INF, 1.0, -INF, 3.0], 2, 1.0, 3.0),
        ([NAN] * 4, 4, 0.0, 0.0),
        ([NAN, 5.0, 5.0, 5.0], 1, 5.0, 5.0),
    ],
    ids=["NaN", "infinity", "nothing finite", "else constant"],
)
def test_map_with_values_that_are_no_numbers_is_mid_grey_and_counted(
    scale: str, values: list[float], num_nonfinite: int, minimum: float, maximum: float
) -> None:
    volume = np.stack([np.reshape(values, (2, 2)), np.arange(4.0).reshape(2, 2)], axis=-1)
    levels, (broken, whole) = reduce_maps(volume, scale)
    assert levels[0].tolist() == [[128, 128], [128, 128]]
    assert (broken.num_nonfinite, broken.minimum, broken.maximum) == (num_nonfinite, minimum, maximum)
    assert not broken.constant
    assert (whole.num_nonfinite, whole.maximum) == (0, 3.0)
    if scale == "own":
        assert levels[1].tolist() == [[0, 85], [170, 255]]


@pytest.mark.parametrize("scale", ["own", "common"])
def test_volume_of_one_value_is_mid_grey(scale: str) -> None:
    levels, numbers = reduce_maps(np.full((2, 3, 2), 7.0), scale)
    assert levels.tolist() == [[[128] * 3] * 2] * 2
    assert [channel.constant for channel in numbers] == [True, True]


def test_means_of_large_float32_maps_are_summed_exactly_enough() -> None:
    volume = np.full((1000, 1000, 1), 0.1, np.float32)
    volume[0, 0] = 0.2
    _, (channel,) = reduce_maps(volume)
    assert channel.mean == pytest.approx((999_999 * np.float64(np.float32(0.1)) + np.float32(0.2)) / 1e6, rel=1e-12)


@pytest.mark.parametrize("scale", ["own", "common"])
@pytest.mark.parametrize("shape", [(211, 97, 5), (40, 31, 64), (7, 7, 3000), (70001, 1)], ids=str)
def test_large_volume_is_read_to_its_last_value(shape: tuple[int, ...], scale: str) -> None:
    volume = np.random.default_rng(3).normal(3, 2, shape).astype(np.float32)
    levels, numbers = reduce_maps(volume, scale)
    rows = volume.reshape(-1, shape[-1]).astype(np.float64)
    low, high = (rows.min(axis=0), rows.max(axis=0)) if scale == "own" else (rows.min(), rows.max())
    expected = (rows - low) * 255 / (high - low)
    # Where a value lies in the middle between two levels, rounding may go either way.
    assert np.abs(levels.reshape(shape[-1], -1).T - expected).max() <= 0.5 + 1e-4
    np.testing.assert_array_equal([each.minimum for each in numbers], rows.min(axis=0))
    np.testing.assert_array_equal([each.maximum for each in numbers], rows.max(axis=0))
    np.testing.assert_allclose([each.mean for each in numbers], rows.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose([each.deviation for each in numbers], rows.std(axis=0), rtol=1e-11)
    np.testing.assert_allclose([each.active_share for each in numbers], (rows > 0).mean(axis=0), rtol=1e-14)


def test_deviation_far_from_zero_is_exact() -> None:
    # Squares of the values themselves would leave no digit of it.
    volume = (1e7 + np.random.default_rng(4).integers(0, 5, (50, 50, 2))).astype(np.float32)
    _, numbers = reduce_maps(volume)
    expected = volume.astype(np.float64).std(axis=(0, 1))
    np.testing.assert_allclose([each.deviation for each in numbers], expected, rtol=1e-12)


def normalized() -> Any:
    """A conv, its second channel turned around by the batch normalization, its third cut off by the activation."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(3, 1, use_bias=False, name="conv"),
            layers.BatchNormalization(epsilon=0.0, name="norm"),
            layers.ReLU(6.0, name="relu6"),
        ]
    )
    model.get_layer("conv").set_weights([np.array([[[[1.0, 1.0, 1.0]]]])])
    gamma, beta = np.array([1.0, -1.0, 1.0]), np.array([0.0, 1.0, -5.0])
    model.get_layer("norm").set_weights([gamma, beta, np.zeros(3), np.ones(3)])
    return model


def test_maps_are_drawn_where_channels_are_judged() -> None:
    """After batch normalization and activation a dark map is bright, and a dead one grey."""
    (call,) = first_maps(normalized(), {})
    assert (call.path, call.judged_at) == ("conv", "relu6")
    one = np.asarray(call.levels)
    np.testing.assert_array_equal(one[1], 255 - one[0])
    assert set(one[2].flat) == {128}
    assert [channel.constant for channel in call.channels] == [False, False, True]
    assert call.channels[2].active_share == 0


def test_own_output_of_a_convolution_is_drawn_where_that_is_asked_for() -> None:
    (call,) = first_maps(normalized(), {"maps": "raw"})
    assert (call.path, call.judged_at) == ("conv", "conv")
    np.testing.assert_array_equal(call.levels[1], call.levels[0])
    np.testing.assert_array_equal(call.levels[2], call.levels[0])


def test_map_that_varies_by_rounding_alone_is_constant() -> None:
    noise = np.random.default_rng(0).normal(size=(5, 5, 2)).astype(np.float32)
    levels, numbers = reduce_maps(noise * np.array([1.0, 2e-7], np.float32))
    assert set(levels[1].flat) == {128}
    assert [each.constant for each in numbers] == [False, True]
    assert not reduce_maps(noise * np.array([1.0, 2e-5], np.float32))[1][1].constant


def first_maps(model: Any, choices: dict[str, Any]) -> tuple[CallMaps, ...]:
    result = run(subject(model, data(square()), 0), make(choices))
    assert result is not None
    return result.samples[0].calls


def two_layers() -> Any:
    """A conv layer that hands the image on, and its negative; then a pooling layer."""
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1), name="image"),
            keras.layers.Conv2D(3, 1, name="conv"),
            keras.layers.MaxPooling2D(2, name="pool"),
            keras.layers.Flatten(name="flat"),
        ]
    )
    model.get_layer("conv").set_weights([np.array([[[[1.0, -1.0, 0.0]]]]), np.array([0.0, 0.0, 3.0])])
    return model


def square() -> Any:
    """Two images of 8 × 8: a bright square on black, and one colour."""
    images = np.zeros((2, 8, 8, 1), np.float32)
    images[0, 2:6, 2:6] = 1
    return images


def test_every_map_of_every_chosen_call_is_taken_from_the_running_model() -> None:
    result = run(subject(two_layers(), data(square()), 0, 1), make({}))
    assert result is not None
    assert (result.scale, [maps.sample for maps in result.samples]) == ("own", [0, 1])
    first = {call.path: call for call in result.samples[0].calls}
    assert list(first) == ["conv", "pool"]
    expected = (square()[0, :, :, 0] * 255).astype(np.uint8)
    np.testing.assert_array_equal(first["conv"].levels[0], expected)
    np.testing.assert_array_equal(first["conv"].levels[1], 255 - expected)
    assert set(first["conv"].levels[2].flat) == {128}
    assert first["pool"].levels.shape == (3, 4, 4)
    assert first["conv"].channels[0].active_share == 16 / 64


def test_channel_closest_to_the_object_is_found() -> None:
    result = run(subject(two_layers(), data(square()), 0), make({}))
    assert result is not None
    conv = result.samples[0].calls[0]
    assert conv.closest is not None
    assert conv.closest.channel == 0
    assert conv.closest.correlation == pytest.approx(1.0)
    assert [channel.follows for channel in conv.channels] == [pytest.approx(1.0), pytest.approx(-1.0), None]


def test_nothing_follows_where_there_is_no_object() -> None:
    result = run(subject(two_layers(), data(square()), 1), make({}))
    assert result is not None
    assert not result.samples[0].foreground.found
    assert [call.closest for call in result.samples[0].calls] == [None, None]
    assert result.following.num_copies == 0
    assert {channel.follows for call in result.samples[0].calls for channel in call.channels} == {None}


def test_weak_correlation_is_not_called_following() -> None:
    images = square()
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 1, use_bias=False, name="conv")])
    model.get_layer("conv").set_weights([np.array([[[[-1.0]]]])])
    result = run(subject(model, data(images), 0), make({}))
    assert result is not None
    assert (result.samples[0].calls[0].channels[0].follows, result.samples[0].calls[0].follower) == (-1.0, None)


def test_only_layers_that_match_the_pattern_are_drawn() -> None:
    result = run(subject(two_layers(), data(square()), 0), make({"layers": "po*"}))
    assert result is not None
    assert [call.path for call in result.samples[0].calls] == ["pool"]


def test_every_call_is_checked_against_the_tensor_that_came_out() -> None:
    result = run(subject(two_layers(), data(square()), 0), make({"layers": "po*"}))
    assert result is not None
    assert [(path, check.expected, check.observed, check.agrees) for path, check in result.checks] == [
        ("conv", (8, 8, 3), (8, 8, 3), True),
        ("pool", (4, 4, 3), (4, 4, 3), True),
        ("flat", (48,), (48,), True),
    ]


def test_global_pooling_is_a_map_of_one_position() -> None:
    result = run(subject(toys.nested(), data(toys.image(4, 4, 1)), 0), make({}))
    assert result is not None
    pool: CallMaps = result.samples[0].calls[-1]
    # One number each, on a scale of all: neither is a constant map.
    assert pool.path == "pool"
    assert pool.channels[0].mean != pool.channels[1].mean
    lower = 0 if pool.channels[0].mean < pool.channels[1].mean else 1
    assert (pool.levels[lower].tolist(), pool.levels[1 - lower].tolist()) == ([[0]], [[255]])
    assert [channel.constant for channel in pool.channels] == [False, False]


def test_maps_of_one_position_and_one_number_tell_nothing_apart() -> None:
    levels, _ = reduce_maps(np.full((1, 1, 3), 2.5, np.float32))
    assert levels.tolist() == [[[128]]] * 3


def test_both_calls_of_a_shared_layer_have_maps() -> None:
    result = run(subject(toys.shared(), data(toys.image(4, 4, 1)), 0), make({}))
    assert result is not None
    assert [call.path for call in result.samples[0].calls] == ["sh", "sh#2", "sh#3"]
    first, second, third = (call.levels.tobytes() for call in result.samples[0].calls)
    assert first == third
    assert first != second


def test_channels_first_maps_are_laid_out_by_channel() -> None:
    pool = keras.layers.MaxPooling2D(2, data_format="channels_first", name="pool")
    images = np.zeros((1, 2, 4, 6), np.float32)
    images[0, 1] = 5
    images[0, 0, 0, 0] = 9
    result = run(subject(keras.Sequential([keras.Input((2, 4, 6)), pool]), data(images), 0), make({}))
    assert result is not None
    (maps,) = result.samples[0].calls
    assert maps.levels.tolist() == [[[255, 0, 0], [0, 0, 0]], [[128, 128, 128], [128, 128, 128]]]


def test_batch_of_one_in_one_dimension_is_drawn_as_strips() -> None:
    model = keras.Sequential([keras.Input((4, 1)), keras.layers.AveragePooling1D(2, name="pool")])
    result = run(subject(model, data(np.array([[[0.0], [2.0], [4.0], [6.0]]])), 0), make({}))
    assert result is not None
    assert result.samples[0].calls[0].levels.tolist() == [[0, 255]]


def test_broken_activations_are_counted_and_follow_nothing() -> None:
    model = two_layers()
    model.get_layer("conv").set_weights([np.array([[[[NAN, 1.0, 0.0]]]]), np.zeros(3)])
    result = run(subject(model, data(square()), 0), make({}))
    assert result is not None
    conv = result.samples[0].calls[0]
    assert [channel.num_nonfinite for channel in conv.channels] == [64, 0, 0]
    assert conv.closest is not None
    assert (conv.channels[0].follows, conv.closest.channel) == (None, 1)


@pytest.mark.parametrize("value", [NAN, INF, -INF])
def test_map_is_broken_where_its_activation_makes_numbers_of_what_is_none(value: float) -> None:
    def swallowing(values: Any) -> Any:
        return keras.ops.where(values > 0, keras.ops.minimum(values, 6), keras.ops.zeros_like(values))

    conv = keras.layers.Conv2D(2, 1, activation=swallowing, name="conv")
    model = keras.Sequential([keras.Input(square().shape[1:]), conv])
    conv.set_weights([np.ones((1, 1, 1, 2)), np.array([value, 0.0])])
    assert np.isfinite(np.asarray(model(square()))).all()
    result = run(subject(model, data(square()), 0), make({}))
    assert result is not None
    (call,) = result.samples[0].calls
    assert [channel.num_nonfinite for channel in call.channels] == [64, 0]
    assert (call.levels[0] == 128).all()
    assert (call.levels[1].min(), call.levels[1].max()) == (0, 255)


def test_no_samples_give_no_result() -> None:
    assert run(subject(two_layers()), make({})) is None


def test_model_is_left_unwatched() -> None:
    model = two_layers()
    run(subject(model, data(square()), 0), make({}))
    assert "call" not in vars(model) | vars(model.get_layer("conv"))


# TensorFlow's processors convolve with the channels last only.
LAYERS: dict[str, list[Any]] = {
    "channels_last": [keras.layers.Conv1D, keras.layers.Conv2D, keras.layers.Conv3D],
    "channels_first": [keras.layers.AveragePooling1D, keras.layers.AveragePooling2D, keras.layers.Conv3D],
}


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_numbers_of_a_channel_are_those_of_the_tensor_over_all_positions(rank: int, data_format: str) -> None:
    generator = np.random.default_rng(rank)
    sizes = (9, 8, 7)[:rank]
    shape = (*sizes, 2) if data_format == "channels_last" else (2, *sizes)
    model = keras.Sequential([keras.Input(shape), LAYERS[data_format][rank - 1](3, 3, data_format=data_format)])
    images = generator.normal(size=(1, *shape)).astype(np.float32)
    tensor = np.asarray(model(images))[0].astype(np.float64)
    by_channel = tensor if data_format == "channels_first" else np.moveaxis(tensor, -1, 0)
    result = run(subject(model, data(images), 0), make({}))
    assert result is not None
    (call,) = result.samples[0].calls
    assert call.sizes == by_channel.shape[1:]
    for numbers, values in zip(call.channels, by_channel, strict=True):
        assert numbers.minimum == values.min()
        assert numbers.maximum == values.max()
        assert numbers.mean == pytest.approx(values.mean(), abs=1e-9)
        assert numbers.deviation == pytest.approx(values.std(), rel=1e-6)
        assert numbers.active_share == (values > 0).mean()
        levels = np.rint((values - values.min()) * 255 / (values.max() - values.min()))
        assert np.abs(call.levels[numbers.channel] - levels).max() <= 1


def test_maps_over_time_hold_every_step_of_every_channel() -> None:
    conv = keras.layers.TimeDistributed(keras.layers.Conv2D(3, 3, name="conv"), name="each")
    model = keras.Sequential([keras.Input((4, 6, 7, 2)), conv])
    films = np.random.default_rng(0).normal(size=(1, 4, 6, 7, 2)).astype(np.float32)
    tensor = np.asarray(model(films))[0]
    result = run(subject(model, data(films), 0), make({}))
    assert result is not None
    (call,) = result.samples[0].calls
    assert (call.path, call.axes, call.sizes) == ("each/conv", ("time", "height", "width"), (4, 4, 5))
    assert [numbers.maximum for numbers in call.channels] == [float(tensor[..., channel].max()) for channel in range(3)]
    assert [check.agrees for _, check in result.checks] == [True]
    levels = np.rint((tensor - tensor.min((0, 1, 2))) * 255.0 / np.ptp(tensor, axis=(0, 1, 2)))
    assert np.abs(np.moveaxis(levels, -1, 0) - call.levels).max() <= 1


def test_numbers_of_a_long_signal_are_of_all_positions_and_its_strip_of_the_highest_of_each_block() -> None:
    model = keras.Sequential([keras.Input((5000, 1)), keras.layers.Conv1D(2, 3, padding="same", name="conv")])
    signals = np.random.default_rng(0).normal(size=(1, 5000, 1)).astype(np.float32)
    tensor = np.asarray(model(signals))[0]
    result = run(subject(model, data(signals), 0), make({}))
    assert result is not None
    (call,) = result.samples[0].calls
    assert call.grid is not None
    assert (call.grid.sizes, call.grid.blocks, call.levels.shape) == ((5000,), (4,), (2, 1250))
    assert call.channels[0].mean == pytest.approx(tensor[:, 0].mean(dtype=np.float64), abs=1e-9)
    highest = tensor.reshape(1250, 4, 2).max(axis=1).T
    span = np.ptp(tensor, axis=0)[:, None]
    assert np.abs(call.levels - np.rint((highest - tensor.min(axis=0)[:, None]) * 255 / span)).max() <= 1


def test_channel_of_another_input_follows_no_object() -> None:
    image, other = keras.Input((8, 8, 1), name="image"), keras.Input((8, 8, 1), name="other")
    convs = [keras.layers.Conv2D(1, 1, name=name) for name in ("left", "right")]
    left, right = convs[0](image), convs[1](other)
    both = keras.layers.Conv2D(1, 1, name="both")
    model = keras.Model([image, other], [both(keras.layers.Add(name="sum")([left, right])), left, right])
    for conv in (*convs, both):
        conv.set_weights([np.ones((1, 1, 1, 1)), np.zeros(1)])
    # The same picture goes into both, so that a channel of either looks as if it followed the object in the first.
    pictures = data(square())
    result = run(subject(model, replace(pictures, further=(("other", pictures),)), 0), make({}))
    assert result is not None
    assert {call.path: call.closest is not None for call in result.samples[0].calls} == {
        "left": True, "right": False, "both": True,
    }  # fmt: skip
