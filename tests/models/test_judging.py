"""What a configuration may name and how much it may ask for."""

from __future__ import annotations

import inspect
import json
from typing import Any

import keras
import pytest

from reportgen.errors import ModelError
from reportgen.models.estimating import Limits
from reportgen.models.judging import Known, judge
from tests.models import hostile, toys

pytestmark = pytest.mark.keras
layers = keras.layers
Config = dict[str, Any]

ARGUMENTS: dict[str, Any] = {
    "filters": 2,
    "kernel_size": 2,
    "units": 2,
    "num_heads": 1,
    "key_dim": 2,
    "target_shape": (2,),
    "n": 2,
    "dims": (1,),
    "output_dim": 2,
    "input_dim": 3,
    "rate": 0.5,
    "stddev": 0.1,
    "factor": 1,
    "height": 4,
    "width": 4,
    "num_bins": 3,
    "scale": 2.0,
    "output_size": 2,
    "head_dim": 2,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "equation": "ab,bc->ac",
    "output_shape": 2,
    "activation": "gelu",
    "pool_size": 2,
    "axes": 1,
    "height_factor": 0.1,
    "width_factor": 0.1,
    "max_number": 2,
    "num_tokens": 3,
    "layers": [],
    "max_value": 1,
    "shape": (2,),
}
# Layers that hold code, or whose libraries are not here.
NEVER = {"Lambda", "TFSMLayer", "TorchModuleWrapper", "FlaxLayer", "JaxLayer"}
UNBUILDABLE = {"STFTSpectrogram"}


def simple_layer(kind: Any) -> Any:
    if kind.__name__ in {"TimeDistributed", "SpectralNormalization", "Wrapper"}:
        return kind(layers.Dense(2))
    if kind.__name__ == "Bidirectional":
        return kind(layers.LSTM(2))
    if kind.__name__ == "RNN":
        return kind([layers.LSTMCell(2), layers.GRUCell(2)])
    if kind.__name__ == "StackedRNNCells":
        return kind([layers.LSTMCell(2)])
    names = inspect.signature(kind.__init__).parameters.values()
    needed = {
        item.name: ARGUMENTS[item.name] for item in names if item.default is item.empty and item.name in ARGUMENTS
    }
    if kind.__name__ in {"Discretization", "CategoryEncoding", "InputLayer"}:
        key = {"Discretization": "num_bins", "CategoryEncoding": "num_tokens", "InputLayer": "shape"}[kind.__name__]
        needed = {key: ARGUMENTS[key]}
    return kind(**needed)


KINDS = sorted(
    name
    for name, kind in vars(layers).items()
    if inspect.isclass(kind) and issubclass(kind, layers.Layer) and name not in NEVER | UNBUILDABLE
)


def stored(item: Any) -> Config:
    config = json.loads(json.dumps(keras.saving.serialize_keras_object(item)))
    assert isinstance(config, dict)
    return config


@pytest.mark.parametrize("name", KINDS)
def test_every_layer_of_keras_is_accepted(name: str) -> None:
    layer = stored(simple_layer(getattr(layers, name)))
    model = {"class_name": "Sequential", "module": "keras", "config": {"name": "m", "layers": [layer]}}
    assert judge(model, "m.keras", Limits()).parameters >= 0


@pytest.mark.parametrize("name", ["MobileNetV3Small", "EfficientNetV2B0", "ConvNeXtTiny"])
def test_published_networks_are_accepted_with_their_parameters(name: str) -> None:
    model = getattr(keras.applications, name)(weights=None)
    asked = judge(stored(model), "m.keras", Limits()).parameters
    assert 0.99 * model.count_params() < asked <= model.count_params()


def test_everything_around_a_layer_is_accepted() -> None:
    start = keras.Input((4, 4, 1))
    conv = layers.Conv2D(
        2,
        1,
        activation=keras.activations.gelu,
        kernel_regularizer=keras.regularizers.L2(0.1),
        kernel_constraint=keras.constraints.MaxNorm(),
        kernel_initializer=keras.initializers.HeNormal(seed=keras.random.SeedGenerator(1)),
        dtype="mixed_float16",
    )
    maps = keras.ops.concatenate([conv(start), keras.ops.relu(conv(start) * 2 + 1)])[:, 1:, ..., :2]
    maps = keras.ops.image.resize(maps, (4, 4))
    model = keras.Model(start, keras.activations.softmax(keras.ops.mean(maps, axis=(1, 2))))
    model.compile(keras.optimizers.AdamW(), keras.losses.MeanSquaredError(), [keras.metrics.CategoricalAccuracy()])
    assert judge(stored(model), "m.keras", Limits()).parameters == 4


@pytest.mark.parametrize(
    "model", [toys.sequential, toys.functional, toys.nested, toys.twins, toys.shared, toys.two_answers, toys.over_time]
)
def test_parameters_are_counted_as_keras_counts_them(model: Any) -> None:
    assert judge(stored(model()), "m.keras", Limits()).parameters == model().count_params()


