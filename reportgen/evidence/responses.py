"""What every channel did over a whole data set, as plain data: responses, ablations and dreams.

Activation maps show what a channel did once. These records hold what it does always: how it responds, what moves it
most, which class it speaks for, and what the model loses without it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.evidence.inference import LEVEL
from reportgen.evidence.samples import Levels


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From where on a channel counts as something. Each is an option of the same name.

    Attributes:
        nearly_dead: A channel that fires in a smaller share of the images than this is nearly dead, 0..1.
        copy: A channel whose responses correlate with another's by more than this is a copy of it, 0..1.
        level: A channel speaks for a class where chance alone would seldom say so: the largest share, 0..1, of
            permutations of the labels in which any channel of the layer stands out as much.
        selectivity: And only from this class selectivity index on, 0..1: in many images the faintest preference is
            beyond chance. At 0.33 a class moves the channel twice as much as the others do.
    """

    nearly_dead: float = 0.001
    copy: float = 0.99
    level: float = LEVEL
    selectivity: float = 0.33


@dataclass(frozen=True, slots=True)
class Patch:
    """What a channel saw where it responded strongly in one image.

    Attributes:
        image: Index of the image in the data.
        label: Name of its true class, or None.
        value: The response.
        position: Place in the channel's map: row and column of a picture, one number per axis of another map.
        box: First row, first column, end row and end column of the receptive field there, in pixels of the model's
            input; parts of it may lie outside the image. Of a signal 0, the first position, 1 and the end position. ()
            for what patches cannot be drawn of.
        picture: uint8 (height, width) or (height, width, 3): the pixels in the box, at most `PATCH_PIXELS` a side,
            reduced by taking every n-th where the box is larger; zero outside the image. What lies in the box of a
            signal, as a curve. None where no patch is shown.
        inside: First row, first column, end row and end column, in `picture`, of what lies inside the image.
        size: Height and width of the image, in the pixels that `box` counts; 1 and the length of a signal; (0, 0)
            where no patch is shown.
        context: uint8 (height, width) or (height, width, 3): the whole image, small: as it is, or with
            `CONTEXT_PIXELS` along its longer side. The patches of an image share one array. None where no patch is
            shown, and for images beyond the first `MOST_CONTEXTS`.
        lit: bool (rows, columns): where in the channel's map the response is at least half of its highest, at most
            `LIT_PLACES` a side. Only of calls whose places see more than half of the image, so that a box would say
            little; None for all others.
        slice: Of a volume or a film the slice or step in the middle of what was seen, which `picture`, `context` and
            `lit` are of; None of what has none.
    """

    image: int
    label: str | None
    value: float
    position: tuple[int, ...]
    box: tuple[int, ...]
    picture: Levels | None = field(repr=False, default=None)
    inside: tuple[int, int, int, int] = (0, 0, 0, 0)
    size: tuple[int, int] = (0, 0)
    context: Levels | None = field(repr=False, default=None)
    lit: npt.NDArray[np.bool_] | None = field(repr=False, default=None)
    slice: int | None = None


@dataclass(frozen=True, slots=True)
class Peaks:
    """How high a channel rises on single images: a histogram.

    Attributes:
        low: The lowest of the images' highest responses.
        high: The highest.
        counts: How many images lie in each of `NUM_BINS` equal steps from the one to the other.
    """

    low: float
    high: float
    counts: tuple[int, ...]


