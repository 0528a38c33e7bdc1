"""Channels of a layer -> where each stands by what it means and what it matters; all layers -> shares by depth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite

from reportgen.document.plots import Plot, Point
from reportgen.document.report import Figure
from reportgen.evidence.channels import Channel
from reportgen.figures import charts
from reportgen.language.numerals import number, plural

SELECTIVITY = "class selectivity"
FIRING = "share of the images in which it fires"
LOSS = "probability lost without it, points"
POSITIVE = "share of positions above zero"
_LEAST_POINTS = 5
LEAST_FOR_TREND = 4
"""Of fewer layers a line would say little."""
_VALUES: dict[str, Callable[[Channel], float]] = {
    SELECTIVITY: lambda each: each.selectivity or 0.0,
    FIRING: lambda each: each.firing_share,
    LOSS: lambda each: 0.0 if each.ablation is None else -100 * each.ablation.probability_change,
    POSITIVE: lambda each: each.positive_share,
}
# What is said of the channel that is farthest out.
_MOST = {SELECTIVITY: "most selective", FIRING: "fires most often", LOSS: "costs most", POSITIVE: "lit most"}
_SHORT = 16
_KINDS = (
    ("speaks", "for one class"),
    ("silent", "dead, stuck or no number"),
    ("copy", "copy"),
)


def axes(channels: Sequence[Channel]) -> tuple[str, str]:
    """Return what a chart of a layer shows: selectivity and importance, and other shares where one is not known."""
    return (
        SELECTIVITY if any(each.chance is not None for each in channels) else FIRING,
        LOSS if sum(each.ablation is not None for each in channels) >= _LEAST_POINTS else POSITIVE,
    )


def says_something(channels: Sequence[Channel], titles: tuple[str, str]) -> bool:
    """Whether a chart tells what channels mean or what they matter, of enough that differ in both."""
    tells, known = LOSS in titles or any(each.speaks for each in channels), _placeable(channels, titles)
    return tells and len(known) >= _LEAST_POINTS and all(len(set(map(_VALUES[title], known))) > 1 for title in titles)


def plot(channels: Sequence[Channel], titles: tuple[str, str]) -> Plot:
    """Return the chart of a layer; a channel whose importance is not known is not in a chart of importance.

    Args:
        channels: All channels of the layer.
        titles: What `axes` returned.
    """
    known = _placeable(channels, titles)
    extremes = [max(known, key=_VALUES[title]) for title in titles] if len(known) > 1 else []
    found = []
    for each in known:
        x, y = (_VALUES[title](each) for title in titles)
        said = [_MOST[title] for title, extreme in zip(titles, extremes, strict=False) if extreme is each]
        if each.speaks and each.favourite and len(each.favourite) <= _SHORT:
            said.insert(0, f"for {each.favourite}")
        found.append(Point(x, y, _kind_of_point(each), " ".join([number(each.channel), ", ".join(said)]).strip()))
    return Plot(tuple(found), *titles, _KINDS)


def plot_alt(path: str, channels: Sequence[Channel], titles: tuple[str, str]) -> str:
    """Return what the chart shows, for someone who cannot see it."""
    known = _placeable(channels, titles)
    said = f"{plural(len(known), 'channel')} of {path} by {titles[0]} and {titles[1]}"
    if not known:
        return f"{said}."
    right, top = (_farthest(known, _VALUES[title]) for title in titles)
    return f"{said}: farthest right, at {right}; highest, at {top}."


def _farthest(channels: Sequence[Channel], value: Callable[[Channel], float]) -> str:
    """The largest value and the channel that has it, or how many have it."""
    most = max(map(value, channels))
    there = [each for each in channels if value(each) == most]
    return f"{number(most, 2)} ({f'channel {there[0].channel}' if len(there) == 1 else plural(len(there), 'channel')})"


def trend(layers: Sequence[Sequence[Channel]]) -> Figure:
    """Draw three shares by depth.

    Args:
        layers: The channels of each layer, from the first to the last.
    """
    dead = [_mean([float(each.state == "dead") for each in channels]) for channels in layers]
    selective = [_mean([each.selectivity for each in channels]) for channels in layers]
    active = [_mean([each.positive_share for each in channels]) for channels in layers]
    panels = [("share of channels that are dead", dead), ("mean share of positions above zero", active)]
    # Untested selectivity says no more than how seldom channels respond.
    if any(each.chance is not None for channels in layers for each in channels):
        panels.insert(1, ("mean class selectivity", selective))
    ends = "; ".join(f"{title} from {number(row[0], 2)} to {number(row[-1], 2)}" for title, row in panels)
    return charts.profiles(
        "trend",
        panels,
        "conv layer",
        alt=f"From the first of {plural(len(layers), 'conv layer')} to the last: {ends}.",
        caption="The conv layers in order of computation, numbered below. Every curve has its own scale, from 0.",
    )


def _placeable(channels: Sequence[Channel], titles: tuple[str, str]) -> list[Channel]:
    """The channels that have a place in a chart."""
    measured = [each for each in channels if LOSS not in titles or each.ablation is not None]
    return [each for each in measured if all(isfinite(_VALUES[title](each)) for title in titles)]


def _kind_of_point(channel: Channel) -> str:
    if channel.state:
        return "silent"
    if channel.copy_of is not None:
        return "copy"
    return "speaks" if channel.speaks else "other"


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and isfinite(value)]
    return sum(known) / len(known) if known else None
