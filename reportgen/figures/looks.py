"""The average of a channel's patches -> what a reader would see in it, by fixed rules: "bright above, dark below"."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.language.listing import listed

PLAIN = "no clear pattern"
"""What is said where neither is clear."""
# Of 255 levels: a difference of brightness, and of colours, that the eye sees at once.
_CLEAR = 50.0
_COLOURED = 40.0
# Where one direction is clear, the other counts as soon as it is half as strong.
_SLANTING = 0.5
_LUMINANCE = np.array((0.299, 0.587, 0.114))
_HUES = (
    (30.0, "reddish"),
    (70.0, "yellowish"),
    (165.0, "greenish"),
    (265.0, "bluish"),
    (335.0, "purple"),
    (360.0, "reddish"),
)


def looks(average: npt.NDArray[np.float64]) -> str:
    """Say where an average is bright and which colour it has; "" where neither is clear.

    Args:
        average: Levels 0..255, (height, width) or (height, width, 3).

    >>> looks(np.array([[200.0, 200.0], [0.0, 0.0]])), looks(np.full((3, 3), 90.0))
    ('bright above, dark below', '')
    """
    grey = average @ _LUMINANCE if average.ndim == 3 else average
    return ", ".join(filter(None, (_bright(grey), _hue(average))))


def each(pictures: Sequence[npt.NDArray[np.uint8]]) -> str:
    """Say what several pictures look like, one after the other; what all look like once.

    Args:
        pictures: Levels 0..255, (height, width) or (height, width, 3) each.

    >>> above = np.array([[200, 200], [0, 0]], np.uint8)
    >>> each([above, above.T]), each([above * 0, above * 0])
    ('bright above, dark below; bright on the left, dark on the right', 'no clear pattern')
    """
    seen = [looks(picture.astype(np.float64)) or PLAIN for picture in pictures]
    return seen[0] if len(set(seen)) == 1 else "; ".join(seen)


def _bright(grey: npt.NDArray[np.float64]) -> str:
    height, width = grey.shape
    down = _ends(grey.mean(axis=1)) if height > 1 else 0.0
    across = _ends(grey.mean(axis=0)) if width > 1 else 0.0
    strongest = max(abs(down), abs(across))
    if strongest >= _CLEAR:
        rows = ("above", "below") if down > 0 else ("below", "above")
        columns = ("on the left", "on the right") if across > 0 else ("on the right", "on the left")
        both = min(abs(down), abs(across)) >= _SLANTING * strongest
        if both:
            first, second = (f"{row} {column}" for row, column in zip(rows, columns, strict=True))
        else:
            first, second = rows if abs(down) > abs(across) else columns
        return f"bright {first}, dark {second}"
    if min(height, width) < 3:
        return ""
    inner = grey[height // 3 : -(height // 3), width // 3 : -(width // 3)]
    outer = (grey.sum() - inner.sum()) / (grey.size - inner.size)
    if abs(inner.mean() - outer) >= _CLEAR:
        return "bright in the middle, dark around" if inner.mean() > outer else "dark in the middle, bright around"
    return ""


def _ends(profile: npt.NDArray[np.float64]) -> float:
    """The mean of the first half of a profile less that of the second, the middle one aside."""
    half = len(profile) // 2
    return float(profile[:half].mean() - profile[len(profile) - half :].mean())


def _hue(average: npt.NDArray[np.float64]) -> str:
    if average.ndim != 3:
        return ""
    red, green, blue = average.reshape(-1, 3).mean(axis=0)
    most, least = max(red, green, blue), min(red, green, blue)
    if most - least < _COLOURED:
        return ""
    if most == red:
        angle = 60 * (((green - blue) / (most - least)) % 6)
    elif most == green:
        angle = 60 * ((blue - red) / (most - least) + 2)
    else:
        angle = 60 * ((red - green) / (most - least) + 4)
    return next(name for end, name in _HUES if angle <= end)


def sources(labels: Sequence[str | None]) -> str:
    """Say which classes patches come from, the most common first; "" without labels.

    >>> sources(["3", "5", "3", "7"]), sources(["cat"]), sources([None])
    ('from 3s, 5 and 7', 'from cat', '')
    """
    known = [label for label in labels if label is not None]
    if not known:
        return ""
    order = sorted(dict.fromkeys(known), key=lambda label: -known.count(label))
    if all(label.isdigit() for label in order):
        return f"from {listed([f'{label}s' if known.count(label) > 1 else label for label in order])}"
    return f"from {listed([f'{label} ({known.count(label)})' if known.count(label) > 1 else label for label in order])}"
