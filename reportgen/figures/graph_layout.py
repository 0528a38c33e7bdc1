"""Boxes of known size and who follows whom -> their places, in rows that follow each other like lines of text.

Boxes stand in ranks from left to right, by the longest way to them, as in Sugiyama's layered drawings (Sugiyama, Tagawa
and Toda 1981, "Methods for visual understanding of hierarchical system structures", IEEE Transactions on Systems, Man,
and Cybernetics 11). Unlike there, the graph is split into tracks that are drawn as straight as the lines of a metro
map: a track goes on with the longest way onward, branches lie below the track that they leave, and an edge that passes
other boxes has a track of its own. So no line can run through a box. Rows are broken as Knuth and Plass break lines
("Breaking paragraphs into lines", Software: Practice and Experience 11, 1981): with the least slack in all of them
together, and where a single line goes on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

ROW_WIDTH = 712.0
"""Most that a row is wide, CSS pixels: in a frame on an A4 page, words of 10.5 pixels still have 7 points."""
_BEND = 24.0
_FEW_BENDS = 5
_MORE_BEND = 3.0
_WIDEST_BEND = 72.0
_ARROW = 11.0
_END = 12.0
_LANE_GAP = 12.0
_LABEL_ROOM = 15.0
_LINE_ROOM = 3.0
_MARGIN = 2.0


@dataclass(frozen=True, slots=True)
class Item:
    """A box to be placed.

    Attributes:
        key: Its name.
        sources: Keys of the boxes that it follows; each stands before it.
        width: Width, CSS pixels.
        height: Height.
        label_width: Room that the words beside its right edge need, 0 for none.
    """

    key: str
    sources: tuple[str, ...]
    width: float
    height: float
    label_width: float = 0.0


@dataclass(frozen=True, slots=True)
class Way:
    """The part of an edge that lies in one row: points from left to right, with an S from one height to another."""

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    arrives: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        width: Width, CSS pixels.
        height: Height.
        places: By key, the left edge and the middle of the height of each box.
        ways: The edges.
    """

    width: float
    height: float
    places: Mapping[str, tuple[float, float]]
    ways: tuple[Way, ...]


@dataclass(slots=True)
class _Track:
    """A straight line through the ranks, with boxes on it or none.

    Attributes:
        first: Rank where it begins.
        last: Rank where it ends.
        parent: Number of the track below which it lies; of the first one, its own.
        lane: Its place from above, once known.
    """

    first: int
    last: int
    parent: int
    lane: int = 0


@dataclass(frozen=True, slots=True)
class _Edge:
    """An edge, and the number of the track that it passes other ranks on."""

    source: str
    target: str
    track: int


@dataclass(slots=True)
class _Layout:
    """What is known of the whole drawing before it is broken into rows."""

    items: dict[str, Item]
    ranks: dict[str, int]
    tracks: list[_Track] = field(default_factory=list)
    on: dict[str, int] = field(default_factory=dict)
    edges: list[_Edge] = field(default_factory=list)

    def lane(self, edge: _Edge, rank: int) -> int:
        """Return the lane of an edge at a rank."""
        if rank == self.ranks[edge.source]:
            return self.tracks[self.on[edge.source]].lane
        if rank == self.ranks[edge.target]:
            return self.tracks[self.on[edge.target]].lane
        return self.tracks[edge.track].lane


def lay_out(items: Sequence[Item]) -> list[Row]:
    """Place boxes.

    Args:
        items: The boxes, each after those that it follows.
    """
    layout = _Layout({item.key: item for item in items}, _ranks(items))
    _trace(layout)
    _stack(layout.tracks)
    columns = _Columns(layout)
    return [_RowMaker(layout, columns, first, last).row() for first, last in _broken(columns)]


def _ranks(items: Sequence[Item]) -> dict[str, int]:
    ranks: dict[str, int] = {}
    nearest: dict[str, int] = {}
    for item in items:
        ranks[item.key] = max((ranks[source] + 1 for source in item.sources), default=0)
    # A further input and what only it leads to move up to where they are read.
    late = {item.key for item in items[1:] if not item.sources}
    for item in items:
        if item.sources and late.issuperset(item.sources):
            late.add(item.key)
    for item in reversed(items):
        if item.key in late and item.key in nearest:
            ranks[item.key] = nearest[item.key] - 1
        for source in item.sources:
            nearest[source] = min(nearest.get(source, ranks[item.key]), ranks[item.key])
    return ranks


