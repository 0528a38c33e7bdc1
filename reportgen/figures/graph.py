"""The calls of a model -> its drawing: the whole network, and once each what is nested in it or repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from reportgen.document.drawing import BOX_FRAME, BOX_LINE, BOX_PADDING, Box, Drawing, Label, Line, Panel, Strip
from reportgen.figures.graph_folding import Signatures, fold
from reportgen.figures.graph_layout import Item, Row, lay_out
from reportgen.figures.graph_nodes import Node, inputs_of, nodes_of, reading_of, role_of
from reportgen.figures.graph_words import (
    broken,
    differing_of,
    label_of,
    letter_of,
    name_of,
    noun_of,
    prefix_of,
    rows_of,
    told_of,
    width_of,
    words_of,
)
from reportgen.language.cleaning import anchor
from reportgen.language.numerals import number, plural
from reportgen.records.model import LayerRecord, ModelRecord, Shape

_AIR = 10.0
_RIGHT = 8.0
_LABEL_START = 4.0
_LABEL_END = 1.0


@dataclass(slots=True)
class _Inside:
    """What a box stands for: its panel, and each use of it in the network."""

    name: str
    title: str
    boxes: list[Node]
    uses: list[list[Node]]


def draw(model: ModelRecord) -> Drawing:
    """Draw a model.

    Returns:
        The drawing. Every call stands in exactly one box of the first panel; a box that stands for a nested model or
        for a block that repeats names the panel that shows one of them.
    """
    return _Drawer(model).drawing()


class _Drawer:
    """Draws one model."""

    def __init__(self, model: ModelRecord) -> None:
        self._model = model
        self._reading = reading_of(model)
        self._signatures = Signatures()
        self._insides: dict[int, _Inside] = {}
        self._letters = 0
        self._ends = _ends(model, self._reading.readers)
        self._calls = Counter(call.shared_with or call.path for call in model.layers)
        self._places = _places(model.layers)
        self._shapes: dict[str, Shape] = {call.path: call.output_shape for call in model.layers}
        self._shapes |= {node.key: node.shape for node in inputs_of(model)}

    def drawing(self) -> Drawing:
        """Draw the whole network, then what is inside its boxes, until nothing is left."""
        nodes = self._folded(nodes_of(self._model.layers, self._reading))
        whole = [*inputs_of(self._model), *nodes]
        owner = {call.path: node.key for node in nodes for call in node.calls}
        for path, known, name in self._ends:
            pill = self._pill("output" if _short(path) == name else name, owner[path], whole)
            pill.by_order = not known
            whole.append(pill)
        panels = [self._panel("", self._model.name, "", whole)]
        drawn: set[int] = set()
        while rest := [number for number in self._insides if number not in drawn]:
            drawn.add(rest[0])
            inside = self._insides[rest[0]]
            panels.append(self._panel(inside.name, inside.title, "", self._between_pills(inside)))
        # The words of a panel name its uses, which are all known by now.
        told = {inside.name: self._told(inside) for inside in self._insides.values()}
        panels = [Panel(panel.name, panel.title, told.get(panel.name, ""), panel.strips) for panel in panels]
        return Drawing(tuple(panels), self._alt(nodes), self._caption())

    def _folded(self, nodes: list[Node]) -> list[Node]:
        """Fold one level, and the levels inside it first."""
        for node in nodes:
            if node.role == "model":
                node.uses = [self._folded(use) for use in node.uses]
        return fold(nodes, self._exits(nodes), self._signatures)

    def _exits(self, nodes: Sequence[Node]) -> set[str]:
        """Keys of the nodes that are read from outside their level, or that the model predicts."""
        inside = Counter(source for node in nodes for call in node.calls for source in self._reading.sources[call.path])
        ends = {path for path, *_ in self._ends}
        return {
            node.key
            for node in nodes
            for call in node.calls
            if self._reading.readers[call.path] > inside[call.path] or call.path in ends
        }

    def _between_pills(self, inside: _Inside) -> list[Node]:
        """Put what goes in before the nodes of a panel, and what comes out behind them."""
        nodes = inside.boxes
        known = {node.key for node in nodes}
        outside = list(dict.fromkeys(key for node in nodes for key in node.inputs if key not in known))
        found = [
            Node(key, "input", "in" if len(outside) == 1 else f"from {_short(key) or 'input'}", [], None, [],
                 self._shapes[key])
            for key in outside
        ] + nodes  # fmt: skip
        exits = self._exits(nodes)
        for node in nodes:
            if node.key in exits:
                found.append(self._pill("out", node.key, found))
        return found

    def _pill(self, name: str, source: str, others: Sequence[Node]) -> Node:
        key = f"{source} →"
        while any(node.key == key for node in others):
            key += "→"
        return Node(key, "output", name, [], None, [source], self._shapes[source])

    def _panel(self, name: str, title: str, told: str, nodes: Sequence[Node]) -> Panel:
        prefix = prefix_of(nodes) if name.startswith("block-") else ""
        totals = {self._total(call) for node in nodes for call in node.calls}
        # Where all of a nested model is called again, its panel says so once.
        marked = not name or len(totals) > 1
        boxes = {node.key: self._box(node, prefix, marked=marked) for node in nodes}
        shapes = {node.key: node.shape for node in nodes}
        read = {key for node in nodes for key in node.inputs}
        labels = {
            node.key: label_of(node.shape) if node.key in read and self._is_told(node, shapes) else () for node in nodes
        }
        items = [
            Item(
                node.key,
                tuple(key for key in node.inputs if key in boxes),
                boxes[node.key].width,
                boxes[node.key].height,
                max((width_of(text) + _LABEL_START + _LABEL_END for text in labels[node.key]), default=0.0),
            )
            for node in nodes
        ]
        guessed = {node.key for node in nodes if node.by_order}
        rows = lay_out(items)
        strips = tuple(
            _strip(row, boxes, labels, guessed, f"{title}, row {place} of {len(rows)}")
            for place, row in enumerate(rows, 1)
        )
        return Panel(name, title, told, strips)

    def _box(self, node: Node, prefix: str, *, marked: bool) -> Box:
        """Return a node's box, without its place; its name without what names of its panel begin with."""
        calls = tuple(call.path for call in node.calls)
        if not node.uses:
            which = self._which(node.main) if node.main and marked else ""
            name, words, told = name_of(node, prefix), words_of(node, which), told_of(node, which)
            box = Box(0, 0, 0, 0, node.role, name, words, told, calls, node.main.path if node.main else "")
        else:
            inside = self._inside(node)
            times = f" × {number(len(node.uses))}" if len(node.uses) > 1 else ""
            if node.role == "block":
                title, _, noun = inside.title.partition(": ")
                name, words = (f"{title}{times}",), (noun,)
            else:
                name, words = broken(_short(node.name)), ("nested model", self._which(node.calls[0]) if marked else "")
            words = (*(word for word in words if word), rows_of(node.calls))
            told = f"{''.join(name)}: {', '.join(words)}"
            box = Box(0, 0, 0, 0, node.role, name, words, told, calls, calls[0], inside.name)
        mono, frame = not box.panel, 2 * BOX_FRAME if box.panel else 0.0
        widths = [width_of(line, mono=mono, bold=True) for line in box.name] + [width_of(line) for line in box.words]
        height = len(box.name + box.words) * BOX_LINE + _AIR + frame
        return replace(box, width=round(max(widths) + BOX_PADDING + _RIGHT + frame, 1), height=height)

    def _is_told(self, node: Node, shapes: dict[str, Shape]) -> bool:
        """Whether a shape comes out that did not go in, and only one."""
        single = node.role != "model" or len(self._exits(node.uses[0])) <= 1
        return single and all(shapes[key] != node.shape for key in node.inputs if key in shapes)

    def _total(self, call: LayerRecord) -> int:
        return self._calls[call.shared_with or call.path]

    def _which(self, call: LayerRecord) -> str:
        """Say which call of a shared layer one is."""
        total = self._total(call)
        return f"call {number(self._places[call.path])} of {number(total)}" if total > 1 else ""

    def _inside(self, node: Node) -> _Inside:
        """Return the panel of a node, the same one for all that are alike; note its uses."""
        signature = self._signatures.of(node.uses[0])
        if signature not in self._insides:
            if node.role == "block":
                letter = letter_of(self._letters)
                self._letters += 1
                name, title = f"block-{anchor(letter.lower())}", f"Block {letter}: {noun_of(node.uses[0])}"
            else:
                name, title = f"model-{anchor(node.name)}", node.name
            self._insides[signature] = _Inside(name, title, node.uses[0], [])
        inside = self._insides[signature]
        inside.uses += node.uses
        return inside

    def _told(self, inside: _Inside) -> str:
        """Say how often a panel is used, what differs between the uses, and where they stand in the table."""
        first, *others = inside.uses
        rows = rows_of([call for node in first for call in node.calls])
        if not others:
            return f"A nested model, {rows} of the table."
        shared = all(call.shared_with for use in others for node in use for call in node.calls)
        if shared:
            return (
                f"Called {number(len(inside.uses))} times with the same weights; drawn as in the first call, {rows} of"
                " the table."
            )
        differing = differing_of(inside.uses)
        prefix = prefix_of(inside.boxes) if inside.name.startswith("block-") else ""
        begin = f" (“…” stands for {prefix})" if prefix else ""
        return (
            f"Used {number(len(inside.uses))} times; drawn as in the first use, {rows} of the table{begin}. The others"
            f" differ only in names, channels and sizes{f' ({differing})' if differing else ''}."
        )

    def _alt(self, nodes: Sequence[Node]) -> str:
        merges = sum(role_of(call) == "merge" and len(call.inputs) > 1 for call in self._model.layers)
        chain = "a chain without branches" if not merges else f"branches that meet in {plural(merges, 'place')}"
        blocks = [f"{inside.title}, {plural(len(inside.uses), 'time')}" for inside in self._insides.values()]
        inside = f" Drawn separately: {'; '.join(blocks)}." if blocks else ""
        count = plural(len(nodes), "box", "boxes")
        return f"Drawing of {self._model.name}: {count} from its input to its output, {chain}.{inside}"

    def _caption(self) -> str:
        words = [
            f"{self._model.name}. Read left to right, then down. A box names a layer, its kind and its window;"
            " normalisation, activation, dropout and padding layers share the box of the layer that they belong to."
            " Where a shape changes, it is written beside the line."
        ]
        if any(inside.name.startswith("block-") for inside in self._insides.values()):
            words.append(
                "A block that repeats is one box with a double edge and is drawn once below; the table has every call."
            )
        if any(inside.name.startswith("model-") for inside in self._insides.values()):
            words.append("A nested model is a box with a double edge and is drawn below.")
        if any(count > 1 for count in self._calls.values()):
            words.append("“Call 2 of 3” marks a layer that is used again with the same weights.")
        if self._reading.by_order or not all(known for _, known, _ in self._ends):
            words.append("A dashed line means only that one layer runs after another: what it reads is not known.")
        return " ".join(words)


