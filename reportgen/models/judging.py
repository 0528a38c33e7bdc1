"""A stored configuration -> a verdict before anything is built: no code inside, nothing without measure.

Parameters and activations are added up by the formulas of `layers`, from the configuration alone.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reportgen import layers
from reportgen.errors import LayerError, ModelError
from reportgen.models.repairs import is_model, layers_of, references_in
from reportgen.records import Shape

Config = dict[str, Any]

# What carries or fetches code, whatever the layer around it is.
_CODE_KINDS = {
    "Lambda": "runs code that is stored in the file",
    "__lambda__": "holds code that is stored in the file",
    "__typespec__": "names a class of TensorFlow's",
    "TFSMLayer": "loads a TensorFlow graph from another folder",
    "TorchModuleWrapper": "holds a pickled PyTorch module",
    "FlaxLayer": "holds a function of another library",
    "JaxLayer": "holds a function of another library",
}
# The modules that today's Keras writes into configurations; None stands for any class in it.
_MODULES: dict[str, frozenset[str] | None] = {
    "keras": frozenset({"Sequential", "Functional", "Model", "Layer", "DTypePolicy", "FloatDTypePolicy"}),
    "keras.models": frozenset({"Sequential", "Functional", "Model"}),
    "keras.random": frozenset({"SeedGenerator"}),
    "builtins": frozenset({"function"}),
    **dict.fromkeys(
        (
            "keras.activations",
            "keras.constraints",
            "keras.dtype_policies",
            "keras.initializers",
            "keras.layers",
            "keras.losses",
            "keras.metrics",
            "keras.mixed_precision",
            "keras.ops",
            "keras.optimizers",
            "keras.quantizers",
            "keras.regularizers",
        )
    ),
}
_INNER_MODULES = re.compile(
    r"keras\.src\.(activations|applications|constraints|dtype_policies|initializers|layers|losses|metrics|models|ops"
    r"|optimizers|quantizers|random|regularizers)(\.[a-z0-9_]+)*|keras\.(ops|optimizers)(\.[a-z0-9_]+)+"
)
_SIZES = (
    *("units", "filters", "input_dim", "output_dim", "num_heads", "key_dim", "num_query_heads", "head_dim"),
    *("depth_multiplier", "fft_length", "num_mel_bins"),
)
_MOST_LAYERS = 5_000
_MOST_OBJECTS = 50_000
_MOST_USES = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """How large a model may be.

    Attributes:
        parameters: Number of weights.
        activation_bytes: Memory of the largest output of one layer for one sample, 4 bytes a number.
    """

    parameters: int = 2_000_000_000
    activation_bytes: int = 4 << 30


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration may name beside Keras's own.

    Attributes:
        modules: Modules of the user's own that were imported on purpose.
        is_registered: Whether Keras knows a class or a function under a registered name.
    """

    modules: Sequence[str] = ()
    is_registered: Callable[[str], bool] = lambda name: False


def judge(config: Config, file_name: str, limits: Limits, known: Known | None = None) -> int:
    """Refuse a configuration that carries code or asks for too much.

    Args:
        config: The serialized model.
        file_name: For the message.
        limits: How large it may be.
        known: What it may name beside Keras's own.

    Returns:
        The number of parameters that it asks for at least.

    Raises:
        ModelError: It names code, a module that is not Keras's, a vocabulary file, or sizes over the limits.
    """
    objects = 0
    for path, item in _objects(config):
        objects += "class_name" in item
        if objects > _MOST_OBJECTS:
            raise _too_many(file_name, "objects", _MOST_OBJECTS)
        _judge_object(path, item, file_name, known or Known())
    estimate = _Estimate(file_name, limits)
    estimate.model(config, None)
    return estimate.parameters


def _objects(config: Any) -> Iterator[tuple[str, Config]]:
    """Yield every object in a configuration with the name of the layer that it stands in."""
    waiting: list[tuple[str, Any]] = [("", config)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, dict):
            inside = item.get("config")
            name = inside.get("name") if isinstance(inside, dict) else None
            here = name if isinstance(name, str) else path
            yield here, item
            waiting += [(here, child) for child in item.values()]
        elif isinstance(item, list):
            waiting += [(path, child) for child in item]


