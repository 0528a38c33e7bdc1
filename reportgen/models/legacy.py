"""A legacy SavedModel folder -> its stored configuration, and its weights put into a model that was built from it.

Nothing in the folder is executed: the configuration stands as JSON beside the graph, the weights in a checkpoint. The
graph itself, which could hold any operation, is never loaded.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.protobuf import saved_model_pb2, trackable_object_graph_pb2

from reportgen.errors import ModelError
from reportgen.models.repairs import is_model, layers_of
from reportgen.models.stored import Stored, parse
from reportgen.models.types import Config, Model, Operation, Tensor

_GRAPH = "saved_model.pb"
_METADATA = "keras_metadata.pb"
_CHECKPOINT = Path("variables") / "variables"
_OBJECTS = "_CHECKPOINTABLE_OBJECT_GRAPH"
_LARGEST_FILE = 1 << 30
# Today's name of a weight -> the name that it had.
_INNER = {
    "forward_layer": "forward_",
    "backward_layer": "backward_",
    "_query_dense": "query",
    "_key_dense": "key",
    "_value_dense": "value",
    "_output_dense": "attention_output",
}
_OLD_NAMES = {"DepthwiseConv1D": {"kernel": "depthwise_kernel"}, "DepthwiseConv2D": {"kernel": "depthwise_kernel"}}


def read(folder: Path) -> Stored:
    """Read the configuration of a Keras model out of a SavedModel folder.

    Raises:
        ModelError: The folder was not written by Keras, or is damaged.
    """
    text = _from_metadata(folder) or _from_graph(folder)
    if text is None:
        raise ModelError(
            f"{folder.name!r} is a SavedModel that Keras did not write: it holds a graph, but no Keras configuration. "
            "Expected a SavedModel of a Keras model, or a .keras file. Save the Keras model that it was made from with "
            "model.save('model.keras')."
        )
    root = _without_wrappers(parse(text.encode("utf-8"), folder))
    if not is_model(root) or not isinstance(root.get("config"), dict):
        raise ModelError(
            f"{folder.name!r} holds a model of the class {str(root.get('class_name'))[:80]!r}, whose structure is "
            "code and not stored. Expected a Sequential or functional model. In the Keras that wrote it, save its "
            "weights with model.save_weights('old.h5'). Then build the model from its class with a current Keras, call "
            "model.load_weights('old.h5'), save it with model.save('new.keras'), and give the class's file with "
            "--import."
        )
    return Stored({"class_name": root["class_name"], "config": root["config"]}, "", _num_stored(folder))


def restore(model: Model, config: Config, folder: Path) -> None:
    """Put the weights of a SavedModel's checkpoint into a model that was built from its configuration.

    Args:
        model: The new model.
        config: The configuration that it was built from: the checkpoint counts layers in its order.
        folder: The SavedModel.

    Raises:
        ModelError: The checkpoint is missing or damaged, or does not hold a weight of the model in its shape.
    """
    try:
        reader = tf.train.load_checkpoint(str(folder / _CHECKPOINT))
        objects = trackable_object_graph_pb2.TrackableObjectGraph()
        if reader.get_variable_to_shape_map().get(_OBJECTS) != []:
            raise _unreadable(folder)
        objects.ParseFromString(reader.get_tensor(_OBJECTS))
        restored = set()
        for layer, node in _layers(model, config, objects, 0, folder):
            for weight in layer.weights:
                weight.assign(_stored_weight(reader, objects, layer, node, weight, folder))
                restored.add(weight.path)
    except (tf.errors.OpError, LookupError, TypeError, ValueError, RuntimeError, DecodeError) as error:
        raise _unreadable(folder) from error
    for weight in model.weights:
        if weight.path not in restored:
            raise _not_stored(folder, weight.path)


def _layers(model: Model, config: Config, objects: Any, node: int, folder: Path) -> Iterator[tuple[Operation, int]]:
    """Yield every layer with weights of its own, and its node; models inside are opened."""
    found = {layer.name: layer for layer in model.layers}
    entries = [(found.get(entry["config"]["name"]), entry) for entry in layers_of(config)]
    with_weights = [(layer, entry) for layer, entry in entries if layer is not None and layer.weights]
    for index, (layer, entry) in enumerate(with_weights):
        child = _child(objects, node, f"layer_with_weights-{index}")
        if child is None:
            raise _not_stored(folder, layer.name)
        if isinstance(layer, keras.Model):
            yield from _layers(layer, entry, objects, child, folder)
        else:
            yield layer, child


def _stored_weight(reader: Any, objects: Any, layer: Operation, node: int, weight: Tensor, folder: Path) -> Tensor:
    old = _OLD_NAMES.get(type(layer).__name__, {})
    found = _child(objects, node, old.get(weight.name, weight.name))
    if found is None:
        found = _below(objects, node, weight)
    keys = (
        [item.checkpoint_key for item in objects.nodes[found].attributes if item.name == "VARIABLE_VALUE"]
        if found is not None
        else []
    )
    if not keys:
        raise _not_stored(folder, weight.path)
    if reader.get_variable_to_shape_map().get(keys[0]) != list(weight.shape):
        raise _not_stored(folder, weight.path)
    return np.asarray(reader.get_tensor(keys[0]))


def _below(objects: Any, node: int, weight: Tensor) -> int | None:
    """Find a weight of a layer inside a layer (a cell, a wrapped layer, a projection) by the parts of its path."""
    names = str(weight.path).split("/")
    inner = {"cell", "layer", *(old for old, new in _INNER.items() if any(name.startswith(new) for name in names))}
    waiting, seen = [node], set()
    while waiting:
        at = waiting.pop()
        if at in seen:
            continue
        seen.add(at)
        for child in objects.nodes[at].children:
            if child.local_name == names[-1] and objects.nodes[child.node_id].attributes:
                return int(child.node_id)
            if child.local_name in inner:
                waiting.append(child.node_id)
    return None


def _child(objects: Any, node: int, name: str) -> int | None:
    return next((int(child.node_id) for child in objects.nodes[node].children if child.local_name == name), None)


def _num_stored(folder: Path) -> int:
    """The largest number of numbers that the checkpoint can hold: one a byte."""
    return sum(file.stat().st_size for file in folder.glob(f"{_CHECKPOINT}.data-*"))


def _unreadable(folder: Path) -> ModelError:
    return ModelError(
        f"The weights of {folder.name!r} cannot be read. Expected a checkpoint in its folder 'variables'. Copy the "
        "whole SavedModel folder again."
    )


def _not_stored(folder: Path, name: str) -> ModelError:
    return ModelError(
        f"The checkpoint of {folder.name!r} does not hold the weights of {name!r} in their shape. Expected the weights"
        " of every layer. Copy the whole SavedModel folder again, or save the model as .h5 in the Keras that wrote it."
    )


def _from_metadata(folder: Path) -> str | None:
    """Return the root's JSON from the file that TensorFlow 2.5 and later write beside the graph."""
    path = folder / _METADATA
    if not path.is_file():
        return None
    for number, node in _fields(_bytes(path, folder), folder):
        if number == 1 and isinstance(node, bytes):
            values = {key: value for key, value in _fields(node, folder) if isinstance(value, bytes)}
            if values.get(3) == b"root" and 5 in values:
                return values[5].decode("utf-8", "replace")
    return None


