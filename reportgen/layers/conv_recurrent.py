"""ConvLSTM1D, ConvLSTM2D, ConvLSTM3D -> arithmetic. An LSTM whose kernels are convolutions, over a film."""

from __future__ import annotations

from reportgen.errors import LayerError
from reportgen.language.listing import listed
from reportgen.layers.reading import Config, assemble, flag, only, split, whole
from reportgen.layers.sliding import Frame, kernel_frame, slide
from reportgen.layers.wording import (
    MACS_UNKNOWN,
    Factor,
    Sum,
    axis_names,
    channels_step,
    factor,
    factors,
    multiplied,
    plus,
    size_text,
    summed,
    times,
)
from reportgen.records.model import Arithmetic, Shape, product

_RANKS = {"ConvLSTM1D": 1, "ConvLSTM2D": 2, "ConvLSTM3D": 3}
_GATES = 4

KINDS = frozenset(_RANKS)
ROLE = "conv"


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a convolutional LSTM.

    Args:
        kind: One of `KINDS`.
        config: Read: kernel_size, strides, padding, dilation_rate, filters, use_bias, return_sequences, data_format.
        input_shapes: The film: time steps, and then the axes of one image. States are not among them.

    Returns:
        Its arithmetic. The windows are those of the input kernel, which reads the image of the same time step. MACs:
        multiply-adds for one sample, of the input kernel and of the recurrent kernel at every step and every output
        position, taps in the padding counted, bias and gating not; FLOPs are twice that.

    Raises:
        LayerError: The input has another number of axes, or a window does not fit inside the image.

    Source: Shi et al. 2015, "Convolutional LSTM network: a machine learning approach for precipitation nowcasting",
        equation 3, without its peephole weights, as in Keras. arXiv:1506.04214.
    """
    rank = _RANKS[kind]
    shape = only(input_shapes)
    if len(shape) != rank + 2:
        raise LayerError(
            f"It got an input of shape {shape}. Expected time steps, {rank} spatial axes and one for the channels. "
            f"Reshape the input, or use the layer for {max(len(shape) - 2, 1)} spatial axes."
        )
    steps, (spatial, channels) = shape[0], split(shape[1:], config, rank)
    frame = kernel_frame(config, rank)
    moved = slide(spatial, frame)
    filters = whole(config, "filters", 1)
    parameters = _parameters(frame, channels, filters, use_bias=flag(config, "use_bias", default=True))
    inner = _reading(channels, filters)
    macs = multiplied(
        [
            factor("steps", steps),
            *factors("output", moved.outputs),
            *factors("kernel", frame.kernels),
            inner,
            Factor("gates · filters", times((_GATES, filters)), _GATES * filters),
        ]
    )
    picture = assemble(moved.outputs, filters, config)
    keeps = flag(config, "return_sequences", default=False)
    return Arithmetic(
        output_shape=(steps, *picture) if keeps else picture,
        parameters=parameters.value,
        macs=macs.value if macs else 0,
        windows=moved.windows,
        steps=(
            *moved.steps,
            channels_step("filters", str(filters), filters),
            *summed("parameters", "parameters", [("", parameters)]),
            *(summed("multiply-adds", "multiply-adds", [("", macs)]) if macs else []),
        ),
        over_time=True,
        notes=(*moved.notes, _earlier(frame), *([] if macs else [MACS_UNKNOWN])),
    )


def _reading(channels: int, filters: int) -> Factor:
    """Return the channels that one tap of both kernels reads: of the image, and of the state."""
    return Factor("(input channels + filters)", f"({plus((channels, filters))})", channels + filters)


def _parameters(frame: Frame, channels: int, filters: int, *, use_bias: bool) -> Sum:
    """Return the weights of both kernels and of the biases, for the four gates."""
    inner = _reading(channels, filters)
    taps = factors("kernel", frame.kernels)
    rule = times([*(tap.name for tap in taps), inner.name])
    working = times([*(tap.working for tap in taps), inner.working])
    value = (product(frame.kernels) or 0) * (inner.value or 0)
    if use_bias:
        rule, working, value = f"({rule} + 1)", f"({working} + 1)", value + 1
    return Sum(f"gates · filters · {rule}", f"{_GATES} · {filters} · {working}", _GATES * filters * value)


def _earlier(frame: Frame) -> str:
    """Return how the images of earlier time steps come in."""
    grows = [kernel - 1 for kernel in frame.kernels]
    along = listed(axis_names(len(grows)))
    return (
        "The receptive field is that in the image of the same time step. Earlier images come in through the recurrent "
        f"kernel of {size_text(frame.kernels)}: with each step back, the field in the image is wider by "
        f"{listed([str(number) for number in grows])} {'position' if grows == [1] else 'positions'} of the output "
        f"along the {along}."
    )