def _judge_object(path: str, item: Config, file_name: str, known: Known) -> None:
    kind, module, registered = item.get("class_name"), item.get("module"), item.get("registered_name")
    for name in (kind, registered):
        if isinstance(name, str) and (code := re.split(r"[.>]", name)[-1]) in _CODE_KINDS:
            raise _refused(path, f"{code}, which {_CODE_KINDS[code]}", file_name)
    for key in ("vocabulary", "idf_weights"):
        if isinstance(item.get(key), str):
            raise _refused(path, f"a {key} that is read from a file, {item[key][:80]!r}", file_name)
    if not isinstance(module, str) or "class_name" not in item:
        return
    own = item.get("config") if kind == "function" else registered
    if isinstance(own, str) and known.is_registered(own):
        return
    if any(module == name or module.startswith(f"{name}.") for name in known.modules if name.split(".")[0] != "keras"):
        return
    what = item.get("config") if kind == "function" else kind
    if _is_keras(module, kind, what):
        return
    if re.match(r"(keras|builtins)(\.|$)", module):
        raise _refused(path, f"{f'{module[:80]}.{str(what)[:80]}'!r}, which is no part of a model", file_name)
    raise _refused(path, f"the class {what!r:.80} of the module {module[:80]!r}, which is not Keras's", file_name)


def _is_keras(module: str, kind: Any, name: Any) -> bool:
    """Return whether Keras itself writes this name with this module into a configuration."""
    if not isinstance(name, str) or not name.isidentifier():
        return False
    if module in _MODULES:
        names = _MODULES[module]
        return names is None or kind in names
    return _INNER_MODULES.fullmatch(module) is not None


def _refused(path: str, what: str, file_name: str) -> ModelError:
    where = f"The layer {path[:80]!r} of {file_name!r}" if path else f"{file_name!r}"
    return ModelError(
        f"{where} names {what}. Expected a model that can be read without running code from the file. Use a model "
        "without it, or bring your own class with --import."
    )


def _too_many(file_name: str, what: str, most: int) -> ModelError:
    return ModelError(
        f"{file_name!r} asks for more than {most} {what}. Expected a model that can be built in a minute. Use a model"
        " from a source that you trust."
    )


