"""Arrays of any number of axes -> what can be drawn of them: pictures, curves, rows of slices.

What is larger than a page can show is reduced here, in one way: a drawn point shows the highest of the neighbouring
positions that it stands for, and how many these are is handed on to be said.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence import Levels
from reportgen.evidence.grids import Grid, Signal
from reportgen.models.subject import Array

# A page is 640 CSS pixels wide; screens have up to two pixels for each.
MOST_POINTS = 1280
MOST_SLICES = 16
MOST_CURVES = 8


def picture(image: Array) -> Levels:
    """Bring one sample to 8 bits, its own range to 0..255.

    Args:
        image: (…, channels), channels 1 or 3; of other numbers of channels the first.

    Returns:
        uint8 (…) or (…, 3).
    """
    levels = _levels(image)
    return levels if levels.shape[-1] == 3 else levels[..., 0]


def sample(image: Array, axes: tuple[str, ...]) -> tuple[Levels, Grid | None, Signal | None]:
    """Draw one sample.

    Args:
        image: float64 (height, width, channels), (length, channels), (values) or (slices …, height, width, channels).
        axes: Its axes without the channels, as `Grid` names them.

    Returns:
        What `SampleRecord` holds: the picture, and for what is none how it is drawn and its curves.
    """
    if image.ndim == 3:
        return picture(image), None, None
    if image.ndim <= 2:
        rows = image.reshape(image.shape[0], -1)
        blocks = drawn_blocks(rows.shape[:1])
        levels = np.ascontiguousarray(block_max(_levels(rows), blocks).T)
        return levels, Grid(axes, (len(rows),), blocks), curves(rows)
    blocks = drawn_blocks(image.shape[:-1])
    flat = block_max(picture(image), blocks)
    colours = flat.shape[len(blocks) :]
    return (
        flat.reshape(-1, *flat.shape[len(blocks) - 2 : len(blocks)], *colours),
        Grid(axes, image.shape[:-1], blocks),
        None,
    )


def drawn_blocks(sizes: tuple[int, ...]) -> tuple[int, ...]:
    """Return how many neighbouring positions along each axis one drawn point has to stand for.

    Args:
        sizes: Positions along each axis.

    >>> drawn_blocks((400,)), drawn_blocks((16000,)), drawn_blocks((64, 24, 24)), drawn_blocks((5, 512, 512))
    ((1,), (13,), (4, 1, 1), (1, 2, 2))
    """
    if len(sizes) < 3:
        return (*(1 for _ in sizes[:-1]), -(-sizes[-1] // MOST_POINTS))
    blocks = [1] * len(sizes)
    room = MOST_SLICES
    # What stands nearest to the picture gives way first: of (time, depth) the depth.
    for axis in range(len(sizes) - 2):
        blocks[axis] = -(-sizes[axis] // room)
        room = max(room // -(-sizes[axis] // blocks[axis]), 1)
    slices = np.prod([-(-size // block) for size, block in zip(sizes[:-2], blocks, strict=False)])
    inner = -(-int(slices) * sizes[-1] // MOST_POINTS)
    blocks[-2:] = [inner, inner]
    return tuple(blocks)


def block_max(values: Levels, blocks: tuple[int, ...]) -> Levels:
    """Return the highest value of each block of neighbours; the last block of an axis may be smaller.

    Args:
        values: Any array.
        blocks: Size of a block along the first axes; those that follow are left as they are.
    """
    for axis, block in enumerate(blocks):
        if block > 1:
            values = np.maximum.reduceat(values, np.arange(0, values.shape[axis], block), axis=axis)
    return values


def _levels(image: Array) -> Levels:
    low, high = float(np.nanmin(image)), float(np.nanmax(image))
    # Values within the usual ranges keep their brightness; a dark image is not stretched to a bright one.
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    scale = 255.0 / (high - low) if high > low else 0.0
    return np.clip(np.rint((np.nan_to_num(image, nan=low) - low) * scale), 0, 255).astype(np.uint8)


def curves(rows: Array) -> Signal | None:
    """Reduce a signal, (length, channels), to at most `MOST_POINTS` points per channel; None for too many channels."""
    if rows.shape[1] > MOST_CURVES:
        return None
    block = 1 if len(rows) <= MOST_POINTS else -(-len(rows) * 2 // MOST_POINTS)
    starts = np.arange(0, len(rows), block)
    low, high = np.fmin.reduceat(rows, starts, axis=0).T, np.fmax.reduceat(rows, starts, axis=0).T
    return Signal(np.ascontiguousarray(low, np.float64), np.ascontiguousarray(high, np.float64), len(rows), block)
