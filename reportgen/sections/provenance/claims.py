"""Evidence -> every pattern that was looked for, beside what chance shows: how many were looked at, how many stand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reportgen.evidence import Evidence
from reportgen.evidence.inference import LEVEL, most_missed
from reportgen.evidence.why import PASSED_LEVEL
from reportgen.findings.weak_classes import weak_classes
from reportgen.language.numerals import number, percent, plural
from reportgen.language.vocabulary import words


@dataclass(frozen=True, slots=True)
class Claim:
    """One pattern.

    Attributes:
        pattern: What was looked for.
        null: What it was compared with: how it would be if there were no pattern.
        num_looked_at: In how many places it was looked for.
        num_found: Where it stands against that; None where it could not be tested.
        num_draws: How often the null was drawn; 0 for exact tests and formulas.
        level: Largest corrected p-value, or share of false discoveries, at which it stands; None without a test.
        correction: How all places are accounted for.
        remark: What else there is to be said, or why it could not be tested.
    """

    pattern: str
    null: str
    num_looked_at: int
    num_found: int | None
    num_draws: int
    level: float | None
    correction: str
    remark: str = ""


def claims(evidence: Evidence) -> tuple[Claim, ...]:
    """Return what was tested, in the order of the chapters."""
    return (
        *_scalings(evidence),
        *_weak(evidence),
        *_calibration(evidence),
        *_pixels(evidence),
        *_following(evidence),
        *_explanations(evidence),
        *_orientations(evidence),
        *_classes(evidence),
        *_needed(evidence),
        *_copies(evidence),
        *_silent(evidence),
    )


def _scalings(evidence: Evidence) -> Iterator[Claim]:
    result = evidence.scaling
    if result is None or len(result.ways) < 2:
        return
    others = result.ways[1:]
    better = [each for each in others if each.p_value is not None and each.p_value < LEVEL]
    untested = (
        "" if result.num_flips else "without labels only signs of far too sure or unsure predictions were looked for"
    )
    yield Claim(
        "another scaling of the pixels under which the true class is more probable",
        "the paired changes of its log-probability with their signs drawn at random",
        len(others),
        sum((each.gain or 0.0) > 0 for each in better) if result.num_flips else None,
        result.num_flips,
        LEVEL if result.num_flips else None,
        "Holm, over the scalings",
        untested,
    )


def _weak(evidence: Evidence) -> Iterator[Claim]:
    for head in evidence.performance.heads if evidence.performance else ():
        found = weak_classes(head)
        if found.num_tested:
            at = f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""
            yield Claim(
                f"class with more of the mistakes than others{at}",
                f"the same mistakes, spread over all {words(evidence.model).samples} at random (Fisher's exact test)",
                found.num_tested,
                len(found.found),
                0,
                LEVEL,
                "Holm, over the classes",
            )


def _calibration(evidence: Evidence) -> Iterator[Claim]:
    for head in evidence.performance.heads if evidence.performance else ():
        if head.calibration is not None:
            at = f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""
            yield Claim(
                f"confidence that is off{at}",
                f"a network whose confidence is right, on as many {words(evidence.model).samples}",
                1,
                int(head.calibration.is_off),
                head.calibration.num_draws,
                0.025,
                "none: one number",
            )


def _pixels(evidence: Evidence) -> Iterator[Claim]:
    """What an answer that looks at nothing would reach: always the commonest class, or the mean of the others."""
    samples = words(evidence.model).samples
    for head in evidence.pixels.heads if evidence.pixels else ():
        at = f" at the output {head.name}" if len(evidence.model.outputs) > 1 else ""
        scores, errors = head.by_class, head.by_error
        if scores and scores.accuracy and scores.mean_iou and scores.commonest:
            same, gain = scores.commonest, scores.commonest.gain
            pattern, null = "pixel accuracy above that of one class", f"always predicting {same.name}"
            remark = (
                f"pixel accuracy {percent(scores.accuracy.value)}, and {percent(same.accuracy)} for that; mean"
                f" intersection over union {percent(scores.mean_iou.value)}, and {percent(same.mean_iou)}"
            )
        elif errors and errors.mean_picture and errors.gain:
            gain, pattern = errors.gain, "error below that of the mean picture"
            null = f"always predicting the mean of {head.others(samples)}"
            remark = (
                f"mean absolute error {number(errors.errors.absolute.value)}, and"
                f" {number(errors.mean_picture.absolute.value)} for that"
            )
        else:
            continue
        tested = gain.interval is not None
        yield Claim(
            f"{pattern}{at}",
            f"{null}: the 95 % interval of the difference, over {samples}, is above 0",
            1,
            int(gain.interval[0] > 0) if gain.interval else None,
            0,
            LEVEL / 2 if tested else None,
            "none: one number",
            remark if tested else f"{remark}; without an interval that is not tested",
        )


def _following(evidence: Evidence) -> Iterator[Claim]:
    result = evidence.activations
    if result is None:
        return
    # The outlined evidence was found by asking the same network: a channel that follows it is no claim against chance.
    samples = [each for each in result.samples if each.foreground.found and not each.foreground.is_evidence]
    if not samples:
        return
    following = result.following
    yield Claim(
        "channel that follows the object",
        "the same network with shuffled weights",
        sum(call.closest is not None for sample in samples for call in sample.calls),
        sum(call.follower is not None for sample in samples for call in sample.calls) if following.num_copies else None,
        following.num_copies,
        following.level if following.num_copies else None,
        "the highest over all grids",
        following.why_not,
    )


def _explanations(evidence: Evidence) -> Iterator[Claim]:
    explained = evidence.why.explanations if evidence.why else ()
    verdicts = [one.main.verdict for one in explained if one.main and one.main.verdict]
    tested = [verdict for verdict in verdicts if verdict.word != "no verdict"]
    if not tested:
        return
    are_told = all(verdict.others is not None for verdict in tested)
    yield Claim(
        "map that carries its answer",
        f"its own shape elsewhere, and maps of other {words(evidence.model).samples}",
        len(tested),
        sum(verdict.word == "supported" for verdict in tested) if are_told else None,
        tested[0].twins.number,
        PASSED_LEVEL if are_told else None,
        "none: each answer by itself",
        "of maps that know nothing about 1 in 30 passed, on networks trained to measure that"
        if are_told
        else f"there are too few other {words(evidence.model).samples} to compare with",
    )


def _orientations(evidence: Evidence) -> Iterator[Claim]:
    edges = evidence.edges
    if edges is None or edges.missing:
        return
    expected = edges.num_selective_by_chance
    yield Claim(
        "channel that prefers an orientation",
        "its kernel with its numbers shuffled",
        len(edges.tunings),
        edges.num_preferring,
        edges.num_shuffles,
        edges.level if edges.num_shuffles else None,
        "Benjamini and Hochberg, over the channels",
        f"{number(edges.num_selective)} above the threshold of selectivity, {number(expected, 2)} expected by chance"
        if expected is not None
        else "chance was not measured",
    )


def _classes(evidence: Evidence) -> Iterator[Claim]:
    responses = evidence.responses
    if responses is None or responses.unlabelled:
        return
    channels = [channel for call in responses.calls for channel in call.channels]
    known = [channel for channel in channels if channel.chance is not None]
    is_tested = responses.num_permutations > 0
    yield Claim(
        "channel that speaks for one class",
        "the labels permuted",
        len(known) if is_tested else len(channels),
        sum(channel.speaks for channel in known) if is_tested else None,
        responses.num_permutations,
        responses.thresholds.level if is_tested else None,
        "the highest over the channels of all layers" if is_tested else "",
        responses.untestable,
    )


def _needed(evidence: Evidence) -> Iterator[Claim]:
    ablation, sample = evidence.ablation, words(evidence.model).sample
    if ablation is None or ablation.missing:
        return
    yield Claim(
        "channel that the predictions need",
        "as many predictions that become right as that become wrong (McNemar's exact test)"
        if ablation.accuracy is not None
        else "the paired changes of the log-probability with their signs drawn at random",
        len(ablation.channels),
        sum(channel.needed for channel in ablation.channels),
        0,
        ablation.level,
        f"Holm, over the {number(ablation.num_confirmed)} that were picked on {number(ablation.num_screening)} and"
        f" tested on {plural(ablation.num_confirming, f'other {sample}')}"
        if ablation.num_confirmed
        else f"nothing to correct: on {plural(ablation.num_screening, sample)} none was picked for the test",
        f"of {plural(ablation.num_channels, 'channel')} in all",
    )


def _copies(evidence: Evidence) -> Iterator[Claim]:
    responses = evidence.responses
    if responses is None:
        return
    channels = [channel for call in responses.calls for channel in call.channels if not channel.state]
    replaced = evidence.ablation.copies if evidence.ablation else ()
    spare = sum(each.num_replaced_changed == 0 for each in replaced)
    yield Claim(
        "channel that does the same as another",
        "none: a threshold of correlation, then the copy replaced by what follows from the other",
        len(channels),
        sum(channel.copy_of is not None for channel in channels),
        0,
        None,
        "none",
        f"{number(len(replaced))} replaced, {number(spare)} without any prediction changing" if replaced else "",
    )


def _silent(evidence: Evidence) -> Iterator[Claim]:
    responses = evidence.responses
    if responses is None:
        return
    channels = [channel for call in responses.calls for channel in call.channels]
    silent = [channel for channel in channels if channel.state in {"dead", "stuck"} and not channel.origin]
    most, num_proven = most_missed(responses.num_images), sum(channel.proven for channel in silent)
    yield Claim(
        "channel that is dead or stuck",
        "interval bounds from its weights; where they leave other values, what may have been missed in the data",
        len(channels),
        len(silent),
        0,
        None,
        "none: every channel is counted",
        f"{number(num_proven) if num_proven else 'none'} proven; of the others each may fire in up to"
        f" {number(100 * most, 2)} % of such {words(evidence.model).samples} (95 % confidence)"
        if silent
        else "",
    )
