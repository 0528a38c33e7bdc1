"""Findings about the formulas: whether they agree with the model, and what there is none for."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.cleaning import layer_anchor
from reportgen.language.numerals import number, plural, shape
from reportgen.records.places import grating_conv, in_picture, pooled_conv

DISAGREES = Rule(
    code="RG110",
    name="formula-disagrees",
    severity="failed",
    since="0.1.0",
    title="Formula and model disagree",
    means=(
        "The report works out the output shape, the parameters and the multiply-adds of every layer by formula, and "
        "compares them with what the model itself says. A failed finding names the layer and the number that differ. "
        "Where all agree, the finding has passed and counts the comparisons."
    ),
    why=(
        "Every number in the chapters on the architecture rests on these formulas. If one of them is wrong for this "
        "model, so are the numbers that follow from it."
    ),
    measured=(
        "Output shapes are compared with Keras's own shape rules and, where samples were run, with the tensors that "
        "came out. Parameters are compared with the layer's own count, and multiply-adds with a second way of "
        "counting them. Equal means equal: there is no tolerance."
    ),
    cannot_tell=(
        "Layers without a formula are not compared (`RG111`). Where formula and model share a wrong assumption, both "
        "agree."
    ),
    mend=(
        "The formula is ours, so this is most likely a defect of reportgen. Please report it with the layer's "
        "configuration, which `reportgen summary MODEL --layer NAME` prints. For a layer of your own, check its "
        "`compute_output_shape`."
    ),
)
NO_FORMULA = Rule(
    code="RG111",
    name="layer-without-formula",
    severity="note",
    since="0.1.0",
    title="No formula for a layer",
    means="The model has layers of a kind that reportgen has no formula for, such as layers of your own.",
    why=(
        "The multiply-adds of these layers are missing from the total, and receptive fields cannot be followed "
        "through them."
    ),
    measured="The class of every layer is looked up among the formulas. No data are needed.",
    cannot_tell="It says nothing about whether such a layer is right, only that its numbers are the model's own.",
    mend=(
        "Nothing is wrong with the model. If you need the arithmetic of such a layer in the report, build it from "
        "layers of Keras."
    ),
)
LEFT_OUT = Rule(
    code="RG112",
    name="chapter-left-out",
    severity="note",
    since="0.1.0",
    title="A chapter does not apply",
    means="A chapter about pictures is left out, because this model reads none that the chapter could use.",
    why="Without this note, the missing chapter could be taken for an oversight or for a negative result.",
    measured=(
        "The edge test needs a first conv layer with two spatial axes and a kernel larger than one pixel. The chapter "
        "on pooling needs a conv layer whose maps are at least 2 × 2. Both are read from the layers' shapes."
    ),
    cannot_tell="Layers inside a layer of your own cannot be seen, so a suitable conv layer in there is not found.",
    mend="There is nothing to mend. The other chapters hold.",
)
RULES = (DISAGREES, NO_FORMULA, LEFT_OUT)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Compare formulas with the model, and name what they do not cover."""
    yield from _comparisons(evidence)
    yield from _unknown_kinds(evidence)
    yield from _left_out(evidence)


def _comparisons(evidence: Evidence) -> Iterator[Finding]:
    observed = dict(evidence.activations.checks) if evidence.activations else {}
    compared = [
        (call, check)
        for call in evidence.model.layers
        for check in (*call.checks, *((observed[call.path],) if call.path in observed else ()))
    ]
    for call, check in compared:
        if not check.agrees:
            yield DISAGREES.finding(
                f"{call.path}: formula and model disagree ({check.quantity}).",
                f"Formula: {shape(check.expected)}; {check.against}: {shape(check.observed)}.",
                layer_anchor(call.path),
                where=call.path,
            )
    if compared and all(check.agrees for _, check in compared):
        against = "Keras's own shape rules and parameter counts"
        against += ", and with the tensors that came out" if observed else ""
        yield DISAGREES.finding(
            f"All {number(len(compared))} comparisons between formula and model agree.",
            f"Output shapes, parameters and multiply-adds were worked out by formula and compared with {against}.",
            "calculations",
            severity="passed",
            facts={"num_comparisons": len(compared)},
        )


def _unknown_kinds(evidence: Evidence) -> Iterator[Finding]:
    unknown = evidence.model.unknown_calls
    if unknown:
        kinds = ", ".join(sorted({call.kind for call in unknown}))
        yield NO_FORMULA.finding(
            f"There is no formula for {plural(len(unknown), 'layer')}.",
            f"Kinds: {kinds}. Shapes and parameters are the model's own, and multiply-adds are not counted.",
            layer_anchor(unknown[0].path),
            where=unknown[0].path if len(unknown) == 1 else "",
            facts={"num_layers": len(unknown)},
        )


def _left_out(evidence: Evidence) -> Iterator[Finding]:
    """Chapters about pictures say nothing about a network that reads none, and that is said."""
    model = evidence.model
    first = next((call for call in model.layers if call.role == "conv"), None)
    if first is None:
        return
    reasons = []
    if grating_conv(model) is None:
        reads = "pictures one pixel at a time" if in_picture(first) else "no pictures with height and width"
        reasons.append(
            "The edge test needs a first conv layer that looks at patches of a picture, and"
            f" {first.path} reads {reads}."
        )
    if pooled_conv(model) is None:
        reasons.append("The chapter on pooling needs a conv layer with maps of at least 2 × 2, and there is none.")
    if reasons:
        chapters = "One chapter is" if len(reasons) == 1 else "Two chapters are"
        yield LEFT_OUT.finding(
            f"{chapters} left out.",
            " ".join(reasons),
            layer_anchor(first.path),
            where=first.path,
            facts={"num_chapters": len(reasons)},
        )
