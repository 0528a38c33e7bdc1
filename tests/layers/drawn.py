"""Random configurations of every family, drawn by hypothesis: a kind, its settings and the shapes of its inputs."""

from __future__ import annotations

from typing import Any

import keras
from hypothesis import strategies as st

from reportgen.records.model import Shape

Drawn = tuple[str, dict[str, Any], tuple[Shape, ...]]
ORDERS = st.sampled_from(["channels_last", "channels_first"])
PADDINGS = ["valid", "same"]


def alive(chosen: dict[str, Any]) -> dict[str, Any]:
    """Return settings with the layers and cells inside them built: they are drawn as a kind and its settings."""
    return {key: _alive(value) for key, value in chosen.items()}


def _alive(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return [_alive(entry) for entry in value]
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict):
        return getattr(keras.layers, value[0])(**value[1])
    return value


def numbers(rank: int, most: int, least: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(least, most)] * rank)


@st.composite
def pictures(draw: st.DrawFn, rank: int, order: str, *, least: int = 1, channels: int | None = None) -> Shape:
    """Draw an input with spatial axes; a size may be open."""
    most = {1: 14, 2: 9, 3: 6}[rank]
    sizes = draw(st.tuples(*[st.integers(least, most)] * rank))
    opened = draw(st.sets(st.integers(0, rank - 1), max_size=rank)) if draw(st.integers(0, 3)) == 0 else set()
    spatial: Shape = tuple(None if place in opened else size for place, size in enumerate(sizes))
    number = channels or draw(st.integers(1, 4))
    return (number, *spatial) if order == "channels_first" else (*spatial, number)


@st.composite
def convolutions(draw: st.DrawFn, kinds: tuple[str, ...]) -> Drawn:
    """Draw a convolution of any form, and an input that it may or may not fit."""
    kind = draw(st.sampled_from(kinds))
    rank, order = int(kind.removesuffix("Transpose")[-2]), draw(ORDERS)
    chosen: dict[str, Any] = {
        "padding": draw(st.sampled_from([*PADDINGS, "causal"] if kind == "Conv1D" else PADDINGS)),
        "data_format": order,
        "kernel_size": draw(numbers(rank, {1: 5, 2: 4, 3: 3}[rank])),
        "use_bias": draw(st.booleans()),
    }
    chosen |= {draw(st.sampled_from(["strides", "dilation_rate"])): draw(numbers(rank, 3))}
    groups = draw(st.integers(1, 3)) if kind in {"Conv1D", "Conv2D", "Conv3D"} else 1
    if kind.startswith(("Conv", "Separable")):
        chosen["filters"] = groups * draw(st.integers(1, 3))
    if kind.startswith(("Depthwise", "Separable")):
        chosen["depth_multiplier"] = draw(st.integers(1, 3))
    if kind in {"Conv1D", "Conv2D", "Conv3D"}:
        chosen["groups"] = groups
    if kind.endswith("Transpose") and draw(st.booleans()):
        strides = chosen.get("strides", (1,) * rank)
        chosen["output_padding"] = tuple(draw(st.integers(0, stride - 1)) for stride in strides)
    channels = groups * draw(st.integers(1, 3))
    return kind, chosen, (draw(pictures(rank, order, channels=channels)),)


@st.composite
def films(draw: st.DrawFn) -> Drawn:
    """Draw a convolutional LSTM; Keras wants to know the size of its images, but not how many there are."""
    rank, order = draw(st.integers(1, 3)), draw(ORDERS)
    chosen: dict[str, Any] = {
        "filters": draw(st.integers(1, 3)),
        "kernel_size": draw(numbers(rank, 3)),
        "padding": draw(st.sampled_from(PADDINGS)),
        "data_format": order,
        "use_bias": draw(st.booleans()),
        "return_sequences": draw(st.booleans()),
        draw(st.sampled_from(["strides", "dilation_rate"])): draw(numbers(rank, 3)),
    }
    spatial = draw(numbers(rank, {1: 9, 2: 6, 3: 4}[rank]))
    channels = draw(st.integers(1, 3))
    picture: Shape = (channels, *spatial) if order == "channels_first" else (*spatial, channels)
    return f"ConvLSTM{rank}D", chosen, ((draw(st.none() | st.integers(1, 3)), *picture),)


