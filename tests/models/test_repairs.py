"""Old faults in real files: put in, repaired, and the answers are those of before."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.models.loading import load
from reportgen.models.repairs import references_in, repair
from tests.models import hostile, toys

pytestmark = pytest.mark.keras
layers = keras.layers
Config = dict[str, Any]
DATA = Path(__file__).resolve().parents[1] / "data"


def conv_first() -> Any:
    return toys.sequential()


def reshape_first() -> Any:
    return toys.counting(
        keras.Sequential([keras.Input((16,)), layers.Reshape((4, 4, 1)), layers.Conv2D(2, 3), layers.Flatten()])
    )


def dense_first() -> Any:
    return toys.counting(keras.Sequential([keras.Input((3,)), layers.Dense(4), layers.Dense(2)]))


def nested_first() -> Any:
    core = keras.Sequential([keras.Input((4, 4, 1)), layers.Conv2D(2, 3, name="conv")], name="core")
    return toys.counting(keras.Sequential([core, layers.ReLU(name="relu")], name="outer"))


def depthwise() -> Any:
    return toys.counting(
        keras.Sequential([keras.Input((5, 5, 2)), layers.DepthwiseConv2D(3), layers.DepthwiseConv2D(2)])
    )


def without_inputs(config: Config) -> None:
    """Keras 2.3.1 and older: no input layer in a Sequential, its shape stands with the first layer."""
    for item in [config, *config["config"]["layers"]]:
        if item["class_name"] != "Sequential" or item["config"]["layers"][0]["class_name"] != "InputLayer":
            continue
        start, after, *_ = item["config"]["layers"]
        del item["config"]["layers"][0]
        if item is not config or after["class_name"] != "Sequential":
            after["config"]["batch_input_shape"] = start["config"]["batch_shape"]
        item["config"].pop("build_input_shape", None)


def old_file(model: Any, change: Any, folder: Path, suffix: str = ".h5") -> Path:
    """The model as today's Keras writes it, with an old fault put into the configuration."""
    model.save(folder / f"new{suffix}")
    return hostile.changed(folder / f"new{suffix}", change, folder / f"old{suffix}")


def answers_of(model: Any) -> Any:
    return np.asarray(model(toys.image(*model.inputs[0].shape[1:])))


@pytest.mark.parametrize("model", [conv_first, reshape_first, dense_first, nested_first])
def test_sequential_without_input_layer_gets_one(model: Any, tmp_path: Path) -> None:
    expected = model()
    loaded = load(old_file(expected, without_inputs, tmp_path))
    assert loaded.model.inputs[0].shape == expected.inputs[0].shape
    np.testing.assert_allclose(answers_of(loaded.model), answers_of(expected), atol=1e-6)
    assert [said.split(", which")[0] for said in loaded.repaired] == ["The file is from Keras 2.3.1 or older"]


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_groups_of_depthwise_conv_are_left_out(suffix: str, tmp_path: Path) -> None:
    def grouped(config: Config) -> None:
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "DepthwiseConv2D":
                layer["config"]["groups"] = 1

    loaded = load(old_file(depthwise(), grouped, tmp_path, suffix))
    np.testing.assert_allclose(answers_of(loaded.model), answers_of(depthwise()), atol=1e-6)
    assert loaded.repaired[0].endswith("DepthwiseConv2D does not have (groups = 1); it was left out 2 times.")


def test_groups_inside_a_wrapper_are_left_out(tmp_path: Path) -> None:
    def model() -> Any:
        inner = layers.DepthwiseConv2D(3, name="inner")
        return toys.counting(keras.Sequential([keras.Input((2, 5, 5, 2)), layers.TimeDistributed(inner, name="each")]))

    loaded = load(old_file(model(), hostile.set_in("DepthwiseConv2D", "groups", 1), tmp_path))
    np.testing.assert_allclose(answers_of(loaded.model), answers_of(model()), atol=1e-6)


