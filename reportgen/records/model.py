"""The facts of a model and its images as plain data. No record holds a Keras object, a formatted string or any HTML.

Shapes are those of one sample, the batch axis left out, in the layer's own order of axes; an axis whose size is not
known is None. Multiply-adds (MACs) count the kernels of conv, dense, recurrent and attention layers and, inside
attention, the products of queries with keys and of scores with values, for one sample, biases not counted;
floating-point operations are twice that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportgen.records.precision import USUAL, Precision

Shape = tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of a calculation, as the reader sees it.

    Attributes:
        quantity: What is worked out: "output height and width", "parameters".
        rule: The formula in words and signs: "⌊(input + padding − kernel) / stride⌋ + 1".
        working: The same with this layer's numbers, in the signs + − · / ( ) ⌊ ⌋ ⌈ ⌉ and max( , ): it can be evaluated.
        value: What the working comes to.
        unit: What the value counts: "pixels", "parameters", "multiply-adds".
    """

    quantity: str
    rule: str
    working: str
    value: int
    unit: str


@dataclass(frozen=True, slots=True)
class Window:
    """How one call reads its input along one spatial axis.

    Output position i reads the input positions i · stride − padding_before + t · dilation for t = 0 … kernel − 1; where
    `upscale` is more than 1 those are positions of a grid that is finer by that factor than the input's, and only the
    ones that fall on an input position count (`holds` False, transposed convolution) or each reads the input position
    that covers it (`holds` True, upsampling by repetition).

    Attributes:
        kernel: Window size before dilation, positions.
        stride: Step between neighbouring windows, positions.
        dilation: Distance between neighbouring taps, positions; 1 means no gaps.
        padding_before: Positions added before the first one (negative: positions cut off).
        padding_after: Positions added after the last one (negative: positions cut off).
        upscale: How many positions of the finer grid one input position stands for.
        holds: Whether every position of the finer grid repeats the input position that covers it.
        unread: Positions at the end of the (padded) input that no window reaches.
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    padding_before: int = 0
    padding_after: int = 0
    upscale: int = 1
    holds: bool = False
    unread: int = 0


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """What a formula works out for one call.

    Attributes:
        output_shape: Shape of the output of one sample.
        parameters: Number of weights, trainable or not.
        macs: Multiply-adds for one sample, biases not counted.
        windows: One per spatial axis where the call reads its input through a window; () where every output position
            reads its own input position only; None where every output may read every input (dense, flatten, global
            pooling over the whole image), or where nothing can be said.
        steps: The calculation, in the order in which it is shown.
        sees_all: Whether `windows` is None because every output reads the whole input.
        over_time: Whether the first axis of the input is time: `windows` are those of one time step, and the fields
            that they lead to are those of the image of the same step.
        notes: What the reader should know besides, in whole sentences.
    """

    output_shape: Shape
    parameters: int
    macs: int
    windows: tuple[Window, ...] | None
    steps: tuple[Step, ...]
    sees_all: bool = False
    over_time: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """A number that was obtained in two ways.

    Attributes:
        quantity: What the number is: "output shape", "parameters", "multiply-adds".
        expected: What the formula says.
        observed: What was found.
        against: Where it was found: "the tensor that came out", "the model's own count".
        agrees: Whether the two are equal.
    """

    quantity: str
    expected: tuple[int | None, ...]
    observed: tuple[int | None, ...]
    against: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class TensorRecord:
    """An input or an output of a model.

    Attributes:
        name: Its name in the model.
        shape: Shape of one sample.
        dtype: Its number format, as Keras calls it.
        activation: Of an output: the activation of the call that made it ("softmax", "sigmoid", "linear" …), None where
            that is not known; of an input None.
    """

    name: str
    shape: Shape
    dtype: str
    activation: str | None = None


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing that a layer was told, as the reader knows it: kernel, stride, padding, rate, activation."""

    name: str
    value: str | int | float | bool | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class LayerRecord:
    """One call of a layer.

    Attributes:
        index: Place in the order of computation, from 1.
        path: Name of the call: the names of the models around it and its own, joined by "/"; "#2" for a second call.
        kind: Keras class name.
        role: "conv", "pool" or "other".
        input_shape: Shape of one sample's input; of the first one where there are several.
        input_shapes: Shapes of all tensor inputs.
        output_shape: Shape of one sample's output.
        parameters: Weights of the layer, trainable or not; of a layer around others that have rows of their own, those
            that it adds to theirs. A further call of a shared layer counts them again here, and the model's total
            counts them once.
        trainable_parameters: Those of them that training may change.
        macs: Multiply-adds for one sample, biases not counted; None where no formula is known.
        receptive_field: How many input pixels one output position depends on, one number per spatial axis; None where
            it is the whole image or cannot be said.
        jump: Input pixels between neighbouring output positions, one number per spatial axis, or None.
        padding: Input pixels by which the first output position's receptive field reaches over the border, one number
            per spatial axis, or None.
        whole_image: Whether every output position depends on the whole image.
        activation_bytes: Memory of one sample's output.
        settings: What the layer was told, for the reader.
        windows: How the input is read along each spatial axis, where that is known.
        data_format: "channels_last", "channels_first" or None. An activation, a normalisation or a sum says none of its
            own: it has "channels_first" where all that it reads has.
        steps: The calculation, as shown.
        notes: What the reader should know besides.
        checks: What was compared with what.
        has_formula: Whether reportgen has a formula for this kind.
        inputs: Paths of the calls whose outputs it reads, in order: "" for the model's main input, "/" and its name
            for a further one.
        shared_with: Path of the first call of the same layer, where this is a further one.
        time_steps: Steps that the call is repeated over, one number for each TimeDistributed around it; they stand
            first in its shapes, and multiply-adds and memory are those of all steps.
        precision: The number formats that it works with.
        kernel_weights: Weights of its kernels (conv, dense, recurrent, attention) or of its table (embedding); 0 where
            they are packed.
        zero_weights: How many of these are exactly zero; None where they are packed.
        zero_kernels: Output channels of a conv or dense layer whose weights are all zero, the bias aside.
    """

    index: int
    path: str
    kind: str
    role: str
    input_shape: Shape
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    parameters: int
    trainable_parameters: int
    macs: int | None
    receptive_field: tuple[int, ...] | None
    jump: tuple[int | float, ...] | None
    padding: tuple[int, ...] | None
    whole_image: bool
    activation_bytes: int
    settings: tuple[Setting, ...] = ()
    windows: tuple[Window, ...] | None = None
    data_format: str | None = None
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    has_formula: bool = True
    inputs: tuple[str, ...] = ()
    shared_with: str | None = None
    time_steps: tuple[int, ...] = ()
    precision: Precision = USUAL
    kernel_weights: int = 0
    zero_weights: int | None = 0
    zero_kernels: tuple[int, ...] = ()

    @property
    def zero_share(self) -> float | None:
        """Share of its kernels' weights that are zero, 0..1; None where there are none, or they are packed."""
        if self.zero_weights is None or not self.kernel_weights:
            return None
        return self.zero_weights / self.kernel_weights

    @property
    def rank(self) -> int:
        """Number of spatial axes that this kind of layer works on: 2 for "Conv2D"."""
        numbered = re.search(r"([123])D(Transpose)?$", self.kind)
        return int(numbered.group(1)) if numbered else max(len(self.output_shape) - 1 - len(self.time_steps), 0)

    @property
    def channel_axis(self) -> int:
        """Place of the channels in the shape of the output: the last axis, or the one before the spatial axes."""
        last = len(self.output_shape) - 1
        if self.data_format != "channels_first":
            return last
        # A global pooling has no spatial axes left.
        return max(last - self.rank, len(self.time_steps))

    @property
    def map_axes(self) -> tuple[str, ...]:
        """What the axes of one channel's map are called: "time" first, for what comes out step by step."""
        total = max(len(self.output_shape) - 1, 0)
        spatial = {1: ("position",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(self.rank, ())
        kept = min(len(spatial), max(total - len(self.time_steps), 0))
        return ("time",) * (total - kept) + spatial[len(spatial) - kept :]


@dataclass(frozen=True, slots=True)
class WeightFault:
    """A weight tensor that holds NaN or infinity.

    Attributes:
        path: The variable's path in the model.
        num_nan: How many of its values are NaN.
        num_infinite: How many of its values are infinite.
        size: How many values it has.
    """

    path: str
    num_nan: int
    num_infinite: int
    size: int


@dataclass(frozen=True, slots=True)
class ModelRecord:
    """A model.

    Attributes:
        name: Its name.
        kind: "sequential", "functional" or "subclassed".
        inputs: What it takes.
        outputs: What it answers.
        parameters: Weights, trainable or not, each counted once.
        trainable_parameters: Those that training may change.
        macs: Multiply-adds for one sample, summed over the calls that have a formula.
        size_bytes: Memory of its weights.
        layers: One record per call, in order of computation.
        weights_sha256: Hash over every weight's path (the names of its layer and its own), dtype, shape and bytes, in
            the order of the paths.
        faults: Weight tensors with NaN or infinite values.
        rescales: Path of a layer that rescales the input inside the model, or None.
    """

    name: str
    kind: str
    inputs: tuple[TensorRecord, ...]
    outputs: tuple[TensorRecord, ...]
    parameters: int
    trainable_parameters: int
    macs: int
    size_bytes: int
    layers: tuple[LayerRecord, ...]
    weights_sha256: str
    faults: tuple[WeightFault, ...] = ()
    rescales: str | None = None

    @property
    def main_input(self) -> int:
        """Place of the input that is looked at closely: most axes, then most values, then the first."""
        return main_input([record.shape for record in self.inputs])

    @property
    def channels_first(self) -> bool:
        """Whether its conv layers read the channels before the other axes."""
        return any(call.data_format == "channels_first" for call in self.layers if call.role == "conv")

    def input_channel_axis(self, shape: Shape) -> int:
        """Return the place of the channels in the shape of one sample of an input: the last, or before an image's axes.

        In a film of images in channels_first order, the time steps stand before them.
        """
        first = next((call for call in self.layers if call.role == "conv"), None)
        if not self.channels_first or first is None:
            return len(shape) - 1
        return max(len(shape) - 1 - first.rank, 0)

    @property
    def given_name(self) -> str:
        """Its name, or "" where it is one that Keras gives to every model without one: functional, sequential_1."""
        return "" if re.fullmatch(r"(functional|sequential|model)(_\d+)?", self.name) else self.name

    @property
    def seen_calls(self) -> tuple[LayerRecord, ...]:
        """The calls whose maps can be looked at: conv and pooling layers."""
        return tuple(call for call in self.layers if call.role in {"conv", "pool"})

    @property
    def uncounted_calls(self) -> tuple[LayerRecord, ...]:
        """The calls whose multiply-adds are not counted, each of which may do some."""
        return tuple(call for call in self.layers if call.macs is None)

    @property
    def unknown_calls(self) -> tuple[LayerRecord, ...]:
        """The calls of a kind that there is no formula for."""
        return tuple(call for call in self.layers if not call.has_formula)

    def sees_main_input(self, call: LayerRecord) -> bool:
        """Return whether the main input lies behind a call; where nothing is known of its inputs, it may."""
        behind = self.inputs_behind(call) if len(self.inputs) > 1 else ()
        return not behind or self.main_input in behind

    def inputs_behind(self, call: LayerRecord) -> tuple[int, ...]:
        """Return the places of the inputs that a call depends on, as far as it is known what each call reads."""
        names = {"" if place == self.main_input else f"/{one.name}": place for place, one in enumerate(self.inputs)}
        sources = {each.path: each.inputs for each in self.layers}
        waiting, seen = list(call.inputs), set[str]()
        while waiting:
            path = waiting.pop()
            if path not in seen:
                seen.add(path)
                waiting.extend(sources.get(path, ()))
        return tuple(sorted(place for name, place in names.items() if name in seen))


def main_input(shapes: Sequence[Shape]) -> int:
    """Return which of several inputs is the one with the pictures.

    Args:
        shapes: Shape of one sample of each input.

    Returns:
        Place of the one with the most axes; of those the one with the most values, of those the first.

    >>> main_input([(4,), (28, 28, 1), (32, 32, 3)])
    2
    """
    sizes = [(len(shape), product(shape) or 0) for shape in shapes]
    return sizes.index(max(sizes)) if sizes else 0


def product(shape: Iterable[int | None]) -> int | None:
    """Return how many values a shape holds.

    Args:
        shape: Sizes of its axes; None where unknown.

    Returns:
        Product of the sizes; None when one of them is None.

    >>> product((26, 26, 32))
    21632
    """
    total = 1
    for size in shape:
        if size is None:
            return None
        total *= size
    return total
