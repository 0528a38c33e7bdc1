"""Findings about how the network behaves when it is run again, renamed, or pooled by hand."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words

NOT_REPEATABLE = Rule(
    code="RG121",
    name="not-repeatable",
    severity="warning",
    since="0.1.0",
    title="The model gives different predictions for the same input",
    means="The same images went through the model twice, and the predictions differ.",
    why=(
        "Every number in the report comes from one pass. Another pass may give others, so neither the report nor a "
        "comparison with a later one can be repeated."
    ),
    measured=(
        "The first images of the data, at most one batch and fewer for a very large network, go through the model "
        "twice under the same layer names. Any difference in any bit of an output counts."
    ),
    cannot_tell=(
        "Equal predictions on a few images do not prove that the model is repeatable everywhere. Without data, and "
        "without the chapter on names, it is not measured."
    ),
    mend=(
        "Find the layer that draws random numbers when it predicts, often dropout or noise that is called with "
        "`training=True`, or one that keeps state between calls. Do not set `training=True` for predictions."
    ),
)
NAMES_MATTER = Rule(
    code="RG122",
    name="names-change-answers",
    severity="failed",
    since="0.1.0",
    title="Renaming layers changes the predictions",
    means=(
        "The same images went through the model before and after its layers were renamed, and the predictions differ, "
        "although the model repeats itself under the same names."
    ),
    why=(
        "A name is a label. If it changes a prediction, then the model, or the way it was renamed, is not sound, and "
        "a saved copy may not compute what this model does."
    ),
    measured=(
        "The first images of the data, at most one batch and fewer for a very large network, go through the model "
        "under its own names and under others: those of `--rename`, or trial names. All outputs must be equal to the "
        "last bit."
    ),
    cannot_tell=(
        "Without data it is not measured. For a model that does not repeat itself (`RG121`) names cannot be blamed."
    ),
    mend="Look for code of your own that asks for a layer by its name, such as `get_layer` inside `call`.",
)
POOLING = Rule(
    code="RG123",
    name="pooling-disagrees",
    severity="failed",
    since="0.1.0",
    title="Pooling by hand differs from Keras",
    means=(
        "The chapter on pooling works a pooling out by hand on a window of one real map, and Keras's own layer gives "
        "other numbers."
    ),
    why="The chapter explains the pooling with these numbers. If they are wrong, so is the explanation.",
    measured=(
        "Max and average pooling with 2 × 2 windows and stride 2, and global max and average pooling, on a window of "
        "the map that varies most, for the first sample. One finding stands for one kind."
    ),
    cannot_tell="One window of one map is compared, and none where the map holds NaN or infinity.",
    mend=(
        "This is most likely a defect of reportgen or of the installed Keras. Please report it with the versions that "
        "the report names."
    ),
)
RULES = (NOT_REPEATABLE, NAMES_MATTER, POOLING)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge what running the model more than once showed."""
    yield from _names(evidence)
    yield from _poolings(evidence)


def _names(evidence: Evidence) -> Iterator[Finding]:
    names, known = evidence.names, words(evidence.model)
    if names is None:
        return
    facts = {"largest_difference": names.largest_difference, "num_images": names.num_images}
    if not names.repeats:
        yield NOT_REPEATABLE.finding(
            f"The model gives different predictions for the same {known.samples}.",
            f"A second pass over the same {plural(names.num_images, known.sample)} changed the predictions by up to"
            f" {number(names.largest_difference)}: the model draws random numbers, or keeps state between calls. Every"
            " number in this report is from one pass, and the next pass may give another.",
            "names",
            facts=facts,
        )
    elif not names.identical:
        yield NAMES_MATTER.finding(
            "Renaming the layers changed the predictions.",
            f"The largest difference over {plural(names.num_images, known.sample)} is"
            f" {number(names.largest_difference)}. Names should change nothing.",
            "names",
            facts=facts,
        )


def _poolings(evidence: Evidence) -> Iterator[Finding]:
    for result in evidence.pooling.results if evidence.pooling else ():
        if not result.agrees:
            yield POOLING.finding(
                f"The {result.kind} pooling by hand differs from Keras's.",
                "The chapter on pooling shows the window.",
                "pooling",
                where=result.kind,
            )
