"""The stages of a network as the chapter shows them: slabs, names, views, shares, sentences and the short table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen.document.report import Section
from reportgen.evidence.views import View, ViewsResult
from reportgen.figures.stages import stages_of
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord, ModelRecord, Setting, TensorRecord
from reportgen.sections import architecture
from reportgen.sections.architecture.blocks import block_of
from reportgen.sections.architecture.slabs import BOX
from tests import made
from tests.figures.graphs import bottlenecks, call, model


def plain(text: str) -> str:
    return text.replace("\u202f", "").replace("\u00a0", " ")


def network(*sizes: tuple[int, int], dense: int = 0, **others: object) -> ModelRecord:
    """Conv layers with maps of such sides and channels, each sees four more pixels; then a dense layer."""
    calls: list[LayerRecord] = []
    for place, (side, channels) in enumerate(sizes):
        calls.append(
            call(
                f"conv_{place}",
                f"conv_{place - 1}" if place else "",
                output_shape=(side, side, channels),
                data_format="channels_last",
                parameters=100,
                macs=1000,
                receptive_field=(3 + 4 * place,) * 2,
                jump=(32 // side,) * 2,
                padding=(1 + 2 * place,) * 2,
                settings=(Setting("kernel", (3, 3)),),
            )
        )
    if dense:
        last = f"conv_{len(sizes) - 1}"
        calls.append(
            call("scores", last, kind="Dense", input_shape=(8,), output_shape=(3,), parameters=dense, macs=dense)
        )
    image = (TensorRecord("image", (32, 32, 1), "float32"),)
    return model(*calls, inputs=image, **others)


def build(record: ModelRecord, **others: object) -> tuple[Section, architecture.Content]:
    section = architecture.build(made.bare(model=record, **others))
    assert isinstance(section.content, architecture.Content)
    return section, section.content


@pytest.mark.parametrize(
    ("sizes", "said"),
    [
        (((32, 8), (16, 16), (8, 16)), "Large and few at first, then small and many"),
        (((32, 8), (16, 4)), "The maps shrink from 32×32 to 16×16"),
        (((32, 8), (16, 16), (32, 8)), "Down to 16×16, and back up to 32×32"),
        (((8, 8), (16, 4)), "The maps grow from 8×8 to 16×16"),
        (((8, 8), (8, 16)), "The maps stay 8×8 to the end"),
        (((32, 8), (16, 8), (32, 8), (16, 8)), ""),
    ],
)
def test_headline_says_what_is_true_of_sizes_and_channels(sizes: tuple[tuple[int, int], ...], said: str) -> None:
    section, _ = build(network(*sizes))
    assert plain(section.headline) == said


def test_answer_tells_the_steps_where_they_are_alike() -> None:
    section, _ = build(network((32, 8), (16, 16), (8, 32), dense=30))
    assert plain(section.answer).startswith(
        "Each step halves the map’s height and width and doubles the number of channels. What one place can see grows"
        " from 3 pixels to 11."
    )


def test_columns_hold_slabs_inside_their_room_and_shares_that_add_up() -> None:
    _, content = build(network((32, 8), (32, 8), (16, 64), (4, 2048), dense=700))
    assert [column.title.replace("\u202f", "") for column in content.columns] == [
        "32×32",
        "16×16",
        "4×4",
        "Prediction",
    ]
    assert sum(column.parameter_share for column in content.columns) == pytest.approx(1)
    assert sum(column.mac_share for column in content.columns) == pytest.approx(1)
    for column in content.columns:
        for slab in column.slabs:
            assert slab.x >= 0
            assert slab.x + slab.width + slab.right <= BOX[0] + 0.2
            assert slab.y - slab.up >= 0
            assert slab.y + slab.height <= BOX[1]
    first, _, third, _ = (column.slabs for column in content.columns)
    assert first[0].width == pytest.approx(8 * third[0].width, rel=0.02)


def test_heaviest_stage_is_named_where_it_is() -> None:
    _, content = build(network((32, 8), (16, 16), dense=800))
    assert content.heaviest == 2
    assert [plain(each) for each in content.weighs] == [
        "of all learned numbers are here: 800 of 1000.",
        "They cost 29% of the arithmetic.",
    ]
    _, content = build(network((32, 8), (32, 8), (16, 16), dense=10))
    assert content.heaviest == 0
    assert plain(content.weighs[0]).startswith("of all learned numbers are in the stage 32×32: 200 of 310.")


def views(*sides: tuple[str, int]) -> ViewsResult:
    return ViewsResult(tuple(View(path, side, (0, 1), 24) for path, side in sides), 0.9, 24, 7)


def test_view_lies_around_the_middle_and_ends_at_the_edge_of_the_image() -> None:
    record = network((32, 8), (16, 16))
    _, content = build(record, views=views(("conv_0", 3), ("conv_1", 5)))
    first, second = (column.field for column in content.columns)
    assert first is not None
    assert second is not None
    # The place in the middle reads pixels 15 to 17 of 32.
    assert first.can == pytest.approx((15 / 32, 15 / 32, 3 / 32, 3 / 32), abs=1e-4)
    assert first.uses_all
    assert (second.can_words, second.side) == ("7", 5)
    wide = replace(record.layers[1], receptive_field=(99, 99), padding=(49, 49))
    _, content = build(replace(record, layers=(record.layers[0], wide)), views=views(("conv_1", 9)))
    field = content.columns[1].field
    assert field is not None
    assert (field.can, field.can_words) == ((0.0, 0.0, 1.0, 1.0), "the whole image")


def test_what_was_measured_is_said_with_its_numbers_and_what_was_not_with_its_reason() -> None:
    record = network((32, 8), (16, 16))
    _, content = build(record, views=views(("conv_0", 3), ("conv_1", 5)))
    assert plain(content.how_measured) == (
        "Amber: the smallest square around the middle that holds 90% of the gradient of a place, the mean over"
        " 24 images and 2 random channels a stage (seed 7)."
    )
    _, content = build(record, views=ViewsResult((), 0.9, 24, 7, "The model takes whole numbers."))
    assert content.how_measured == "The model takes whole numbers."
    assert build(record)[1].how_measured == ""


def residual() -> ModelRecord:
    """A ResNet-50, with its sizes."""
    record, at = bottlenecks(3, 4, 6, 3), (64, 1)
    calls = []
    for each in record.layers:
        stage = each.path.partition("_")[0]
        side = {"conv": 64, "pool": 32, "conv2": 32, "conv3": 16, "conv4": 8, "conv5": 4}.get(stage, 0)
        shape = (side, side, 512 // side) if side else (128,)
        before, at = at, (side, 512 // side) if side else (128, 1)
        calls.append(
            replace(
                each, input_shape=(before[0], before[0], before[1]), output_shape=shape, data_format="channels_last"
            )
        )
    return replace(record, layers=tuple(calls), inputs=(TensorRecord("image", (128, 128, 3), "float32"),))


def test_blocks_that_are_alike_are_one_group_and_one_row() -> None:
    record = residual()
    _, content = build(record)
    told = [group for column in content.columns for group in column.groups]
    assert [(group.blocks, group.remark) for group in told if group.blocks] == [
        ((1,), ""),
        ((2, 3), "two alike"),
        ((4,), ""),
        ((5, 7), "three alike"),
        ((8,), ""),
        ((9, 13), "five alike"),
        ((14,), ""),
        ((15, 16), "two alike"),
    ]
    names = [row.name for row in content.rows]
    assert names[:2] == ["conv", "pool"]
    assert names[2:5] == ["block 1", "blocks 2 to 3", "block 4"]
    assert names[-2:] == ["gap", "scores"]
    assert sorted(path for row in content.rows for path in row.paths) == sorted(each.path for each in record.layers)
    assert sum(row.parameters for row in content.rows) == content.parameters


def test_block_is_told_step_by_step() -> None:
    found = stages_of(residual())
    block = block_of(found.units, words(made.model()))
    assert block is not None
    assert block.title == "What block 2 does"
    assert [step.title.replace("\u202f", "") for step in block.steps] == ["1×1", "3×3", "1×1", "add"]
    assert block.steps[0].text.startswith("mixes the channels at each place; then normalised")
    assert block.steps[-1].text.endswith("then cut off below 0")
    assert block.remark == "Twelve of 16 blocks are built like this."


def test_network_without_repeats_has_no_block() -> None:
    assert build(network((32, 8), (16, 16)))[1].block is None


def test_layers_beside_the_main_input_are_told() -> None:
    pair = (TensorRecord("image", (4, 4, 1), "float32"), TensorRecord("right", (4,), "float32"))
    record = model(
        call("a", "", output_shape=(4, 4, 1)),
        call("b", "/right", kind="Dense", output_shape=(4,)),
        call("join", "a", "b", kind="Concatenate", output_shape=(8,)),
        inputs=pair,
    )
    _, content = build(record)
    assert plain(content.beside).startswith("Not drawn is 1 layer that the drawn input does not go through, with ")
    assert {"a", "b", "join"} == {path for row in content.rows for path in row.paths}
