"""The numbers of a report -> a policy to start from, which the report meets, with a comment on each line.

Each bound is the end of the interval on its safe side, rounded away from it: a policy that asked for today's number
itself would fail every second time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from reportgen.document.difference import Counted
from reportgen.language.cleaning import with_plain_spaces
from reportgen.language.numerals import number
from reportgen.policy import statistics
from reportgen.policy.measures import Measures, Output

_ALPHA = 0.025
_ROOM = 1.1


def start(measured: Measures, name: str) -> str:
    """Return a policy in TOML.

    Args:
        measured: What the report says in numbers.
        name: Name of the report's file.
    """
    parts = [
        f"# What {_comment(measured.model)} must show, from {_comment(name)}. It meets every bound here: raise those",
        "# that matter, and take out those that do not. `reportgen guide ci` explains the keys.",
        "version = 1",
        "confidence = 0.95     # of every interval, two-sided",
        'undecided = "fail"    # what the data cannot tell: "fail" (exit code 5), "warn" or "pass"',
        'unmeasured = "fail"   # what the report does not hold: the same three words',
        *_data(measured),
        *_performance(measured.outputs),
        *_cost(measured),
        *_channels(measured),
        *_findings(measured),
    ]
    return "\n".join(parts) + "\n"


def _data(measured: Measures) -> Iterator[str]:
    if measured.num_images is None:
        return
    yield from ("", "[data]")
    if measured.has_labels:
        yield 'labels = "required"'
    yield f"min-images = {measured.num_images}   # {_words(measured.num_images)} today"
    sizes = [each.whole for output in measured.outputs[:1] for _, each in output.recalls]
    if sizes:
        yield f"min-images-per-class = {min(sizes)}"
    share = measured.num_unreadable / max(measured.num_images + measured.num_unreadable, 1)
    yield f"max-unreadable-share = {_up(share)}"
    if measured.data_sha256:
        yield f'# sha256 = "{measured.data_sha256}"   # to hold it against these data only'


def _performance(outputs: tuple[Output, ...]) -> Iterator[str]:
    for place, output in enumerate(outputs):
        lines = list(_of_an_output(output))
        if lines:
            quoted = output.name.replace("\\", "\\\\").replace('"', '\\"')
            head = "[performance]" if not place else f'[performance.outputs."{quoted}"]'
            yield from ("", head, *lines)


def _of_an_output(output: Output) -> Iterator[str]:
    if output.right is not None:
        yield f"accuracy = {{ min = {_low(output.right)} }}   # {_said(output.right)} today"
    if output.recalls:
        worst = min(output.recalls, key=lambda each: _low(each[1]))
        yield f"class-recall = {{ min = {_low(worst[1])} }}   # {_comment(worst[0])}: {_said(worst[1])} today"
    if output.right is not None and output.commonest is not None:
        right, commonest = output.right, output.commonest
        beats = statistics.share(right.part, right.whole, commonest.value, _ALPHA) == "pass"
        yield f"{'' if beats else '# '}beats-commonest = true   # the commonest class alone: {_said(commonest)}"
    if output.bins:
        bounds = statistics.calibration(output.bins, _ALPHA)
        said = f"{bounds.error:.3g} today, up to {bounds.by_chance:.3g} by chance alone"
        yield f"calibration-error = {{ max = {_up(bounds.high)} }}   # {said}"
    ends = statistics.mean_interval(output.errors, _ALPHA) if output.errors is not None else None
    if ends is not None and output.mean_error is not None:
        yield f"mean-error = {{ max = {_up_to_three_digits(ends[1])} }}   # {output.mean_error:.3g} today"


def _up_to_three_digits(value: float) -> float:
    """A number not below another, as one writes it."""
    if value <= 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(value)) - 2)
    return float(f"{math.ceil(value / step - 1e-9) * step:.6g}")


def _cost(measured: Measures) -> Iterator[str]:
    yield from ("", "[cost]")
    for key, value in measured.costs.items():
        if value is None:
            yield f"# {key} is not known: some layers have no formula"
        else:
            yield f"{key} = {{ max = {math.ceil(value * _ROOM)} }}   # {_words(value)} today"


def _channels(measured: Measures) -> Iterator[str]:
    channels = measured.channels
    if channels is None or not channels.total:
        return
    yield from ("", "[channels]")
    for kind, count in channels.kinds.items():
        said = f"{_words(count)} of {_words(channels.total)} today"
        yield f"{kind} = {{ max-share = {_up(count / channels.total)} }}   # {said}"


def _findings(measured: Measures) -> Iterator[str]:
    heavy = {each.severity for each in measured.findings}
    fail = "note" if not heavy else "warning" if heavy == {"note"} else "failed"
    yield from ("", "[findings]")
    if "failed" in heavy:
        yield '# fail = "failed"   # a check failed today: mend it first'
        return
    yield f'fail = "{fail}"   # findings of this weight and heavier'


def _low(counted: Counted) -> float:
    """A bound below the interval, with two digits more than one of its images is worth."""
    low, _ = statistics.exact_interval(counted.part, counted.whole, _ALPHA)
    return math.floor(low * 1000) / 1000


def _up(value: float) -> float:
    return min(1.0, math.ceil(round(value * 1000, 6)) / 1000)


def _said(counted: Counted) -> str:
    return f"{_words(counted.part)} of {_words(counted.whole)}"


def _words(value: int) -> str:
    return with_plain_spaces(number(value))


def _comment(text: str) -> str:
    """A text that stays on its line."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split()) or "the network"
