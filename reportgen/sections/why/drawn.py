"""An explanation -> its pictures and sums, as the reader meets them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.responses import Patch
from reportgen.evidence.why import Carried, ChannelShare, Contrast, EvidenceMap, Explanation, Verdict
from reportgen.figures import evidence_maps, mosaic, patches, remaining
from reportgen.language.numerals import number, percent
from reportgen.language.vocabulary import Words
from reportgen.sections.why import sentences

_PATCH_SIDE = 44
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
    mask_png: str
    painted: Figure


@dataclass(frozen=True, slots=True)
class Row:
    """What one channel adds.

    Attributes:
        channel: Its number.
        share: What it adds, log-odds or units of the value.
        length: The same as a share of the largest part, -1..1.
        response: Its map on this image; None for what is no picture.
        patches: What it responds to most over the data; None where that is not shown.
    """

    channel: int
    share: float
    length: float
    response: Figure | None
    patches: Figure | None


@dataclass(frozen=True, slots=True)
class Sum:
    """What the channels of a call add.

    Attributes:
        path: The call.
        is_exact: Whether it is the score itself, as a worked sum; else integrated gradients from the channels' means.
        begins: What the sum begins with: the bias; 0 for shares.
        rows: The channels that add most.
        others: What all others add together.
        num_others: How many they are.
        total: What it comes to: the score, or the whole change.
        complete: What all parts add up to, as a share of that.
        said: What it means, in whole sentences.
    """

    path: str
    is_exact: bool
    begins: float
    rows: tuple[Row, ...]
    others: float
    num_others: int
    total: float
    complete: float
    said: str


@dataclass(frozen=True, slots=True)
class Against:
    """Why not another class.

    Attributes:
        other: The other class.
        is_true: Whether it is the true one.
        probability: What the model gave it.
        lead: How far the answer is ahead, in log-odds between the two.
        method: How the map was made.
        figure: The map.
        map_png: The map in base64, as in `Shown`.
        scale: As there.
        sum: The channels that decide between the two, or None.
        said: What it means.
    """

    other: str
    is_true: bool
    probability: float
    lead: float
    method: str
    figure: Figure
    map_png: str
    scale: float
    sum: Sum | None
    said: str


def picture(one: Explanation, image: Levels, rank: int, anchor: str, known: Words) -> Figure:
    """Draw the image, dark but for what is outlined."""
    name, outline = f"{anchor}-outline", one.outline
    if outline is None:
        alt = f"Sample {one.sample}, as the network got it; nothing is outlined."
        return evidence_maps.plain(name, image, rank, alt=alt, caption=f"The {known.sample}; nothing is outlined.")
    alt = (
        f"Sample {one.sample}, dark and grey but for the outlined {percent(outline.share, 0)}, {_where(outline.mask)}."
    )
    return evidence_maps.outlined(name, image, outline.mask, alt=alt, caption="Outlined: what is painted over.")


def _where(mask: Levels) -> str:
    """Say where the middle of a mask lies in a picture: "in the upper left"."""
    if mask.ndim != 2:
        return "marked along it"
    rows, columns = mask.nonzero()
    height, width = ((places.mean() + 0.5) / size for places, size in zip((rows, columns), mask.shape, strict=True))
    down = "upper" if height < 1 / 3 else "lower" if height > 2 / 3 else ""
    across = "left" if width < 1 / 3 else "right" if width > 2 / 3 else ""
    return f"in the {f'{down} {across}'.strip() or 'middle'}"


def _strongest(what: str, levels: Levels) -> str:
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
    caption = f"The same {known.sample} painted over: {left}."
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
        evidence_maps.encoded(outline.mask),
        figure,
    )


def chart(one: Explanation, verdict: Verdict, anchor: str) -> Figure:
    """Draw what is left of the answer as more is painted over."""
    what = "share of the distance left" if one.class_index is None else "probability left"
    parts = ", ".join(
        f"{percent(left)} after {percent(share, 0)}" for share, left in zip(verdict.shares, verdict.left, strict=True)
    )
    middle = ", ".join(map(percent, verdict.twins.median))
    alt = f"{what.capitalize()} as more is painted over: by this map {parts}; by the same shape elsewhere {middle}."
    return remaining.chart(f"{anchor}-left", verdict, what, alt=alt)


def shown(shown: EvidenceMap, one: Explanation, anchor: str, known: Words) -> Shown:
    """Return a map as the reader meets it."""
    verdict = shown.verdict
    title = sentences.METHODS[shown.method]
    figure = evidence_maps.signed(
        f"{anchor}-{shown.method}",
        shown.levels,
        alt=f"{title} of sample {one.sample} for {one.class_name}: {_strongest('it', shown.levels)}.",
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
        said=sentences.judged(verdict) if verdict else "",
    )


def sums(one: Explanation, anchor: str) -> Iterator[Sum]:
    """Return what the channels add: the exact sum where there is one, then shares at the calls without one."""
    exact = one.worked_sum
    if exact is not None:
        rows = _rows(exact.channels, exact.path, f"{anchor}-sum")
        said = (
            f"All that follows {exact.path} is an average and a linear sum, so the score is exactly"
            f" {number(exact.bias)} plus what its channels add. The model gave"
            f" {number(exact.score, 4)}; the difference is {number(exact.rest, 2)}."
        )
        complete = (exact.score - exact.rest - exact.bias) / ((exact.score - exact.bias) or 1.0)
        yield Sum(exact.path, True, exact.bias, rows, exact.others, exact.num_others, exact.score, complete, said)
    for part in one.carried[1:] if exact is not None else one.carried:
        yield _sum(part, f"{anchor}-{len(part.path)}", sentences.carried(part))


def _sum(part: Carried, anchor: str, said: str) -> Sum:
    return Sum(
        path=part.path,
        is_exact=False,
        begins=0.0,
        rows=_rows(part.channels, part.path, anchor),
        others=part.others,
        num_others=part.num_others,
        total=part.change,
        complete=part.complete,
        said=said,
    )


def _rows(shares: tuple[ChannelShare, ...], path: str, anchor: str) -> tuple[Row, ...]:
    largest = max(abs(each.share) for each in shares) or 1.0
    return tuple(
        Row(
            each.channel,
            each.share,
            each.share / largest,
            _response(each, path, anchor),
            _patches(each, path, anchor),
        )
        for each in shares
    )


def _response(share: ChannelShare, path: str, anchor: str) -> Figure | None:
    if share.response is None or share.response.ndim != 2:
        return None
    alt = f"Map of channel {share.channel} of {path} on this sample."
    return mosaic.picture(f"{anchor}-map-{share.channel}", share.response, alt=alt)


def _patches(share: ChannelShare, path: str, anchor: str) -> Figure | None:
    if not share.patches:
        return None
    names = ", ".join(dict.fromkeys(patch.label for patch in share.patches if patch.label is not None))
    alt = f"What channel {share.channel} of {path} responds to most" + (f": from {names}." if names else ".")
    return patches.strip(
        f"{anchor}-patches-{share.channel}", tuple(map(_inside, share.patches)), alt=alt, side=_PATCH_SIDE
    )


def _inside(patch: Patch) -> Patch:
    """What a patch holds of its image: deep in a network a channel sees more than the whole of it."""
    if patch.picture is None:
        return patch
    top, left, bottom, right = patch.inside
    picture = patch.picture[top:bottom, left:right]
    return replace(patch, picture=picture, inside=(0, 0, *picture.shape[:2]))


def against(contrast: Contrast, one: Explanation, anchor: str, known: Words) -> Against:
    """Return why another class was not answered."""
    del known
    figure = evidence_maps.signed(
        f"{anchor}-not-{contrast.other_index}",
        contrast.levels,
        alt=(f"Sample {one.sample}: {_strongest(f'{one.class_name} rather than {contrast.other}', contrast.levels)}."),
        caption=f"Orange speaks for “{one.class_name}”, purple for “{contrast.other}”.",
    )
    part = contrast.carried
    said = ""
    if part is not None:
        said = f"Channels of {part.path} that decide between the two, from their means over the data."
    return Against(
        other=contrast.other,
        is_true=contrast.is_true,
        probability=contrast.probability,
        lead=contrast.lead,
        method=contrast.method,
        figure=figure,
        map_png=evidence_maps.encoded(contrast.levels),
        scale=contrast.scale,
        sum=None if part is None else _sum(part, f"{anchor}-not-{contrast.other_index}", said),
        said=sentences.contrasted(contrast, one.class_name),
    )
