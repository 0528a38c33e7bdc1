"""Why the model answered as it did, image by image, and what a causal test says of each picture, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.responses import Patch
from reportgen.evidence.samples import Levels

SHARES = (0.02, 0.08, 0.32)
"""Shares of an image that are painted over, most relevant pixels first."""
LEAST_OTHERS = 9
"""Fewest other images whose maps make a null distribution: with 9 the smallest p-value is 0.1."""
MOST_OTHERS = 19
MOST_TWINS, LEAST_TWINS = 39, 19
PASSED_LEVEL, WEAK_LEVEL, OTHERS_LEVEL = 0.05, 0.20, 0.10
"""Largest p-values of a map: of a supported and of a weak one against its own twins, and against other images' maps."""
LEAST_EFFECT = 0.10
"""How much more of an answer than its nulls a map has to take, as a share of the answer."""
MAIN_CHANNELS = 5
MOST_CELLS = 64
"""Most places of a worked sum whose parts are numbers that a reader sees."""
METHODS = ("integrated-gradients", "occlusion", "cam")
"""The methods, in the order of their costs in gradients."""


@dataclass(frozen=True, slots=True)
class Null:
    """What maps that know nothing of this image's evidence leave of its answer.

    Attributes:
        number: How many maps.
        p_value: Share of them that leave as little as the map that is judged, that map counted among them, 0..1.
        effect: How much more of the answer they leave on average than the map, as a share of the whole answer.
        median: What they leave at each share, the median.
        low: The same, the fifth percentile.
        high: The ninety-fifth.
    """

    number: int
    p_value: float
    effect: float
    median: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an answer hangs on what a map marks.

    Attributes:
        word: "supported": painting over what it marks lowers the answer more than its own shape elsewhere does, and
            more than what the method marks in other images. "not specific": the first only. "weak": a little more than
            its own shape elsewhere, or there are too few other images to compare with. "not supported". "no verdict":
            an empty image is answered in the same way.
        shares: Shares of the image that were painted over.
        left: What each left: of a class its probability, of a value its distance from what an empty image gives, as a
            share of the whole distance.
        whole: The same of the whole image.
        empty: The same of the image of one colour.
        twins: Against the map turned, mirrored and moved.
        others: Against the same method's maps of other images; None where there are too few.
    """

    word: str
    shares: tuple[float, ...]
    left: tuple[float, ...]
    whole: float
    empty: float
    twins: Null
    others: Null | None


@dataclass(frozen=True, slots=True)
class EvidenceMap:
    """Where the evidence for an answer is, by one method.

    Attributes:
        method: "integrated-gradients", "occlusion", "grad-cam" or "hires-cam".
        levels: uint8 in the places of the image: 128 for 0, above what speaks for the answer.
        scale: Log-odds, or units of the value, that 127 levels stand for: of integrated gradients a pixel's part of
            the sum, of occlusion the mean loss over the windows around it.
        grid: How many numbers it has along each axis.
        steps: Points of the line that integrated gradients were taken at; windows of an occlusion; 0 for others.
        complete: What its parts add up to, as a share of the whole change; None where they need not add up.
        path: The call that a class-activation map is of; "" for others.
        verdict: What the causal test says; None where it was not made.
    """

    method: str
    levels: Levels = field(repr=False)
    scale: float
    grid: tuple[int, ...]
    steps: int
    complete: float | None
    path: str
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class Outline:
    """The smallest part of an image, as a map orders it, that at least halves the answer when it is painted over.

    Attributes:
        method: The method of the map.
        asked: The share of the image that was taken from the map: one of `SHARES`.
        share: Share of the image that is outlined, once specks and holes are gone.
        mask: uint8 in the places of the image: 1 for what is outlined.
        left: What is left of the answer when it is painted over, as in `Verdict`.
        turned_into: The class that is answered then; "" where it is the same one, and for values.
        elsewhere: The mean of what the same shape leaves elsewhere.
        elsewhere_low: The fifth percentile of it.
        elsewhere_high: The ninety-fifth.
        num_elsewhere: In how many places.
        painted: The image with the outlined part painted over, as `SampleRecord.image`.
        each_elsewhere: What the same shape leaves in each of these places.
    """

    method: str
    asked: float
    share: float
    mask: Levels = field(repr=False)
    left: float
    turned_into: str
    elsewhere: float
    elsewhere_low: float
    elsewhere_high: float
    num_elsewhere: int
    painted: Levels = field(repr=False)
    each_elsewhere: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelShare:
    """What one channel adds to an answer.

    Attributes:
        channel: Its number.
        share: What it adds, in log-odds or units of the value.
        response: uint8 (*places): its map on this image, brightest where it responds most; None for what is no
            picture, or does not lie on the image.
        patches: What it responded to most over the data, strongest first; () for what is no picture.
    """

    channel: int
    share: float
    response: Levels | None = field(repr=False)
    patches: tuple[Patch, ...] = field(repr=False, default=())


@dataclass(frozen=True, slots=True)
class Carried:
    """What the channels of one call add to an answer: integrated gradients from the channels' means.

    Attributes:
        path: The conv call.
        judged_at: The call whose output counts as its answer.
        change: What is explained less what it is with every channel at its mean over the data.
        channels: The channels that add most, either way, at most `MAIN_CHANNELS`, largest first.
        others: What all others add together.
        num_others: How many they are.
        for_it: Sum of what speaks for the answer.
        against_it: Sum of what speaks against it.
        complete: What all parts add up to, as a share of the change.
        steps: Points of the line that gradients were taken at; 1 where one gradient is exact.
    """

    path: str
    judged_at: str
    change: float
    channels: tuple[ChannelShare, ...]
    others: float
    num_others: int
    for_it: float
    against_it: float
    complete: float
    steps: int


@dataclass(frozen=True, slots=True)
class WorkedSum:
    """A score, or the lead of one over another, as an exact sum behind a global average pooling and a linear head.

    Attributes:
        path: The conv call.
        judged_at: The call whose output counts as its answer.
        bias: What the score begins with.
        channels: The largest parts, either way, largest first.
        others: What all other channels add together.
        num_others: How many they are.
        score: What the model gave.
        rest: The score less all parts: 0 but for rounding.
        cells: The same sum by place: what each row and column of the call's maps adds. () where the maps are no
            pictures, do not lie on the image, as behind a layer that sums up a film, or have more than `MOST_CELLS`
            places.
    """

    path: str
    judged_at: str
    bias: float
    channels: tuple[ChannelShare, ...]
    others: float
    num_others: int
    score: float
    rest: float
    cells: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Contrast:
    """Why this class and not another.

    Attributes:
        other: Name of the other class.
        other_index: Its number.
        is_true: Whether it is the true class; else it is the runner-up.
        probability: What the model gave it.
        lead: Score of the answer less that of the other class: their log-odds between the two.
        method: How the map was made.
        levels: As in `EvidenceMap`: above 128 speaks for the answer, below for the other class.
        scale: As there.
        carried: The channels that decide between the two; None where the model has none.
        worked_sum: The lead as an exact sum; None where the model does not end in one.
    """

    other: str
    other_index: int
    is_true: bool
    probability: float
    lead: float
    method: str
    levels: Levels = field(repr=False)
    scale: float
    carried: Carried | None
    worked_sum: WorkedSum | None = None


@dataclass(frozen=True, slots=True)
class PlainMap:
    """What a map that knows no network would reach in the place of the main one.

    Attributes:
        name: "brightness" or "edges".
        effect: Its effect against the twins of the main map.
    """

    name: str
    effect: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one image was answered as it was.

    Attributes:
        sample: Index of the image in the data.
        class_index: The class that is explained; None for a value.
        class_name: Its name; of a value "value 0".
        is_yes: Whether the class is answered: of a single sigmoid the answer may be "no".
        correct: Whether the answer is right; None where that cannot be said.
        whole: The probability of the class, or the value.
        odds: Its log-odds, or the value.
        empty: The probability that an image of one colour gets, or its value.
        maps: One for each method, the main one first.
        outline: The outline of the main map; None where no part of at most the largest share halves the answer, or
            where there is nothing to halve.
        plain: What the plainest maps would reach.
        carried: What the channels add, at the last conv call and at an earlier one.
        worked_sum: The exact sum; None where the model does not end in one.
        contrasts: Why not another class.
    """

    sample: int
    class_index: int | None
    class_name: str
    is_yes: bool
    correct: bool | None
    whole: float
    odds: float
    empty: float
    maps: tuple[EvidenceMap, ...]
    outline: Outline | None
    plain: tuple[PlainMap, ...]
    carried: tuple[Carried, ...]
    worked_sum: WorkedSum | None
    contrasts: tuple[Contrast, ...]

    @property
    def main(self) -> EvidenceMap | None:
        """The main map."""
        return self.maps[0] if self.maps else None


