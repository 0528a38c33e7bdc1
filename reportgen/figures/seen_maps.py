"""The maps of a call -> the numbers that they were drawn from, on one scale, and strips of them in amber."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt

from reportgen.document import colours
from reportgen.document.report import Figure
from reportgen.evidence import Levels
from reportgen.evidence.activations import CallMaps
from reportgen.figures import evidence_maps, mosaic, overlays

IN_A_STRIP = 8
"""Maps side by side."""
_SMALL = 48
_FRAME, _GAP = 18, 48  # parts of a tile's side
_LOW = 4  # how many times as wide as high a signal's map is at most
_NEARLY = 0.998
_DARK, _AMBER = (colours.rgb(colours.EVERYWHERE[name]) for name in ("frame_edge", "frame"))


def values(call: CallMaps, channel: int, is_common: bool) -> npt.NDArray[np.float64]:
    """Return a map as the numbers that it was drawn from, to a 255th of its range.

    Args:
        call: The maps.
        channel: One that is shown.
        is_common: Whether the maps of a call share one scale.
    """
    of = call.channels if is_common else (call.channels[channel],)
    low, high = min(each.minimum for each in of), max(each.maximum for each in of)
    if call.channels[channel].constant:
        return np.full(call.levels.shape[1:], call.channels[channel].minimum)
    return np.asarray(low + call.levels[call.shown.index(channel)] / 255.0 * (high - low))


def scaled(call: CallMaps, channel: int, is_common: bool, top: float) -> Levels:
    """Return a map as levels: 0 for nothing or less, 255 for `top` and above."""
    if top <= 0:
        return np.zeros(call.levels.shape[1:], np.uint8)
    shares = np.clip(values(call, channel, is_common) / top, 0, 1)
    return np.asarray(np.rint(255 * shares).astype(np.uint8))


def share_at(call: CallMaps, channel: int, is_common: bool, cap: float) -> float:
    """Return the share of a map's points that have the highest value that there can be."""
    return float((values(call, channel, is_common) >= cap * _NEARLY).mean())


def strip(name: str, tiles: Sequence[Levels], framed: Collection[int], *, alt: str) -> Figure:
    """Draw maps side by side, from black over amber to cream.

    Args:
        name: Id of the figure.
        tiles: At most `IN_A_STRIP` maps as `scaled` returns them, all of one size; the strip ends with the last. Of a
            volume's map the slice with its peak is drawn, and that of a signal at least a quarter as high as wide.
        framed: Places of those that are framed.
        alt: Text alternative.
    """
    drawn = [_tile(tile, place in framed) for place, tile in enumerate(tiles)]
    height, width = drawn[0].shape[:2]
    gap = max(1, round(width / _GAP))
    row = np.full((height, len(drawn) * (width + gap) - gap, 3), _DARK, np.uint8)
    for place, tile in enumerate(drawn):
        row[:, place * (width + gap) : place * (width + gap) + width] = tile
    return mosaic.coloured(name, row, alt=alt)


def _tile(response: Levels, is_framed: bool) -> Levels:
    if response.ndim == 3:
        response = response[response.max(axis=(1, 2)).argmax()]
    flat = evidence_maps.flat(response)
    glowing = overlays.glowing(overlays.sized(flat, _SMALL if flat.shape[0] == flat.shape[1] else 2 * _SMALL))
    if response.ndim == 1:
        height, width = glowing.shape[:2]
        glowing = np.repeat(glowing, max(1, -(-width // (_LOW * height))), axis=0)
    if is_framed:
        thick = max(1, round(min(glowing.shape[:2]) / _FRAME))
        for edge, colour in ((thick + 1, _DARK), (thick, _AMBER)):
            glowing[:edge], glowing[-edge:], glowing[:, :edge], glowing[:, -edge:] = (colour,) * 4
    return glowing
