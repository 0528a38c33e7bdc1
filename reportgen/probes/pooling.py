"""One real activation map -> a window of its numbers, and the four poolings worked on it."""

from __future__ import annotations

import keras
import numpy as np

from reportgen.evidence.pooling import PooledWindow, PoolingResult
from reportgen.models import arising, running
from reportgen.models.hooks import Call, StopPassError, until
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.activations import reduce_maps
from reportgen.progress import Progress, silent
from reportgen.records.model import LayerRecord
from reportgen.records.places import POOL, drawn_at, pooled_conv

NEEDS = ("samples",)
SIDE = 6
_KINDS = {
    "max": "MaxPooling",
    "average": "AveragePooling",
    "global max": "GlobalMaxPooling",
    "global average": "GlobalAveragePooling",
}


def run(subject: Subject, options: Options, progress: Progress = silent) -> PoolingResult | None:
    """Take the map that varies most in the conv layer before the first pooling, on the first sample.

    Returns:
        The window, and each pooling computed from its numbers and again by Keras's own layer; None without samples or
        where no conv layer has a map of at least 2 × 2 positions.
    """
    del progress
    call = pooled_conv(subject.record)
    if call is None or not subject.samples:
        return None
    sample, place = subject.samples[0], drawn_at(subject.record, call, options.maps)
    volume = _volume(subject, place, sample.index)
    if not np.isfinite(volume).all():
        return None
    channel = int(np.argmax(volume.std(axis=(0, 1), dtype=np.float64)))
    one = volume[..., channel].astype(np.float64)
    top, left, side = _pooled_window(one)
    window = one[top : top + side[0], left : left + side[1]]
    levels, _ = reduce_maps(one[..., None])
    return PoolingResult(
        sample=sample.index,
        path=call.path,
        judged_at=place.path,
        channel=channel,
        map_levels=levels[0],
        top=top,
        left=left,
        window=_rows(window),
        pool=POOL,
        results=tuple(_pooled(kind, window, subject) for kind in _KINDS),
    )


def pool(kind: str, window: Array, size: int = POOL) -> Array:
    """Pool a window of numbers.

    Args:
        kind: "max", "average", "global max" or "global average".
        window: float64 (height, width), both sides multiples of `size` for the first two kinds.
        size: Side of the pooling window, and its stride.

    Returns:
        (height / size, width / size), or (1, 1) for the global kinds.
    """
    if kind.startswith("global"):
        blocks = window.reshape(1, window.shape[0], 1, window.shape[1])
    else:
        blocks = window.reshape(window.shape[0] // size, size, window.shape[1] // size, size)
    result = blocks.max(axis=(1, 3)) if kind.endswith("max") else blocks.mean(axis=(1, 3))
    return np.asarray(result)


def _volume(subject: Subject, call: LayerRecord, index: int) -> Array:
    found: list[Array] = []

    def note(seen: Call) -> None:
        if seen.path == call.path:
            found.append(arising.seen(seen)[0])
            raise StopPassError

    with until(subject.model, note):
        running.call(subject.model, subject.inputs([index]))
    return np.moveaxis(found[0], 0, -1) if call.data_format == "channels_first" else found[0]


def _pooled_window(values: Array) -> tuple[int, int, tuple[int, int]]:
    """Find the window, at even offsets, in which the numbers vary most."""
    height = min(SIDE, values.shape[0] // POOL * POOL)
    width = min(SIDE, values.shape[1] // POOL * POOL)
    best = max(
        (
            (float(values[top : top + height, left : left + width].std()), -top, -left)
            for top in range(0, values.shape[0] - height + 1, POOL)
            for left in range(0, values.shape[1] - width + 1, POOL)
        ),
    )
    return -best[1], -best[2], (height, width)


def _pooled(kind: str, window: Array, subject: Subject) -> PooledWindow:
    own = pool(kind, window)
    theirs = np.asarray(_theirs(kind)(window[None, ..., None].astype(np.float32)), dtype=np.float64).reshape(own.shape)
    prefix = _KINDS[kind]
    return PooledWindow(
        kind=kind,
        values=_rows(own),
        agrees=bool(np.allclose(own, theirs, rtol=1e-5, atol=1e-6)),
        used_by=tuple(call.path for call in subject.record.layers if call.kind.startswith(prefix)),
    )


def _theirs(kind: str) -> keras.layers.Layer:
    layers = keras.layers
    makers = {
        "max": lambda: layers.MaxPooling2D(POOL),
        "average": lambda: layers.AveragePooling2D(POOL),
        "global max": layers.GlobalMaxPooling2D,
        "global average": layers.GlobalAveragePooling2D,
    }
    return makers[kind]()


def _rows(values: Array) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in values)
