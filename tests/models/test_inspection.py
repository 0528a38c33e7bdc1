"""Records of models: the article's table, every way to build a model, and published numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models.convnet import convnet
from reportgen.models.inputs import input_records, zero_inputs
from reportgen.models.inspection import inspect
from reportgen.records.model import LayerRecord, ModelRecord, TensorRecord, WeightFault
from tests.layers.graphs import walk
from tests.layers.sums import wrong
from tests.models import toys

pytestmark = [pytest.mark.keras, pytest.mark.numbers]
layers = keras.layers


def calls(record: ModelRecord) -> dict[str, LayerRecord]:
    return {call.path: call for call in record.layers}


@pytest.fixture(scope="module")
def article() -> ModelRecord:
    return inspect(convnet())


# The article's own numbers; receptive fields and jumps: a 3 × 3 window adds 2 pixels, a 2 × 2 pool one more.
ARTICLE: list[tuple[str, str, tuple[int, ...], int, int, tuple[int, ...] | None, tuple[int, ...] | None, bool]] = [
    ("input_layer", "Conv2D", (26, 26, 32), 320, 194_688, (3, 3), (1, 1), False),
    ("conv_1", "Conv2D", (24, 24, 64), 18_496, 10_616_832, (5, 5), (1, 1), False),
    ("pool_1", "MaxPooling2D", (12, 12, 64), 0, 0, (6, 6), (2, 2), False),
    ("dropout_1", "Dropout", (12, 12, 64), 0, 0, (6, 6), (2, 2), False),
    ("flate_1", "Flatten", (9216,), 0, 0, None, None, True),
    ("dense_1", "Dense", (128,), 1_179_776, 1_179_648, None, None, True),
    ("dropout_2", "Dropout", (128,), 0, 0, None, None, True),
    ("output_layer", "Dense", (10,), 1_290, 1_280, None, None, True),
]


def test_the_articles_network_has_the_articles_numbers(article: ModelRecord) -> None:
    table = [
        (
            call.path,
            call.kind,
            call.output_shape,
            call.parameters,
            call.macs,
            call.receptive_field,
            call.jump,
            call.whole_image,
        )
        for call in article.layers
    ]
    assert table == ARTICLE


def test_the_articles_network_has_the_articles_totals(article: ModelRecord) -> None:
    assert (article.name, article.kind, article.outputs[0].activation) == ("mnist_convnet", "sequential", "softmax")
    assert article.inputs == (TensorRecord("image", (28, 28, 1), "float32"),)
    assert [output.shape for output in article.outputs] == [(10,)]
    assert article.parameters == article.trainable_parameters == 1_199_882
    assert article.macs == 194_688 + 10_616_832 + 1_179_648 + 1_280
    assert article.size_bytes == 4 * 1_199_882
    assert article.rescales is None
    assert article.faults == ()


def test_calls_of_a_chain_are_numbered_and_linked(article: ModelRecord) -> None:
    assert [call.index for call in article.layers] == list(range(1, 9))
    assert [call.inputs for call in article.layers] == [("",), *((call.path,) for call in article.layers[:-1])]
    assert [call.role for call in article.layers] == ["conv", "conv", "pool", *["other"] * 5]


def test_every_shown_sum_of_the_articles_network_comes_to_its_value(article: ModelRecord) -> None:
    for call in article.layers:
        assert wrong(call.steps) == [], call.path
    shown = {step.quantity: step.value for step in calls(article)["conv_1"].steps}
    assert shown["parameters"] == 18_496
    assert shown["multiply-adds"] == 10_616_832
    assert shown["receptive field, height and width"] == 5


def test_every_formula_of_the_articles_network_agrees_with_keras(article: ModelRecord) -> None:
    checks = [(call.path, check) for call in article.layers for check in call.checks]
    assert [path for path, check in checks if not check.agrees] == []
    quantities = [check.quantity for path, check in checks if path == "dense_1"]
    assert quantities == ["output shape", "parameters", "multiply-adds"]


def test_activation_memory_is_four_bytes_a_number(article: ModelRecord) -> None:
    assert calls(article)["input_layer"].activation_bytes == 4 * 26 * 26 * 32


def test_settings_are_told_in_the_readers_words(article: ModelRecord) -> None:
    told = {setting.name: setting.value for setting in calls(article)["conv_1"].settings}
    assert told == {"kernel": (3, 3), "stride": (1, 1), "padding": "valid", "filters": 64, "activation": "relu"}


def test_shared_layer_is_counted_once_in_the_totals() -> None:
    record = inspect(toys.shared())
    assert record.parameters == 10
    assert [(call.path, call.parameters, call.shared_with) for call in record.layers] == [
        ("sh", 10, None),
        ("sh#2", 10, "sh"),
        ("sh#3", 10, "sh"),
        ("join", 0, None),
    ]
    assert record.macs == 3 * 4 * 4 * 9


def test_receptive_fields_of_branches_are_united() -> None:
    found = calls(inspect(toys.shared()))
    assert [found[path].receptive_field for path in ("sh", "sh#2", "sh#3", "join")] == [(3, 3), (5, 5), (3, 3), (5, 5)]
    assert found["join"].padding == (2, 2)
    assert found["join"].inputs == ("sh#2", "sh#3")


def test_backbone_called_twice_has_a_path_for_each_call() -> None:
    found = calls(inspect(toys.twins()))
    assert list(found) == ["backbone/c", "backbone#2/c", "both"]
    assert found["backbone#2/c"].shared_with == "backbone/c"
    assert found["both"].inputs == ("backbone/c", "backbone#2/c")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (toys.sequential, "sequential"),
        (toys.functional, "functional"),
        (toys.nested, "functional"),
        (toys.twins, "functional"),
        (toys.two_answers, "functional"),
        (toys.over_time, "sequential"),
    ],
)
def test_totals_are_the_models_own_count(make: Any, kind: str) -> None:
    model = make()
    record = inspect(model)
    assert record.kind == kind
    owners = [call for call in record.layers if call.shared_with is None]
    assert sum(call.parameters for call in owners) == record.parameters == model.count_params()


def test_models_around_layers_are_no_rows_of_their_own() -> None:
    assert list(calls(inspect(toys.nested()))) == ["middle/core/conv", "middle/relu", "pool"]


def test_several_inputs_and_outputs_keep_their_names() -> None:
    assert [tensor.name for tensor in inspect(toys.twins()).inputs] == ["left", "right"]
    assert [(tensor.name, tensor.shape) for tensor in inspect(toys.two_answers()).outputs] == [
        ("maps", (2, 2, 1)),
        ("mean", (1,)),
    ]


def test_layer_on_each_picture_of_a_film_is_one_row_that_counts_its_work_for_each() -> None:
    (call,) = inspect(toys.over_time()).layers
    # 3 × 3 weights at 2 × 2 positions of each of three pictures.
    assert (call.path, call.output_shape, call.parameters, call.macs) == ("each/conv", (3, 2, 2, 1), 10, 3 * 36)
    assert (call.time_steps, call.map_axes, call.channel_axis) == ((3,), ("time", "height", "width"), 3)
    assert call.activation_bytes == 3 * 2 * 2 * 4
    assert call.inputs == ("",)
    assert wrong(call.steps) == []
    assert [check.quantity for check in call.checks if check.agrees] == ["output shape", "parameters", "multiply-adds"]


def film(*middle: Any) -> ModelRecord:
    """Five frames of 12 × 12 through some layers."""
    return inspect(keras.Sequential([keras.Input((5, 12, 12, 3)), *middle]))


def test_layer_on_each_picture_of_a_film_is_a_volume_conv_that_is_one_picture_deep() -> None:
    each = [layers.Conv2D(4, 3, strides=2, name="conv"), layers.MaxPooling2D(2, name="pool")]
    backbone = layers.TimeDistributed(keras.Sequential(each, name="backbone"), name="each")
    deep = [layers.Conv3D(4, (1, 3, 3), strides=(1, 2, 2), name="conv"), layers.MaxPooling3D((1, 2, 2), name="pool")]
    frames, volume = film(backbone, layers.Flatten()), film(*deep, layers.Flatten())
    assert [call.path for call in frames.layers[:2]] == ["each/backbone/conv", "each/backbone/pool"]
    for one, other in zip(frames.layers, volume.layers, strict=True):
        for name in ("output_shape", "parameters", "macs", "receptive_field", "jump", "padding", "activation_bytes"):
            assert getattr(one, name) == getattr(other, name), name
    assert [call.inputs for call in frames.layers] == [
        ("",),
        ("each/backbone/conv",),
        ("each/backbone/pool",),
    ]
    assert (frames.parameters, frames.macs) == (volume.parameters, volume.macs)


def test_film_of_films_counts_every_picture_once() -> None:
    inner = layers.TimeDistributed(layers.Conv2D(1, 3, name="conv"), name="inner")
    outer = layers.TimeDistributed(inner, name="outer")
    record = inspect(keras.Sequential([keras.Input((2, 3, 4, 4, 1)), outer]))
    (call,) = record.layers
    assert (call.path, call.output_shape, call.macs) == ("outer/inner/conv", (2, 3, 2, 2, 1), 2 * 3 * 36)
    assert (call.time_steps, call.map_axes) == ((2, 3), ("time", "time", "height", "width"))
    assert record.parameters == 10


def test_parts_of_a_film_see_their_own_picture_only() -> None:
    record = film(layers.TimeDistributed(layers.GlobalAveragePooling2D(name="mean"), name="each"))
    assert (record.layers[0].whole_image, record.layers[0].receptive_field) == (False, None)


def test_subclassed_model_is_inspected_with_the_shape_of_its_images() -> None:
    record = inspect(toys.subclassed(), {"": (6, 6, 1)})
    assert record.kind == "subclassed"
    assert record.inputs == (TensorRecord("input_0", (6, 6, 1), "float32"),)
    assert [(call.path, call.output_shape, call.receptive_field) for call in record.layers] == [
        ("start", (4, 4, 1), (3, 3)),
        ("branches/first", (4, 4, 1), (3, 3)),
        ("branches/second", (4, 4, 1), (3, 3)),
        ("branches/pool", (2, 2, 1), (4, 4)),
        ("head", (2, 2, 2), (4, 4)),
    ]


def test_subclassed_model_without_images_is_refused() -> None:
    with pytest.raises(ModelError, match=r"'own' does not say what it takes.*Give images"):
        inspect(toys.subclassed())


def test_weights_of_a_users_layer_around_layers_are_counted() -> None:
    class Scaled(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__(name="scaled")
            self.conv = layers.Conv2D(1, 1, name="conv")
            self.scale = self.add_weight(name="scale", shape=(3,), initializer="ones")

        def call(self, inputs: Any) -> Any:
            return self.conv(inputs) * self.scale[0]

    model = keras.Sequential([keras.Input((2, 2, 1)), Scaled()])
    found = calls(inspect(model))
    assert list(found) == ["scaled/conv", "scaled"]
    assert found["scaled/conv"].has_formula
    assert not found["scaled"].has_formula


def test_unknown_kind_is_reported_with_keras_numbers() -> None:
    table = layers.ReversibleEmbedding(5, 2, name="table")
    model = keras.Sequential([keras.Input((3,), dtype="int32"), table, layers.Dense(1, name="end")])
    record = calls(inspect(model))["table"]
    assert (record.output_shape, record.parameters) == ((3, 2), 5 * 2)
    assert (record.has_formula, record.macs, record.receptive_field, record.steps) == (False, None, None, ())
    assert record.notes == ("No formula for kind ReversibleEmbedding: shape and parameters are Keras's own.",)
    assert inspect(model).macs == 3 * 2


def test_users_class_with_a_keras_name_gets_no_formula() -> None:
    class Conv2D(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        def call(self, inputs: Any) -> Any:
            return inputs[:, :1]

    model = keras.Sequential([keras.Input((4, 4, 1)), Conv2D(name="own")])
    record = calls(inspect(model))["own"]
    assert (record.kind, record.output_shape, record.has_formula) == ("Conv2D", (1, 4, 1), False)
    assert "a class from outside Keras" in record.notes[0]


@pytest.mark.parametrize(
    ("values", "num_nan", "num_infinite"),
    [([np.nan, 1, np.nan], 2, 0), ([np.inf, -np.inf, 1], 0, 2), ([np.nan, np.inf, 0], 1, 1)],
    ids=["NaN", "infinity", "both"],
)
def test_weights_that_are_no_numbers_are_found(values: list[float], num_nan: int, num_infinite: int) -> None:
    model = toys.sequential()
    bias = model.get_layer("scores").bias
    bias.assign(values)
    assert inspect(model).faults == (WeightFault("/".join(bias.path.split("/")[-2:]), num_nan, num_infinite, 3),)


def test_bfloat16_weights_that_are_no_numbers_are_found() -> None:
    model = keras.Sequential([keras.Input((2,)), layers.Dense(1, dtype="bfloat16", name="end")])
    model.get_layer("end").kernel.assign([[np.nan], [np.inf]])
    assert inspect(model).faults == (WeightFault("end/kernel", 1, 1, 2),)


@pytest.mark.parametrize("make", [toys.sequential, toys.nested, toys.shared])
def test_hash_of_the_weights_survives_saving_and_loading(make: Any, tmp_path: Path) -> None:
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert inspect(loaded).weights_sha256 == inspect(model).weights_sha256


def test_hash_of_the_weights_changes_with_one_bit() -> None:
    model = toys.sequential()
    before = inspect(model).weights_sha256
    kernel = model.get_layer("conv").kernel
    values = np.asarray(kernel).copy()
    values.view(np.uint32).flat[7] ^= 1
    kernel.assign(values)
    after = inspect(model).weights_sha256
    values.view(np.uint32).flat[7] ^= 1
    kernel.assign(values)
    assert after != before
    assert inspect(model).weights_sha256 == before


def open_model() -> Any:
    start = keras.Input((None, None, 1), name="any")
    return keras.Model(start, layers.Conv2D(1, 3, name="conv")(start), name="open")


def test_open_size_is_refused_without_images() -> None:
    with pytest.raises(ModelError, match=r"leaves a size of its input 'any' open: \(None, None, 1\).*Give data"):
        inspect(open_model())


def test_open_size_is_taken_from_the_images() -> None:
    record = inspect(open_model(), {"": (5, 7, 1)})
    assert record.inputs[0].shape == (5, 7, 1)
    assert calls(record)["conv"].output_shape == (3, 5, 1)


@pytest.mark.parametrize("shape", [(6, 6, 2), (6, 6), (6, 5, 1)], ids=["channels", "rank", "width"])
def test_images_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match=r"takes \(6, 6, 1\) and got"):
        inspect(toys.sequential(), {"": shape})


def test_model_that_cannot_run_is_refused_with_its_reason() -> None:
    class Broken(keras.Model):  # type: ignore[misc, unused-ignore]
        def call(self, inputs: Any) -> Any:
            return keras.ops.reshape(inputs, (1, 7))

    with pytest.raises(ModelError, match=r"cannot be run on its input: .*[Rr]eshape.*Try model\(images, "):
        inspect(Broken(name="broken"), {"": (4, 4, 1)})


def test_model_that_tensorflow_refuses_is_refused_in_plain_letters() -> None:
    class Misshaping(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        """Does what no kernel does on any processor, and promises a shape, so that Keras does not try it before."""

        def call(self, inputs: Any) -> Any:
            return tf.reshape(inputs, (1, 7))

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], 7)

    model = keras.Sequential([keras.Input((6, 8, 1)), Misshaping(name="misshaping")], name="first")
    with pytest.raises(ModelError, match=r"'first' cannot be run .*Input to reshape is a tensor with 48") as caught:
        inspect(model)
    assert str(caught.value).isprintable()


def test_inspection_leaves_the_model_unwatched() -> None:
    model = toys.nested()
    inspect(model)
    assert "call" not in vars(model) | vars(model.get_layer("middle"))


def test_zero_inputs_have_the_shape_and_number_format_of_the_model() -> None:
    start = keras.Input((2, 3, 1), dtype="uint8")
    model = keras.Model(start, layers.Rescaling(1 / 255)(start))
    zeros = zero_inputs(model, input_records(model))
    assert (zeros.shape, keras.backend.standardize_dtype(zeros.dtype)) == ((1, 2, 3, 1), "uint8")
    assert not np.asarray(zeros).any()


def test_rescaling_inside_the_model_is_found() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Rescaling(1 / 255, name="scale"), layers.Conv2D(1, 3)])
    assert inspect(model).rescales == "scale"


def test_half_precision_counts_two_bytes() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, dtype="float16", name="conv")])
    record = inspect(model)
    assert record.size_bytes == 2 * 20
    assert calls(record)["conv"].activation_bytes == 2 * 2 * 2 * 2


def test_channels_first_is_read_in_its_own_order() -> None:
    # TensorFlow runs a plain Conv2D with channels first on accelerators only; a depthwise one everywhere.
    conv = layers.DepthwiseConv2D(3, depth_multiplier=2, data_format="channels_first", name="conv")
    pool = layers.MaxPooling2D(2, data_format="channels_first", name="pool")
    found = calls(inspect(keras.Sequential([keras.Input((1, 6, 8)), conv, pool])))
    assert found["conv"].output_shape == (2, 4, 6)
    assert found["conv"].macs == 4 * 6 * 2 * 9
    assert (found["pool"].output_shape, found["pool"].receptive_field) == ((2, 2, 3), (4, 4))
    assert (found["conv"].padding, found["pool"].jump) == ((0, 0), (2, 2))
    assert {call.data_format for call in found.values()} == {"channels_first"}
    assert all(check.agrees for call in found.values() for check in call.checks)


def test_what_says_no_data_format_has_that_of_what_it_reads() -> None:
    start = keras.Input((1, 6, 6))
    first = layers.BatchNormalization(axis=1, name="first")(start)
    conv = layers.DepthwiseConv2D(1, depth_multiplier=6, data_format="channels_first", name="conv")(first)
    seen = layers.ReLU(name="seen")(layers.BatchNormalization(axis=1, name="norm")(conv))
    added = layers.Add(name="added")([conv, seen])
    joined = layers.Concatenate(axis=1, name="joined")([added, seen])
    turned = layers.ReLU(name="turned")(layers.Permute((2, 3, 1), name="permute")(added))
    mixed = layers.Flatten(name="flat")(joined), layers.Flatten(name="other")(turned)
    found = calls(inspect(keras.Model(start, layers.Concatenate(name="row")(mixed))))
    known = {path for path, call in found.items() if call.data_format == "channels_first"}
    assert known == {"conv", "norm", "seen", "added", "joined"}
    assert (found["seen"].channel_axis, found["turned"].channel_axis) == (0, 2)


def test_squeeze_and_excite_depends_on_the_whole_image() -> None:
    start = keras.Input((8, 8, 1))
    maps = layers.Conv2D(4, 3, padding="same", name="conv")(start)
    squeezed = layers.GlobalAveragePooling2D(name="squeeze")(maps)
    excited = layers.Reshape((1, 1, 4), name="shape")(layers.Dense(4, activation="sigmoid", name="excite")(squeezed))
    scaled = layers.Multiply(name="scale")([maps, excited])
    after = layers.Conv2D(1, 3, name="after")(scaled)
    found = calls(inspect(keras.Model(start, after)))
    assert [found[path].whole_image for path in ("conv", "squeeze", "scale", "after")] == [False, True, True, True]
    assert (found["conv"].receptive_field, found["scale"].receptive_field) == ((3, 3), None)


# Published, not computed here. Parameters: the Keras Applications page. MACs: torchvision's `_ops` metadata.
# Output elements of conv and dense layers: `MActs` in timm's results.
COSTS = [
    ("MobileNetV2", 3_538_984, 0.301, 6.68),
    pytest.param("DenseNet121", 8_062_504, 2.834, 6.90, marks=pytest.mark.exhaustive),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters", "gmacs", "output_melements"), COSTS)
def test_costs_are_the_published_ones(name: str, parameters: int, gmacs: float, output_melements: float) -> None:
    model = getattr(keras.applications, name)(weights=None)
    record = inspect(model)
    assert record.parameters == parameters
    assert round(record.macs / 1e9, 3) == gmacs
    elements = sum(int(np.prod([size or 0 for size in call.output_shape])) for call in record.layers if call.macs)
    assert round(elements / 1e6, 2) == output_melements
    assert [call.path for call in record.layers if not all(check.agrees for check in call.checks)] == []
    by_formula = walk(model, record.inputs[0].shape)
    assert {call.path: call.receptive_field for call in record.layers} == {
        call.path: by_formula[call.path].reach.receptive_field for call in record.layers
    }


# Araujo, Norris & Sim 2019, "Computing Receptive Fields of Convolutional Neural Networks", Distill; the rows of
# VGG-16: layer, receptive field, effective stride, effective padding.
VGG16 = [
    ("block1_conv1", 3, 1, 1),
    ("block1_pool", 6, 2, 2),
    ("block2_conv1", 10, 2, 4),
    ("block2_pool", 16, 4, 6),
    ("block3_conv2", 32, 4, 14),
    ("block3_pool", 44, 8, 18),
    ("block4_pool", 100, 16, 42),
    ("block5_conv2", 164, 16, 74),
    ("block5_pool", 212, 32, 90),
]


def test_receptive_fields_are_the_published_ones() -> None:
    model = keras.applications.VGG16(weights=None, include_top=False, input_shape=(224, 224, 3))
    found = calls(inspect(model))
    table = [(path, found[path].receptive_field, found[path].jump, found[path].padding) for path, *_ in VGG16]
    assert table == [(path, (size, size), (jump, jump), (padding, padding)) for path, size, jump, padding in VGG16]
