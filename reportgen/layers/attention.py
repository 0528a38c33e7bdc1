"""MultiHeadAttention, GroupedQueryAttention, Attention, AdditiveAttention -> arithmetic. Positions look at others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.errors import LayerError
from reportgen.layers.reading import Config, flag, known, per_axis, sample_axes, text, whole
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    Sum,
    channels_step,
    factor,
    multiplied,
    summed,
    times,
    weights,
)
from reportgen.records.model import Arithmetic, Shape, Step, product

_HEADED = frozenset({"MultiHeadAttention", "GroupedQueryAttention"})
_UNMASKED = "Masks are given with the call and not in the configuration: all pairs of positions are counted."
_PARTLY = "Each output depends on other positions along some of the axes only, so no receptive field is given."

KINDS = _HEADED | {"Attention", "AdditiveAttention"}

Part = tuple[str, Sum | None]


@dataclass(frozen=True, slots=True)
class _Heads:
    """What an attention with projections is told.

    Attributes:
        query: Heads of the queries.
        source: Heads of the keys and values; fewer where several heads of the queries share one.
        key_size: Numbers of one head's queries and keys.
        value_size: Numbers of one head's values.
        outputs: Sizes of the output's last axes.
        use_bias: Whether every projection has biases.
        use_gate: Whether a gate, worked out from the queries, scales what the heads found.
    """

    query: Factor
    source: Factor
    key_size: Factor
    value_size: Factor
    outputs: tuple[int, ...]
    use_bias: bool
    use_gate: bool


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out an attention layer.

    Args:
        kind: One of `KINDS`.
        config: Read: num_heads, key_dim, value_dim, output_shape, attention_axes, head_dim, num_query_heads,
            num_key_value_heads, use_bias, use_gate, sliding_window, use_scale, score_mode, whichever the kind has.
        input_shapes: Queries, values and, where they are not the values, keys. Masks are not among them.

    Returns:
        Its arithmetic. MACs: multiply-adds for one sample: every projection, every query with every key, and every
        score with its value; masks save none. Bias, scaling and softmax are not counted; FLOPs are twice that.

    Raises:
        LayerError: There are not two or three inputs, or they do not go together.

    Source: Vaswani et al. 2017, "Attention is all you need". arXiv:1706.03762. Ainslie et al. 2023, "GQA". arXiv:
        2305.13245. Bahdanau, Cho & Bengio 2015 (additive attention). arXiv:1409.0473. That the products of queries,
        keys and values are counted: as torchvision counts them for its vision transformers.
    """
    if len(input_shapes) not in (2, 3):
        raise LayerError(
            f"It got {len(input_shapes)} inputs. Attention takes queries, values and, if need be, keys. Call it on two "
            f"or three tensors."
        )
    query, value, key = (*input_shapes, input_shapes[1])[:3]
    if min(len(query), len(value), len(key)) < 2 or value[:-1] != key[:-1]:
        raise LayerError(
            f"It got inputs of shape {', '.join(map(str, input_shapes))}. Expected positions with channels, as many "
            f"keys as values. Reshape the inputs."
        )
    if kind in _HEADED:
        return _headed(kind, config, query, value, key)
    return _without_projections(kind, config, query, value, key)


def _headed(kind: str, config: Config, query: Shape, value: Shape, key: Shape) -> Arithmetic:
    """Work out an attention that projects its inputs for several heads."""
    channels = [known(shape[-1], "number of channels") for shape in (query, key, value)]
    heads = _heads(kind, config, channels[0])
    places = _attended(kind, config, len(query) - 1)
    positions = _pairs(query, value, places)
    read = [factor(f"{name} channels", size) for name, size in zip(("query", "key", "value"), channels, strict=True)]
    found = Factor("output channels", times(heads.outputs), product(heads.outputs))
    projections = [
        ("query", positions.query, [read[0]], [heads.query, heads.key_size]),
        ("key", positions.source, [read[1]], [heads.source, heads.key_size]),
        ("value", positions.source, [read[2]], [heads.source, heads.value_size]),
        *([("gate", positions.query, [read[0]], [heads.query, heads.value_size])] if heads.use_gate else []),
        ("output", positions.query, [heads.query, heads.value_size], [found]),
    ]
    parameters = summed(
        "parameters",
        "parameters",
        [(name, weights(kernel, _added_up(made), use_bias=heads.use_bias)) for name, _, kernel, made in projections],
    )
    parts: list[Part] = [(name, multiplied([at, *kernel, *made])) for name, at, kernel, made in projections]
    parts[-1:-1] = [
        ("score", multiplied([*positions.pairs, heads.query, heads.key_size])),
        ("weighting", multiplied([*positions.pairs, heads.query, heads.value_size])),
    ]
    is_complete = len(places) == len(query) - 1 and config.get("sliding_window") is None
    return _arithmetic((*query[:-1], *heads.outputs), parameters, parts, sees_all=is_complete)


