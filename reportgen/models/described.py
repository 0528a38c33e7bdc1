"""One layer of a stored configuration -> what it says of its size, and whether it asks for more besides."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from reportgen.models.types import Config
from reportgen.records.model import Arithmetic, Shape

# What an axis that the model leaves open is taken to be long: no image of a network in use is much smaller.
OPEN_AXIS = 128
# An orthogonal kernel of this many weights takes seconds to draw, one of a hundred times as many takes hours.
_MOST_ORTHOGONAL = 20_000_000

_SIZES = (
    *("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "num_query_heads", "head_dim"),
    *("depth_multiplier", "fft_length", "num_mel_bins"),
)
# Layers that change images while training and leave their shape; none of their arguments is a size.
_KEEPS_SHAPE = frozenset(
    (
        *("AutoContrast", "RandomColorDegeneration", "RandomColorJitter", "RandomErasing", "RandomGrayscale"),
        *("RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSaturation"),
        *("RandomSharpness", "RandomShear", "Solarization"),
    )
)
_RESIZES = frozenset({"CenterCrop", "RandomCrop", "Resizing"})
_ORTHOGONAL = frozenset({"Orthogonal", "OrthogonalInitializer", "orthogonal"})
# What may stand in a layer beside numbers and words without asking for memory of its own.
_PLAIN_PARTS = _ORTHOGONAL | {
    *("Zeros", "Ones", "Constant", "RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling"),
    *("GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"),
    *("L1", "L2", "L1L2", "MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm"),
    *("function", "DTypePolicy", "FloatDTypePolicy", "Policy", "SeedGenerator"),
    # Of what these ask for the formulas count every number.
    *("QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy", "Int4DTypePolicy"),
}


def config_of(entry: Config) -> Config:
    """Return the inner configuration of an object."""
    config = entry.get("config")
    return config if isinstance(config, dict) else {}


def name(entry: Config) -> str:
    """Return a layer's name for a message."""
    return str(config_of(entry).get("name", entry.get("name", entry.get("class_name"))))[:80]


def reference_name(entry: Config) -> str:
    """Return the name by which other layers of a graph refer to a layer."""
    return str(entry.get("name", config_of(entry).get("name", "")))


def declared_inputs(entry: Config) -> tuple[Shape, ...]:
    """Return the input shapes with which Keras is told to build a layer or a model; () where it is told none."""
    return next(iter(_declarations(entry)), ())


def batch_size(config: Config) -> int:
    """Return how many samples a layer's configuration asks to be given at once; 1 where it leaves that open."""
    shapes = [config.get(key) for key in ("batch_shape", "batch_input_shape")]
    sizes = [shape[0] for shape in shapes if isinstance(shape, list) and shape]
    return max([1, *(size for size in sizes if type(size) is int)])


def _declarations(entry: Config) -> list[tuple[Shape, ...]]:
    """Every declaration of input shapes in a layer's configuration; () for one that cannot be read."""
    config, build = config_of(entry), entry.get("build_config")
    found = []
    if build:
        found.append(_shapes(build.get("input_shape")) if isinstance(build, dict) else ())
    for key in ("batch_shape", "batch_input_shape", "build_input_shape"):
        if config.get(key) is not None:
            found.append(_shapes(config[key]))
    if isinstance(config.get("input_shape"), list):
        found.append(_shapes([None, *config["input_shape"]]))
    return found


def _shapes(batch_shapes: object) -> tuple[Shape, ...]:
    """One shape with a batch axis, or a list of such shapes -> shapes without it."""
    if not isinstance(batch_shapes, list | tuple) or not batch_shapes:
        return ()
    if all(isinstance(shape, list | tuple) for shape in batch_shapes):
        found = [_shapes(shape) for shape in batch_shapes]
        return tuple(shape for shapes in found for shape in shapes) if all(found) else ()
    axes = batch_shapes[1:]
    if all(axis is None or (type(axis) is int and axis >= 0) for axis in axes):
        return (tuple(OPEN_AXIS if axis is None else axis for axis in axes),)
    return ()


def layers_inside(config: Config) -> Iterator[Config]:
    """Yield the layers that a layer keeps in its configuration: a wrapped layer, cells."""
    for value in config.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and "name" in config_of(item) and item.get("class_name") not in _PLAIN_PARTS:
                yield item


def histories(node: object) -> list[Any]:
    """Return the references in a node of Keras 3: the history of each tensor in its arguments."""
    found, waiting = [], [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and item.get("class_name") == "__keras_tensor__":
            found.append(config_of(item).get("keras_history"))
        elif isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, list):
            waiting += reversed(item)
    return found


def is_plain_call(node: object) -> bool:
    """Return whether a layer is called on outputs of layers only, not on arrays that stand in the file."""
    if not isinstance(node, dict):  # of Keras 2, whose arrays stand among the arguments behind each reference
        return not _has_numbers(node)
    waiting: list[object] = [*_items(node.get("args")), *_items(node.get("kwargs"))]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and "class_name" in item:
            if item["class_name"] != "__keras_tensor__":
                return False
        elif isinstance(item, dict | list):
            if any(isinstance(number, int | float) for number in _items(item)):
                return False
            waiting += _items(item)
    return True


def _items(item: object) -> list[Any]:
    if isinstance(item, dict):
        return list(item.values())
    return item if isinstance(item, list) else []


def _has_numbers(node: object) -> bool:
    """Whether an old node holds lists of numbers besides its references ["name", use, output, arguments]."""
    waiting: list[object] = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            is_reference = len(item) >= 3 and isinstance(item[0], str)
            if not is_reference and any(isinstance(number, int | float) for number in item):
                return True
            waiting += item[3:] if is_reference else item
        elif isinstance(item, dict):
            waiting += item.values()
    return False


