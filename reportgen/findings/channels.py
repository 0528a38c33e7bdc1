"""Findings about channels: dead, stuck, copied, of one value on the samples."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding, Severity
from reportgen.evidence.activations import ActivationsResult
from reportgen.evidence.responses import CallResponses, ChannelResponses, ResponsesResult
from reportgen.language.cleaning import fold_anchor
from reportgen.language.numerals import number, percent, plural

_MANY = 0.1
"""Share of a layer's channels from which on dead or stuck ones are a warning."""
_MOST_NAMED = 8
_MOST_LAYERS = 12


def faults(responses: ResponsesResult | None, sample: str) -> Iterator[Finding]:
    """Find the channels that are not in order.

    Args:
        responses: What the channels did.
        sample: What the data consist of: "image".
    """
    if responses is None:
        return
    every = plural(responses.num_images, sample)
    anywhere = f"any of {every}" if responses.num_images > 1 else f"the only {sample}"
    rare = percent(responses.thresholds.nearly_dead)
    told = {
        "no number": (
            "gives values that are no numbers",
            "give values that are no numbers",
            "NaN or infinity came out",
        ),
        "dead": ("is dead", "are dead", f"Never above zero on {anywhere}"),
        "stuck": ("is stuck", "are stuck", f"One value everywhere on {anywhere.replace('any', 'all', 1)}"),
        "nearly dead": ("is nearly dead", "are nearly dead", f"They fire in under {rare} of {every}"),
    }
    for state, (one, several, meaning) in told.items():
        rows = [(call, [each for each in call.channels if each.state == state]) for call in responses.calls]
        yield from _fault(state, rows, (one, several), meaning)
    rows = [
        (call, [each for each in call.channels if each.copy_of is not None and not each.state])
        for call in responses.calls
    ]
    meaning = f"Their responses correlate above {number(responses.thresholds.copy)} with those of another channel"
    yield from _fault("copy", rows, ("is a copy of another", "are copies of others"), meaning)


def _fault(
    state: str, rows: list[tuple[CallResponses, list[ChannelResponses]]], verbs: tuple[str, str], meaning: str
) -> Iterator[Finding]:
    rows = [(call, channels) for call, channels in rows if channels]
    if not rows:
        return
    count = sum(len(channels) for _, channels in rows)
    severity: Severity = "note"
    if state == "no number":
        severity = "failed"
    elif state in {"dead", "stuck"} and any(len(some) >= _MANY * len(call.channels) for call, some in rows):
        severity = "warning"
    listed = "; ".join(_listed(call, channels) for call, channels in rows[:_MOST_LAYERS])
    if len(rows) > _MOST_LAYERS:
        listed += f"; and in {plural(len(rows) - _MOST_LAYERS, 'more layer', 'more layers')}"
    yield Finding(
        severity,
        f"{plural(count, 'channel')} {verbs[0] if count == 1 else verbs[1]}.",
        f"{meaning}: {listed}.",
        fold_anchor(rows[0][0].path),
    )


def _listed(call: CallResponses, channels: list[ChannelResponses]) -> str:
    """The channels of a layer by number, the first of many; a copy with what it is a copy of."""
    names = [
        number(each.channel) + ("" if each.state or each.copy_of is None else f" of {number(each.copy_of)}")
        for each in channels[:_MOST_NAMED]
    ]
    rest = len(channels) - _MOST_NAMED
    names += [f"{number(rest)} more"] if rest > 0 else []
    after = f", judged after {call.judged_at}" if call.judged_at != call.path else ""
    return f"{call.path}, {number(len(channels))} of {number(len(call.channels))} ({', '.join(names)}){after}"


def _silent_channels(activations: ActivationsResult | None) -> Iterator[Finding]:
    if activations is None or not activations.samples:
        return
    still: dict[str, tuple[int, int]] = {}
    for position, call in enumerate(activations.samples[0].calls):
        rows = [sample.calls[position].channels for sample in activations.samples]
        constant = sum(all(row[channel].constant for row in rows) for channel in range(len(call.channels)))
        if constant and call.levels[0].size > 1:
            still[call.path] = (constant, len(call.channels))
    if still:
        listed = "; ".join(f"{path}: {number(count)} of {number(total)}" for path, (count, total) in still.items())
        yield Finding(
            "note",
            f"{plural(sum(count for count, _ in still.values()), 'channel shows', 'channels show')} one value"
            f" everywhere on all {plural(len(activations.samples), 'sample')} shown.",
            f"{listed}. Their maps are drawn mid-grey. A few samples do not prove that a channel is dead.",
            "activations",
        )
