"""How often a policy is wrong: networks that just meet a bound are drawn, and judged as `reportgen check` judges them.

A network at its bound should pass, and should fail, in at most 2.5 of 100 runs each. Everything is seeded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.document.difference import Answers, Cost, Counted, Difference, Shift, Side
from reportgen.policy.judging import judge
from reportgen.policy.measures import measures
from reportgen.policy.reading import parse
from reportgen.policy.statistics import paired_interval
from tests.benchmark.table import Row
from tests.policy.made import TODAY, head, judged, report, share

RUNS, FEWER = 20_000, 4000
"""Draws of a bound; of those that take long to judge, fewer."""
_SLOW = ("recall", "calibration")
_SEED = 31
_DROP = 0.01
_SIDE = Side("report", "report.json", "a", "net", "b", "data", "c")


def gate(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Not used: nothing is written.

    Yields:
        Two rows for each kind of bound: how often a network that just meets it passes, and fails.
    """
    del folder
    generator = np.random.default_rng(_SEED)
    kinds: dict[str, Callable[[], str]] = {
        "accuracy 95 % on 1,000 images": lambda: _accuracy(int(generator.binomial(1000, 0.95)), 1000, 0.95),
        "accuracy 99 % on 200 images": lambda: _accuracy(int(generator.binomial(200, 0.99)), 200, 0.99),
        "recall 80 % of the worst of 10 classes, 100 images each": lambda: _recall(generator),
        "mean error on 200 images, exponential": lambda: _mean_error(generator),
        "a drop of one point on 1,000 images, 4 % changed": lambda: _drop(generator),
        "calibration error on 1,000 images": lambda: _calibration(generator),
    }
    for what, drawn in kinds.items():
        runs = FEWER if what.startswith(_SLOW) else RUNS
        counts = Counter(drawn() for _ in range(runs))
        for outcome, word in (("pass", "passes"), ("fail", "fails")):
            found = counts[outcome]
            yield Row(
                f"{what}: {word} at its bound",
                found,
                "all runs",
                runs,
                found / runs,
                "at most 0.025, and noise",
                "runs",
            )


@cache
def _accuracy(right: int, whole: int, bound: float) -> str:
    (found,) = judged(f"[performance]\naccuracy = {{ min = {bound} }}", report(head(recalls=((right, whole),))))
    return found.outcome


def _recall(generator: np.random.Generator) -> str:
    """One class at its bound, nine far above: it passes where all do, and fails where any does."""
    return _recalls(tuple(int(each) for each in generator.binomial(100, [0.8] + [0.97] * 9)))


@cache
def _recalls(found: tuple[int, ...]) -> str:
    made = report(head(recalls=tuple((each, 100) for each in found)))
    outcomes = {each.outcome for each in judged("[performance]\nclass-recall = { min = 0.8 }", made)}
    return "fail" if "fail" in outcomes else "undecided" if "undecided" in outcomes else "pass"


def _mean_error(generator: np.random.Generator) -> str:
    drawn = generator.exponential(1.0, 200)
    deviation = float(drawn.std(ddof=1))
    skewness = float((((drawn - drawn.mean()) / deviation) ** 3).mean())
    spread = {"count": 200, "mean": float(drawn.mean()), "deviation": deviation, "skewness": skewness}
    made = report()
    content = {"head": "age", "mean_error": spread["mean"], "errors": spread, "others": []}
    made["sections"]["samples"] = {"content": content}
    (found,) = judged("[performance]\nmean-error = { max = 1.0 }", made)
    return found.outcome


def _drop(generator: np.random.Generator) -> str:
    """Of 100 images 2.5 are lost and 1.5 won: a true drop of one point."""
    lost, won, _ = (int(each) for each in generator.multinomial(1000, [0.025, 0.015, 0.96]))
    return _dropped(lost, won)


@cache
def _dropped(lost: int, won: int) -> str:
    counted = Counted(950, 1000), Counted(950 - lost + won, 1000)
    shift = Shift(*counted, *paired_interval(lost, won, 1000, 0.025), lost, won, 1.0)
    answers = Answers("", shift, lost + won, 0, (), (), (), None, None)
    difference = Difference(
        _SIDE, _SIDE, False, (), (), 1, (Cost("parameters", 1, 1),), answers, (), None, None, (), ()
    )
    text = f'version = 1\n[baseline]\nreport = "old.json"\naccuracy-drop = {{ max = {_DROP} }}'
    (found,) = judge(parse(text.encode(), "policy.toml"), measures(report()), TODAY, difference)
    return found.outcome


def _calibration(generator: np.random.Generator) -> str:
    """Right five points less often than it says in every bin: a true error of 5 %."""
    counts = generator.multinomial(1000, [0.05, 0.05, 0.1, 0.2, 0.6])
    bins: list[dict[str, Any]] = []
    for count, confidence in zip(counts.tolist(), (0.55, 0.65, 0.75, 0.85, 0.95), strict=True):
        right = int(generator.binomial(count, confidence - 0.05))
        bins.append({"confidence": confidence, "right": share(right, count) if count else None})
    made = report(head(calibration={"bins": [each for each in bins if each["right"]]}))
    (found,) = judged("[performance]\ncalibration-error = { max = 0.05 }", made)
    return found.outcome
