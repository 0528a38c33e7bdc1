"""Models in stages: what stands together, what is a block, and that every call has one place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from reportgen.figures.stages import MOST_STAGES, Stages, stages_of
from reportgen.records.model import LayerRecord, ModelRecord, TensorRecord
from tests.figures.graphs import MODELS, bottlenecks, call, model

each = pytest.mark.parametrize("record", MODELS.values(), ids=MODELS)


def sized(path: str, before: str, side: int, channels: int = 1, kind: str = "Conv2D") -> LayerRecord:
    return call(path, before, kind=kind, output_shape=(side, side, channels), data_format="channels_last")


def row(*sides: int) -> ModelRecord:
    """Conv layers in a row, with maps of such sides."""
    calls = [sized(f"c{place}", f"c{place - 1}" if place else "", side) for place, side in enumerate(sides)]
    image = (TensorRecord("image", (sides[0], sides[0], 1), "float32"),)
    return model(*calls, inputs=image)


def sides(found: Stages) -> list[list[int | None]]:
    return [[unit.sizes[0] for unit in stage.units] for stage in found.stages]


@each
def test_every_call_stands_in_one_place(record: ModelRecord) -> None:
    found = stages_of(record)
    held = [each.path for unit in found.units for each in unit.calls] + [each.path for each in found.beside]
    assert sorted(held) == sorted(each.path for each in record.layers)
    assert all(unit.last in unit.calls for unit in found.units)


def test_neighbours_with_maps_of_one_size_make_a_stage() -> None:
    assert sides(stages_of(row(32, 32, 16, 8, 8))) == [[32, 32], [16], [8, 8]]


def test_maps_that_grow_again_have_stages_of_their_own() -> None:
    assert sides(stages_of(row(32, 16, 8, 16, 32))) == [[32], [16], [8], [16], [32]]


def test_of_too_many_stages_those_are_joined_that_differ_least() -> None:
    found = stages_of(row(149, 147, 73, 71, 35, 17, 8, 4))
    assert len(found.stages) == MOST_STAGES
    assert sides(found) == [[149, 147], [73, 71], [35], [17], [8], [4]]


def test_what_has_no_map_ends_the_network() -> None:
    calls = [
        *row(8, 4).layers,
        call("mean", "c1", kind="GlobalAveragePooling2D", output_shape=(1,)),
        call("scores", "mean", kind="Dense", output_shape=(3,)),
    ]
    found = stages_of(model(*calls))
    assert [stage.is_flat for stage in found.stages] == [False, False, True]
    assert found.stages[-1].channels == (1, 3)


def test_one_place_after_larger_maps_counts_as_no_map() -> None:
    assert [stage.is_flat for stage in stages_of(row(8, 4, 1)).stages] == [False, False, True]
    assert [stage.is_flat for stage in stages_of(row(1, 1)).stages] == [False]


@pytest.mark.parametrize(("stages", "kinds"), [((3, 4, 6, 3), 16), ((2, 2), 4)])
def test_residual_blocks_are_numbered_in_their_order(stages: Sequence[int], kinds: int) -> None:
    found = stages_of(bottlenecks(*stages))
    blocks = [unit for unit in found.units if unit.number]
    assert [unit.number for unit in blocks] == list(range(1, kinds + 1))
    assert [unit.last.path for unit in blocks][:2] == ["conv2_block1_out", "conv2_block2_out"]
    assert len({unit.run for unit in blocks}) == 2


def test_blocks_alike_but_for_padding_are_of_one_kind() -> None:
    calls: list[LayerRecord] = []
    at = ""
    for block in range(6):
        if block % 2:
            calls.append(call(f"pad{block}", at, kind="ZeroPadding2D"))
            at = f"pad{block}"
        calls += [
            call(f"each{block}", at, kind="DepthwiseConv2D", role="conv"),
            call(f"mix{block}", f"each{block}"),
        ]
        at = f"mix{block}"
    blocks = [unit for unit in stages_of(model(*calls)).units if unit.number]
    assert [(unit.number, unit.run) for unit in blocks] == [(place, 1) for place in range(1, 7)]


def test_layers_that_the_main_input_does_not_go_through_stand_beside() -> None:
    found = stages_of(MODELS["two inputs"])
    assert [each.path for each in found.beside] == ["b"]


def test_shared_weights_count_once() -> None:
    record = MODELS["shared"]
    first, *others = record.layers
    found = stages_of(replace(record, layers=(first, *others)))
    assert sum(stage.parameters for stage in found.stages) == sum(
        each.parameters for each in record.layers if each.shared_with is None
    )
