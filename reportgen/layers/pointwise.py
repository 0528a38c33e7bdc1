"""Layers that treat each value on its own and have no weights -> arithmetic.

Dropout, noise and random augmentation act in training only; at inference they hand on what they get.
"""

from __future__ import annotations

from collections.abc import Sequence

from reportgen.layers.reading import Config, only, per_axis
from reportgen.records.model import Arithmetic, Shape

_TRAINING_ONLY = frozenset(
    {
        "Dropout",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "ActivityRegularization",
        "AugMix",
        "CutMix",
        "MixUp",
        "RandAugment",
        "RandomBrightness",
        "RandomColorDegeneration",
        "RandomColorJitter",
        "RandomContrast",
        "RandomCrop",
        "RandomElasticTransform",
        "RandomErasing",
        "RandomFlip",
        "RandomGaussianBlur",
        "RandomGrayscale",
        "RandomHue",
        "RandomInvert",
        "RandomPerspective",
        "RandomPosterization",
        "RandomRotation",
        "RandomSaturation",
        "RandomSharpness",
        "RandomShear",
        "RandomTranslation",
        "RandomZoom",
    }
)

KINDS = _TRAINING_ONLY | {"Identity", "InputLayer", "Masking", "Rescaling", "Solarization"}


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a layer whose outputs each read the input value in the same place.

    Args:
        kind: One of `KINDS`.
        config: Read: batch_shape, of an InputLayer that was given no input shape.
        input_shapes: The one input; the output has its shape.

    Returns:
        Its arithmetic: no weights and no multiply-adds.

    Raises:
        LayerError: There is not exactly one input.
    """
    shape = _declared(config) if kind == "InputLayer" and not input_shapes else only(input_shapes)
    notes = ("It acts in training only; here it hands on what it gets.",) if kind in _TRAINING_ONLY else ()
    return Arithmetic(shape, 0, 0, (), (), notes=notes)


def _declared(config: Config) -> Shape:
    """Return the shape that an InputLayer declares, without the batch axis."""
    declared = config.get("batch_shape", ())
    sizes = declared[1:] if isinstance(declared, Sequence) and not isinstance(declared, str) else ()
    return tuple(None if size is None else per_axis({"batch_shape": size}, "batch_shape", 1)[0] for size in sizes)
