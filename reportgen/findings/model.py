"""Findings about the network itself: its weights, its sums, where its parameters sit."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.evidence.activations import ActivationsResult
from reportgen.evidence.names import NamesResult
from reportgen.evidence.pooling import PoolingResult
from reportgen.language.cleaning import layer_anchor
from reportgen.language.numerals import number, percent, plural, shape
from reportgen.language.vocabulary import words
from reportgen.records.model import ModelRecord
from reportgen.records.places import grating_conv, image_of, in_picture, last_conv, pooled_conv

_DOMINATES = 0.5
_SMALL_PATCH = 0.5


def _weights(model: ModelRecord) -> Iterator[Finding]:
    for fault in model.faults:
        yield Finding(
            "failed",
            f"The weights {fault.path} hold values that are no numbers.",
            f"{plural(fault.num_nan, 'value')} NaN and {plural(fault.num_infinite, 'value')} infinite, of "
            f"{number(fault.size)}. What the network computes behind them means nothing.",
            "architecture",
        )


def _activation_faults(activations: ActivationsResult | None) -> Iterator[Finding]:
    broken: dict[str, set[int]] = {}
    for sample in activations.samples if activations else ():
        for call in sample.calls:
            channels = {index for index, channel in enumerate(call.channels) if channel.num_nonfinite}
            if channels:
                broken.setdefault(call.path, set()).update(channels)
    for path, channels in broken.items():
        yield Finding(
            "failed",
            f"Activations of {path} hold values that are no numbers.",
            f"NaN or infinity in {plural(len(channels), 'channel')}; these maps are crossed out, not coloured.",
            "activations",
        )


def _sums(model: ModelRecord, activations: ActivationsResult | None) -> Iterator[Finding]:
    observed = dict(activations.checks) if activations else {}
    compared = [
        (call, check)
        for call in model.layers
        for check in (*call.checks, *((observed[call.path],) if call.path in observed else ()))
    ]
    for call, check in compared:
        if not check.agrees:
            yield Finding(
                "failed",
                f"{call.path}: {check.quantity} by formula and in the model differ.",
                f"Formula: {shape(check.expected)}; {check.against}: {shape(check.observed)}.",
                layer_anchor(call.path),
            )
    if compared and all(check.agrees for _, check in compared):
        against = "Keras's own shape rules and weight counts"
        against += " and the tensors that came out" if observed else ""
        yield Finding(
            "passed",
            f"All {number(len(compared))} comparisons between formula and model agree.",
            f"Output shapes, parameters and multiply-adds were worked out by formula and compared with {against}.",
            "calculations",
        )


def _names(model: ModelRecord, names: NamesResult | None) -> Iterator[Finding]:
    if names and not names.repeats:
        yield Finding(
            "warning",
            "The model does not answer twice alike.",
            f"The same {plural(names.num_images, words(model).sample)} were put to it again and the answers differ, by"
            f" up to {number(names.largest_difference)}: it draws random numbers, or keeps something from call to call."
            " Each number here is from one pass and may be another in the next.",
            "names",
        )
    elif names and not names.identical:
        yield Finding(
            "failed",
            "The model answered differently after its layers were renamed.",
            f"Largest difference {number(names.largest_difference)} over"
            f" {plural(names.num_images, words(model).sample)}. Names should change nothing.",
            "names",
        )


def _poolings(pooling: PoolingResult | None) -> Iterator[Finding]:
    for result in pooling.results if pooling else ():
        if not result.agrees:
            yield Finding(
                "failed", f"The {result.kind} pooling by hand is not what Keras computes.", "See the window.", "pooling"
            )


def _balance(model: ModelRecord) -> Iterator[Finding]:
    owners = [call for call in model.layers if call.shared_with is None]
    if not owners or not model.parameters:
        return
    largest = max(owners, key=lambda call: call.parameters)
    share = largest.parameters / model.parameters
    if share > _DOMINATES and len([call for call in owners if call.parameters]) > 1:
        convs = sum(call.parameters for call in owners if call.role == "conv")
        yield Finding(
            "warning",
            f"{percent(share, digits=0)} of the parameters sit in one layer.",
            f"{largest.path} ({largest.kind}) holds {number(largest.parameters)} of {number(model.parameters)}; all"
            f" conv layers together hold {number(convs)}.",
            layer_anchor(largest.path),
        )


def _patches(model: ModelRecord) -> Iterator[Finding]:
    last = last_conv(model)
    if last is None or last.receptive_field is None:
        return
    image, known = image_of(model, last), words(model)
    if image is None:
        return
    whole = "an object" if known.is_picture else f"the {known.sample}"
    pairs = list(zip(last.receptive_field, image, strict=False))
    if len(image) == len(last.receptive_field) and all(b and a < _SMALL_PATCH * b for a, b in pairs):
        yield Finding(
            "warning",
            "The conv layers see small patches only.",
            f"A position of the last conv layer, {last.path}, depends on {shape(last.receptive_field)} {known.points} "
            f"of {shape(image)}: parts of {whole}, not the whole of it. Only layers behind it put the parts together.",
            layer_anchor(last.path),
        )


def _unknown_kinds(model: ModelRecord) -> Iterator[Finding]:
    unknown = model.unknown_calls
    if unknown:
        kinds = ", ".join(sorted({call.kind for call in unknown}))
        yield Finding(
            "note",
            f"{plural(len(unknown), 'layer was', 'layers were')} not worked out.",
            f"There is no formula for {kinds}: shapes and parameters are the model's own, multiply-adds are not"
            " counted.",
            layer_anchor(unknown[0].path),
        )


def _left_out(model: ModelRecord) -> Iterator[Finding]:
    """Chapters about pictures say nothing about a network that reads none, and that is said."""
    first = next((call for call in model.layers if call.role == "conv"), None)
    if first is None:
        return
    reasons = []
    if grating_conv(model) is None:
        reads = "no picture of height and width" if not in_picture(first) else "one pixel at a time"
        reasons.append(
            "Whether it looks for edges is asked of a first conv layer that reads patches of pictures, and"
            f" {first.path} reads {reads}."
        )
    if pooled_conv(model) is None:
        reasons.append("The poolings are worked on a map of height and width, and no conv layer here has one to pool.")
    if reasons:
        chapters = "A chapter is" if len(reasons) == 1 else "Two chapters are"
        yield Finding("note", f"{chapters} left out.", " ".join(reasons), layer_anchor(first.path))
