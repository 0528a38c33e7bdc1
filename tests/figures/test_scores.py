"""The confusion matrix and the reliability diagram: what is drawn, in light and dark."""

from __future__ import annotations

import numpy as np

from reportgen.figures import scores
from tests import made


def test_places_are_put_where_their_row_and_column_say() -> None:
    assert scores.counted((2, 3), [(0, 2, 5), (1, 0, 7)]).tolist() == [[0, 0, 5], [7, 0, 0]]


def test_shade_is_the_root_of_the_share_of_the_row_and_an_empty_row_has_none() -> None:
    assert scores.shaded(np.array([[75, 25], [0, 0]])).round(3).tolist() == [[0.866, 0.5], [0.0, 0.0]]


def test_blocks_keep_every_answer() -> None:
    counts = np.random.default_rng(0).integers(0, 9, (323, 323))
    together = scores.blocks(counts, 3)
    assert (together.shape, together.sum()) == ((108, 108), counts.sum())
    assert together[107, 0] == counts[321:, :3].sum()


def test_charts_are_drawn_for_light_and_dark_and_are_the_same_each_time() -> None:
    counts, names = np.array([[3, 1], [0, 4]]), ["cat", "a class with a long name"]
    calibration = made.performance().heads[0].calibration
    assert calibration is not None
    first, again = (
        [
            scores.numbered_matrix("a", counts, names, names, alt="It.", caption=""),
            scores.plain_matrix("b", counts, 1, alt="It.", caption=""),
            scores.reliability("c", calibration, alt="It.", caption=""),
        ]
        for _ in range(2)
    )
    assert first == again
    assert all(each.dark_data and each.data != each.dark_data for each in first)
