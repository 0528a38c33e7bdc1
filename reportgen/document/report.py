"""The whole report as plain data, equal in HTML, PDF and JSON. Sections fill it, renderers read it.

Numbers stay numbers here; templates format them. Pictures are bytes with a caption and a text alternative.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Literal

from reportgen.records.model import ModelRecord

FORMAT = "reportgen/2"
"""Name of the format of `report.json`. It changes with every change that can break a reader of the file."""
Severity = Literal["failed", "warning", "note", "passed"]
Part = Literal["body", "annex"]


@dataclass(frozen=True, slots=True)
class PictureFile:
    """What is known of a picture's file that is not here.

    Attributes:
        size_bytes: Its size.
        sha256: Hash of its bytes.
    """

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture.

    Attributes:
        name: Stable id, also its anchor in the page.
        media_type: "image/png", "image/jpeg" or "image/svg+xml".
        data: The file's bytes.
        width_px: Width of the picture; of an SVG, in CSS pixels.
        height_px: Height of the picture.
        alt: What it shows, for someone who cannot see it, made from its data.
        caption: What it shows, which sample, which layer, which scale, what to notice.
        dark_data: The same picture for a dark page, where it is drawn twice; else empty.
        left_out: Of a picture that was read from JSON, which describes it only: its file. `data` is empty then.
    """

    name: str
    media_type: str
    data: bytes = field(repr=False)
    width_px: int
    height_px: int
    alt: str
    caption: str = ""
    dark_data: bytes = field(default=b"", repr=False)
    left_out: PictureFile | None = None

    def __post_init__(self) -> None:
        if not self.alt.strip():
            message = f"Figure {self.name!r} has no text alternative. Every figure needs one, made from its data."
            raise ValueError(message)

    @property
    def size_bytes(self) -> int:
        """Size of the picture's file."""
        return self.left_out.size_bytes if self.left_out else len(self.data)

    @property
    def sha256(self) -> str:
        """Hash of the picture's bytes."""
        return self.left_out.sha256 if self.left_out else hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number that a finding rests on.

    Attributes:
        name: What it counts or measures: "num_channels", "share".
        value: The number, not rounded.
    """

    name: str
    value: int | float


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the reader should know.

    Attributes:
        code: The rule that it follows from: "RG401". `reportgen rule RG401` explains it.
        severity: "failed" (a check inside the report failed), "warning", "note" or "passed".
        title: The finding in one sentence.
        detail: What stands behind it: which layer, which numbers.
        anchor: Id of the place in the report that shows it, or "".
        where: What it is about: path of a call or of a weight, name of an output or of a class, kind of a pooling; ""
            for the model, the data or the report as a whole, and where several layers share it. It is the same in every
            run.
        facts: The numbers behind it, by name.
        predictions: How many predictions it concerns; 0 for what is about the network or the report.
    """

    code: str
    severity: Severity
    title: str
    detail: str
    anchor: str = ""
    where: str = ""
    facts: tuple[Quantity, ...] = ()
    predictions: int = 0

    @property
    def chapter(self) -> str:
        """Name of the chapter that holds the place, which a report may leave out."""
        chapters = {"layer": "architecture", "sample": "samples", "scaling": "samples", "broken": "samples"}
        return (chapters | {"channels": "channels", "looks": "why"}).get(self.anchor.partition("-")[0], self.anchor)


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
        headline: What is seen, in a few words that a rule made from the data; "" where no rule has any.
        part: "body", which is for every reader, or "annex", which proves it.
    """

    name: str
    title: str
    answer: str
    content: object
    headline: str = ""
    part: Part = "body"


@dataclass(frozen=True, slots=True)
class Score:
    """How well one output predicts the images, where true classes or true values are known.

    Attributes:
        output: Name of the output.
        kind: What its predictions are: "probabilities", "logits", "multi-label" or "values"; of a picture-shaped one
            "classes", "input" or "values".
        num_images: How many images went through the model.
        right: How many were classified correctly, at a multi-label output with exactly their true classes; None for
            values.
        interval: 95 % interval of the accuracy (Wilson 1927), or None.
        mean_error: Mean absolute error of values, or None.
        pixel_accuracy: Of classes for each pixel: share of the pixels that are predicted correctly, 0..1, which
            `interval` then belongs to; or None.
        mean_iou: The mean intersection over union then, 0..1, or None.
    """

    output: str
    kind: str
    num_images: int
    right: int | None
    interval: tuple[float, float] | None
    mean_error: float | None
    pixel_accuracy: float | None = None
    mean_iou: float | None = None


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
        templates: Templates of the user's own, in the place of ours; in the JSON only their hashes.
        max_size_bytes: Most that its web page may take, with what stands beside it; 0 for no bound.
        pdf_annexes: Annexes that are in the PDF: "all", "none" or names of chapters.
        scores: How well each output with known answers does, the one that is looked at closely first. They are here
            whichever chapters there are; in the JSON they stand in the chapters.
        answers: What the main output answered to each image, as `evidence.answers` packs it, where it was to be kept;
            in the JSON only its hash.
        verdict_code: 0 where it meets its policy or has none, 4 where it does not, 5 where that cannot be decided; in
            the JSON it stands in the chapter.
        made: Files that were made of it before it was there to be written, by the end of their names, to see whether
            its page keeps to its budget.
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
    pdf_annexes: tuple[str, ...] = ("all",)
    scores: tuple[Score, ...] = ()
    answers: bytes = field(default=b"", repr=False)
    verdict_code: int = 0
    made: tuple[tuple[str, bytes], ...] = field(default=(), repr=False, compare=False)

    @property
    def on_paper(self) -> tuple[Section, ...]:
        """The chapters that are in the PDF: the body, and the annexes that were chosen."""
        every = "all" in self.pdf_annexes
        return tuple(each for each in self.sections if every or each.part == "body" or each.name in self.pdf_annexes)

    @property
    def failed(self) -> bool:
        """Whether a check inside the report failed."""
        return any(finding.severity == "failed" for finding in self.findings)

    @property
    def lacks_pictures(self) -> bool:
        """Whether it has pictures that are described only, as one that was read from JSON does."""
        return any(figure.left_out for figure in figures(self.sections))


def figures(value: object) -> Iterator[Figure]:
    """Return all pictures in a record and in the records inside it, in no promised order."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if type(each) in _PLAIN:  # the most by far
            continue
        if isinstance(each, Figure):
            yield each
        elif isinstance(each, tuple):
            waiting.extend(each)
        else:
            waiting.extend(getattr(each, name) for name in field_names(type(each)) or ())


def field_names(kind: type) -> tuple[str, ...] | None:
    """Return the names of the fields of a dataclass; None for any other type."""
    if kind not in _names:
        _names[kind] = tuple(each.name for each in fields(kind)) if is_dataclass(kind) else None
    return _names[kind]


_PLAIN = frozenset({int, float, str, bool, bytes, type(None)})
_names: dict[type, tuple[str, ...] | None] = {}
