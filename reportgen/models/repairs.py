"""The configuration of an old model -> one that today's Keras reads, and what was repaired, in whole sentences.

Each repair undoes one change between Keras versions that is known by its exact fault; nothing else is touched.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

from reportgen.models.types import Config

MODEL_KINDS = ("Sequential", "Functional", "Model")

# Up to here a model with one output was written as if it gave a list, and such a list was read as the one output.
_LAST_WITH_LISTS = (3, 10)


def repair(config: Config, keras_version: str = "") -> tuple[Config, tuple[str, ...]]:
    """Repair a serialized model.

    Args:
        config: "class_name" and "config" at its root; it is not changed.
        keras_version: Version of the Keras that wrote it, or "" where the file does not say.

    Returns:
        The repaired copy, and a sentence for each kind of repair that was needed.
    """
    repaired = copy.deepcopy(config)
    models = list(_models(repaired))
    nodes = sum(_renumber(model) for model in models)
    inputs = sum(_give_input(model) for model in models)
    groups = sum(_drop_groups(item) for item in _objects(repaired))
    names = sum(_rename(model) for model in models) + _rename_others(repaired)
    outputs = _take_outputs_out(repaired) if _wrote_lists(keras_version) else 0
    said = []
    if nodes:
        said.append(
            "The file is from Keras 2, which counted the uses of a model inside a model from 1; they were renumbered"
            " from 0."
        )
    if inputs:
        said.append(
            "The file is from Keras 2.3.1 or older, which stored the shape of the input with the first layer; an input"
            " layer of that shape was put in front of it."
        )
    if groups:
        said.append(
            "The file is from TensorFlow 2.3 to 2.15, which stored an argument that today's DepthwiseConv2D does not"
            f" have (groups = 1); it was left out {groups} times."
        )
    if names:
        said.append(
            f"Names hold '/', which Keras 2 allowed and today's does not; it was replaced by '_' in {names} names of"
            " layers."
        )
    if outputs:
        said.append(
            "The file is from Keras 3.10 or older, which stored the only output of a model as a list. Today's Keras"
            " hands such a list on, and most layers cannot take one; the output was taken out of its list in"
            f" {outputs} {'model' if outputs == 1 else 'models'}."
        )
    return repaired, tuple(said)


def references_in(listed: object) -> list[list[Any]]:
    """Return the lists ["name", use, output, …] in a piece of configuration, however deeply they are nested."""
    found, waiting = [], [listed]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, list):
            if len(item) >= 3 and isinstance(item[0], str):
                found.append(item)
            else:
                waiting += reversed(item)
    return found


def is_model(item: object) -> bool:
    """Return whether a piece of configuration is a model of one of Keras's own kinds."""
    return isinstance(item, dict) and isinstance(item.get("class_name"), str) and item["class_name"] in MODEL_KINDS


