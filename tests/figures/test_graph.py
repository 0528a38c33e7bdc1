"""The drawing of a network: every call once, every edge, boxes and words apart, and repeats drawn once."""

from __future__ import annotations

import itertools
import string
from collections import Counter
from collections.abc import Collection, Iterator

import pytest
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.document.drawing import PAGE_HEIGHT, Box, Drawing, Panel, Strip
from reportgen.figures.graph import draw
from reportgen.figures.graph_layout import ROW_WIDTH
from reportgen.figures.graph_words import width_of
from reportgen.records.model import LayerRecord, ModelRecord, Setting, TensorRecord
from reportgen.renderers import fonts
from tests.figures.graphs import (
    MODELS,
    attached,
    bottlenecks,
    branch,
    call,
    chain,
    dense_block,
    entangled,
    model,
    nested,
    shared,
    siamese,
    two_inputs,
    two_outputs,
    unlinked,
)

LETTER_ABOVE, LETTER_BELOW = 8.0, 2.5
ROUNDING = 0.11


each = pytest.mark.parametrize("record", MODELS.values(), ids=MODELS)


def boxes(panel: Panel) -> list[Box]:
    return [box for strip in panel.strips for box in strip.boxes]


def names(panel: Panel) -> list[str]:
    return ["".join(box.name) for box in boxes(panel)]


def by_name(panel: Panel) -> dict[str, Box]:
    return {"".join(box.name): box for box in boxes(panel)}


def strips(drawing: Drawing) -> Iterator[Strip]:
    for panel in drawing.panels:
        yield from panel.strips


# What holds of every drawing, so that random networks can be held to it as well.


def check_every_call_stands_in_one_box(record: ModelRecord, drawing: Drawing) -> None:
    paths = Counter(path for box in boxes(drawing.panels[0]) for path in box.calls)
    assert paths == Counter(call.path for call in record.layers)
    assert sum(box.role == "input" for box in boxes(drawing.panels[0])) == len(record.inputs)


def check_a_box_that_stands_for_others_has_a_panel(record: ModelRecord, drawing: Drawing) -> None:
    panels = {panel.name: panel for panel in drawing.panels}
    assert len(panels) == len(drawing.panels)
    wanted = {box.panel for panel in drawing.panels for box in boxes(panel) if box.panel}
    assert wanted == set(panels) - {""}
    for panel in drawing.panels:
        for box in boxes(panel):
            if box.panel:
                inside = Counter(path for each in boxes(panels[box.panel]) for path in each.calls)
                assert set(inside.values()) == {1}
                kinds = Counter(each.kind for each in record.layers if each.path in box.calls)
                once = Counter(each.kind for each in record.layers if each.path in inside)
                times = len(box.calls) // len(inside)
                assert kinds == Counter({kind: count * times for kind, count in once.items()})
                assert (f"× {times}" in box.name[0]) == (times > 1)


def check_every_edge_is_drawn_or_lies_in_a_box(record: ModelRecord, drawing: Drawing) -> None:
    whole = drawing.panels[0]
    owner = {path: box.calls for box in boxes(whole) for path in box.calls}
    owner |= {path: (path,) for path in ("", *(f"/{each.name}" for each in record.inputs))}
    wanted = {
        (owner[source], owner[each.path])
        for each in record.layers
        for source in each.inputs
        if owner[source] != owner[each.path]
    }
    drawn = {
        (owner[line.source], owner[line.target])
        for strip in whole.strips
        for line in strip.lines
        if line.arrow and line.known and line.target in owner
    }
    assert drawn == wanted


