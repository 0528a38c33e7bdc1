"""Figures of which nobody sees the picture have all their words, and cost no drawing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reportgen.document.report import Figure
from reportgen.figures import charts, mosaic
from reportgen.figures.drawing import undrawn


def made() -> tuple[Figure, ...]:
    grey = np.arange(48, dtype=np.uint8).reshape(6, 8)
    few = np.repeat(grey[..., None], 3, axis=2)
    many = np.random.default_rng(0).integers(0, 256, (40, 50, 3), np.uint8)
    return (
        charts.figure("chart", lambda canvas, ink: None, (120, 80), alt="A chart", caption="Of nothing."),
        mosaic.picture("grey", grey, alt="Grey", caption="Levels."),
        mosaic.coloured("few", few, alt="Few colours"),
        mosaic.coloured("many", many, alt="Many colours"),
    )


def test_they_differ_in_their_bytes_only() -> None:
    with undrawn():
        without = made()
    drawn = made()
    assert all(each.data == b"" for each in without)
    assert all(each.data for each in drawn)
    # A photograph is known by its colours, which nobody counts where none is drawn.
    drawn = tuple(replace(each, data=b"", dark_data=b"", media_type="") for each in drawn)
    assert tuple(replace(each, media_type="") for each in without) == drawn


def test_they_are_drawn_again_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), undrawn():
        raise ZeroDivisionError
    assert made()[1].data
