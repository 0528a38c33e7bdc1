"""A policy and the numbers of a report -> what is met, what is not, and what these data cannot decide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase

from reportgen.document.difference import Difference
from reportgen.document.report import Severity
from reportgen.document.verdict import MET, NOT_DECIDED, NOT_MET, Outcome, Result
from reportgen.evidence.inference import most_missed
from reportgen.language.numerals import number, plural
from reportgen.policy import against, statistics
from reportgen.policy.demands import Demand, Leniency, Policy, Waiver
from reportgen.policy.measures import Measures, Output
from reportgen.policy.results import decided, name_of, percent, plain, result, unmeasured

_WEIGHT: dict[Severity, int] = {"failed": 0, "warning": 1, "note": 2, "passed": 3}
_OF_LENIENCY: dict[Leniency, Severity] = {"fail": "failed", "warn": "warning", "pass": "note"}
# With so few images, one that wakes a channel would often have been missed.
_OFTEN_MISSED = 0.01
_WAIVABLE = ("fail", "undecided", "unmeasured")


def judge(policy: Policy, measured: Measures, today: date, difference: Difference | None = None) -> tuple[Result, ...]:
    """Hold a report against a policy.

    Args:
        policy: What is asked for.
        measured: What the report says in numbers.
        today: The day on which waivers have to be in force.
        difference: What changed from the policy's baseline; None where there is none.

    Returns:
        One result for each demand and each finding that counts, then what there is to say of the waivers.
    """
    found = [each for demand in policy.demands for each in _of_demand(demand, policy, measured, difference)]
    found += _of_findings(policy, measured)
    if not found and policy.findings.fail is None and not policy.findings.forbid:
        found.append(result("RG906", "fail", "The policy asks for nothing, so nothing was checked."))
    return tuple(_weighed(each, policy) for each in _after_waivers(found, policy, today))


def exit_code(results: Sequence[Result]) -> int:
    """Return 0 where a policy is met, 4 where it is not, 5 where that cannot be decided."""
    if any(each.outcome == "fail" and each.blocks for each in results):
        return NOT_MET
    return NOT_DECIDED if any(each.blocks for each in results) else MET


def _weighed(result: Result, policy: Policy) -> Result:
    """A result with the severity that the policy gives to what cannot be told."""
    lenient = {"undecided": policy.undecided, "unmeasured": policy.unmeasured}.get(result.outcome)
    return replace(result, severity=_OF_LENIENCY[lenient]) if lenient else result


def _of_demand(demand: Demand, policy: Policy, measured: Measures, difference: Difference | None) -> Iterator[Result]:
    area, _, _ = demand.key.partition(".")
    if area == "performance":
        yield from _of_an_output(demand, policy, measured)
    elif area == "baseline":
        yield from against.results(demand, policy, difference)
    else:
        yield _PLAIN[demand.key if demand.key in _PLAIN else area](demand, measured)


def _labels(demand: Demand, measured: Measures) -> Result:
    known = measured.has_labels
    return plain(demand, known, "True classes are known." if known else "True classes are not known: no labels.")


def _images(demand: Demand, measured: Measures) -> Result:
    if measured.num_images is None:
        return unmeasured(demand, "The report was made without data.")
    enough = measured.num_images >= demand.bound
    said = f"{plural(measured.num_images, 'image')}; at least {number(int(demand.bound))} are asked for."
    return plain(demand, enough, said, measured=measured.num_images)


def _images_of_a_class(demand: Demand, measured: Measures) -> Result:
    sizes = [(each.whole, name) for output in measured.outputs[:1] for name, each in output.recalls]
    if not sizes:
        return unmeasured(demand, "The report has no numbers of single classes.")
    least, name = min(sizes)
    said = f"Class {name} has {plural(least, 'image')}, the fewest; at least {number(int(demand.bound))} are asked for."
    return plain(demand, least >= demand.bound, said, measured=least)


def _data(demand: Demand, measured: Measures) -> Result:
    if not measured.data_sha256:
        return unmeasured(demand, "The report has no hash of its data.")
    same = measured.data_sha256 == demand.text
    said = "The data are those that are named." if same else "The data are others than those that are named:"
    return plain(demand, same, said if same else f"{said} their SHA-256 is {measured.data_sha256}.")


def _unreadable(demand: Demand, measured: Measures) -> Result:
    if measured.num_images is None:
        return unmeasured(demand, "The report was made without data.")
    every = measured.num_images + measured.num_unreadable
    value = measured.num_unreadable / every if every else 0.0
    said = f"{number(measured.num_unreadable)} of {plural(every, 'image')} could not be read; at most"
    return plain(demand, value <= demand.bound, f"{said} {percent(demand.bound)} may.", measured=value)


def _cost(demand: Demand, measured: Measures) -> Result:
    value = measured.costs[demand.key.partition(".")[2]]
    if value is None:
        return unmeasured(demand, "The report does not say it: some layers have no formula.")
    said = f"{number(value)}; at most {number(int(demand.bound))} may be."
    return plain(demand, value <= demand.bound, said, measured=value)


def _channels(demand: Demand, measured: Measures) -> Result:
    channels, kind = measured.channels, demand.key.partition(".")[2]
    if channels is None or not channels.total:
        return unmeasured(demand, "The report has no chapter on channels.")
    bad = channels.kinds[kind]
    value = bad / channels.total
    said = (
        f"{number(bad)} of {plural(channels.total, 'channel')} ({percent(value)}) on"
        f" {plural(channels.num_images, 'image')}; at most {percent(demand.bound)} may be."
    )
    if kind != "dead":
        return plain(demand, value <= demand.bound, said, measured=value)
    missed = most_missed(channels.num_images)
    said += f" A channel that never fires on them may fire on up to {percent(missed)} of others (95 %)."
    if value <= demand.bound:
        return plain(demand, True, said, measured=value)
    # More images can only wake channels: that few are dead is a result, that many are is none on few images.
    outcome: Outcome = "fail" if missed <= _OFTEN_MISSED else "undecided"
    return replace(plain(demand, False, said, measured=value), outcome=outcome)


def _field(demand: Demand, measured: Measures) -> Result:
    """Whether a field of the card is filled in. That no card was given at all is known, and fails, too."""
    if measured.card is None and measured.has_card:
        found = unmeasured(demand, "The report was made with a card, but without the chapter on it.")
    elif measured.card is None:
        found = plain(demand, False, f"No card was given, and {demand.text} is asked for.")
    else:
        stated = measured.card.get(demand.text, False)
        found = plain(demand, stated, f"{demand.text} is {'stated' if stated else 'not provided'}.")
    return replace(found, where=demand.text)


_PLAIN: dict[str, Callable[[Demand, Measures], Result]] = {
    "data.labels": _labels,
    "data.min-images": _images,
    "data.min-images-per-class": _images_of_a_class,
    "data.sha256": _data,
    "data.max-unreadable-share": _unreadable,
    "cost": _cost,
    "channels": _channels,
    "card": _field,
}


def _of_an_output(demand: Demand, policy: Policy, measured: Measures) -> Iterator[Result]:
    chosen = [each for each in measured.outputs if each.name == demand.output] if demand.output else measured.outputs
    if not chosen:
        yield unmeasured(demand, "The report has no numbers of it: there are no labels, or the chapter was left out.")
        return
    yield from _PERFORMANCE[demand.key](demand, policy, chosen[0])


def _accuracy(demand: Demand, policy: Policy, output: Output) -> Iterator[Result]:
    counted = output.right
    if counted is None:
        yield unmeasured(demand, "The report has no accuracy for this output.")
        return
    outcome = statistics.share(counted.part, counted.whole, demand.bound, policy.alpha)
    low, high = statistics.exact_interval(counted.part, counted.whole, policy.alpha)
    said = (
        f"{number(counted.part)} of {number(counted.whole)} correct; {_interval(low, high, demand.bound, policy)}"
        f" {_lies(outcome)} {percent(demand.bound)}.{_too_few(counted.whole, demand.bound, policy, outcome)}"
    )
    yield decided(demand, outcome, said, output.name, counted.value, (low, high))


def _beats_commonest(demand: Demand, policy: Policy, output: Output) -> Iterator[Result]:
    counted, commonest = output.right, output.commonest
    if counted is None or commonest is None:
        yield unmeasured(demand, "The report does not say what always predicting the commonest class would get right.")
        return
    outcome = statistics.share(counted.part, counted.whole, commonest.value, policy.alpha)
    low, high = statistics.exact_interval(counted.part, counted.whole, policy.alpha)
    said = (
        f"{number(counted.part)} of {number(counted.whole)} correct; always predicting the commonest class would be"
        f" correct for {number(commonest.part)}. {_interval(low, high, commonest.value, policy).capitalize()}"
        f" {_lies(outcome)} that."
    )
    found = decided(demand, outcome, said, output.name, counted.value, (low, high))
    yield replace(found, bound=commonest.value)


def _recall(demand: Demand, policy: Policy, output: Output) -> Iterator[Result]:
    rows = output.recalls
    if not rows:
        yield unmeasured(demand, "The report has no numbers of single classes.")
        return
    # Each class has to pass by itself, which needs no correction; the one that is blamed is one of many.
    blamed = policy.alpha / len(rows)
    passed = 0
    for name, counted in rows:
        outcome = statistics.share(counted.part, counted.whole, demand.bound, policy.alpha, blamed)
        if outcome == "pass":
            passed += 1
            continue
        alpha = blamed if outcome == "fail" else policy.alpha
        low, high = statistics.exact_interval(counted.part, counted.whole, alpha)
        said = (
            f"Class {name}: {number(counted.part)} of {number(counted.whole)} found;"
            f" {_interval(low, high, demand.bound, policy)} {_lies(outcome)} {percent(demand.bound)}."
            f"{_too_few(counted.whole, demand.bound, policy, outcome)}"
        )
        where = f"{output.name}/class {name}" if output.name else f"class {name}"
        yield decided(demand, outcome, said, where, counted.value, (low, high))
    if passed:
        every = "All" if passed == len(rows) else f"{number(passed)} of"
        classes = plural(len(rows), "class", "classes")
        said = f"{every} {classes} are found in at least {percent(demand.bound)} of their images."
        yield decided(demand, "pass", said, output.name, None, None)


def _calibration(demand: Demand, policy: Policy, output: Output) -> Iterator[Result]:
    if not output.bins:
        yield unmeasured(demand, "The report has no calibration for this output.")
        return
    bounds = statistics.calibration(output.bins, policy.alpha)
    said = (
        f"{percent(bounds.error)}, between {percent(bounds.low)} and {percent(bounds.high)}; a perfectly calibrated"
        f" network shows up to {percent(bounds.by_chance)} on as many predictions."
    )
    outcome: statistics.Decision = "pass" if bounds.high <= demand.bound else "undecided"
    if outcome != "pass" and demand.bound < bounds.by_chance:
        said += f" The bound of {percent(demand.bound)} lies below that, so that these data cannot decide it."
    elif bounds.low > demand.bound:
        outcome = "fail"
    yield decided(demand, outcome, said, output.name, bounds.error, (bounds.low, bounds.high))


def _mean_error(demand: Demand, policy: Policy, output: Output) -> Iterator[Result]:
    if output.mean_error is None:
        yield unmeasured(demand, "This output predicts classes, not values.")
        return
    spread = output.errors
    outcome: statistics.Decision = "undecided"
    ends = statistics.mean_interval(spread, policy.alpha) if spread else None
    said = f"{number(output.mean_error)} on average; at most {number(demand.bound)} may be."
    if spread is None:
        said += " The report holds no interval of it."
    elif ends is None:
        said += f" {plural(spread.count, 'image')} are too few to say how sure that is: it takes"
        said += f" {statistics.FEWEST_OF_A_MEAN}."
    else:
        outcome = "pass" if ends[1] <= demand.bound else "fail" if ends[0] > demand.bound else outcome
        lies = {"pass": "keeps to that", "fail": "lies above that"}.get(outcome, "includes that")
        interval = f"from {number(ends[0])} to {number(ends[1])} on {plural(spread.count, 'image')}"
        said += f" The {percent(policy.confidence)} interval {interval} {lies}."
    yield decided(demand, outcome, said, output.name, output.mean_error, ends)


_PERFORMANCE: dict[str, Callable[[Demand, Policy, Output], Iterator[Result]]] = {
    "performance.accuracy": _accuracy,
    "performance.class-recall": _recall,
    "performance.beats-commonest": _beats_commonest,
    "performance.calibration-error": _calibration,
    "performance.mean-error": _mean_error,
}


def _of_findings(policy: Policy, measured: Measures) -> Iterator[Result]:
    asked, weights = policy.findings, dict(policy.findings.weights)
    forbidden = dict(asked.forbid)
    for finding in measured.findings:
        severity = weights.get(finding.code, finding.severity)
        fails = asked.fail is not None and _WEIGHT[severity] <= _WEIGHT[asked.fail]
        line, name = forbidden.get(finding.code, asked.line), name_of(finding.code)
        if fails or finding.code in forbidden:
            yield Result(finding.code, name, "fail", "failed", finding.message, finding.where, line=line)
        elif asked.fail is not None:
            yield Result(finding.code, name, "pass", severity, finding.message, finding.where, line=line)


def _after_waivers(found: list[Result], policy: Policy, today: date) -> Iterator[Result]:
    said = []
    for waiver in policy.waivers:
        meets = [place for place, each in enumerate(found) if _meets(waiver, each)]
        if waiver.expires < today:
            text = f"The waiver of {waiver.named} expired on {waiver.expires.isoformat()} ({waiver.reason})."
            said.append(result("RG901", "fail", text, line=waiver.line))
        elif not meets:
            text = f"The waiver of {waiver.named} meets nothing any more ({waiver.reason}). Remove it."
            said.append(replace(result("RG902", "fail", text, line=waiver.line), severity="warning"))
        else:
            by = f"{waiver.by}, " if waiver.by else ""
            reason = f"{waiver.reason} ({by}until {waiver.expires.isoformat()})"
            for place in meets:
                found[place] = replace(found[place], outcome="waived", waiver=reason)
    yield from found
    yield from said


def _meets(waiver: Waiver, result: Result) -> bool:
    return result.code == waiver.rule and result.outcome in _WAIVABLE and fnmatchcase(result.where, waiver.where)


def _lies(outcome: Outcome) -> str:
    return {"pass": "lies above", "fail": "lies below"}.get(outcome, "includes")


def _interval(low: float, high: float, bound: float, policy: Policy) -> str:
    ends = statistics.told(low, high, bound)
    return f"the exact {percent(policy.confidence)} interval from {ends[0]} % to {ends[1]} %"


def _too_few(whole: int, bound: float, policy: Policy, outcome: Outcome) -> str:
    least = statistics.fewest_that_pass(bound, policy.alpha)
    if outcome != "undecided" or least is None or whole >= least:
        return ""
    return f" It takes {number(least)} images, all correct, to show as much."
