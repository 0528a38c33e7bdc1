"""Charts: the same bytes wherever and whenever they are drawn, for light and dark pages."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from reportgen.document.report import Figure
from reportgen.figures import charts
from reportgen.figures.charts import DARK, LIGHT
from tests import charted
from tests.renderers.reports import HOSTILE

SVG = "{http://www.w3.org/2000/svg}"


def costs(*labels: str) -> Figure:
    return charted.bars("costs", *labels)


def curves(*rows: tuple[float, ...]) -> Figure:
    return charts.tuning(
        "tuning", rows, (0.0, 60.0, 120.0), alt="Curves.", caption="Tuning.", names=tuple(map(str, range(len(rows))))
    )


def two_bars() -> Figure:
    return costs("conv", "dense")


def two_curves() -> Figure:
    return curves((0.0, 1.0, 0.5), (2.0, 2.0, 2.0))


def two_channels() -> Figure:
    values = np.array([[0.0, 1.0, -1.0, 0.5], [3.0, 3.0, 3.0, 3.0]])
    return charts.curves("signal", values, values, 4, "position", alt="Curves.", caption="Signal.")


def profiles(layers: int = 2) -> Figure:
    shares: list[float | None] = [place / layers for place in range(layers)]
    dead: list[float | None] = [0.0] * layers
    panels = [("dead", dead), ("selective", shares), ("active", [None, *shares[1:]])]
    return charts.profiles("trend", panels, "conv layer", alt="Shares.", caption="Trend.")


EACH = pytest.mark.parametrize("draw", [two_bars, two_curves, two_channels, profiles])


@EACH
def test_same_bytes_in_two_fresh_processes(draw: Callable[[], Figure]) -> None:
    code = (
        f"from tests.figures.test_charts import {draw.__name__} as draw\n"
        "import hashlib; figure = draw(); print(hashlib.sha256(figure.data + figure.dark_data).hexdigest())"
    )
    found = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed}
        run = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
        )
        found.add(run.stdout.strip())
    figure = draw()
    assert found == {hashlib.sha256(figure.data + figure.dark_data).hexdigest()}


ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@EACH
def test_chart_holds_no_time_no_maker_and_no_font(draw: Callable[[], Figure]) -> None:
    text = draw().data.decode()
    assert not re.search(r"dc:date|dc:creator|Matplotlib|\b20\d\d-\d\d|\d\d:\d\d:\d\d|/home/|/root/|/tmp/", text)
    assert "<text" not in text
    assert "font-family" not in text


@EACH
def test_chart_is_drawn_for_light_and_for_dark_pages(draw: Callable[[], Figure]) -> None:
    figure = draw()
    assert figure.media_type == "image/svg+xml"
    assert LIGHT.accent.encode() in figure.data
    assert DARK.accent.encode() in figure.dark_data
    assert DARK.accent.encode() not in figure.data
    assert re.sub(rb"#[0-9a-f]{6}", b"", figure.data) == re.sub(rb"#[0-9a-f]{6}", b"", figure.dark_data)


@EACH
def test_chart_has_the_size_it_names(draw: Callable[[], Figure]) -> None:
    figure = draw()
    root = ElementTree.fromstring(figure.data)
    size = [float(root.attrib[name].removesuffix("pt")) * 96 / 72 for name in ("width", "height")]
    assert size == pytest.approx([figure.width_px, figure.height_px])


@pytest.mark.parametrize(("count", "height"), [(1, 68), (8, 68), (9, 68), (16, 68), (17, 120), (40, 172)])
def test_curves_stand_in_rows(count: int, height: int) -> None:
    assert curves(*[(0.0, 1.0, 0.5)] * count).height_px == height


def test_silent_channel_is_drawn_flat() -> None:
    figure = curves((0.0, 0.0, 0.0))
    assert b"nan" not in figure.data.lower()


def test_hostile_names_leave_a_whole_picture_without_a_warning() -> None:
    figure = costs(*(HOSTILE[start : start + 22] for start in range(0, 200, 22)), "$x^$", "日本語", "\ud800")
    for data in (figure.data, figure.dark_data):
        root = ElementTree.fromstring(data)
        assert not list(root.iter(f"{SVG}script"))


def test_palette_has_255_colours_of_three_bytes() -> None:
    colours = charts.palette("viridis")
    assert len(colours) == 3 * 255
    assert tuple(colours[:3]) == (68, 1, 84)
    assert tuple(colours[-3:]) == (253, 231, 37)


def curve_points(figure: Figure) -> list[tuple[float, float]]:
    """Corners of the first line in the accent colour, user units of the picture."""
    root = ElementTree.fromstring(figure.data)
    for path in root.iter(f"{SVG}path"):
        if f"stroke: {LIGHT.accent}" in path.attrib.get("style", ""):
            return [(float(x), float(y)) for x, y in re.findall(r"[ML] ([-\d.]+) ([-\d.]+)", path.attrib["d"])]
    return []


def test_curve_rises_and_falls_with_the_signal() -> None:
    values = np.array([[0.0, 4.0, -4.0, 2.0]])
    figure = charts.curves("signal", values, values, 4, "position", alt="Curve.", caption="")
    points = curve_points(figure)
    assert len(points) == 4
    xs, ys = np.array(points).T
    # Positions are a quarter of 640 CSS pixels apart, their middles at 1/8, 3/8, …; a point is 3/4 of one.
    np.testing.assert_allclose(xs * 96 / 72, 30 + 640 * (np.arange(4) + 0.5) / 4, atol=0.1)
    np.testing.assert_allclose((ys[0] - ys) / (ys[0] - ys[1]), values[0] / 4, atol=0.01)


def test_band_is_drawn_where_a_point_stands_for_several_positions() -> None:
    low, high = np.array([[0.0, -3.0]]), np.array([[1.0, 2.0]])
    figure = charts.curves("signal", low, high, 50, "position", alt="Band.", caption="")
    assert f"fill: {LIGHT.accent}".encode() in figure.data


def test_signal_with_values_that_are_no_numbers_is_drawn_without_them() -> None:
    values = np.array([[0.0, np.nan, 1.0, np.inf], [np.nan] * 4])
    figure = charts.curves("signal", values, values, 4, "position", alt="Curve.", caption="")
    assert b"nan" not in figure.data.lower()


@pytest.mark.parametrize("layers", [1, 2, 53])
def test_every_layer_has_its_dot_in_each_panel_from_left_to_right(layers: int) -> None:
    paths = re.findall(
        r'<path d="M ([\d.]+) ([\d.]+) \nL [\d.]+ [\d.]+ \n" style="[^"]*linecap: round', profiles(layers).data.decode()
    )
    places = [(float(x), float(y)) for x, y in paths]
    # In the last panel the first layer has no share.
    assert len(places) == 3 * layers - 1
    first, second = places[:layers], places[layers : 2 * layers]
    assert [x for x, _ in first] == sorted({x for x, _ in first})
    assert [y for _, y in second] == sorted({y for _, y in second}, reverse=True)
    assert len({y for _, y in first}) == 1
