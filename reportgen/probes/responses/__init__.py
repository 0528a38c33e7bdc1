"""What every channel did, and what is known of it besides -> which channels are shown, with their strongest patches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reportgen.evidence import channels
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.common import common, kinds_of
from reportgen.evidence.edges import EdgesResult
from reportgen.evidence.responses import (
    MOST_BEST,
    MOST_CLASS_MEANS,
    CallResponses,
    ChannelResponses,
    Peaks,
    ResponsesResult,
)
from reportgen.evidence.watching import Strongest, WatchingResult
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.probes.responses import lighting, patches
from reportgen.probes.watching.labelled import classes
from reportgen.progress import Progress, silent

NEEDS = ("watching", "edges", "ablation")


def run(subject: Subject, options: Options, progress: Progress = silent) -> ResponsesResult | None:
    """Choose the channels of every call that are shown, by everything that is known of them, and cut their patches.

    Returns:
        What every channel did; None without data or conv calls.
    """
    del options, progress
    watched = subject.earlier.get("watching")
    if not isinstance(watched, WatchingResult):
        return None
    lost, tuned = subject.earlier.get("ablation"), subject.earlier.get("edges")
    ablation = lost if isinstance(lost, AblationResult) else None
    edges = tuned if isinstance(tuned, EdgesResult) else None
    result = watched.responses
    dominated = _dominated(subject, watched)
    chosen = tuple(
        replace(call, shown=channels.shown(call, result, ablation, edges, most))
        for call, most in zip(result.calls, dominated, strict=True)
    )
    return replace(result, calls=_with_patches(subject, chosen, watched))


def _dominated(subject: Subject, watched: WatchingResult) -> list[dict[int, float]]:
    """Return, for each call, the channels whose strongest images are mostly of one class or kind, and by how much."""
    result, dataset = watched.responses, subject.dataset
    assert dataset is not None, "channels are watched over data"
    total = sum(len(call.channels) for call in result.calls)
    of_images = classes(subject.record, dataset, watched.images, total).of_images
    kinds = kinds_of(dataset.class_names, dataset.kinds, result)
    found: list[dict[int, float]] = []
    for call, strongest in zip(result.calls, watched.strongest, strict=True):
        told = (_classes_of_strongest(strongest, each.channel, watched.images, of_images) for each in call.channels)
        seen = [common(each, result, kinds) for each in told]
        found.append({place: most.excess for place, most in enumerate(seen) if most is not None and most.dominates})
    return found


def _with_patches(
    subject: Subject, calls: tuple[CallResponses, ...], watched: WatchingResult
) -> tuple[CallResponses, ...]:
    """Add patches, class means and what else their cards say to the channels that are shown, and the best of others."""
    size = patches.extent(subject, int(watched.images[0]))
    seen = patches.reaches(subject.record)
    shown = [set(call.shown) for call in calls]
    num_channels, num_classes = sum(len(call.channels) for call in calls), len(watched.responses.classes)
    everywhere = num_channels * num_classes <= MOST_CLASS_MEANS
    means_shown = everywhere or sum(map(len, shown)) * num_classes <= MOST_CLASS_MEANS
    assert subject.dataset is not None, "channels are watched over data"
    groups = classes(subject.record, subject.dataset, watched.images, num_channels)
    layers = {layer.path: layer for layer in subject.record.layers}
    rows: list[dict[int, ChannelResponses]] = []
    most_best = _alike([len(call.channels) for call in calls])
    for call, strongest, chosen_channels in zip(calls, watched.strongest, shown, strict=True):
        own_size = size if subject.record.sees_main_input(layers[call.path]) else None
        means = strongest.class_means if means_shown else None
        row = {}
        for each in call.channels:
            channel, is_shown = each.channel, each.channel in chosen_channels
            if means is not None and (everywhere or is_shown):
                each = replace(each, class_means=tuple(means[:, channel].tolist()))
            if is_shown or (own_size and channel < most_best):
                found = patches.strongest(strongest, channel, seen[call.path], own_size, groups.label)
                close = patches.close(found[0], own_size, strongest.sizes) if found and own_size else None
                each = replace(each, best=close)
                if is_shown:
                    told = _classes_of_strongest(strongest, channel, watched.images, groups.of_images)
                    each = replace(each, patches=found, strongest=told, peaks=_peaks(strongest, channel))
            row[channel] = each
        rows.append(row)
    if size:
        _draw(subject, calls, rows, size)
    return tuple(replace(call, channels=tuple(row.values())) for call, row in zip(calls, rows, strict=True))


def _draw(
    subject: Subject,
    calls: tuple[CallResponses, ...],
    rows: list[dict[int, ChannelResponses]],
    size: patches.Extent,
) -> None:
    """Put pictures into the patches of channels."""
    channels = [(call.path, each) for call, row in zip(calls, rows, strict=True) for each in row.values()]
    shown = (patch for _, each in channels for patch in each.patches if patch.box)
    best = (each.best for _, each in channels if each.best)
    drawn = patches.filled(shown, subject, best)
    whole = {
        (path, each.channel): tuple(drawn.get(patch, patch) for patch in each.patches)
        for path, each in channels
        if each.patches and each.patches[0].box
    }
    lit = lighting.lit(subject, whole, size)
    for call, row in zip(calls, rows, strict=True):
        for channel, each in row.items():
            found = lit.get((call.path, channel), each.patches)
            row[channel] = replace(each, patches=found, best=each.best and drawn[each.best])


def _alike(widths: list[int]) -> int:
    """Return how many channels of each call have their best patch, so that all have `MOST_BEST` at most.

    >>> _alike([8, 16, 32]), _alike([64, 64, 8000])
    (32, 3968)
    """
    left = MOST_BEST
    for place, width in enumerate(sorted(widths)):
        alike = left // (len(widths) - place)
        if width > alike:
            return alike
        left -= width
    return max(widths, default=0)


def _classes_of_strongest(seen: Strongest, channel: int, images: Array, of_images: Array | None) -> tuple[int, ...]:
    """Return the classes of the images that move a channel most, as far as they move it at all; () without labels."""
    if of_images is None:
        return ()
    values = seen.values[:, channel]
    moved = seen.images[np.isfinite(values) & (values > seen.lowest[channel]), channel]
    return tuple(of_images[np.searchsorted(images, moved)].tolist())


def _peaks(seen: Strongest, channel: int) -> Peaks | None:
    low, high = seen.range[:, channel].tolist()
    return Peaks(low, high, tuple(seen.peaks[:, channel].tolist())) if np.isfinite(low) else None
