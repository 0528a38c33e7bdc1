"""Findings about NaN and infinity in weights and activations."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.numerals import number, plural

WEIGHTS = Rule(
    code="RG101",
    name="weights-not-finite",
    severity="failed",
    since="0.1.0",
    title="Weights hold NaN or infinity",
    means="A weight tensor of the model contains values that are NaN or infinite.",
    why=(
        "NaN spreads: whatever is computed from such a weight is NaN or infinite, too, unless a later layer hides it. "
        "Predictions that depend on it mean nothing, even where they look like ordinary classes."
    ),
    measured=(
        "Every weight tensor of the model is read once, and its NaN and infinite values are counted. No data are "
        "needed, and no option changes it. One finding stands for one tensor."
    ),
    cannot_tell=(
        "Finite weights can still be so large that activations overflow. That is `RG102 activations-not-finite`."
    ),
    mend=(
        "Load an earlier checkpoint from before the training diverged. Then train again with a lower learning rate, "
        "with gradient clipping, or without mixed precision. `keras.callbacks.TerminateOnNaN` stops a training that "
        "diverges."
    ),
)
ACTIVATIONS = Rule(
    code="RG102",
    name="activations-not-finite",
    severity="failed",
    since="0.1.0",
    title="Activations hold NaN or infinity",
    means="For at least one of the samples shown, a channel of a conv or pooling layer came out with NaN or infinity.",
    why=(
        "Layers after this one receive values that mean nothing. An activation such as ReLU can turn them back into "
        "zeros, so the fault may stay hidden in the predictions."
    ),
    measured=(
        "The activation maps of the chosen samples are searched for NaN and infinity, channel by channel. `--pick` "
        "chooses the samples, `--layers` the layers. One finding stands for one layer."
    ),
    cannot_tell="Only the chosen samples and layers are searched. Other images may overflow where these do not.",
    mend=(
        "Look for weights that are not finite first (`RG101`). Otherwise check how the images are scaled (`RG201`), "
        "and whether the model computes in float16, which overflows above 65,504."
    ),
)
RULES = (WEIGHTS, ACTIVATIONS)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Look for NaN and infinity."""
    yield from _weights(evidence)
    yield from _activations(evidence)


def _weights(evidence: Evidence) -> Iterator[Finding]:
    for fault in evidence.model.faults:
        yield WEIGHTS.finding(
            f"The weights {fault.path} hold NaN or infinity.",
            f"Of {plural(fault.size, 'value')}, {number(fault.num_nan)} {_are(fault.num_nan)} NaN and"
            f" {number(fault.num_infinite)} {_are(fault.num_infinite)} infinite. Whatever is computed from them means"
            " nothing.",
            "architecture",
            where=fault.path,
            facts={"num_nan": fault.num_nan, "num_infinite": fault.num_infinite, "num_values": fault.size},
        )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _activations(evidence: Evidence) -> Iterator[Finding]:
    broken: dict[str, set[int]] = {}
    for sample in evidence.activations.samples if evidence.activations else ():
        for call in sample.calls:
            channels = {index for index, channel in enumerate(call.channels) if channel.num_nonfinite}
            if channels:
                broken.setdefault(call.path, set()).update(channels)
    for path, channels in broken.items():
        yield ACTIVATIONS.finding(
            f"Activations of {path} hold NaN or infinity.",
            f"This affects {plural(len(channels), 'channel')}. Such maps are crossed out, not coloured.",
            "activations",
            where=path,
            facts={"num_channels": len(channels)},
        )