MOST_PATCHES = 9
"""Most patches of a channel, one per image."""
NUM_STRONGEST = 25
"""Images that move a channel most, whose classes are counted."""
NUM_BINS = 40
"""Steps of a histogram of peaks."""
CONTEXT_PIXELS = 96
"""Pixels along the longer side of the small images that patches lie in, where these are not smaller themselves."""
MOST_CONTEXTS = 2048
"""Most images that are kept small for patches to lie in: 55 MB."""
LIT_PLACES = 56
"""Most places along a side of the maps that say where a response is high."""
PATCH_PIXELS = 64
"""Most pixels that a patch has along a side."""
MOST_BEST = 4096
"""Most channels of a model that have their best patch, unless they are shown: as pictures 50 MB."""
MOST_SHOWN = 512
"""Most channels of a model that get patches, shared alike by its conv calls; each of these has four at least."""
MOST_CLASS_MEANS = 200_000
"""Most class means of a model: where there would be more, only the shown channels have theirs, or none."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one channel did over the data.

    Attributes:
        channel: Its number.
        count: How many finite values it had, before and after its activation.
        mean: Their mean.
        deviation: Their standard deviation.
        minimum: Lowest.
        maximum: Highest.
        positive_share: Share of positions above zero, 0..1.
        firing_share: Share of the images in which any position is above zero, 0..1.
        quantiles: Values up to which `CallResponses.quantile_shares` of the responses lie, within the stated error.
        num_nan: How many values were NaN, before its activation or after it: an activation may make 0 of what is NaN.
        num_infinite: How many were infinite, in the same way.
        num_at_maximum: How many images reach the highest value; 0 where there is none.
        class_means: Mean response to the images of each class, in the order of `ResponsesResult.classes`, of the
            responses above zero (what is below counts as 0), each as a multiple of the mean of its layer's channels on
            the same image, so that bright images count no more than others; in a layer of one channel as they are. ()
            without labels, and where there would be too many (`MOST_CLASS_MEANS`).
        selectivity: Class selectivity index (µmax − µrest) / (µmax + µrest), 0..1, of these means over the classes that
            are compared (Morcos et al. 2018, "On the importance of single directions for generalization"); None without
            labels or where the channel never fires.
        chance: Share of label permutations in which any channel of any layer stands out at least as much, the given
            order counted among them; an index stands out by its distance from its channel's mean over the permutations,
            in standard deviations. None where it was not tested, and where permutations do not change the index.
        speaks: Whether it speaks for the class with the highest mean response: `chance` is at most the level, and the
            index at least the least one.
        state: "" or "dead" (never above zero), "nearly dead", "stuck" (one value everywhere), "no number"
            (NaN or infinity came out of the convolution, or of what follows up to where it is judged).
        proven: Whether it has one value for every image, as the bounds of what it is computed from say; False where it
            may have others, on this data or elsewhere.
        origin: Path of the conv call because of whose channel of the same number this one is dead or stuck, where it is
            read by itself (depthwise) or where the call is a further one of the same layer; "" where it is so by
            itself, and where it is neither.
        copy_of: Number of the channel, lower than its own, that it is a copy of; None where it is none.
        copy_correlation: The correlation with it: the lower one of that at random places in the data, as many as
            `CallResponses.quantile_places`, and that of the means over single images. None where there is no other.
    """

    channel: int
    count: int
    mean: float
    deviation: float
    minimum: float
    maximum: float
    positive_share: float
    firing_share: float
    quantiles: tuple[float, ...]
    num_nan: int
    num_infinite: int
    num_at_maximum: int
    class_means: tuple[float, ...]
    selectivity: float | None
    chance: float | None
    speaks: bool
    state: str
    proven: bool
    origin: str
    copy_of: int | None
    copy_correlation: float | None


@dataclass(frozen=True, slots=True)
class ChannelResponses(Measured):
    """What one channel did over the data, and where it responded most.

    Attributes:
        favourite: Index in `ResponsesResult.classes` of the class with the highest mean response; None without labels
            or where the channel never fires.
        patches: Its strongest responses, strongest first, at most nine and one per image; () for a channel that is not
            shown, or has one value everywhere.
        best: The first of them, also of a channel that is not shown: of the first channels of every call, as many in
            each as there may be of `MOST_BEST`; None of others, and where it is no picture. Its box takes up at most
            half of the image along each side, about the place of the response.
        strongest: Classes, as indices in `ResponsesResult.classes`, of the `NUM_STRONGEST` images that move it most,
            strongest first, as far as they move it at all; () without labels, and for a channel that is not shown.
        peaks: How high it rises on single images, before a cap; None for a channel that is not shown, and where it
            rises as high on all of them.
    """

    favourite: int | None
    patches: tuple[Patch, ...]
    best: Patch | None = None
    strongest: tuple[int, ...] = ()
    peaks: Peaks | None = None


