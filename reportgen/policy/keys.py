"""The keys of a policy -> what each may hold, and the rule that it is judged by. A key that is not here is refused."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Form = Literal["share", "at least", "at most", "largest share", "size", "count", "flag", "word", "hash", "fields"]


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a policy.

    Attributes:
        code: Rule that it is judged by.
        form: What it holds. "share": `{ min = 0.95 }`. "at least" and "at most": `{ min = 3 }`, `{ max = 2_000_000 }`.
            "largest share": `{ max-share = 0.05 }`. "size": `{ max = "10MB" }`. "count": a whole number. "flag": true.
            "word": one of `words`. "hash": 64 hexadecimal digits. "fields": a list of fields
            of a card.
        example: How it is written.
        words: What a word may be.
        of_an_output: Whether it may stand below `[performance.outputs.NAME]`.
    """

    code: str
    form: Form
    example: str
    words: tuple[str, ...] = ()
    of_an_output: bool = False


KEYS: dict[str, Key] = {
    "data.labels": Key("RG204", "word", 'labels = "required"', ("required",)),
    "data.min-images": Key("RG205", "count", "min-images = 500"),
    "data.min-images-per-class": Key("RG206", "count", "min-images-per-class = 50"),
    "data.sha256": Key("RG207", "hash", 'sha256 = "…"'),
    "data.max-unreadable-share": Key("RG202", "share", "max-unreadable-share = 0.01"),
    "performance.accuracy": Key("RG301", "share", "accuracy = { min = 0.95 }", of_an_output=True),
    "performance.class-recall": Key("RG302", "share", "class-recall = { min = 0.80 }", of_an_output=True),
    "performance.beats-commonest": Key("RG303", "flag", "beats-commonest = true", of_an_output=True),
    "performance.calibration-error": Key("RG304", "at most", "calibration-error = { max = 0.05 }", of_an_output=True),
    "performance.mean-error": Key("RG305", "at most", "mean-error = { max = 2.5 }", of_an_output=True),
    "cost.parameters": Key("RG141", "at most", "parameters = { max = 2_000_000 }"),
    "cost.multiply-adds": Key("RG142", "at most", "multiply-adds = { max = 50_000_000 }"),
    "cost.weights-size": Key("RG143", "size", 'weights-size = { max = "10MB" }'),
    "channels.dead": Key("RG401", "largest share", "dead = { max-share = 0.05 }"),
    "channels.copies": Key("RG405", "largest share", "copies = { max-share = 0.10 }"),
    "channels.stuck": Key("RG403", "largest share", "stuck = { max-share = 0.0 }"),
    "baseline.accuracy-drop": Key("RG601", "at most", "accuracy-drop = { max = 0.01 }"),
    "baseline.negative-flips": Key("RG602", "largest share", "negative-flips = { max-share = 0.02 }"),
    "baseline.class-drop": Key("RG603", "at most", "class-drop = { max = 0.05 }"),
    "baseline.dead-channels-more": Key("RG605", "at most", "dead-channels-more = { max = 0 }"),
    "baseline.same-data": Key("RG608", "flag", "same-data = true"),
    "baseline.parameters-growth": Key("RG609", "largest share", "parameters-growth = { max-share = 0.10 }"),
    "card.required": Key("RG721", "fields", 'required = ["model.intended-purpose"]'),
    "baseline.calibration-growth": Key("RG604", "at most", "calibration-growth = { max = 0.02 }"),
    "baseline.same-architecture": Key("RG606", "flag", "same-architecture = true"),
    "baseline.same-classes": Key("RG607", "flag", "same-classes = true"),
    "baseline.new-findings": Key("RG610", "word", 'new-findings = "warning"', ("failed", "warning", "note")),
}
TOP = ("version", "confidence", "undecided", "unmeasured")
TABLES = ("data", "performance", "cost", "channels", "baseline", "card", "findings", "waiver")
FINDINGS = ("fail", "forbid", "weight")
WAIVER = ("rule", "where", "reason", "by", "expires")
