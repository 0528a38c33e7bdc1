"""Folders that old Keras wrote as SavedModels: read, never executed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tensorflow.core.protobuf import saved_model_pb2

from reportgen.errors import ModelError
from reportgen.models import legacy, trial
from reportgen.models.loading import load

pytestmark = pytest.mark.keras

DATA = Path(__file__).resolve().parents[1] / "data"
REAL = DATA / "legacy_saved_model"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what cannot be judged be loaded here at once, without a process for each damaged folder."""
    monkeypatch.setattr(trial, "hold", lambda *arguments, **named: None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REAL, tmp_path / "model"))


def answers(model: Any) -> Any:
    return model.predict(np.linspace(0, 1, 128, dtype="float32").reshape(2, 8, 8, 1), verbose=0)


def put_into_graph(folder: Path, metadata: str, identifier: str = "_tf_keras_network") -> None:
    """Where TensorFlow before 2.5 kept the configuration."""
    (folder / "keras_metadata.pb").unlink(missing_ok=True)
    saved = saved_model_pb2.SavedModel()
    node = saved.meta_graphs.add().object_graph_def.nodes.add()
    node.user_object.identifier = identifier
    node.user_object.metadata = metadata
    (folder / "saved_model.pb").write_bytes(saved.SerializeToString())


def test_answers_are_those_of_the_old_library(folder: Path) -> None:
    loaded = load(folder)
    assert (loaded.format, loaded.file_name) == ("legacy SavedModel folder", "model")
    np.testing.assert_allclose(answers(loaded.model), np.load(DATA / "legacy_answers.npy"), atol=1e-6)
    assert [said.split(", which")[0] for said in loaded.repaired] == [
        "The file is from Keras 2",
        "The file is from TensorFlow 2.3 to 2.15",
    ]


def test_two_inputs_a_model_inside_and_two_outputs_are_read() -> None:
    loaded = load(DATA / "legacy_two_inputs")
    expected = np.load(DATA / "legacy_two_answers.npz")
    first, second = loaded.model.predict([expected["images"], expected["tables"]], verbose=0)
    np.testing.assert_allclose(first, expected["first"], atol=1e-6)
    np.testing.assert_allclose(second, expected["second"], atol=1e-6)
    assert loaded.repaired[0].startswith("The file is from Keras 2, which counted the uses of a model inside a model")


def test_configuration_is_read_from_the_graph_of_older_versions(folder: Path) -> None:
    config = legacy.read(folder).config
    put_into_graph(folder, json.dumps(config))
    assert legacy.read(folder).config == config
    np.testing.assert_allclose(answers(load(folder).model), np.load(DATA / "legacy_answers.npy"), atol=1e-6)


def test_tuples_of_old_configurations_become_lists(folder: Path) -> None:
    tuples = {"class_name": "__tuple__", "items": [1, {"class_name": "TensorShape", "items": [None, 2]}]}
    put_into_graph(folder, json.dumps({"class_name": "Sequential", "config": {"name": "m", "layers": [tuples]}}))
    assert legacy.read(folder).config["config"]["layers"] == [[1, [None, 2]]]


def write_checkpoint(folder: Path, model: Any) -> None:
    """The weights of a model in the form of a SavedModel's checkpoint."""
    root = tf.Module()
    for index, layer in enumerate(layer for layer in model.layers if layer.weights):
        child = tf.Module()
        for weight in layer.weights:
            parts = weight.path.split("/")
            place = child
            inner = "forward_layer" if any(part.startswith("forward_") for part in parts) else "backward_layer"
            for name in (inner, "cell") if isinstance(layer, keras.layers.Bidirectional) else ():
                if not hasattr(place, name):
                    setattr(place, name, tf.Module())
                place = getattr(place, name)
            setattr(place, parts[-1], tf.Variable(np.asarray(weight)))
        setattr(root, f"layer_with_weights-{index}", child)
    tf.train.Checkpoint(root).write(str(folder / "variables" / "variables"))


