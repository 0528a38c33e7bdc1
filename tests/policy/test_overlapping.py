"""Regions of evidence: what is ranked highest, how far two of them overlap, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from reportgen.policy.overlapping import Levels, fitted, overlaps, shared, top

SIDE = 20


def spot(row: int, column: int, side: int = SIDE) -> Levels:
    """A map that is highest at one place and falls from there."""
    rows, columns = np.indices((side, side))
    return np.asarray(np.clip(250 - 3 * ((rows - row) ** 2 + (columns - column) ** 2), 128, 250), np.uint8)


MAPS = [spot(*place) for place in ((4, 4), (4, 15), (15, 4), (15, 15), (10, 10))]


def test_the_highest_places_are_taken_and_of_equal_ones_the_first() -> None:
    flat = np.full((10, 10), 200, np.uint8)
    assert np.flatnonzero(top(flat)).tolist() == list(range(8))
    found = top(spot(4, 15))
    assert found.sum() == 32  # 8 % of 400
    rows, columns = found.nonzero()
    assert abs(rows.mean() - 4) < 0.4
    assert abs(columns.mean() - 15) < 0.4


def test_overlap_is_intersection_over_union() -> None:
    one, other = np.zeros(6, bool), np.zeros(6, bool)
    one[:4], other[2:5] = True, True
    assert shared(one, other) == pytest.approx(2 / 5)
    assert shared(one, one) == 1
    assert shared(np.zeros(3, bool), np.zeros(3, bool)) == 0


def test_evidence_that_stays_overlaps_wholly_and_other_images_do_not() -> None:
    found = overlaps(MAPS, MAPS, "occlusion")
    assert found is not None
    assert (found.images, found.overlap, found.least, found.above) == (5, 1, 1, 5)
    assert found.others < 0.2


def test_evidence_that_moved_overlaps_no_more_than_in_other_images() -> None:
    found = overlaps(MAPS, [*MAPS[1:], MAPS[0]], "occlusion")
    assert found is not None
    assert found.overlap < 0.2
    assert found.above < 5


def test_where_all_images_have_it_at_one_place_an_overlap_proves_nothing() -> None:
    found = overlaps([MAPS[0]] * 4, [MAPS[0]] * 4, "occlusion")
    assert found is not None
    assert (found.overlap, found.others, found.above) == (1, 1, 0)


def test_maps_of_other_sizes_are_brought_to_the_old_ones() -> None:
    assert np.array_equal(fitted(np.array([[1, 2], [3, 4]], np.uint8), (4, 2)), [[1, 2], [1, 2], [3, 4], [3, 4]])
    fine = [each.repeat(2, 0).repeat(2, 1) for each in MAPS]
    found = overlaps(MAPS, fine, "occlusion")
    assert found is not None
    assert found.overlap == 1


def test_nothing_is_said_of_few_images_or_of_maps_that_speak_for_nothing() -> None:
    assert overlaps(MAPS[:2], MAPS[:2], "occlusion") is None
    blank = np.full((SIDE, SIDE), 128, np.uint8)
    assert overlaps([*MAPS[:2], blank], MAPS[:3], "occlusion") is None
    assert overlaps(MAPS[:3], [each[0] for each in MAPS[:3]], "occlusion") is None
