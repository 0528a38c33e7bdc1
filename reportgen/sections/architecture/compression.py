"""The layers' number formats and weights -> sentences about precision, quantized layers and weights that are zero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.records.model import LayerRecord

NOTABLE_ZEROS = 0.05
"""Share of a layer's kernel weights from which on zeros are worth a line: training leaves next to none."""
_MOST_NAMED = 6


def formats_differ(calls: Sequence[LayerRecord]) -> bool:
    """Return whether the layers work with different number formats, each of which the table should name."""
    return len(_formats(calls)) > 1


def has_notable_zeros(calls: Sequence[LayerRecord]) -> bool:
    """Return whether in some layer a notable share of the kernel weights is zero."""
    return any((call.zero_share or 0.0) >= NOTABLE_ZEROS for call in calls)


def remarks(calls: Sequence[LayerRecord]) -> tuple[str, ...]:
    """Say what the layers compute in, which are quantized, and how many weights are zero."""
    owners = [call for call in calls if call.shared_with is None]
    return (*_formats_said(calls), *_quantized(owners), *_zeros(owners), *_zero_kernels(owners))


def _formats(calls: Sequence[LayerRecord]) -> dict[tuple[str, str], list[LayerRecord]]:
    """The calls by what they compute in and what most of their weights are stored in, those with weights alone."""
    groups: dict[tuple[str, str], list[LayerRecord]] = {}
    with_weights = [call for call in calls if call.parameters] or list(calls)
    for call in with_weights:
        kept = call.precision.stored[0] if call.precision.stored else call.precision.compute
        groups.setdefault((call.precision.compute, kept), []).append(call)
    return groups


def _formats_said(calls: Sequence[LayerRecord]) -> Iterator[str]:
    groups = _formats(calls)
    if len(groups) == 1:
        ((compute, kept),) = groups
        same = compute == kept
        yield f"All layers compute in {compute}" + (
            " and store their weights in it." if same else f" and store their weights in {kept}."
        )
        return
    done: Counter[str] = Counter()
    for call in calls:
        done[call.precision.compute] += call.macs or 0
    total = sum(done.values())
    counted = " that were counted" if any(call.macs is None for call in calls) else ""
    parts = [f"{percent(many / total, 0)} in {name}" for name, many in done.most_common() if many]
    if parts:
        yield f"Number formats: of the multiply-adds{counted}, {listed(parts)}."


def _quantized(owners: Sequence[LayerRecord]) -> Iterator[str]:
    groups: dict[str, list[str]] = {}
    for call in owners:
        if call.precision.quantized:
            groups.setdefault(call.precision.quantized, []).append(call.path)
    if not groups:
        return
    with_weights = sum(bool(call.parameters) for call in owners)
    for way, paths in groups.items():
        verb = "is" if len(paths) == 1 else "are"
        which = f"{number(len(paths))} of {plural(with_weights, 'layer')} with weights"
        yield f"{which} {verb} quantized to {way.partition('/')[0]}: {_named(paths)}. {_WAYS[way.partition('/')[0]]}"
    yield "Keras quantizes dense, einsum and embedding layers; other layers stay as they are."


_WAYS = {
    "int8": (
        "A weight takes one byte, with a scale for each output channel; dense layers round their inputs to int8, too."
    ),
    "int4": (
        "Two weights share a byte, with a scale for each output channel or block of inputs, and are turned back into"
        " the working format before they are multiplied."
    ),
    "float8": (
        "Weights are stored as before, and rounded to float8 with the inputs before they are multiplied; scales and"
        " the largest values of recent steps count as parameters."
    ),
    "gptq": "Weights are packed by how they change the predictions on calibration data.",
    "awq": "Weights are packed in four bits, those that see large inputs more precisely.",
}


def _zeros(owners: Sequence[LayerRecord]) -> Iterator[str]:
    if not has_notable_zeros(owners):
        return
    counted = [call for call in owners if call.zero_share is not None]
    zero = sum(call.zero_weights or 0 for call in counted)
    total = sum(call.kernel_weights for call in counted)
    yield f"{percent(zero / total, 0)} of the kernel weights are zero: {number(zero)} of {number(total)}."


def _zero_kernels(owners: Sequence[LayerRecord]) -> Iterator[str]:
    pruned = [call for call in owners if call.zero_kernels]
    if not pruned:
        return
    parts = [
        f"{number(len(call.zero_kernels))} of {number(call.output_shape[call.channel_axis])} in {call.path}"
        for call in pruned[:_MOST_NAMED]
    ]
    rest = len(pruned) - _MOST_NAMED
    more = f" and in {plural(rest, 'more layer', 'more layers')}" if rest > 0 else ""
    said = f"All weights of some output channels are zero: {', '.join(parts)}{more}."
    yield f"{said} Whatever the input, such a channel has one value."


def _named(paths: Sequence[str]) -> str:
    rest = len(paths) - _MOST_NAMED
    return f"{', '.join(paths[:_MOST_NAMED])} and {number(rest)} more" if rest > 0 else listed(paths)
