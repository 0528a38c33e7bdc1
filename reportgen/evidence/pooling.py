"""A window of one real map and the poolings worked on it, as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

from reportgen.evidence.samples import Levels as Levels


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
        judged_at: The call whose output is drawn: this one, or the activation that follows it.
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
    judged_at: str
    channel: int
    map_levels: Levels = field(repr=False)
    top: int
    left: int
    window: tuple[tuple[float, ...], ...]
    pool: int
    results: tuple[PooledWindow, ...]
