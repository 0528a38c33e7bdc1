"""What changed, and both models -> the same with pictures: what the answers hang on that were right and now are wrong.

And whether the evidence still lies where it lay, on images that both models answer alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reportgen.document.difference import Difference, LostImage
from reportgen.document.likeness import Marked, Overlap
from reportgen.document.report import Figure
from reportgen.errors import ModelError
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import Explanation
from reportgen.figures import evidence_maps
from reportgen.language.numerals import percent
from reportgen.options import Options
from reportgen.pipeline import probing
from reportgen.pipeline.reporting import Looked
from reportgen.policy import overlapping
from reportgen.progress import Progress, silent

MOST_ALIKE = 12
"""Images that both answer alike on which evidence is compared."""
_SEED = 24
_Known = dict[int, tuple[SampleRecord, Explanation | None]]


def marked(found: Difference, models: Sequence[Looked], options: Options, progress: Progress = silent) -> Difference:
    """Add pictures and outlines to the images that were right and now are wrong, and where evidence lies.

    Args:
        found: What changed.
        models: The old model and the new one, and perhaps another training of the old one, as they were looked at.
        options: The seed.
        progress: Told of every long step.

    Returns:
        The same as came where no single images were compared, or nothing can be explained.
    """
    answers = [each.evidence.predictions for each in models]
    if found.answers is None or found.answers.changed is None or None in answers:
        return found
    lost = [each.index for each in found.answers.lost]
    alike = _alike(models[:2], options.seed)
    if not lost and not alike:
        return found
    subjects = [each.subject for each in models]
    try:
        method, explained = probing.outlined(subjects, answers, [*lost, *alike], options.seed, progress)
    except ModelError:
        return found  # The main input is a row of values, say: there is nowhere that evidence could lie.
    known: list[_Known] = [{sample.index: (sample, each) for sample, each in one} for one in explained]
    shown = tuple(_with_pictures(each, known[0], known[1]) for each in found.answers.lost)
    overlap = _overlap(alike, known[0], known[1], method)
    for third in known[2:]:
        same = [index for index in alike if _answer(known[0], index) == _answer(third, index)]
        trainings = _overlap(same, known[0], third, method)
        if overlap is not None and trainings is not None:
            overlap = replace(overlap, trainings=trainings.overlap)
    return replace(found, answers=replace(found.answers, lost=shown), overlap=overlap)


def _alike(both: Sequence[Looked], seed: int) -> list[int]:
    """Images that both answer with the same class, rightly where that is known; drawn."""
    old, new = (each.evidence.predictions for each in both)
    assert old is not None
    assert new is not None
    if not (old.names_one_class and new.names_one_class) or old.num_images != new.num_images:
        return []
    assert old.kept is not None, "its answers were asked for"
    assert new.kept is not None, "its answers were asked for"
    same = (old.kept.answered == new.kept.answered) & (old.kept.answered >= 0)
    if old.kept.hits is not None:
        same &= old.kept.hits
    found = np.flatnonzero(same)
    generator = np.random.default_rng([seed, _SEED])
    return sorted(map(int, generator.choice(found, min(len(found), MOST_ALIKE), replace=False)))


def _answer(known: _Known, index: int) -> int | None:
    """The class that a model answers an image with."""
    explained = known[index][1] if index in known else None
    return None if explained is None else explained.class_index


def _overlap(indices: Sequence[int], old: _Known, new: _Known, method: str) -> Overlap | None:
    pairs = [
        (one.main.levels, other.main.levels)
        for index in indices
        if index in old and index in new
        for one, other in [(old[index][1], new[index][1])]
        if one is not None and other is not None and one.main is not None and other.main is not None
    ]
    return overlapping.overlaps([one for one, _ in pairs], [other for _, other in pairs], method)


def _with_pictures(lost: LostImage, old: _Known, new: _Known) -> LostImage:
    if lost.index not in old or lost.index not in new:
        return lost
    (sample, before), (again, now) = old[lost.index], new[lost.index]
    name = f"lost-{lost.index}"
    what = f"Image {lost.index}, whose class is {lost.label}"
    return replace(
        lost,
        name=sample.name,
        picture=_plain(f"{name}-picture", sample, _sizes(sample, before), f"{what}."),
        old_marked=_marked(f"{name}-old", sample, before, f"{what}, when it was classified correctly"),
        new_marked=_marked(f"{name}-new", again, now, f"{what}, now that it is taken for {lost.new}"),
    )


def _marked(name: str, sample: SampleRecord, explained: Explanation | None, what: str) -> Marked | None:
    if explained is None or explained.main is None:
        return None
    outline, sizes = explained.outline, _sizes(sample, explained)
    if outline is None:
        return Marked(_plain(name, sample, sizes, f"{what}: nothing is outlined."), None, None)
    picture = evidence_maps.as_picture(sample.image, sample.grid, sizes)
    alt = f"{what}: dark but for the outlined {percent(outline.share, 0)}."
    return Marked(evidence_maps.outlined(name, picture, outline.mask, alt=alt), outline.share, outline.left)


def _plain(name: str, sample: SampleRecord, sizes: tuple[int, ...], alt: str) -> Figure:
    return evidence_maps.plain(name, evidence_maps.as_picture(sample.image, sample.grid, sizes), len(sizes), alt=alt)


def _sizes(sample: SampleRecord, explained: Explanation | None) -> tuple[int, ...]:
    """Places of a sample along each axis."""
    if explained is not None and explained.main is not None:
        return explained.main.levels.shape
    return sample.image.shape[:2] if sample.grid is None else sample.grid.sizes