class _Estimate:
    """Adds up what a configuration asks for, model by model."""

    def __init__(self, file_name: str, limits: Limits) -> None:
        self.parameters = 0
        self._file_name = file_name
        self._limits = limits
        self._layers = 0
        self._uses = 0

    def model(self, model: Config, given: tuple[Shape, ...] | None) -> tuple[Shape, ...]:
        """Follow shapes through a model; () where they cannot be followed."""
        entries = layers_of(model)
        if model.get("class_name") == "Sequential":
            shapes = given or _shape_of(_config(model).get("build_input_shape"))
            for entry in entries:
                shapes = self._layer(entry, shapes)
            return shapes
        return self._graph(_config(model), entries, given)

    def _graph(self, inside: Config, entries: list[Config], given: tuple[Shape, ...] | None) -> tuple[Shape, ...]:
        outputs: dict[str, tuple[Shape, ...]] = {}
        inputs = [str(name) for name, *_ in references_in(inside.get("input_layers"))]
        if given and len(given) == len(inputs):
            outputs = {name: (shape,) for name, shape in zip(inputs, given, strict=True)}
        for name, entry, sources in _in_order(entries):
            if name in outputs:
                continue
            shapes = [outputs.get(source, ()) for source in sources]
            followed = tuple(shape for some in shapes for shape in some) if shapes and all(shapes) else ()
            outputs[name] = self._layer(entry, followed)
        named = [outputs.get(name, ()) for name, *_ in references_in(inside.get("output_layers"))]
        return tuple(shape for shapes in named for shape in shapes) if all(named) else ()

    def _layer(self, entry: Config, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        kind, config = str(entry.get("class_name")), _config(entry)
        self._count_layer(entry)
        if is_model(entry):
            return self.model(entry, shapes or None)
        if kind == "InputLayer":
            return self._within(entry, _shape_of(config.get("batch_shape", config.get("batch_input_shape"))))
        shapes = shapes or _shape_of(config.get("batch_input_shape")) or _built_with(entry)
        inner = config.get("layer")
        if kind == "TimeDistributed" and isinstance(inner, dict):
            each = self._layer(inner, tuple(shape[1:] for shape in shapes))
            return self._within(entry, tuple((shapes[0][0], *shape) for shape in each if shapes and shapes[0]))
        arithmetic = None
        if shapes:
            try:
                arithmetic = layers.work_out(kind, config, shapes)
            except (LayerError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
                arithmetic = None
        if arithmetic is None:
            self._count(entry, _least(kind, config))
            for child in _layers_inside(config):
                self._layer(child, ())
            return ()
        self._count(entry, arithmetic.parameters)
        return self._within(entry, (arithmetic.output_shape,))

    def _count_layer(self, entry: Config) -> None:
        self._layers += 1
        nodes = entry.get("inbound_nodes")
        self._uses += len(references_in(nodes)) + (len(nodes) if isinstance(nodes, list) else 0)
        if self._layers > _MOST_LAYERS:
            raise _too_many(self._file_name, "layers", _MOST_LAYERS)
        if self._uses > _MOST_USES:
            raise _too_many(self._file_name, "uses of its layers", _MOST_USES)

    def _count(self, entry: Config, parameters: int) -> None:
        self.parameters += parameters
        if self.parameters > self._limits.parameters:
            raise ModelError(
                f"{self._file_name!r} asks for {self.parameters} parameters or more, by its layer {_name(entry)!r}."
                f" Expected at most {self._limits.parameters}. Raise the limit with --max-parameters if you trust the"
                " file."
            )

    def _within(self, entry: Config, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        for shape in shapes:
            size = 4 * math.prod(axis or 1 for axis in shape)
            if size > self._limits.activation_bytes:
                raise ModelError(
                    f"{self._file_name!r} asks for {size} bytes of activations for one sample, in its layer"
                    f" {_name(entry)!r}. Expected at most {self._limits.activation_bytes}. Raise the limit with"
                    " --max-memory if you trust the file."
                )
        return shapes


def _in_order(entries: list[Config]) -> Iterator[tuple[str, Config, list[str]]]:
    """Yield the layers of a graph, each after those that it reads; those of a circle in the order of the file."""
    named = {str(entry.get("name", _config(entry).get("name", ""))): entry for entry in entries}
    sources = {name: [source for source in _sources(entry) if source in named] for name, entry in named.items()}
    done: set[str] = set()
    for start in named:
        waiting = [(start, False)]
        entered: set[str] = set()
        while waiting:
            name, ready = waiting.pop()
            if name in done:
                continue
            if ready or name in entered:
                done.add(name)
                yield name, named[name], sources[name]
            else:
                entered.add(name)
                waiting.append((name, True))
                waiting += [(source, False) for source in sources[name] if source not in done and source not in entered]


def _config(entry: Config) -> Config:
    config = entry.get("config")
    return config if isinstance(config, dict) else {}


def _name(entry: Config) -> str:
    return str(_config(entry).get("name", entry.get("name", entry.get("class_name"))))[:80]


def _built_with(entry: Config) -> tuple[Shape, ...]:
    """The input shape with which Keras is told to build a layer."""
    build = entry.get("build_config")
    return _shape_of(build.get("input_shape")) if isinstance(build, dict) else ()


def _layers_inside(config: Config) -> Iterator[Config]:
    """Yield the layers that a layer keeps in its configuration: a wrapped layer, cells."""
    for value in config.values():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and isinstance(item.get("config"), dict) and "name" in item["config"]:
                yield item


def _least(kind: str, config: Config) -> int:
    """The least number of weights that a layer without a known input has."""
    size = {key: _size(config.get(key)) for key in _SIZES}
    least = max(size.values())
    kernel = config.get("kernel_size")
    if isinstance(kernel, list):
        least *= math.prod(_size(value) or 1 for value in kernel)
    if kind in {"SimpleRNN", "GRU", "LSTM", "SimpleRNNCell", "GRUCell", "LSTMCell"}:
        least = size["units"] ** 2
    if kind.startswith("ConvLSTM"):
        least *= 4 * size["filters"]
    if kind in {"MultiHeadAttention", "GroupQueryAttention"}:
        least = (size["num_heads"] or size["num_query_heads"]) * (size["key_dim"] or size["head_dim"])
    if kind == "Embedding":
        least = size["input_dim"] * size["output_dim"]
    if kind in {"STFTSpectrogram", "MelSpectrogram"}:
        least = size["fft_length"] * (size["num_mel_bins"] or size["fft_length"])
    return least


def _size(value: Any) -> int:
    return int(value) if isinstance(value, int | float) and 0 < value < math.inf else 0


def _shape_of(batch_shape: Any) -> tuple[Shape, ...]:
    if not isinstance(batch_shape, list | tuple) or not batch_shape:
        return ()
    axes = batch_shape[1:]
    if all(axis is None or (isinstance(axis, int) and axis >= 0) for axis in axes):
        return (tuple(axes),)
    return ()


def _sources(entry: Config) -> list[str]:
    """Return the names of the layers whose outputs a layer of a graph reads in its first use."""
    nodes = entry.get("inbound_nodes")
    if not isinstance(nodes, list) or not nodes:
        return []
    return [str(item[0]) for item in references_in([_histories(nodes[0]) or nodes[0]])]


def _histories(node: Any) -> list[Any]:
    """Return the references in a node of Keras 3: the history of each tensor in its arguments."""
    found, waiting = [], [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and item.get("class_name") == "__keras_tensor__":
            found.append(_config(item).get("keras_history"))
        elif isinstance(item, dict):
            waiting += reversed(item.values())
        elif isinstance(item, list):
            waiting += reversed(item)
    return found
