"""The calls of a model -> nodes of its graph, those of a nested model inside one node.

A call that only changes what the one call before it made (normalisation, activation, dropout) joins the node of that
call; a padding joins the node of the conv or pooling layer that it is for.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord, ModelRecord, Shape

_FOLLOWING = ("Normalization", "Activation", "ReLU", "ELU", "Dropout", "Noise", "Softmax")
_MERGING = {"Add", "Concatenate", "Multiply", "Average", "Maximum", "Minimum", "Subtract", "Dot"}


@dataclass(slots=True)
class Node:
    """What becomes one box.

    Attributes:
        key: Its name in the graph: the path of its main call, or of its last one.
        role: "input", "output", "conv", "pool", "dense", "merge", "other", "model" (nested) or "block" (folded).
        name: The model's input or output, the path of the nested model, or that of the call; a block's means nothing.
        calls: The calls that it stands for, in order of computation.
        main: The call that gives it its kind, where it is one.
        inputs: Keys of the nodes that it reads, each once; what is no key of its graph comes from outside.
        shape: Shape of one sample of what comes out.
        uses: Of a nested model or a block: the nodes inside, for each time that it is used in a row.
        by_order: Whether nobody knows what it reads, so that the call before it is drawn there.
    """

    key: str
    role: str
    name: str
    calls: list[LayerRecord]
    main: LayerRecord | None
    inputs: list[str]
    shape: Shape
    uses: list[list[Node]] = field(default_factory=list)
    by_order: bool = False

    @property
    def attached(self) -> list[LayerRecord]:
        """The calls that share the box of the main one."""
        return [call for call in self.calls if call is not self.main]


@dataclass(frozen=True, slots=True)
class Reading:
    """Who reads whose output.

    Attributes:
        sources: By path, the paths that a call reads, "" or "/name" for an input of the model.
        readers: How many calls read a path.
        by_order: Paths of the calls of which that is not known; their source is the call before them.
    """

    sources: Mapping[str, tuple[str, ...]]
    readers: Mapping[str, int]
    by_order: frozenset[str]


def _named(name: str, model: ModelRecord) -> str:
    """An input's name, or what it is where Keras has numbered it: that number counts what the program did before."""
    return words(model).sample if re.fullmatch(r"keras_tensor(_\d+)?", name) else name


def inputs_of(model: ModelRecord) -> list[Node]:
    """Return a node for each input of a model, the main one first; its key is "", theirs are "/" and their names."""
    found = [
        Node(
            "" if place == model.main_input else f"/{one.name}",
            "input",
            _named(one.name, model),
            [],
            None,
            [],
            one.shape,
        )
        for place, one in enumerate(model.inputs)
    ]
    return sorted(found, key=lambda node: node.key != "") or [Node("", "input", "input", [], None, [], ())]


def reading_of(model: ModelRecord) -> Reading:
    """Work out who reads whose output."""
    known = {node.key for node in inputs_of(model)}
    sources: dict[str, tuple[str, ...]] = {}
    by_order: set[str] = set()
    before = ""
    for call in model.layers:
        seen = tuple(dict.fromkeys(source for source in call.inputs if source in known))
        if not seen:
            by_order.add(call.path)
        sources[call.path] = seen or (before,)
        known.add(call.path)
        before = call.path
    readers = Counter(source for read in sources.values() for source in read)
    return Reading(sources, readers, frozenset(by_order))