def _heads(kind: str, config: Config, num_channels: int) -> _Heads:
    """Return what the configuration says of the heads."""
    outputs: tuple[int, ...] = (num_channels,)
    if kind == "GroupedQueryAttention":
        size = factor("head size", whole(config, "head_dim", 1))
        query = factor("query heads", whole(config, "num_query_heads", 1))
        source = factor("key and value heads", whole(config, "num_key_value_heads", 1))
        sizes = (size, size)
    else:
        query = source = factor("heads", whole(config, "num_heads", 1))
        key_size = whole(config, "key_dim", 1)
        sizes = (factor("key size", key_size), factor("value size", whole(config, "value_dim", key_size)))
        target = config.get("output_shape")
        several = target if isinstance(target, Sequence) else (target,)
        outputs = per_axis(config, "output_shape", len(several)) if target else outputs
    use_bias, use_gate = flag(config, "use_bias", default=True), flag(config, "use_gate", default=False)
    return _Heads(query, source, *sizes, outputs, use_bias, use_gate)


@dataclass(frozen=True, slots=True)
class _Positions:
    """How many positions there are of queries and of keys, and the factors of how many pairs look at each other."""

    query: Factor
    source: Factor
    pairs: tuple[Factor, ...]


def _attended(kind: str, config: Config, num_axes: int) -> tuple[int, ...]:
    """Return the places of the axes along which positions look at each other."""
    if kind != "MultiHeadAttention" or not config.get("attention_axes"):
        return tuple(range(num_axes))
    return sample_axes(config, "attention_axes", num_axes + 1)


def _pairs(query: Shape, value: Shape, places: tuple[int, ...]) -> _Positions:
    """Count positions; along axes without attention, queries and keys meet at the same place only."""
    rest = [size for place, size in enumerate(query[:-1]) if place not in places]
    apart = [_positions("separate positions", rest)] if rest else []
    return _Positions(
        _positions("query positions", query[:-1]),
        _positions("key positions", value[:-1]),
        (
            *apart,
            _positions(
                "query positions along the axes of attention" if rest else "query positions", _at(query, places)
            ),
            _positions("key positions along the axes of attention" if rest else "key positions", _at(value, places)),
        ),
    )


def _at(shape: Shape, places: tuple[int, ...]) -> list[int | None]:
    return [shape[place] for place in places]


def _positions(name: str, sizes: Sequence[int | None]) -> Factor:
    """Return the number of positions along several axes as one factor."""
    return Factor(name, times(str(size) for size in sizes), product(sizes))


def _added_up(several: Sequence[Factor]) -> Factor:
    """Return several factors as one."""
    return Factor(
        times(entry.name for entry in several),
        times(entry.working for entry in several),
        product(entry.value for entry in several),
    )


def _without_projections(kind: str, config: Config, query: Shape, value: Shape, key: Shape) -> Arithmetic:
    """Work out an attention without projections; every axis but the last two is one of separate sequences."""
    channels = known(query[-1], "number of channels")
    rest = [_positions("separate sequences", query[:-2])] if len(query) > 2 else []
    pairs = [*rest, factor("query steps", query[-2]), factor("key steps", key[-2])]
    is_additive, use_scale = kind == "AdditiveAttention", flag(config, "use_scale", default=kind == "AdditiveAttention")
    is_sum = is_additive or text(config, "score_mode", "dot") == "concat"
    own: list[tuple[str, Sum]] = []
    if use_scale:
        own.append(("scale", Sum("channels", str(channels), channels) if is_additive else Sum("1", "1", 1)))
    if is_sum and not is_additive:
        own.append(("score weight", Sum("1", "1", 1)))
    # Scores that sum up channels multiply nothing, unless each channel has a scale of its own.
    multiplies = use_scale if is_additive else not is_sum
    parts: list[Part] = [("score", multiplied([*pairs, factor("channels", channels)]))] if multiplies else []
    parts.append(("weighting", multiplied([*pairs, factor("value channels", value[-1])])))
    parameters = summed("parameters", "parameters", own) if own else []
    return _arithmetic((*query[:-1], value[-1]), parameters, parts, sees_all=len(query) == 2)


def _arithmetic(shape: Shape, parameters: list[Step], parts: Sequence[Part], *, sees_all: bool) -> Arithmetic:
    """Put the calculation together; without multiply-adds where a size is unknown."""
    counted = [(name, part) for name, part in parts if part is not None]
    is_known = len(counted) == len(parts)
    macs = summed("multiply-adds", "multiply-adds", counted) if is_known else []
    size = shape[-1]
    return Arithmetic(
        output_shape=shape,
        parameters=parameters[-1].value if parameters else 0,
        macs=macs[-1].value if macs else 0,
        windows=None,
        steps=(
            *([channels_step("channels", str(size), size)] if size is not None else []),
            *parameters,
            *macs,
        ),
        sees_all=sees_all,
        notes=(*([] if is_known else [MACS_UNKNOWN]), _UNMASKED, *([] if sees_all else [_PARTLY])),
    )
