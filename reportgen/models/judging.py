"""A stored configuration -> a verdict before anything is built: no code inside, nothing without measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reportgen.errors import ModelError
from reportgen.models import described
from reportgen.models.described import config_of
from reportgen.models.estimating import Estimate, Limits
from reportgen.models.types import Config

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
_OF_KERAS_2 = re.compile(r"tf_keras(\.|$)|keras\.src\.engine(\.|$)")
_MOST_OBJECTS = 50_000
# The numbers that an array in a configuration may be made of; others ask for bytes by the thousand each.
_NUMBER_TYPE = re.compile(r"bool|string|(u?int|b?float|complex)\d{1,3}(_e\dm\d(fn)?)?")


@dataclass(frozen=True, slots=True)
class Known:
    """What a configuration may name beside Keras's own.

    Attributes:
        modules: Modules of the user's own that were imported on purpose.
        is_registered: Whether Keras knows a class or a function under a registered name.
    """

    modules: Sequence[str] = ()
    is_registered: Callable[[str], bool] = lambda name: False


def judge(config: Config, file_name: str, limits: Limits, known: Known | None = None) -> Estimate:
    """Refuse a configuration that carries code or asks for too much.

    Args:
        config: The serialized model.
        file_name: For the message.
        limits: How large it may be.
        known: What it may name beside Keras's own.

    Returns:
        What it asks for, as far as that can be told before it is built.

    Raises:
        ModelError: It names code, a module that is not Keras's, a vocabulary file, or sizes over the limits.
    """
    objects, rows = 0, 1
    for path, item in _objects(config):
        rows = max(rows, described.batch_size(item))
        objects += "class_name" in item
        if objects > _MOST_OBJECTS:
            raise ModelError(
                f"{file_name!r} asks for more than {_MOST_OBJECTS} objects. Expected a model that can be built in a"
                " minute. Use a model from a source that you trust."
            )
        _judge_object(path, item, file_name, known or Known())
    estimate = Estimate(file_name, limits, rows)
    estimate.model(config)
    return estimate


def _objects(config: object) -> Iterator[tuple[str, Config]]:
    """Yield every object in a configuration with the name of the layer that it stands in."""
    waiting: list[tuple[str, object]] = [("", config)]
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
            raise _refusal(path, f"{code}, which {_CODE_KINDS[code]}", file_name)
    if kind in ("__numpy__", "__tensor__") and not _NUMBER_TYPE.fullmatch(str(config_of(item).get("dtype", "bool"))):
        raise _refusal(path, f"an array of the type {config_of(item).get('dtype')!r:.80}", file_name)
    for key in ("vocabulary", "idf_weights"):
        if isinstance(item.get(key), str):
            raise _refusal(path, f"a {key} that is read from a file, {item[key][:80]!r}", file_name)
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
    if _OF_KERAS_2.match(module):
        named = f"{module[:80]}.{str(kind)[:80]}"
        raise ModelError(
            f"{file_name!r} is an archive of Keras 2 ({module.split('.')[0]}): it names {named!r}. Expected one of"
            " Keras 3, or a model of Keras 2 in an HDF5 file. Load it in the Keras that wrote it, save it with"
            " model.save('model.h5'), and give that file."
        )
    if re.match(r"(keras|builtins)(\.|$)", module):
        raise _refusal(path, f"{f'{module[:80]}.{str(what)[:80]}'!r}, which is not a part of a model", file_name)
    raise _refusal(path, f"the class {what!r:.80} of the module {module[:80]!r}, which is not Keras's", file_name)


def _is_keras(module: str, kind: object, name: object) -> bool:
    """Return whether Keras itself writes this name with this module into a configuration."""
    if not isinstance(name, str) or not name.isidentifier():
        return False
    if module in _MODULES:
        names = _MODULES[module]
        return names is None or kind in names
    return _INNER_MODULES.fullmatch(module) is not None


def _refusal(path: str, what: str, file_name: str) -> ModelError:
    where = f"The layer {path[:80]!r} of {file_name!r}" if path else f"{file_name!r}"
    return ModelError(
        f"{where} names {what}. Expected a model that can be read without running code from the file. Use a model "
        "without it, or bring your own class with --import."
    )
