"""What every channel did, and what is known of it besides -> which channels are shown, with their strongest patches."""

from __future__ import annotations

from dataclasses import replace

from reportgen.evidence import channels
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.edges import EdgesResult
from reportgen.evidence.responses import MOST_CLASS_MEANS, CallResponses, ChannelResponses, ResponsesResult
from reportgen.evidence.watching import WatchingResult
from reportgen.language.vocabulary import words
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.probes.responses import patches
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
    chosen = tuple(replace(call, shown=channels.shown(call, result, ablation, edges)) for call in result.calls)
    return replace(result, calls=_with_patches(subject, chosen, watched))


def _with_patches(
    subject: Subject, calls: tuple[CallResponses, ...], watched: WatchingResult
) -> tuple[CallResponses, ...]:
    """Add patches and class means to the channels that are to have them."""
    picture = subject.pictures([int(watched.images[0])])[0].shape if words(subject.record).is_picture else ()
    size = (picture[0], picture[1]) if picture else None
    seen = patches.reaches(subject.record)
    shown = [set(call.shown) for call in calls]
    num_channels, num_classes = sum(len(call.channels) for call in calls), len(watched.responses.classes)
    everywhere = num_channels * num_classes <= MOST_CLASS_MEANS
    means_shown = everywhere or sum(map(len, shown)) * num_classes <= MOST_CLASS_MEANS
    assert subject.dataset is not None, "channels are watched over data"
    groups = classes(subject.record, subject.dataset, watched.images, num_channels)
    layers = {layer.path: layer for layer in subject.record.layers}
    rows: list[dict[int, ChannelResponses]] = []
    for call, strongest, chosen_channels in zip(calls, watched.strongest, shown, strict=True):
        own_size = size if subject.record.sees_main_input(layers[call.path]) else None
        means = strongest.class_means if means_shown else None
        given = range(len(call.channels)) if means is not None and everywhere else sorted(chosen_channels)
        rows.append(
            {
                channel: replace(
                    call.channels[channel],
                    class_means=() if means is None else tuple(means[:, channel].tolist()),
                    patches=patches.strongest(strongest, channel, seen[call.path], own_size, groups.label)
                    if channel in chosen_channels
                    else (),
                )
                for channel in given
            }
        )
    asked = (patch for row in rows for each in row.values() for patch in each.patches if patch.box)
    drawn = patches.filled(asked, subject)
    for row in rows:
        for channel, each in row.items():
            row[channel] = replace(each, patches=tuple(drawn.get(patch, patch) for patch in each.patches))
    return tuple(
        replace(call, channels=tuple(row.get(each.channel, each) for each in call.channels))
        for call, row in zip(calls, rows, strict=True)
    )