def layers_of(model: Config) -> list[Config]:
    """Return the layers that stand in a serialized model, as they stand there."""
    inside = model.get("config")
    layers = inside.get("layers") if isinstance(inside, dict) else inside
    return [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []


def _objects(config: object) -> Iterator[Config]:
    """Yield every object in a configuration, the outermost first."""
    waiting: list[object] = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += list(item.values())
        elif isinstance(item, list):
            waiting += item


def _models(config: Config) -> Iterator[Config]:
    return (item for item in _objects(config) if is_model(item) and "config" in item)


def _inside(item: Config) -> Config:
    inside = item.get("config")
    return inside if isinstance(inside, dict) else {}


def _give_input(model: Config) -> bool:
    """Put an input layer in front of a Sequential that stored its input's shape with its first layer."""
    layers = layers_of(model)
    if model["class_name"] != "Sequential" or not layers or layers[0].get("class_name") == "InputLayer":
        return False
    first = _inside(layers[0])
    if "layers" in first:  # a model in first place brings an input of its own
        return False
    shape = first.pop("batch_input_shape", None)
    if shape is None:
        return False
    dtype = first.get("dtype")
    plain = dtype if isinstance(dtype, str) else "float32"
    entry = {
        "class_name": "InputLayer",
        "config": {"batch_input_shape": shape, "dtype": plain, "name": f"{first.get('name', 'first')}_input"},
    }
    inside = model["config"]
    (inside["layers"] if isinstance(inside, dict) else inside).insert(0, entry)
    return True


def _wrote_lists(keras_version: str) -> bool:
    """Return whether such a list may mean nothing: old versions always wrote it, and no version is an old one."""
    found = re.match(r"(\d+)\.(\d+)", keras_version)
    return found is None or (int(found.group(1)), int(found.group(2))) <= _LAST_WITH_LISTS


def _take_outputs_out(config: Config) -> int:
    """Take the only output of models out of its list, where they stand in a Sequential or in another layer.

    In a graph, and at the root of the file, such a list does no harm: the next layer reads an output by its number.
    Source: keras-team/keras#20084, and files that Keras 2, 3.3, 3.6, 3.8 and 3.10 wrote.
    """
    in_graphs = {id(config)}
    for item in _objects(config):
        if "output_layers" in _inside(item):
            in_graphs.update(id(layer) for layer in layers_of(item))
    found = 0
    for item in _objects(config):
        inside = _inside(item)
        outputs = inside.get("output_layers")
        if id(item) in in_graphs or not isinstance(outputs, list) or len(outputs) != 1:
            continue
        if references_in(outputs) == outputs:
            inside["output_layers"] = outputs[0]
            found += 1
    return found


def _renumber(model: Config) -> bool:
    """Count the uses of nested models from 0, where an old file counts from 1 because a model was its own first use."""
    references: dict[str, list[list[Any]]] = {}
    for reference in _references(model):
        references.setdefault(reference[0], []).append(reference)
    changed = False
    for layer in layers_of(model):
        nodes, name = layer.get("inbound_nodes"), layer.get("name")
        if not is_model(layer) or not isinstance(nodes, list) or not isinstance(name, str):
            continue
        own = references.get(name, [])
        uses = [reference[1] for reference in own]
        # A model with one use has no use number 1 today; counted from 0, the last of n uses is n - 1.
        if uses and all(isinstance(use, int) and use >= 1 for use in uses) and max(uses) == len(nodes):
            for reference in own:
                reference[1] -= 1
            changed = True
    return changed


def _references(model: Config) -> list[list[Any]]:
    inside = _inside(model)
    nodes = [layer.get("inbound_nodes") for layer in layers_of(model)]
    return references_in([[inside.get("input_layers")], [inside.get("output_layers")], [nodes]])


def _drop_groups(layer: Config) -> bool:
    config = _inside(layer)
    if layer.get("class_name") == "DepthwiseConv2D" and config.get("groups") == 1:
        del config["groups"]
        return True
    return False


def _rename(model: Config) -> int:
    """Replace '/' in the names of a model's layers, with everything that refers to them."""
    taken = {name for layer in layers_of(model) if isinstance(name := _inside(layer).get("name"), str)}
    new = {}
    for name in sorted(name for name in taken if "/" in name):
        free = plain = name.replace("/", "_")
        number = 1
        while free in taken:
            free, number = f"{plain}_{number}", number + 1
        taken.add(free)
        new[name] = free
    for layer in layers_of(model):
        for place in (layer, _inside(layer)):
            if isinstance(place.get("name"), str):
                place["name"] = new.get(place["name"], place["name"])
    for reference in _references(model):
        reference[0] = new.get(reference[0], reference[0])
    return len(new)


def _rename_others(config: Config) -> int:
    """Replace '/' in the names of the model itself and of layers inside layers, to which nothing refers."""
    renamed = 0
    for item in _objects(config):
        name = _inside(item).get("name")
        if isinstance(item.get("class_name"), str) and isinstance(name, str) and "/" in name:
            item["config"]["name"] = name.replace("/", "_")
            renamed += 1
    return renamed