GADGETS = [
    hostile.function("os", "system"),
    hostile.function("subprocess", "Popen"),
    hostile.function("builtins", "keras.utils.get_file"),
    hostile.instance("builtins", "eval"),
    hostile.instance("builtins", "exec"),
    hostile.function("keras.utils", "get_file"),
    hostile.instance("keras.utils", "get_file", origin="http://127.0.0.1:9/x"),
    hostile.instance("keras", "utils.get_file"),
    hostile.function("keras", "utils.get_file"),
    hostile.instance("keras.src.utils.file_utils", "get_file"),
    hostile.instance("keras.config", "enable_unsafe_deserialization"),
    hostile.function("keras.config", "enable_unsafe_deserialization"),
    hostile.function("keras.src.saving.serialization_lib", "enable_unsafe_deserialization"),
    hostile.instance("keras.saving", "load_model"),
    hostile.instance("keras.models", "load_model"),
    hostile.instance("keras.src.models.cloning", "..utils"),
    hostile.instance("keras.datasets.mnist", "load_data"),
    hostile.instance("keras.applications", "ResNet50"),
    hostile.instance("keras.src.backend.torch", "Anything"),
    hostile.instance("keras.callbacks", "ModelCheckpoint"),
    hostile.instance("keras.export", "ExportArchive"),
    hostile.instance("keras_hub.models", "Backbone"),
    hostile.instance("kerasx", "Dense"),
    hostile.instance("keras.layers", "Dense.from_config"),
    hostile.instance("keras.layers", ""),
    hostile.instance("keras", "\x1f\u202e"),  # found by fuzzing: it came through to the terminal
    {"class_name": ["Dense"], "module": "keras.layers", "config": {}},
    {"class_name": None, "module": "os", "config": {}},
]


@pytest.mark.parametrize("gadget", GADGETS, ids=lambda item: ascii(f"{item['module']}-{item['class_name']}"))
def test_what_is_no_part_of_a_model_is_refused_wherever_it_stands(gadget: Config) -> None:
    for key in ("activation", "kernel_initializer", "anything"):
        config = stored(toys.sequential())
        hostile.set_in("Conv2D", key, [{"deeper": gadget}])(config)
        with pytest.raises(
            ModelError, match=r"The layer '.*' of 'm\.keras' names .*(not a part of a model|not Keras's)"
        ) as caught:
            judge(config, "m.keras", Limits())
        assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", [*sorted(NEVER), "__lambda__", "__typespec__", "keras.layers.Lambda", "Custom>Lambda"])
@pytest.mark.parametrize("module", ["keras.layers", None])
def test_what_carries_code_is_refused_by_its_name(kind: str, module: str | None) -> None:
    config = stored(toys.sequential())
    hostile.set_in("Conv2D", "activation", {"class_name": kind, "module": module, "config": {}})(config)
    with pytest.raises(
        ModelError, match=rf"The layer 'conv' of 'm\.keras' names {kind.split('.')[-1].split('>')[-1]}, "
    ):
        judge(config, "m.keras", Limits())


def test_registered_and_imported_classes_are_accepted() -> None:
    config = stored(toys.sequential())
    own = {"class_name": "Own", "module": "my_layers.blocks", "registered_name": "p>Own", "config": {}}
    hostile.appended(own)(config)
    with pytest.raises(ModelError, match=r"the class 'Own' of the module 'my_layers\.blocks'.* --import"):
        judge(config, "m.keras", Limits())
    judge(config, "m.keras", Limits(), Known(["my_layers"]))
    judge(config, "m.keras", Limits(), Known([], lambda name: name == "p>Own"))


def test_registered_name_does_not_open_the_door_to_a_function() -> None:
    config = stored(toys.sequential())
    gadget = {**hostile.function("keras.utils", "get_file"), "registered_name": "p>Own"}
    hostile.set_in("Conv2D", "activation", gadget)(config)
    with pytest.raises(ModelError, match=r"names 'keras\.utils\.get_file', which is not a part of a model"):
        judge(config, "m.keras", Limits(), Known(["keras"], lambda name: name == "p>Own"))


def dense(units: Any, **more: Any) -> Config:
    return {"class_name": "Dense", "module": "keras.layers", "config": {"name": "big", "units": units, **more}}