def is_plain(entry: Config, parameters: int) -> bool:
    """Return whether a layer of a known kind asks for nothing that its formulas do not count.

    Args:
        entry: The layer.
        parameters: How many weights the formulas count.
    """
    kind, config, module = entry.get("class_name"), config_of(entry), entry.get("module")
    if module is not None and not re.match(r"keras(\.|$)", str(module)):
        return False
    if entry.get("registered_name") not in (None, kind):
        return False
    if config.get("lora_rank") or config.get("quantization_config"):
        return False
    if len(set(_declarations(entry))) > 1 or () in _declarations(entry):
        return False
    waiting: list[object] = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            part = item.get("class_name")
            if "class_name" in item and not _is_plain_part(part, config_of(item), parameters):
                return False
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item
        elif item in _ORTHOGONAL and parameters > _MOST_ORTHOGONAL:
            return False
    return True


def _is_plain_part(part: object, config: Config, parameters: int) -> bool:
    if not isinstance(part, str) or part not in _PLAIN_PARTS:
        return False
    if part == "Constant":
        return isinstance(config.get("value", 0), int | float)
    return part not in _ORTHOGONAL or parameters <= _MOST_ORTHOGONAL


def preprocessed(kind: str, config: Config, shapes: tuple[Shape, ...]) -> Arithmetic | None:
    """Work out a layer that prepares images and has no formula for the report; None for every other kind.

    Raises:
        TypeError: It gives no size.
    """
    if kind in _KEEPS_SHAPE:
        return Arithmetic(shapes[0], 0, 0, (), ())
    if kind not in _RESIZES:
        return None
    size = (int(config["height"]), int(config["width"]))
    if min(size) < 0 or len(shapes[0]) != 3:
        raise TypeError
    first = config.get("data_format") == "channels_first"
    return Arithmetic((shapes[0][0], *size) if first else (*size, shapes[0][2]), 0, 0, None, ())


def window(kind: str, config: Config) -> int:
    """Return how many values a pooling layer reads for each that it gives; 0 for every other kind."""
    if "Pooling" not in kind or "pool_size" not in config:
        return 0
    return math.prod(_per_axis(config["pool_size"], _rank(kind)))


def padded(kind: str, config: Config, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
    """Return the input of a dilated convolution with the border that TensorFlow puts around it in memory."""
    dilation = _per_axis(config.get("dilation_rate", 1), _rank(kind))
    if "Conv" not in kind or max(dilation, default=1) <= 1 or config.get("padding", "valid") == "valid" or not shapes:
        return ()
    kernel = _per_axis(config.get("kernel_size"), _rank(kind))
    border = [rate * max(0, size - 1) for rate, size in zip(dilation, kernel, strict=True)]
    at = 1 if config.get("data_format") == "channels_first" else 0
    shape = list(shapes[0])
    for axis, more in enumerate(border, at):
        if axis < len(shape):
            shape[axis] = (shape[axis] or 1) + more
    return (tuple(shape),)


def _rank(kind: str) -> int:
    found = re.search(r"([123])D", kind)
    return int(found.group(1)) if found else 1


def _per_axis(value: object, rank: int) -> list[int]:
    values = value if isinstance(value, list) else [value] * rank
    return ([size(item) or 1 for item in values] + [1] * rank)[:rank]


def least(kind: str, config: Config) -> int:
    """Return the least number of weights that a layer has, whatever its input."""
    given = {key: size(config.get(key)) for key in _SIZES}
    found = max(given.values())
    kernel = config.get("kernel_size")
    if isinstance(kernel, list):
        found *= math.prod(size(value) or 1 for value in kernel)
    if kind in {"SimpleRNN", "GRU", "LSTM", "SimpleRNNCell", "GRUCell", "LSTMCell"}:
        found = given["units"] ** 2
    if kind.startswith("ConvLSTM"):
        found *= 4 * given["filters"]
    if kind in {"MultiHeadAttention", "GroupQueryAttention"}:
        found = (given["num_heads"] or given["num_query_heads"]) * (given["key_dim"] or given["head_dim"])
    if kind in {"Embedding", "ReversibleEmbedding"}:
        found = given["input_dim"] * given["output_dim"]
    if kind in {"STFTSpectrogram", "MelSpectrogram"}:
        found = given["fft_length"] * (given["num_mel_bins"] or given["fft_length"])
    if kind == "EinsumDense":
        found = _einsum(config)
    return found + size(config.get("lora_rank")) * max(1, given["units"], given["filters"], given["output_dim"])


def _einsum(config: Config) -> int:
    """The product of the axes of an EinsumDense's kernel that its output shape gives, as in "abc,cd->abd"."""
    found = re.fullmatch(r"\s*[\w.]*\s*,\s*([\w.]+)\s*->\s*([\w.]+)\s*", str(config.get("equation")))
    shape = config.get("output_shape")
    sizes = shape if isinstance(shape, list) else [shape]
    if found is None:
        return max(map(size, sizes), default=0)
    kernel, output = found.groups()
    # The output shape goes without the batch axis, so it is matched from the end.
    return math.prod(
        size(each) or 1 for axis, each in zip(reversed(output), reversed(sizes), strict=False) if axis in kernel
    )


def size(value: object) -> int:
    """Return a positive number in a configuration as a whole one, and 0 for anything else."""
    return int(value) if isinstance(value, int | float) and 0 < value < math.inf else 0
