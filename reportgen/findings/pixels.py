"""Findings about picture-shaped predictions: no better than one that is always the same, a class never found."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.evidence.pixels import LEAST_IMAGES, Estimate, PixelHead
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words

_MOST_NAMED = 5

NO_BETTER = Rule(
    code="RG331",
    name="pixels-no-better-than-constant",
    severity="warning",
    since="0.1.0",
    title="Predictions are not better than always the same one",
    means=(
        "Over all images, the network's pixels are not shown to be better than an answer that does not look at the "
        "image: the commonest class for every pixel, or the mean picture."
    ),
    why=(
        "Most pixels of a mask are often background, so that a network that finds nothing has a high pixel accuracy. "
        "A reconstruction or a depth map near the average looks plausible, too."
    ),
    measured=(
        "For classes: pixel accuracy minus the share of the commonest class. For values: the mean absolute error of "
        "the mean picture of the other images minus the network's. Both are compared image by image; the warning is "
        "given where the 95 % interval of the gain, with the images taken for a random draw, reaches down to 0, and "
        "where no image gains anything."
    ),
    cannot_tell=(
        "With few images the interval is wide and a small gain is not seen. Below 5 images, and without masks or true "
        "values, nothing is said. A network may find rare classes well and still have no higher pixel accuracy: see "
        "the intersection over union."
    ),
    mend=(
        "Look at the scaling of the pixels (`RG201`), at the worst images, and whether masks and images belong "
        "together. Weight rare classes in the loss, or use a loss on the overlap (Dice)."
    ),
)
NEVER_FOUND = Rule(
    code="RG332",
    name="class-of-pixels-never-found",
    severity="warning",
    since="0.1.0",
    title="A class of pixels is never found",
    means="The masks have pixels of a class, and not one of them is predicted as it.",
    why="A good accuracy over all pixels hides a class that fails, as rare classes have few pixels.",
    measured=(
        "Over all images, the pixels of each class that are predicted as it are counted. A class is named if there are "
        "none, and at least 5 images have pixels of it."
    ),
    cannot_tell=(
        "A class that is in fewer images, or not in the masks at all, is not judged. The masks may number the classes "
        "otherwise than the network."
    ),
    mend=(
        "Check that masks and network number the classes alike. Then weight the class in the loss, or show the network "
        "more images with it."
    ),
)
RULES = (NO_BETTER, NEVER_FOUND)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Judge picture-shaped predictions."""
    for head in evidence.pixels.heads if evidence.pixels else ():
        yield from _no_better(evidence, head)
        yield from _never_found(evidence, head)


def _at(evidence: Evidence, head: PixelHead) -> str:
    return f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""


def _no_better(evidence: Evidence, head: PixelHead) -> Iterator[Finding]:
    over, at = plural(head.num_images, words(evidence.model).sample), _at(evidence, head)
    scores, errors = head.by_class, head.by_error
    if scores and scores.commonest and scores.accuracy:
        gain, same = scores.commonest.gain, scores.commonest
        title = f"Pixel accuracy{at} is {_beside(gain, 'above', 'below')} that of always predicting {same.name}."
        detail = f"It is {percent(scores.accuracy.value)}, and {percent(same.accuracy)} of the pixels are {same.name}"
        facts = {"accuracy": scores.accuracy.value, "accuracy_of_commonest": same.accuracy}
        ends = tuple(percent(end) for end in gain.interval or ())
    elif errors and errors.gain and errors.mean_picture:
        gain, mean = errors.gain, errors.mean_picture.absolute.value
        title = f"The error{at} is {_beside(gain, 'below', 'above')} that of always predicting the mean picture."
        detail = f"It is {number(errors.errors.absolute.value)}, and that of the mean picture {number(mean)}"
        facts = {"error": errors.errors.absolute.value, "error_of_mean_picture": mean}
        ends = tuple(number(end) for end in gain.interval or ())
    else:
        return
    # Where every image gains nothing, there is no spread, and so no interval.
    no_gain = gain.interval is None and abs(gain.value) < 1e-9 and gain.num_images >= LEAST_IMAGES
    if not no_gain and (gain.interval is None or gain.interval[0] > 0):
        return
    yield NO_BETTER.finding(
        title,
        f"{detail} ({f'95 % interval of the gain {ends[0]} to {ends[1]}' if ends else 'no gain at all'}, over {over}).",
        "pixels",
        where=head.name,
        facts=facts,
        predictions=head.num_images,
    )


def _beside(gain: Estimate, better: str, worse: str) -> str:
    """Say what is known of a score beside another that it does not beat."""
    if gain.interval is None:
        return "no better than"
    return worse if gain.interval[1] < 0 else f"not shown to be {better}"


def _never_found(evidence: Evidence, head: PixelHead) -> Iterator[Finding]:
    never = [
        each
        for each in (head.by_class.classes if head.by_class else ())
        if each.num_true and not each.num_both and (each.num_images or 0) >= LEAST_IMAGES
    ]
    if not never:
        return
    names = [each.name for each in never[:_MOST_NAMED]]
    names += [f"{number(len(never) - _MOST_NAMED)} more"] if len(never) > _MOST_NAMED else []
    pixels, images = sum(each.num_true or 0 for each in never), max(each.num_images or 0 for each in never)
    one = len(never) == 1
    yield NEVER_FOUND.finding(
        f"No pixel of the {'class' if one else 'classes'} {listed(names)} is found{_at(evidence, head)}.",
        f"The masks have {plural(pixels, 'pixel')} of {'it' if one else 'them'}, in {'' if one else 'at most '}"
        f"{plural(images, words(evidence.model).sample)}{'' if one else ' each'}.",
        "pixels",
        where=names[0] if one else head.name,
        facts={"num_classes": len(never), "num_pixels": pixels},
        predictions=images,
    )
