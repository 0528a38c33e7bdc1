"""An explanation -> its pictures, as the reader meets them."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.why import EvidenceMap, Explanation, Outline, Verdict, WorkedSum
from reportgen.figures import evidence_maps, remaining
from reportgen.figures.ticks import Tick, Ticks
from reportgen.language.numerals import alike, percent, signed
from reportgen.language.vocabulary import Words
from reportgen.sections.why import sentences

_STRONGEST = 3
"""How many numbers of each sign stand on a map that has room for no more."""
_LEAST = 0.005
_LEAST_OF_TWO = 0.1
"""From this largest number on, numbers on a map have two decimals."""
_LETTERS = 3.4
"""Letters of the longest number on a map, as a cell must be wide."""
_STRONG = 25
"""Levels below the highest one that count as where a map is strongest."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A map as the reader meets it.

    Attributes:
        method: "integrated-gradients", "occlusion", "grad-cam" or "hires-cam".
        title: Its name.
        figure: The map, drawn.
        map_png: The map in base64: a grey PNG, 128 for 0.
        scale: What 127 levels stand for, log-odds or units of the value.
        grid: How many numbers it has along each axis.
        steps: Points of the line, or windows.
        complete: What its parts add up to, as a share of the whole change; None where they need not.
        path: The call that it is of, or "".
        verdict: What the causal test says; None where it was not made.
        mark: The mark that stands beside the verdict.
        said: What the test found, in a sentence; "" without one.
        brief: The same in as few words as hold its numbers.
    """

    method: str
    title: str
    figure: Figure
    map_png: str
    scale: float
    grid: tuple[int, ...]
    steps: int
    complete: float | None
    path: str
    verdict: Verdict | None
    mark: str
    said: str
    brief: str


@dataclass(frozen=True, slots=True)
class Outlined:
    """What is outlined.

    Attributes:
        method: The method of the map.
        asked: The share that was taken from the map.
        share: The share that is outlined.
        left: What is left when it is painted over.
        turned_into: The class that is answered then, or "".
        elsewhere: The mean of what the same outline leaves elsewhere.
        elsewhere_low: The fifth percentile of it.
        elsewhere_high: The ninety-fifth.
        num_elsewhere: In how many places.
        each_elsewhere: What it leaves in each of them.
        mask_png: The mask in base64: a grey PNG, 1 for what is outlined.
        painted: The image with the outlined part painted over.
    """

    method: str
    asked: float
    share: float
    left: float
    turned_into: str
    elsewhere: float
    elsewhere_low: float
    elsewhere_high: float
    num_elsewhere: int
    each_elsewhere: tuple[float, ...]
    mask_png: str
    painted: Figure


@dataclass(frozen=True, slots=True)
class Cells:
    """What each place adds to a score, as numbers on a picture.

    Attributes:
        figure: The picture: amber for what adds, blue for what takes away.
        rows: What each place adds, row by row.
        is_full: Whether every place has its number; else the strongest of each sign do.
        said: What it comes to, in whole sentences.
    """

    figure: Figure
    rows: tuple[tuple[float, ...], ...]
    is_full: bool
    said: str

    @property
    def size(self) -> float:
        """Height of the letters, pixels of the figure."""
        wide = min(self.figure.width_px / len(self.rows[0]), 1.6 * self.figure.height_px / len(self.rows))
        return round(min(wide / _LETTERS, self.figure.width_px / 18), 1)

    @property
    def labels(self) -> tuple[tuple[float, float, str], ...]:
        """Middle and foot of each number, pixels of the figure, and the number: strongest ones of each sign signed."""
        down, across = self.figure.height_px / len(self.rows), self.figure.width_px / len(self.rows[0])
        every = [
            (round(across * (column + 0.5), 1), round(down * (row + 0.5) + self.size * 0.35, 1), value)
            for row, values in enumerate(self.rows)
            for column, value in enumerate(values)
        ]
        if self.is_full:
            # Three decimals of a cell would run into those of the next.
            most = max(abs(value) for _, _, value in every)
            largest = 1.0 if _LEAST_OF_TWO <= most < 1 else most
            return tuple((x, y, alike(value, largest)[: 5 + (value < 0)]) for x, y, value in every)
        order = sorted(every, key=lambda each: each[2])
        strong = [*order[:_STRONGEST], *order[_STRONGEST:][-_STRONGEST:]]
        return tuple((x, y, signed(value)[:5]) for x, y, value in strong if abs(value) >= _LEAST)


def picture(one: Explanation, image: Levels, rank: int, anchor: str, known: Words) -> Figure:
    """Draw the image, dark but for what is outlined."""
    name, outline = f"{anchor}-outline", one.outline
    if outline is None:
        alt = f"Sample {one.sample}, as the network got it; nothing is outlined."
        return evidence_maps.plain(
            name, image, rank, alt=alt, caption=f"The {known.sample} as the network got it. Nothing is outlined."
        )
    alt = (
        f"Sample {one.sample}, dark and grey but for the outlined {percent(outline.share, 0)}, {_where(outline.mask)}."
    )
    return evidence_maps.outlined(name, image, outline.mask, alt=alt, caption=_outline_words(outline, known))


def _outline_words(outline: Outline, known: Words) -> str:
    share = percent(outline.share, 0 if outline.share >= 0.02 else 1)
    return (
        f"Outlined: the {share} of the {known.sample} that the map ranks highest, less its specks: the smallest part"
        " tried that at least halves the answer when it is painted over. Other parts may count, too."
    )


def _where(mask: Levels) -> str:
    """Say where the middle of a mask lies in a picture: "in the upper left"."""
    if mask.ndim != 2:
        return "marked along it"
    rows, columns = mask.nonzero()
    height, width = ((places.mean() + 0.5) / size for places, size in zip((rows, columns), mask.shape, strict=True))
    down = "upper" if height < 1 / 3 else "lower" if height > 2 / 3 else ""
    across = "left" if width < 1 / 3 else "right" if width > 2 / 3 else ""
    return f"in the {f'{down} {across}'.strip() or 'middle'}"


def most(levels: Levels) -> str:
    """Say where a map is highest, "in the upper left"; "" where it is nothing everywhere."""
    return _where((levels >= levels.max()).astype("uint8")) if levels.any() else ""


def strongest(what: str, levels: Levels) -> str:
    """Say where a map speaks for something most strongly, or that it does so nowhere."""
    strong = (levels >= max(int(levels.max()) - _STRONG, 129)).astype("uint8")
    return f"what speaks for {what} is strongest {_where(strong)}" if strong.any() else f"nothing speaks for {what}"


def outlined(one: Explanation, rank: int, anchor: str, known: Words) -> Outlined:
    """Return the outline as the reader meets it; there is one."""
    outline = one.outline
    assert outline is not None, "there is one"
    if one.class_index is None:
        left = f"{percent(outline.left)} of the distance is left"
    else:
        left = f"“{one.class_name}” {percent(outline.left)}"
    caption = f"What the network was shown then: {left}."
    painted = outline.painted
    if rank == 1:
        painted = painted.mean(axis=-1).astype("uint8") if painted.ndim > 1 else painted
    figure = evidence_maps.plain(
        f"{anchor}-painted",
        painted,
        rank,
        alt=f"Sample {one.sample} with the outlined part painted over.",
        caption=caption,
    )
    return Outlined(
        outline.method,
        outline.asked,
        outline.share,
        outline.left,
        outline.turned_into,
        outline.elsewhere,
        outline.elsewhere_low,
        outline.elsewhere_high,
        outline.num_elsewhere,
        outline.each_elsewhere,
        evidence_maps.encoded(outline.mask),
        figure,
    )


def strip(one: Explanation) -> Ticks | None:
    """Return what is left of the answer in each place that was painted over; None where nothing was tested."""
    outline, verdict = one.outline, one.main.verdict if one.main else None
    if verdict is None or verdict.word == "no verdict":
        return None
    others: tuple[float, ...]
    if outline is None:
        left, others = verdict.left[-1], (verdict.twins.low[-1], verdict.twins.median[-1], verdict.twins.high[-1])
    else:
        left = outline.left
        others = outline.each_elsewhere or (outline.elsewhere_low, outline.elsewhere, outline.elsewhere_high)
    values = (left, verdict.whole, *others)
    named = (Tick(verdict.whole, percent(verdict.whole)), Tick(left, percent(left)))
    return Ticks(others, min(0.0, *values), max(1.0, *values), named, is_share=True)


def cells(name: str, picture: Levels, part: WorkedSum, *, is_full: bool, alt: str, said: str) -> Cells:
    """Return what each place adds; the sum has cells.

    Args:
        name: Id of the figure.
        picture: The image: uint8 (height, width) or (height, width, 3).
        part: The sum.
        is_full: Whether every place has its number.
        alt: What the picture shows, before what its strongest place is.
        said: What it comes to.
    """
    levels = evidence_maps.levels(part.cells)
    row, column = divmod(int(levels.argmax()), levels.shape[1])
    most = f"{alt} Most comes from row {row + 1}, column {column + 1} of {levels.shape[0]} by {levels.shape[1]}."
    return Cells(evidence_maps.signed(name, picture, levels, alt=most), part.cells, is_full, said)


def chart(one: Explanation, verdict: Verdict, anchor: str) -> Figure:
    """Draw what is left of the answer as more is painted over."""
    what = "share of the distance left" if one.class_index is None else "probability left"
    parts = ", ".join(
        f"{percent(left)} after {percent(share, 0)}" for share, left in zip(verdict.shares, verdict.left, strict=True)
    )
    middle = ", ".join(map(percent, verdict.twins.median))
    alt = f"{what.capitalize()} as more is painted over: by this map {parts}; by the same shape elsewhere {middle}."
    return remaining.chart(f"{anchor}-left", verdict, what, alt=alt)


def shown(shown: EvidenceMap, one: Explanation, image: Levels, anchor: str, known: Words) -> Shown:
    """Return a map as the reader meets it, laid over its image."""
    verdict = shown.verdict
    title = sentences.METHODS[shown.method]
    figure = evidence_maps.signed(
        f"{anchor}-{shown.method}",
        image,
        shown.levels,
        alt=f"{title} of sample {one.sample} for {one.class_name}: {strongest('it', shown.levels)}.",
        caption=sentences.made(shown, known.sample),
    )
    return Shown(
        method=shown.method,
        title=title,
        figure=figure,
        map_png=evidence_maps.encoded(shown.levels),
        scale=shown.scale,
        grid=shown.grid,
        steps=shown.steps,
        complete=shown.complete,
        path=shown.path,
        verdict=verdict,
        mark=sentences.MARKS[verdict.word] if verdict else "note",
        said=sentences.judged(verdict, known.sample) if verdict else "",
        brief=sentences.brief(verdict) if verdict else "not tested",
    )