@dataclass(frozen=True, slots=True)
class Control:
    """Maps that should not pass the test, put through it.

    Attributes:
        kind: "shuffled weights": the same method on the model with its weights shuffled; "runner-up": the same method
            for the second most probable class.
        method: The method.
        number: How many maps.
        supported: How many of them were "supported".
    """

    kind: str
    method: str
    number: int
    supported: int


@dataclass(frozen=True, slots=True)
class Spent:
    """What explaining cost, in passes of one image through the model; a gradient counts as two.

    Attributes:
        budget: Multiply-adds that may be spent.
        passes: Passes that were planned for all samples, at most.
        made: Passes that were made; of what lies behind a call only, nothing is counted.
        macs: Multiply-adds of one pass.
        gave_way: What was left out or made smaller to stay within the budget, in words.
    """

    budget: int
    passes: int
    macs: int
    gave_way: tuple[str, ...]
    made: int = 0


@dataclass(frozen=True, slots=True)
class WhyResult:
    """Why images were answered as they were.

    Attributes:
        kind: "softmax", "sigmoid" or "value": what an answer is.
        output: The output that is explained.
        explanations: One for each picked sample; of a multi-label output up to three.
        controls: Once for the model.
        spent: What it cost.
        num_others: How many other images the second null is made of.
        is_small: Whether the images are so small that single pixels count.
        notes: What cannot be told of this model, each in a whole sentence.
        missing: Why there is nothing, in a whole sentence, or "".
    """

    kind: str
    output: str
    explanations: tuple[Explanation, ...]
    controls: tuple[Control, ...]
    spent: Spent | None
    num_others: int
    is_small: bool
    notes: tuple[str, ...] = ()
    missing: str = ""
