"""Two reports -> what changed. What `reportgen diff` is; of two models `pipeline.differing` makes their reports.

Answers of single images, where both reports kept them, are paired: two models one point of accuracy apart then differ
by more than chance on a thousand images, which their two accuracies alone could not tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from reportgen.document.difference import (
    Answers,
    ChannelChange,
    Cost,
    Difference,
    Fact,
    FindingChange,
    Side,
)
from reportgen.errors import RenderError
from reportgen.evidence.answers import FACT, KeptAnswers, unpacked
from reportgen.language.cleaning import with_plain_spaces
from reportgen.policy import aligning, pairing
from reportgen.renderers import finished

MOST_CHANNELS = 40
_COSTS = (("parameters", "parameters"), ("multiply-adds", "macs"), ("bytes of weights", "size_bytes"))
_HEAVY = ("failed", "warning", "note")
_NONE = "–"
_Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """A report that was read, or that was made of a model.

    Attributes:
        name: Name of the file of the report, or of the model.
        sha256: Hash of its bytes.
        report: What the report holds.
        answers: The answers to single images; None where they are not known.
        kind: What the file is.
    """

    name: str
    sha256: str
    report: _Report
    answers: KeptAnswers | None
    kind: Literal["report", "model"] = "report"


def read(path: Path) -> Given:
    """Read a report and, where it names one that is there, the file of its answers.

    Raises:
        DataError: The file of answers is no such file.
        RenderError: The report cannot be read, is none, or the file of answers is another than it names.
    """
    data = finished.bytes_of(path)
    report = finished.plain(data, path.name)
    return Given(path.name, hashlib.sha256(data).hexdigest(), report, kept_beside(path, data))


def kept_beside(path: Path, data: bytes) -> KeptAnswers | None:
    """Return the answers that a report names, where their file is beside it; None else.

    Args:
        path: `report.json`.
        data: Its bytes.

    Raises:
        ReportgenError: As for `read`.
    """
    report = finished.plain(data, path.name)
    try:
        claimed = next((each["value"] for each in report["run"]["data"] if each["name"] == FACT), None)
    except (KeyError, TypeError) as error:
        raise _lacking(path.name, error) from error
    beside = path.with_name(f"{path.stem}-answers.npz")
    if claimed is None or not beside.is_file():
        return None
    packed = finished.bytes_of(beside)
    if hashlib.sha256(packed).hexdigest() != claimed:
        raise RenderError(
            f"{beside.name!r} is not the one that {path.name!r} was written with: its SHA-256 is another. Expected both"
            " files as one run wrote them. Look for the ones that belong together."
        )
    return unpacked(packed, beside.name)


def differ(old: Given, new: Given) -> Difference:
    """Compare two reports.

    Args:
        old: The report before.
        new: The report now.

    Raises:
        RenderError: One of them lacks what a report has.
    """
    try:
        return _difference(old, new)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise _lacking(f"{old.name} or {new.name}", error) from error


def _lacking(name: str, error: Exception) -> RenderError:
    return RenderError(
        f"{name} lacks what a report has ({type(error).__name__}: {error}). Expected a report.json as reportgen wrote"
        " it. Make the report again."
    )


def _difference(old: Given, new: Given) -> Difference:
    sides = _side(old), _side(new)
    one, other = old.report, new.report
    layers, same = aligning.changes(one["model"]["layers"], other["model"]["layers"])
    apart = tuple(_apart(one, other, *sides))
    channels = _channels(one, other, dict(same))
    return Difference(
        old=sides[0],
        new=sides[1],
        same_weights=sides[0].weights_sha256 == sides[1].weights_sha256,
        apart=apart,
        layers=layers,
        num_same=len(same) - sum(each.change in {"changed", "renamed"} for each in layers),
        costs=tuple(Cost(name, one["model"][key], other["model"][key]) for name, key in _COSTS),
        answers=None if apart else _answers(old, new),
        channels=tuple((channels or ())[:MOST_CHANNELS]),
        num_channels=None if channels is None else len(channels),
        dead=_dead(one, other),
        findings=tuple(_findings(one, other, dict(same))),
        facts=tuple(_facts(one, other)),
        classes=_classes(one, other),
    )


def _side(given: Given) -> Side:
    model, dataset = given.report["model"], _dataset(given.report)
    return Side(
        given.kind,
        given.name,
        given.sha256,
        str(model["name"]),
        str(model["weights_sha256"]),
        str(dataset.get("name") or ""),
        str(dataset.get("sha256") or ""),
    )


def _content(report: _Report, name: str) -> Mapping[str, Any]:
    section = report["sections"].get(name)
    return dict(section["content"]) if section else {}


def _dataset(report: _Report) -> Mapping[str, Any]:
    return _content(report, "provenance").get("dataset") or {}


def _apart(one: _Report, other: _Report, old: Side, new: Side) -> Iterator[str]:
    """Why the numbers on the data are not about the same question."""
    if not old.data_sha256 or not new.data_sha256:
        if old.kind == "model":
            yield "No data were given with --data, so nothing on data is compared."
            return
        missing = old.file if not old.data_sha256 else new.file
        yield f"{missing} has no hash of its data, so nothing on the data is compared."
        return
    if old.data_sha256 != new.data_sha256:
        yield "The data are others, so nothing on the data is compared."
    if (classes := _classes(one, other)) in {"reordered", "others"}:
        again = "in another order" if classes == "reordered" else "others"
        yield f"The class names are {again}, so nothing on the data is compared."
    for option in ("preprocess", "resize"):
        asked = [
            next((fact["value"] for fact in each["run"]["options"] if fact["name"] == option), None)
            for each in (one, other)
        ]
        if asked[0] != asked[1]:
            yield f"--{option} is another, so that the models did not get the same images."


def _classes(one: _Report, other: _Report) -> Literal["as before", "reordered", "others"] | None:
    """Whether the names of the classes are those that they were, and in their order."""
    names = [list(map(str, _dataset(each).get("class_names") or ())) for each in (one, other)]
    if names[0] == names[1]:
        return "as before" if names[0] else None
    return "reordered" if sorted(names[0]) == sorted(names[1]) else "others"


def _answers(old: Given, new: Given) -> Answers | None:
    heads = [_content(each.report, "performance").get("heads", []) for each in (old, new)]
    if not heads[0] or not heads[1]:
        return None
    before, now = old.answers, new.answers
    if before is not None and now is not None and _can_pair(before, now, heads[0][0]):
        return pairing.by_image(heads[0][0], heads[1][0], before, now)
    return pairing.by_counts(heads[0][0], heads[1][0])


def _can_pair(before: KeptAnswers, now: KeptAnswers, head: Mapping[str, Any]) -> bool:
    """Whether both answered the same images, the true class of each of which is known."""
    same = len(now.labels) > 0 and before.labels.shape == now.labels.shape and bool((before.labels == now.labels).all())
    return same and bool((now.labels >= 0).all()) and head["output"] != "multi-label"


def _channels(one: _Report, other: _Report, same: Mapping[str, str]) -> list[ChannelChange] | None:
    """Channels of layers that are one another and as wide as before, number by number."""
    watched = [_content(each, "channels") for each in (one, other)]
    if not watched[0] or not watched[1]:
        return None
    before, now = ({str(layer["path"]): layer["channels"] for layer in each["layers"]} for each in watched)
    found = []
    for path, channels in before.items():
        again = now.get(same.get(path, ""))
        if again is None or len(again) != len(channels):
            continue
        for was, is_ in zip(channels, again, strict=True):
            if _state(was) != _state(is_):
                found.append(ChannelChange(same[path], int(is_["channel"]), _state(was), _state(is_)))
    return found


def _dead(one: _Report, other: _Report) -> tuple[int, int] | None:
    watched = [_content(each, "channels") for each in (one, other)]
    if not watched[0] or not watched[1]:
        return None
    old, new = (sum(int(layer["counts"]["dead"]) for layer in each["layers"]) for each in watched)
    return old, new


def _state(channel: Mapping[str, Any]) -> str:
    return str(channel["state"]) or ("copy" if channel["copy_of"] is not None else "in order")


def _findings(one: _Report, other: _Report, same: Mapping[str, str]) -> Iterator[FindingChange]:
    """Findings by rule and place; what was found of a layer is found of the same layer under another name, too."""
    before, now = (
        {(str(each["code"]), str(each["where"])): each for each in report["findings"] if each["severity"] != "passed"}
        for report in (one, other)
    )
    before = {(code, same.get(where, where)): each for (code, where), each in before.items()}
    for change, keys, source in (
        ("new", now.keys() - before.keys(), now),
        ("gone", before.keys() - now.keys(), before),
        ("as before", before.keys() & now.keys(), now),
    ):
        for key in sorted(keys, key=lambda key: (_HEAVY.index(source[key]["severity"]), key)):
            title = with_plain_spaces(str(source[key]["title"]))
            yield FindingChange(change, key[0], str(source[key]["severity"]), title, key[1])  # type: ignore[arg-type]


def _facts(one: _Report, other: _Report) -> Iterator[Fact]:
    before, now = (
        {str(fact["name"]): fact["value"] for part in ("versions", "machine") for fact in report["run"][part]}
        for report in (one, other)
    )
    for name in dict.fromkeys((*before, *now)):
        if before.get(name) != now.get(name):
            yield Fact(name, _said(before.get(name)), _said(now.get(name)))


def _said(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return _NONE if value is None else str(value)
