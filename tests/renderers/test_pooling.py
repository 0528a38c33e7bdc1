"""The map that is pooled by hand, and the frame around its window."""

import re
from dataclasses import replace

import pytest

from reportgen.renderers import html
from reportgen.sections import pooling
from tests import made
from tests.renderers import reports


@pytest.mark.parametrize("side", [7, 26, 112])
def test_frame_of_a_window_is_as_thick_on_every_map(side: int) -> None:
    section = pooling.build(made.evidence())
    assert section is not None
    assert isinstance(section.content, pooling.Content)
    drawn = replace(section.content.map, width_px=side, height_px=side)
    resized = replace(section, content=replace(section.content, map=drawn))
    page = html.render(replace(reports.report(), sections=(resized,))).decode()
    strokes = [
        float(width) / side for width in re.findall(r'<rect fill="none" stroke="[^"]+" stroke-width="([\d.]+)"', page)
    ]
    assert strokes == pytest.approx([0.018, 0.0086], rel=0.02)
