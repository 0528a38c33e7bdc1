"""Findings about how the network is built: where its parameters are, and how much of an image its conv layers see."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.cleaning import layer_anchor
from reportgen.language.numerals import number, percent, shape
from reportgen.language.vocabulary import words
from reportgen.records.places import image_of, last_conv

_DOMINATES = 0.5
_SMALL_PATCH = 0.5

DOMINATES = Rule(
    code="RG131",
    name="one-layer-dominates",
    severity="note",
    since="0.1.0",
    title="One layer holds most parameters",
    means=(
        "More than half of the model's parameters are in a single layer, usually the first dense layer after the conv "
        "layers."
    ),
    why=(
        "Most of what the model can learn by heart is stored there. A large dense layer makes the file large, invites "
        "overfitting, and ties the model to one image size."
    ),
    measured=(
        "Parameters of the largest layer, divided by those of the model. It fires above 50 %, if at least two layers "
        "have parameters. A shared layer counts once. No data are needed."
    ),
    cannot_tell=(
        "It is a matter of proportion, not an error: small networks for small images are often built like this."
    ),
    mend=(
        "Put a global average pooling before the dense layer, add a conv or pooling layer with stride 2, or make the "
        "dense layer smaller."
    ),
)
SMALL_FIELD = Rule(
    code="RG132",
    name="small-receptive-field",
    severity="note",
    since="0.1.0",
    title="Conv layers see only small patches",
    means=(
        "One position of the last conv layer depends on less than half of the height and less than half of the width "
        "of the image."
    ),
    why=(
        "No conv channel can react to a whole object, only to parts of it. How the parts are arranged is left to the "
        "layers after it, which are often dense and do not share weights over positions."
    ),
    measured=(
        "The receptive field of the last conv layer is worked out from kernels, strides and dilations, and compared "
        "with the size of the input, axis by axis. It fires if every axis is below 50 %. No data are needed."
    ),
    cannot_tell=(
        "Where the receptive field is the whole image or cannot be worked out, nothing is said. The field that has "
        "real influence is usually smaller than this one."
    ),
    mend=(
        "Add conv or pooling layers, use strides, larger or dilated kernels, or feed smaller images. Leave it as it "
        "is if texture or small parts are enough for your task."
    ),
)
RULES = (DOMINATES, SMALL_FIELD)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the proportions of the network."""
    yield from _balance(evidence)
    yield from _patches(evidence)


def _balance(evidence: Evidence) -> Iterator[Finding]:
    model = evidence.model
    owners = [call for call in model.layers if call.shared_with is None]
    if not owners or not model.parameters:
        return
    largest = max(owners, key=lambda call: call.parameters)
    share = largest.parameters / model.parameters
    if share > _DOMINATES and len([call for call in owners if call.parameters]) > 1:
        convs = sum(call.parameters for call in owners if call.role == "conv")
        yield DOMINATES.finding(
            f"{percent(share, digits=0)} of the parameters are in one layer.",
            f"{largest.path} ({largest.kind}) has {number(largest.parameters)} of {number(model.parameters)}; all conv"
            f" layers together have {number(convs)}.",
            layer_anchor(largest.path),
            where=largest.path,
            facts={"parameters": largest.parameters, "total_parameters": model.parameters, "share": share},
        )


def _patches(evidence: Evidence) -> Iterator[Finding]:
    model, last = evidence.model, last_conv(evidence.model)
    if last is None or last.receptive_field is None:
        return
    image, known = image_of(model, last), words(model)
    if image is None:
        return
    whole = "an object" if known.is_picture else f"the {known.sample}"
    pairs = list(zip(last.receptive_field, image, strict=False))
    if len(image) == len(last.receptive_field) and all(b and a < _SMALL_PATCH * b for a, b in pairs):
        axes = last.map_axes[-len(pairs) :]
        yield SMALL_FIELD.finding(
            f"The last conv layer sees only {shape(last.receptive_field)} of {shape(image)} {known.points} at a time.",
            f"One position of {last.path} depends on parts of {whole}, not on the whole of it. Only later layers"
            " combine the parts.",
            layer_anchor(last.path),
            where=last.path,
            facts={
                f"{name}_{axis}": size or 0
                for name, sizes in (("receptive_field", last.receptive_field), ("input", image))
                for axis, size in zip(axes, sizes, strict=False)
            },
        )
