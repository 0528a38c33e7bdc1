"""Report -> a model card: a README.md for the Hugging Face Hub, with its numbers as metadata in the head.

The head is YAML. JSON is YAML, so each value is written as JSON, and no library is needed. What the owner states is
set apart from what was measured.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from reportgen.document.report import Report
from reportgen.language.cleaning import clean
from reportgen.language.numerals import number, percent
from reportgen.records.card import FIELDS, TABLES
from reportgen.renderers import measured
from reportgen.renderers.measured import Measured
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = "-model-card.md"
MARK = "<!-- Written by reportgen. -->"
_MOST_BYTES = 100_000
# What begins markup inside a line. No text from outside begins a line, so that lists and headings need no escape.
_MARKUP = re.compile(r"[\\`*_\[\]<>#|&~!$@]|:(?=\S)|(?<=www)\.", re.IGNORECASE)
_MISSING = "not provided"
_TAG = "reportgen"


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, a long card of the owner's aside."""
    del plan
    return _MOST_BYTES


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the model card: UTF-8, the same bytes for the same report."""
    del tools
    stated, numbers = measured.stated(report), measured.measured(report)
    name = " ".join(stated["model.name"]) or report.model.name
    head = [f"{key}: {_yaml(value)}" for key, value in _head(report, stated, numbers, name).items()]
    lines = [
        "---", *head, "---", MARK, "", f"# {_text(name)}", "",
        *_stated(stated), *_measured(report, numbers), *_findings(report), *_made(report),
    ]  # fmt: skip
    return ("\n".join(lines) + "\n").encode()


def _text(value: str) -> str:
    r"""Write any text so that Markdown shows it as it is, on one line.

    >>> _text("a <b> [c](d)\n_e_, 1.0")
    'a \\<b\\> \\[c\\](d) \\_e\\_, 1.0'
    """
    return _MARKUP.sub(lambda sign: f"\\{sign[0]}", " ".join(clean(value).split()))


def _yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _head(
    report: Report, stated: Mapping[str, tuple[str, ...]], numbers: tuple[Measured, ...], name: str
) -> dict[str, object]:
    """The metadata, by key; what is not known is left out."""
    tags = dict.fromkeys((*map(clean, stated["model.tags"]), _TAG))
    known: dict[str, object] = {
        "license": clean("".join(stated["model.license"])).lower(),
        "library_name": "keras",
        "pipeline_tag": measured.task(report),
        "tags": list(tags),
    }
    data = measured.dataset(report)
    if numbers and data is not None:
        known["model-index"] = [{"name": clean(name), "results": [_result(report, numbers, data)]}]
    return {key: value for key, value in known.items() if value}


def _result(report: Report, numbers: tuple[Measured, ...], data: Any) -> dict[str, object]:
    metrics = [
        {
            "type": each.kind,
            "name": clean(each.title),
            "value": each.value,
            "args": {"images": each.num_images, **({"interval_95": list(each.interval)} if each.interval else {})},
            "verified": False,
        }
        for each in numbers
    ]
    return {
        "task": {"type": measured.task(report) or "other"},
        "dataset": {
            "name": clean(data.name),
            "type": "custom",
            "split": clean(data.split),
            "args": {"sha256": data.sha256, "images": data.size},
        },
        "metrics": metrics,
    }


def _stated(stated: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield from ("## Stated by the owner", "", "Nothing of this part was checked by reportgen.", "")
    for table, title in TABLES.items():
        yield from (f"### {title}", "")
        for field in (each for each in FIELDS if each.table == table):
            values = "; ".join(_text(each) for each in stated[field.key])
            yield f"- **{field.label}:** {values or _MISSING}"
        yield ""


def _measured(report: Report, numbers: tuple[Measured, ...]) -> Iterator[str]:
    yield from ("## Measured by reportgen", "")
    data = measured.dataset(report)
    if data is not None:
        yield f"On {_text(data.name)}, {_text(data.split)}: {number(data.size)} samples, SHA-256 `{data.sha256}`."
        yield ""
    if numbers:
        yield from ("| metric | value | 95 % interval | samples |", "| --- | ---: | --- | ---: |")
        yield from map(_row, numbers)
    else:
        yield "How good it is was not measured."
    model = report.model
    yield from ("", f"{number(model.parameters)} parameters and {number(model.macs)} multiply-adds for one sample.", "")


def _row(each: Measured) -> str:
    write = percent if each.is_share else number
    between = f"{write(each.interval[0])} to {write(each.interval[1])}" if each.interval else "none"
    return f"| {_text(each.title)} | {write(each.value)} | {between} | {number(each.num_images)} |"


def _findings(report: Report) -> Iterator[str]:
    yield from ("## Findings", "")
    for each in report.findings:
        yield f"- {each.code}, {each.severity}: {_text(each.title)} {_text(each.detail)}".rstrip()
    yield from ("", "`reportgen rule` prints what each means.", "")


def _made(report: Report) -> Iterator[str]:
    yield from ("## How this was made", "")
    versions = ", ".join(f"{each.name} {each.value}" for each in report.run.versions)
    yield f"With {_text(versions)}, from weights with the SHA-256 `{report.model.weights_sha256}`."
