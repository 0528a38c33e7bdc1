"""What changed from one report or model to another, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from reportgen.document.likeness import Marked, Matching, Overlap, Yardstick
from reportgen.document.report import Figure

Change = Literal["added", "removed", "changed", "renamed"]


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two reports, or of the two models.

    Attributes:
        kind: What its file is.
        file: Name of the file.
        sha256: Hash of its bytes.
        model: Name of the model.
        weights_sha256: Hash of the weights.
        data: Name of the data, or "".
        data_sha256: Their hash, or "".
    """

    kind: Literal["report", "model"]
    file: str
    sha256: str
    model: str
    weights_sha256: str
    data: str
    data_sha256: str


@dataclass(frozen=True, slots=True)
class LayerChange:
    """A layer that is not as it was.

    Attributes:
        change: What happened to it.
        path: Its path in the new model; of one that was removed, in the old one.
        kind: Its class.
        what: What differs, in words.
        before: Layers as they were that stand between the change before it and this one.
    """

    change: Change
    path: str
    kind: str
    what: tuple[str, ...]
    before: int = 0


@dataclass(frozen=True, slots=True)
class Cost:
    """What the model costs, before and now; None where one is not known.

    Attributes:
        name: "parameters", "multiply-adds" or "bytes of weights".
        old: Before.
        new: Now.
    """

    name: str
    old: int | None
    new: int | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A share that was counted: `part` of `whole`, 1 or more."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """The share, 0..1."""
        return self.part / self.whole


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of a calibration diagram.

    Attributes:
        count: Predictions in it, 1 or more.
        confidence: Their mean confidence, 0..1.
        right: How many of them are correct.
    """

    count: int
    confidence: float
    right: int


@dataclass(frozen=True, slots=True)
class Shift:
    """A share, before and now.

    Attributes:
        old: Before.
        new: Now.
        low: Lower end of the 95 % interval of new minus old, −1..1.
        high: Upper end.
        lost: Images that only the old one gets right; None where answers to single images are not known.
        won: Images that only the new one gets right.
        p_value: Chance of so uneven a split of these, were both equally often right (McNemar, exact); None likewise.
    """

    old: Counted
    new: Counted
    low: float
    high: float
    lost: int | None = None
    won: int | None = None
    p_value: float | None = None

    @property
    def value(self) -> float:
        """New minus old, −1..1."""
        return self.new.value - self.old.value

    @property
    def told(self) -> bool:
        """Whether the interval leaves no change out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class ClassShift:
    """How often the images of a class are found, before and now.

    Attributes:
        name: The class.
        shift: The share.
        adjusted: Its p value, adjusted for all classes (Holm 1979); None where answers to single images are not known.
    """

    name: str
    shift: Shift
    adjusted: float | None


@dataclass(frozen=True, slots=True)
class Flip:
    """Images whose answer changed from one class to another.

    Attributes:
        old: The class answered before; "no number" for NaN or infinity.
        new: The class answered now.
        number: How many images.
        won: How many of them are right now.
        lost: How many were right before.
    """

    old: str
    new: str
    number: int
    won: int
    lost: int


@dataclass(frozen=True, slots=True)
class LostImage:
    """An image that was right and now is wrong.

    Attributes:
        index: Its place in the data.
        label: Its true class.
        new: The class answered now.
        old_confidence: How confident the right answer was, 0..1.
        new_confidence: How confident the wrong one is.
        name: Name of its file, or "".
        picture: The image; None of two reports, which hold no pictures of it.
        old_marked: What the right answer hung on; None likewise, and where nothing could be explained.
        new_marked: What the wrong one hangs on; None likewise.
    """

    index: int
    label: str
    new: str
    old_confidence: float
    new_confidence: float
    name: str = ""
    picture: Figure | None = None
    old_marked: Marked | None = None
    new_marked: Marked | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """How the answers of the main output changed.

    Attributes:
        output: The output.
        accuracy: How often it is right.
        changed: Images whose answer changed, right or wrong; None where answers to single images are not known.
        wrong_twice: Images that are wrong both times, with another answer; None likewise.
        classes: The classes that both know, the one that lost most first.
        flips: What became of what, the most frequent first.
        lost: The most confident of the images that were right and now are wrong.
        calibration: Calibration error before and now, 0..1; None where one is not known.
        calibration_by_chance: What a network shows now that is calibrated perfectly; None likewise.
        bins: The bins of the calibration diagrams before and now that hold predictions; () where one has none.
    """

    output: str
    accuracy: Shift
    changed: int | None
    wrong_twice: int | None
    classes: tuple[ClassShift, ...]
    flips: tuple[Flip, ...]
    lost: tuple[LostImage, ...]
    calibration: tuple[float, float] | None
    calibration_by_chance: float | None
    bins: tuple[tuple[Bin, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelChange:
    """A channel that is in another state than before.

    Attributes:
        path: Its layer, in the new model.
        channel: Its number.
        old: "in order", "dead", "stuck", "copy" and so on.
        new: The same now.
    """

    path: str
    channel: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FindingChange:
    """A finding that is new, gone, or as before.

    Attributes:
        change: Which of these.
        code: Its rule.
        severity: How heavy it is; now, where it is there now.
        title: Its title.
        where: What it is about, or "".
    """

    change: Literal["new", "gone", "as before"]
    code: str
    severity: str
    title: str
    where: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A version or a fact of the machine that differs; "–" where one has none.

    Attributes:
        name: What it is.
        old: Before.
        new: Now.
    """

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one report or model to another.

    Attributes:
        old: The one before.
        new: The one now.
        same_weights: Whether the weights are equal.
        apart: Why numbers on the data cannot be compared, in whole sentences; () where they can.
        layers: Layers that are not as they were, in the order of computation.
        num_same: Layers that are.
        costs: What the model costs.
        answers: What changed in the answers; None where they cannot be compared or no classes are known.
        channels: Channels in another state; the first ones.
        num_channels: How many there are in all; None where they were not watched both times.
        dead: Dead channels before and now, over all layers; None likewise.
        findings: What was found, new ones first.
        facts: Versions and facts of the machine that differ.
        matching: Channels matched by what they respond to; None of two reports, which hold no responses.
        yardstick: How far another training of the old model differs from it; None without one.
        classes: Whether the names of the classes are as they were, in another order, or others; None where there are
            none.
        overlap: Whether the evidence lies where it lay; None of two reports, and where answers are no classes.
    """

    old: Side
    new: Side
    same_weights: bool
    apart: tuple[str, ...]
    layers: tuple[LayerChange, ...]
    num_same: int
    costs: tuple[Cost, ...]
    answers: Answers | None
    channels: tuple[ChannelChange, ...]
    num_channels: int | None
    dead: tuple[int, int] | None
    findings: tuple[FindingChange, ...]
    facts: tuple[Fact, ...]
    matching: Matching | None = None
    classes: Literal["as before", "reordered", "others"] | None = None
    overlap: Overlap | None = None
    yardstick: Yardstick | None = None
