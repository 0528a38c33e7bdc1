"""What renaming the layers changed, as plain data."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence.samples import Levels as Levels


@dataclass(frozen=True, slots=True)
class NamesResult:
    """Predictions before and after layers were renamed.

    Attributes:
        renamed: Old and new names, in order.
        trial: Whether the user renamed nothing and every layer was given another name for a trial.
        num_images: How many images went through the model both times.
        largest_difference: Largest absolute difference between the two outputs.
        identical: Whether the outputs agree to the last bit.
        repeats: Whether the model answers twice alike under the same names, so that a difference can come from them.
    """

    renamed: tuple[tuple[str, str], ...]
    trial: bool
    num_images: int
    largest_difference: float
    identical: bool
    repeats: bool = True
