"""Findings about where the evidence of a class lies: in one place that makes the answer, and at the border."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.evidence.inference import LEVEL, holm
from reportgen.evidence.performance import wilson
from reportgen.evidence.shortcuts import ClassEvidence, Transplant
from reportgen.language.numerals import number, p_value, percent, plural
from reportgen.language.vocabulary import Words, words

_LEAST_APART = 0.1

ONE_PLACE = Rule(
    code="RG505",
    name="evidence-in-one-place",
    severity="warning",
    since="0.1.0",
    title="A single place of the image makes an answer",
    means=(
        "Images of other classes get a class's answer when one small window of that class's images, a sixteenth of the "
        "image, is put into them."
    ),
    why=(
        "So behaves a network that reads a tag, a stamp or a frame in the place of the object. It is right on data "
        "that have the mark and wrong wherever they do not."
    ),
    measured=(
        "Where the evidence of each class lies is found from input times gradient. On images of up to 32 pixels a side "
        "two windows of a class are tried: the one that sets some of its images most apart, and the one that holds "
        "most of the evidence; on larger images all 49. The window of its images is put into up to 100 images of other "
        "classes; on larger ones these are not the images by which it was chosen. It is an alarm where at least half "
        "turn into the class and, on larger images, the window of the class's other images turns 30 points fewer."
    ),
    cannot_tell=(
        "A shortcut that moves about, or fills the image as texture or background does, has no window. The images need "
        "one framing. Classes predicted for fewer than 8 images are not tested."
    ),
    mend=(
        "Look at the images that it was taken from. Remove or vary the mark in the training data, or crop it away, and "
        "train again."
    ),
)
AT_THE_BORDER = Rule(
    code="RG506",
    name="evidence-at-the-border",
    severity="warning",
    since="0.1.0",
    title="The evidence of a class lies at the border of the image",
    means="More of a class's evidence lies in the outermost ring of the image than that ring has of its area.",
    why="Objects seldom stand there; frames, captions and watermarks do.",
    measured=(
        "Of each image, the share of the positive evidence (input times gradient of the log-odds) in the outermost of "
        "8 × 8 cells, which are 44 % of the area. Reported where the mean lies 10 points above that and a sign test "
        "over the images, corrected for all classes (Holm), has p ≤ 0.005."
    ),
    cannot_tell=(
        "Evidence in the place of an object that fills the image lies at the border, too. It says where, not that it "
        "is wrong. On large photographs single gradients are noisy."
    ),
    mend="Look at the class's mean evidence map, and at what stands at the border of its images.",
)
RULES = (ONE_PLACE, AT_THE_BORDER)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Say where a place makes the answer, and where the evidence lies at the border."""
    result, known = evidence.shortcuts, words(evidence.model)
    if result is None:
        return
    for test in result.tests:
        if test.is_alarm:
            yield _one_place(test, known)
    corrected = holm([one.border.p_value for one in result.classes])
    for one, chance in zip(result.classes, corrected, strict=True):
        if chance <= LEVEL and one.border.mean - one.border.area >= _LEAST_APART:
            yield _at_the_border(one, chance, known)


def _one_place(test: Transplant, known: Words) -> Finding:
    low, high = wilson(test.turned, test.num_receivers)
    control = (
        f" The same place of the other {known.samples} called “{test.name}” turned {number(test.control)}."
        if test.num_members < test.num_called
        else ""
    )
    return ONE_PLACE.finding(
        f"The {test.place} alone makes the answer “{test.name}”.",
        f"In {number(test.num_members)} of {plural(test.num_called, known.sample)} called “{test.name}”,"
        f" {percent(test.share_in, 0)} of the evidence lies there; in the others {percent(test.share_out, 0)}. Put into"
        f" {plural(test.num_receivers, known.sample)} of other classes, that place turned {number(test.turned)} into"
        f" “{test.name}” (95 % interval {percent(low, 0)} to {percent(high, 0)}).{control}",
        "looks-at",
        where=test.name,
        facts={"turned": test.turned, "num_receivers": test.num_receivers, "control": test.control},
        predictions=test.num_called,
    )


def _at_the_border(one: ClassEvidence, chance: float, known: Words) -> Finding:
    share = one.border
    return AT_THE_BORDER.finding(
        f"The evidence for “{one.name}” lies at the border of its {known.samples}.",
        f"{percent(share.mean, 0)} of it on average (95 % interval {percent(share.low, 0)} to {percent(share.high, 0)};"
        f" {plural(share.number, known.sample)}), on {percent(share.area, 0)} of the area; {p_value(chance, 0)},"
        " corrected for all classes.",
        "looks-at",
        where=one.name,
        facts={"share": share.mean, "area": share.area},
        predictions=one.number,
    )