@st.composite
def poolings(draw: st.DrawFn) -> Drawn:
    rank, order = draw(st.integers(1, 3)), draw(ORDERS)
    what = draw(st.sampled_from(["Max", "Average"]))
    chosen: dict[str, Any] = {"data_format": order}
    form = draw(st.sampled_from(["", "Global", "Adaptive"]))
    if form == "Global":
        chosen["keepdims"] = draw(st.booleans())
    elif form == "Adaptive":
        chosen["output_size"] = draw(st.integers(1, 5) | numbers(rank, 5))
    else:
        chosen |= {"pool_size": draw(numbers(rank, 4)), "padding": draw(st.sampled_from(PADDINGS))}
        chosen["strides"] = draw(st.none() | numbers(rank, 3))
    return f"{form}{what}Pooling{rank}D", chosen, (draw(pictures(rank, order)),)


@st.composite
def borders(draw: st.DrawFn) -> Drawn:
    """Draw an upsampling, a cropping or a padding."""
    rank = draw(st.integers(1, 3))
    what = draw(st.sampled_from(["UpSampling", "Cropping", "ZeroPadding"]))
    has_order = rank > 1 or what == "ZeroPadding"
    order = draw(ORDERS) if has_order else "channels_last"
    chosen: dict[str, Any] = {"data_format": order} if has_order else {}
    if what == "UpSampling":
        chosen["size"] = draw(numbers(rank, 4)) if rank > 1 else draw(st.integers(1, 4))
        chosen |= {"interpolation": draw(st.sampled_from(["nearest", "bilinear", "bicubic"]))} if rank == 2 else {}
    else:
        pairs = tuple(draw(numbers(2, 3, 0)) for _ in range(rank))
        chosen["cropping" if what == "Cropping" else "padding"] = pairs[0] if rank == 1 else pairs
    return f"{what}{rank}D", chosen, (draw(pictures(rank, order)),)


@st.composite
def dense(draw: st.DrawFn) -> Drawn:
    if draw(st.booleans()):
        shape = (*draw(st.lists(st.none() | st.integers(1, 4), max_size=3)), draw(st.integers(1, 5)))
        return "Dense", {"units": draw(st.integers(1, 5)), "use_bias": draw(st.booleans())}, (shape,)
    lengths = draw(st.lists(st.none() | st.integers(1, 5), min_size=1, max_size=3))
    chosen = {"input_dim": draw(st.integers(1, 9)), "output_dim": draw(st.integers(1, 6))}
    return "Embedding", chosen, (tuple(lengths),)


@st.composite
def equations(draw: st.DrawFn) -> Drawn:
    """Draw an EinsumDense: axes that stay, that are summed, that the kernel has of its own, and that it shares."""
    size = {letter: draw(st.integers(1, 4)) for letter in "pqrsuvwx"}
    stay = draw(st.sampled_from(["", "p", "pq"]))
    summed = draw(st.sampled_from(["r", "rs"]))
    shared = draw(st.sampled_from(["", "", "u"]))
    new = draw(st.sampled_from(["", "v", "vw"]))
    form = draw(st.sampled_from(["plain", "left", "right"]))
    read = draw(st.permutations(stay + summed + shared).map("".join))
    kernel = draw(st.permutations(summed + shared + new).map("".join))
    made = draw(st.permutations(stay + shared + new).map("".join))
    if form == "left" and not made:
        form = "plain"
    hidden = tuple(draw(st.lists(st.integers(1, 3), max_size=2))) if form != "plain" else ()
    equation = {
        "plain": f"a{read},{kernel}->a{made}",
        "left": f"...{read},{kernel}->...{made}",
        "right": f"a{read}...,{kernel}->a{made}...",
    }[form]
    own = tuple(size[letter] for letter in read)
    shape: Shape = (*hidden, *own) if form == "left" else (*own, *hidden)
    ends = tuple(size[letter] for letter in made)
    bias = draw(st.none() | st.sets(st.sampled_from(sorted(made)), min_size=1)) if made else None
    chosen = {
        "equation": equation,
        "output_shape": ends,
        "bias_axes": None if bias is None else "".join(letter for letter in made if letter in bias),
    }
    return "EinsumDense", chosen, (shape,)


