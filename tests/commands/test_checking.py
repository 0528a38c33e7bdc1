"""`reportgen check`: exit codes, formats and files, and that it needs no TensorFlow."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import tomllib

from reportgen.policy.reading import parse
from tests.commands import Files, here, names, run
from tests.policy.made import finding, head, report

GUIDE = Path(__file__).resolve().parents[2] / "reportgen" / "guide" / "ci.md"


def put(folder: Path, policy: str = "", **parts: object) -> None:
    made = report(head(recalls=((990, 1000),)), findings=[finding("RG401", where="conv")], **parts)
    (folder / "report.json").write_text(json.dumps(made), encoding="utf-8")
    (folder / "reportgen-policy.toml").write_text(f"version = 1\n{policy}", encoding="utf-8")


@pytest.mark.parametrize(
    ("policy", "code", "last"),
    [
        ("[performance]\naccuracy = { min = 0.9 }", 0, "met. 1 result: 1 passed."),
        ('[findings]\nfail = "warning"', 4, "not met. 1 result: 1 failed."),
        ("[performance]\naccuracy = { min = 0.99 }", 5, "not decided. 1 result: 1 undecided."),
    ],
)
def test_the_exit_code_is_the_verdict(tmp_path: Path, policy: str, code: int, last: str) -> None:
    put(tmp_path, policy)
    shown = here("check", "report.json", cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (code, "")
    assert shown.stdout.splitlines()[-1] == f"reportgen-policy.toml: {last}"
    assert here("check", "report.json", "--exit-zero", cwd=tmp_path).returncode == 0


def test_formats_go_into_files_and_one_is_printed(tmp_path: Path) -> None:
    put(tmp_path, '[findings]\nfail = "warning"')
    shown = here(
        "check", "report.json", "--format", "github", "--format", "junit=j.xml", "--format", "json=g.json", cwd=tmp_path
    )
    assert shown.stdout.startswith("::error file=reportgen-policy.toml,line=3,title=RG401 dead-channels [conv]::")
    assert names(tmp_path) == ["g.json", "j.xml", "report.json", "reportgen-policy.toml"]
    assert json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))["verdict"] == "not met"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "xml"), "A verdict cannot be given as 'xml'. Expected FORMAT or FORMAT=FILE"),
        (("--format", "junit="), "A verdict cannot be given as 'junit='"),
        (("--format", "text", "--format", "badge"), "Expected at most one without a file"),
        (("--today", "soon"), "The day is 'soon'. Expected a day such as 2027-03-31"),
        (("--policy", "gone.toml"), "The policy 'gone.toml' cannot be read: No such file"),
    ],
)
def test_what_means_nothing_is_one_sentence(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    put(tmp_path, '[findings]\nfail = "warning"')
    shown = here("check", "report.json", *options, cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert said in " ".join(shown.stderr.split())
    assert names(tmp_path) == ["report.json", "reportgen-policy.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "'report.json' cannot be read as JSON"),
        ("[" * 100_000, "'report.json' cannot be read as JSON"),
        ('{"schema": "other/1"}', "does not have the format 'reportgen/2', but 'other/1'"),
        ("[1]", "does not have the format 'reportgen/2', but None"),
        ('{"schema": "reportgen/2"}', "The report lacks what a report has (KeyError: 'sections')"),
        ('{"schema": "reportgen/2", "sections": 3, "model": 4, "run": 5, "findings": 6}', "lacks what a report has"),
    ],
    ids=["cut", "deep", "other", "list", "empty", "wrong"],
)
def test_a_report_that_is_none_is_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    put(tmp_path, '[findings]\nfail = "warning"')
    (tmp_path / "report.json").write_text(text, encoding="utf-8")
    shown = here("check", "report.json", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert said in " ".join(shown.stderr.split())


def test_numbers_that_contradict_themselves_are_one_sentence(tmp_path: Path) -> None:
    put(tmp_path, "[performance]\naccuracy = { min = 0.9 }")
    made = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    made["sections"]["performance"]["content"]["heads"][0]["right"]["part"] = 2000
    (tmp_path / "report.json").write_text(json.dumps(made), encoding="utf-8")
    shown = here("check", "report.json", cwd=tmp_path)
    assert shown.returncode == 1
    assert "2000 of 1000" in shown.stderr


def test_a_day_may_come_from_the_environment(tmp_path: Path) -> None:
    waiver = '[[waiver]]\nrule = "RG401"\nreason = "Known."\nexpires = 2027-01-01'
    put(tmp_path, f'[findings]\nfail = "warning"\n{waiver}')
    assert here("check", "report.json", cwd=tmp_path, SOURCE_DATE_EPOCH="1790000000").returncode == 0
    assert here("check", "report.json", cwd=tmp_path, SOURCE_DATE_EPOCH="1800000000").returncode == 4
    assert here("check", "report.json", "--today", "2027-01-01", cwd=tmp_path).returncode == 0
    shown = here("check", "report.json", cwd=tmp_path, SOURCE_DATE_EPOCH="soon")
    assert "SOURCE_DATE_EPOCH is 'soon'" in shown.stderr


def test_a_policy_to_start_from_is_met_and_replaces_none(tmp_path: Path) -> None:
    put(tmp_path)
    shown = here("policy", "init", "report.json", "-o", "new.toml", cwd=tmp_path)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "", "")
    assert here("check", "report.json", "--policy", "new.toml", cwd=tmp_path).returncode == 0
    assert here("policy", "init", "report.json", cwd=tmp_path).stdout == (tmp_path / "new.toml").read_text("utf-8")
    shown = here("policy", "init", "report.json", "-o", "new.toml", cwd=tmp_path)
    assert shown.returncode == 2
    assert "is there already" in shown.stderr


@pytest.mark.slow
def test_neither_tensorflow_nor_what_draws_is_imported(tmp_path: Path) -> None:
    put(tmp_path, '[findings]\nfail = "warning"')
    shown = run("check", "report.json", cwd=tmp_path, PYTHONPROFILEIMPORTTIME="1")
    assert shown.returncode == 4
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in shown.stderr.splitlines()}
    assert "reportgen" in imported
    assert not imported & {"tensorflow", "keras", "matplotlib", "weasyprint", "PIL", "pydantic", "jinja2"}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="reads TOML with the standard library")
def test_the_policy_of_the_guide_is_one() -> None:
    (written,) = re.findall(r"```toml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    found = parse(written.encode(), "policy.toml")
    assert len(found.demands) == sum(len(each) for name, each in tomllib.loads(written).items() if name in {
        "data", "cost", "channels"
    }) + 5 + len(tomllib.loads(written)["baseline"]) - 1 + len(tomllib.loads(written)["card"]["required"])  # fmt: skip
    assert len(found.waivers) == 1


@pytest.mark.keras
@pytest.mark.slow
def test_a_build_says_of_its_files_what_check_says_of_them(files: Files, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("version = 1\n[performance]\naccuracy = { min = 0.999 }\n", encoding="utf-8")
    chosen = ("--format", "json", "--format", "in-toto", "--section", "performance", "--section", "policy")
    asked = ("build", files.model, "--data", files.data, *chosen, "-o", "made")
    refused = here(*asked, cwd=tmp_path)
    assert refused.returncode == 1
    assert "Give --policy, or do without --format in-toto." in " ".join(refused.stderr.split())
    assert names(tmp_path) == ["mine.toml"]
    shown = here(*asked, "--policy", "mine.toml", cwd=tmp_path)
    assert shown.stdout.split() == ["made/report.json", "made/report.intoto.json"], shown.stderr
    again = here("check", "made/report.json", "--policy", "mine.toml", "--format", "in-toto", cwd=tmp_path)
    assert shown.returncode == again.returncode != 0
    assert (tmp_path / "made" / "report.intoto.json").read_text(encoding="utf-8") == again.stdout
    told = here(*asked, "--policy", "mine.toml", "--dry-run", cwd=tmp_path)
    assert "bytes of in-toto, at most" in told.stdout
