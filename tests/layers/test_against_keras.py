"""Every kind against the layer itself: Keras's output shape, its count of weights, and what its outputs really read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen import layers, registry
from reportgen.layers import pointwise
from reportgen.layers.arithmetic import work_out
from reportgen.layers.fields import INPUT, through
from reportgen.records.model import Shape
from tests.layers.real import build, made, shape_rule
from tests.layers.sums import wrong

pytestmark = [pytest.mark.keras, pytest.mark.numbers]

IMAGE: tuple[Shape, ...] = ((9, 8, 6),)
ROW: tuple[Shape, ...] = ((9, 6),)
CUBE: tuple[Shape, ...] = ((5, 6, 7, 4),)
FLAT: tuple[Shape, ...] = ((6,),)
TWO_IMAGES: tuple[Shape, ...] = ((9, 8, 6), (9, 8, 6))
FIRST: dict[str, object] = {"data_format": "channels_first"}
FILM: tuple[Shape, ...] = ((4, 9, 8, 3),)
PICTURE: tuple[Shape, ...] = ((9, 8, 3),)
TWO_ROWS: tuple[Shape, ...] = ((7, 6), (5, 6))

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
    *(
        (kind, {"factor": 0.5}, PICTURE)
        for kind in (
            "RandomBrightness",
            "RandomColorDegeneration",
            "RandomContrast",
            "RandomHue",
            "RandomInvert",
            "RandomRotation",
            "RandomSaturation",
            "RandomSharpness",
        )
    ),
    *(
        (kind, {}, PICTURE)
        for kind in (
            "AugMix",
            "CutMix",
            "MixUp",
            "RandAugment",
            "RandomColorJitter",
            "RandomElasticTransform",
            "RandomErasing",
            "RandomFlip",
            "RandomGaussianBlur",
            "RandomGrayscale",
            "RandomPerspective",
        )
    ),
    ("RandomPosterization", {"factor": 4}, PICTURE),
    ("RandomShear", {"x_factor": 0.5}, PICTURE),
    ("RandomTranslation", {"height_factor": 0.5, "width_factor": 0.5}, PICTURE),
    ("RandomZoom", {"height_factor": 0.5}, PICTURE),
    *((kind, {}, PICTURE) for kind in ("AutoContrast", "Equalization", "Solarization")),
    ("ContrastLimitedAdaptiveHistogramEqualization", {}, PICTURE),
    *((kind, {"height": 5, "width": 7}, PICTURE) for kind in ("CenterCrop", "Resizing")),
    ("CenterCrop", {"height": 12, "width": 7, **FIRST}, ((3, 9, 8),)),
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
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (9, 5), "bias_axes": "d"}, ROW),
    ("EinsumDense", {"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, ROW),
    ("EinsumDense", {"equation": "ab...,bc->ac...", "output_shape": 5}, IMAGE),
    ("EinsumDense", {"equation": "abc,cde->abde", "output_shape": (9, 2, 3), "bias_axes": "de"}, ROW),
    ("EinsumDense", {"equation": "abc,bcd->ad", "output_shape": 5}, ROW),
    ("Embedding", {"input_dim": 10, "output_dim": 4}, FLAT),
    *((kind, {"units": 4}, ROW) for kind in ("SimpleRNN", "GRU", "LSTM")),
    *((kind, {"units": 4, "return_state": True, "use_bias": False}, ROW) for kind in ("SimpleRNN", "GRU", "LSTM")),
    *((f"{kind}Cell", {"units": 4}, FLAT) for kind in ("SimpleRNN", "GRU", "LSTM")),
    ("GRU", {"units": 4, "reset_after": False, "return_sequences": True}, ROW),
    ("LSTM", {"units": 4, "return_sequences": True}, ((None, 3),)),
    ("RNN", {"cell": keras.layers.GRUCell(4)}, ROW),
    ("RNN", {"cell": [keras.layers.LSTMCell(4), keras.layers.GRUCell(3)], "return_sequences": True}, ROW),
    ("StackedRNNCells", {"cells": [keras.layers.LSTMCell(4), keras.layers.SimpleRNNCell(3)]}, FLAT),
    *(("Bidirectional", {"layer": keras.layers.LSTM(4), "merge_mode": mode}, ROW) for mode in ("concat", "ave", None)),
    (
        "Bidirectional",
        {
            "layer": keras.layers.GRU(4, return_sequences=True),
            "backward_layer": keras.layers.LSTM(4, return_sequences=True, go_backwards=True),
        },
        ROW,
    ),
    ("Bidirectional", {"layer": keras.layers.ConvLSTM1D(2, 3)}, ((4, 9, 3),)),
    ("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, ((4, 9, 3),)),
    ("ConvLSTM2D", {"filters": 2, "kernel_size": (3, 2), "strides": 2, "padding": "same"}, FILM),
    ("ConvLSTM2D", {"filters": 2, "kernel_size": 3, "return_sequences": True, "use_bias": False}, FILM),
    ("ConvLSTM2D", {"filters": 2, "kernel_size": 3, "return_sequences": True, **FIRST}, ((None, 3, 9, 8),)),
    ("ConvLSTM3D", {"filters": 2, "kernel_size": 2, "return_state": True}, ((4, 5, 6, 7, 2),)),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3}, TWO_ROWS),
    (
        "MultiHeadAttention",
        {"num_heads": 2, "key_dim": 3, "value_dim": 4, "output_shape": (5, 2), "use_gate": True, "use_bias": False},
        ((7, 6), (5, 4), (5, 3)),
    ),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "attention_axes": (2,)}, ((7, 5, 4), (7, 6, 3))),
    ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "sliding_window": 2}, TWO_ROWS),
    ("GroupedQueryAttention", {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, TWO_ROWS),
    (
        "GroupedQueryAttention",
        {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2, "use_gate": True, "use_bias": False},
        TWO_ROWS,
    ),
    ("Attention", {}, TWO_ROWS),
    ("Attention", {"use_scale": True, "score_mode": "concat"}, ((7, 6), (5, 6), (5, 6))),
    ("AdditiveAttention", {}, TWO_ROWS),
    ("AdditiveAttention", {"use_scale": False}, ((2, 7, 6), (2, 5, 6))),
]


@pytest.mark.parametrize(("kind", "settings_", "shapes"), CASES)
def test_shape_and_weights_are_those_of_the_layer(
    kind: str, settings_: Mapping[str, object], shapes: tuple[Shape, ...]
) -> None:
    layer = made(kind, settings_)
    batches = build(layer, shapes)
    arithmetic = work_out(kind, layer.get_config(), shapes)
    assert arithmetic is not None
    assert arithmetic.output_shape == shape_rule(layer, batches)
    assert arithmetic.parameters == layer.count_params()
    assert not wrong(arithmetic.steps)


@pytest.mark.parametrize(
    ("inside", "shape"),
    [
        (keras.layers.Conv2D(4, 3), (9, 8, 6)),
        (keras.layers.Conv2DTranspose(4, 3), (9, 8, 6)),
        (keras.layers.DepthwiseConv2D(3, depth_multiplier=2), (9, 8, 6)),
        (keras.layers.Dense(5), (6,)),
        (keras.layers.Embedding(7, 3), (6,)),
    ],
    ids=["conv", "transposed", "depthwise", "dense", "embedding"],
)
def test_spectral_normalization_adds_one_vector_to_the_layer_inside(inside: Any, shape: Shape) -> None:
    layer = keras.layers.SpectralNormalization(inside)
    layer.build((None, *shape))
    arithmetic = work_out("SpectralNormalization", layer.get_config(), (shape,))
    own = work_out(type(inside).__name__, inside.get_config(), (shape,))
    assert arithmetic is not None
    assert own is not None
    assert arithmetic.output_shape == shape_rule(layer, (None, *shape))
    assert arithmetic.parameters == layer.count_params() - inside.count_params()
    assert (arithmetic.macs, arithmetic.windows) == (0, own.windows)
    assert not wrong(arithmetic.steps)


def test_every_kind_is_compared_with_its_layer() -> None:
    names = set(layers.NAMES) - {"operators"}  # these are no layers: see test_operators.py
    kinds = {kind for name in names for kind in registry.load("layers", name).KINDS}
    assert kinds - {kind for kind, _, _ in CASES} == {"InputLayer", "RandomCrop", "SpectralNormalization"}


def test_input_layer_hands_on_the_image() -> None:
    config = keras.layers.InputLayer(shape=(28, 28, 1)).get_config()
    for shapes in ((), ((28, 28, 1),)):
        arithmetic = work_out("InputLayer", config, shapes)
        assert arithmetic is not None
        assert (arithmetic.output_shape, arithmetic.windows) == ((28, 28, 1), ())


def test_layers_that_act_in_training_hand_on_their_input() -> None:
    images = np.random.default_rng(0).uniform(1, 255, (2, 9, 8, 3)).astype("float32")
    found = []
    for kind, settings_, shapes in (*CASES, ("RandomCrop", {"height": 5, "width": 6}, PICTURE)):
        arithmetic = work_out(kind, settings_, shapes) if kind in pointwise.KINDS else None
        if arithmetic and any("training only" in note for note in arithmetic.notes) and len(shapes[0]) == 3:
            layer = getattr(keras.layers, kind)(**settings_)
            np.testing.assert_array_equal(layer(images, training=False), images, err_msg=kind)
            found.append(kind)
    assert len(found) == 29


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
