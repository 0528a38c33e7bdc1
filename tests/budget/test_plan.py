"""How many maps there is room for: which grid gives way first, down to what, and what the files are said to take."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.budget import plan
from reportgen.budget.constants import FEWEST, MARGIN
from reportgen.budget.extent import Extent, extent
from reportgen.budget.plan import Plan
from reportgen.options import make
from reportgen.records.model import TensorRecord
from tests import made

WIDE = made.conv("wide", output_shape=(100, 100, 64))
DEEP = made.conv("deep", output_shape=(10, 10, 512))


def planned(num_samples: int = 2, **options: object) -> Plan:
    """Of grids alone, unless the chapters are chosen."""
    return plan.make((WIDE, DEEP), num_samples, make({"skip_section": ("channels",), **options}), num_calls=2)


def shown(found: Plan) -> list[int]:
    """Maps of wide and deep for the first sample, then for the second …"""
    return [grid.shown for grid in found.grids]


def test_everything_is_shown_where_there_is_room() -> None:
    found = planned()
    assert shown(found) == [64, 512, 64, 512]
    assert (found.maps, found.shown, found.on_paper, found.cuts) == (1152, 1152, 576, ())


def test_largest_grid_is_halved_first_and_stays_the_first_while_it_is_the_largest() -> None:
    # The grid of wide has 640 000 positions, that of deep 51 200, which is less than wide with 16 maps has.
    everything = planned().html_bytes
    one_less = planned(max_size=everything - 1)
    assert shown(one_less) == [32, 512, 64, 512]
    assert shown(plan.cut(one_less, one_less.html_bytes - 1)) == [32, 512, 32, 512]


def test_deep_grid_gives_way_when_the_wide_one_has_given_all_it_had() -> None:
    found = planned(max_size=2_600_000)
    assert shown(found)[0] == shown(found)[2] == FEWEST
    assert FEWEST <= min(shown(found)[1::2]) < 512


def test_last_sample_goes_down_to_one_map_before_the_first_does() -> None:
    least = plan.cut(planned(), 0)
    assert shown(least) == [1, 1, 1, 1]
    sixteen = [16, 16, 16, 16]
    stages = {tuple(shown(plan.cut(planned(), room))) for room in range(least.html_bytes, 3_000_000, 5_000)}
    assert tuple(sixteen) in stages
    below = {stage for stage in stages if min(stage) < FEWEST}
    assert below == {(16, 16, 1, 1), (1, 1, 1, 1)}


@pytest.mark.parametrize("room", range(700_000, 6_000_000, 250_000))
def test_cut_plan_keeps_to_its_bound_or_is_the_least(room: int) -> None:
    found = plan.cut(planned(), room)
    assert found.html_bytes <= room or shown(found) == [1, 1, 1, 1]


def test_paper_shows_no_more_than_was_asked_for() -> None:
    found = planned(pdf_channels=100)
    assert (found.shown, found.on_paper) == (1152, 64 + 100)
    assert found.pdf_bytes < planned().pdf_bytes
    assert found.html_bytes == planned().html_bytes


def test_nothing_is_cut_for_a_page_without_the_chapter() -> None:
    found = planned(skip_section=("maps", "activations", "channels"), max_size=1_400_000)
    assert found.cuts == ()
    assert found.html_bytes < planned().html_bytes


def test_channels_before_the_other_axes_are_counted_as_channels() -> None:
    first = made.conv("first", output_shape=(512, 10, 10), data_format="channels_first")
    found = plan.make((first,), 1, make({}), num_calls=1)
    assert [(grid.channels, grid.map_bytes) for grid in found.grids] == [(512, 100 + 6 + 16)]


def test_long_signal_takes_no_more_than_what_is_drawn_of_it() -> None:
    signal = made.conv("signal", kind="Conv1D", output_shape=(100_000, 8))
    found = plan.make((signal,), 1, make({}), num_calls=1)
    assert found.grids[0].map_bytes == 1280 + 80 + 16


def test_cards_give_way_before_any_map_does() -> None:
    alone, with_cards = planned(), planned(skip_section=())
    with_margin = with_cards.cards_bytes * (1 + 1 / MARGIN)
    assert with_cards.html_bytes == pytest.approx(alone.html_bytes + with_margin, abs=1)
    # Of 640 000 + 51 200 positions of maps, twice, there is room left; of a hundred million there is not.
    assert plan.cards_bytes(1_382_400) == 5_300_000
    assert plan.cards_bytes(100_000_000) == 400_000
    # A fifth of a small budget.
    assert plan.cards_bytes(1_382_400, 1_000_000) == 200_000


def test_pictures_of_masks_are_counted_for_samples_and_worst_images() -> None:
    without, seen = (Extent(num_images=9, picture_bytes=300, pixel_bytes=size) for size in (0, 30_000))
    found = [plan.make((WIDE,), 2, make({"max_size": 10**9}), 1, extent) for extent in (without, seen)]
    more = found[1].html_bytes - found[0].html_bytes
    # Three pictures for each of two samples and of the four worst images, and one map of all.
    assert more >= plan.as_text(3 * (2 + 4) * 30_000) + plan.as_text(30_000)
    assert found[1].pdf_bytes > found[0].pdf_bytes
    left_out = plan.make((WIDE,), 2, make({"max_size": 10**9, "skip_section": ("pixels",)}), 1, seen)
    assert plan.as_text(3 * 2 * 30_000) <= left_out.html_bytes - found[0].html_bytes < more


def test_extent_knows_outputs_that_are_pictures() -> None:
    image = TensorRecord("image", (16, 16, 3), "float32")
    masks, classes = TensorRecord("masks", (16, 16, 5), "float32"), TensorRecord("classes", (5,), "float32")
    model = made.model(made.conv("conv"), inputs=(image,), outputs=(classes, masks))
    assert extent(model, 9, 5).pixel_bytes == 16 * 16 * 3
    assert extent(replace(model, outputs=(classes,)), 9, 5).pixel_bytes == 0
