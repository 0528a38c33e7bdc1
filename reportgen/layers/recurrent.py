"""SimpleRNN, GRU, LSTM, RNN and their cells -> arithmetic. The same kernels at every time step of a sequence."""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.errors import LayerError
from reportgen.language.listing import listed
from reportgen.layers.reading import Config, flag, inside, known, only, whole
from reportgen.layers.wording import MACS_UNKNOWN, Sum, channels_step, plus, summed, times
from reportgen.records.model import Arithmetic, Shape, Step, product

_GATES = {"SimpleRNNCell": 1, "GRUCell": 3, "LSTMCell": 4}
_LAYERS = frozenset({"SimpleRNN", "GRU", "LSTM", "RNN"})
_GROWING = (
    "Each step depends on all the steps before it, so its receptive field grows from step to step and has no single "
    "number."
)

KINDS = _LAYERS | frozenset(_GATES) | {"StackedRNNCells"}
# What the biases of a cell are called, by their number.
_BIASES: tuple[list[str], ...] = ([], ["bias"], ["two biases"])


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a recurrent layer, or one step of its cell.

    Args:
        kind: One of `KINDS`.
        config: Read: units, use_bias, reset_after (GRU), return_sequences, cell (RNN), cells (StackedRNNCells).
        input_shapes: The sequence, steps × values; one step's values for a cell. States are not among them.

    Returns:
        Its arithmetic; the shape is that of the output, without states. MACs: multiply-adds for one sample, of the
        input kernel and of the recurrent kernel at every step, bias and gating not counted; FLOPs are twice that.

    Raises:
        LayerError: The input has another number of axes, or a cell is no cell of Keras.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory". Cho et al. 2014, "Learning phrase representations
        using RNN encoder-decoder" (GRU). arXiv:1406.1078. The second bias of a GRU: Keras 3, keras.layers.GRU.
    """
    shape = only(input_shapes)
    is_layer = kind in _LAYERS
    if len(shape) != (2 if is_layer else 1):
        raise LayerError(
            f"It got an input of shape {shape}. Expected {'steps and values' if is_layer else 'the values of one step'}"
            f". Reshape the input."
        )
    steps = shape[0] if is_layer else 1
    cells = _stacked_cells(kind, config)
    units, parameters, per_step = _counted(cells, known(shape[-1], "number of values of a step"))
    macs = _over_steps(per_step, steps, is_layer=is_layer)
    keeps = is_layer and flag(config, "return_sequences", default=False)
    notes = (*([_GROWING] if keeps else []), *([] if macs else [MACS_UNKNOWN]))
    lines = summed("parameters", "parameters", parameters)
    return Arithmetic(
        output_shape=(steps, units) if keeps else (units,),
        parameters=lines[-1].value,
        macs=macs[-1].value if macs else 0,
        windows=None,
        steps=(channels_step("units", str(units), units), *lines, *macs),
        sees_all=not keeps,
        notes=notes,
    )


def _stacked_cells(kind: str, config: Config) -> list[tuple[str, Config]]:
    """Return the kind and the configuration of every cell, from the input to the output."""
    if f"{kind}Cell" in _GATES:
        return [(f"{kind}Cell", config)]
    if kind in _GATES:
        return [(kind, config)]
    if kind == "RNN":
        return _stacked_cells(*inside(config.get("cell"), "cell"))
    if kind == "StackedRNNCells":
        entries = config.get("cells")
        several = entries if isinstance(entries, Sequence) else ()
        return [cell for entry in several for cell in _stacked_cells(*inside(entry, "cell"))]
    raise LayerError(
        f"Its cell is a {kind}. Expected one of {listed(sorted(_GATES))}. Read Keras's own numbers instead."
    )


def _counted(
    cells: Sequence[tuple[str, Config]], num_inputs: int
) -> tuple[int, list[tuple[str, Sum]], list[tuple[str, Sum]]]:
    """Return the units of the last cell, and the weights and the multiply-adds of one step of every cell."""
    parameters, macs = [], []
    for number, (kind, config) in enumerate(cells, 1):
        units, gates = whole(config, "units", 1), _GATES[kind]
        num_biases = 0
        if flag(config, "use_bias", default=True):
            num_biases = 2 if kind == "GRUCell" and flag(config, "reset_after", default=True) else 1
        biases = _BIASES[num_biases]
        name = f"cell {number}"
        parameters.append((name, _gated(gates, units, [num_inputs, units, *([num_biases] if biases else [])], biases)))
        macs.append((name, _gated(gates, units, [num_inputs, units], [])))
        num_inputs = units
    return num_inputs, parameters, macs


def _gated(gates: int, units: int, read: Sequence[int], biases: Sequence[str]) -> Sum:
    """Return gates · units · (everything that one unit reads); a SimpleRNN has no gates to show."""
    rule, working = f"({plus(['inputs', 'units', *biases])})", f"({plus(read)})"
    factors = (("gates", gates), ("units", units)) if gates > 1 else (("units", units),)
    return Sum(
        times([*(name for name, _ in factors), rule]),
        times([*(number for _, number in factors), working]),
        gates * units * sum(read),
    )


def _over_steps(per_step: Sequence[tuple[str, Sum]], steps: int | None, *, is_layer: bool) -> list[Step]:
    """Return the multiply-adds of all steps; nothing where their number is unknown."""
    if steps is None:
        return []
    if not is_layer:
        return summed("multiply-adds", "multiply-adds", per_step)
    parts = [
        (name, Sum(times(("steps", part.rule)), times((steps, part.working)), product((steps, part.value)) or 0))
        for name, part in per_step
    ]
    return summed("multiply-adds", "multiply-adds", parts)
