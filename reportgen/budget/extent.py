"""A model and the size of its data -> how much there is to say of them, and to draw."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from reportgen.budget.constants import CHART, COLOURS
from reportgen.records.model import ModelRecord
from reportgen.records.pictured import picture_outputs

_PICTURE_AXES = ("height", "width", "channels")


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to say of the data.

    Attributes:
        num_images: Images that the model answers.
        num_classes: Classes that their labels name; 0 without labels.
        num_answers: Classes that the model can answer.
        picture_bytes: What one image takes as a picture, bytes.
        colours: Bytes of one of its pixels.
        pixel_bytes: What its predictions pixel by pixel take as pictures, of all outputs that make such, bytes; 0 where
            none does.
    """

    num_images: int = 0
    num_classes: int = 0
    num_answers: int = 0
    picture_bytes: int = 0
    colours: int = COLOURS
    pixel_bytes: int = 0

    @property
    def classes(self) -> int:
        """Classes that are true or answered somewhere, at most; 0 without labels."""
        most = min(self.num_classes + self.num_images, max(self.num_classes, self.num_answers))
        return most if self.num_classes else 0


def extent(model: ModelRecord, num_images: int, num_classes: int) -> Extent:
    """Return how much there is to say of data.

    Args:
        model: The model; its first output counts.
        num_images: Images that it answers.
        num_classes: Classes that their labels name; 0 without labels.
    """
    shape = [size or 1 for size in model.inputs[model.main_input].shape] if model.inputs else []
    answers = next((each.shape[-1] or 0 for each in model.outputs if each.shape), 0)
    # What is no picture is drawn as a chart.
    is_picture = len(shape) == len(_PICTURE_AXES)
    colours = min(shape[-1], COLOURS) if is_picture else COLOURS
    picture = prod(shape[:-1]) * colours if is_picture else CHART
    # Drawn in colours, whatever they stand for.
    pixels = sum(prod(output.size) * COLOURS for output in picture_outputs(model))
    return Extent(num_images, num_classes, max(answers, 2), picture, colours, pixels)
