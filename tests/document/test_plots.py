"""Points in a drawing: inside their field, in their order, told apart by shape, their names apart from each other."""

from __future__ import annotations

import re

import pytest

from reportgen.document.plots import HEIGHT, WIDTH, Plot, Point

KINDS = (("speaks", "for one class"), ("silent", "dead"), ("copy", "copy"))


def plot(*points: Point) -> Plot:
    return Plot(points, "right", "up", KINDS)


def starts(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"M([\d.]+) ([\d.]+)", path)]


def test_points_stand_where_the_ticks_say() -> None:
    drawn = plot(Point(0.5, 0.0, "other", "0"), Point(1.0, 2.0, "other", "1"))
    across, up = ({value: place for place, value in ticks} for ticks in (drawn.x_ticks, drawn.y_ticks))
    ((kind, path),) = drawn.groups
    assert kind == "other"
    (x_first, y_first), (x_second, y_second) = starts(path)
    assert (x_second, y_first, y_second) == (across[1.0], up[0.0], up[2.0])
    assert x_first == pytest.approx((across[0.4] + across[0.6]) / 2, abs=0.1)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((0.0, 0.0), [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ((-0.3, 2.2), [-0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5]),
        ((3e-7, 1e-6), [0.0, 2e-7, 4e-7, 6e-7, 8e-7, 1e-6]),
        ((-5.0, -1.0), [-5.0, -4.0, -3.0, -2.0, -1.0, 0.0]),
    ],
)
def test_ticks_are_round_and_hold_zero_and_all_points(values: tuple[float, float], ticks: list[float]) -> None:
    drawn = plot(*(Point(value, 0.0, "other", "") for value in values))
    assert [value for _, value in drawn.x_ticks] == pytest.approx(ticks)


def test_each_kind_has_a_shape_of_its_own_and_a_word_where_it_occurs() -> None:
    kinds = ("other", "speaks", "silent", "copy")
    drawn = plot(*(Point(0.5, 0.5, kind, kind) for kind in kinds))
    shapes = {kind: re.sub(r"M[\d.]+ [\d.]+", "", path) for kind, path in drawn.groups}
    assert set(shapes) == set(kinds)
    assert len(set(shapes.values())) == 4
    assert [(kind, word) for kind, _, _, word in drawn.legend] == list(KINDS)
    assert plot(Point(0.5, 0.5, "other", "0")).legend == ()


def test_names_stand_apart_and_inside_the_drawing() -> None:
    crowd = [Point(0.99 + place / 1000, 0.9 + place / 1000, "other", str(1000 + place)) for place in range(9)]
    labels = plot(*crowd, Point(0.1, 0.5, "other", "7")).labels
    assert {text for _, _, text in labels} >= {"1008"}
    for place, (x, y, text) in enumerate(labels):
        assert 0 <= x <= WIDTH - 6.5 * len(text)
        assert 0 <= y <= HEIGHT
        assert all(abs(x - other[0]) > 30 or abs(y - other[1]) > 12 for other in labels[:place])


def test_drawing_without_points_has_axes() -> None:
    drawn = plot()
    assert (drawn.groups, drawn.labels, drawn.legend) == ((), (), ())
    assert len(drawn.x_ticks) == len(drawn.y_ticks) == 6