@dataclass(frozen=True, slots=True)
class CallResponses:
    """What the channels of one conv call did over the data.

    Attributes:
        path: The call.
        judged_at: The call whose output was measured: the call itself, or the activation that its output goes through.
        through: Paths of the calls from the one after it to `judged_at`, in order; () where it is judged by itself.
        rectified: Whether what was measured comes out of an activation that cuts values off below zero (ReLU and its
            like), so that "dead" means something.
        capped: Whether it comes out of an activation with a highest value (ReLU6 and its like): patches are ranked by
            what goes into it, and their values are those.
        receptive_field: Pixels of the model's input that one position sees, along each axis; () where not known.
        quantile_shares: Shares that `ChannelResponses.quantiles` belong to, 0..1.
        quantile_places: From how many places the quantiles are taken, drawn at random from all positions of all maps.
        quantile_error: What the share of responses below a quantile may be off by, 0..1, for all quantiles of a channel
            at once in 95 of 100 draws; 0 where all places were taken.
        kernels: uint8 (channels, height, width) or (channels, height, width, 3): each kernel as a picture, zero at
            mid-grey, for the first layer; of deeper ones (channels, inputs, height, width) the kernels of the strongest
            input channels by norm; None where a kernel is no picture.
        kernel_inputs: Of each channel the input channels whose kernels these are, strongest first; () for the first
            layer.
        channels: One per channel, in order.
        shown: The channels that have patches and a card, the most telling first: at most `most_shown`, and none that is
            dead or stuck.
        cap: From where on the activation gives its highest value, of what goes into it; None without a cap.
    """

    path: str
    judged_at: str
    through: tuple[str, ...]
    rectified: bool
    capped: bool
    receptive_field: tuple[int, ...]
    quantile_shares: tuple[float, ...]
    quantile_places: int
    quantile_error: float
    kernels: Levels | None = field(repr=False)
    kernel_inputs: tuple[tuple[int, ...], ...]
    channels: tuple[ChannelResponses, ...]
    shown: tuple[int, ...]
    cap: float | None = None


@dataclass(frozen=True, slots=True)
class ResponsesResult:
    """What the channels of all conv calls did over the data.

    Attributes:
        num_images: How many images went through the model.
        num_available: How many the data have; more than `num_images` where a sample was drawn (`--limit`).
        seed: Seed of that sample, of the places for the quantiles and of the permutations.
        classes: Names of the true classes that occur among these images, by index of class; () without labels.
        class_counts: How many images each has.
        unlabelled: Why there is nothing about classes, in a whole sentence, or "".
        untestable: Why, though there are classes, it was not tested whether channels speak for one, in a whole
            sentence, or "".
        num_permutations: How many permutations of the labels were tried, over the channels of all calls at once; 0
            where there was no test.
        num_permuted: On how many of the images, drawn at random where there are too many to keep their responses.
        num_tested_classes: How many classes have images enough to be compared.
        thresholds: From where on a channel counts as something.
        calls: One per conv call, in order.
        num_peaks: On how many images histograms of peaks rest, drawn at random where there are too many to keep theirs.
    """

    num_images: int
    num_available: int
    seed: int
    classes: tuple[str, ...]
    class_counts: tuple[int, ...]
    unlabelled: str
    untestable: str
    num_permutations: int
    num_permuted: int
    num_tested_classes: int
    thresholds: Thresholds
    calls: tuple[CallResponses, ...]
    num_peaks: int = 0


def most_shown(num_calls: int) -> int:
    """Return how many channels of a call are shown at most, in a model of so many conv calls."""
    return max(MOST_SHOWN // max(num_calls, 1), 4)