def test_both_directions_of_a_recurrent_layer_get_their_own_weights(folder: Path) -> None:
    both = keras.layers.Bidirectional(keras.layers.LSTM(2, name="lstm"), name="both")
    model = keras.Sequential([keras.Input((3, 2)), both, keras.layers.Dense(1, name="out")], name="m")
    plain = json.dumps({"class_name": "Sequential", "config": model.get_config()})
    put_into_graph(folder, plain, "_tf_keras_sequential")
    write_checkpoint(folder, model)
    images = np.linspace(0, 1, 6, dtype="float32").reshape(1, 3, 2)
    np.testing.assert_allclose(np.asarray(load(folder).model(images)), np.asarray(model(images)), atol=1e-6)


def test_saved_model_of_another_library_is_refused(tmp_path: Path) -> None:
    module = tf.Module()
    module.number = tf.Variable(1.0)
    tf.saved_model.save(module, str(tmp_path / "plain"))
    with pytest.raises(ModelError, match=r"'plain' is a SavedModel that Keras did not write"):
        load(tmp_path / "plain")


def test_subclassed_model_is_refused_by_its_class(folder: Path) -> None:
    put_into_graph(folder, json.dumps({"class_name": "Own", "config": {}}), "_tf_keras_model")
    with pytest.raises(ModelError, match=r"holds a model of the class 'Own', whose structure is code"):
        load(folder)


def test_lambda_in_a_saved_model_is_refused(folder: Path, tmp_path: Path) -> None:
    from tests.models.hostile import old_lambda_layer

    config = legacy.read(folder).config
    config["config"]["layers"].append(old_lambda_layer(tmp_path / "marker"))
    put_into_graph(folder, json.dumps(config))
    with pytest.raises(ModelError, match=r"The layer 'payload' of 'model' names Lambda, which runs code"):
        load(folder)
    assert not (tmp_path / "marker").exists()


def test_missing_checkpoint_is_told(folder: Path) -> None:
    shutil.rmtree(folder / "variables")
    with pytest.raises(ModelError, match=r"The weights of 'model' cannot be read\. .* folder 'variables'"):
        load(folder)


@pytest.mark.parametrize(
    ("key", "value", "name"), [("units", 3, "out/kernel"), ("use_bias", True, "added/kernel")], ids=["shape", "none"]
)
def test_weight_that_the_checkpoint_does_not_hold_is_named(folder: Path, key: str, value: Any, name: str) -> None:
    config = legacy.read(folder).config
    if name == "added/kernel":
        added = {"class_name": "Dense", "config": {"name": "added", "units": 2, key: value}, "name": "added"}
        config["config"]["layers"].append({**added, "inbound_nodes": [[["out", 0, 0, {}]]]})
        config["config"]["output_layers"] = [["added", 0, 0]]
    else:
        config["config"]["layers"][-1]["config"][key] = value
    put_into_graph(folder, json.dumps(config))
    with pytest.raises(ModelError, match=rf"does not hold the weights of '({name}|added)' in their shape"):
        load(folder)


@pytest.mark.usefixtures("at_once")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["keras_metadata.pb", "saved_model.pb", "variables/variables.index"]),
    place=st.floats(0, 1, exclude_max=True),
    byte=st.integers(0, 255),
    cut=st.booleans(),
)
def test_damaged_folder_loads_or_is_told(
    tmp_path_factory: pytest.TempPathFactory, name: str, place: float, byte: int, cut: bool
) -> None:
    copy = Path(shutil.copytree(REAL, tmp_path_factory.mktemp("damaged") / "model"))
    data = bytearray((copy / name).read_bytes())
    at = int(place * len(data))
    data[at] = byte
    (copy / name).write_bytes(data[:at] if cut else data)
    said = ""
    try:
        load(copy)
    except ModelError as error:
        said = str(error)
    assert said.isprintable()
