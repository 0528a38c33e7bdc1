"""The calls of a model -> its drawing: boxes in layers from left to right, in strips that follow each other like lines.

Calls that only change what the one call before them made (normalisation, activation, dropout, padding) share its box.
The layout is Sugiyama's: ranks by longest path, edges over several ranks led through empty places, and places in a rank
ordered by the mean place of their neighbours (Sugiyama, Tagawa and Toda 1981, "Methods for visual understanding of
hierarchical system structures", IEEE Transactions on Systems, Man, and Cybernetics 11).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from reportgen.document import Box, Drawing, Line, Strip
from reportgen.records import LayerRecord, ModelRecord
from reportgen.templating import plural

BOX_WIDTH = 118.0
BOX_HEIGHT = 44.0
COLUMN = 138.0
LANE = 58.0
COLUMNS_IN_STRIP = 5
_MARGIN = 4.0
_ATTACHED = ("Normalization", "Activation", "ReLU", "ELU", "Dropout", "ZeroPadding", "Noise", "Softmax")
_MERGING = {"Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot"}


@dataclass(slots=True)
class _Node:
    """A box, or an empty place that an edge passes through (`box` False)."""

    path: str
    label: str
    kinds: list[str]
    role: str
    shape: tuple[int | None, ...]
    box: bool = True
    rank: int = 0
    lane: float = 0.0
    below: list[_Node] = field(default_factory=list)


def draw(model: ModelRecord) -> Drawing:
    """Lay a model out.

    Returns:
        The drawing; every box fits its strip, and a strip holds `COLUMNS_IN_STRIP` ranks.
    """
    nodes = _nodes(model)
    ranks = _ranks(nodes)
    _order(ranks)
    groups = [ranks[start : start + COLUMNS_IN_STRIP] for start in range(0, len(ranks), COLUMNS_IN_STRIP)]
    strips = tuple(
        _strip(group, start * COLUMNS_IN_STRIP, start + 1 < len(groups)) for start, group in enumerate(groups)
    )
    boxes = sum(len(strip.boxes) for strip in strips)
    merges = sum(node.role == "merge" for node in nodes)
    chain = "a chain without branches" if not merges else f"branches that meet in {plural(merges, 'place')}"
    return Drawing(
        strips=strips,
        alt=f"Drawing of {model.name}: {boxes} boxes from its input to its output, {chain}.",
        caption=(
            f"{model.name}, read like text: each row goes on at the left of the next. A box names a layer and the shape"
            " that comes out of it; normalisation, activation, dropout and padding layers share the box of the layer"
            " that they follow."
        ),
    )


def _nodes(model: ModelRecord) -> list[_Node]:
    nodes = [
        _Node("" if place == model.main_input else f"/{record.name}", record.name, ["input"], "input", record.shape)
        for place, record in enumerate(model.inputs)
    ] or [_Node("", "input", ["input"], "input", ())]
    by_path = {node.path: node for node in nodes}
    readers: dict[str, int] = {}
    for call in model.layers:
        for source in call.inputs:
            readers[source] = readers.get(source, 0) + 1
    for call in model.layers:
        sources = [by_path[source] for source in call.inputs if source in by_path] or [nodes[-1]]
        first = sources[0]
        if len(sources) == 1 and _attaches(call) and first.role != "input" and readers.get(call.inputs[0], 0) == 1:
            first.kinds.append(call.kind)
            by_path[call.path] = first
            continue
        node = _Node(call.path, call.path.rsplit("/", 1)[-1], [call.kind], _role(call), call.output_shape)
        node.below = list({id(source): source for source in sources}.values())
        by_path[call.path] = node
        nodes.append(node)
    return nodes


def _attaches(call: LayerRecord) -> bool:
    return call.role == "other" and bool(call.inputs) and any(word in call.kind for word in _ATTACHED)


def _role(call: LayerRecord) -> str:
    if call.role != "other":
        return call.role
    if call.kind in _MERGING:
        return "merge"
    return "dense" if call.kind in {"Dense", "EinsumDense"} else "other"


def _ranks(nodes: Sequence[_Node]) -> list[list[_Node]]:
    """Rank every node by its longest way from the input, and fill the ranks that an edge passes with empty places."""
    for node in nodes:
        node.rank = max((below.rank + 1 for below in node.below), default=0)
    ranks: list[list[_Node]] = [[] for _ in range(max(node.rank for node in nodes) + 1)]
    for node in nodes:
        ranks[node.rank].append(node)
    passing: dict[tuple[int, int], _Node] = {}
    for node in nodes:
        node.below = [_led(below, node.rank, ranks, passing) for below in node.below]
    return ranks


def _led(below: _Node, rank: int, ranks: list[list[_Node]], passing: dict[tuple[int, int], _Node]) -> _Node:
    """Return the place in the rank before `rank` that stands for `below`; edges from one node share their way."""
    at = below
    for between in range(below.rank + 1, rank):
        key = (id(below), between)
        if key not in passing:
            passing[key] = _Node(below.path, "", [], "", (), box=False, rank=between, below=[at])
            ranks[between].append(passing[key])
        at = passing[key]
    return at


def _order(ranks: list[list[_Node]]) -> None:
    for rank in ranks:
        for lane, node in enumerate(rank):
            node.lane = float(lane)
    for _ in range(4):
        for rank in ranks[1:]:
            rank.sort(
                key=lambda node: (sum(below.lane for below in node.below) / max(len(node.below), 1), not node.box)
            )
            for lane, node in enumerate(rank):
                node.lane = float(lane)


def _strip(group: Sequence[list[_Node]], first_rank: int, goes_on: bool) -> Strip:
    lanes = max(len(rank) for rank in group)
    boxes: list[Box] = []
    lines: list[Line] = []
    middle: dict[int, float] = {}
    for column, rank in enumerate(group):
        for node in rank:
            y = _MARGIN + (node.lane + (lanes - len(rank)) / 2) * LANE + BOX_HEIGHT / 2
            middle[id(node)] = y
            x = _MARGIN + 10 + column * COLUMN
            if node.box:
                boxes.append(_box(node, x, y))
            else:
                lines.append(Line(x, y, x + BOX_WIDTH, y, arrow=False))
            for below in node.below:
                # What comes from the strip before enters at the left end, at the height where it is wanted.
                from_y = middle.get(id(below), y) if below.rank >= first_rank else y
                from_x = x - (COLUMN - BOX_WIDTH) if below.rank >= first_rank else 0.0
                lines.append(Line(from_x, from_y, x, y, arrow=node.box))
    if goes_on:
        right = _MARGIN + 10 + (len(group) - 1) * COLUMN + BOX_WIDTH
        lines += [Line(right, middle[id(node)], right + 14, middle[id(node)], arrow=False) for node in group[-1]]
    width = _MARGIN * 2 + 10 + (COLUMNS_IN_STRIP - 1) * COLUMN + BOX_WIDTH + 14
    return Strip(width, _MARGIN * 2 + lanes * LANE - (LANE - BOX_HEIGHT), tuple(boxes), tuple(lines))


def _box(node: _Node, x: float, y: float) -> Box:
    return Box(
        x=x,
        y=y - BOX_HEIGHT / 2,
        width=BOX_WIDTH,
        height=BOX_HEIGHT,
        path=node.path,
        label=node.label,
        kind=" · ".join(node.kinds),
        role=node.role,
        shape=node.shape,
    )