def check_nothing_lies_on_anything_else(drawing: Drawing) -> None:
    for strip in strips(drawing):
        solid = [(box.x, box.y, box.x + box.width, box.y + box.height) for box in strip.boxes]
        solid += [
            (label.x, label.y - LETTER_ABOVE, label.x + width_of(label.text), label.y + LETTER_BELOW)
            for label in strip.labels
        ]
        for left, top, right, bottom in solid:
            assert left >= 0
            assert top >= 0
            assert right <= strip.width + ROUNDING
            assert bottom <= strip.height + ROUNDING
        for one, other in itertools.combinations(solid, 2):
            beside = one[0] >= other[2] - ROUNDING or other[0] >= one[2] - ROUNDING
            assert beside or one[1] >= other[3] - ROUNDING or other[1] >= one[3] - ROUNDING
        for line in strip.lines:
            for (x1, y1), (x2, y2) in itertools.pairwise(line.points):
                assert x2 >= x1
                for left, top, right, bottom in solid:
                    # An S lies inside the rectangle of its ends.
                    beside = x2 <= left + ROUNDING or x1 >= right - ROUNDING
                    assert beside or max(y1, y2) <= top + ROUNDING or min(y1, y2) >= bottom - ROUNDING


def check_words_lie_in_their_box(drawing: Drawing) -> None:
    for strip in strips(drawing):
        for box in strip.boxes:
            left, top, width, height = box.inner
            for x, y, line in (*box.name_lines, *box.word_lines):
                mono = line in box.name and not box.panel
                assert left < x
                assert x + width_of(line, mono=mono) <= left + width + ROUNDING
                assert top <= y - LETTER_ABOVE
                assert y + LETTER_BELOW <= top + height


def check_lines_lead_from_box_to_box(drawing: Drawing) -> None:
    for panel in drawing.panels:
        coming: Counter[tuple[str, str]] = Counter()
        for strip in panel.strips:
            rights = {(round(box.x + box.width, 1), round(box.y + box.height / 2, 1)) for box in strip.boxes}
            lefts = {(box.x, round(box.y + box.height / 2, 1)): box for box in strip.boxes}
            for line in strip.lines:
                begins = close(line.points[0], rights)
                edge = (line.source, line.target)
                assert begins or (line.points[0][0] == 0 and coming[edge] > 0)
                assert close(line.points[-1], lefts) if line.arrow else abs(line.points[-1][0] - strip.width) < 0.11
                coming[edge] += begins - line.arrow
            entered = [close(line.points[-1], lefts) for line in strip.lines if line.arrow]
            assert len(lefts) - sum(box.role == "input" for box in strip.boxes) <= len(entered)
        assert set(coming.values()) <= {0}


def close(point: tuple[float, float], points: Collection[tuple[float, float]]) -> bool:
    """Whether a point is one of others, but for rounding."""
    return any(abs(point[0] - x) < 0.15 and abs(point[1] - y) < 0.15 for x, y in points)


def check(record: ModelRecord) -> Drawing:
    drawing = draw(record)
    check_every_call_stands_in_one_box(record, drawing)
    check_a_box_that_stands_for_others_has_a_panel(record, drawing)
    check_every_edge_is_drawn_or_lies_in_a_box(record, drawing)
    check_nothing_lies_on_anything_else(drawing)
    check_words_lie_in_their_box(drawing)
    check_lines_lead_from_box_to_box(drawing)
    return drawing


@each
def test_drawing_holds_what_it_promises(record: ModelRecord) -> None:
    assert check(record) == draw(record)


KINDS = ["Conv2D", "Conv2D", "MaxPooling2D", "Dense", "BatchNormalization", "ReLU", "ZeroPadding2D", "Odd"]


@st.composite
def networks(chosen: st.DrawFn) -> ModelRecord:
    """Any wiring of calls, some of them in nested models, with a part that repeats."""
    calls: list[LayerRecord] = []
    ends = [""]
    for number in range(chosen(st.integers(1, 18))):
        sources = chosen(st.lists(st.sampled_from(ends), min_size=1, max_size=3, unique=True))
        around = chosen(st.sampled_from(["", "", "inner/", "inner/deep/", "other/"]))
        kind = chosen(st.sampled_from(KINDS)) if len(sources) == 1 else "Add"
        channels = chosen(st.integers(1, 3))
        calls.append(call(f"{around}layer_{number}", *sources, kind=kind, output_shape=(4, 4, channels)))
        ends.append(calls[-1].path)
    repeated = chosen(st.lists(st.tuples(st.sampled_from(KINDS), st.booleans()), max_size=4))
    for time in range(chosen(st.integers(0, 12)) if repeated else 0):
        start = at = ends[-1]
        for place, (kind, joins) in enumerate(repeated):
            path = f"repeated_{time}_{place}"
            sources = [at, start] if joins and at != start else [at]
            calls.append(call(path, *sources, kind="Add" if len(sources) > 1 else kind))
            at = path
        ends.append(at)
    return model(*calls)