@pytest.mark.parametrize(
    "layer",
    [
        dense(2**31 - 1),
        dense(10**12),
        dense(1e300),
        {"class_name": "LSTM", "config": {"name": "big", "units": 10**5}},
        {"class_name": "Embedding", "config": {"name": "big", "input_dim": 10**6, "output_dim": 10**4}},
        {"class_name": "MultiHeadAttention", "config": {"name": "big", "num_heads": 10**5, "key_dim": 10**5}},
        {"class_name": "GroupQueryAttention", "config": {"name": "big", "num_query_heads": 2, "head_dim": 10**9}},
        {"class_name": "ConvLSTM2D", "config": {"name": "big", "filters": 10**4, "kernel_size": [3, 3]}},
        {"class_name": "Unknown", "config": {"name": "big", "filters": 10**10}},
        {"class_name": "TimeDistributed", "config": {"name": "each", "layer": dense(2**31 - 1)}},
        {"class_name": "Bidirectional", "config": {"name": "both", "layer": dense(2**31 - 1)}},
        {"class_name": "Sequential", "config": {"name": "inner", "layers": [dense(2**31 - 1)]}},
        {"class_name": "STFTSpectrogram", "config": {"name": "big", "fft_length": 10**6}},
    ],
    ids=lambda layer: str(layer["class_name"]),
)
def test_too_many_parameters_are_refused(layer: Config) -> None:
    config = stored(toys.sequential())
    config["config"]["layers"].append(layer)
    with pytest.raises(
        ModelError,
        match=r"asks for (\d+|more than 10\^18) parameters or more, by its layer 'big'\. .* --max-parameters",
    ):
        judge(config, "m.keras", Limits())


@pytest.mark.parametrize(
    "layer",
    [layers.Hashing(10**9), layers.IntegerLookup(max_tokens=10**9, vocabulary=[1]), layers.CategoryEncoding(10**9)],
    ids=lambda layer: type(layer).__name__,
)
def test_tokens_are_no_parameters(layer: Any) -> None:
    model = {"class_name": "Sequential", "config": {"name": "m", "layers": [stored(layer)]}}
    assert judge(model, "m.keras", Limits()).parameters == 0


def test_parameters_are_counted_in_a_graph_that_is_stored_backwards() -> None:
    start = keras.Input((100,))
    model = keras.Model(start, layers.Dense(10)(layers.Dense(1000)(start)))
    config = stored(model)
    config["config"]["layers"].reverse()
    assert judge(config, "m.keras", Limits()).parameters == model.count_params()


@pytest.mark.parametrize("shape", [[None, 10**6, 10**6, 3], [None, 2**62], [1, 10**10]])
def test_too_large_an_input_is_refused(shape: list[int | None]) -> None:
    config = stored(toys.sequential())
    config["config"]["layers"][0]["config"]["batch_shape"] = shape
    with pytest.raises(ModelError, match=r"bytes of activations for one sample, in its layer 'image'.* --max-memory"):
        judge(config, "m.keras", Limits())


def test_too_large_an_activation_is_refused() -> None:
    config = stored(toys.sequential())
    up = {
        "class_name": "UpSampling2D",
        "config": {"name": "up", "size": [10**6, 10**6], "data_format": "channels_last"},
    }
    hostile.appended(up)(config)
    with pytest.raises(ModelError, match=r"bytes of activations for one sample, in its layer 'up'"):
        judge(config, "m.keras", Limits())


def test_limits_can_be_lowered_and_raised() -> None:
    config = stored(toys.sequential())
    most = toys.sequential().count_params()
    assert judge(config, "m.keras", Limits(parameters=most)).parameters == most
    with pytest.raises(ModelError, match=rf"Expected at most {most - 1}\."):
        judge(config, "m.keras", Limits(parameters=most - 1))
    with pytest.raises(ModelError, match=r"asks for 144 bytes of activations"):
        judge(config, "m.keras", Limits(activation_bytes=143))
    config["config"]["layers"].append(dense(10**10))
    assert judge(config, "m.keras", Limits(parameters=10**12, activation_bytes=10**12)).parameters > 10**10


def test_layers_and_their_uses_are_counted() -> None:
    many = {"class_name": "Sequential", "config": {"layers": [{"class_name": "ReLU", "config": {}}] * 5001}}
    with pytest.raises(ModelError, match=r"asks for more than 5000 layers"):
        judge(many, "m.keras", Limits())
    objects = {"class_name": "Sequential", "config": {"layers": [], "x": [{"class_name": "Zeros"}] * 50_001}}
    with pytest.raises(ModelError, match=r"asks for more than 50000 objects"):
        judge(objects, "m.keras", Limits())
    uses = {"class_name": "ReLU", "name": "r", "config": {}, "inbound_nodes": [[["a", 0, 0]]] * 50_001}
    with pytest.raises(ModelError, match=r"asks for more than 50000 calls of its layers"):
        judge({"class_name": "Functional", "config": {"layers": [uses]}}, "m.keras", Limits())


def test_circle_of_layers_ends() -> None:
    circle = [
        {"class_name": "ReLU", "name": "a", "config": {"name": "a"}, "inbound_nodes": [[["b", 0, 0, {}]]]},
        {"class_name": "ReLU", "name": "b", "config": {"name": "b"}, "inbound_nodes": [[["a", 0, 0, {}]]]},
    ]
    assert judge({"class_name": "Functional", "config": {"layers": circle}}, "m.keras", Limits()).parameters == 0
