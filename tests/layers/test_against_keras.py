"""Every kind against the layer itself: Keras's output shape, its count of weights, and what its outputs really read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen import layers, registry
from reportgen.errors import LayerError
from reportgen.layers import work_out
from reportgen.layers.fields import INPUT, through
from reportgen.records import Shape
from tests.layers.sums import wrong

pytestmark = pytest.mark.keras

IMAGE: tuple[Shape, ...] = ((9, 8, 6),)
ROW: tuple[Shape, ...] = ((9, 6),)
CUBE: tuple[Shape, ...] = ((5, 6, 7, 4),)
FLAT: tuple[Shape, ...] = ((6,),)
TWO_IMAGES: tuple[Shape, ...] = ((9, 8, 6), (9, 8, 6))
FIRST: dict[str, object] = {"data_format": "channels_first"}

CASES: list[tuple[str, Mapping[str, object], tuple[Shape, ...]]] = [
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, ROW),
    ("Conv2D", {"filters": 4, "kernel_size": (3, 2), "strides": 2, "groups": 2, "use_bias": False}, IMAGE),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same"}, ((None, None, 3),)),
    ("Conv3D", {"filters": 2, "kernel_size": 2, "padding": "same", "strides": (1, 2, 3)}, CUBE),
    ("Conv1DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2}, ROW),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGE),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": (2, 3), "strides": (3, 2), "output_padding": (2, 0)}, IMAGE),
    ("Conv2DTranspose", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0}, IMAGE),
    ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, **FIRST}, CUBE),
    ("DepthwiseConv1D", {"kernel_size": 3, "depth_multiplier": 2}, ROW),
    ("DepthwiseConv2D", {"kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same"}, IMAGE),
    ("SeparableConv1D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2, "use_bias": False}, ROW),
    ("SeparableConv2D", {"filters": 4, "kernel_size": (3, 2), "depth_multiplier": 2, "padding": "same"}, IMAGE),
    *((f"{what}Pooling1D", {"pool_size": 2, "padding": "same"}, ROW) for what in ("Max", "Average")),
    *((f"{what}Pooling2D", {"pool_size": 3, "strides": 2}, IMAGE) for what in ("Max", "Average")),
    *((f"{what}Pooling3D", {"pool_size": (2, 3, 2), **FIRST}, CUBE) for what in ("Max", "Average")),
    *((f"Global{what}Pooling1D", {"keepdims": True}, ROW) for what in ("Max", "Average")),
    *((f"Global{what}Pooling2D", {}, IMAGE) for what in ("Max", "Average")),
    *((f"Global{what}Pooling3D", {"keepdims": True, **FIRST}, CUBE) for what in ("Max", "Average")),
    *((f"Adaptive{what}Pooling1D", {"output_size": 3}, ROW) for what in ("Max", "Average")),
    *((f"Adaptive{what}Pooling2D", {"output_size": (3, 5)}, IMAGE) for what in ("Max", "Average")),
    *((f"Adaptive{what}Pooling3D", {"output_size": 2, **FIRST}, CUBE) for what in ("Max", "Average")),
    ("Dense", {"units": 5}, FLAT),
    ("Dense", {"units": 5, "use_bias": False}, IMAGE),
    ("Flatten", {}, IMAGE),
    ("Flatten", FIRST, CUBE),
    ("Flatten", {}, ((None, 3),)),
    ("Flatten", {}, ((),)),
    ("Reshape", {"target_shape": (3, -1, 2)}, IMAGE),
    ("Reshape", {"target_shape": (3, -1)}, ((None, 3),)),
    ("Permute", {"dims": (3, 1, 2)}, IMAGE),
    ("RepeatVector", {"n": 4}, FLAT),
    ("ZeroPadding1D", {"padding": (1, 2)}, ROW),
    ("ZeroPadding1D", {"padding": 3, **FIRST}, ROW),
    ("ZeroPadding2D", {"padding": ((1, 2), (0, 3))}, IMAGE),
    ("ZeroPadding2D", {"padding": (1, 2)}, IMAGE),
    ("ZeroPadding3D", {"padding": 1, **FIRST}, CUBE),
    ("Cropping1D", {"cropping": (1, 2)}, ROW),
    ("Cropping2D", {"cropping": ((1, 2), (0, 3)), **FIRST}, IMAGE),
    ("Cropping3D", {"cropping": 1}, CUBE),
    ("UpSampling1D", {"size": 3}, ROW),
    ("UpSampling2D", {"size": (2, 3), "interpolation": "bilinear"}, IMAGE),
    ("UpSampling3D", {"size": 2, **FIRST}, CUBE),
    ("BatchNormalization", {}, IMAGE),
    ("BatchNormalization", {"axis": 1, "scale": False, "center": False}, IMAGE),
    ("BatchNormalization", {"renorm": True}, FLAT),
    ("LayerNormalization", {}, IMAGE),
    ("LayerNormalization", {"axis": [1, 2, -1], "center": False}, IMAGE),
    ("LayerNormalization", {"center": False, "scale": False}, IMAGE),
    ("GroupNormalization", {"groups": 3}, IMAGE),
    ("RMSNormalization", {"axis": [-2, -1]}, IMAGE),
    ("UnitNormalization", {"axis": 2}, IMAGE),
    ("Normalization", {"axis": None}, IMAGE),
    ("Normalization", {"axis": (1, -1)}, IMAGE),
    ("Normalization", {"mean": 0.5, "variance": 2.0}, IMAGE),
    ("Activation", {"activation": "softmax"}, IMAGE),
    ("ReLU", {"max_value": 6.0}, IMAGE),
    ("LeakyReLU", {}, IMAGE),
    ("ELU", {}, FLAT),
    ("PReLU", {}, IMAGE),
    ("PReLU", {"shared_axes": [1, 2]}, IMAGE),
    ("Softmax", {"axis": [1, 2]}, IMAGE),
    ("Dropout", {"rate": 0.5}, IMAGE),
    ("SpatialDropout1D", {"rate": 0.5}, ROW),
    ("SpatialDropout2D", {"rate": 0.5}, IMAGE),
    ("SpatialDropout3D", {"rate": 0.5}, CUBE),
    ("AlphaDropout", {"rate": 0.5}, FLAT),
    ("GaussianDropout", {"rate": 0.5}, IMAGE),
    ("GaussianNoise", {"stddev": 0.5}, IMAGE),
    ("ActivityRegularization", {"l1": 0.5}, IMAGE),
    ("RandomBrightness", {"factor": 0.5}, ((9, 8, 3),)),
    ("RandomContrast", {"factor": 0.5}, ((9, 8, 3),)),
    ("RandomFlip", {}, ((9, 8, 3),)),
    ("RandomRotation", {"factor": 0.5}, ((9, 8, 3),)),
    ("RandomTranslation", {"height_factor": 0.5, "width_factor": 0.5}, ((9, 8, 3),)),
    ("RandomZoom", {"height_factor": 0.5}, ((9, 8, 3),)),
    ("Identity", {}, IMAGE),
    ("Masking", {}, ROW),
    ("Rescaling", {"scale": 0.5}, IMAGE),
    *((kind, {}, TWO_IMAGES) for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")),
    ("Multiply", {}, ((9, 8, 6), (1, 1, 6))),
    ("Add", {}, ((6,), (9, 8, 1))),
    ("Concatenate", {}, ((9, 8, 6), (9, 8, 2), (9, 8, 1))),
    ("Concatenate", {"axis": 1}, ((9, 8), (2, 8))),
    ("Concatenate", {"axis": -1}, ((9, None), (9, 8))),
    ("Dot", {"axes": 1}, ((6,), (6,))),
    ("Dot", {"axes": (2, -2)}, ((4, 6), (6, 5))),
]


def built(kind: str, settings_: Mapping[str, object], shapes: tuple[Shape, ...]) -> tuple[Any, Any]:
    """Build the real layer; return it and the shapes as Keras wants them."""
    layer = getattr(keras.layers, kind)(**settings_)
    batches: Any = [(None, *shape) for shape in shapes]
    batches = batches[0] if len(shapes) == 1 else batches
    layer.build(batches)
    return layer, batches


@pytest.mark.parametrize(("kind", "settings_", "shapes"), CASES)
def test_shape_and_weights_are_those_of_the_layer(
    kind: str, settings_: Mapping[str, object], shapes: tuple[Shape, ...]
) -> None:
    layer, batches = built(kind, settings_, shapes)
    arithmetic = work_out(kind, layer.get_config(), shapes)
    assert arithmetic is not None
    assert arithmetic.output_shape == tuple(layer.compute_output_shape(batches))[1:]
    assert arithmetic.parameters == layer.count_params()
    assert not wrong(arithmetic.steps)


def test_every_kind_is_compared_with_its_layer() -> None:
    names = set(layers.NAMES) - {"operators"}  # these are no layers: see test_operators.py
    kinds = {kind for name in names for kind in registry.load("layers", name).KINDS}
    assert kinds - {kind for kind, _, _ in CASES} == {"InputLayer"}


def test_input_layer_hands_on_the_image() -> None:
    config = keras.layers.InputLayer(shape=(28, 28, 1)).get_config()
    for shapes in ((), ((28, 28, 1),)):
        arithmetic = work_out("InputLayer", config, shapes)
        assert arithmetic is not None
        assert (arithmetic.output_shape, arithmetic.windows) == ((28, 28, 1), ())


def test_layers_that_act_in_training_hand_on_their_input() -> None:
    images = np.random.default_rng(0).uniform(1, 255, (2, 9, 8, 3)).astype("float32")
    for kind, settings_, shapes in CASES:
        arithmetic = work_out(kind, settings_, shapes)
        if arithmetic and any("training only" in note for note in arithmetic.notes) and len(shapes[0]) == 3:
            layer = getattr(keras.layers, kind)(**settings_)
            np.testing.assert_array_equal(layer(images, training=False), images, err_msg=kind)


KERNELS = ("Conv", "Depthwise", "Separable")


@st.composite
def sliding_layers(draw: st.DrawFn) -> tuple[str, dict[str, object], Shape]:
    """Draw any layer with windows, and an input that it may or may not fit."""
    kinds = [kind for kind, _, _ in CASES if kind.startswith((*KERNELS, "MaxPooling", "AveragePooling"))]
    kind = draw(st.sampled_from(sorted(set(kinds))))
    rank = int(kind.removesuffix("Transpose")[-2])

    def numbers(most: int) -> tuple[int, ...]:
        return draw(st.tuples(*[st.integers(1, most)] * rank))

    channels = draw(st.integers(1, 3)) * 2
    paddings = ["valid", "same", "causal"] if kind == "Conv1D" else ["valid", "same"]
    chosen: dict[str, object] = {
        "padding": draw(st.sampled_from(paddings)),
        "data_format": draw(st.sampled_from(["channels_last", "channels_first"])),
    }
    if kind.startswith(KERNELS):
        chosen |= {"kernel_size": numbers(4), "use_bias": draw(st.booleans())}
        chosen |= draw(st.sampled_from(["strides", "dilation_rate"]).map(lambda key: {key: numbers(3)}))
    else:
        chosen |= {"pool_size": numbers(4), "strides": draw(st.none() | st.just(numbers(3)))}
    if kind.startswith(("Conv", "Separable")):
        chosen["filters"] = draw(st.integers(1, 3)) * 2
    if kind.startswith(("Depthwise", "Separable")):
        chosen["depth_multiplier"] = draw(st.integers(1, 3))
    if kind.startswith("Conv") and not kind.endswith("Transpose"):
        chosen["groups"] = draw(st.sampled_from([1, 2]))
    lengths = draw(st.tuples(*[st.none() | st.integers(1, 12)] * rank))
    shape = (channels, *lengths) if chosen["data_format"] == "channels_first" else (*lengths, channels)
    return kind, chosen, shape


@settings(max_examples=250, deadline=None)
@given(sliding_layers())
def test_any_windows_give_the_layers_own_answer(drawn: tuple[str, dict[str, object], Shape]) -> None:
    kind, chosen, shape = drawn
    layer = getattr(keras.layers, kind)(**chosen)
    try:
        layer.build((None, *shape))
        expected = tuple(layer.compute_output_shape((None, *shape)))[1:]
    except ValueError:
        with pytest.raises(LayerError, match="window must fit"):
            work_out(kind, layer.get_config(), (shape,))
        return
    arithmetic = work_out(kind, layer.get_config(), (shape,))
    assert arithmetic is not None
    assert arithmetic.output_shape == expected
    assert arithmetic.parameters == layer.count_params()
    assert not wrong(arithmetic.steps)


def influences(layer: Callable[[Any], Any], length: int) -> list[set[int]]:
    """Return which input positions each output position answers to, by lighting one position at a time."""
    answers = np.asarray(layer(np.eye(length, dtype="float32").reshape(length, length, 1)))
    return [set(np.flatnonzero(answers[:, place, 0])) for place in range(answers.shape[1])]


READERS: list[tuple[str, dict[str, object]]] = [
    ("Conv1D", {"kernel_size": 4, "padding": "same"}),
    ("Conv1D", {"kernel_size": 4, "strides": 3, "padding": "same"}),
    ("Conv1D", {"kernel_size": 1, "strides": 3, "padding": "same"}),
    ("Conv1D", {"kernel_size": 3, "strides": 2}),
    ("Conv1D", {"kernel_size": 2, "dilation_rate": 3, "padding": "same"}),
    ("Conv1D", {"kernel_size": 3, "dilation_rate": 2, "padding": "causal"}),
    ("Conv1D", {"kernel_size": 3, "strides": 2, "padding": "causal"}),
    ("Conv1DTranspose", {"kernel_size": 3, "strides": 2}),
    ("Conv1DTranspose", {"kernel_size": 2, "strides": 4}),
    ("Conv1DTranspose", {"kernel_size": 3, "strides": 2, "output_padding": 1}),
    ("Conv1DTranspose", {"kernel_size": 3, "strides": 2, "padding": "same"}),
    ("Conv1DTranspose", {"kernel_size": 4, "strides": 2, "padding": "same"}),
    ("Conv1DTranspose", {"kernel_size": 5, "strides": 3, "padding": "same", "output_padding": 0}),
    ("Conv1DTranspose", {"kernel_size": 5, "strides": 3, "padding": "same", "output_padding": 2}),
    ("Conv1DTranspose", {"kernel_size": 3, "dilation_rate": 2, "padding": "same"}),
    ("SeparableConv1D", {"kernel_size": 3, "strides": 2, "padding": "same"}),
    ("DepthwiseConv1D", {"kernel_size": 3, "strides": 2, "dilation_rate": 2, "padding": "same"}),
    ("AveragePooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}),
    ("AveragePooling1D", {"pool_size": 2}),
    ("AdaptiveAveragePooling1D", {"output_size": 5}),
    ("ZeroPadding1D", {"padding": (1, 2)}),
    ("Cropping1D", {"cropping": (1, 2)}),
    ("UpSampling1D", {"size": 3}),
]


@pytest.mark.parametrize(("kind", "settings_"), READERS)
@pytest.mark.parametrize("length", [10, 15])
def test_windows_read_what_the_layer_reads(kind: str, settings_: dict[str, object], length: int) -> None:
    chosen = dict(settings_)
    if "kernel_size" in chosen:
        chosen |= {"filters": 1} if "Depthwise" not in kind else {}
        names = (
            ("depthwise", "pointwise") if "Separable" in kind else (("depthwise",) if "Depth" in kind else ("kernel",))
        )
        chosen |= {f"{name}_initializer": "ones" for name in names}
    layer = getattr(keras.layers, kind)(**chosen)
    arithmetic = work_out(kind, layer.get_config(), ((length, 1),))
    assert arithmetic is not None
    assert arithmetic.windows is not None
    (window,) = arithmetic.windows
    # TensorFlow spreads dilated kernels on a CPU only through XLA.
    is_dilated = kind.endswith("Transpose") and "dilation_rate" in chosen
    found = influences(tf.function(layer, jit_compile=True, autograph=False) if is_dilated else layer, length)
    assert len(found) == arithmetic.output_shape[0]
    for place, read in enumerate(found):
        taps = {place * window.stride - window.padding_before + t * window.dilation for t in range(window.kernel)}
        inside = {tap // window.upscale for tap in taps if window.holds or tap % window.upscale == 0}
        assert read == inside & set(range(length))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_bilinear_upsampling_reads_what_its_window_says(size: int) -> None:
    layer = keras.layers.UpSampling2D((size, 1), interpolation="bilinear")
    arithmetic = work_out("UpSampling2D", layer.get_config(), ((6, 1, 1),))
    assert arithmetic is not None
    assert arithmetic.windows is not None
    field = through(INPUT, arithmetic.windows[0])
    for place, read in enumerate(influences(lambda row: layer(row[:, :, None, :])[:, :, 0], 6)):
        interval = field.at(place)
        assert interval is not None
        assert (min(read), max(read)) == (max(interval[0], 0), min(interval[1], 5))
