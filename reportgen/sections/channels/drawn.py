"""What is known of a channel -> the same with its small bars, as its card shows them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence import channels
from reportgen.figures.class_bars import Bars, class_bars


@dataclass(frozen=True, slots=True)
class Channel(channels.Channel):
    """Everything that was measured of one channel."""

    @property
    def bars(self) -> Bars | None:
        """Its mean response to each class; None without labels, and of too many classes to draw."""
        return class_bars(self.class_means)
