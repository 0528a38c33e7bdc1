"""How high a channel rises on single images -> a small histogram, as paths of a drawing that the page puts together."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence.responses import Peaks
from reportgen.language.numerals import number

WIDTH, HEIGHT = 250.0, 74.0
_TOP, _FLOOR = 18.0, 56.0
_LETTER = 6.8
# So that a single image of thousands can be seen.
_LEAST = 1.5


@dataclass(frozen=True, slots=True)
class Spread:
    """A histogram, in units of its drawing.

    Attributes:
        bars: The bars of most images as one path.
        strongest: Those of the images that are shown as one path, "" where there are none.
        bar_width: How wide a bar is.
        cap: Where the cap lies, or None.
        cap_word: What stands at it, "".
        cap_place: Where that word begins or ends.
        cap_anchor: "start" or "end".
        low: What stands at the left end of the axis.
        high: What stands at its right end.
    """

    bars: str
    strongest: str
    bar_width: float
    cap: float | None
    cap_word: str
    cap_place: float
    cap_anchor: str
    low: str
    high: str

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the drawing."""
        return WIDTH, HEIGHT

    @property
    def floor(self) -> float:
        """Where zero images are."""
        return _FLOOR


def spread(peaks: Peaks, shown_from: float | None, cap: float | None) -> Spread:
    """Draw a histogram of peaks.

    Args:
        peaks: How many images lie in each step.
        shown_from: The lowest response among the images that are shown, or None.
        cap: From where on the activation lets nothing more through, or None.
    """
    step, highest = WIDTH / len(peaks.counts), max(peaks.counts)
    lines = []
    for place, count in enumerate(peaks.counts):
        if count:
            top = min(_FLOOR - (_FLOOR - _TOP) * count / highest, _FLOOR - _LEAST)
            end = peaks.low + (peaks.high - peaks.low) * (place + 1) / len(peaks.counts)
            lines.append((f"M{step * (place + 0.5):.1f} {_FLOOR:.0f}V{top:.1f}", end))
    is_shown = [shown_from is not None and end > shown_from for _, end in lines]
    inside = cap is not None and peaks.low < cap < peaks.high
    at = WIDTH * (cap - peaks.low) / (peaks.high - peaks.low) if cap is not None and inside else None
    word = f"cut off at {number(cap)}" if at is not None else ""
    before = at is not None and at > len(word) * _LETTER + 8
    return Spread(
        bars="".join(line for (line, _), shown in zip(lines, is_shown, strict=True) if not shown),
        strongest="".join(line for (line, _), shown in zip(lines, is_shown, strict=True) if shown),
        bar_width=round(step * 0.8, 1),
        cap=None if at is None else round(at, 1),
        cap_word=word,
        cap_place=0.0 if at is None else round(at - 5 if before else at + 5, 1),
        cap_anchor="end" if before else "start",
        low=number(peaks.low, 2),
        high=number(peaks.high, 2 if abs(peaks.high) < 100 else 3),
    )