def _trace(layout: _Layout) -> None:
    """Split the graph into tracks: a box goes on with the track of the latest box that it follows, if that is free."""
    items, ranks, tracks, on = layout.items, layout.ranks, layout.tracks, layout.on
    onward = dict.fromkeys(items, 0)
    for item in reversed(items.values()):
        for source in item.sources:
            onward[source] = max(onward[source], onward[item.key] + 1)
    ends: dict[int, str] = {}
    straight: set[tuple[str, str]] = set()
    for key in sorted(items, key=lambda key: (ranks[key], -onward[key])):
        latest = sorted(items[key].sources, key=lambda source: -ranks[source])
        free = [source for source in latest if ends[on[source]] == source]
        if free:
            on[key] = on[free[0]]
            tracks[on[key]].last = ranks[key]
            straight.add((free[0], key))
        else:
            on[key] = len(tracks)
            tracks.append(_Track(ranks[key], ranks[key], on[latest[0]] if latest else 0))
            if latest:
                tracks[-1].first = ranks[latest[0]] + 1
                straight.add((latest[0], key))
        ends[on[key]] = key
    _lead(layout, ends, straight)


def _lead(layout: _Layout, ends: Mapping[int, str], straight: Collection[tuple[str, str]]) -> None:
    """Choose the track that each edge passes other ranks on.

    Args:
        layout: What is known of the drawing.
        ends: The last box of each track.
        straight: Edges that run on the track of the box where they end.
    """
    items, ranks, tracks, on = layout.items, layout.ranks, layout.tracks, layout.on
    buses: dict[str, int] = {}
    for key, item in items.items():
        for source in item.sources:
            if (source, key) in straight:
                track = on[key]
            elif ends[on[source]] == source:
                track = on[source]
                tracks[track].last = max(tracks[track].last, ranks[key] - 1)
            elif ranks[key] == ranks[source] + 1:
                track = on[key]
            else:
                track = buses.setdefault(source, len(tracks))
                if track == len(tracks):
                    tracks.append(_Track(ranks[source] + 1, ranks[source] + 1, on[source]))
                tracks[track].last = max(tracks[track].last, ranks[key] - 1)
            layout.edges.append(_Edge(source, key, track))


def _stack(tracks: Sequence[_Track]) -> None:
    """Give each track a lane: below the track that it leaves, short ones nearer, where nothing else is."""
    children: dict[int, list[int]] = {}
    for number, track in enumerate(tracks[1:], 1):
        children.setdefault(track.parent, []).append(number)
    taken: list[set[tuple[int, int]]] = [set() for _ in tracks]
    # A track stands after the one that it leaves, so that what hangs below it is known here.
    for number in range(len(tracks) - 1, -1, -1):
        track = tracks[number]
        # One rank more, so that nothing begins right where another line ends.
        cells = {(0, rank) for rank in range(track.first, track.last + 2)}
        below = sorted(children.get(number, []), key=lambda child: (tracks[child].last - tracks[child].first, child))
        for child in below:
            down = 1
            while any((lane + down, rank) in cells for lane, rank in taken[child]):
                down += 1
            tracks[child].lane = down
            cells |= {(lane + down, rank) for lane, rank in taken[child]}
            taken[child] = set()
        taken[number] = cells
    for track in tracks[1:]:
        track.lane += tracks[track.parent].lane


class _Columns:
    """Widths of the ranks and of the gaps after them."""

    def __init__(self, layout: _Layout) -> None:
        number = max(layout.ranks.values()) + 1
        self.boxes = [0.0] * number
        self.labels = [0.0] * number
        onward: list[set[int]] = [set() for _ in range(number)]
        swung: list[set[tuple[int, int]]] = [set() for _ in range(number)]
        for key, rank in layout.ranks.items():
            self.boxes[rank] = max(self.boxes[rank], layout.items[key].width)
            self.labels[rank] = max(self.labels[rank], layout.items[key].label_width)
        for edge in layout.edges:
            for rank in range(layout.ranks[edge.source], layout.ranks[edge.target]):
                onward[rank].add(layout.lane(edge, rank))
                if layout.lane(edge, rank) != layout.lane(edge, rank + 1):
                    swung[rank].add((layout.lane(edge, rank), layout.lane(edge, rank + 1)))
        # Many lines that swing side by side need more room to be told apart.
        self.bends = [
            min(_BEND + max(len(pairs) - _FEW_BENDS, 0) * _MORE_BEND, _WIDEST_BEND) if pairs else 0.0 for pairs in swung
        ]
        self.onward = [len(lanes) for lanes in onward]
        self.gaps = [label + bend + _ARROW for label, bend in zip(self.labels, self.bends, strict=True)]

    def lead(self, first: int) -> float:
        """Room at the left of a row, for what comes from the one before it."""
        return _END + self.bends[first - 1] + _ARROW if first else _MARGIN

    def width(self, first: int, last: int) -> float:
        """Width of a row from one rank to another."""
        inside = sum(self.boxes[first : last + 1]) + sum(self.gaps[first:last])
        end = self.labels[last] + _END if last + 1 < len(self.boxes) else _MARGIN
        return self.lead(first) + inside + end


