"""What changed from the policy's baseline -> what of `[baseline]` is met, what is not, and what cannot be decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from reportgen.document.difference import Answers, Difference, Shift
from reportgen.document.verdict import Result
from reportgen.language.numerals import number, plural
from reportgen.policy import statistics, telling
from reportgen.policy.demands import Demand, Policy
from reportgen.policy.results import decided, name_of, percent, plain, unmeasured

_HEAVY = ("failed", "warning", "note")


def results(demand: Demand, policy: Policy, difference: Difference | None) -> Iterator[Result]:
    """Return what came of one demand of `[baseline]`.

    Args:
        demand: What is asked for.
        policy: The policy that it stands in.
        difference: What changed; None where the baseline is not there.
    """
    if difference is None:
        yield unmeasured(demand, f"RG905: the baseline {policy.baseline!r} is not there, so nothing was compared.")
        return
    yield from _DEMANDS[demand.key](demand, policy, difference)


def _accuracy(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    answers = difference.answers
    if answers is None:
        yield unmeasured(demand, _why_not(difference))
        return
    low, high = _interval(answers.accuracy, policy)
    outcome = _not_below(low, high, demand.bound)
    said = f"{_told(answers.accuracy, low, high, policy)}; a drop of at most {_points(demand.bound)} may be."
    yield decided(demand, outcome, said, answers.output, answers.accuracy.value, (low, high))


def _classes(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    answers = difference.answers
    if answers is None or not answers.classes:
        yield unmeasured(demand, _why_not(difference))
        return
    # As for the recall of classes: each has to pass by itself, and the one that is blamed is one of many.
    blamed, passed = policy.alpha / len(answers.classes), 0
    for each in answers.classes:
        low, high = _interval(each.shift, policy)
        outcome = _not_below(low, high, demand.bound)
        if outcome == "fail" and _interval(each.shift, policy, blamed)[1] >= -demand.bound:
            outcome = "undecided"
        if outcome == "pass":
            passed += 1
            continue
        said = f"Class {each.name}: {_told(each.shift, low, high, policy)}; at most {_points(demand.bound)} may go."
        yield decided(demand, outcome, said, f"class {each.name}", each.shift.value, (low, high))
    if passed:
        said = f"{number(passed)} of {plural(len(answers.classes), 'class', 'classes')} lost no more than allowed."
        yield decided(demand, "pass", said, answers.output, None, None)


def _flips(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    answers = difference.answers
    if answers is None or answers.accuracy.lost is None:
        yield unmeasured(demand, _why_not(difference, answers))
        return
    lost, whole = answers.accuracy.lost, answers.accuracy.new.whole
    outcome = statistics.share(whole - lost, whole, 1 - demand.bound, policy.alpha)
    low, high = statistics.exact_interval(lost, whole, policy.alpha)
    ends = statistics.told(low, high, demand.bound)
    said = (
        f"{number(lost)} of {plural(whole, 'image')} were right and are wrong now; the exact"
        f" {percent(policy.confidence)} interval from {ends[0]} % to {ends[1]} %; at most"
        f" {percent(demand.bound)} may be."
    )
    yield decided(demand, outcome, said, answers.output, lost / whole, (low, high))


def _findings(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    heavy = _HEAVY[: _HEAVY.index(demand.text) + 1]
    new = [each for each in difference.findings if each.change == "new" and each.severity in heavy]
    for each in new:
        said = f"New since the baseline: {each.title}"
        yield Result(each.code, name_of(each.code), "fail", "failed", said, each.where, line=demand.line)
    if not new:
        yield plain(demand, True, f"No finding of weight {demand.text} or heavier is new.")


def _dead(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    if difference.dead is None:
        yield unmeasured(demand, "Channels were not watched both times.")
        return
    old, new = difference.dead
    said = f"{number(new)} dead now, {number(old)} before; at most {number(int(demand.bound))} more may be."
    yield plain(demand, new - old <= demand.bound, said, measured=new - old)


def _data(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    old, new = difference.old.data_sha256, difference.new.data_sha256
    if not old or not new:
        yield unmeasured(demand, "One of the reports has no hash of its data.")
        return
    yield plain(demand, old == new, f"The data are {'those' if old == new else 'others than those'} of the baseline.")


def _parameters(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    cost = next(each for each in difference.costs if each.name == "parameters")
    if not cost.old or cost.new is None:
        yield unmeasured(demand, "The parameters of the baseline are not known.")
        return
    growth = cost.new / cost.old - 1
    said = f"{number(cost.new)} parameters now, {number(cost.old)} before; at most {percent(demand.bound)} more may be."
    yield plain(demand, growth <= demand.bound, said, measured=growth)


def _calibration(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    answers = difference.answers
    if answers is None or answers.calibration is None or len(answers.bins) != 2:
        why = _why_not(difference) if answers is None else "One of the reports has no calibration for this output."
        yield unmeasured(demand, why)
        return
    old, new = answers.calibration
    low, high = statistics.calibration_growth(*answers.bins, policy.alpha)
    outcome: statistics.Decision = "pass" if high <= demand.bound else "fail" if low > demand.bound else "undecided"
    said = (
        f"Calibration error {percent(new)} now, {percent(old)} before; the {percent(policy.confidence)} interval of the"
        f" difference from {telling.signed(100 * low, 2)} to {telling.signed(100 * high, 2)} points; at most"
        f" {_points(demand.bound)} more may be."
    )
    yield decided(demand, outcome, said, answers.output, new - old, (low, high))


def _architecture(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    changed = [each for each in difference.layers if each.change != "renamed"]
    said = telling.about_layers(difference)
    named = f" The first: {changed[0].path} ({'; '.join(changed[0].what)})." if changed else ""
    yield plain(demand, not changed, f"{said}{named}")


def _class_names(demand: Demand, policy: Policy, difference: Difference) -> Iterator[Result]:
    del policy
    if difference.classes is None:
        yield unmeasured(demand, "The names of the classes are not known.")
        return
    said = {"as before": "those that they were, in their order", "reordered": "in another order", "others": "others"}
    yield plain(demand, difference.classes == "as before", f"The class names are {said[difference.classes]}.")


_DEMANDS: dict[str, Callable[[Demand, Policy, Difference], Iterator[Result]]] = {
    "baseline.accuracy-drop": _accuracy,
    "baseline.class-drop": _classes,
    "baseline.negative-flips": _flips,
    "baseline.calibration-growth": _calibration,
    "baseline.new-findings": _findings,
    "baseline.dead-channels-more": _dead,
    "baseline.same-architecture": _architecture,
    "baseline.same-classes": _class_names,
    "baseline.same-data": _data,
    "baseline.parameters-growth": _parameters,
}


def _not_below(low: float, high: float, drop: float) -> statistics.Decision:
    """Whether a share fell by no more than a drop."""
    return "pass" if low >= -drop else "fail" if high < -drop else "undecided"


def _interval(shift: Shift, policy: Policy, alpha: float | None = None) -> tuple[float, float]:
    """The interval at the policy's confidence; of counts alone that of 95 %."""
    if shift.lost is None or shift.won is None:
        return shift.low, shift.high
    return statistics.paired_interval(shift.lost, shift.won, shift.new.whole, alpha or policy.alpha)


def _told(shift: Shift, low: float, high: float, policy: Policy) -> str:
    paired = shift.lost is not None
    how = "paired" if paired else "unpaired"
    counted = f" ({shift.lost} lost, {shift.won} won)" if paired else ""
    level = percent(policy.confidence) if paired else "95 %"
    return (
        f"{telling.signed(100 * shift.value)} points{counted}; the {how} {level} interval from"
        f" {telling.signed(100 * low, 2)} to {telling.signed(100 * high, 2)} points"
    )


def _points(share: float) -> str:
    return f"{100 * share:g} points"


def _why_not(difference: Difference, answers: Answers | None = None) -> str:
    if answers is not None:
        return "Answers to single images are not known: build both reports with --keep-answers."
    return difference.apart[0] if difference.apart else "The reports do not both count correct predictions."
