"""Numbers -> charts, as vector pictures that look the same everywhere, once for a light page and once for a dark one.

One function per kind of chart. Text is drawn as outlines of the report's own typeface, so that nothing depends on the
fonts of the machine that shows it.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import fontpkg
import numpy as np
import numpy.typing as npt

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.document.sheets import SHEET_LEFT, SHEET_WIDTH
from reportgen.figures.drawing import draws
from reportgen.language.numerals import number

# matplotlib, which takes a second and a half to import, is imported when a chart is drawn: whoever reads a report back
# needs the types of all chapters, and no chart.
if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_PANEL = 68  # height of the panel of one curve, with the words above it


@dataclass(frozen=True, slots=True)
class Ink:
    """Colours of a chart: text, quieter text, hairlines, the accent; page and shaded fields; what to notice."""

    text: str
    soft: str
    line: str
    accent: str
    paper: str
    wash: str
    warn: str


def _ink(place: int) -> Ink:
    page = {name: pair[place] for name, pair in (colours.ON_PAGES | colours.IN_CHARTS).items()}
    return Ink(page["ink"], page["soft"], page["line"], page["accent"], page["paper"], page["wash"], page["warn"])


LIGHT, DARK = _ink(0), _ink(1)


def tuning(
    name: str,
    curves: Sequence[tuple[float, ...]],
    degrees: Sequence[float],
    *,
    alt: str,
    caption: str,
    names: Sequence[str],
) -> Figure:
    """Draw one small tuning curve per channel: response against orientation, each from 0 to its own highest.

    Args:
        name: Id of the figure.
        curves: Response at each orientation, by channel.
        degrees: The orientations.
        alt: Text alternative.
        caption: Caption.
        names: What each curve is called.
    """
    from matplotlib.collections import LineCollection

    columns = min(len(curves), 16 if len(curves) > 8 else 8)
    rows = -(-len(curves) // columns)

    def draw(canvas: Canvas, ink: Ink) -> None:
        # One panel holds all curves, each moved to its own place: a panel per channel takes ten times as long.
        panel = canvas.add_subplot()
        panel.set_axis_off()
        baselines, lines = [], []
        for channel, curve in enumerate(curves):
            row, column = divmod(channel, columns)
            left, bottom = 215.0 * column, -1.9 * row
            highest = max(curve) or 1.0
            baselines.append([(left, bottom), (left + 180, bottom)])
            heights = [bottom + value / highest for value in (*curve, curve[0])]
            lines.append(list(zip([left + angle for angle in (*degrees, 180.0)], heights, strict=True)))
            panel.text(left, bottom + 1.1, names[channel], fontsize=6.5, color=ink.soft, va="bottom")
        panel.add_collection(LineCollection(baselines, colors=ink.line, linewidths=0.8))
        panel.add_collection(LineCollection(lines, colors=ink.accent, linewidths=1.3))
        panel.set_xlim(-10, 215.0 * columns)
        panel.set_ylim(-1.9 * (rows - 1) - 0.1, 1.6)

    return figure(name, draw, (672, 16 + 52 * rows), alt=alt, caption=caption)


def curves(
    name: str, low: npt.NDArray[Any], high: npt.NDArray[Any], length: int, axis: str, *, alt: str, caption: str
) -> Figure:
    """Draw a signal, one panel per channel with its range, as wide as a contact sheet below it.

    Args:
        name: Id of the figure.
        low: float (channels, points): lowest value of the positions that a point stands for.
        high: float (channels, points): their highest value; a band is drawn where the two differ.
        length: How many positions there are; the points share them evenly, but the last.
        axis: What is counted along the curve: "position" or "value".
        alt: Text alternative.
        caption: Caption.
    """
    channels, points = low.shape
    block = -(-length // points)
    places = np.minimum(np.arange(points) * block + (block - 1) / 2, length - 1)
    height = 34 + _PANEL * channels

    def draw(canvas: Canvas, ink: Ink) -> None:
        for channel in range(channels):
            top = 1 - (_PANEL * channel + 18) / height
            bottom = 1 - (_PANEL * (channel + 1) - 4) / height
            panel = canvas.add_axes((SHEET_LEFT / 672, bottom, SHEET_WIDTH / 672, top - bottom))
            _curve_panel(panel, places, low[channel], high[channel], ink, by_value=axis == "value")
            panel.set_xlim(-0.5, length - 0.5)
            panel.tick_params(labelbottom=channel == channels - 1)
            title = f"channel {channel}: " if channels > 1 else ""
            title += f"{number(_least(low[channel]))} to {number(_most(high[channel]))}"
            panel.set_title(title, loc="left", fontsize=7.5, color=ink.soft, pad=3)
        panel.set_xlabel(axis, fontsize=7.5, color=ink.soft, labelpad=1, loc="left")

    return figure(name, draw, (672, height), alt=alt, caption=caption, layout=None)


def profiles(
    name: str, panels: Sequence[tuple[str, Sequence[float | None]]], axis: str, *, alt: str, caption: str
) -> Figure:
    """Draw shares by depth, one panel each, from the first layer at the left to the last at the right.

    Args:
        name: Id of the figure.
        panels: Title, and a share 0..1 for each layer; None where there is none.
        axis: What is counted from left to right, from 1 on.
        alt: Text alternative.
        caption: Caption.
    """
    height = 34 + _PANEL * len(panels)

    def draw(canvas: Canvas, ink: Ink) -> None:
        for place, (title, shares) in enumerate(panels):
            top, bottom = 1 - (_PANEL * place + 20) / height, 1 - (_PANEL * (place + 1) - 6) / height
            panel = canvas.add_axes((SHEET_LEFT / 672, bottom, SHEET_WIDTH / 672, top - bottom))
            _profile_panel(panel, shares, ink)
            panel.tick_params(labelbottom=place == len(panels) - 1)
            panel.set_title(title, loc="left", fontsize=7.5, color=ink.soft, pad=5)
        panel.set_xlabel(axis, fontsize=7.5, color=ink.soft, labelpad=1, loc="left")

    return figure(name, draw, (672, height), alt=alt, caption=caption, layout=None)


def histogram(
    name: str,
    counts: Sequence[int],
    edges: Sequence[float],
    middle: float,
    titles: tuple[str, str],
    *,
    alt: str,
    caption: str,
) -> Figure:
    """Draw how often values occur, in bins.

    Args:
        name: Id of the figure.
        counts: How many values there are in each bin.
        edges: Ends of the bins, one more than there are bins.
        middle: A value that is marked with a dashed line.
        titles: What is counted from left to right, and upwards.
        alt: Text alternative.
        caption: Caption.
    """

    def draw(canvas: Canvas, ink: Ink) -> None:
        from matplotlib.ticker import MaxNLocator

        panel: Axes = canvas.add_subplot()
        panel.bar(edges[:-1], counts, width=np.diff(edges), align="edge", color=ink.accent, edgecolor=ink.paper)
        panel.axvline(middle, color=ink.text, linewidth=1, linestyle=(0, (4, 3)))
        panel.set_xlabel(titles[0], fontsize=7.5, color=ink.soft, loc="left")
        panel.set_ylabel(titles[1], fontsize=7.5, color=ink.soft)
        panel.tick_params(length=0, labelsize=7.5, colors=ink.soft)
        panel.xaxis.set_major_formatter(lambda place, _: number(place))
        panel.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        for side in ("top", "right"):
            panel.spines[side].set_visible(False)
        for side in ("left", "bottom"):
            panel.spines[side].set_color(ink.line)

    return figure(name, draw, (560, 150), alt=alt, caption=caption)


@lru_cache(maxsize=4)
def palette(colormap: str) -> bytes:
    """Return 255 colours of a colour map, from its lowest to its highest, as red, green and blue bytes."""
    from matplotlib import colormaps

    return bytes(np.rint(colormaps[colormap](np.linspace(0, 1, 255))[:, :3] * 255).astype(np.uint8).tobytes())


def _curve_panel(
    panel: Axes, places: npt.NDArray[Any], low: npt.NDArray[Any], high: npt.NDArray[Any], ink: Ink, *, by_value: bool
) -> None:
    from matplotlib.ticker import MaxNLocator

    least, most = _least(low), _most(high)
    room = (most - least) * 0.06 or 1.0
    panel.set_ylim(least - room, most + room)
    if least < 0 < most:
        panel.axhline(0, color=ink.line, linewidth=0.8)
    if np.array_equal(low, high, equal_nan=True):
        panel.plot(places, low, color=ink.accent, linewidth=0.9, drawstyle="steps-mid" if by_value else "default")
    else:
        panel.fill_between(places, low, high, color=ink.accent, linewidth=0.6)
    panel.set_yticks([])
    panel.tick_params(length=0, labelsize=7.5, colors=ink.soft, pad=3)
    panel.xaxis.set_major_locator(MaxNLocator(8, integer=True))
    panel.xaxis.set_major_formatter(lambda place, _: number(round(place)))
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(ink.line)


def _profile_panel(panel: Axes, shares: Sequence[float | None], ink: Ink) -> None:
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import MaxNLocator

    known = [(place, share) for place, share in enumerate(shares, 1) if share is not None]
    most = max((share for _, share in known), default=0.0)
    limit = next(limit for limit in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, np.inf) if most <= limit)
    limit = max(most, 1.0) if limit == np.inf else limit
    panel.add_collection(LineCollection([known] if known else [], colors=ink.accent, linewidths=1.1))
    # A dot is a line without length and with round ends: marks get names that follow from their colour.
    dots = [[(place - 1e-3, share), (place + 1e-3, share)] for place, share in known]
    panel.add_collection(LineCollection(dots, colors=ink.accent, linewidths=3.6, capstyle="round", clip_on=False))
    panel.set_ylim(0, limit)
    panel.set_yticks([0, limit], ["0", number(limit)])
    panel.set_xlim(0.5, len(shares) + 0.5)
    panel.xaxis.set_major_locator(MaxNLocator(16, integer=True))
    panel.xaxis.set_major_formatter(lambda place, _: number(round(place)) if 1 <= place <= len(shares) else "")
    panel.tick_params(length=0, labelsize=7, colors=ink.soft, pad=3)
    panel.yaxis.grid(visible=True, color=ink.line, linewidth=0.6)
    panel.set_axisbelow(True)
    for side in ("top", "right", "left"):
        panel.spines[side].set_visible(False)
    panel.spines["bottom"].set_color(ink.line)


def _least(values: npt.NDArray[Any]) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.min()) if finite.size else 0.0


def _most(values: npt.NDArray[Any]) -> float:
    return -_least(-values)


def figure(
    name: str,
    draw: Callable[[Canvas, Ink], None],
    size_px: tuple[int, int],
    *,
    alt: str,
    caption: str,
    layout: Literal["constrained"] | None = "constrained",
    fonts: Sequence[Path] = (),
    mixed: bool = False,
) -> Figure:
    """Draw a chart in ink for a light page, and put that for a dark one in its place.

    Args:
        name: Id of the figure.
        draw: Draws on a canvas in an ink.
        size_px: Its width and height.
        alt: Text alternative.
        caption: Caption.
        layout: How matplotlib places the panels; None where `draw` does.
        fonts: Files of fonts for characters that the report's own lack.
        mixed: Whether there are colours between those of the ink, so that it takes a second drawing for the dark page.
    """
    if not draws():
        return Figure(name, "image/svg+xml", b"", *size_px, alt, caption)
    typeface = [*_typeface(), *map(_added, fonts)]
    light = _svg(draw, LIGHT, size_px, name, layout, typeface)
    dark = _svg(draw, DARK, size_px, name, layout, typeface) if mixed else _darkened(light)
    return Figure(name, "image/svg+xml", light, *size_px, alt, caption, dark)


def _darkened(svg: bytes) -> bytes:
    """The same drawing in ink for a dark page."""
    dark = {getattr(LIGHT, each.name): getattr(DARK, each.name) for each in fields(Ink)}
    return re.sub(rb"#[0-9a-f]{6}\b", lambda colour: dark[colour[0].decode()].encode(), svg)


def _svg(
    draw: Callable[[Canvas, Ink], None],
    ink: Ink,
    size_px: tuple[int, int],
    salt: str,
    layout: Literal["constrained"] | None,
    typeface: list[str],
) -> bytes:
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    style: dict[Any, object] = {
        "font.family": typeface,
        "svg.fonttype": "path",
        "svg.hashsalt": salt,  # ids inside the file follow from its contents, not from chance
        "text.parse_math": False,
    }
    with mpl.rc_context(style), warnings.catch_warnings():
        # Letters that no typeface has come spelled; these are marks without a shape, or what a font only promises.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        canvas = Canvas(figsize=(size_px[0] / 96, size_px[1] / 96), layout=layout)
        draw(canvas, ink)
        file = io.BytesIO()
        canvas.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return file.getvalue()


@lru_cache(maxsize=1)
def _typeface() -> list[str]:
    return [_added(fontpkg.path("IBM Plex Sans")), "DejaVu Sans"]


@lru_cache(maxsize=64)
def _added(path: Path) -> str:
    """The name of a font file, which matplotlib now knows."""
    from matplotlib import font_manager

    font_manager.fontManager.addfont(path)
    return font_manager.FontProperties(fname=str(path)).get_name()
