"""Gratings and the kernels that look for them."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.edges import EdgesResult
from reportgen.evidence.inference import discovered
from reportgen.models.subject import Array
from reportgen.options import make
from reportgen.probes import edges
from reportgen.probes.edges import ORIENTATIONS, grating, run, selectivity
from reportgen.records.places import grating_conv
from tests.models import toys
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]

HORIZONTAL = np.array([[1.0, 2.0, 1.0], [0.0, 0.0, 0.0], [-1.0, -2.0, -1.0]])
RISING = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, -1.0], [0.0, -1.0, -2.0]])
CENTRE = np.array([[-1.0, -2.0, -1.0], [-2.0, 12.0, -2.0], [-1.0, -2.0, -1.0]])
SPOT = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])


def looking_for(*kernels: Array, channels: int = 1, **others: Any) -> Any:
    """A model of one conv layer with these kernels, the same for every input channel."""
    conv = keras.layers.Conv2D(len(kernels), kernels[0].shape, use_bias=False, name="conv", **others)
    model = keras.Sequential([keras.Input((16, 16, channels)), conv])
    conv.set_weights([np.repeat(np.stack(kernels, axis=-1)[:, :, None], channels, axis=2)])
    return model


def measured(model: Any, **options: Any) -> EdgesResult:
    result = run(subject(model), make(options))
    assert result is not None
    return result


def apart(first: float, second: float) -> float:
    """Degrees between two orientations."""
    return abs((first - second + 90) % 180 - 90)


def test_stripes_at_0_degrees_are_horizontal() -> None:
    stripes = grating(8, 0, 1 / 8, 0)
    np.testing.assert_allclose(stripes, np.repeat(stripes[:, :1], 8, axis=1), atol=1e-12)
    np.testing.assert_allclose(stripes[:, 0], np.cos(2 * np.pi * np.arange(8) / 8), atol=1e-12)


def test_stripes_at_90_degrees_are_vertical() -> None:
    stripes = grating(8, 90, 1 / 8, 0)
    np.testing.assert_allclose(stripes, np.repeat(stripes[:1], 8, axis=0), atol=1e-12)
    np.testing.assert_allclose(stripes[0], np.cos(2 * np.pi * np.arange(8) / 8), atol=1e-12)


def test_orientation_is_counted_anticlockwise() -> None:
    stripes = grating(8, 45, 1 / 8, 0.1)
    # One row up and one column to the right lies on the same stripe.
    np.testing.assert_allclose(stripes[1:, :-1], stripes[:-1, 1:], atol=1e-12)
    assert np.ptp(stripes[0]) > 1


def test_phase_moves_the_stripes_by_a_share_of_a_cycle() -> None:
    # A quarter of eight pixels is two: the stripes move down.
    np.testing.assert_allclose(grating(8, 0, 1 / 8, 0.25)[2:], grating(8, 0, 1 / 8, 0)[:-2], atol=1e-12)


@pytest.mark.parametrize(
    ("responses", "index", "orientation"),
    [
        ({30: 1.0}, 1.0, 30.0),
        ({165: 2.0}, 1.0, 165.0),
        (dict.fromkeys(range(0, 180, 15), 1.0), 0.0, None),
        ({0: 1.0, 90: 1.0}, 0.0, None),
        ({0: 3.0, 90: 1.0}, 0.5, 0.0),
        ({165: 1.0, 15: 1.0}, np.cos(np.pi / 6), 0.0),
        ({}, 0.0, 0.0),
    ],
    ids=["one", "another", "all alike", "two opposed", "three to one", "around 0", "silent"],
)
def test_selectivity_is_the_mean_vector_on_the_doubled_angle(
    responses: dict[int, float], index: float, orientation: float | None
) -> None:
    row = np.array([responses.get(int(angle), 0.0) for angle in ORIENTATIONS])
    found = selectivity(row)
    assert found[0] == pytest.approx(index, abs=1e-12)
    if orientation is not None:
        assert apart(found[1], orientation) < 1e-9


@pytest.mark.parametrize(
    ("kernel", "orientation"),
    [(HORIZONTAL, 0.0), (HORIZONTAL.T, 90.0), (RISING, 45.0), (RISING[::-1], 135.0)],
    ids=["horizontal", "vertical", "rising", "falling"],
)
@pytest.mark.parametrize("channels", [1, 3])
def test_edge_kernel_prefers_the_orientation_of_its_edge(kernel: Array, orientation: float, channels: int) -> None:
    result = measured(looking_for(kernel, channels=channels))
    (tuning,) = result.tunings
    assert apart(tuning.orientation, orientation) < 5
    assert tuning.selectivity > result.threshold
    assert tuning.responds
    assert result.num_selective == 1
    best = ORIENTATIONS[int(np.argmax(tuning.responses))]
    assert apart(best, orientation) < 1e-9


@pytest.mark.parametrize("kernel", [CENTRE, SPOT], ids=["centre and surround", "spot"])
def test_round_kernel_prefers_no_orientation(kernel: Array) -> None:
    result = measured(looking_for(kernel))
    assert result.tunings[0].selectivity < 0.1
    assert result.tunings[0].responds
    assert result.num_selective == 0


def test_kernel_of_zeros_answers_to_nothing() -> None:
    result = measured(looking_for(np.zeros((3, 3)), HORIZONTAL))
    assert [tuning.responds for tuning in result.tunings] == [False, True]
    assert (result.tunings[0].selectivity, result.num_selective) == (0.0, 1)
    assert result.tunings[0].p_value is None


def test_kernel_of_weights_that_are_no_numbers_answers_to_nothing() -> None:
    broken = HORIZONTAL.copy()
    broken[0, 0] = np.nan
    result = measured(looking_for(broken, HORIZONTAL))
    assert [(tuning.responds, tuning.selectivity > 0) for tuning in result.tunings] == [(False, False), (True, True)]


def test_shuffled_weights_say_what_chance_gives() -> None:
    wide = np.repeat([[1.0], [0.0], [-1.0], [0.0], [1.0]], 5, axis=1)
    result = measured(looking_for(*[wide] * 8))
    assert result.num_selective == result.num_preferring == 8
    assert result.num_shuffles == 2 * 8 / result.level
    assert result.num_selective_by_chance is not None
    assert 0 < result.num_selective_by_chance < 8
    assert result.chance is not None
    assert 0 < result.chance < 0.05
    assert measured(looking_for(*[wide] * 8)).tunings == result.tunings
    assert measured(looking_for(*[wide] * 8), seed=1).num_selective_by_chance != result.num_selective_by_chance


def test_kernels_that_are_noise_prefer_nothing_however_many_there_are() -> None:
    draw = np.random.default_rng(3)
    found = [measured(looking_for(*draw.normal(size=(24, 5, 5)))) for _ in range(20)]
    assert sum(each.num_selective for each in found) > 100
    assert sum(each.num_preferring or 0 for each in found) <= 3
    assert sum((each.chance or 0) <= 0.05 for each in found) <= 3


def test_one_channel_among_many_can_be_told_from_chance() -> None:
    stripes = np.repeat(np.cos(np.pi * np.arange(7) / 2)[:, None], 7, axis=1)
    noise = np.random.default_rng(4).normal(size=(59, 7, 7))
    result = measured(looking_for(stripes, *noise))
    assert result.num_shuffles == 2 * 60 / result.level
    assert [each.channel for each in result.tunings if each.prefers] == [0]


def test_what_was_discovered_is_that_of_the_paper() -> None:
    # Benjamini and Hochberg 1995, section 3.2: 15 p-values, of which the first four are found at 0.05.
    values = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
              0.759, 1.0]  # fmt: skip
    order = np.random.default_rng(0).permutation(len(values))
    found = discovered(np.array(values)[order], 0.05)
    assert sorted(order[found]) == [0, 1, 2, 3]
    assert not discovered(np.array([0.06, 1.0]), 0.05).any()


@pytest.mark.parametrize("others", [{}, {"activation": "relu"}, {"activation": "silu"}, {"dilation_rate": 2}])
def test_swing_that_follows_from_the_kernel_is_that_of_a_grating_as_it_moves(others: dict[str, Any]) -> None:
    kernels = np.random.default_rng(1).normal(size=(3, 3, 3))
    model = looking_for(*kernels, **others)
    tunings = measured(model).tunings
    for tuning in tunings:
        place = [1 / frequency for frequency in edges.FREQUENCIES].index(tuning.pixels_per_cycle)
        moving = np.stack(
            [grating(24, 30, edges.FREQUENCIES[place], phase) / 2 + 0.5 for phase in np.arange(200) / 200]
        )
        outputs = np.asarray(model.layers[0](moving[..., None]))[:, 12, 12, tuning.channel]
        assert tuning.responses[2] == pytest.approx(np.ptp(outputs), rel=0.02)


@pytest.mark.parametrize(
    "made",
    [
        lambda: keras.layers.Conv2DTranspose(4, 3, strides=2, name="conv"),
        lambda: keras.layers.Conv2D(4, 3, activation="softmax", name="conv"),
    ],
    ids=["transposed", "channels not each by itself"],
)
def test_layer_that_is_no_plain_convolution_is_not_compared_with_chance(made: Any) -> None:
    result = measured(keras.Sequential([keras.Input((16, 16, 1)), made()]))
    assert (result.num_shuffles, result.num_preferring, result.chance) == (0, None, None)
    assert result.tunings[0].responds
    assert result.tunings[0].p_value is None


@pytest.mark.parametrize("share", [0.7, 0.9, 0.97, 1.1])
def test_channels_that_barely_reach_above_zero_are_compared_with_chance(share: float) -> None:
    # Zero lies at a share of the way from the middle of the sums to their crests: of nearly silent channels, gratings
    # that begin at eight positions show little.
    kernels = np.random.default_rng(1).normal(size=(8, 3, 3))
    plain = looking_for(*kernels)
    crests = np.array([max(tuning.responses) for tuning in measured(plain).tunings]) / 2
    conv = keras.layers.Conv2D(len(kernels), 3, activation="relu", name="conv")
    model = keras.Sequential([keras.Input((16, 16, 1)), conv])
    conv.set_weights([*plain.get_weights(), -kernels.sum(axis=(1, 2)) / 2 - share * crests])
    assert measured(model).num_shuffles


def test_separable_convolution_is_compared_with_chance() -> None:
    made = keras.layers.SeparableConv2D(4, 3, name="conv")
    assert measured(keras.Sequential([keras.Input((16, 16, 3)), made])).num_shuffles


def test_shuffling_equal_weights_changes_nothing() -> None:
    result = measured(looking_for(np.ones((3, 3)), np.zeros((3, 3))))
    assert result.num_selective_by_chance == result.num_selective


def test_kernels_are_drawn_with_zero_at_mid_grey() -> None:
    result = measured(looking_for(HORIZONTAL, np.zeros((3, 3))))
    # 1, 2 and −1, −2 of 2, times 127, on 128.
    assert result.kernels[0].tolist() == [[192, 255, 192], [128, 128, 128], [64, 1, 64]]
    assert set(result.kernels[1].flat) == {128}


def test_kernels_of_three_channels_are_drawn_in_colour() -> None:
    assert measured(looking_for(HORIZONTAL, channels=3)).kernels.shape == (1, 3, 3, 3)


def test_kernels_of_other_numbers_of_channels_are_not_drawn() -> None:
    result = measured(looking_for(HORIZONTAL, channels=2))
    assert result.kernels.shape == (0, 0, 0)
    assert len(result.tunings) == 1


def test_depthwise_kernels_are_measured_and_drawn() -> None:
    conv = keras.layers.DepthwiseConv2D(3, depth_multiplier=2, use_bias=False, name="conv")
    model = keras.Sequential([keras.Input((16, 16, 1)), conv])
    conv.set_weights([np.stack([HORIZONTAL, HORIZONTAL.T], axis=-1)[:, :, None]])
    result = measured(model)
    assert result.kernels.shape == (2, 3, 3)
    assert apart(result.tunings[0].orientation, 0) < 5
    assert apart(result.tunings[1].orientation, 90) < 5


@pytest.mark.parametrize("others", [{"strides": 2}, {"dilation_rate": 2}, {"padding": "same"}, {"activation": "relu"}])
def test_preference_holds_for_any_kind_of_window(others: dict[str, Any]) -> None:
    result = measured(looking_for(HORIZONTAL, **others))
    assert apart(result.tunings[0].orientation, 0) < 5
    assert result.num_selective == 1
    assert result.num_shuffles


def test_layer_of_a_subclassed_model_is_measured() -> None:
    model = toys.subclassed()
    model.start.set_weights([HORIZONTAL[:, :, None, None], np.zeros(1)])
    images = data(toys.image(6, 6, 1))
    result = run(subject(model, images, 0), make({}))
    assert result is not None
    assert result.path == "start"
    assert apart(result.tunings[0].orientation, 0) < 5


@pytest.mark.parametrize(
    ("make_model", "expected"),
    [
        (toys.sequential, "conv"),
        (toys.nested, "middle/core/conv"),
        (toys.shared, "sh"),
        (lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(1, 1, name="point")]), None),
        (lambda: keras.Sequential([keras.Input((8, 1)), keras.layers.Conv1D(1, 3, name="line")]), None),
        (lambda: keras.Sequential([keras.Input((8, 8, 1)), keras.layers.MaxPooling2D(2, name="pool")]), None),
    ],
    ids=["chain", "nested", "shared", "window of a pixel", "one dimension", "no conv layer"],
)
def test_first_conv_layer_that_reads_pictures_is_measured(make_model: Any, expected: str | None) -> None:
    found = grating_conv(subject(make_model()).record)
    assert (found.path if found else None) == expected
    if expected is None:
        assert run(subject(make_model()), make({})) is None


def test_layer_that_reads_the_pictures_of_a_film_is_measured_as_on_one_picture() -> None:
    conv = looking_for(HORIZONTAL).layers[0]
    film = keras.Sequential([keras.Input((3, 16, 16, 1)), keras.layers.TimeDistributed(conv, name="each")])
    films = np.random.default_rng(0).random((1, 3, 16, 16, 1))
    over_time = run(subject(film, data(films), 0), make({}))
    alone = run(subject(looking_for(HORIZONTAL), data(films[:, 0]), 0), make({}))
    assert over_time is not None
    assert alone is not None
    assert over_time.path == f"each/{conv.name}"
    assert over_time.tunings[0].responses == pytest.approx(alone.tunings[0].responses)
    assert over_time.num_selective == alone.num_selective == 1
    assert over_time.num_shuffles == alone.num_shuffles > 0


def test_model_is_left_as_it_was() -> None:
    model = looking_for(HORIZONTAL)
    before = [weight.tobytes() for weight in model.get_weights()]
    run(subject(model, data(np.ones((1, 16, 16, 1))), 0), make({}))
    assert [weight.tobytes() for weight in model.get_weights()] == before
    assert "call" not in vars(model) | vars(model.get_layer("conv"))
