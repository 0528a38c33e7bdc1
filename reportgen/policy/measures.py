"""`report.json` as plain data -> the numbers that a policy may ask for. What is not there is None, never 0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

from reportgen.document.difference import Bin, Counted
from reportgen.document.report import Severity
from reportgen.errors import RenderError
from reportgen.language.cleaning import shortened, with_plain_spaces
from reportgen.policy.statistics import Moments

# More images than any report is about; the tails of a binomial of so many take a second.
_MOST = 10**10
_MOST_COST = 10**30


@dataclass(frozen=True, slots=True)
class Output:
    """How well one output of the model predicts.

    Attributes:
        name: The output.
        right: Images that are classified correctly; None where that is not known.
        recalls: Of each class that has images, its name and how many of them are found.
        commonest: What always predicting the commonest class gets right.
        bins: Bins of the calibration that hold predictions.
        mean_error: Mean absolute error of values; None without values.
        errors: How the errors of single images spread; None where the report does not say it.
    """

    name: str
    right: Counted | None
    recalls: tuple[tuple[str, Counted], ...]
    commonest: Counted | None
    bins: tuple[Bin, ...]
    mean_error: float | None
    errors: Moments | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A finding.

    Attributes:
        code: Its rule.
        severity: How heavy it is.
        message: Title and detail.
        where: What it is about, or "".
    """

    code: str
    severity: Severity
    message: str
    where: str


@dataclass(frozen=True, slots=True)
class Channels:
    """How many channels are of which kind, over all layers that were watched.

    Attributes:
        num_images: On how many images.
        total: Channels.
        kinds: How many are "dead", "copies" or "stuck".
    """

    num_images: int
    total: int
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Measures:
    """What a report says in numbers.

    Attributes:
        model: Name of the model.
        file: Name of the model's file, or "".
        file_sha256: Hash of its bytes, or "".
        num_images: How many images there were; None without data.
        num_unreadable: How many others could not be read.
        has_labels: Whether true classes are known.
        data_sha256: Hash of the data, or "".
        outputs: The outputs with known answers, the main one first.
        costs: "parameters", "multiply-adds" and "weights-size"; None where one is not known.
        channels: The channels; None where they were not watched.
        findings: What was found, without what was checked and is right.
        card: Of each field of the owner's card whether something is stated; None where the report has no such chapter.
        has_card: Whether it was made with a card.
    """

    model: str
    file: str
    file_sha256: str
    num_images: int | None
    num_unreadable: int
    has_labels: bool
    data_sha256: str
    outputs: tuple[Output, ...]
    costs: Mapping[str, int | None]
    channels: Channels | None
    findings: tuple[Found, ...]
    card: Mapping[str, bool] | None = None
    has_card: bool = False


def measures(report: Mapping[str, Any]) -> Measures:
    """Take the numbers out of a report.

    Args:
        report: What `report.json` holds.

    Raises:
        RenderError: It is no report of this version of the format.
    """
    try:
        return _measures(report)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, ArithmeticError) as error:
        raise RenderError(
            f"The report lacks what a report has ({type(error).__name__}: {shortened(str(error))}). Expected a"
            " report.json as reportgen wrote it. Make the report again."
        ) from error


def _measures(report: Mapping[str, Any]) -> Measures:
    contents = {name: section["content"] for name, section in report["sections"].items()}
    model, run = report["model"], report["run"]
    dataset = contents.get("provenance", {}).get("dataset") or {}
    heads = contents.get("performance", {}).get("heads", [])
    return Measures(
        model=str(model["name"]),
        file=_fact(run, "file"),
        file_sha256=_fact(run, "SHA-256 of the file"),
        num_images=_count(dataset["size"]) if dataset else None,
        num_unreadable=sum(_count(each["number"]) for each in dataset.get("broken_reasons", [])),
        has_labels=bool(dataset.get("has_labels")),
        data_sha256=str(dataset.get("sha256") or ""),
        outputs=(*map(_output, heads), *_of_values(contents.get("samples"))),
        costs={
            "parameters": _cost(model["parameters"]),
            "multiply-adds": _cost(model["macs"]),
            "weights-size": _cost(model["size_bytes"]),
        },
        channels=_channels(contents.get("channels")),
        findings=tuple(_found(each) for each in report["findings"] if each["severity"] != "passed"),
        card=_card(contents.get("card")),
        has_card=_of(run.get("options", ()), "SHA-256 of the card") != "",
    )


