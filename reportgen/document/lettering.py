"""How letters are set in drawings, and how wide what stands below each other is."""

from __future__ import annotations

SIZE = 10.5
"""Of the words in a drawing, CSS pixels."""
SMALL = 8.5
"""Of the number below a tile."""
LARGE = 13
"""Of the words in a drawing that is shown at its own size or smaller."""
LARGER = 19
"""Of those in a drawing that is shown at two thirds of its size or less."""
BELOW_MIDDLE = 3.5
"""How far the foot of a digit is below its middle."""
SANS = "IBM Plex Sans, DejaVu Sans, sans-serif"
MONO = "IBM Plex Mono, DejaVu Sans Mono, monospace"
