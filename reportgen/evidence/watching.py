"""What one pass over the data left of every channel, for the probes that come after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from reportgen.evidence.responses import ResponsesResult


@dataclass(frozen=True, slots=True, eq=False)
class Strongest:
    """Where the channels of one conv call responded most.

    Attributes:
        values: The highest responses of every channel, one per image, float64 (`NUM_STRONGEST`, channels), highest
            first; minus infinity where there are fewer images.
        images: In which images, int64.
        positions: Where in the map, positions counted row by row.
        lowest: Lowest response of every channel, float64 (channels,).
        sizes: Positions along each axis of the maps.
        class_means: Mean response to the images of each class, in multiples of the layer's, float64 (classes,
            channels); None without labels.
        peaks: Of every channel, on how many images its highest response lies in each step of its own range, int64
            (`NUM_BINS`, channels).
        range: Lower and upper end of these ranges, float64 (2, channels); NaN where a channel has no range.
        lines: Of every channel that is a copy of another, slope and offset of the line by which it follows from it.
    """

    values: npt.NDArray[np.float64] = field(repr=False)
    images: npt.NDArray[np.int64] = field(repr=False)
    positions: npt.NDArray[np.int64] = field(repr=False)
    lowest: npt.NDArray[np.float64] = field(repr=False)
    sizes: tuple[int, ...]
    class_means: npt.NDArray[np.float64] | None = field(repr=False)
    peaks: npt.NDArray[np.int64] = field(repr=False)
    range: npt.NDArray[np.float64] = field(repr=False)
    lines: Mapping[int, tuple[float, float]]


@dataclass(frozen=True, slots=True, eq=False)
class WatchingResult:
    """What one pass over the data left.

    Attributes:
        responses: What every channel did. No channel is chosen to be shown, and none has patches or class means.
        images: Indices of the images that were seen, int64, ascending.
        strongest: Where each call responded most, in the order of `responses.calls`.
    """

    responses: ResponsesResult
    images: npt.NDArray[np.int64] = field(repr=False)
    strongest: tuple[Strongest, ...]