@settings(max_examples=200, deadline=None)
@given(networks())
def test_any_network_holds_it_too(record: ModelRecord) -> None:
    check(record)


def test_long_chain_goes_on_in_the_next_row() -> None:
    (panel,) = draw(chain(12)).panels
    assert names(panel) == ["image", *(f"c{i}" for i in range(12)), "scores"]
    assert len(panel.strips) > 1
    for before, after in itertools.pairwise(panel.strips):
        assert [line.arrow for line in before.lines].count(False) == 1
        assert [line.points[0][0] for line in after.lines].count(0.0) == 1


def test_rows_are_as_wide_as_a_page_at_most_and_words_have_seven_points_there() -> None:
    paper_px = (210 - 2 * 18) / 25.4 * 96 - 2 * (7 + 0.5) * 96 / 72  # between the margins, inside a frame
    assert 10.5 * paper_px / ROW_WIDTH * 72 / 96 >= 7
    for record in MODELS.values():
        assert all(strip.width <= ROW_WIDTH for strip in strips(draw(record)))


def test_branches_stand_below_each_other_and_the_longest_goes_straight_on() -> None:
    found = by_name(draw(branch()).panels[0])
    assert found["left"].x == found["right"].x
    assert found["left"].y > found["right"].y
    middles = {found[name].y + found[name].height / 2 for name in ("image", "stem", "right", "far", "join", "end")}
    assert len(middles) == 1
    assert found["join"].role == "merge"


def test_arrows_into_a_join_are_as_many_as_its_sources() -> None:
    lines = [line for strip in strips(draw(branch())) for line in strip.lines]
    assert sorted(line.source for line in lines if line.target == "join" and line.arrow) == ["far", "left"]


def test_layers_that_only_change_what_came_before_share_its_box() -> None:
    _, conv, after, _ = boxes(draw(attached()).panels[0])
    assert (conv.path, conv.role) == ("conv", "conv")
    assert conv.words == ("Conv2D", "padded", "BatchNorm · ReLU", "Dropout")
    assert conv.calls == ("pad", "conv", "norm", "relu", "drop")
    assert (after.path, after.words) == ("next", ("Conv2D",))


def test_layer_read_by_two_is_not_hidden_in_a_box() -> None:
    record = model(call("conv", ""), call("relu", "conv", kind="ReLU"), call("join", "conv", "relu", kind="Add"))
    assert [box.path for box in boxes(draw(record).panels[0])] == ["", "conv", "relu", "join", ""]


def test_normalisation_after_a_join_belongs_to_what_comes_next() -> None:
    record = model(
        call("a", ""),
        call("join", "", "a", kind="Concatenate"),
        call("norm", "join", kind="BatchNormalization"),
        call("relu", "norm", kind="ReLU"),
    )
    assert by_name(draw(record).panels[0])["norm"].calls == ("norm", "relu")


def test_inputs_and_outputs_have_their_names() -> None:
    found = boxes(draw(two_inputs()).panels[0])
    assert [(box.name, box.words) for box in found if box.role == "input"] == [
        (("left",), ("input",)),
        (("right",), ("input",)),
    ]
    lines = [line for strip in strips(draw(two_outputs())) for line in strip.lines]
    ends = {line.target: line.source for line in lines if line.source in {"age", "kind"}}
    assert set(ends.values()) == {"age", "kind"}
    assert sum(box.role == "output" for box in boxes(draw(two_outputs()).panels[0])) == 2


def test_shapes_stand_where_they_change() -> None:
    record = model(
        call("same", "", output_shape=(4, 4, 1)),
        call("half", "same", output_shape=(2, 2, 8)),
        call("flat", "half", kind="Flatten", output_shape=(32,)),
    )
    (strip,) = draw(record).panels[0].strips
    told = ["4\u202f×\u202f4", "×\u202f1", "2\u202f×\u202f2", "×\u202f8", "32"]
    assert [label.text for label in strip.labels] == told


