"""An explanation -> what channels add to its answer, and why another class was not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.why import Carried, ChannelShare, Contrast, Explanation, WorkedSum
from reportgen.figures import evidence_maps, mosaic, patches
from reportgen.language.numerals import alike, plural
from reportgen.language.vocabulary import Words
from reportgen.sections.why import drawn, sentences
from reportgen.sections.why.drawn import Cells

_PATCH_SIDE = 44
MOST_IN_A_ROW = 6
"""Images beside a channel."""
_RESPONSE_SIDE = 168
# Narrower parts of a strip have no number in them, and no value below; percent of the width.
_LEAST_NUMBER, _LEAST_VALUE = 4.0, 5.0
# Narrower ones have none where the strip is small: no number on a phone, no value on paper; then no value on a phone.
_NARROW, _MIDDLE = 7.0, 11.0


@dataclass(frozen=True, slots=True)
class Row:
    """What one channel adds.

    Attributes:
        channel: Its number.
        share: What it adds, log-odds or units of the value.
        length: The same as a share of the largest part, -1..1.
        response: Its map laid over this image; None for what is no picture.
        patches: What it responds to most over the data; None where that is not shown.
        names: The true classes of these, strongest first; () without labels.
        has_insets: Whether some of them are shown again, enlarged, in a corner.
    """

    channel: int
    share: float
    length: float
    response: Figure | None
    patches: Figure | None
    names: tuple[str, ...]
    has_insets: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a sum as a piece of a strip.

    Attributes:
        left: Where it begins, percent of the width.
        width: Percent of the width.
        kind: "for", "against", "others" or "begins".
        word: What stands in it; "" where there is no room.
        value: The part.
        has_value: Whether there is room for its number below.
        size: "narrow" for what has room on a wide screen only, "middle" for what has none for its value on a phone,
            else "wide".
    """

    left: float
    width: float
    kind: str
    word: str
    value: float
    has_value: bool
    size: str


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

    @property
    def main(self) -> float:
        """What the channels with a row add together."""
        return sum(row.share for row in self.rows)

    @property
    def end(self) -> float:
        """What all parts come to."""
        return self.begins + self.main + self.others

    @property
    def main_said(self) -> str:
        """What the channels with a row add together, with as many decimals as the end."""
        return alike(self.main, self._largest)

    @property
    def end_said(self) -> str:
        """What all parts come to, in words of one length with them."""
        return alike(self.end, self._largest)

    @property
    def _largest(self) -> float:
        return max(map(abs, (self.begins, self.main, self.end)))

    @property
    def ordered(self) -> tuple[Row, ...]:
        """The rows, what adds most first."""
        return tuple(sorted(self.rows, key=lambda row: -row.share))

    def bar(self, value: float) -> tuple[float, float]:
        """Return where a bar from zero begins and how wide it is, percent; zero is in the middle."""
        largest = max(abs(each) for each in (self.begins, self.others, *(row.share for row in self.rows))) or 1.0
        wide = 50 * abs(value) / largest
        return round(50 - wide if value < 0 else 50, 2), round(wide, 2)

    @property
    def zero(self) -> float:
        """Where zero stands on the strip, percent: left of it is what speaks against."""
        against = -sum(min(value, 0.0) for _, _, value in self._parts)
        return round(100 * against / self._width, 2)

    @property
    def tip(self) -> float:
        """Where the strip ends, percent."""
        return round(100 * sum(max(value, 0.0) for _, _, value in self._parts) / self._width, 2)

    @property
    def parts_for(self) -> tuple[Part, ...]:
        """What adds, one part behind the other."""
        return self._laid([part for part in self._parts if part[2] > 0], 0.0)

    @property
    def parts_against(self) -> tuple[Part, ...]:
        """What takes away: the strip goes so far to the left of zero before it begins to rise."""
        return self._laid([part for part in self._parts if part[2] < 0], 0.0)

    @property
    def _parts(self) -> list[tuple[str, str, float]]:
        """Kind, word and value of every part."""
        found = [("for" if row.share >= 0 else "against", str(row.channel), row.share) for row in self.rows]
        if self.begins:
            found.insert(0, ("begins", "start", self.begins))
        if self.num_others:
            found.append(("others", plural(self.num_others, "other"), self.others))
        return found

    @property
    def _width(self) -> float:
        values = [value for _, _, value in self._parts]
        return max(sum(value for value in values if value > 0), -sum(value for value in values if value < 0)) or 1.0

    def _laid(self, parts: list[tuple[str, str, float]], start: float) -> tuple[Part, ...]:
        widths = [100 * abs(value) / self._width for _, _, value in parts]
        lefts = accumulate(widths, initial=start)
        return tuple(
            Part(
                left=round(left, 2),
                width=round(width, 2),
                kind=kind,
                word=word if width >= max(_LEAST_NUMBER, 1.8 * len(word)) else "",
                value=value,
                has_value=width >= _LEAST_VALUE,
                size="narrow" if width < _NARROW else "middle" if width < _MIDDLE else "wide",
            )
            for left, width, (kind, word, value) in zip(lefts, widths, parts, strict=False)
        )


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
        cells: The lead as a sum over places; None where the model does not end in such a sum.
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
    cells: Cells | None
    map_png: str
    scale: float
    sum: Sum | None
    said: str


