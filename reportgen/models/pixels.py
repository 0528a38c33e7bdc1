"""A living model -> what it says of the pixel values it takes: by the layers before its first kernel, and by names."""

from __future__ import annotations

import re
from collections.abc import Sequence

import keras
import numpy as np

from reportgen.models import running
from reportgen.models.hooks import Call, StopPassError, operations_inside, until
from reportgen.models.inputs import arrange, batch_size, declared_inputs
from reportgen.models.types import Model, Tensor
from reportgen.records.model import Shape, TensorRecord, main_input

_KERNELS = ("kernel", "depthwise_kernel", "pointwise_kernel")
_WHITE = 255
# About half way between the gain of what is made for 0..255 (1/255, 1/127.5, one over a deviation of 30 to 120) and the
# gain of what is made for 0..1 (1, 2, one over a deviation of 0.1 to 0.5). The middle of what a layer is made for is
# likewise far above 10 for 0..255, and below 1 for 0..1.
_GAIN = 0.1
_MIDDLE = 10.0
_OPEN_SIZE = 64

# Names that Keras gives its networks, and the module with their preprocessing. Those that rescale inside by default
# (EfficientNet, ConvNeXt, MobileNetV3) are not among them. Checked against Keras's own signatures in the tests.
_NETWORKS = (
    (r"resnet(50|101|152)", "resnet50"),
    (r"resnet(50|101|152)v2", "resnet_v2"),
    (r"vgg16", "vgg16"),
    (r"vgg19", "vgg19"),
    (r"densenet(121|169|201)", "densenet"),
    (r"inception_v3", "inception_v3"),
    (r"inception_resnet_v2", "inception_resnet_v2"),
    (r"xception", "xception"),
    (r"nasnet_(large|mobile)", "nasnet"),
    (r"mobilenet_\d\.\d+_(\d+|None)", "mobilenet"),
    (r"mobilenetv2_\d\.\d+_(\d+|None)", "mobilenet_v2"),
)


def rescales(model: Model, shape: Shape) -> str | bool:
    """Find out whether a model brings 0..255 to its range itself.

    A black and a white image go through the model, and what becomes of them is followed up to its first kernel, however
    deep in nested models that is and whatever stands before it: `Rescaling`, `Normalization`, a `BatchNormalization`
    that has learnt the images' mean and deviation, operators, layers of the user's own. All of these multiply and
    shift; by how much says what they were made for. A `Rescaling(2.0, offset=-1)` is made for 0..1 and does not count.

    Args:
        model: A Keras model; its further inputs get zeros.
        shape: Shape of one image of the main input, batch axis left out; an open size counts as 64.

    Returns:
        The path of the layer after which the values are no longer those of 0..255, True where it was no layer; False
        where that does not happen, where the model takes whole numbers, or where it cannot be run on such images, which
        `inspect` reports.
    """
    declared = declared_inputs(model) or (TensorRecord("input_0", shape, "float32"),)
    main = declared[main_input([record.shape for record in declared])]
    if "float" not in main.dtype:
        return False
    try:
        black, white = (_up_to_kernel(model, declared, main, shape, value) for value in (0, _WHITE))
    except running.CALL_ERRORS:
        return False
    found: str | bool = False
    for (path, of_black), (_, of_white) in zip(black, white, strict=False):
        if path is None:
            # A model's own code may have rescaled between two layers, so that no layer did.
            return _is_rescaled(of_black, of_white) and (found or True)
        if not found and _is_rescaled(of_black, of_white):
            found = path
    return found


def _up_to_kernel(
    model: Model, declared: Sequence[TensorRecord], main: TensorRecord, shape: Shape, value: int
) -> list[tuple[str | None, Tensor]]:
    """Put one image of a single value to a model, in a batch of the size that the model wants.

    Returns:
        What comes out of each call before the first kernel, for the first of the batch, with the call's path; last what
        goes into that kernel, with None.
    """
    rows = batch_size(model) or 1
    tensors = {
        record.name: keras.ops.full(
            [rows, *(axis or _OPEN_SIZE for axis in (shape if record is main else record.shape))],
            value if record is main else 0,
            record.dtype,
        )
        for record in declared
    }
    found: list[tuple[str | None, Tensor]] = []

    def follow(call: Call) -> None:
        if found and found[-1][0] is None:
            found.clear()  # Keras has only tried the model, to build it
        if any(getattr(call.operation, name, None) is not None for name in _KERNELS):
            found.append((None, call.inputs[0][0] if call.inputs else None))
            raise StopPassError
        if call.num_inside == 0:
            found.append((call.path, keras.tree.flatten(call.output)[0][0]))

    with until(model, follow), running.state_kept(model):
        model(arrange(model, tensors), training=False)
    return found


def reads_pictures(model: Model) -> bool:
    """Tell whether a model has a convolution over pictures or volumes, by the classes of the layers inside it."""
    classes = (each for operation in operations_inside(model) for each in type(operation).__mro__)
    return any(re.search(r"Conv.*[23]D", each.__name__) for each in classes)


def networks(model: Model) -> tuple[tuple[str, str], ...]:
    """Return the networks of `keras.applications` whose preprocessing stands outside of them, by the names of models.

    Args:
        model: A Keras model; models inside it are looked at too.

    Returns:
        Pairs of a name ("resnet50") and the module in `keras.applications` ("resnet50"), each once.
    """
    names = [each.name for each in (model, *operations_inside(model)) if isinstance(each, keras.Model)]
    pairs = [(name, module) for name in names for form, module in _NETWORKS if re.fullmatch(form, name)]
    return tuple(dict.fromkeys(pairs))


def _is_rescaled(of_black: Tensor, of_white: Tensor) -> bool:
    """Tell whether a black and a white image have become something that was made of 0..255.

    What matters is the value that differs most: padding differs by nothing.
    """
    if of_black is None or of_white is None:
        return False
    black, white = (np.asarray(values, dtype=np.float64).ravel() for values in (of_black, of_white))
    if black.size != white.size or not black.size or not (np.isfinite(black).all() and np.isfinite(white).all()):
        return False
    place = int(np.argmax(np.abs(white - black)))
    gain = (white[place] - black[place]) / _WHITE
    return bool(gain != 0 and (abs(gain) < _GAIN or -black[place] / gain > _MIDDLE))
