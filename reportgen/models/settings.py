"""A layer's configuration -> what a reader wants to know of it, in the field's own words."""

from __future__ import annotations

from collections.abc import Mapping

from reportgen.models.types import Operation
from reportgen.records.model import Setting

_NAMES = {
    "kernel_size": "kernel",
    "pool_size": "window",
    "size": "size",
    "strides": "stride",
    "padding": "padding",
    "cropping": "cropping",
    "dilation_rate": "dilation",
    "output_padding": "output padding",
    "groups": "groups",
    "equation": "equation",
    "input_dim": "rows",
    "output_dim": "row length",
    "num_heads": "heads",
    "num_query_heads": "query heads",
    "num_key_value_heads": "key and value heads",
    "head_dim": "head size",
    "key_dim": "key size",
    "value_dim": "value size",
    "attention_axes": "attention axes",
    "sliding_window": "sliding window",
    "score_mode": "score",
    "depth_multiplier": "depth multiplier",
    "filters": "filters",
    "units": "units",
    "activation": "activation",
    "rate": "rate",
    "use_bias": "bias",
    "recurrent_activation": "gates' activation",
    "return_sequences": "output of every step",
    "go_backwards": "backwards",
    "merge_mode": "merge",
    "axis": "axis",
    "target_shape": "target shape",
    "data_format": "data format",
}
_USUAL: dict[str, object] = {
    "dilation_rate": 1,
    "groups": 1,
    "depth_multiplier": 1,
    "activation": "linear",
    "use_bias": True,
    "return_sequences": False,
    "go_backwards": False,
    "data_format": "channels_last",
    "output_padding": None,
}


def settings(config: Mapping[str, object]) -> tuple[Setting, ...]:
    """Return the settings that tell a layer from others of its kind; those at Keras's usual value are left out.

    Args:
        config: What the layer's `get_config` returns.
    """
    found = []
    for key, name in _NAMES.items():
        if key in config:
            value = _as_setting(key, config[key])
            if value is not None and not _is_usual(key, value):
                found.append(Setting(name, value))
    return tuple(found)


def output_activation(operation: Operation) -> str | None:
    """Return the activation that a model ends with: "softmax", "sigmoid", "linear" …, or None where it is not known.

    Args:
        operation: The last call's layer or operator.
    """
    kind = type(operation).__name__
    if kind in {"Softmax", "Sigmoid"}:
        return kind.lower()
    activation = getattr(operation, "activation", None)
    return getattr(activation, "__name__", None)


def _as_setting(key: str, value: object) -> str | int | float | bool | tuple[int, ...] | None:
    if isinstance(value, list | tuple):
        flat = tuple(item for entry in value for item in (entry if isinstance(entry, list | tuple) else (entry,)))
        return flat if all(isinstance(item, int) for item in flat) else None
    if isinstance(value, bool | int | float | str):
        return value
    if key.endswith("activation") and isinstance(value, Mapping):
        name = value.get("config", value.get("class_name"))
        return name if isinstance(name, str) else str(value.get("class_name"))
    return None


def _is_usual(key: str, value: object) -> bool:
    usual = _USUAL.get(key, ())
    if isinstance(value, tuple):
        return bool(value) and all(item == usual for item in value)
    return value == usual
