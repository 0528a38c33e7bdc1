"""What the probes saw, as plain data: everything that sections may read.

Arrays in here are already reduced: 8-bit maps and numbers per channel, never a layer's floats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass

from reportgen.answers import Levels as Levels
from reportgen.answers import PredictionsResult, SampleRecord
from reportgen.document import Finding, FontFile, RunFacts
from reportgen.grid import Grid
from reportgen.records import Broken, Check, Doubt, ModelRecord, Reason, Shape
from reportgen.responses import AblationResult, DreamsResult, ResponsesResult
from reportgen.scalings import ScalingResult
from reportgen.scores import PerformanceResult
from reportgen.sections import NAMES


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """The data that the report was made on.

    Attributes:
        name: What it is called.
        split: What its numbers may be called: "held out from MNIST's training split", "as given".
        size: Number of images.
        shape: Shape of one image as the model gets it.
        class_names: Names of the classes by index, or ().
        has_labels: Whether true classes are known.
        sha256: Hash of its contents.
        notes: What was done to make it fit the model, in whole sentences.
        unmatched: Why labels that came with the data are not used, a whole sentence, or "".
        doubts: What speaks against the way in which its values were brought to the model's range.
        broken: The first of the images that cannot be read, which are not among those counted.
        broken_reasons: How many cannot be read in all, by reason, the most common first.
    """

    name: str
    split: str
    size: int
    shape: Shape
    class_names: tuple[str, ...]
    has_labels: bool
    sha256: str
    notes: tuple[str, ...]
    unmatched: str = ""
    doubts: tuple[Doubt, ...] = ()
    broken: tuple[Broken, ...] = ()
    broken_reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelNumbers:
    """What one channel did on one sample.

    Attributes:
        channel: Its number, from 0.
        minimum: Lowest finite value.
        maximum: Highest finite value.
        mean: Mean over all positions.
        deviation: Standard deviation over all positions.
        active_share: Share of positions above zero, 0..1.
        follows: Correlation of its map with the sample's object, −1..1; None where there is no object or no signal.
        constant: Whether all positions, of which there are several, hold one value.
        num_nonfinite: How many positions hold NaN or infinity.
    """

    channel: int
    minimum: float
    maximum: float
    mean: float
    deviation: float
    active_share: float
    follows: float | None
    constant: bool
    num_nonfinite: int


@dataclass(frozen=True, slots=True)
class CallMaps:
    """All maps of one call on one sample.

    Attributes:
        path: The call.
        levels: uint8 (channels, height, width): every map on its scale, 0..255; a constant map is 128 everywhere. With
            a grid, the axes are the grid's, as long as they are drawn. Of a call that is cut short, those in `cut_to`.
        channels: One record per channel, in order.
        follower: The channel that follows the object best, or None.
        grid: How the maps are drawn, for maps that are no pictures of height and width.
        cut_to: Channels of the maps that there is room for, the most active first; None where all maps are there.
    """

    path: str
    levels: Levels = field(repr=False)
    channels: tuple[ChannelNumbers, ...]
    follower: int | None
    grid: Grid | None = None
    cut_to: tuple[int, ...] | None = None

    @property
    def shown(self) -> tuple[int, ...]:
        """Channel of each map, in the order of the maps."""
        return tuple(range(len(self.channels))) if self.cut_to is None else self.cut_to

    @property
    def sizes(self) -> tuple[int, ...]:
        """Positions along each axis of one map, drawn or not."""
        return self.grid.sizes if self.grid else tuple(map(int, self.levels.shape[1:]))

    @property
    def axes(self) -> tuple[str, ...]:
        """What they are called."""
        return self.grid.axes if self.grid else ("height", "width")


@dataclass(frozen=True, slots=True)
class Foreground:
    """The object in a sample, as far as it could be told from the background.

    Attributes:
        found: Whether there is one.
        share: Share of the image that it covers, 0..1.
        how: How it was looked for, and why none was found if so: a whole sentence.
        mask: uint8 (height, width), 255 where the object is.
    """

    found: bool
    share: float
    how: str
    mask: Levels = field(repr=False)


@dataclass(frozen=True, slots=True)
class SampleMaps:
    """All maps of all chosen calls on one sample."""

    sample: int
    foreground: Foreground
    calls: tuple[CallMaps, ...]


@dataclass(frozen=True, slots=True)
class ActivationsResult:
    """The activation maps of every chosen call on every sample.

    Attributes:
        samples: One entry per sample, in the order of the samples.
        scale: "own" (each map from its own minimum to its own maximum) or "common" (one scale for a call).
        checks: Output shapes by formula against the tensors that came out, one per call of the model, keyed by path.
        max_size_bytes: Most that the web page may have, to which maps may be cut.
        pdf_channels: Most maps of a call on paper, or None.
    """

    samples: tuple[SampleMaps, ...]
    scale: str
    checks: tuple[tuple[str, Check], ...]
    max_size_bytes: int = 25_000_000
    pdf_channels: int | None = None


@dataclass(frozen=True, slots=True)
class ChannelTuning:
    """How one channel of the first conv layer answers to gratings.

    Attributes:
        channel: Its number.
        orientation: Orientation of the edges that it answers to most, degrees 0..180 from horizontal, anticlockwise.
        selectivity: Orientation selectivity index 0..1: 0, all orientations alike; 1, one orientation only.
        pixels_per_cycle: Width of the grating that it answers to most, from stripe to stripe.
        responses: Response at each orientation, at that frequency.
        responds: Whether it answers to any grating at all.
    """

    channel: int
    orientation: float
    selectivity: float
    pixels_per_cycle: float
    responses: tuple[float, ...]
    responds: bool


@dataclass(frozen=True, slots=True)
class EdgesResult:
    """The first conv layer's kernels and their answers to oriented gratings.

    Attributes:
        path: The layer.
        kernels: uint8 (channels, height, width) or (channels, height, width, 3): each kernel as a picture, zero at
            mid-grey; () shape (0, 0, 0) where kernels cannot be shown as pictures.
        orientations: Orientations of the gratings, degrees.
        frequencies: Their frequencies, cycles per pixel.
        num_phases: Phases per orientation and frequency.
        threshold: Selectivity from which a channel counts as preferring an orientation.
        tunings: One per channel.
        num_oriented: How many channels prefer an orientation.
        num_oriented_shuffled: The same after each kernel's weights were shuffled: what chance gives; None where that
            could not be computed.
        chance: How likely shuffled kernels reach as many, 0..1: the share of the trials that did, the one without
            shuffling counted among them (Phipson and Smyth 2010, "Permutation P-values should never be zero", Stat.
            Appl. Genet. Mol. Biol. 9); None as above.
        missing: Why there is no measurement, or "".
    """

    path: str
    kernels: Levels = field(repr=False)
    orientations: tuple[float, ...]
    frequencies: tuple[float, ...]
    num_phases: int
    threshold: float
    tunings: tuple[ChannelTuning, ...]
    num_oriented: int
    num_oriented_shuffled: float | None
    chance: float | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class PooledWindow:
    """One pooling worked on the window of numbers.

    Attributes:
        kind: "max", "average", "global max" or "global average".
        values: The results, row by row; one value for a global pooling.
        agrees: Whether Keras's own pooling layer came to the same numbers.
        used_by: Paths of the model's calls of this kind.
    """

    kind: str
    values: tuple[tuple[float, ...], ...]
    agrees: bool
    used_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PoolingResult:
    """Poolings worked on a window of one real activation map.

    Attributes:
        sample: Index of the sample.
        path: The call whose map it is.
        channel: The map's channel.
        map_levels: uint8 (height, width): the whole map on its own scale.
        top: First row of the window in the map.
        left: First column of the window in the map.
        window: Its real numbers, row by row.
        pool: Side of the pooling window; also its stride.
        results: The four poolings.
    """

    sample: int
    path: str
    channel: int
    map_levels: Levels = field(repr=False)
    top: int
    left: int
    window: tuple[tuple[float, ...], ...]
    pool: int
    results: tuple[PooledWindow, ...]


@dataclass(frozen=True, slots=True)
class NamesResult:
    """Predictions before and after layers were renamed.

    Attributes:
        renamed: Old and new names, in order.
        trial: Whether the user renamed nothing and every layer was given another name for a trial.
        num_images: How many images were put to the model both times.
        largest_difference: Largest absolute difference between the two outputs.
        identical: Whether the outputs agree to the last bit.
        repeats: Whether the model answers twice alike under the same names, so that a difference can come from them.
    """

    renamed: tuple[tuple[str, str], ...]
    trial: bool
    num_images: int
    largest_difference: float
    identical: bool
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How the default network was trained.

    Attributes:
        data: What on.
        num_images: How many images.
        epochs: How often it saw each.
        batch_size: Images per step.
        seed: Seed of weights, order and dropout.
        losses: Training loss after each epoch.
        accuracies: Share of right answers on the training data in each epoch.
    """

    data: str
    num_images: int
    epochs: int
    batch_size: int
    seed: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that sections may read.

    Attributes:
        title: Title of the report.
        model: The model's facts.
        run: How the report is made.
        findings: What was found, heaviest first.
        colormap: "gray" or "viridis", for activation maps.
        fonts: Fonts of the user's own, for charts.
        dataset: The data, or None.
        samples: The chosen samples.
        chapters: Names of the chapters that the report is to have.
        training: How the default network was trained, or None for a loaded model.
        predictions: Result of the probe of that name, or None where it did not run; likewise the following ones.
    """

    title: str
    model: ModelRecord
    run: RunFacts
    findings: tuple[Finding, ...]
    colormap: str = "gray"
    fonts: tuple[FontFile, ...] = ()
    dataset: DatasetRecord | None = None
    samples: tuple[SampleRecord, ...] = ()
    chapters: tuple[str, ...] = NAMES
    training: TrainingRecord | None = None
    predictions: PredictionsResult | None = None
    performance: PerformanceResult | None = None
    scaling: ScalingResult | None = None
    activations: ActivationsResult | None = None
    edges: EdgesResult | None = None
    pooling: PoolingResult | None = None
    names: NamesResult | None = None
    responses: ResponsesResult | None = None
    ablation: AblationResult | None = None
    dreams: DreamsResult | None = None


def texts(value: object) -> Iterator[str]:
    """Return every string in a record and in the records inside it, arrays and bytes left alone.

    >>> list(texts((Doubt("none", "They are small."), {"split": 3})))
    ['none', 'They are small.', 'split']
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, (tuple, list)):
        for each in value:
            yield from texts(each)
    elif isinstance(value, Mapping):
        yield from texts([*value, *value.values()])
    elif is_dataclass(value):
        for each in fields(value):
            yield from texts(getattr(value, each.name))