def test_old_training_configuration_is_not_read(tmp_path: Path) -> None:
    toys.sequential().save(tmp_path / "old.h5")
    with h5py.File(tmp_path / "old.h5", "r+") as file:
        optimizer = {"class_name": "Adam", "config": {"lr": 0.0001}}
        file.attrs["training_config"] = json.dumps({"optimizer_config": optimizer, "loss": "mse"})
    loaded = load(tmp_path / "old.h5")
    np.testing.assert_array_equal(answers_of(loaded.model), answers_of(toys.sequential()))
    assert (loaded.model.compiled, loaded.repaired) == (False, ())


@pytest.mark.parametrize("model", [toys.nested, toys.twins])
def test_uses_of_nested_models_are_counted_from_0(model: Any, tmp_path: Path) -> None:
    def from_1(config: Config) -> None:
        kinds = {layer["name"] for layer in config["config"]["layers"] if layer["class_name"] == "Sequential"}
        for layer in config["config"]["layers"]:
            for reference in references_in(layer["inbound_nodes"]):
                reference[1] += reference[0] in kinds

    loaded = load(old_file(model(), from_1, tmp_path))
    each = [toys.image(4, 4, 1) * factor for factor in range(1, 1 + len(loaded.model.inputs))]
    images = each if len(each) > 1 else each[0]
    np.testing.assert_allclose(np.asarray(loaded.model(images)), np.asarray(model()(images)), atol=1e-6)
    assert [said[:55] for said in loaded.repaired] == ["The file is from Keras 2, which counted the uses of a m"]


def test_file_of_the_old_library_answers_as_there() -> None:
    loaded = load(DATA / "legacy_model.h5")
    images = np.linspace(0, 1, 128, dtype="float32").reshape(2, 8, 8, 1)
    np.testing.assert_allclose(np.asarray(loaded.model([images])), np.load(DATA / "legacy_answers.npy"), atol=1e-6)
    assert [said.split(", which")[0] for said in loaded.repaired] == [
        "The file is from Keras 2",
        "The file is from TensorFlow 2.3 to 2.15",
    ]


def test_slashes_in_names_are_replaced_by_unique_names(tmp_path: Path) -> None:
    start = keras.Input((4, 4, 1), name="image")
    left = layers.Conv2D(2, 1, name="block-conv")(start)
    right = layers.Conv2D(2, 1, name="block_conv")(start)
    model = toys.counting(keras.Model(start, layers.Subtract(name="join")([left, right]), name="net"))

    def slashed(config: Config) -> None:
        text = json.dumps(config).replace("block-conv", "block/conv").replace('"net"', '"old/net"')
        config.update(json.loads(text))

    loaded = load(old_file(model, slashed, tmp_path))
    assert [layer.name for layer in loaded.model.layers] == ["image", "block_conv_1", "block_conv", "join"]
    assert loaded.model.name == "old_net"
    np.testing.assert_allclose(answers_of(loaded.model), answers_of(model), atol=1e-6)
    assert loaded.repaired == (
        "Names hold '/', which Keras 2 allowed and today's does not; it was replaced by '_' in 2 names of layers.",
    )


@pytest.mark.parametrize("model", [toys.sequential, toys.functional, toys.nested, toys.twins, toys.shared])
@pytest.mark.parametrize("suffix", [".h5", ".keras"])
def test_file_of_today_is_not_touched(model: Any, suffix: str, tmp_path: Path) -> None:
    model().save(tmp_path / f"new{suffix}")
    config = hostile.config_of(tmp_path / f"new{suffix}")
    before = copy.deepcopy(config)
    assert repair(config) == (before, ())
    assert config == before


@pytest.mark.parametrize("wrong", [None, 3, "text", [], {}, [[]], True])
@pytest.mark.parametrize("key", ["config", "class_name", "layers", "name", "inbound_nodes", "input_layers"])
def test_configuration_of_wrong_types_is_passed_on(key: str, wrong: Any) -> None:
    layer: Config = {
        "class_name": "Sequential",
        "config": {"name": "s", "layers": []},
        "name": "s",
        "inbound_nodes": [],
    }
    inside: Config = {"name": "m", "layers": [layer], "input_layers": [["s", 0, 0]], "output_layers": [["s", 1, 0]]}
    model: Config = {"class_name": "Functional", "config": inside}
    for place in (layer, inside, model):
        if key in place:
            place[key] = wrong
    assert isinstance(repair(model)[0], dict)
