"""A policy is read whole, or refused with the file, the line and what was meant."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from reportgen.errors import OptionsError
from reportgen.policy.demands import Demand, FindingsDemand, Waiver
from reportgen.policy.reading import MOST_BYTES, parse, read

WHOLE = """\
version = 1
confidence = 0.9
undecided = "warn"
unmeasured = "pass"
[data]
labels = "required"
min-images = 500
[performance]
accuracy = { min = 0.95 }
[performance.outputs."side door"]
accuracy = { min = 0.5 }
[cost]
weights-size = { max = "10MB" }
[card]
required = ["model.name", "data.training.provenance"]
[findings]
fail = "warning"
forbid = ["RG405"]
[findings.weight]
small-receptive-field = "note"
[[waiver]]
rule = "RG131"
reason = "So."
expires = 2027-03-31
"""


def test_a_policy_is_read_with_the_lines_that_ask() -> None:
    found = parse(WHOLE.encode(), "policy.toml")
    assert (found.confidence, found.undecided, found.unmeasured) == (0.9, "warn", "pass")
    assert found.alpha == pytest.approx(0.05)
    assert found.demands == (
        Demand("data.labels", 6, text="required"),
        Demand("data.min-images", 7, 500),
        Demand("performance.accuracy", 9, 0.95),
        Demand("performance.accuracy", 11, 0.5, output="side door"),
        Demand("cost.weights-size", 13, 10_000_000),
        Demand("card.required", 15, text="model.name"),
        Demand("card.required", 15, text="data.training.provenance"),
    )
    assert found.findings == FindingsDemand(17, "warning", (("RG405", 18),), (("RG132", "note"),))
    assert found.waivers == (Waiver("RG131", "RG131", "So.", date(2027, 3, 31), 21),)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "the version is None. Expected version = 1"),
        ("version = 2", 1, "the version is 2"),
        ("version = 1\n[dta]", 1, "there is no key 'dta'. Did you mean 'data'?"),
        ("version = 1\nconfidence = 95", 2, "the confidence is 95. Expected 0.5 to below 1"),
        ("version = 1\nundecided = 'maybe'", 2, "undecided is 'maybe'. Expected 'fail', 'warn' or 'pass'"),
        ("version = 1\n[performance]\nacuracy = { min = 0.9 }", 3, "Did you mean 'accuracy'?"),
        ("version = 1\n[performance]\naccuracy = 0.9", 3, "Expected it as in: accuracy = { min = 0.95 }"),
        ("version = 1\n[performance]\naccuracy = { max = 0.9 }", 3, "Expected it as in: accuracy = { min = 0.95 }"),
        ("version = 1\n[performance]\naccuracy = { min = 95 }", 3, "accuracy is {'min': 95}"),
        ("version = 1\n[performance]\naccuracy = { min = nan }", 3, "accuracy is {'min': nan}"),
        ("version = 1\n[performance]\nbeats-commonest = 1", 3, "beats-commonest is 1"),
        ("version = 1\n[performance.outputs.x]\ndead = { max-share = 0 }", 3, "has no key 'dead'"),
        ("version = 1\n[data]\nmin-images = 0", 3, "min-images is 0"),
        ("version = 1\n[data]\nsha256 = 'abc'", 3, "sha256 is 'abc'"),
        ("version = 1\n[data]\nlabels = 'yes'", 3, "labels is 'yes'"),
        ("version = 1\n[cost]\nweights-size = { max = '10 stones' }", 3, "weights-size is"),
        ("version = 1\n[card]\nrequired = []", 3, "required is []. Expected it as in: required = ["),
        ("version = 1\n[card]\nrequired = 'model.name'", 3, "required is 'model.name'"),
        ("version = 1\n[card]\nrequired = ['model.purpose']", 3, "a card has no field 'model.purpose'. Did you mean"),
        ("version = 1\n[card]\nrequire = ['model.name']", 3, "[card] has no key 'require'. Did you mean 'required'?"),
        ("version = 1\ndata = 3", 2, "data is 3. Expected a table: a line [data]"),
        ("version = 1\n[findings]\nfail = 'passed'", 3, "fail is 'passed'. Expected 'failed', 'warning' or 'note'"),
        ("version = 1\n[findings]\nforbid = ['RG999']", 3, "There is no rule called 'RG999'"),
        ("version = 1\n[[waiver]]\nrule = 'RG131'\nexpires = 2027-01-01", 2, "a waiver has no reason"),
        ("version = 1\n[[waiver]]\nrule = 'RG131'\nreason = 'x'", 2, "a waiver has no expires"),
        ("version = 1\n[[waiver]]\nrule = 'RG131'\nreason = 'x'\nexpires = '2027-01-01'", 2, "without quotes"),
        ("version = 1\n[[waiver]]\nrule = 'RG131'\nreason = 3\nexpires = 2027-01-01", 2, "reason is 3"),
        ("version = 1\n[[waiver]]\nrule = 'x'\nuntil = 1", 2, "a waiver has no key 'until'"),
        ("version = 1\nwaiver = 3", 2, "waiver is no list of tables"),
        ("version = 1\nversion = ", 2, "cannot be read as TOML"),
    ],
)
def test_what_a_policy_cannot_hold_is_one_sentence_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(OptionsError) as refused:
        parse(text.encode(), "policy.toml")
    message = str(refused.value)
    assert message.startswith(f"'policy.toml', line {line}")
    assert said in message


def test_what_is_no_text_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="line 2: this is no text in UTF-8"):
        parse(b"version = 1\n\xff", "policy.toml")
    with pytest.raises(OptionsError, match="cannot be read: No such file"):
        read(tmp_path / "gone.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(OptionsError, match="takes 1,048,577 bytes"):
        read(tmp_path / "long.toml")