@st.composite
def recurrences(draw: st.DrawFn) -> Drawn:
    shape = (draw(st.none() | st.integers(1, 5)), draw(st.integers(1, 4)))
    told: dict[str, Any] = {
        "units": draw(st.integers(1, 4)),
        "use_bias": draw(st.booleans()),
    }
    over: dict[str, Any] = {"return_sequences": draw(st.booleans()), "return_state": draw(st.booleans())}
    plain = draw(st.sampled_from(["SimpleRNN", "GRU", "LSTM"]))
    gru = {"reset_after": draw(st.booleans())} if plain == "GRU" else {}
    form = draw(st.sampled_from(["layer", "cells", "both ways"]))
    if form == "layer":
        return plain, {**told, **gru, **over}, (shape,)
    if form == "both ways":
        inner = (plain, {**told, **gru, "return_sequences": over["return_sequences"]})
        return "Bidirectional", {"layer": inner, "merge_mode": draw(st.sampled_from(["concat", "sum", None]))}, (shape,)
    kinds = draw(st.lists(st.sampled_from(["SimpleRNN", "GRU", "LSTM"]), min_size=1, max_size=3))
    cells = [(f"{kind}Cell", {"units": draw(st.integers(1, 4)), "use_bias": told["use_bias"]}) for kind in kinds]
    return (
        "RNN",
        {"cell": cells if len(cells) > 1 else cells[0], "return_sequences": over["return_sequences"]},
        (shape,),
    )


@st.composite
def attentions(draw: st.DrawFn) -> Drawn:
    kind = draw(st.sampled_from(["MultiHeadAttention", "GroupedQueryAttention", "Attention", "AdditiveAttention"]))
    length, other, channels, ends = draw(numbers(4, 4))
    if kind in {"Attention", "AdditiveAttention"}:
        rest = draw(numbers(draw(st.integers(0, 1)), 3))
        chosen: dict[str, Any] = {"use_scale": draw(st.booleans())}
        if kind == "Attention":
            chosen["score_mode"] = draw(st.sampled_from(["dot", "concat"]))
        value = (*rest, other, channels if draw(st.booleans()) else ends)
        shapes: tuple[Shape, ...] = ((*rest, length, channels), value, (*rest, other, channels))
        return kind, chosen, shapes if value[-1] != channels or draw(st.booleans()) else shapes[:2]
    heads = draw(st.integers(1, 3))
    chosen = {"use_bias": draw(st.booleans()), "use_gate": draw(st.booleans())}
    if kind == "GroupedQueryAttention":
        chosen |= {"head_dim": draw(st.integers(1, 3)), "num_key_value_heads": heads}
        chosen["num_query_heads"] = heads * draw(st.integers(1, 2))
        return kind, chosen, ((length, channels), (other, channels), (other, ends))
    chosen |= {"num_heads": heads, "key_dim": draw(st.integers(1, 3)), "value_dim": draw(st.none() | st.integers(1, 3))}
    chosen["output_shape"] = draw(st.none() | st.integers(1, 3) | st.tuples(st.integers(1, 2), st.integers(1, 3)))
    if draw(st.booleans()):
        separate = draw(st.integers(1, 3))
        chosen["attention_axes"] = draw(st.sampled_from([(2,), (-2,), (1, 2), None]))
        two: tuple[Shape, ...] = ((separate, length, channels), (separate, other, ends))
        return kind, chosen, two
    three: tuple[Shape, ...] = ((length, channels), (other, ends), (other, draw(st.integers(1, 4))))
    return kind, chosen, three[: draw(st.integers(2, 3))]


@st.composite
def normalizations(draw: st.DrawFn) -> Drawn:
    kind = draw(
        st.sampled_from(
            ["BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization"]
        )
    )
    rank = draw(st.integers(1, 4))
    shape = draw(numbers(rank, 5))
    axis = draw(st.integers(1, rank) | st.integers(-rank, -1))
    chosen: dict[str, Any] = {"axis": axis}
    if kind in {"BatchNormalization", "LayerNormalization", "GroupNormalization"}:
        chosen |= {"center": draw(st.booleans()), "scale": draw(st.booleans())}
    if kind == "GroupNormalization":
        chosen["groups"] = -1
    if kind in {"LayerNormalization", "RMSNormalization"} and draw(st.booleans()):
        chosen["axis"] = sorted(draw(st.sets(st.integers(1, rank), min_size=1)))
    return kind, chosen, (shape,)