def nodes_of(calls: Sequence[LayerRecord], reading: Reading, around: str = "", *, flat: bool = False) -> list[Node]:
    """Return the nodes of one level, each after those that it reads.

    Args:
        calls: The calls of the level and of the models nested in it, in order of computation.
        reading: Who reads whose output.
        around: Path of the model that they are in, with a "/" at its end; "" for the whole.
        flat: Whether the calls of nested models stand beside those around them.
    """
    groups = {call.path: [call] for call in calls} if flat else _groups(calls, around)
    order = _sorted_groups(groups, reading)
    if order is None:
        # Parts of one layer that are called at different times, as a subclassed model may: no box can hold them.
        groups = {call.path: [call] for call in calls}
        order = _sorted_groups(groups, reading) or list(groups)
    owner: dict[str, Node] = {}
    nodes: dict[str, Node] = {}
    for key in order:
        members = groups[key]
        inside = [] if members[0].path == key and len(members) == 1 else nodes_of(members, reading, f"{key}/")
        if len(inside) > 1:
            last = members[-1]
            _add(nodes, owner, Node(last.path, "model", key, members, None, [], last.output_shape, [inside]))
            continue
        for call in members:
            _place(call, reading, nodes, owner)
    for node in nodes.values():
        read = [source for call in node.calls for source in reading.sources[call.path]]
        keys = [owner[source].key if source in owner else source for source in read]
        node.inputs = [key for key in dict.fromkeys(keys) if key != node.key]
        node.by_order = bool(node.calls) and node.calls[0].path in reading.by_order
    return list(nodes.values())


def _groups(calls: Sequence[LayerRecord], around: str) -> dict[str, list[LayerRecord]]:
    groups: dict[str, list[LayerRecord]] = {}
    for call in calls:
        below = call.path[len(around) :] if call.path.startswith(around) else ""
        key = around + below.split("/", 1)[0] if "/" in below else call.path
        groups.setdefault(key, []).append(call)
    return groups


def _sorted_groups(groups: Mapping[str, Sequence[LayerRecord]], reading: Reading) -> list[str] | None:
    """Sort groups so that each follows those that it reads, else by their first call; None where they form a circle."""
    owner = {call.path: key for key, members in groups.items() for call in members}
    place = {key: number for number, key in enumerate(groups)}
    waiting: dict[str, set[str]] = {}
    readers: dict[str, list[str]] = {key: [] for key in groups}
    for key, members in groups.items():
        read = {owner[one] for call in members for one in reading.sources[call.path] if one in owner}
        waiting[key] = read - {key}
        for source in waiting[key]:
            readers[source].append(key)
    ready = [place[key] for key, sources in waiting.items() if not sources]
    names, order = list(groups), list[str]()
    while ready:
        key = names[heapq.heappop(ready)]
        order.append(key)
        for reader in readers[key]:
            waiting[reader].discard(key)
            if not waiting[reader]:
                heapq.heappush(ready, place[reader])
    return order if len(order) == len(groups) else None


def _add(nodes: dict[str, Node], owner: dict[str, Node], node: Node) -> None:
    nodes[node.key] = node
    owner.update((call.path, node) for call in node.calls)


def _place(call: LayerRecord, reading: Reading, nodes: dict[str, Node], owner: dict[str, Node]) -> None:
    """Give a call a node of its own, or a place in the one before it."""
    sources = reading.sources[call.path]
    before = owner.get(sources[0]) if len(sources) == 1 and reading.readers[sources[0]] == 1 else None
    if before is None or before.main is None or before.calls[-1].path != sources[0] or call.path in reading.by_order:
        _add(nodes, owner, Node(call.path, role_of(call), call.path, [call], call, [], call.output_shape))
    elif _follows(call, before):
        before.calls.append(call)
        before.shape = call.output_shape
        owner[call.path] = before
    elif call.role in {"conv", "pool"} and [_pads(one) for one in before.calls] == [True]:
        del nodes[before.key]
        padded = [before.calls[0], call]
        _add(nodes, owner, Node(call.path, call.role, call.path, padded, call, [], call.output_shape))
    else:
        _add(nodes, owner, Node(call.path, role_of(call), call.path, [call], call, [], call.output_shape))


def _follows(call: LayerRecord, before: Node) -> bool:
    if "Normalization" in call.kind and before.role in {"merge", "pool"}:
        # It prepares what comes after the branches have met, as in a network that normalises before each conv layer.
        return False
    return call.role == "other" and any(word in call.kind for word in _FOLLOWING)


def _pads(call: LayerRecord) -> bool:
    return "ZeroPadding" in call.kind


def role_of(call: LayerRecord) -> str:
    """Return what sort of box a call gets."""
    if call.role != "other":
        return call.role
    if call.kind in _MERGING:
        return "merge"
    return "dense" if call.kind in {"Dense", "EinsumDense"} else "other"
