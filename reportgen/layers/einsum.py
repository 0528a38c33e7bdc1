"""EinsumDense -> arithmetic. A dense layer whose axes are named by letters: "abc,cd->abd"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportgen.errors import LayerError
from reportgen.layers import quantized
from reportgen.layers.reading import Config, known, only, per_axis
from reportgen.layers.wording import MACS_UNKNOWN, Factor, Sum, factor, multiplied, summed
from reportgen.records.model import Arithmetic, Shape, Step

KINDS = frozenset({"EinsumDense"})

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]+)(\.\.\.)?")
_LETTERS = "The letters are the axes in the equation {equation!r}; the batch axis is left out."
_HIDDEN = "αβγδεζηθικλμνξοπρστυφχψω"
_MIXED = "An output depends on some of the spatial axes from end to end, so no receptive field is given."


@dataclass(frozen=True, slots=True)
class _Axes:
    """An equation with its letters resolved; the batch axis is left out.

    Attributes:
        read: Letters of the input, those that "..." stands for among them.
        kernel: Letters of the kernel.
        made: Letters of the output.
        sizes: Size of each letter; None where unknown.
    """

    read: str
    kernel: str
    made: str
    sizes: Mapping[str, int | None]


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a dense layer that is written as an equation.

    Args:
        kind: "EinsumDense".
        config: Read: equation, output_shape, bias_axes, dtype.
        input_shapes: The one input.

    Returns:
        Its arithmetic. MACs: one for each combination of places along all the axes that the equation names, for one
        sample, bias not counted; FLOPs are twice that.

    Raises:
        LayerError: The equation does not fit the input, a size that the kernel needs is not known, or the weights are
            quantized in a way that is not known.

    Source: Keras 3, keras.layers.EinsumDense; numpy.einsum for the meaning of an equation.
    """
    del kind
    axes = _resolved(config, only(input_shapes))
    parts = _kernel(config, axes)
    biases = config.get("bias_axes")
    if biases is not None:
        parts.append(("bias", _multiplied([_axis(axes, letter) for letter in str(biases)])))
    parameters = summed("parameters", "parameters", parts)
    letters = dict.fromkeys(axes.read + axes.kernel)
    macs = multiplied([factor(letter, axes.sizes[letter]) for letter in letters])
    sizes = [(letter, axes.sizes[letter]) for letter in axes.made]
    mixed = [letter for letter in axes.read if letter not in axes.made]
    is_pointwise = mixed == [axes.read[-1]] and axes.made.startswith(axes.read[:-1]) and len(axes.read) > 1
    sees_all = len(mixed) == len(axes.read)
    notes = [_LETTERS.format(equation=str(config.get("equation"))), *([] if macs else [MACS_UNKNOWN])]
    if any(letter in _HIDDEN for letter in axes.read):
        notes.insert(1, "Greek letters are the axes that '...' stands for.")
    return Arithmetic(
        output_shape=tuple(size for _, size in sizes),
        parameters=parameters[-1].value,
        macs=macs.value if macs else 0,
        windows=() if is_pointwise else None,
        steps=(
            *(
                Step(f"output {letter}", letter, str(size), size, "values")
                for letter, size in sizes
                if size is not None
            ),
            *parameters,
            *(summed("multiply-adds", "multiply-adds", [("", macs)]) if macs else []),
        ),
        sees_all=sees_all,
        notes=tuple(notes if is_pointwise or sees_all else [*notes, _MIXED]),
    )


def _kernel(config: Config, axes: _Axes) -> list[tuple[str, Sum]]:
    """Return the numbers that the kernel is stored as, plain or quantized."""
    mode = quantized.mode(config)
    if mode is None:
        return [("kernel", _multiplied([_axis(axes, letter) for letter in axes.kernel]))]
    rows = [_axis(axes, letter) for letter in axes.kernel if letter not in axes.made]
    columns = [_axis(axes, letter) for letter in axes.kernel if letter in axes.made]
    return quantized.stored(mode, rows, columns)


def _axis(axes: _Axes, letter: str) -> Factor:
    """Return an axis that weights are counted along."""
    return factor(letter, known(axes.sizes.get(letter), f"size of axis {letter!r}"))


def _multiplied(several: Sequence[Factor]) -> Sum:
    """Return a product of known factors; 1 where there is none."""
    return multiplied(several) or Sum("1", "1", 1)


def _resolved(config: Config, shape: Shape) -> _Axes:
    """Return the letters of all axes and their sizes."""
    equation = str(config.get("equation", ""))
    match = _EQUATION.fullmatch(equation.replace(" ", ""))
    if match is None:
        raise LayerError(
            f"Its equation is {equation!r}. Expected an input, a kernel and an output: 'abc,cd->abd', with '...' "
            f"before or after the input's and the output's letters at most. Write the equation so."
        )
    left, read, right, kernel, _, made, _ = match.groups()
    num_hidden = len(shape) + 1 - len(read)
    hidden = _HIDDEN[: max(num_hidden, 0)]
    if num_hidden < 0 or (num_hidden > 0 and not left and not right):
        raise LayerError(
            f"It got an input of {len(shape) + 1} axes for the {len(read)} letters of {read!r}. Expected one letter "
            f"for each axis, the batch axis included, or '...' for several. Change the equation or the input."
        )
    read, made = (hidden + read, hidden + made) if left else (read + hidden, made + hidden)
    # The first axis is the batch axis: no weight and no sum runs along it.
    sizes: dict[str, int | None] = dict(zip(read[1:], shape, strict=True))
    target = config.get("output_shape", ())
    given = list(target) if isinstance(target, Sequence) else [target]
    own = [letter for letter in made[1:] if letter not in hidden]
    for letter, size in zip(own, given, strict=False):
        if letter not in sizes:
            sizes[letter] = None if size is None else per_axis({"output_shape": size}, "output_shape", 1)[0]
    missing = [letter for letter in made[1:] + kernel if letter not in sizes]
    if missing:
        raise LayerError(
            f"The size of axis {missing[0]!r} in {equation!r} is not known. Expected it in the input or in the output "
            f"shape. Give the layer an output shape with all its axes."
        )
    return _Axes(read[1:], kernel, made[1:], sizes)
