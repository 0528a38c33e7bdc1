"""A policy, a report and verdicts of both, some of them random, for the tests of the formats of a verdict."""

from __future__ import annotations

import random
from typing import Any

from reportgen import registry
from reportgen.document.verdict import Verdict
from tests.policy.made import finding, head, report, verdict

POLICY = """\
[performance]
accuracy = { min = 0.9 }
class-recall = { min = 0.8 }
[performance.outputs.gone]
accuracy = { min = 0.9 }
[cost]
parameters = { max = 10 }
[findings]
fail = "warning"
[[waiver]]
rule = "RG401"
reason = "Known: 100 %, and <so>."
expires = 2027-01-01
"""
HOSTILE = 'a"b\\c\nd<e>&]]>\x00\x1f\ufffe{},=%\u2028'
MADE = report(
    head("main", recalls=((960, 1000), (82, 100))),
    findings=[finding("RG401", "warning", "conv, 1"), finding("RG405", "warning", "conv: 2"), finding("RG131", "note")],
)


def rendered(name: str, what: Verdict) -> str:
    text: str = registry.load("verdicts", name).render(what)
    return text


def random_policy(generator: random.Random) -> str:
    """A policy of some demands, with random bounds."""
    bound = generator.choice([0.0, 0.3, 0.8, 0.9, 0.95, 1.0])
    known = (
        f"[performance]\naccuracy = {{ min = {bound} }}\nbeats-commonest = true\nclass-recall = {{ min = {bound} }}",
        f"[cost]\nparameters = {{ max = {generator.choice([1, 1000, 10**9])} }}\nmultiply-adds = {{ max = 10 }}",
        f"[channels]\ndead = {{ max-share = {bound} }}\nstuck = {{ max-share = 0.0 }}",
        f'[findings]\nfail = "{generator.choice(["failed", "warning", "note"])}"',
        '[data]\nlabels = "required"\nmin-images = 500',
        '[card]\nrequired = ["model.name", "limits.known"]',
    )
    words = ("fail", "warn", "pass")
    top = f'undecided = "{generator.choice(words)}"\nunmeasured = "{generator.choice(words)}"\n'
    chosen = generator.sample(known, generator.randint(0, len(known)))
    rule, month = generator.choice(["RG401", "RG301"]), generator.randint(11, 12)
    waiver = f'[[waiver]]\nrule = "{rule}"\nreason = "x"\nexpires = 2026-{month}-01\n'
    return top + "\n".join(chosen) + "\n" + waiver * generator.randint(0, 1)


def random_report(generator: random.Random) -> dict[str, Any]:
    """A report of random counts, some of it missing."""
    classes = tuple((generator.randint(0, size), size) for size in generator.choices(range(1, 400), k=3))
    codes = generator.choices(["RG101", "RG401", "RG405", "RG131"], k=generator.randint(0, 4))
    cards: list[dict[str, Any]] = [{}, {"card": {"model.name": ["x"], "limits.known": []}}]
    return report(
        *([head(recalls=classes)] * generator.randint(0, 1)),
        **generator.choice(cards),
        dead=generator.randint(0, 100),
        watched=generator.randint(1, 2000),
        macs=generator.choice([None, 5]),
        without=generator.choice([(), ("channels",), ("performance",)]),
        findings=[finding(code, generator.choice(["failed", "warning", "note"]), "conv") for code in codes],
    )


def verdicts() -> list[Verdict]:
    """A whole one, one with names that want escaping, an empty one, and some at random."""
    named = report(head(HOSTILE), findings=[finding("RG401", where=HOSTILE)])
    named["model"]["name"] = HOSTILE
    policy = '[performance]\naccuracy = { min = 0.9 }\n[findings]\nfail = "note"'
    generator = random.Random(3)
    some = [verdict(random_policy(generator), random_report(generator)) for _ in range(6)]
    return [verdict(POLICY, MADE), verdict(policy, named), verdict('[findings]\nfail = "failed"', report()), *some]


MANY = verdicts()