def _card(content: Mapping[str, Any] | None) -> Mapping[str, bool] | None:
    if content is None:
        return None
    return {str(each["key"]): bool(each["values"]) for table in content["tables"] for each in table["statements"]}


def _fact(run: Mapping[str, Any], name: str) -> str:
    return _of(run["model"], name)


def _of(facts: Sequence[Mapping[str, Any]], name: str) -> str:
    return next((str(fact["value"]) for fact in facts if fact["name"] == name), "")


def _output(head: Mapping[str, Any]) -> Output:
    recalls = [(str(each["name"]), found) for each in head["classes"] if (found := counted(each["recall"])) is not None]
    commonest = head.get("commonest") or {}
    return Output(
        name=str(head["name"]),
        right=counted(head.get("right")),
        recalls=tuple(recalls),
        commonest=counted(commonest.get("share")),
        bins=bins_of(head),
        mean_error=None,
    )


def _of_values(content: Mapping[str, Any] | None) -> Iterator[Output]:
    """The outputs whose answers are values, with their mean absolute error."""
    for name, each in ((each["head" if each is content else "name"], each) for each in _heads_of(content)):
        if each["mean_error"] is not None:
            yield Output(str(name), None, (), None, (), _finite(each["mean_error"]), _moments(each.get("errors")))


def _moments(errors: Mapping[str, Any] | None) -> Moments | None:
    if not errors:
        return None
    found = Moments(_count(errors["count"]), *(_finite(errors[name]) for name in ("mean", "deviation", "skewness")))
    if found.count < 1 or found.deviation < 0:
        raise ValueError(f"errors {found}")
    return found


def _heads_of(content: Mapping[str, Any] | None) -> Sequence[Mapping[str, Any]]:
    return [content, *content["others"]] if content else []


def bins_of(head: Mapping[str, Any]) -> tuple[Bin, ...]:
    """Return the bins of an output's calibration that hold predictions; () without a calibration."""
    calibration = head.get("calibration") or {}
    return tuple(
        Bin(right.whole, _finite(each["confidence"], 0, 1), right.part)
        for each in calibration.get("bins", [])
        if (right := counted(each["right"])) is not None
    )


def counted(share: Mapping[str, Any] | None) -> Counted | None:
    """Return a share as a report holds it; None where nothing was counted.

    Raises:
        ValueError: It is none: more than all, or fewer than none.
    """
    if not share or not share["whole"]:
        return None
    part, whole = _count(share["part"]), _count(share["whole"])
    if part > whole:
        raise ValueError(f"{part} of {whole}")
    return Counted(part, whole)


def _channels(content: Mapping[str, Any] | None) -> Channels | None:
    if content is None:
        return None
    counts: Sequence[Mapping[str, Any]] = [layer["counts"] for layer in content["layers"]]
    kinds = {kind: sum(_count(each[kind]) for each in counts) for kind in ("dead", "copies", "stuck")}
    found = Channels(_count(content["num_images"]), sum(_count(each["channels"]) for each in counts), kinds)
    if max(kinds.values()) > found.total:
        raise ValueError(f"channels {found}")
    return found


def _count(value: object, most: int = _MOST) -> int:
    """A number of images, channels or the like."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise ValueError(f"{str(value)[:40]!r} where a number of things was expected")
    return value


def _cost(value: object) -> int | None:
    return None if value is None else _count(value, _MOST_COST)


def _finite(value: object, low: float = -inf, high: float = inf) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or not low <= value <= high:
        raise ValueError(f"{str(value)[:40]!r} where a number was expected")
    return float(value)


def _found(finding: Mapping[str, Any]) -> Found:
    severity: Severity = finding["severity"]
    if severity not in ("failed", "warning", "note"):
        raise ValueError(f"severity {severity!r}")
    message = f"{finding['title']} {finding['detail']}".strip()
    return Found(str(finding["code"]), severity, with_plain_spaces(message), str(finding["where"]))