def sums(one: Explanation, image: Levels, anchor: str) -> Iterator[Sum]:
    """Return what the channels add: the exact sum where there is one, then shares at the calls without one.

    Args:
        one: The explanation.
        image: The sample as it is drawn.
        anchor: Its address.
    """
    exact, what = one.worked_sum, "value" if one.class_index is None else "log-odds"
    if exact is not None:
        yield _exact(exact, f"{anchor}-sum", image)
    for part in one.carried[1:] if exact is not None else one.carried:
        yield _sum(part, f"{anchor}-{len(part.path)}", what, image)


def _exact(exact: WorkedSum, anchor: str, image: Levels | None = None) -> Sum:
    complete = (exact.score - exact.rest - exact.bias) / ((exact.score - exact.bias) or 1.0)
    rows, num_others = _rows(exact, anchor, image)
    said = sentences.summed(exact, "score")
    return Sum(exact.path, True, exact.bias, rows, exact.others, num_others, exact.score, complete, said)


def _sum(part: Carried, anchor: str, what: str, image: Levels | None = None) -> Sum:
    rows, num_others = _rows(part, anchor, image)
    said = sentences.summed(part, what)
    return Sum(part.path, False, 0.0, rows, part.others, num_others, part.change, part.complete, said)


def _rows(part: WorkedSum | Carried, anchor: str, image: Levels | None) -> tuple[tuple[Row, ...], int]:
    """Return the channels that add most, and how many others there are; who adds nothing is one of these."""
    telling = [each for each in part.channels if each.share] or part.channels[:1]
    largest = max((abs(each.share) for each in telling), default=0.0) or 1.0
    rows = tuple(
        Row(
            each.channel,
            each.share,
            each.share / largest,
            _response(each, part.path, anchor, image),
            _patches(each, part.path, anchor),
            tuple(patch.label for patch in each.patches[:MOST_IN_A_ROW] if patch.label is not None),
            any(map(patches.has_inset, each.patches[:MOST_IN_A_ROW])),
        )
        for each in telling
    )
    return rows, part.num_others + len(part.channels) - len(telling)


def _response(share: ChannelShare, path: str, anchor: str, image: Levels | None) -> Figure | None:
    if image is None or share.response is None or share.response.ndim > 2:
        return None
    where = drawn.most(share.response)
    alt = f"Channel {share.channel} of {path} {f'responds most {where}' if where else 'is silent'} on this sample."
    lit = evidence_maps.lit(image, share.response, _RESPONSE_SIDE)
    return mosaic.coloured(f"{anchor}-map-{share.channel}", lit, alt=alt)


def _patches(share: ChannelShare, path: str, anchor: str) -> Figure | None:
    if not share.patches:
        return None
    names = ", ".join(dict.fromkeys(patch.label for patch in share.patches if patch.label is not None))
    alt = f"What channel {share.channel} of {path} responds to most" + (f": from {names}." if names else ".")
    name, lying = f"{anchor}-patches-{share.channel}", [patch for patch in share.patches if patch.context is not None]
    if not lying:
        return patches.strip(name, tuple(map(patches.inside_only, share.patches)), alt=alt, side=_PATCH_SIDE)
    return patches.in_context(name, lying[:MOST_IN_A_ROW], MOST_IN_A_ROW, alt=alt)


def against(contrast: Contrast, one: Explanation, image: Levels, anchor: str, known: Words) -> Against:
    """Return why another class was not answered."""
    del known
    name, part, exact = f"{anchor}-not-{contrast.other_index}", contrast.carried, contrast.worked_sum
    rather = f"Sample {one.sample}: {one.class_name} rather than {contrast.other}"
    found = None
    if exact is not None and exact.cells:
        found = drawn.cells(f"{name}-places", image, exact, is_full=False, alt=f"{rather}.", said="")
    total = _exact(exact, name) if exact is not None else None if part is None else _sum(part, name, "log-odds")
    return Against(
        other=contrast.other,
        is_true=contrast.is_true,
        probability=contrast.probability,
        lead=contrast.lead,
        method=contrast.method,
        figure=evidence_maps.signed(
            name,
            image,
            contrast.levels,
            alt=(
                f"Sample {one.sample}:"
                f" {drawn.strongest(f'{one.class_name} rather than {contrast.other}', contrast.levels)}."
            ),
            caption=f"Amber speaks for “{one.class_name}”, blue for “{contrast.other}”.",
        ),
        cells=found,
        map_png=evidence_maps.encoded(contrast.levels),
        scale=contrast.scale,
        sum=total,
        said=sentences.contrasted(contrast, one.class_name),
    )
