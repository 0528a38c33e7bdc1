"""A policy file -> a policy. What is wrong with it is said with the file, the line and the nearest key.

The policy is TOML. Nothing in it is guessed: an unknown key, a missing bound or a waiver without a reason and a last
day is refused, because a gate that skips a line it does not understand lets everything through.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn, get_args

from reportgen.document.report import Severity
from reportgen.errors import OptionsError, UnknownNameError
from reportgen.findings.families import rule
from reportgen.language.cleaning import clean
from reportgen.language.listing import listed
from reportgen.language.sizes import parse_size
from reportgen.language.toml import Lines, one_of, toml_or_refused
from reportgen.policy.demands import LENIENCIES, Demand, FindingsDemand, Leniency, Policy, Waiver
from reportgen.policy.keys import FINDINGS, KEYS, TABLES, TOP, WAIVER, Key
from reportgen.records import card

MOST_BYTES = 1 << 20
"""Most that a policy may take."""
_BOUNDS = {"share": "min", "at least": "min", "at most": "max", "largest share": "max-share", "size": "max"}
_SHARES = ("share", "largest share")
_SEVERITIES: tuple[Severity, ...] = tuple(each for each in get_args(Severity) if each != "passed")


def read(path: Path) -> Policy:
    """Read a policy.

    Args:
        path: A TOML file.

    Raises:
        OptionsError: It cannot be read, is no TOML, or asks for what is not known.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OptionsError(
            f"The policy {str(path)!r} cannot be read: {error.strerror or error}. Expected a TOML file. Check --policy."
        ) from error
    if len(data) > MOST_BYTES:
        raise OptionsError(
            f"The policy {path.name!r} takes {len(data):,} bytes. Expected at most {MOST_BYTES:,}. Check --policy."
        )
    return parse(data, clean(path.name))


def parse(data: bytes, name: str) -> Policy:
    """Read a policy from its bytes; `name` is what it is called in messages, errors as for `read`."""
    text, values = toml_or_refused(data, name, "accuracy = { min = 0.95 }")
    lines = Lines(text, name)
    unknown = next((key for key in values if key not in (*TOP, *TABLES)), None)
    if unknown is not None:
        lines.refuse(unknown, f"there is no key {unknown!r}", one_of(unknown, (*TOP, *TABLES)))
    if values.get("version") != 1:
        lines.refuse("version", f"the version is {values.get('version')!r}", "Expected version = 1. Write it first.")
    confidence = values.get("confidence", 0.95)
    if isinstance(confidence, bool) or not isinstance(confidence, float) or not 0.5 <= confidence < 1:
        lines.refuse("confidence", f"the confidence is {confidence!r}", "Expected 0.5 to below 1, such as 0.95.")
    return Policy(
        name,
        hashlib.sha256(data).hexdigest(),
        confidence,
        _leniency(values, "undecided", lines),
        _leniency(values, "unmeasured", lines),
        tuple(_demands(values, lines)),
        _findings(values.get("findings", {}), lines),
        tuple(_waivers(values.get("waiver", []), lines)),
        _baseline(values.get("baseline", {}), lines),
    )


def _leniency(values: Mapping[str, Any], key: str, lines: Lines) -> Leniency:
    value = values.get(key, "fail")
    if value not in LENIENCIES:
        lines.refuse(key, f"{key} is {value!r}", f"Expected {listed([repr(each) for each in LENIENCIES], 'or')}.")
    return LENIENCIES[LENIENCIES.index(value)]


def _table(value: object, name: str, lines: Lines) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        lines.refuse(name, f"{name} is {value!r}", f"Expected a table: a line [{name}] with its keys below.")
    return value


def _demands(values: Mapping[str, Any], lines: Lines) -> Iterator[Demand]:
    for table in ("data", "performance", "cost", "channels", "baseline", "card"):
        asked = _table(values.get(table, {}), table, lines)
        known = tuple(key.partition(".")[2] for key in KEYS if key.startswith(f"{table}."))
        for key, value in asked.items():
            if table == "performance" and key == "outputs":
                yield from _of_outputs(_table(value, "outputs", lines), lines)
            elif table == "baseline" and key == "report":
                continue
            elif table == "card" and key in known:
                yield from _fields(f"{table}.{key}", value, lines)
            elif key in known:
                yield _demand(f"{table}.{key}", value, lines, table)
            else:
                lines.refuse(key, f"[{table}] has no key {key!r}", one_of(key, known), table)


def _fields(key: str, value: object, lines: Lines) -> Iterator[Demand]:
    """A demand for each field of a card; the fields are known by their keys."""
    known, short = KEYS[key], key.partition(".")[2]
    if not isinstance(value, list) or not value or not all(isinstance(each, str) for each in value):
        lines.refuse(short, f"{short} is {value!r}", f"Expected it as in: {known.example}.", "card")
    for field in dict.fromkeys(value):
        if field not in card.KEYS:
            lines.refuse(short, f"a card has no field {field!r}", one_of(field, card.KEYS), "card")
        yield Demand(key, lines.of(short, "card"), text=field)


