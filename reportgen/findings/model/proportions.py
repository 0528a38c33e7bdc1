"""Findings about how the network is built: where its parameters are, and how much of an image its conv layers see."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.cleaning import layer_anchor
from reportgen.language.numerals import number, percent, shape
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord, ModelRecord
from reportgen.records.places import image_of, last_conv

_DOMINATES = 0.5
_SMALL_PATCH = 0.5
# What no network has that is published or taught: see the pages of the rules.
_UNUSUAL_OF_FLATTENED = 0.999
_UNUSUAL = 0.8
_FEW_LAYERS = 5
_UNUSUAL_PATCH = 0.25

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
        "have parameters. A shared layer counts once. No data are needed.\n\n"
        "It is a note where the share is usual for such a network, and a warning where it is not. We measured 28 "
        "networks of `keras.applications`, of tutorials of Keras and TensorFlow and of plain design. A dense layer "
        "that reads flattened maps holds 53 to 99.4 % there (AlexNet 61 %, VGG16 74 %, LeNet-5 78 %). In networks "
        "without one, the largest layer holds 8 to 78 %: 75 % where each of a few conv layers has twice the channels "
        "of that before it, 76 % in the last layer of a narrow MobileNetV2. So it is a warning above 99.9 % for a "
        "dense layer that reads flattened maps, and above 80 % for any other, if at least five layers have parameters."
    ),
    cannot_tell=(
        "It is a matter of proportion, not an error: small networks for small images are often built like this. Of "
        "fewer than five layers, one has to hold much, and that is never called unusual."
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
        "layers after it, which are often dense and do not share weights over positions. Global pooling forgets it."
    ),
    measured=(
        "The receptive field of the last conv layer is worked out from kernels, strides and dilations, and compared "
        "with the size of the input, axis by axis. It fires if every axis is below 50 %. No data are needed.\n\n"
        "It is a note where that is usual for such a network, and a warning where it is not. In tutorials, conv layers "
        "before a flatten layer see 10 to 56 % of the width, and the dense layer combines the rest. After global "
        "pooling nothing can do that, and the published networks that are built like this see all of the image "
        "(ResNet50 and MobileNetV2 more than twice its width). So it is a warning if global pooling follows and every "
        "axis is below 25 %."
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
        flattened = _reads_flattened(model, largest)
        usual = len([call for call in owners if call.parameters]) < _FEW_LAYERS or share <= (
            _UNUSUAL_OF_FLATTENED if flattened else _UNUSUAL
        )
        convs = sum(call.parameters for call in owners if call.role == "conv")
        yield DOMINATES.finding(
            f"{percent(share, digits=0)} of the parameters are in one layer.",
            f"{largest.path} ({largest.kind}) has {number(largest.parameters)} of {number(model.parameters)}; all conv"
            f" layers together have {number(convs)}.{'' if usual else ' That is unusual for a network of this kind.'}",
            layer_anchor(largest.path),
            severity="note" if usual else "warning",
            where=largest.path,
            facts={"parameters": largest.parameters, "total_parameters": model.parameters, "share": share},
        )


def _reads_flattened(model: ModelRecord, call: LayerRecord) -> bool:
    """Whether a call reads maps that were laid out in a row."""
    rows = [each for each in model.layers if each.kind in {"Flatten", "Reshape"} and each.index < call.index]
    return any(each.output_shape == call.input_shape and len(each.input_shape) > 1 for each in rows)


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
        pooled = any(call.kind.startswith("Global") for call in model.layers if call.index > last.index)
        unusual = pooled and all(b and a < _UNUSUAL_PATCH * b for a, b in pairs)
        after = (
            "Global pooling then forgets where each part was, so no layer sees how they are arranged."
            if pooled
            else "Only later layers combine the parts."
        )
        yield SMALL_FIELD.finding(
            f"The last conv layer sees only {shape(last.receptive_field)} of {shape(image)} {known.points} at a time.",
            f"One position of {last.path} depends on parts of {whole}, not on the whole of it. {after}",
            layer_anchor(last.path),
            severity="warning" if unusual else "note",
            where=last.path,
            facts={
                f"{name}_{axis}": size or 0
                for name, sizes in (("receptive_field", last.receptive_field), ("input", image))
                for axis, size in zip(axes, sizes, strict=False)
            },
        )
