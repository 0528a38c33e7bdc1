"""Values along an axis -> a picture of them as a line, white on black, on which maps can be laid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from reportgen.evidence import Levels

_FINER = 3
# How much of its row a line takes, and where its lowest value lies.
_SPAN, _FOOT = 0.8, 0.9


def drawn(rows: Sequence[npt.NDArray[np.float64]], size: tuple[int, int], thickness: int = 2) -> Levels:
    """Draw lines below each other, each on its own scale.

    Args:
        rows: Of each line float64 (places,) or (places, values), several values at a place being joined upright; NaN is
            drawn as 0.
        size: Width and height, pixels.
        thickness: Of the lines, pixels.

    Returns:
        uint8 (height, width). A place's value stands above the middle of what the place takes of the width.
    """
    width, height = (_FINER * length for length in size)
    image = Image.new("L", (width, height))
    pen = ImageDraw.Draw(image)
    for row, found in enumerate(rows):
        places = np.nan_to_num(found.reshape(len(found), -1))
        values, low = places.reshape(-1), float(places.min())
        span = float(places.max()) - low or 1.0
        across = ((np.arange(len(places)) + 0.5) * (width / len(places))).repeat(places.shape[1])
        down = (row + _FOOT - _SPAN * (values - low) / span) * height / len(rows)
        points = list(zip(across.tolist(), down.tolist(), strict=True))
        pen.line(points, fill=255, width=thickness * _FINER, joint="curve")
    return np.asarray(image.resize(size, Image.Resampling.BOX))