def _baseline(value: object, lines: Lines) -> str:
    asked = _table(value, "baseline", lines)
    report = asked.get("report", "")
    if not isinstance(report, str) or (asked and not report):
        came = f"report is {report!r}" if report else "[baseline] names no report"
        lines.refuse("report", came, 'Expected it as in: report = "released/report.json".', "baseline")
    return report


def _of_outputs(outputs: Mapping[str, Any], lines: Lines) -> Iterator[Demand]:
    known = tuple(key.partition(".")[2] for key, each in KEYS.items() if each.of_an_output)
    for output, asked in outputs.items():
        table = f"performance\0outputs\0{output}"
        for key, value in _table(asked, output, lines).items():
            if key not in known:
                lines.refuse(key, f"[performance.outputs.{output}] has no key {key!r}", one_of(key, known), table)
            yield _demand(f"performance.{key}", value, lines, table, output)


def _demand(key: str, value: object, lines: Lines, table: str, output: str = "") -> Demand:
    known, short = KEYS[key], key.partition(".")[2]
    line = lines.of(short, table)

    def refuse() -> NoReturn:
        lines.refuse(short, f"{short} is {value!r}", f"Expected it as in: {known.example}.", line=line)

    if known.form == "word":
        return Demand(key, line, text=str(value), output=output) if value in known.words else refuse()
    if known.form == "hash":
        right = isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value)
        return Demand(key, line, text=str(value), output=output) if right else refuse()
    if known.form == "flag":
        return Demand(key, line, output=output) if value is True else refuse()
    bound = _bound(known, value)
    if bound is None:
        refuse()
    return Demand(key, line, bound, output=output)


def _bound(known: Key, value: object) -> float | None:
    """The number that a demand holds; None where it is none, or none that means anything."""
    plain = known.form == "count" or known.example.endswith(" = 0.01")
    if not plain:
        word = _BOUNDS[known.form]
        if not isinstance(value, dict) or list(value) != [word]:
            return None
        value = value[word]
    if known.form == "size" and isinstance(value, str):
        try:
            value = parse_size(value)
        except OptionsError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        return None
    if known.form == "count" and (not isinstance(value, int) or value < 1):
        return None
    if known.form in _SHARES and value > 1:
        return None
    return value


def _findings(value: object, lines: Lines) -> FindingsDemand:
    asked = _table(value, "findings", lines)
    for key in asked:
        if key not in FINDINGS:
            lines.refuse(key, f"[findings] has no key {key!r}", one_of(key, FINDINGS), "findings")
    fail = asked.get("fail")
    if fail is not None:
        _severity(fail, "fail", lines, "findings")
    forbidden = asked.get("forbid", [])
    if not isinstance(forbidden, list):
        lines.refuse("forbid", f"forbid is {forbidden!r}", 'Expected codes, as in: forbid = ["RG405"].', "findings")
    line = lines.of("forbid", "findings")
    weights = _table(asked.get("weight", {}), "weight", lines)
    table = "findings\0weight"
    return FindingsDemand(
        lines.of("fail", "findings"),
        fail,
        tuple((_code(each, lines, line), line) for each in forbidden),
        tuple(
            (_code(name, lines, lines.of(name, table)), _severity(each, name, lines, table))
            for name, each in weights.items()
        ),
    )


def _severity(value: object, key: str, lines: Lines, table: str) -> Severity:
    if value not in _SEVERITIES:
        expected = f"Expected {listed([repr(each) for each in _SEVERITIES], 'or')}."
        lines.refuse(key, f"{key} is {value!r}", expected, table)
    return _SEVERITIES[_SEVERITIES.index(value)]


def _code(name: object, lines: Lines, line: int) -> str:
    try:
        return rule(str(name)).code
    except UnknownNameError as error:
        lines.refuse(str(name), "a rule is not known", str(error), line=line)


def _waivers(value: object, lines: Lines) -> Iterator[Waiver]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        lines.refuse("waiver", "waiver is no list of tables", "Expected [[waiver]] above each of them.")
    for place, each in enumerate(value):
        line = lines.of_item("waiver", place)
        unknown = next((key for key in each if key not in WAIVER), None)
        if unknown is not None:
            lines.refuse(unknown, f"a waiver has no key {unknown!r}", one_of(unknown, WAIVER), line=line)
        for key in ("rule", "reason", "expires"):
            if not each.get(key):
                lines.refuse(key, f"a waiver has no {key}", "Expected rule, reason and expires. Add it.", line=line)
        expires = each["expires"]
        if not isinstance(expires, date) or isinstance(expires, datetime):
            lines.refuse(
                "expires", f"expires is {expires!r}", "Expected a day without quotes, such as 2027-03-31.", line=line
            )
        texts = {key: each[key] for key in ("rule", "reason", "where", "by") if key in each}
        for key, text in texts.items():
            if not isinstance(text, str):
                lines.refuse(key, f"{key} is {text!r}", "Expected a text in quotes.", line=line)
        yield Waiver(
            _code(each["rule"], lines, line), each["rule"], each["reason"], expires, line,
            each.get("where", "*"), each.get("by", ""),
        )  # fmt: skip
