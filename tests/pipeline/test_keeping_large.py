"""A network of tens of thousands of channels: all of its maps are in a page that opens."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from matplotlib.cbook import get_sample_data
from PIL import Image

from reportgen import explain, write
from reportgen.sections.maps import Content

MAPS = 26_560 + 64 + 2048  # of its convolutions, of max pooling, of global pooling


@pytest.mark.keras
@pytest.mark.exhaustive
def test_resnet50_with_every_map_of_a_photograph_stays_under_16_megabytes(tmp_path: Path) -> None:
    keras.utils.set_random_seed(0)
    photograph = Image.open(get_sample_data("grace_hopper.jpg", asfileobj=False)).convert("RGB")
    image = np.asarray(photograph.resize((224, 224), Image.Resampling.BICUBIC))[None]
    # Its plan is from above: with 25 MB, it leaves some maps out, for which there would be room.
    quick: dict[str, Any] = {"ablation_budget": "60", "dream_steps": 1, "max_size": "32MB"}
    report = explain(keras.applications.ResNet50(weights=None), image, **quick)
    write(report, tmp_path, ("html",))
    assert (tmp_path / "report.html").stat().st_size < 16_000_000
    (content,) = (section.content for section in report.sections if section.name == "maps")
    assert isinstance(content, Content)
    layers = content.samples[0].layers
    assert sum(len(layer.channels) for layer in layers) == MAPS
    for layer in layers:
        (sheet,) = layer.sheets
        assert layer.shown is None
        assert sheet.channels == tuple(range(layer.shape[-1]))
        across, down = sheet.tile_width_px + sheet.gap_px, sheet.tile_height_px + sheet.gap_px
        size = Image.open(io.BytesIO(sheet.figure.data)).size
        assert size == (sheet.columns * across - sheet.gap_px, sheet.rows * down - sheet.gap_px)
