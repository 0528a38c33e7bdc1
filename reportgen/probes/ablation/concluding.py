"""Answers with and without channels -> what was lost, with intervals, and what stands against chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from reportgen.evidence.ablation import ChannelAblation, CopyAblation
from reportgen.evidence.inference import LEVEL, holm, mcnemar, mean_interval, paired_difference, sign_flips
from reportgen.probes.ablation.costs import Candidate, Site
from reportgen.probes.ablation.measuring import Answers, Measure

LEAST_OF_A_CLASS = 20
"""Fewest images of a class of which it is said what it loses."""
_NUM_FLIPS = 1999
_SEED_OF_FLIPS = 6


def screened(measure: Measure, found: Mapping[Candidate, Answers], usual: Answers) -> list[ChannelAblation]:
    """Sum up what was lost without each channel.

    Args:
        measure: What is measured.
        found: The answers without each of them.
        usual: Those of the untouched model to the same images.
    """
    return [_change(measure, candidate, answers, usual) for candidate, answers in found.items()]


def _change(measure: Measure, candidate: Candidate, answers: Answers, usual: Answers) -> ChannelAblation:
    total, differences = len(usual.images), answers.log_truth - usual.log_truth
    labelled = measure.labels is not None
    gained, lost = _paired(answers, usual)
    return ChannelAblation(
        path=candidate.site.call.path,
        channel=candidate.channel,
        num_images=total,
        log_probability_change=float(differences.mean()),
        log_probability_interval=mean_interval(differences),
        probability_change=float((answers.truth - usual.truth).mean()),
        accuracy_change=(gained - lost) / total if labelled else None,
        accuracy_interval=paired_difference(gained, lost, total) if labelled else None,
        num_changed=int(answers.changed(usual).sum()),
    )


def confirmed(measure: Measure, found: Mapping[Candidate, Answers], usual: Answers, seed: int) -> list[ChannelAblation]:
    """Say which of the channels that were measured again are needed, corrected for all of these.

    Args:
        measure: What is measured.
        found: The answers without each of them.
        usual: Those of the untouched model to the same images.
        seed: Seed of the signs, where there are no labels.
    """
    generator = np.random.default_rng([seed, _SEED_OF_FLIPS])
    if measure.labels is None:
        p_values = [
            sign_flips(answers.log_truth - usual.log_truth, _NUM_FLIPS, generator) for answers in found.values()
        ]
    else:
        p_values = [mcnemar(*_paired(answers, usual)) for answers in found.values()]
    named = []
    for (candidate, answers), p_value in zip(found.items(), holm(p_values), strict=True):
        change = _change(measure, candidate, answers, usual)
        lost = change.log_probability_change if change.accuracy_change is None else change.accuracy_change
        hit, by = _class_hit(measure, answers, usual)
        named.append(
            replace(
                change,
                confirmed=True,
                p_value=p_value,
                needed=p_value <= LEVEL and lost < 0,
                class_hit=hit,
                class_hit_change=by,
            )
        )
    return named


def _class_hit(measure: Measure, answers: Answers, usual: Answers) -> tuple[str | None, float | None]:
    """The class that loses most, where its loss can be told from chance among all that have images enough."""
    labels = measure.labels
    if labels is None or measure.is_multilabel:
        return None, None
    found = []
    for index, name in zip(measure.classes, measure.names, strict=True):
        own = labels[usual.images] == index
        if own.sum() >= LEAST_OF_A_CLASS:
            gained, lost = (
                int((answers.hits & ~usual.hits & own).sum()),
                int((usual.hits & ~answers.hits & own).sum()),
            )
            found.append(((gained - lost) / int(own.sum()), name, mcnemar(gained, lost)))
    if not found:
        return None, None
    change, name, p_value = min(found, key=lambda each: each[0])
    alone = sum(each[0] == change for each in found) == 1
    return (name, change) if alone and change < 0 and p_value * len(found) <= LEVEL else (None, None)


def copied(
    measure: Measure, pair: tuple[Site, int, int], usual: Answers, replaced: Answers, both: Answers
) -> CopyAblation:
    """Sum up what changed where a copy was replaced, and where it and its origin were switched off.

    Args:
        measure: What is measured.
        pair: The conv call, the copy and the channel that it is a copy of.
        usual: The answers of the untouched model.
        replaced: Those with the copy replaced.
        both: Those with both switched off.
    """
    site, channel, origin = pair
    labelled, total = measure.labels is not None, len(usual.images)
    gained, lost = _paired(both, usual)
    return CopyAblation(
        path=site.call.path,
        channel=channel,
        origin=origin,
        num_images=total,
        num_replaced_changed=int(replaced.changed(usual).sum()),
        num_both_changed=int(both.changed(usual).sum()),
        both_accuracy_change=(gained - lost) / total if labelled else None,
        both_accuracy_interval=paired_difference(gained, lost, total) if labelled else None,
    )


def _paired(answers: Answers, usual: Answers) -> tuple[int, int]:
    """Count the images that are right only without something, and those that are right only with it."""
    return int((answers.hits & ~usual.hits).sum()), int((usual.hits & ~answers.hits).sum())
