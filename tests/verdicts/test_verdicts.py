"""Every format of a verdict: what its readers need, and what they agree on."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from reportgen import registry
from reportgen.document.verdict import Verdict
from reportgen.findings.families import rule as rule_of
from tests.policy.made import finding, head, report, verdict
from tests.verdicts.made import HOSTILE, MADE, MANY, POLICY, random_policy, random_report, rendered

VALUES = re.compile(r'reportgen_policy_value\{.*?rule="(\w+)",where="(.*)",part="(\w+)"\} (\S+)')
OUTCOMES = {"fail": 2, "unmeasured": 1, "undecided": 1, "waived": 1, "pass": 3}


@pytest.fixture(scope="module")
def made() -> Verdict:
    found = verdict(POLICY, MADE)
    assert {each: found.count(each) for each in OUTCOMES} == OUTCOMES  # type: ignore[arg-type]
    return found


def test_lines_begin_with_what_is_not_met_and_end_with_the_verdict(made: Verdict) -> None:
    lines = rendered("text", made).splitlines()
    assert [line[:12].strip() for line in lines[:-1]] == [
        "FAILED", "FAILED", "NOT MEASURED", "UNDECIDED", "waived", "passed", "passed", "passed",
    ]  # fmt: skip
    assert lines[-1] == "policy.toml: not met. 8 results: 2 failed, 1 not measured, 1 undecided, 1 waived, 3 passed."
    assert any("Waived: Known: 100 %, and <so>. (until 2027-01-01)." in line for line in lines)


def test_json_holds_every_number_and_hash(made: Verdict) -> None:
    plain = json.loads(rendered("json", made))
    assert (plain["schema"], plain["verdict"], plain["exit_code"]) == ("reportgen-gate/1", "not met", 4)
    assert (plain["report_sha256"], plain["policy_sha256"], plain["today"]) == ("b" * 64, "c" * 64, "2026-11-29")
    accuracy = plain["results"][0]
    assert (accuracy["measured"], accuracy["bound"], accuracy["line"]) == (1042 / 1100, 0.9, 3)
    assert accuracy["low"] < accuracy["measured"] < accuracy["high"]


def test_junit_has_a_case_for_each_result_and_what_servers_share(made: Verdict) -> None:
    suite = ElementTree.fromstring(rendered("junit", made)).find("testsuite")
    assert suite is not None
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "8", "failures": "2", "errors": "1", "skipped": "2",
    }  # fmt: skip
    cases = list(suite)
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == len(cases) == 8
    for case in cases:
        (element,) = case
        assert set(case.attrib) == {"classname", "name", "time"}
        assert element.tag in {"failure", "error", "skipped", "system-out"}
        assert element.text
        # What was measured would make another name of it in every run.
        assert not re.search(r"\d{3}", re.sub(r"RG\d{3}", "", case.get("name") or ""))


def test_junit_gives_equal_names_a_number_and_replaces_what_xml_cannot_hold() -> None:
    twice = report(findings=[finding("RG401", where="a\x00"), finding("RG401", where="a\x00")])
    found = ElementTree.fromstring(rendered("junit", verdict('[findings]\nfail = "note"', twice)))
    assert [case.get("name") for case in found.iter("testcase")] == [
        "RG401 dead-channels [a\ufffd]", "RG401 dead-channels [a\ufffd] (2)",
    ]  # fmt: skip


def run_of(text: str) -> dict[str, Any]:
    (run,) = json.loads(text)["runs"]
    return dict(run)


def test_sarif_for_github_holds_what_is_not_met_and_what_github_needs(made: Verdict) -> None:
    run = run_of(rendered("sarif", made))
    assert [(row["ruleId"], row["kind"], row["level"]) for row in run["results"]] == [
        ("RG302", "fail", "warning"), ("RG301", "fail", "warning"), ("RG141", "fail", "error"),
        ("RG405", "fail", "error"),
    ]  # fmt: skip
    for row in run["results"]:
        (place,) = row["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "policy.toml"
        assert set(place["physicalLocation"]["region"]) == {"startLine", "startColumn", "endLine", "endColumn"}
        assert re.fullmatch("[0-9a-f]{32}:1", row["partialFingerprints"]["primaryLocationLineHash"])
        assert "suppressions" not in row
        assert run["tool"]["driver"]["rules"][row["ruleIndex"]]["id"] == row["ruleId"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["help"]["text"]
    assert run["automationDetails"]["id"] == "reportgen/net/"


def test_whole_sarif_knows_all_kinds_and_why_something_is_waived(made: Verdict) -> None:
    rows = run_of(rendered("sarif-full", made))["results"]
    kinds = {row["properties"]["outcome"]: row["kind"] for row in rows}
    assert kinds == {
        "pass": "pass", "undecided": "open", "unmeasured": "notApplicable", "fail": "fail", "waived": "fail",
    }  # fmt: skip
    (waived,) = (row for row in rows if "suppressions" in row)
    assert waived["suppressions"][0]["justification"].startswith("Known: 100 %")
    assert all((row["level"] == "none") == (row["kind"] != "fail") for row in rows)


def test_a_fingerprint_holds_no_number() -> None:
    def prints(right: int) -> list[str]:
        made = verdict("[performance]\naccuracy = { min = 0.99 }", report(head(recalls=((right, 1000),))))
        rows = run_of(rendered("sarif", made))["results"]
        return [row["partialFingerprints"]["primaryLocationLineHash"] for row in rows]

    assert prints(900) == prints(850)


def test_annotations_escape_what_ends_a_command_and_count_what_is_not_shown(made: Verdict) -> None:
    lines = rendered("github", made).splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error", "::warning", "::warning", "::notice"]
    assert "title=RG405 copied-channels [conv%3A 2]::" in lines[1]
    assert lines[-1].startswith("::notice file=policy.toml,line=10,title=RG401 dead-channels [conv%2C 1]::")
    assert "100 %25" in lines[-1]
    many = verdict('[findings]\nfail = "note"', report(findings=[finding("RG401", where=str(i)) for i in range(30)]))
    lines = rendered("github", many).splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("::notice title=reportgen::21 more")


# What GitLab's parser holds an entry against (its schema `codeclimate.json` asks for the types, and for all but
# the name), and what its documentation says besides.
ENTRY = {
    "type": "object",
    "required": ["description", "check_name", "fingerprint", "severity", "location"],
    "properties": {
        "description": {"type": "string"},
        "fingerprint": {"type": "string"},
        "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
        "location": {
            "type": "object",
            "required": ["path", "lines"],
            "properties": {
                "path": {"type": "string", "pattern": "^(?!\\./|/)"},
                "lines": {"type": "object", "required": ["begin"], "properties": {"begin": {"type": "integer"}}},
            },
        },
    },
}


def test_gitlab_gets_one_entry_for_a_fingerprint(made: Verdict) -> None:
    entries = json.loads(rendered("gitlab", made))
    for each in entries:
        jsonschema.validate(each, ENTRY)
    assert len({each["fingerprint"] for each in entries}) == len(entries) == 5
    assert sorted(each["severity"] for each in entries) == ["info", "major", "major", "minor", "minor"]


def test_metrics_have_one_value_each_and_an_end(made: Verdict) -> None:
    lines = rendered("openmetrics", made).splitlines()
    assert lines[-1] == "# EOF"
    samples = [line.rpartition(" ")[0] for line in lines if not line.startswith("#")]
    assert len(samples) == len(set(samples))
    assert 'reportgen_policy_results{model="net",outcome="fail"} 2' in lines
    assert 'reportgen_policy_exit_code{model="net"} 4' in lines


def test_a_badge_says_the_verdict_in_words(made: Verdict) -> None:
    badge = ElementTree.fromstring(rendered("badge", made))
    assert badge.get("aria-label") == "network policy: not met"
    assert len(rendered("badge", made)) < 600


def test_formats_agree_on_any_report_and_policy() -> None:
    generator = random.Random(7)
    codes = set()
    for _ in range(200):
        made = verdict(random_policy(generator), random_report(generator))
        codes.add(made.exit_code)
        blocking = [each for each in made.results if each.blocks]
        assert (made.exit_code == 0) == (not blocking)
        assert (made.exit_code == 4) == any(each.outcome == "fail" for each in blocking)
        suite = ElementTree.fromstring(rendered("junit", made)).find("testsuite")
        assert suite is not None
        assert (int(suite.get("failures", "")) > 0) == (made.exit_code == 4)
        assert len(list(suite)) == len(made.results)
        assert any(row["level"] == "error" for row in run_of(rendered("sarif", made))["results"]) == (
            made.exit_code == 4
        )
        assert ("::error" in rendered("github", made)) == (made.exit_code == 4)
        assert f": {made.word}." in rendered("text", made).splitlines()[-1]
        assert json.loads(rendered("json", made))["exit_code"] == made.exit_code
        for name in registry.names("verdicts"):
            assert rendered(name, made) == rendered(name, made)
    assert codes == {0, 4, 5}


def plainly(text: str) -> str:
    """A sentence as each format may write it: on one line, without what a file cannot hold."""
    return " ".join(re.sub("[\x00-\x1f\ufffd\ufffe\u2028]", " ", text).split())


@pytest.mark.parametrize("place", range(len(MANY)))
def test_every_format_gives_every_result_with_the_same_words_and_numbers(place: int) -> None:
    made = MANY[place]
    every = sorted((each.code, plainly(each.message)) for each in made.results)
    plain = json.loads(rendered("json", made))["results"]
    assert sorted((each["code"], plainly(each["message"])) for each in plain) == every

    lines = rendered("text", made).splitlines()[:-1]
    assert len(lines) == len(every)
    assert sorted(line[14:19] for line in lines) == [code for code, _ in every]
    assert all(sum(plainly(each.message) in plainly(line) for line in lines) for each in made.results)

    cases = ElementTree.fromstring(rendered("junit", made)).findall(".//testcase")
    told = [(each.get("name", "")[:5], plainly(each[0].text or "")) for each in cases]
    assert all(any(code == case and said in text for case, text in told) for code, said in every)

    rows = run_of(rendered("sarif-full", made))["results"]
    assert sorted(row["ruleId"] for row in rows) == [code for code, _ in every]
    assert all(any(said in plainly(row["message"]["text"]) for row in rows) for _, said in every)

    entries = [plainly(each["description"]) for each in json.loads(rendered("gitlab", made))]
    assert all(any(entry == f"{code} {rule_of(code).name}: {said}" for code, said in every) for entry in entries)
    notes = [plainly(line) for line in rendered("github", made).replace("%25", "%").replace("%0A", " ").splitlines()]
    assert all("title=reportgen::" in note or any(said in note for _, said in every) for note in notes)


def test_numbers_in_words_are_the_numbers_beside_them() -> None:
    """What is measured, its interval and its bound: in full for programs, and as the sentence writes them."""
    checked = {"interval": 0, "counts": 0}
    for made in MANY:
        metrics = {found[:3]: float(found[3]) for found in VALUES.findall(rendered("openmetrics", made))}
        places = Counter((each.code, each.where) for each in made.results if each.measured is not None)
        for each in made.results:
            if places[each.code, each.where] != 1 or each.measured is None:
                continue
            where = each.where.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            for part in ("measured", "low", "high", "bound"):
                assert metrics.get((each.code, where, part)) == getattr(each, part)
            ends = re.search(r"exact 95\W% interval from ([\d.]+)\D+ to ([\d.]+)", each.message)
            if ends is not None and each.low is not None and each.high is not None:
                assert each.low <= each.measured <= each.high
                written = [float(end) / 100 for end in ends.groups()]
                assert written == pytest.approx([each.low, each.high], abs=0.0006)
                checked["interval"] += 1
            counts = re.match(r"([\d\u202f]+) of ([\d\u202f]+) correct", each.message)
            if counts is not None:
                right, whole = (int(number.replace("\u202f", "")) for number in counts.groups())
                assert right / whole == each.measured
                checked["counts"] += 1
    assert min(checked.values()) > 3


def test_no_name_ends_a_line_or_commands_a_terminal() -> None:
    named = report(head(HOSTILE), findings=[finding("RG401", where="\x1b[2J\n::set-env name=x::y")])
    made = verdict('[performance]\naccuracy = { min = 0.9 }\n[findings]\nfail = "note"', named)
    for name in ("text", "github"):
        text = rendered(name, made)
        assert "\x1b" not in text
        assert len(text.splitlines()) == len(made.results) + (name == "text")
    assert not any(line.startswith("::") for line in rendered("text", made).splitlines())
