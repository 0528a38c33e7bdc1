"""The drawing of a network as plain data: panels, rows of boxes, and the lines between them. Figures lay it out.

All lengths are CSS pixels, from the upper left corner of a strip.
"""

from __future__ import annotations

from dataclasses import dataclass

BOX_LINE = 14.0
"""Height of a line of words in a box."""
BOX_BASELINE = 10.5
"""Its baseline, from its upper end."""
BOX_PADDING = 10.0
"""Room at the left of the words."""
BOX_FRAME = 3.0
"""Room between the two edges of a box that stands for others."""
PAGE_HEIGHT = 700.0
"""Most of a strip that goes on one page, with a heading above it, so that its words need not become smaller."""
_LEAST_TARGET = 24.0


@dataclass(frozen=True, slots=True)
class Box:
    """One node in the drawing of a network.

    Attributes:
        x: Left edge, CSS pixels, in its strip.
        y: Upper edge.
        width: Width.
        height: Height.
        role: "input", "output", "conv", "pool", "dense", "merge", "other", "model" (nested) or "block" (folded).
        name: Its name, in one or more lines.
        words: What stands below it, line by line; where there is a panel, the last one leads to the layers.
        told: The same in full, for a reader who points at it or hears it.
        calls: Paths of the calls that it stands for; the first one that it names is `path`.
        path: Path of the call that it leads to, "" where it leads to none.
        panel: Name of the panel that shows what is inside, or "".
    """

    x: float
    y: float
    width: float
    height: float
    role: str
    name: tuple[str, ...]
    words: tuple[str, ...]
    told: str
    calls: tuple[str, ...] = ()
    path: str = ""
    panel: str = ""

    @property
    def inner(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the inner edge, where it has two; else of the only one."""
        frame = BOX_FRAME if self.panel else 0.0
        return self.x + frame, self.y + frame, self.width - 2 * frame, self.height - 2 * frame

    @property
    def rows_target(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the part that leads to the layers, where the rest leads to the panel.

        Its height is the least that WCAG 2.2 asks of what is to be hit (2.5.8).
        """
        return self.x, round(self.y + self.height - _LEAST_TARGET, 1), self.width, _LEAST_TARGET

    @property
    def name_lines(self) -> tuple[tuple[float, float, str], ...]:
        """Left end and baseline of each line of the name, and its letters."""
        return self._texts(self.name, 0)

    @property
    def word_lines(self) -> tuple[tuple[float, float, str], ...]:
        """The same of the words below it."""
        return self._texts(self.words, len(self.name))

    def _texts(self, lines: tuple[str, ...], above: int) -> tuple[tuple[float, float, str], ...]:
        left = round(self.inner[0] + BOX_PADDING, 1)
        top = self.y + (self.height - BOX_LINE * len(self.name + self.words)) / 2 + BOX_BASELINE
        return tuple((left, round(top + BOX_LINE * row, 1), line) for row, line in enumerate(lines, above))


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside an edge: the shape that goes over it. Left end and baseline, CSS pixels."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """An edge, or the part of it that lies in one strip.

    Attributes:
        source: Name of the node where it begins: the path of the last call there, or an input's name.
        target: Name of the node where it ends.
        points: Where it passes, CSS pixels, from left to right; between two heights it swings in an S.
        arrow: Whether it ends here, at a box.
        known: Whether it is known that the one reads the other; else only that it is computed after it.
    """

    source: str
    target: str
    points: tuple[tuple[float, float], ...]
    arrow: bool
    known: bool = True

    @property
    def path(self) -> str:
        """The line in the words of an SVG path."""
        (x, y), *others = self.points
        words = [f"M{x:.1f} {y:.1f}"]
        for next_x, next_y in others:
            middle = (x + next_x) / 2
            bend = f"C{middle:.1f} {y:.1f} {middle:.1f} {next_y:.1f} {next_x:.1f} {next_y:.1f}"
            words.append(f"H{next_x:.1f}" if y == next_y else bend)
            x, y = next_x, next_y
        return "".join(words)


@dataclass(frozen=True, slots=True)
class Strip:
    """One row of a panel; the network runs on from its right end to the left end of the next one.

    Attributes:
        width: Width.
        height: Height.
        boxes: Its boxes.
        lines: The edges between them, and those that pass.
        labels: Words beside the edges.
        alt: What it shows, for someone who cannot see it.
        top: Where it begins, if it is cut out of a higher one.
    """

    width: float
    height: float
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    alt: str
    top: float = 0.0

    @property
    def pages(self) -> tuple[Strip, ...]:
        """The strip, or the parts of a high one that each fit on a page; no cut runs through a box or through words."""
        solid = [(box.y, box.y + box.height) for box in self.boxes]
        solid += [(label.y - BOX_LINE, label.y + BOX_LINE) for label in self.labels]
        cuts = [0.0]
        while self.height - cuts[-1] > PAGE_HEIGHT:
            whole = [bottom for _, bottom in solid if cuts[-1] < bottom <= cuts[-1] + PAGE_HEIGHT]
            clear = [at for at in whole if not any(top < at < bottom for top, bottom in solid)]
            cuts.append(max(clear, default=cuts[-1] + PAGE_HEIGHT))
        if len(cuts) == 1:
            return (self,)
        parts = enumerate(zip(cuts, [*cuts[1:], self.height], strict=True), 1)
        return tuple(
            self._part(top, bottom, f"{self.alt} Part {place} of {len(cuts)}.") for place, (top, bottom) in parts
        )

    def _part(self, top: float, bottom: float, alt: str) -> Strip:
        boxes = tuple(box for box in self.boxes if top <= box.y < bottom)
        labels = tuple(label for label in self.labels if top <= label.y < bottom)
        return Strip(self.width, round(bottom - top, 1), boxes, self.lines, labels, alt, round(top, 1))


@dataclass(frozen=True, slots=True)
class Panel:
    """The network from its inputs to its outputs, or what is inside a box of it.

    Attributes:
        name: Its id in the page, after "drawing-"; "" for the whole network.
        title: What it shows.
        told: How often it is used and where its calls stand in the table.
        strips: Its rows.
    """

    name: str
    title: str
    told: str
    strips: tuple[Strip, ...]

    @property
    def pages(self) -> tuple[Strip, ...]:
        """Its rows, high ones cut into parts that each fit on a page."""
        return tuple(part for strip in self.strips for part in strip.pages)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A network as boxes and lines.

    Attributes:
        panels: The whole network, then each nested model and each block that repeats, once.
        alt: What it shows, for someone who cannot see it.
        caption: Caption.
    """

    panels: tuple[Panel, ...]
    alt: str
    caption: str
