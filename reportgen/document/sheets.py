"""Many maps on one picture as plain data: where each tile stands and what is written below it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.document import lettering
from reportgen.document.report import Figure

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
HIGHEST_ON_PAPER = 400.0
"""Most that a sheet is high where many follow one another on paper: two of them fit on a page."""
_HIGHEST_PIECE = 190.0
"""A sheet that is higher there is set in two pieces, so that what is left of a page holds the first."""
_READABLE = 7.0
"""Least size of a number on paper, CSS pixels of the page: five points."""
_DIGIT, _CAPITAL = 0.62, 0.75
"""How wide and how high a digit is at most, in sizes of its letters."""
_BARE_TOP = 4.0
_STRAY = 1.5
"""How far from the edge of a part of a picture readers of PDFs may show its next pixels, CSS pixels of the page."""
_NUMBER_GAP = 6.0
_TICKS_HEIGHT = 16.0
_LINE = 11.0
_MOST_LABELS = 8


@dataclass(frozen=True, slots=True)
class Mark:
    """A tile of a contact sheet that is pointed at.

    Attributes:
        channel: Channel number of the tile, from 0.
        reason: "follows" (frame) or "broken" (crossed out: NaN or infinity).
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
    def place(self) -> tuple[float, float]:
        """Left and upper edge of the picture, CSS pixels."""
        return SHEET_LEFT, SHEET_TOP

    @property
    def number_lines(self) -> tuple[float, float]:
        """Where the numbers of the rows end, and the baseline of those of the columns, CSS pixels."""
        return SHEET_LEFT - _NUMBER_GAP, SHEET_TOP - _NUMBER_GAP

    @property
    def size(self) -> tuple[float, float]:
        """Width and height with the numbers above and beside the picture, CSS pixels."""
        width, height = self.image_size
        return width + SHEET_LEFT + 2, height + SHEET_TOP + 2 + (_TICKS_HEIGHT if self.ticks else 0)

    @property
    def whole(self) -> Piece:
        """All rows as one picture."""
        return Piece(self, range(self.rows), (0.0, self.size[1]), 1.0)

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """The rows as they are set on paper: a high sheet smaller, and in two pieces between which a page may end."""
        height = self.size[1]
        shrink = min(1.0, HIGHEST_ON_PAPER / height)
        top = 0.0 if self.column_labels else SHEET_TOP - _BARE_TOP
        if self.rows == 1 or height * shrink <= _HIGHEST_PIECE:
            return (Piece(self, range(self.rows), (top, height), shrink),)
        framed = {self.channels.index(mark.channel) // self.columns for mark in self.marks}
        # A broad frame lies on the tiles next to its own, where the second piece would be drawn over it.
        cut = min(range(1, self.rows), key=lambda row: (row - 1 in framed, abs(2 * row - self.rows)))
        middle = SHEET_TOP + (cut * (self.tile_height_px + self.gap_px) - self.gap_px / 2) * self.scale
        return (
            Piece(self, range(cut), (top, middle), shrink),
            Piece(self, range(cut, self.rows), (middle, height), shrink),
        )

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
        if len(labels) <= _MOST_LABELS or self.columns == 1:
            return labels
        return labels[:: 2 if len(labels) <= 2 * _MOST_LABELS else 4]

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
                last = "end" if place >= self.tile_width_px else "middle"
                anchor = last if number else "start"
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
class Piece:
    """Rows of a contact sheet that are drawn together; all lengths are CSS pixels of the whole sheet.

    Attributes:
        sheet: The sheet.
        rows: Which of its rows, from 0.
        span: Upper and lower edge, with what is written above and below the rows.
        shrink: How many times it is as large on the page as on the sheet.
    """

    sheet: ContactSheet
    rows: range
    span: tuple[float, float]
    shrink: float

    @property
    def is_first(self) -> bool:
        """Whether the sheet begins with it."""
        return self.rows.start == 0

    @property
    def is_last(self) -> bool:
        """Whether the sheet ends with it."""
        return self.rows.stop == self.sheet.rows

    @property
    def alt(self) -> str:
        """Text alternative: of the sheet, and which of its rows these are if not all."""
        if self.is_first and self.is_last:
            return self.sheet.figure.alt
        first, last = self.rows.start + 1, self.rows.stop
        which = f"{f'Row {first}' if first == last else f'Rows {first} to {last}'} of {self.sheet.rows}"
        return f"{self.sheet.figure.alt} {which}." if self.is_first else f"{which} of the same maps."

    @property
    def size(self) -> tuple[float, float]:
        """Width and height."""
        return self.sheet.size[0], self.span[1] - self.span[0]

    @property
    def letters(self) -> float:
        """Size of the numbers beside the rows and above the columns: on the page never smaller than can be read."""
        return max(lettering.SIZE, _READABLE / self.shrink)

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height, with the room that numbers need which are larger than usual."""
        (width, height), (across, down) = self.size, self.sheet.number_lines
        longest = max((len(str(label)) for _, label in self.sheet.row_labels), default=0)
        left = max(0.0, _DIGIT * self.letters * longest - across)
        above = max(0.0, _CAPITAL * self.letters - down) if self.column_labels else 0.0
        return -left, self.span[0] - above, width + left, height + above

    @property
    def picture(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of the part of the picture that shows these rows."""
        (left, top), (width, height) = self.sheet.place, self.sheet.image_size
        half = self.sheet.gap_px * self.sheet.scale / 2
        # Up to the middle of the gap, which may have a colour, but not close to the next row.
        short = max(0.0, min(2 * half, _STRAY / self.shrink) - half)
        begins = top if self.is_first else self.span[0] + short
        return left, begins, width, (top + height if self.is_last else self.span[1] - short) - begins

    @property
    def fit(self) -> str:
        """How the picture lies in its part, as SVG says it: which end of it is cut off."""
        if self.is_first and self.is_last:
            return "none"
        return "xMinYMin slice" if self.is_first else "xMinYMax slice"

    @property
    def column_labels(self) -> tuple[tuple[float, int], ...]:
        """Those of the sheet, above its first row."""
        return self.sheet.column_labels if self.is_first else ()

    @property
    def paper_column_labels(self) -> tuple[tuple[float, int], ...]:
        """Those that go on paper."""
        return self.sheet.paper_column_labels if self.is_first else ()

    @property
    def row_labels(self) -> tuple[tuple[float, int], ...]:
        """Those of the sheet beside these rows."""
        return tuple(label for label in self.sheet.row_labels if self._holds(label[0]))

    @property
    def paper_row_labels(self) -> tuple[tuple[float, int], ...]:
        """Those that go on paper."""
        return tuple(label for label in self.sheet.paper_row_labels if self._holds(label[0]))

    @property
    def tile_labels(self) -> tuple[tuple[float, float, int], ...]:
        """Those of the sheet on tiles of these rows."""
        return tuple(label for label in self.sheet.tile_labels if self._holds(label[1]))

    @property
    def tick_labels(self) -> tuple[tuple[float, float, str, str], ...]:
        """Those of the sheet, below its last row."""
        return self.sheet.tick_labels if self.is_last else ()

    @property
    def frames(self) -> tuple[tuple[float, float, float, float, str], ...]:
        """Those of the sheet around tiles of these rows."""
        return tuple(frame for frame in self.sheet.frames if self._holds(frame[1] + frame[3] / 2))

    @property
    def blank(self) -> tuple[float, float, float, float] | None:
        """What is empty at the end of the last row."""
        return self.sheet.blank if self.is_last else None

    def _holds(self, y: float) -> bool:
        return self.span[0] <= y < self.span[1]
