"""A window of one real activation map -> the four poolings, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Figure, Section
from reportgen.evidence import Evidence
from reportgen.evidence.pooling import PooledWindow
from reportgen.figures import mosaic
from reportgen.language.numerals import number, shape
from reportgen.language.vocabulary import words

TITLE = "Pooling, on your own image"
PART = "annex"
NEEDS = ("pooling",)


@dataclass(frozen=True, slots=True)
class Pooling:
    """One kind of pooling on the window.

    Attributes:
        result: Its numbers.
        keeps: What it keeps, in words.
        loses: What it loses, in words.
    """

    result: PooledWindow
    keeps: str
    loses: str


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        map: The whole map that the window is cut from.
        path: Its call.
        channel: Its channel.
        sample: Its sample.
        top: First row of the window in the map.
        left: First column of the window in the map.
        window: The window's numbers, row by row.
        pool: Side of the pooling window, and its stride.
        poolings: Max, average, global max and global average pooling.
    """

    map: Figure
    path: str
    channel: int
    sample: int
    top: int
    left: int
    window: tuple[tuple[float, ...], ...]
    pool: int
    poolings: tuple[Pooling, ...]


_WORDS = {
    "max": (
        "the strongest response in each block, wherever it lies in it",
        "where in the block it was, and all weaker ones",
    ),
    "average": (
        "the mean response of each block",
        "how strong its peaks were: one strong response and many weak ones look alike",
    ),
    "global max": ("whether the pattern occurs anywhere, and how strongly", "where, and how often"),
    "global average": (
        "how much of the pattern there is in all",
        "where, and whether it was strong in one place or weak in many",
    ),
}


def build(evidence: Evidence) -> Section | None:
    """Build the chapter; None without a map to work on."""
    result = evidence.pooling
    if result is None:
        return None
    height, width = len(result.window), len(result.window[0])
    after = "" if result.judged_at == result.path else f", drawn after {result.judged_at}"
    dark, bright = ("black", "white") if evidence.colormap == "gray" else ("dark violet", "yellow")
    figure = mosaic.picture(
        "pooling-map",
        result.map_levels,
        alt=(
            f"Activation map {result.channel} of {result.path} for sample {result.sample}, "
            f"{result.map_levels.shape[0]} by {result.map_levels.shape[1]} positions; a frame marks rows "
            f"{result.top} to {result.top + height - 1} and columns {result.left} to {result.left + width - 1}."
        ),
        caption=(
            f"Channel {number(result.channel)} of {result.path} for sample {number(result.sample)}{after}; no map of"
            f" the layer varies more. It has its own scale, {dark} its minimum and {bright} its maximum. The frame"
            f" marks the {shape((height, width))} numbers that are pooled below."
        ),
        colormap=evidence.colormap,
    )
    content = Content(
        map=figure,
        path=result.path,
        channel=result.channel,
        sample=result.sample,
        top=result.top,
        left=result.left,
        window=result.window,
        pool=result.pool,
        poolings=tuple(Pooling(pooled, *_WORDS[pooled.kind]) for pooled in result.results),
    )
    return Section("pooling", f"Pooling, on your own {words(evidence.model).sample}", _answer(result.results), content)


def _answer(results: tuple[PooledWindow, ...]) -> str:
    used = [result.kind for result in results if result.used_by]
    model = f"This model uses {' and '.join(used)} pooling." if used else "This model uses none of the four."
    return f"Pooling makes a map smaller and keeps one number per block. {model}"
