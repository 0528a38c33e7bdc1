"""Findings about the data: how they were scaled, what cannot be read, what was done to them."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.findings.doubts import doubts
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words

SCALING = Rule(
    code="RG201",
    name="scaling-doubtful",
    severity="warning",
    since="0.1.0",
    title="The images may be scaled wrongly",
    means=(
        "Another scaling of the pixel values fits the model clearly better than the one in use, or the model or the "
        "values themselves speak against it."
    ),
    why=(
        "A model that was trained on values from 0 to 1 and gets values from 0 to 255 still predicts something, often "
        "with great confidence. The numbers in the report then describe a model that is used in the wrong way."
    ),
    measured=(
        "At most 1,000 images, drawn with `--seed`, go through the model under each plausible scaling. Three signs "
        "count: the true classes are more probable (paired change of the log-probability, each scaling at its best "
        "temperature, sign flips, corrected for all scalings, p below 0.005), and no fewer images are classified "
        "correctly; nearly all probabilities above 0.9999, while another scaling with values ten times "
        "smaller is less saturated; nearly the same uncertain prediction for every image, while another scaling with "
        "values ten times larger tells them apart. Besides, a rescaling layer in the model is compared with what was "
        "done to the images."
    ),
    cannot_tell=(
        "Very few images, images of a single class, an untrained model and a model that is wrong under every scaling "
        "often leave no sign. The two signs of confidence need ten images. Without labels, confidence is all there "
        "is."
    ),
    mend=(
        "Make the report again with the scaling that the finding names, such as `--preprocess 1/255`, and compare. If "
        "you know the right scaling, set it with `--preprocess`."
    ),
)
UNREADABLE = Rule(
    code="RG202",
    name="images-unreadable",
    severity="warning",
    since="0.1.0",
    title="Some images cannot be read",
    means="Files or records of the data are empty, damaged, missing or no images. They are left out.",
    why=(
        "The numbers in the report do not include these images. If they have something in common, such as a class or "
        "a camera, the numbers describe data that differ from yours."
    ),
    measured=(
        "Every image is opened once. The finding counts those that failed by reason, and the chapter on the samples "
        "names the first ones."
    ),
    cannot_tell="An image that can be read may still be the wrong one: black, mislabelled, or a placeholder.",
    mend="Repair or remove the files that the report names, and fetch damaged ones again.",
)
FITTED = Rule(
    code="RG203",
    name="images-fitted",
    severity="note",
    since="0.1.0",
    title="What was done to the images before the model got them",
    means=(
        "The finding lists how the images were brought to the form that the model reads: resized, rescaled, "
        "reordered, or given another number of colours. It also says so where they were left as they are."
    ),
    why=(
        "The numbers in the report are about the converted images. If your own program converts them in another way, "
        "it may get other predictions."
    ),
    measured=(
        "Every step of the conversion writes a sentence. `--resize`, `--preprocess`, `--scale-input` and `--feature` "
        "change the steps."
    ),
    cannot_tell="It says what was done here, not whether your own program does the same.",
    mend="Compare the steps with your own. Give images that already fit, or set the steps with the options above.",
)
LABELS_NOT_USED = Rule(
    code="RG208",
    name="labels-not-used",
    severity="warning",
    since="0.1.0",
    title="Labels came with the data but could not be used",
    means="The data have labels, but they could not be matched with the classes of the model.",
    why=(
        "Without labels there is no accuracy, no confusion of classes, no mistakes, and no channel that is specific "
        "to a class."
    ),
    measured=(
        "Labels that are words are matched with the class names. Without class names they are numbered only if there "
        "are as many words as the model has classes."
    ),
    cannot_tell="Labels that could be matched may still be in the wrong order. A very low accuracy is a sign of that.",
    mend="Give the class names in the model's order with `--classes`.",
)
RULES = (SCALING, UNREADABLE, FITTED, LABELS_NOT_USED)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge the data."""
    yield from _scaling(evidence)
    yield from _broken(evidence)
    yield from _fitted(evidence)


def _scaling(evidence: Evidence) -> Iterator[Finding]:
    scaling, dataset = evidence.scaling, evidence.dataset
    found = doubts(scaling, dataset.doubts if dataset else ())
    if found:
        reasons = " ".join(
            f"{doubt.why} Compare with --preprocess {doubt.other}." if doubt.other else doubt.why for doubt in found
        )
        yield SCALING.finding(
            f"The {words(evidence.model).samples} may be scaled wrongly.",
            reasons,
            "scaling" if scaling else "provenance",
            facts={"num_doubts": len(found)} | ({"num_images": scaling.num_images} if scaling else {}),
            predictions=evidence.dataset.size if evidence.dataset else 0,
        )


def _broken(evidence: Evidence) -> Iterator[Finding]:
    dataset = evidence.dataset
    if dataset and dataset.broken_reasons:
        num_broken = sum(reason.number for reason in dataset.broken_reasons)
        num_images = num_broken + dataset.size
        counts = ", ".join(f"{reason.reason} ({number(reason.number)})" for reason in dataset.broken_reasons)
        yield UNREADABLE.finding(
            f"{plural(num_broken, words(evidence.model).sample)} of {number(num_images)} cannot be read.",
            f"No number in this report includes {'it' if num_broken == 1 else 'them'}. What is wrong: {counts}.",
            "broken",
            facts={"num_broken": num_broken, "num_images": num_images},
            predictions=num_broken,
        )


def _fitted(evidence: Evidence) -> Iterator[Finding]:
    dataset = evidence.dataset
    if dataset and dataset.unmatched:
        yield LABELS_NOT_USED.finding("The labels were not used.", dataset.unmatched, "samples")
    if dataset and dataset.notes:
        yield FITTED.finding(
            f"What was done to the {words(evidence.model).samples}.",
            " ".join(dataset.notes),
            "samples",
            facts={"num_steps": len(dataset.notes)},
        )
