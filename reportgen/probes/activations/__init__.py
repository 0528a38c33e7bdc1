"""A model and chosen samples -> every activation map of every chosen call, as 8-bit pictures and numbers per channel.

One forward pass per sample; each call's output is reduced as soon as it comes out, and let go. The pass is eager:
tracing ResNet-50 or DenseNet-121 as a `tf.function` took as long as four or five eager passes, and what a traced pass
or one of a batch gives back is in memory all at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import keras
import numpy as np

from reportgen.budget import extent, plan
from reportgen.budget.most_active import limited
from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.evidence.activations import ActivationsResult, CallMaps, Closest, Foreground, SampleMaps
from reportgen.evidence.grids import Grid
from reportgen.models import arising, freeing, running
from reportgen.models.hooks import Call, watch
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.activations import following, foreground, standing_in
from reportgen.probes.activations.drawing import block_max, drawn_blocks
from reportgen.probes.activations.map_reducing import reduce_maps as reduce_maps
from reportgen.progress import Progress, silent
from reportgen.records.model import Check, LayerRecord, ModelRecord
from reportgen.records.places import drawn_at
from reportgen.sources.dataset import Dataset

NEEDS = ("samples",)
READS = ("why",)
# Each byte of a map is reduced, found again in a picture and put into the page besides being encoded.
_TIMES_ENCODED = 4


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of a pass over the samples, and of drawing the maps that are shown."""
    del dataset, options
    drawn = sum(grid.shown * grid.map_bytes for grid in plan.grids)
    return Work("maps of the samples", macs=plan.num_samples * record.macs, encoded_bytes=_TIMES_ENCODED * drawn)


def run(subject: Subject, options: Options, progress: Progress = silent) -> ActivationsResult | None:
    """Watch the model on each sample.

    Returns:
        Maps and numbers per sample and chosen call, and for every call of the model the output shape by formula against
        the tensor that came out; None without samples.
    """
    if not subject.samples:
        return None
    calls = subject.chosen_calls(options.layers)
    places = _places(subject, calls, options.maps)
    found = [
        standing_in.found(foreground.find(subject.pictures([sample.index])[0]), subject.earlier.get("why"), sample)
        for sample in subject.samples
    ]
    compared = following.compare(subject, _of_pictures(subject, places), found, options.seed, progress)
    room = plan.make(calls, len(subject.samples), options, len(subject.record.layers), _page_extent(subject)).room()
    checks: dict[str, Check] = {}
    samples = []
    with progress("Looking at every layer", total=len(subject.samples)) as advance:
        for place, sample in enumerate(subject.samples):
            reducer = _Reducer(subject, places, found[place], options.scale_maps, checks)
            reducer.room = {path: number for (one, path), number in room.items() if one == place}
            reducer.closest = {path: each for (one, path), each in compared.closest.items() if one == place}
            with watch(subject.model, reducer.note):
                running.call(subject.model, subject.inputs([sample.index]))
            samples.append(SampleMaps(sample.index, found[place], reducer.in_order(calls)))
            # What stays lies between what was let go: without this, the holes of every sample would add up.
            freeing.trim()
            advance()
    return ActivationsResult(
        tuple(samples),
        options.scale_maps,
        compared.following,
        tuple(checks.items()),
        options.max_size,
        options.pdf_channels,
    )


def _places(subject: Subject, calls: Sequence[LayerRecord], maps: str) -> dict[str, LayerRecord]:
    """Return the layers by the path of the call whose output is drawn."""
    return {drawn_at(subject.record, call, maps).path: call for call in calls}


def _of_pictures(subject: Subject, places: Mapping[str, LayerRecord]) -> dict[str, LayerRecord]:
    """Return those whose maps can be laid over the main input."""
    return {path: call for path, call in places.items() if _lies_on_picture(subject.record, call)}


def _lies_on_picture(model: ModelRecord, call: LayerRecord) -> bool:
    sizes = [size for axis, size in enumerate(call.output_shape) if axis != call.channel_axis]
    return call.map_axes == ("height", "width") and sizes != [1, 1] and model.sees_main_input(call)


def _page_extent(subject: Subject) -> extent.Extent | None:
    data = subject.dataset
    if data is None:
        return None
    return extent.extent(subject.record, data.size, 0 if data.labels is None else len(np.unique(data.labels)))


class _Reducer:
    """What is noted during one sample's forward pass."""

    def __init__(
        self,
        subject: Subject,
        places: Mapping[str, LayerRecord],
        found: Foreground,
        scale: str,
        checks: dict[str, Check],
    ) -> None:
        self.room: dict[str, int] = {}
        self.closest: dict[str, Closest] = {}
        self._maps: dict[str, CallMaps] = {}
        self._model = subject.record
        self._records = {call.path: call for call in subject.record.layers}
        self._places = places
        self._target = foreground.Target(found.mask) if found.found else None
        self._scale = scale
        self._checks = checks

    def in_order(self, calls: Sequence[LayerRecord]) -> tuple[CallMaps, ...]:
        """Return the maps that were noted, in the order of the calls that they are of."""
        return tuple(self._maps[call.path] for call in calls if call.path in self._maps)

    def note(self, call: Call) -> None:
        record = self._records.get(call.path)
        if record is None or (call.path in self._checks and call.path not in self._places):
            return
        output = keras.tree.flatten(call.output)[0]
        if call.path not in self._checks:
            shape = tuple(int(size) for size in output.shape[1:])
            expected = next((c.expected for c in record.checks if c.quantity == "output shape"), record.output_shape)
            against = "the tensor that came out for the sample"
            self._checks[call.path] = Check("output shape", expected, shape, against, expected == shape)
        layer = self._places.get(call.path)
        if layer is not None:
            # What the report has no room for is let go here, so that memory does not grow with it.
            maps = self._reduce(layer, call.path, arising.seen(call)[0])
            self._maps[layer.path] = limited(maps, self.room.get(layer.path, len(maps.channels)))

    def _reduce(self, record: LayerRecord, judged_at: str, volume: Array) -> CallMaps:
        volume = np.moveaxis(volume, min(record.channel_axis, volume.ndim - 1), -1)
        if volume.ndim == 1:
            volume = volume.reshape(1, 1, -1)
        scores = None
        if record.map_axes == ("height", "width") and self._target and self._model.sees_main_input(record):
            scores = self._target.follow(volume, record)
        levels, numbers = reduce_maps(volume, self._scale, scores)
        grid = None
        if len(record.map_axes) == volume.ndim - 1 and record.map_axes != ("height", "width"):
            grid = Grid(record.map_axes, volume.shape[:-1], drawn_blocks(volume.shape[:-1]))
            levels = np.moveaxis(block_max(np.moveaxis(levels, 0, -1), grid.blocks), -1, 0)
        closest = self.closest.get(record.path)
        return CallMaps(record.path, np.ascontiguousarray(levels), numbers, closest, judged_at, grid)