def _broken(columns: _Columns) -> list[tuple[int, int]]:
    """Break the ranks into rows; return the first and the last rank of each."""
    number = len(columns.boxes)
    cost = [0.0] + [float("inf")] * number
    before = [0] * (number + 1)
    for end in range(1, number + 1):
        for start in range(end - 1, -1, -1):
            width = columns.width(start, end - 1)
            if width > ROW_WIDTH and start < end - 1:
                break
            slack = 0.0 if end == number else max(1 - width / ROW_WIDTH, 0.0) ** 2
            # Better any slack in two rows than several lines that go on.
            torn = 2.0 * max(columns.onward[end - 1] - 1, 0) if end < number else 0.0
            if cost[start] + slack + torn + 0.1 < cost[end]:
                cost[end] = cost[start] + slack + torn + 0.1
                before[end] = start
    rows, end = [], number
    while end:
        rows.append((before[end], end - 1))
        end = before[end]
    return rows[::-1]


class _RowMaker:
    """Places what lies between two ranks."""

    def __init__(self, layout: _Layout, columns: _Columns, first: int, last: int) -> None:
        self._layout, self._columns, self._first, self._last = layout, columns, first, last
        ranks = layout.ranks
        self._edges = [edge for edge in layout.edges if ranks[edge.source] <= last and ranks[edge.target] >= first]
        self._items = [item for item in layout.items.values() if first <= ranks[item.key] <= last]
        self._width = columns.width(first, last)
        self._lefts = {first: columns.lead(first)}
        for rank in range(first, last):
            self._lefts[rank + 1] = self._lefts[rank] + columns.boxes[rank] + columns.gaps[rank]
        self._heights, self._height = self._stacked()
        self._places = {
            item.key: (self._lefts[ranks[item.key]], self._heights[layout.tracks[layout.on[item.key]].lane])
            for item in self._items
        }

    def row(self) -> Row:
        """Return the row."""
        return Row(self._width, self._height, self._places, tuple(self._way(edge) for edge in self._edges))

    def _stacked(self) -> tuple[dict[int, float], float]:
        """Return the height of each lane that the row needs, and the row's own."""
        layout = self._layout
        rooms: dict[int, float] = {}
        for edge in self._edges:
            start, end = max(layout.ranks[edge.source], self._first - 1), min(layout.ranks[edge.target], self._last)
            rooms.update((layout.lane(edge, rank), _LINE_ROOM) for rank in range(start, end + 1))
        for item in self._items:
            lane = layout.tracks[layout.on[item.key]].lane
            room = max(item.height / 2, _LABEL_ROOM if item.label_width else 0.0)
            rooms[lane] = max(rooms.get(lane, 0.0), room)
        heights: dict[int, float] = {}
        y = _MARGIN
        for lane in sorted(rooms):
            heights[lane] = y + rooms[lane]
            y = heights[lane] + rooms[lane] + _LANE_GAP
        return heights, y - _LANE_GAP + _MARGIN

    def _way(self, edge: _Edge) -> Way:
        lanes = {rank: self._layout.lane(edge, rank) for rank in self._passed(edge)}
        if edge.source in self._places:
            x, y = self._places[edge.source]
            points = [(x + self._layout.items[edge.source].width, y)]
        else:
            points = [(0.0, self._heights[lanes[self._first - 1]])]
        for rank, lane in list(lanes.items())[:-1]:
            if rank < self._last and lane != lanes[rank + 1]:
                # A row begins with the bends of the gap before it.
                end = self._lefts[rank + 1] - _ARROW
                points += [
                    (end - self._columns.bends[rank], self._heights[lane]),
                    (end, self._heights[lanes[rank + 1]]),
                ]
        arrives = edge.target in self._places
        points.append(self._places[edge.target] if arrives else (self._width, self._heights[lanes[self._last]]))
        return Way(edge.source, edge.target, tuple(points), arrives)

    def _passed(self, edge: _Edge) -> range:
        """The ranks of an edge, with the last one of the row before, where it comes from there."""
        source, target = self._layout.ranks[edge.source], self._layout.ranks[edge.target]
        return range(max(source, self._first - 1), min(target, self._last + 1) + 1)
