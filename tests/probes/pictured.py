"""A model whose answers are pictures, and what the probe finds of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from reportgen.evidence.pixels import ByClass, ByError, PixelHead, PixelsResult
from reportgen.models.compiling import runnable
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.pipeline import feeding
from reportgen.pipeline.preparing import prepared
from reportgen.probes import pixels, predictions, samples

layers = keras.layers
SIDE = 8


def probed(model: Any, images: Any, truth: Any = None, **options: Any) -> tuple[Subject, PixelsResult | None]:
    """Everything up to the probe, as a report goes there."""
    chosen = make(options)
    with runnable(model):
        subject = prepared(model, feeding.in_memory(model, images, truth, ()), chosen)
        earlier: dict[str, Any] = {}
        for name, module in (("predictions", predictions), ("pixels", pixels), ("samples", samples)):
            earlier[name] = module.run(replace(subject, earlier=earlier), chosen)
    return replace(subject, earlier=earlier), earlier["pixels"]


def only(model: Any, images: Any, truth: Any = None, **options: Any) -> PixelHead:
    found = probed(model, images, truth, **options)[1]
    assert found is not None
    (head,) = found.heads
    return head


def passing(channels: int = 3, activation: str | None = None, name: str = "masks") -> Any:
    """A model whose answer is its input, so that what comes out can be written down."""
    layer = layers.Conv2D(channels, 1, activation=activation, name=name)
    model = keras.Sequential([keras.Input((SIDE, SIDE, channels)), layer])
    layer.set_weights([np.eye(channels, dtype=np.float32)[None, None], np.zeros(channels, np.float32)])
    return model


def classes_of(head: PixelHead) -> ByClass:
    assert head.by_class is not None
    return head.by_class


def errors_of(head: PixelHead) -> ByError:
    assert head.by_error is not None
    return head.by_error