def _from_graph(folder: Path) -> str | None:
    """Return the root's JSON from the object graph, where older versions put it."""
    saved = saved_model_pb2.SavedModel()
    try:
        saved.ParseFromString(_bytes(folder / _GRAPH, folder))
    except DecodeError as error:
        raise _damaged(folder) from error
    for graph in saved.meta_graphs:
        for node in graph.object_graph_def.nodes:
            if node.HasField("user_object") and node.user_object.identifier in {
                "_tf_keras_network",
                "_tf_keras_sequential",
                "_tf_keras_model",
            }:
                return str(node.user_object.metadata) or None
    return None


def _bytes(path: Path, folder: Path) -> bytes:
    try:
        if path.stat().st_size <= _LARGEST_FILE:
            return path.read_bytes()
    except OSError as error:
        raise _damaged(folder) from error
    raise _damaged(folder)


def _fields(data: Any, folder: Path) -> Iterator[tuple[int, Any]]:
    """Yield the fields of a protocol buffer message by their numbers, nested messages as bytes.

    Source: protobuf.dev, "Encoding": a field is a varint of its number and wire type, followed by its value.
    """
    position = 0
    try:
        while position < len(data):
            key, position = _varint(data, position)
            if key & 7 == 2:
                size, position = _varint(data, position)
                if position + size > len(data):
                    raise IndexError
                yield key >> 3, bytes(data[position : position + size])
                position += size
            elif key & 7 == 0:
                value, position = _varint(data, position)
                yield key >> 3, value
            else:
                raise IndexError
    except IndexError as error:
        raise _damaged(folder) from error


def _varint(data: Any, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128 or shift > 63:
            return value, position


def _without_wrappers(item: Any) -> Any:
    """Turn the tuples that old Keras wrote as objects into lists, and its shapes too."""
    if isinstance(item, dict):
        if item.get("class_name") in {"__tuple__", "TensorShape"} and isinstance(item.get("items"), list):
            return [_without_wrappers(child) for child in item["items"]]
        return {key: _without_wrappers(value) for key, value in item.items()}
    return [_without_wrappers(child) for child in item] if isinstance(item, list) else item


def _damaged(folder: Path) -> ModelError:
    return ModelError(
        f"{folder.name!r} is a damaged SavedModel. Expected the whole folder as TensorFlow wrote it. Copy it again."
    )


def build(config: Config) -> Model:
    """Build a model from a configuration, without running code that it names."""
    kind = keras.Sequential if config["class_name"] == "Sequential" else keras.Model
    with keras.utils.CustomObjectScope({}):
        return kind.from_config(copy.deepcopy(config["config"]))  # Keras empties what it reads
