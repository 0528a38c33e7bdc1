"""Multiply-adds, counted one by one in slow loops: each pass of an innermost loop is one product that is added up.

Every position of the output is visited, as Keras says how many there are, and at each of them every tap of the window,
those that fall on padding too: that is the convention of the formulas. A transposed convolution is counted from its
input, where every position meets the whole kernel, whether or not the product falls on a part that is cut off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from reportgen.records.model import Shape

Config = Mapping[str, Any]
GATES = {"SimpleRNN": 1, "GRU": 3, "LSTM": 4}


def count(kind: str, config: Config, shapes: tuple[Shape, ...], output: Shape) -> int:
    """Count the multiply-adds of a layer for one sample.

    Args:
        kind: Class name.
        config: The layer's own configuration.
        shapes: Shapes of its inputs; all sizes known.
        output: Shape of its output.
    """
    if kind == "Bidirectional":
        inner = [config[key] for key in ("layer", "backward_layer")]
        one_way = (*output[:-1], inner[0]["config"].get("filters", 0))
        return sum(count(entry["class_name"], entry["config"], shapes, one_way) for entry in inner)
    if kind in {"RNN", *GATES}:
        return _steps(kind, config, shapes[0])
    if kind.startswith("ConvLSTM"):
        return _film(config, shapes[0], output)
    if kind == "EinsumDense":
        return _einsum(config, shapes[0], output)
    if "Attention" in kind:
        return _attention(kind, config, shapes)
    if kind == "Dense":
        units, (*places, length) = config["units"], shapes[0]
        return sum(1 for _ in places_of(places) for _ in range(units) for _ in range(length or 0))
    return _windows(kind, config, shapes[0], output)


def places_of(sizes: Sequence[int | None]) -> Iterator[tuple[int, ...]]:
    return product(*(range(size or 0) for size in sizes))


def _split(shape: Shape, config: Config) -> tuple[Shape, int]:
    first = config["data_format"] == "channels_first"
    return (shape[1:], shape[0] or 0) if first else (shape[:-1], shape[-1] or 0)


def _windows(kind: str, config: Config, shape: Shape, output: Shape) -> int:
    """Count for convolutions of all forms."""
    if not kind.startswith(("Conv", "Depthwise", "Separable")):
        return 0
    (inputs, channels), (outputs, made) = _split(shape, config), _split(output, config)
    kernel, total = config["kernel_size"], 0
    if kind.endswith("Transpose"):
        for _place in places_of(inputs):
            for _tap in places_of(kernel):
                for _channel in range(channels):
                    for _unit in range(config["filters"]):
                        total += 1
        return total
    for _place in places_of(outputs):
        if not kind.startswith("Conv"):
            for _channel in range(channels):
                for _copy in range(config["depth_multiplier"]):
                    for _tap in places_of(kernel):
                        total += 1
                    # The pointwise part reads each of the maps between once for every filter.
                    total += sum(1 for _ in range(made)) if kind.startswith("Separable") else 0
            continue
        for unit in range(made):
            for _tap in places_of(kernel):
                for channel in range(channels):
                    if channel * config["groups"] // channels == unit * config["groups"] // made:
                        total += 1
    return total


def _film(config: Config, shape: Shape, output: Shape) -> int:
    """Count for a convolutional LSTM: at every step, each gate reads the image and the state."""
    _, channels = _split(shape[1:], config)
    picture = output[1:] if config["return_sequences"] else output
    outputs, filters, total = _split(picture, config)[0], config["filters"], 0
    for _step in range(shape[0] or 0):
        for _place in places_of(outputs):
            for _gate in "ifco":
                for _unit in range(filters):
                    for _tap in places_of(config["kernel_size"]):
                        total += sum(1 for _ in range(channels)) + sum(1 for _ in range(filters))
    return total


def _steps(kind: str, config: Config, shape: Shape) -> int:
    """Count for recurrent layers: at every step, each gate of each unit reads the values and all units."""
    if kind == "RNN":
        cell = config["cell"]
        cells = cell["config"]["cells"] if cell["class_name"] == "StackedRNNCells" else [cell]
        told = [(entry["class_name"].removesuffix("Cell"), entry["config"]["units"]) for entry in cells]
    else:
        told = [(kind, config["units"])]
    total = 0
    for _step in range(shape[0] or 0):
        inputs = shape[-1] or 0
        for each, units in told:
            for _gate in range(GATES[each]):
                for _unit in range(units):
                    total += sum(1 for _ in range(inputs)) + sum(1 for _ in range(units))
            inputs = units
    return total


def _einsum(config: Config, shape: Shape, output: Shape) -> int:
    """Let numpy sum ones: every product is 1, so the sum of the result is the number of products."""
    kernel = config["equation"].split(",")[1].split("->")[0]
    sizes: dict[str, int] = {}
    read, made = config["equation"].split(",")[0], config["equation"].split("->")[1]
    for letters, known in ((read, (1, *shape)), (made, (1, *output))):
        from_the_end = letters.startswith("...")
        plain = letters.replace("...", "")
        places = known[-len(plain) :] if from_the_end else known[: len(plain)]
        sizes |= {letter: size or 0 for letter, size in zip(plain, places, strict=True)}
    ones = np.ones([sizes[letter] for letter in kernel])
    return int(np.einsum(config["equation"], np.ones((1, *(size or 0 for size in shape))), ones).sum())


def _attention(kind: str, config: Config, shapes: tuple[Shape, ...]) -> int:
    query, value, key = (*shapes, shapes[1])[:3]
    if kind in {"Attention", "AdditiveAttention"}:
        scores = config["use_scale"] if kind == "AdditiveAttention" else config["score_mode"] == "dot"
        total = 0
        for _rest in places_of(query[:-2]):
            for _one in range(query[-2] or 0):
                for _other in range(key[-2] or 0):
                    total += sum(1 for _ in range(query[-1] or 0)) if scores else 0
                    total += sum(1 for _ in range(value[-1] or 0))
        return total
    return _heads(kind, config, query, value, key)


def _heads(kind: str, config: Config, query: Shape, value: Shape, key: Shape) -> int:
    """Count for attention with projections, head by head and pair by pair."""
    if kind == "MultiHeadAttention":
        heads = sources = config["num_heads"]
        key_size, value_size = config["key_dim"], config["value_dim"]
        ends = config["output_shape"] or (query[-1],)
    else:
        heads, sources = config["num_query_heads"], config["num_key_value_heads"]
        key_size = value_size = config["head_dim"]
        ends = (query[-1],)
    axes = [axis - 1 for axis in config.get("attention_axes") or range(1, len(query))]
    total = 0
    for one in places_of(query[:-1]):
        for _head in range(heads):
            total += sum(1 for _ in range(key_size) for _ in range(query[-1] or 0))
            total += sum(1 for _ in range(value_size) for _ in range(query[-1] or 0)) if config["use_gate"] else 0
            total += sum(1 for _ in places_of(ends) for _ in range(value_size))
            for other in places_of(value[:-1]):
                if all(place in axes or one[place] == other[place] for place in range(len(one))):
                    total += sum(1 for _ in range(key_size)) + sum(1 for _ in range(value_size))
    for _other in places_of(value[:-1]):
        for _head in range(sources):
            total += sum(1 for _ in range(key_size) for _ in range(key[-1] or 0))
            total += sum(1 for _ in range(value_size) for _ in range(value[-1] or 0))
    return total