def test_unknown_reading_is_a_dashed_line_and_is_said() -> None:
    drawing = draw(unlinked())
    lines = {(line.source, line.target): line.known for strip in strips(drawing) for line in strip.lines}
    assert lines[("a", "b")] is False
    assert lines[("b", "c")] is True
    assert "dashed" in drawing.caption
    assert "dashed" not in draw(chain(2)).caption


def test_shared_layer_says_which_call_it_is() -> None:
    drawing = draw(shared())
    found = by_name(drawing.panels[0])
    assert (found["sh"].words[-1], found["sh#2"].words[-1]) == ("call 1 of 2", "call 2 of 2")
    assert "used again with the same weights" in drawing.caption


def test_model_that_is_called_twice_is_drawn_inside_once() -> None:
    whole, encoder = draw(siamese()).panels
    found = by_name(whole)
    assert found["encoder"].panel == found["encoder#2"].panel == encoder.name
    assert found["encoder"].words == ("nested model", "call 1 of 2", "rows 1–2")
    assert found["encoder#2"].words == ("nested model", "call 2 of 2", "rows 3–4")
    assert names(encoder) == ["in", "one", "two", "out"]
    assert encoder.told.startswith("Called 2 times with the same weights; drawn as in the first call, rows 1–2")


def test_nested_models_are_drawn_by_themselves() -> None:
    whole, outer, inner = draw(nested()).panels
    assert names(whole) == ["image", "outer", "head", "scores"]
    assert (outer.title, names(outer)) == ("outer", ["in", "stem", "inner", "neck", "out"])
    assert (inner.title, names(inner)) == ("outer/inner", ["in", "a", "b", "add", "out"])
    assert by_name(outer)["inner"].calls == ("outer/inner/a", "outer/inner/b", "outer/inner/add")


def test_parts_that_are_called_at_different_times_are_no_box() -> None:
    (panel,) = draw(entangled()).panels
    assert names(panel) == ["image", "a", "between", "b", "end", "scores"]


def test_resnet_50_is_drawn_as_its_authors_tell_it() -> None:
    """He et al. 2016, table 1: 3, 4, 6 and 3 blocks; the first of each stage has a conv layer in its shortcut."""
    drawing = draw(bottlenecks(3, 4, 6, 3))
    whole, first, second = drawing.panels
    assert names(whole) == [
        "image", "conv", "pool", "Block A", "Block B × 2", "Block A", "Block B × 3", "Block A", "Block B × 5",
        "Block A", "Block B × 2", "gap", "scores", "output",
    ]  # fmt: skip
    assert first.title == "Block A: residual block"
    assert sorted(box.path for box in boxes(first) if box.role == "conv") == [
        "conv2_block1_0_conv", "conv2_block1_1_conv", "conv2_block1_2_conv", "conv2_block1_3_conv",
    ]  # fmt: skip
    assert names(second) == ["in", "…1_conv", "…2_conv", "…3_conv", "…add", "out"]
    assert second.told.startswith("Used 12 times; drawn as in the first use, rows 13–20 of the table")
    assert "“…” stands for conv2_block2_" in second.told
    assert by_name(whole)["Block B × 5"].calls[0] == "conv4_block2_1_conv"


def test_output_that_no_layer_makes_hangs_on_the_last_one_with_a_dashed_line() -> None:
    drawing = draw(model(call("a", ""), outputs=(TensorRecord("sum", (7,), "float32"),)))
    lines = {line.source: line.known for strip in strips(drawing) for line in strip.lines}
    assert lines == {"": True, "a": False}
    assert "dashed" in drawing.caption


