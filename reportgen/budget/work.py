"""What a step of a report does, in amounts that the speed of a machine turns into seconds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Work:
    """The work of one step.

    Attributes:
        step: What the step is called in a forecast.
        macs: Multiply-adds.
        encoded_bytes: Bytes that take as long as encoding as much noise as PNG.
        numbers: Numbers written as a page writes them.
        seconds: Seconds on any machine, where a budget says so.
        notes: What is done less thoroughly to stay within a budget, each in whole sentences.
    """

    step: str
    macs: float = 0.0
    encoded_bytes: float = 0.0
    numbers: float = 0.0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
