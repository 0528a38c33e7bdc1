"""Kernels as pictures: zero is mid-grey, the largest weight of a channel black or white."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.probes.watching.kernels import MOST_INPUTS, pictures

pytestmark = pytest.mark.keras
layers = keras.layers


def built(layer: Any, channels: int, kernel: Any) -> Any:
    layer.build((None, 8, 8, channels))
    layer.set_weights([kernel, *layer.get_weights()[1:]])
    return layer


def test_kernels_on_grey_pictures_are_drawn_each_on_its_own_scale() -> None:
    kernel = np.zeros((2, 2, 1, 2), np.float32)
    kernel[..., 0, 0] = np.array([[1, 0], [-0.5, -1]])
    kernel[..., 0, 1] = [[0, 8], [4, 0]]
    levels, inputs = pictures(built(layers.Conv2D(2, 2), 1, kernel))
    assert levels is not None
    assert levels.tolist() == [[[255, 128], [64, 1]], [[128, 255], [192, 128]]]
    assert inputs == ()


def test_kernels_on_coloured_pictures_are_coloured() -> None:
    kernel = np.zeros((3, 2, 3, 1), np.float32)
    kernel[0, 1] = [[1], [-1], [0]]
    levels, _ = pictures(built(layers.Conv2D(1, (3, 2)), 3, kernel))
    assert levels is not None
    assert levels.shape == (1, 3, 2, 3)
    assert levels[0, 0, 1].tolist() == [255, 1, 128]


def test_deeper_layer_shows_the_strongest_inputs_of_each_channel() -> None:
    draw = np.random.default_rng(0)
    kernel = draw.normal(size=(3, 3, 7, 5)).astype(np.float32)
    levels, inputs = pictures(built(layers.Conv2D(5, 3), 7, kernel))
    assert levels is not None
    assert levels.shape == (5, MOST_INPUTS, 3, 3)
    for channel in range(5):
        norms = [float((kernel[:, :, place, channel] ** 2).sum()) for place in range(7)]
        assert list(inputs[channel]) == sorted(range(7), key=lambda place: -norms[place])[:MOST_INPUTS]
        largest = np.abs(kernel[..., channel]).max()
        for row, place in enumerate(inputs[channel]):
            expected = np.rint(128 + 127 * kernel[:, :, place, channel] / largest)
            assert np.abs(levels[channel, row] - expected).max() <= 1


def test_inputs_of_a_grouped_layer_are_counted_over_all_groups() -> None:
    kernel = np.ones((3, 3, 2, 4), np.float32)
    kernel[:, :, 1] = 2
    _, inputs = pictures(built(layers.Conv2D(4, 3, groups=2), 4, kernel))
    assert inputs == ((1, 0), (1, 0), (3, 2), (3, 2))


def test_transposed_kernel_has_its_channels_where_others_have_inputs() -> None:
    kernel = np.zeros((3, 3, 2, 5), np.float32)
    kernel[..., 1, 4] = 1
    levels, inputs = pictures(built(layers.Conv2DTranspose(2, 3), 5, kernel))
    assert levels is not None
    assert levels.shape == (2, MOST_INPUTS, 3, 3)
    assert inputs[1][0] == 4
    assert set(levels[1, 0].flat) == {255}


def test_depthwise_kernel_reads_one_channel_each() -> None:
    kernel = np.zeros((3, 3, 2, 2), np.float32)
    kernel[0, 0, 1, 0] = 1
    layer = layers.DepthwiseConv2D(3, depth_multiplier=2)
    levels, inputs = pictures(built(layer, 2, kernel))
    assert levels is not None
    assert (levels.shape, inputs) == ((4, 3, 3), ())
    # The channels of the output are the first input's two, then the second's.
    assert [int(level[0, 0]) for level in levels] == [128, 128, 255, 128]


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (lambda: layers.Conv2D(2, 1), (None, 8, 8, 3)),
        (lambda: layers.Conv1D(2, 3), (None, 8, 3)),
        (lambda: layers.Conv3D(2, 2), (None, 4, 4, 4, 1)),
        (lambda: layers.SeparableConv2D(2, 3), (None, 8, 8, 3)),
    ],
    ids=["one pixel", "one dimension", "three dimensions", "in two parts"],
)
def test_kernels_that_are_no_pictures_are_not_drawn(layer: Any, shape: tuple[int | None, ...]) -> None:
    made = layer()
    made.build(shape)
    assert pictures(made) == (None, ())


def test_weights_that_are_no_numbers_are_mid_grey() -> None:
    kernel = np.ones((2, 2, 1, 1), np.float32)
    kernel[0, 0] = np.nan
    levels, _ = pictures(built(layers.Conv2D(1, 2), 1, kernel))
    assert levels is not None
    assert levels.tolist() == [[[128, 255], [255, 255]]]
