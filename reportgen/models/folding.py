"""A convolution and the batch normalisation behind it, while they are traced -> one convolution of other weights.

In use, a batch normalisation multiplies each channel by a number and adds another. Both go into the kernels before it:
what comes out is the same but for rounding, and two looks at every number are saved, one of which is the activation's,
that TensorFlow then works out in the same go. A network of small layers answers in little more than half of the time.

Both are in the graph. The folded one is run where a network is put to many questions; channels are watched, and
predictions made, with the network as it is: there each call has its own output.
"""

from __future__ import annotations

from collections.abc import Collection

import keras
import numpy as np
import tensorflow as tf

from reportgen.models.hooks import Call, Instead
from reportgen.models.types import Operation, Tensor

# Numbers beyond this might overflow in another order of the arithmetic: then nothing is folded.
_MOST = 1e6
_ATTRIBUTES = ("strides", "padding", "explicit_paddings", "data_format", "dilations")


class Folding:
    """What `hooks.watch` is given as an observer, or is asked by one, while one graph is traced.

    Attributes:
        unfolded: By the name of what a folded convolution gives, what the batch normalisation gives by itself.
    """

    def __init__(self, kept: Collection[str] = ()) -> None:
        """Prepare for one forward pass.

        Args:
            kept: Paths of the calls whose outputs have to stay what they are: nothing is folded into these.
        """
        self._kept = kept
        self.unfolded: dict[str, Tensor] = {}
        # By their outputs, which live as long as they are known here, or their numbers could be used again.
        self._convs: dict[int, tuple[Tensor, Operation]] = {}

    def __call__(self, call: Call) -> Instead | None:
        """Return what to put in the place of a batch normalisation's output, or None to leave a call as it is."""
        if isinstance(call.operation, keras.layers.BatchNormalization):
            return self._folded(call)
        if (
            isinstance(call.operation, keras.layers.Conv2D | keras.layers.DepthwiseConv2D)
            and call.path not in self._kept
        ):
            self._convs[id(call.output)] = (call.output, call.operation)
        return None

    def _folded(self, call: Call) -> Instead | None:
        if len(call.inputs) != 1 or id(call.inputs[0]) not in self._convs:
            return None
        before, layer = self._convs[id(call.inputs[0])]
        found = _scaled(call.output, before)
        if found is None or not (_is_tame(layer.kernel) and _is_tame(*_factors(call.operation))):
            return None
        (scale, shift), (conv, bias) = found, _without_bias(before)
        if not _can_be_made_again(conv):
            return None
        images, kernel = conv.op.inputs
        # A depthwise kernel holds the channels that come out along its last two axes.
        shape = tuple(kernel.shape)[2:] if conv.op.type == "DepthwiseConv2dNative" else (-1,)
        settings = {name: conv.op.get_attr(name) for name in _ATTRIBUTES}
        make = tf.raw_ops.DepthwiseConv2dNative if conv.op.type == "DepthwiseConv2dNative" else tf.raw_ops.Conv2D
        made = make(
            input=images,
            filter=kernel * tf.reshape(scale, shape),
            **{name: value.decode() if isinstance(value, bytes) else value for name, value in settings.items()},
        )
        folded = tf.nn.bias_add(made, shift if bias is None else bias * scale + shift)
        self.unfolded[folded.name] = call.output
        return Instead(folded)


def _scaled(output: Tensor, values: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return what channels are multiplied by, and what is added: float32 (channels,); None where neither is."""
    channels = values.shape[-1]
    if output.op.type != "AddV2" or output.dtype != tf.float32 or channels is None:
        return None
    product, shift = output.op.inputs
    if product.op.type != "Mul" or product.op.inputs[0] is not values:
        return None
    scale = product.op.inputs[1]
    if any(part.shape.num_elements() != channels or part.shape[-1] != channels for part in (scale, shift)):
        return None
    return tf.reshape(scale, [-1]), tf.reshape(shift, [-1])


def _without_bias(output: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return what a convolution gives before its bias is added, and that bias."""
    if output.op.type != "BiasAdd":
        return output, None
    values, bias = output.op.inputs
    return values, bias


def _can_be_made_again(output: Tensor) -> bool:
    if output.op.type not in {"Conv2D", "DepthwiseConv2dNative"}:
        return False
    read = output.op.inputs[1].op.type == "ReadVariableOp"  # not a kernel that is worked out first
    return bool(read and output.op.get_attr("data_format") == b"NHWC" and output.dtype == tf.float32)


def _factors(layer: Operation) -> list[Tensor]:
    return [layer.moving_mean, layer.moving_variance, *(each for each in (layer.gamma, layer.beta) if each is not None)]


def _is_tame(*variables: Tensor) -> bool:
    with tf.init_scope():
        # `keras.ops.convert_to_numpy` has NumPy 2 warn of a keyword that TensorFlow does not know.
        values = [tf.convert_to_tensor(variable).numpy() for variable in variables]
    return all(bool(np.all(np.abs(each) <= _MOST)) for each in values)
