"""Patches of calls that see most of an image at once -> where in it their channels respond."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from math import prod

import numpy as np
import numpy.typing as npt

from reportgen.evidence.responses import LIT_PLACES, Patch
from reportgen.models.subject import Array, Subject
from reportgen.probes.activations import drawing
from reportgen.probes.watching.watching import Watching
from reportgen.records.judged import Judged, judged

Key = tuple[str, int]
_HALF = 0.5


def lit(
    subject: Subject, patches: Mapping[Key, tuple[Patch, ...]], size: tuple[int, ...]
) -> dict[Key, tuple[Patch, ...]]:
    """Return patches, those of calls that see more than half of the image with the places at half of their response.

    The images of these patches go through the model once more: maps are not kept over a whole data set.

    Args:
        subject: The model and its data.
        patches: Patches by the path of the conv call and the number of the channel.
        size: Height and width of an image; 1 and the length of a signal; slices, height and width of a volume.

    Raises:
        ModelError: The model cannot be run on the images.
    """
    paths, axes = {path for path, _ in patches}, len(subject.record.inputs[subject.record.main_input].shape) - 1
    lengths = size[-axes:]
    wide = {
        call.path: call for call in judged(subject.record.layers) if call.record.path in paths and _wide(call, lengths)
    }
    asked: defaultdict[int, list[tuple[str, Key, int]]] = defaultdict(list)
    ends = {call.record.path: path for path, call in wide.items()}
    for key, each in patches.items():
        for place, patch in enumerate(each if key[0] in ends else ()):
            asked[patch.image].append((ends[key[0]], key, place))
    if not asked:
        return dict(patches)
    masks: dict[tuple[Key, int], npt.NDArray[np.bool_]] = {}
    images = sorted(asked)
    batch: list[int] = []

    def take(path: str, outputs: Array, given: Array | None) -> None:
        maps = np.moveaxis(outputs if given is None else given, wide[path].record.channel_axis + 1, -1)
        for row, image in enumerate(batch):
            for end, key, place in asked[image]:
                if end == path:
                    masks[key, place] = _mask(maps[row, ..., key[1]], patches[key][place].position)

    watching = Watching(subject, take, list(wide))
    for start in range(0, len(images), watching.batch_size):
        batch[:] = images[start : start + watching.batch_size]
        watching.watch(subject.inputs(batch))
    return {
        key: tuple(replace(patch, lit=masks.get((key, place))) for place, patch in enumerate(each))
        for key, each in patches.items()
    }


def _wide(call: Judged, size: tuple[int, ...]) -> bool:
    """Whether one position of a call sees more than half of an image, a signal or a volume, as far as is known."""
    record = call.record
    if len(record.output_shape) != len(size) + 1:
        return False
    if record.whole_image or record.receptive_field is None:
        return True
    return prod(map(min, record.receptive_field, size)) > _HALF * prod(size)


def _mask(values: Array, peak: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Return where a map, of one in slices the slice with the peak, is at least half of its value at the peak.

    Where that is not above zero, the peak alone.
    """
    highest = values[peak]
    known = np.nan_to_num(values, nan=-np.inf)
    found = known >= (_HALF * highest if highest > 0 else highest)
    if found.ndim == 3:
        found = found[peak[0]]
    blocks = tuple(-(-length // LIT_PLACES) for length in found.shape)
    return np.atleast_2d(drawing.block_max(found.astype(np.uint8), blocks).astype(np.bool_))
