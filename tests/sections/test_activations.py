"""What each layer sees: which layers and channels are shown, on which scale, and what stands below them."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.budget.constants import MOST_IN_SHEET
from reportgen.evidence import Evidence
from reportgen.evidence.activations import CallMaps
from reportgen.evidence.grids import Grid
from reportgen.evidence.samples import InputValues
from reportgen.figures import evidence_maps, seen_maps
from reportgen.records.model import TensorRecord
from reportgen.sections import activations
from reportgen.sections.activations import Content, choosing, drawn
from tests import made


def evidence(*calls: CallMaps, **others: Any) -> Evidence:
    """Evidence with these maps."""
    usual: dict[str, Any] = {"samples": (made.sample(),), "activations": made.activations(*calls), "ablation": None}
    usual |= {"responses": None}
    return made.evidence(**(usual | others))


def content(seen: Evidence) -> Content:
    """The chapter."""
    section = activations.build(seen)
    assert section is not None
    assert isinstance(section.content, Content)
    return section.content


def many(path: str, count: int, side: int = 4, **others: Any) -> CallMaps:
    """A call of so many channels, each more active than the one before."""
    return made.maps(path, *(made.numbers(each, mean=float(each), **others) for each in range(count)), side=side)


def test_small_network_has_a_spread_for_each_layer_but_poolings_of_what_is_shown() -> None:
    found = content(evidence(many("conv", 2), made.maps("pool", side=2)))
    assert [layer.path for layer in found.layers] == ["conv"]
    assert found.which == ""


def test_deep_network_has_a_spread_for_each_resolution_for_its_last_layer() -> None:
    calls = [many(f"conv_{place}", 2, side=16 >> place // 5) for place in range(20)]
    found = content(evidence(*calls))
    assert [layer.path for layer in found.layers] == ["conv_4", "conv_9", "conv_14", "conv_19"]
    assert found.which == "Shown is the last layer at each resolution: 4 of 20 layers."


def test_at_most_six_resolutions_have_a_spread_the_first_and_the_last_among_them() -> None:
    calls = [many(f"conv_{place}", 1, side=14 - place) for place in range(12)]
    paths = [layer.path for layer in content(evidence(*calls)).layers]
    assert len(paths) == choosing.MOST_STAGES
    assert (paths[0], paths[-1]) == ("conv_0", "conv_11")


def test_channels_that_are_needed_most_come_first() -> None:
    lost = made.ablation(
        made.spared(0), made.ablated(5, log_probability_change=-0.5), made.ablated(3, log_probability_change=-0.1)
    )
    (layer,) = content(evidence(many("conv", 8), ablation=lost)).layers
    assert layer.chosen == (5, 3)
    assert layer.needed == (5, 3)
    assert "switching off costs the true class most probability" in layer.how


def test_without_labels_it_is_the_predicted_class_that_loses_probability() -> None:
    for accuracy, known in ((None, "the predicted class"), (0.9, "the true class")):
        lost = made.ablation(made.ablated(5), made.ablated(3, log_probability_change=-0.1), accuracy=accuracy)
        (layer,) = content(evidence(many("conv", 8), ablation=lost)).layers
        assert f"switching off costs {known} most probability" in layer.how
        needed = [line.note for sheet in layer.sheets for line in sheet.lines if line.title == "Needed"]
        assert [f"fall of {known}'s log probability" in note for note in needed] == [True]


def test_a_gradient_fills_up_what_was_not_switched_off() -> None:
    lost = made.ablation(made.ablated(5), estimates=(("conv", (0.1, 0.9, 0.2, 0.3, 0.0, 0.8, 0.7, 0.6)),))
    (layer,) = content(evidence(many("conv", 8), ablation=lost)).layers
    assert layer.chosen == (5, 1, 6, 7, 3, 2)
    assert layer.how.endswith("then those that move the answer most by its gradient.")


def test_without_an_ablation_the_one_that_follows_comes_first_and_then_the_most_active() -> None:
    call = made.maps("conv", *(made.numbers(each, mean=float(each)) for each in range(8)), follower=2, side=4)
    (layer,) = content(evidence(call)).layers
    assert layer.chosen == (2, 7, 6, 5, 4, 3)
    assert layer.how == "Chosen: those that respond most, the one that follows the object first."


def test_channels_that_are_constant_or_hold_no_numbers_are_not_chosen() -> None:
    call = made.maps(
        "conv", made.numbers(0, constant=True), made.numbers(1, num_nonfinite=1), made.numbers(2), made.numbers(3)
    )
    (layer,) = content(evidence(call)).layers
    assert set(layer.chosen) == {2, 3}
    assert [item.state for item in layer.sheets[0].strips[0].maps] == ["constant", "no number", "", ""]


def test_dead_and_capped_maps_are_named() -> None:
    call = made.maps("conv", made.numbers(0), made.numbers(1), made.numbers(2, maximum=6.0))
    call = replace(call, levels=np.stack([call.levels[0], call.levels[1], np.full((2, 2), 255, np.uint8)]))
    over = made.responses(made.call("conv", made.channel(0), made.dead(1), made.channel(2), capped=True))
    (layer,) = content(evidence(call, responses=over)).layers
    assert [item.state for item in layer.sheets[0].strips[0].maps] == ["", "dead", "capped"]


@pytest.mark.parametrize(("is_common", "highest"), [(False, 3.0), (True, 4.0)])
def test_values_of_a_map_are_read_back_from_its_levels(is_common: bool, highest: float) -> None:
    call = made.maps("conv", made.numbers(0), made.numbers(1, minimum=-2.0, maximum=4.0))
    call = replace(call, levels=np.array([[[0, 255], [51, 0]]] * 2, np.uint8))
    found = seen_maps.values(call, 0, is_common)
    assert found.max() == highest
    assert found[1, 0] == pytest.approx(0.6 if not is_common else -0.8)
    assert seen_maps.scaled(call, 1, is_common=False, top=4.0).tolist() == [[0, 255], [0, 0]], "below 0 is not lit"


def test_maps_of_one_place_are_ticks_and_no_pictures() -> None:
    (layer,) = content(evidence(many("conv", 3, side=1))).layers
    assert (layer.rows, layer.chosen, layer.sheets[0].strips) == ((), (), ())
    assert [line.title for line in layer.sheets[0].lines] == ["Lit", "Follows the object"]


def test_large_layer_shows_its_most_active_maps_and_those_of_the_matrix() -> None:
    lost = made.ablation(made.ablated(0))
    (layer,) = content(evidence(many("conv", 100, side=2), ablation=lost)).layers
    shown = [item.channel for strip in layer.sheets[0].strips for item in strip.maps]
    assert len(shown) == layer.sheets[0].num_shown == MOST_IN_SHEET
    assert shown[0] == 0, "it stands in the matrix"
    assert shown == sorted(shown)


def test_headline_says_what_changes_from_the_first_layer_to_the_last() -> None:
    lit, dark = many("conv_0", 2, active_share=0.8), many("conv_1", 2, active_share=0.25)
    section = activations.build(evidence(lit, dark))
    assert section is not None
    assert section.headline.replace("\u202f", " ") == "80 % of all points are lit in conv_0, 25 % in conv_1"
    alike = activations.build(evidence(lit, many("conv_1", 2, active_share=0.75)))
    assert alike is not None
    assert alike.headline == ""


def test_text_alternatives_say_where_and_how_much() -> None:
    (layer,) = content(evidence(made.maps("conv", side=4))).layers
    alt = layer.rows[0].tiles[0].figure.alt.replace("\u202f", " ")
    assert alt == "Channel 0 of conv on sample 2: up to 3, above 0 at 75 % of its points, most in the lower right."


def test_a_map_that_does_not_lie_on_the_image_is_drawn_on_a_dark_ground() -> None:
    call = replace(made.maps("conv", side=4), path="of another network")
    (layer,) = content(evidence(call)).layers
    assert layer.rows[0].tiles[0].figure.width_px > 0


def test_maps_of_a_further_input_stand_beside_the_picture_that_they_are_of() -> None:
    second = np.full((4, 4), 200, np.uint8)
    given = InputValues("second", (4, 4, 1), (), (0.0, 1.0), second)
    sample = made.sample(inputs=(given,))
    first, other = (TensorRecord(name, (4, 4, 1), "float32", None) for name in ("image", "second"))
    calls = (made.conv("eye", inputs=("",)), made.conv("eye#2", inputs=("/second",)))
    seen = evidence(
        many("eye", 2), many("eye#2", 2), samples=(sample,), model=made.model(*calls, inputs=(first, other))
    )
    of_first, of_second = (
        np.asarray(Image.open(io.BytesIO(layer.rows[0].picture.data)).convert("L")) for layer in content(seen).layers
    )
    assert (of_second == 200).all()
    assert not (of_first == 200).all()


def test_of_a_volume_the_slice_with_the_peak_is_laid_over_the_same_slice() -> None:
    levels = np.zeros((1, 3, 4, 4), np.uint8)
    levels[0, 1, 3, 0], levels[0, 2, 0, 3] = 200, 255
    volume = np.stack([np.full((4, 4), 40 * place, np.uint8) for place in range(6)])
    grid = Grid(("depth", "height", "width"), (6, 4, 4), (1, 1, 1))
    sample = replace(made.sample(2), image=volume, grid=grid)
    call = replace(made.maps("conv"), levels=levels, grid=grid)
    found = drawn.tile(evidence(call), sample, call, 0, 3.0)
    assert found.figure.alt.endswith("most in the upper right.")
    # The last of three slices of the map lies on the last two of six, of which the last is taken.
    expected = evidence_maps.lit(volume[5], levels[0, 2], 168)
    # A photograph is kept as JPEG, which is not exact.
    drawn_as = np.asarray(Image.open(io.BytesIO(found.figure.data)).convert("RGB")).astype(float)
    assert np.abs(drawn_as - expected).mean() < 4
    other = evidence_maps.lit(volume[2], levels[0, 1], 168)
    assert np.abs(drawn_as - other).mean() > 10


def test_strip_of_few_maps_is_as_wide_as_these() -> None:
    few, full = (
        seen_maps.strip("s", [np.zeros((4, 4), np.uint8)] * number, (), alt="Maps.").width_px for number in (3, 8)
    )
    assert abs(few / full - 3 / 8) < 0.01


@pytest.mark.parametrize(("shape", "kind"), [((400, 1), "signals"), ((8, 6, 6, 1), "volumes"), ((4, 4, 1), "images")])
def test_what_channels_cost_is_measured_over_samples_by_their_name(shape: tuple[int, ...], kind: str) -> None:
    ablation = made.ablation(made.ablated(0), made.ablated(1, log_probability_change=-0.1))
    network = made.model(inputs=(TensorRecord("wave", shape, "float32"),))
    (layer,) = content(
        evidence(made.maps("conv", made.numbers(), made.numbers(1)), model=network, ablation=ablation)
    ).layers
    needed = next(line for line in layer.sheets[0].lines if line.title == "Needed")
    assert needed.note.endswith(f"2 channels, 5\xa0{kind}")


def test_map_of_a_signal_in_a_strip_is_high_enough_to_be_seen() -> None:
    tile = np.arange(64, dtype=np.uint8)
    found = np.asarray(Image.open(io.BytesIO(seen_maps.strip("s", [tile, tile], [], alt="Two.").data)))
    assert found.shape[0] * 8 >= found.shape[1] - 8, "two maps, each at least a quarter as high as wide"


def test_of_a_volume_in_a_strip_the_slice_with_the_peak_is_drawn() -> None:
    tile = np.zeros((3, 4, 4), np.uint8)
    tile[2, 1, 1] = 255
    drawn_alone = seen_maps.strip("s", [tile[2]], [], alt="One.").data
    assert seen_maps.strip("s", [tile], [], alt="One.").data == drawn_alone
