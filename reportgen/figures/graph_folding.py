"""The nodes of a graph -> fewer of them: what repeats becomes a block, of which each box says how often it comes.

A graph is cut at the nodes that everything passes through. What lies between two cuts is a piece; a run of pieces that
comes again, alike but for names, channels and sizes, is a block. The run that saves most boxes is folded first, as
Re-Pair does with the pairs of letters of a text (Larsson and Moffat 2000, "Off-line dictionary-based compression",
Proceedings of the IEEE 88).
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from reportgen.figures.graph_nodes import Node
from reportgen.records.model import LayerRecord

ENOUGH = 24
"""Boxes that a drawing may have before repeats are folded."""
_LONGEST = 12
_WORTH = 4
_BARRIER = -1


class Signatures:
    """Numbers for structures: two that are alike but for names, channels and sizes have the same number."""

    def __init__(self, *, padding: bool = True) -> None:
        """Start without any.

        Args:
            padding: Whether a padding makes a structure another one.
        """
        self._numbers: dict[Hashable, int] = {}
        self._padding = padding

    def of(self, nodes: Sequence[Node]) -> int:
        """Return the number of a piece of a graph; its nodes stand in order of computation."""
        found: dict[str, int] = {}
        outside: dict[str, int] = {}
        inside = {node.key for node in nodes}
        for node in nodes:
            read = tuple(
                found[key] if key in inside else self._number(("outside", outside.setdefault(key, len(outside))))
                for key in node.inputs
            )
            found[node.key] = self._number((self.of_node(node), read))
        return self._number((found[nodes[-1].key], tuple(sorted(found.values()))))

    def of_node(self, node: Node) -> int:
        """Return the number of a node by itself."""
        counted = [call for call in node.calls if self._padding or "ZeroPadding" not in call.kind]
        calls = () if node.uses else tuple(_kind(call) for call in counted)
        inside = tuple(self.of(use) for use in node.uses)
        return self._number((node.role, node.by_order, calls, inside))

    def _number(self, structure: Hashable) -> int:
        return self._numbers.setdefault(structure, len(self._numbers))


@dataclass(frozen=True, slots=True)
class _Piece:
    """Nodes from after one cut up to the next one, and their number; folded ones and such that cannot be have none."""

    nodes: tuple[Node, ...]
    number: int


def fold(nodes: Sequence[Node], exits: Collection[str], signatures: Signatures) -> list[Node]:
    """Fold what repeats, where a drawing would have more than `ENOUGH` boxes.

    Args:
        nodes: One level of a graph, each node after those that it reads.
        exits: Keys of the nodes that are read from elsewhere; they stay visible.
        signatures: Numbers for structures.

    Returns:
        The nodes, a "block" in the place of each run of repeats; its key is that of the last node in it.
    """
    if len(nodes) <= ENOUGH:
        return list(nodes)
    pieces = _pieces(nodes, exits, signatures)
    while run := _best(pieces):
        pieces = _folded(pieces, run)
    return [node for piece in pieces for node in piece.nodes]


@dataclass(frozen=True, slots=True)
class Part:
    """Nodes that belong together: all between two cuts, or one use of a run that repeats.

    Attributes:
        nodes: The nodes, in order of computation.
        run: Number of the run that they are a use of, from 1; 0 where they do not repeat.
    """

    nodes: tuple[Node, ...]
    run: int = 0


def parts(nodes: Sequence[Node], exits: Collection[str], signatures: Signatures) -> list[Part]:
    """Cut a graph into parts in a row, each use of what repeats in one; of several blocks that repeat together, each.

    Args:
        nodes: One level of a graph, each node after those that it reads.
        exits: Keys of the nodes that are read from elsewhere; they are no part of what repeats.
        signatures: Numbers for structures.
    """
    pieces = _pieces(nodes, exits, signatures)
    begins = {piece.nodes[0].key for piece in pieces if len(piece.nodes) > 1}
    runs: dict[tuple[str, ...], int] = {}
    while run := _best(pieces):
        pieces = _folded(pieces, run)
        blocks = [piece.nodes[0] for piece in pieces if piece.nodes[0].role == "block"]
        fresh = [use for block in blocks for use in block.uses if _keys(use) not in runs]
        runs.update(dict.fromkeys(map(_keys, fresh), len(set(runs.values())) + 1))
    found: list[Part] = []
    numbers: dict[tuple[int, int], int] = {}
    for piece in pieces:
        uses = piece.nodes[0].uses if piece.nodes[0].role == "block" else []
        for use in uses:
            for place, nodes_of_one in enumerate(_apart(use, begins)):
                number = numbers.setdefault((runs[_keys(use)], place), len(numbers) + 1)
                found.append(Part(tuple(nodes_of_one), number))
        if not uses:
            found.append(Part(piece.nodes))
    return found


def _keys(nodes: Sequence[Node]) -> tuple[str, ...]:
    return tuple(node.key for node in nodes)


def _apart(use: Sequence[Node], begins: Collection[str]) -> list[list[Node]]:
    """Cut a run before each place where branches part, but for the first one."""
    found: list[list[Node]] = [[]]
    has_branches = False
    for node in use:
        if node.key in begins and has_branches:
            found.append([])
        has_branches = has_branches or node.key in begins
        found[-1].append(node)
    return found


def _pieces(nodes: Sequence[Node], exits: Collection[str], signatures: Signatures) -> list[_Piece]:
    place = {node.key: number for number, node in enumerate(nodes)}
    reaches = [0] * (len(nodes) + 1)  # per node, the last place that reads something from before it
    for number, node in enumerate(nodes):
        for key in node.inputs:
            source = place.get(key, -1) + 1
            reaches[source] = max(reaches[source], number)
    pieces: list[_Piece] = []
    start = furthest = 0
    for number in range(len(nodes)):
        furthest = max(furthest, reaches[number])
        if furthest > number and number + 1 < len(nodes):
            continue
        piece = tuple(nodes[start : number + 1])
        foldable = furthest <= number and not any(node.key in exits for node in piece)
        pieces.append(_Piece(piece, signatures.of(piece) if foldable else _BARRIER))
        start = number + 1
    return pieces


def _best(pieces: Sequence[_Piece]) -> tuple[int, ...]:
    """Return the numbers of the run of pieces whose folding saves most boxes, or none."""
    places: dict[tuple[int, ...], list[int]] = {}
    for start in range(len(pieces)):
        for end in range(start + 1, min(start + _LONGEST, len(pieces)) + 1):
            if pieces[end - 1].number == _BARRIER:
                break
            run = tuple(piece.number for piece in pieces[start:end])
            found = places.setdefault(run, [])
            if not found or start >= found[-1] + len(run):
                found.append(start)
    best: tuple[int, ...] = ()
    most = 0.0
    for run, starts in places.items():
        taken = pieces[starts[0] : starts[0] + len(run)]
        boxes = sum(len(piece.nodes) for piece in taken)
        rows = 1 + sum(after != before + len(run) for before, after in pairwise(starts))
        # One box for each row of repeats, and the block drawn once, with its frame.
        saved = (len(starts) - 1) * boxes - rows - 1
        # A block is what people would call one: with one place where branches meet, unless two always come together.
        worth = saved / max(sum(len(piece.nodes) > 1 for piece in taken), 1)
        if saved >= _WORTH and (worth > most or (worth == most and len(run) < len(best))):
            best, most = run, worth
    return best


def _folded(pieces: Sequence[_Piece], run: tuple[int, ...]) -> list[_Piece]:
    marked: list[tuple[bool, _Piece]] = []
    at = 0
    while at < len(pieces):
        matches = tuple(piece.number for piece in pieces[at : at + len(run)]) == run
        taken = pieces[at : at + len(run)] if matches else pieces[at : at + 1]
        joined = tuple(node for piece in taken for node in piece.nodes)
        marked.append((matches, _Piece(joined, _BARRIER if matches else taken[0].number)))
        at += len(taken)
    found: list[_Piece] = []
    for matches, group in groupby(marked, key=lambda each: each[0]):
        uses = [piece for _, piece in group]
        found += [_Piece((_block([list(piece.nodes) for piece in uses]),), _BARRIER)] if matches else uses
    return found


def _block(uses: list[list[Node]]) -> Node:
    calls = [call for use in uses for node in use for call in node.calls]
    last = uses[-1][-1]
    inside = {node.key for use in uses for node in use}
    inputs = [key for node in uses[0] for key in node.inputs if key not in inside]
    return Node(last.key, "block", last.name, calls, None, list(dict.fromkeys(inputs)), last.shape, uses)


def _kind(call: LayerRecord) -> Hashable:
    """What a call is, its name, channels and sizes aside; a window of one position only mixes channels."""
    told = {setting.name: setting.value for setting in call.settings}
    kernel = told.get("kernel")
    pointwise = isinstance(kernel, tuple) and set(kernel) == {1}
    return call.kind, str(told.get("activation", "")), pointwise
