"""The conv calls of a network -> those that stand for its stages: the last one at each resolution."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from reportgen.evidence.responses import CallResponses
from reportgen.records.model import LayerRecord

MOST_WHOLE = 4
"""Up to so many conv calls, all are in the body."""


def in_body(measured: Sequence[CallResponses], layers: Sequence[LayerRecord]) -> frozenset[str]:
    """Return the paths of the conv calls that the body shows.

    Args:
        measured: The conv calls that were measured, in their order.
        layers: All calls of the model.

    Returns:
        All of a few; of more, the last one at every resolution, which is how many input pixels lie between neighbouring
        positions, or the size of the maps where that is not known; but for those whose maps have one place only. Calls
        without patches, which read another input than the pictures, do not take the place of those with patches.
    """
    known = {layer.path: layer for layer in layers}
    calls = [known[call.path] for call in measured if call.path in known]
    if len(measured) <= MOST_WHOLE or len(calls) < len(measured):
        return frozenset(call.path for call in measured)
    last: dict[object, str] = {}
    mapped = [call for call in calls if _positions(call) > 1] or calls
    pictured = {call.path for call in measured if _has_pictures(call)}
    # Those with pictures come last and so take the place of the others.
    for call in sorted(mapped, key=lambda call: call.path in pictured):
        last[_resolution(call)] = call.path
    return frozenset(last.values())


def _has_pictures(call: CallResponses) -> bool:
    return any(patch.picture is not None for channel in call.channels for patch in channel.patches)


def _resolution(call: LayerRecord) -> object:
    if call.jump is not None:
        return ("jump", call.jump)
    return ("positions", _positions(call))


def _positions(call: LayerRecord) -> int:
    """How many places a map has."""
    return prod(size or 1 for place, size in enumerate(call.output_shape) if place != call.channel_axis)
