"""The record of a model -> where the channels of each conv call are judged: behind the activation that they go through.

A conv layer without an activation of its own often hands its output to a batch normalisation and an activation layer.
What its channels tell the rest of the network is what comes out there. The way is followed as long as every output on
it is read by one call alone; where it reaches no activation, the conv call is judged by its own output.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.records.model import LayerRecord

# What scales a channel, or lets it through as it is when nothing is trained.
_BETWEEN = {
    "BatchNormalization", "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout",
    "GaussianDropout", "GaussianNoise", "ActivityRegularization", "Identity",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A conv call and where it is judged.

    Attributes:
        record: The conv call.
        path: The call whose output is measured.
        through: Paths of the calls from the one after the conv call to it.
    """

    record: LayerRecord
    path: str
    through: tuple[str, ...] = ()


def judged(calls: Sequence[LayerRecord]) -> tuple[Judged, ...]:
    """Return where each conv call is judged, in the order of the calls."""
    readers: defaultdict[str, list[LayerRecord]] = defaultdict(list)
    for call in calls:
        for path in call.inputs:
            readers[path].append(call)
    return tuple(_follow(call, readers) for call in calls if call.role == "conv")


def _follow(conv: LayerRecord, readers: dict[str, list[LayerRecord]]) -> Judged:
    through: list[str] = []
    here = conv
    while not any(setting.name == "activation" for setting in conv.settings):
        following = readers.get(here.path, [])
        if len(following) != 1 or following[0].output_shape != conv.output_shape or len(following[0].inputs) != 1:
            break
        here = following[0]
        through.append(here.path)
        if here.kind in ACTIVATIONS:
            return Judged(conv, here.path, tuple(through))
        if here.kind not in _BETWEEN:
            break
    return Judged(conv, conv.path)


ACTIVATIONS = {
    "Activation", "ReLU", "LeakyReLU", "PReLU", "ELU", "Relu", "Relu6", "LeakyRelu", "Elu", "Selu", "Gelu", "Silu",
    "Sigmoid", "HardSigmoid", "HardSilu", "Tanh", "Softplus", "Softsign",
}  # fmt: skip
"""Kinds of the layers and operators that are an activation and nothing else."""
