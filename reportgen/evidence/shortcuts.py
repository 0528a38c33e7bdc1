"""Where the evidence for each class lies over the data, and whether a single place makes the answer, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.samples import Levels

GRID = 8
"""Cells along each side of an image; a window is `WINDOW` cells wide and high."""
WINDOW = 2
LEAST_IMAGES = 8
"""Fewest images of a class in which a place is looked for."""
ALARM = 0.5
"""From this share of images that a transplanted window turns into a class on, it is an alarm."""
ALARM_APART = 0.3
"""And only where the same window of the class's other images turns that much fewer."""


@dataclass(frozen=True, slots=True)
class MeanShare:
    """A share of the evidence, as its mean over images.

    Attributes:
        mean: 0..1.
        low: Lower end of its 95 % interval over images.
        high: Upper end.
        area: The share that evidence spread evenly would have.
        number: Over how many images.
        p_value: How likely chance puts so many images above that share (sign test, one-sided), for this class alone.
    """

    mean: float
    low: float
    high: float
    area: float
    number: int
    p_value: float


@dataclass(frozen=True, slots=True)
class ClassEvidence:
    """Where the evidence for one predicted class lies.

    Attributes:
        class_index: The class.
        name: Its name.
        number: How many images of those looked at are called so.
        levels: uint8 (GRID, GRID): mean share of the evidence in each cell, 255 for the highest.
        highest: The mean share that 255 stands for.
        border: The share in the outermost ring of cells.
        outside: The share outside of the object, over the images in which an object was found; None without any.
    """

    class_index: int
    name: str
    number: int
    levels: Levels = field(repr=False)
    highest: float
    border: MeanShare
    outside: MeanShare | None


@dataclass(frozen=True, slots=True)
class Tested:
    """A place of a class, put into images of other classes.

    Attributes:
        class_index: The class.
        name: Its name.
        place: The window in words: "lower right corner".
        top: Its first row, in cells.
        left: Its first column.
        num_called: How many images are called so.
        num_members: In how many of them the evidence lies in the window.
        share_in: Mean share of the evidence in the window, over these.
        share_out: Over the others.
        num_receivers: Into how many images of other classes the window was put.
        turned: How many of these are then called so.
        control: How many are when the window is taken from the class's other images.
        is_alarm: Whether this single place makes the answer.
    """

    class_index: int
    name: str
    place: str
    top: int
    left: int
    num_called: int
    num_members: int
    share_in: float
    share_out: float
    num_receivers: int
    turned: int
    control: int
    is_alarm: bool


@dataclass(frozen=True, slots=True)
class Transplant(Tested):
    """The same, with pictures of what was done.

    Attributes:
        members: Images that it was taken from, at most four: uint8 (height, width) or (height, width, 3).
        receivers: Images that it turned, at most four, as they were.
        turned_into: The same with the window.
    """

    members: tuple[Levels, ...] = field(repr=False, default=())
    receivers: tuple[Levels, ...] = field(repr=False, default=())
    turned_into: tuple[Levels, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class ShortcutsResult:
    """Where the evidence lies over the data.

    Attributes:
        num_images: How many images were looked at.
        num_available: How many the data have.
        classes: The classes with images enough, most images first.
        tests: One for each class that was tested: its most telling window.
        num_untested: Classes with images enough that were not tested within the budget.
        how: How windows are chosen: "nominated" by where the evidence lies, or "searched" one by one.
        missing: Why there is nothing, in a whole sentence, or "".
    """

    num_images: int
    num_available: int
    classes: tuple[ClassEvidence, ...]
    tests: tuple[Transplant, ...]
    num_untested: int
    how: str
    missing: str = ""