def _strip(
    row: Row, boxes: dict[str, Box], labels: dict[str, tuple[str, ...]], guessed: Collection[str], place: str
) -> Strip:
    placed = [
        replace(boxes[key], x=round(x, 1), y=round(y - boxes[key].height / 2, 1)) for key, (x, y) in row.places.items()
    ]
    words = [
        Label(round(x + boxes[key].width + _LABEL_START, 1), round(y + (-4.0, 12.0)[line], 1), text)
        for key, (x, y) in row.places.items()
        for line, text in enumerate(labels[key])
    ]
    lines = [
        Line(
            way.source,
            way.target,
            tuple((round(x, 1), round(y, 1)) for x, y in way.points),
            way.arrives,
            way.target not in guessed,
        )
        for way in row.ways
    ]
    alt = f"{place}, from left to right: {', '.join(''.join(box.name) for box in placed)}."
    return Strip(round(row.width, 1), round(row.height, 1), tuple(placed), tuple(lines), tuple(words), alt)


def _ends(model: ModelRecord, readers: Mapping[str, int]) -> list[tuple[str, bool, str]]:
    """Find the call that makes each output: its path, whether that is known, and the output's name.

    It is the call of the output's name, else the last one of its shape that nobody reads; where there is none, what
    makes the output is no call, and the last call stands before it.
    """
    found: dict[str, tuple[str, bool]] = {}
    calls = {call.path: call for call in model.layers}
    for output in model.outputs:
        if output.name in calls and calls[output.name].output_shape == output.shape:
            found[output.name] = (output.name, True)
    for output in model.outputs:
        taken = {path for path, _ in found.values()}
        fitting = [
            call.path
            for call in model.layers
            if not readers.get(call.path) and call.output_shape == output.shape and call.path not in taken
        ]
        if output.name not in found and model.layers:
            found[output.name] = (fitting[-1], True) if fitting else (model.layers[-1].path, False)
    return [(*found[output.name], output.name) for output in model.outputs if output.name in found]


def _places(calls: Sequence[LayerRecord]) -> dict[str, int]:
    """Number the calls of each layer."""
    counts: Counter[str] = Counter()
    found = {}
    for call in calls:
        counts[call.shared_with or call.path] += 1
        found[call.path] = counts[call.shared_with or call.path]
    return found


def _short(path: str) -> str:
    return path.rsplit("/", 1)[-1]
