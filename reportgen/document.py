"""The whole report as plain data, equal in HTML, PDF and JSON. Sections fill it, renderers read it.

Numbers stay numbers here; templates format them. Pictures are bytes with a caption and a text alternative.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from reportgen import registry
from reportgen.records import ModelRecord

SHEET_LEFT = 30.0
"""Room for the row numbers of a contact sheet, CSS pixels."""
SHEET_TOP = 18.0
"""Room for its column numbers."""
SHEET_WIDTH = 640.0
"""Most that a contact sheet is wide, without its numbers."""
HIGHEST_TILE = 76.0
"""Most that one of its tiles is high."""
NUMBER_HEIGHT = 11.0
"""Height of the number below a tile, on sheets of a selection."""
_TICKS_HEIGHT = 16.0
_LINE = 11.0
_MOST_LABELS = 8

Severity = Literal["failed", "warning", "note", "passed"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture.

    Attributes:
        name: Stable id, also its anchor in the page.
        media_type: "image/png" or "image/svg+xml".
        data: The file's bytes.
        width_px: Width of the picture; of an SVG, in CSS pixels.
        height_px: Height of the picture.
        alt: What it shows, for someone who cannot see it, made from its data.
        caption: What it shows, which sample, which layer, which scale, what to notice.
        dark_data: The same picture for a dark page, where it is drawn twice; else empty.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    alt: str
    caption: str = ""
    dark_data: bytes = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        if not self.alt.strip():
            message = f"Figure {self.name!r} has no text alternative. Every figure needs one, made from its data."
            raise ValueError(message)

    @property
    def sha256(self) -> str:
        """Hash of the picture's bytes."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """A tile of a contact sheet that is pointed at.

    Attributes:
        channel: Channel number of the tile, from 0.
        reason: "follows" (frame) or "broken" (crossed out: values that are no numbers).
    """

    channel: int
    reason: Literal["follows", "broken"]


@dataclass(frozen=True, slots=True)
class ContactSheet:
    """All maps of one layer in one picture; tiles in reading order, a gap between neighbours.

    Attributes:
        figure: The picture.
        columns: Tiles in a row.
        rows: Rows of tiles.
        tile_width_px: Width of a tile, without its gap.
        tile_height_px: Height of a tile, without its gap.
        gap_px: Pixels between neighbouring tiles.
        channels: Channel numbers of the tiles, in reading order.
        num_channels: How many channels the layer has.
        marks: Tiles that are pointed at.
        ticks: What stands below each column, for tiles that have an axis of their own: a place in the tile, pixels,
            and its words ("step 0", "1"). The rows of such a sheet are thin, so that not each has its number.
        number_px: Height of the foot of every tile that its channel's number is written on, part of the tile; 0 where
            row and column say which channel it is.
    """

    figure: Figure
    columns: int
    rows: int
    tile_width_px: int
    tile_height_px: int
    gap_px: int
    channels: tuple[int, ...]
    num_channels: int
    marks: tuple[Mark, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    number_px: int = 0

    @property
    def scale(self) -> float:
        """How many times the picture is enlarged: to the width of the page, but no tile higher than 76 pixels."""
        return min(SHEET_WIDTH / self.figure.width_px, HIGHEST_TILE / self.tile_height_px)

    @property
    def image_size(self) -> tuple[float, float]:
        """Width and height of the enlarged picture, CSS pixels."""
        return self.figure.width_px * self.scale, self.figure.height_px * self.scale

    @property
    def size(self) -> tuple[float, float]:
        """Width and height with the numbers above and beside the picture, CSS pixels."""
        width, height = self.image_size
        return width + SHEET_LEFT + 2, height + SHEET_TOP + 2 + (_TICKS_HEIGHT if self.ticks else 0)

    @property
    def blank(self) -> tuple[float, float, float, float] | None:
        """Left, top, width and height of what is empty at the end of the last row, CSS pixels; None for a full row."""
        used = len(self.channels) % self.columns
        if not used:
            return None
        left = SHEET_LEFT + ((self.tile_width_px + self.gap_px) * used - self.gap_px) * self.scale
        top = SHEET_TOP + (self.tile_height_px + self.gap_px) * (self.rows - 1) * self.scale
        width, height = self.image_size
        return left, top, SHEET_LEFT + width - left, SHEET_TOP + height - top

    @property
    def column_labels(self) -> tuple[tuple[float, int], ...]:
        """Middle of each column, CSS pixels, and the number above it; a single column of strips needs none."""
        if self.number_px or (self.ticks and self.columns == 1):
            return ()
        step, half = (self.tile_width_px + self.gap_px) * self.scale, self.tile_width_px * self.scale / 2
        return tuple((SHEET_LEFT + step * column + half, column) for column in range(self.columns))

    @property
    def row_labels(self) -> tuple[tuple[float, int], ...]:
        """Middle of each row, CSS pixels, and the number beside it; none where each tile has its own."""
        if self.number_px:
            return ()
        step, half = (self.tile_height_px + self.gap_px) * self.scale, self.tile_height_px * self.scale / 2
        every = max(1, -int(-_LINE // step)) if self.ticks else 1
        return tuple(
            (SHEET_TOP + step * row + half, self.channels[row * self.columns]) for row in range(0, self.rows, every)
        )

    @property
    def paper_column_labels(self) -> tuple[tuple[float, int], ...]:
        """Those of the numbers above the columns that go on paper."""
        return self._on_paper(self.column_labels)

    @property
    def paper_row_labels(self) -> tuple[tuple[float, int], ...]:
        """Those of the numbers beside the rows that go on paper."""
        return self._on_paper(self.row_labels)

    def _on_paper(self, labels: tuple[tuple[float, int], ...]) -> tuple[tuple[float, int], ...]:
        # Each costs the typesetter a millisecond, and a large network has thousands: as on a ruler, each second or
        # fourth is enough, but where a row is a channel.
        every = 1 if len(labels) <= _MOST_LABELS or self.columns == 1 else 2 if len(labels) <= 2 * _MOST_LABELS else 4
        return labels[::every]

    @property
    def tile_labels(self) -> tuple[tuple[float, float, int], ...]:
        """Middle and foot of each tile of a selection, CSS pixels, and the channel's number that stands there."""
        if not self.number_px:
            return ()
        across, down = (self.tile_width_px + self.gap_px) * self.scale, (self.tile_height_px + self.gap_px) * self.scale
        left, foot = SHEET_LEFT + self.tile_width_px * self.scale / 2, SHEET_TOP + self.tile_height_px * self.scale - 2
        return tuple(
            (left + across * (place % self.columns), foot + down * (place // self.columns), channel)
            for place, channel in enumerate(self.channels)
        )

    @property
    def tick_labels(self) -> tuple[tuple[float, float, str, str], ...]:
        """Place of each tick below the picture, CSS pixels, its words, and how they stand to it."""
        step, bottom = (self.tile_width_px + self.gap_px) * self.scale, self.size[1] - 4
        found = []
        for column in range(self.columns):
            for number, (place, words) in enumerate(self.ticks):
                anchor = "start" if number == 0 else "end" if place >= self.tile_width_px else "middle"
                found.append((SHEET_LEFT + step * column + place * self.scale, bottom, words, anchor))
        return tuple(found)

    @property
    def frames(self) -> tuple[tuple[float, float, float, float, str], ...]:
        """Left, top, width and height of each marked tile, CSS pixels, and why it is marked."""
        found = []
        for mark in self.marks:
            row, column = divmod(self.channels.index(mark.channel), self.columns)
            left = SHEET_LEFT + (self.tile_width_px + self.gap_px) * column * self.scale
            top = SHEET_TOP + (self.tile_height_px + self.gap_px) * row * self.scale
            found.append((left, top, self.tile_width_px * self.scale, self.tile_height_px * self.scale, mark.reason))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the reader should know.

    Attributes:
        severity: "failed" (a check inside the report failed), "warning", "note" or "passed".
        title: The finding in one sentence.
        detail: What stands behind it: which layer, which numbers.
        anchor: Id of the place in the report that shows it, or "".
    """

    severity: Severity
    title: str
    detail: str
    anchor: str = ""

    @property
    def chapter(self) -> str:
        """Name of the chapter that holds the place, which a report may leave out."""
        chapters = {"layer": "architecture", "sample": "samples", "scaling": "samples", "broken": "samples"}
        return (chapters | {"channels": "channels"}).get(self.anchor.partition("-")[0], self.anchor)


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the run facts: what, and its value as given."""

    name: str
    value: str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FontFile:
    """A font of the user's own.

    Attributes:
        name: Name of the file, below the folder that was given.
        sha256: Hash of its bytes.
        path: Where it is on this machine, which no document says.
    """

    name: str
    sha256: str
    path: Path = field(repr=False)


@dataclass(frozen=True, slots=True)
class TemplateFile:
    """A template of the user's own.

    Attributes:
        name: Name of the template of ours that it replaces.
        sha256: Hash of the file's bytes.
        text: What stands in it.
    """

    name: str
    sha256: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """How the report was made: everything that can change its numbers.

    Attributes:
        command: The command line that makes the report again.
        created: Time from SOURCE_DATE_EPOCH, ISO 8601 in UTC, or None; the clock is never read.
        versions: Programs and libraries, with their versions.
        machine: Threads, oneDNN, processor features: what changes the last bits of a float.
        options: The options in force, by name.
        model: File name and hashes of the model.
        data: Name and hash of the data.
        look: Hashes of the user's own fonts and templates; () where the report looks as it comes.
    """

    command: str
    created: str | None
    versions: tuple[Fact, ...]
    machine: tuple[Fact, ...]
    options: tuple[Fact, ...]
    model: tuple[Fact, ...]
    data: tuple[Fact, ...]
    look: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One chapter.

    Attributes:
        name: Key: id in the page, key in the JSON, name of its template.
        title: Its heading.
        answer: The chapter's question answered in one or two sentences.
        content: A frozen dataclass of the chapter's own, for its template and the JSON.
    """

    name: str
    title: str
    answer: str
    content: object


@dataclass(frozen=True, slots=True)
class Score:
    """How well one output answers the images, where true classes or true values are known.

    Attributes:
        output: Name of the output.
        kind: What its answers are: "probabilities", "logits", "multi-label" or "values".
        num_images: How many images were put to the model.
        right: How many were answered rightly, at a multi-label output with all their classes and no other; None of
            values.
        interval: 95 % interval of the share of right answers (Wilson 1927), or None.
        mean_error: Mean absolute error of values, or None.
    """

    output: str
    kind: str
    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    mean_error: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole document.

    Attributes:
        title: Its title.
        subject: One sentence that says what it is about, for a file's description.
        model: The facts of the model.
        run: How it was made.
        findings: What the reader should know, heaviest first.
        sections: The chapters, in their order.
        fonts: Fonts of the user's own, for what the bundled ones lack; in the JSON only their hashes, in `run`.
        templates: Templates of the user's own, in the place of ours; likewise.
        max_size_bytes: Most that its web page may take, with what stands beside it; 0 for no bound.
        scores: How well each output with known answers does, the one that is looked at closely first. They are here
            whichever chapters there are; in the JSON they stand in the chapters.
    """

    title: str
    subject: str
    model: ModelRecord
    run: RunFacts
    findings: tuple[Finding, ...]
    sections: tuple[Section, ...]
    fonts: tuple[FontFile, ...] = ()
    templates: tuple[TemplateFile, ...] = ()
    max_size_bytes: int = 0
    scores: tuple[Score, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a check inside the report failed."""
        return any(finding.severity == "failed" for finding in self.findings)

    def _repr_html_(self) -> str:
        """Show the report in a notebook; what is shown is a renderer's business, found by its name."""
        framed: str = registry.load("renderers", "html").framed(self)
        return framed
