"""The drawing of a network: every call once, boxes apart, lines from box to box."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from reportgen.document import Box, Drawing
from reportgen.figures.graph import BOX_HEIGHT, BOX_WIDTH, COLUMNS_IN_STRIP, draw
from reportgen.records import LayerRecord, ModelRecord, TensorRecord
from tests import made


def call(path: str, *inputs: str, kind: str = "Conv2D") -> LayerRecord:
    return made.layer(path, kind, inputs=inputs)


def chain(length: int) -> ModelRecord:
    return made.model(*(call(f"c{i}", f"c{i - 1}" if i else "") for i in range(length)))


def branch() -> ModelRecord:
    return made.model(
        call("stem", ""),
        call("left", "stem"),
        call("right", "stem"),
        call("far", "right"),
        call("join", "left", "far", kind="Add"),
        call("end", "join", kind="Dense"),
    )


def long_skip() -> ModelRecord:
    """An edge over more than a strip."""
    calls = [call("start", ""), *(call(f"c{i}", f"c{i - 1}" if i else "start") for i in range(8))]
    return made.model(*calls, call("join", "start", "c7", kind="Concatenate"))


def attached() -> ModelRecord:
    return made.model(
        call("conv", ""),
        call("norm", "conv", kind="BatchNormalization"),
        call("relu", "norm", kind="ReLU"),
        call("drop", "relu", kind="Dropout"),
        call("next", "drop"),
    )


def dense_block() -> ModelRecord:
    """Every layer reads all before it."""
    calls = [call("a0", "")]
    for i in range(1, 7):
        calls += [
            call(f"j{i}", *(f"a{k}" for k in range(i)), kind="Concatenate"),
            call(f"a{i}", f"j{i}"),
        ]
    return made.model(*calls)


def two_inputs() -> ModelRecord:
    pair = (TensorRecord("left", (4, 4, 1), "float32"), TensorRecord("right", (4, 4, 1), "float32"))
    return made.model(call("a", ""), call("b", ""), call("join", "a", "b", kind="Subtract"), inputs=pair)


def shared() -> ModelRecord:
    return made.model(call("sh", ""), call("sh#2", "sh"), call("join", "sh", "sh#2", kind="Add"))


def unlinked() -> ModelRecord:
    """A call of which nobody knows what it reads."""
    return made.model(call("a", ""), call("b"), call("c", "b"))


ALL = [
    chain(1),
    chain(5),
    chain(12),
    branch(),
    long_skip(),
    attached(),
    dense_block(),
    two_inputs(),
    shared(),
    unlinked(),
]
NAMES = ["one", "row", "rows", "branch", "skip", "attached", "dense block", "two inputs", "shared", "unlinked"]
each = pytest.mark.parametrize("model", ALL, ids=NAMES)


def boxes(drawing: Drawing) -> list[Box]:
    return [box for strip in drawing.strips for box in strip.boxes]


@each
def test_every_call_is_drawn_once(model: ModelRecord) -> None:
    kinds = Counter(kind for box in boxes(draw(model)) for kind in box.kind.split(" · "))
    assert kinds == Counter([*("input" for _ in model.inputs), *(call.kind for call in model.layers)])
    paths = [box.path for box in boxes(draw(model))]
    assert len(set(paths)) == len(paths)
    assert set(paths) <= {"", *(f"/{record.name}" for record in model.inputs), *(call.path for call in model.layers)}


@each
def test_boxes_lie_inside_their_strip_and_apart(model: ModelRecord) -> None:
    for strip in draw(model).strips:
        for box in strip.boxes:
            assert 0 <= box.x <= strip.width - box.width
            assert 0 <= box.y <= strip.height - box.height
            assert (box.width, box.height) == (BOX_WIDTH, BOX_HEIGHT)
        for one, other in itertools.combinations(strip.boxes, 2):
            beside = abs(one.x - other.x) >= BOX_WIDTH
            below = abs(one.y - other.y) >= BOX_HEIGHT
            assert beside or below, (one.path, other.path)


@each
def test_arrows_end_on_boxes_and_every_box_but_the_input_has_one(model: ModelRecord) -> None:
    for strip in draw(model).strips:
        ends = [(line.x2, line.y2) for line in strip.lines if line.arrow]
        lefts = {(box.x, box.y + box.height / 2): box for box in strip.boxes}
        assert set(ends) <= set(lefts)
        assert {lefts[end].path for end in ends} == {box.path for box in strip.boxes if box.role != "input"}


@each
def test_lines_begin_where_something_comes_out(model: ModelRecord) -> None:
    for place, strip in enumerate(draw(model).strips):
        outs = {(box.x + box.width, box.y + box.height / 2) for box in strip.boxes}
        outs |= {(line.x2, line.y2) for line in strip.lines if not line.arrow}
        for line in strip.lines:
            from_before = place > 0 and line.x1 == 0.0
            # A line through an empty place begins where one that is led to that place ends.
            assert from_before or (line.x1, line.y1) in outs, line
            assert line.x2 > line.x1
            assert 0 <= line.y1 <= strip.height
            assert 0 <= line.y2 <= strip.height
            assert line.x2 <= strip.width


@each
def test_no_line_runs_through_a_box(model: ModelRecord) -> None:
    for strip in draw(model).strips:
        for line in strip.lines:
            for box in strip.boxes:
                through = line.x1 < box.x + box.width and line.x2 > box.x
                inside = min(line.y1, line.y2) < box.y + box.height and max(line.y1, line.y2) > box.y
                assert not (through and inside), (line, box.path)


def test_long_chain_goes_on_in_the_next_row() -> None:
    drawing = draw(chain(12))
    assert [len(strip.boxes) for strip in drawing.strips] == [COLUMNS_IN_STRIP, COLUMNS_IN_STRIP, 3]
    labels = [box.label for box in boxes(drawing)]
    assert labels == ["image", *(f"c{i}" for i in range(12))]
    for strip in drawing.strips[1:]:
        assert [line.x1 for line in strip.lines].count(0.0) == 1


def test_branches_stand_below_each_other() -> None:
    (strip, *rest) = draw(branch()).strips
    found = {box.path: box for box in strip.boxes}
    assert found["left"].x == found["right"].x
    assert found["left"].y != found["right"].y
    assert found["far"].x > found["right"].x
    joined = [box for other in (strip, *rest) for box in other.boxes if box.path == "join"]
    assert [box.role for box in joined] == ["merge"]


def test_arrows_into_a_join_are_as_many_as_its_sources() -> None:
    drawing = draw(branch())
    for strip in drawing.strips:
        for box in strip.boxes:
            if box.path == "join":
                ends = [(line.x2, line.y2) for line in strip.lines if line.arrow]
                assert ends.count((box.x, box.y + box.height / 2)) == 2


def test_layers_that_only_change_what_came_before_share_its_box() -> None:
    _, conv, after = boxes(draw(attached()))
    assert (conv.path, conv.kind, conv.role) == ("conv", "Conv2D · BatchNormalization · ReLU · Dropout", "conv")
    assert (after.path, after.kind) == ("next", "Conv2D")


def test_layer_read_by_two_is_not_hidden_in_a_box() -> None:
    model = made.model(call("conv", ""), call("relu", "conv", kind="ReLU"), call("join", "conv", "relu", kind="Add"))
    assert [box.path for box in boxes(draw(model))] == ["", "conv", "relu", "join"]


def test_input_box_has_the_inputs_name_and_shape() -> None:
    first = boxes(draw(chain(1)))[0]
    assert (first.label, first.role, first.shape, first.path) == ("image", "input", (4, 4, 1), "")
    two = [box for box in boxes(draw(two_inputs())) if box.role == "input"]
    assert [(box.label, box.path) for box in two] == [("left", ""), ("right", "/right")]


@pytest.mark.parametrize(
    ("model", "words"),
    [
        (chain(3), "Drawing of toy: 4 boxes from its input to its output, a chain without branches."),
        (branch(), "Drawing of toy: 7 boxes from its input to its output, branches that meet in 1\xa0place."),
        (dense_block(), "Drawing of toy: 14 boxes from its input to its output, branches that meet in 6\xa0places."),
    ],
    ids=["chain", "branch", "dense block"],
)
def test_alternative_says_what_the_drawing_shows(model: ModelRecord, words: str) -> None:
    assert draw(model).alt == words