def test_high_rows_are_cut_between_boxes_for_pages() -> None:
    wide = [call(f"branch_{i}", "stem", output_shape=(2, 2, i + 2)) for i in range(40)]
    joined = call("join", *(each.path for each in wide), kind="Concatenate")
    (panel,) = check(model(call("stem", ""), *wide, joined)).panels
    (strip,) = [strip for strip in panel.strips if len(strip.boxes) > 20]
    parts = strip.pages
    assert len(parts) > 1
    assert all(part.height <= PAGE_HEIGHT for part in parts)
    assert sum(part.height for part in parts) == pytest.approx(strip.height)
    assert [part.top for part in parts[1:]] == [pytest.approx(part.top + part.height) for part in parts[:-1]]
    assert Counter(box.path for part in parts for box in part.boxes) == Counter(box.path for box in strip.boxes)
    assert sum(len(part.labels) for part in parts) == len(strip.labels)
    for part in parts:
        assert all(part.top <= box.y and box.y + box.height <= part.top + part.height for box in part.boxes)
    assert parts[0].alt.endswith(f" Part 1 of {len(parts)}.")
    assert [strip.pages for strip in strips(draw(chain(5)))] == [(strip,) for strip in strips(draw(chain(5)))]


def test_few_boxes_are_not_folded() -> None:
    assert len(draw(bottlenecks(3)).panels) == 1


def test_block_says_which_windows_its_uses_have() -> None:
    sizes = [3, 5] * 15
    record = model(
        *(
            call(f"c{i}", f"c{i - 1}" if i else "", settings=(Setting("kernel", (size, size)),))
            for i, size in enumerate(sizes)
        )
    )
    whole, block = draw(record).panels
    assert names(whole) == ["image", "Block A × 29", "c29", "scores"]
    assert "windows of 3\u202f×\u202f3 or 5\u202f×\u202f5" in block.told


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (chain(3), "Drawing of toy: 3\xa0boxes from its input to its output, a chain without branches."),
        (branch(), "Drawing of toy: 6\xa0boxes from its input to its output, branches that meet in 1\xa0place."),
        (dense_block(), "Drawing of toy: 13\xa0boxes from its input to its output, branches that meet in 5\xa0places."),
        (
            bottlenecks(3, 4, 6, 3),
            "Drawing of toy: 12\xa0boxes from its input to its output, branches that meet in 16\xa0places. Drawn"
            " separately: Block A: residual block, 4\xa0times; Block B: residual block, 12\xa0times.",
        ),
    ],
    ids=["chain", "branch", "dense block", "residual"],
)
def test_alternative_says_what_the_drawing_shows(record: ModelRecord, words: str) -> None:
    assert draw(record).alt == words


def test_rows_name_what_is_in_them() -> None:
    (strip,) = draw(branch()).panels[0].strips
    assert strip.alt == "toy, row 1 of 1, from left to right: image, stem, left, right, far, join, end, scores."


def test_long_names_are_broken_and_very_long_ones_lose_their_middle() -> None:
    record = model(call("expanded_conv_squeeze_excite", ""), call("x" * 60, "expanded_conv_squeeze_excite"))
    _, first, second, *_ = boxes(draw(record).panels[0])
    assert first.name == ("expanded_conv_", "squeeze_excite")
    assert "".join(second.name) == "x" * 19 + "…" + "x" * 19
    assert second.told.startswith("x" * 60)


@pytest.mark.parametrize("weight", [400, 600])
def test_words_are_as_wide_as_the_font_says(weight: int) -> None:
    (face,) = [each for each in fonts.bundled() if each.family == "IBM Plex Sans"]
    letters = string.ascii_letters + string.digits + string.punctuation + " ×·–\u202f"
    font = TTFont(face.path)
    # All glyphs of the variable font at another weight would take seconds.
    cut = Subsetter(Options(drop_tables=["GPOS", "GSUB", "GDEF", "HVAR", "MVAR", "STAT"]))
    cut.populate(text=letters)
    cut.subset(font)
    font = instantiateVariableFont(font, {"wght": weight, "wdth": 100})
    wide = {letter: font["hmtx"][font.getBestCmap()[ord(letter)]][0] / 1000 * 10.5 for letter in letters}
    if weight == 400:
        assert {letter: width_of(letter) for letter in letters} == pytest.approx(wide, abs=0.01)
    words = "Block A × 16, encoder, residual block"
    assert sum(wide[letter] for letter in words) <= width_of(words, bold=weight == 600) + 0.01
