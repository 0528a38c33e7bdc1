"""The files in `examples/ci`: valid by the schemas of those who read them, and each runs the command of the guide."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import check_jsonschema
import pytest
from click.testing import CliRunner, Result
from ruamel.yaml import YAML

from tests.commands import Files, environment, forked, here
from tests.policy.made import head, report
from tests.policy.pairs import pair

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "ci"
SCHEMAS = [
    ("github/action.yml", "vendor.github-actions"),
    ("github/workflow.yml", "vendor.github-workflows"),
    ("github/nightly.yml", "vendor.github-workflows"),
    ("gitlab-ci.yml", "vendor.gitlab-ci"),
]


def checked(file: Path, schema: str) -> Result:
    return CliRunner().invoke(check_jsonschema.main, ["--builtin-schema", schema, str(file)])


def documented() -> str:
    """The command that the guide gives for CI."""
    page = (ROOT / "reportgen" / "guide" / "ci.md").read_text(encoding="utf-8")
    (command,) = re.findall(r"^reportgen build .*$", page, re.MULTILINE)
    return str(command)


def loaded(name: str) -> Any:
    return YAML(typ="safe").load(FOLDER / name)


def jenkins_steps() -> str:
    (script,) = re.findall(r"sh '''(.*?)'''", (FOLDER / "Jenkinsfile").read_text(encoding="utf-8"), re.DOTALL)
    return str(script)


def scripts() -> dict[str, str]:
    """Everything that the files have a shell do."""
    action, gitlab = loaded("github/action.yml"), loaded("gitlab-ci.yml")
    steps = [step["run"] for step in action["runs"]["steps"] if "run" in step]
    job = gitlab["network-report"]
    return {
        "github": "\n".join(steps),
        "gitlab": "\n".join([*job["before_script"], *job["script"], *gitlab["pages"]["script"]]),
        "jenkins": jenkins_steps(),
    }


@pytest.mark.parametrize(("name", "schema"), SCHEMAS)
def test_file_is_valid_by_the_schema_of_its_reader(name: str, schema: str) -> None:
    shown = checked(FOLDER / name, schema)
    assert shown.exit_code == 0, shown.output


@pytest.mark.parametrize(("name", "schema"), SCHEMAS)
def test_schema_refuses_a_misspelt_key(tmp_path: Path, name: str, schema: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    for key in ("using", "runs-on", "paths"):
        text = re.sub(rf"\b{key}:", f"{key}z:", text)
    (tmp_path / "misspelt.yml").write_text(text, encoding="utf-8")
    assert checked(tmp_path / "misspelt.yml", schema).exit_code == 1


@pytest.mark.parametrize("place", ["github", "gitlab", "jenkins"])
def test_all_run_the_documented_command_in_a_shell_that_understands_them(place: str) -> None:
    script = scripts()[place]
    lines = [line.strip() for line in script.splitlines()]
    assert lines.count(documented()) == 1
    ours = [line for line in lines if line.startswith("reportgen ")]
    assert [line.startswith("reportgen check ") for line in ours if line != documented()] == [True]
    shown = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize("place", ["github", "gitlab", "jenkins"])
def test_each_holds_the_report_against_the_policy_in_formats_that_are_there(place: str, tmp_path: Path) -> None:
    (line,) = re.findall(r"reportgen (check .*)", scripts()[place])
    (tmp_path / "report").mkdir()
    made = report(head(recalls=((50, 100),)))
    (tmp_path / "report" / "report.json").write_text(json.dumps(made), encoding="utf-8")
    policy = "version = 1\n[performance]\naccuracy = { min = 0.9 }\n"
    (tmp_path / "policy.toml").write_text(policy, encoding="utf-8")
    shown = here(*shlex.split(line.replace("$POLICY", "policy.toml")), cwd=tmp_path)
    assert (shown.returncode, shown.stderr) == (4, "")
    assert shown.stdout.startswith({"github": "::error file=policy.toml,line=3,"}.get(place, "FAILED"))
    files = {path.name for path in (tmp_path / "report").iterdir()} - {"report.json"}
    named = {
        "github": {"gate.json", "policy.sarif"},
        "jenkins": {"junit.xml"},
        "gitlab": {"junit.xml", "gl-code-quality.json"},
    }[place]
    assert named == files
    text = "".join(file.read_text(encoding="utf-8") for file in FOLDER.rglob("*") if file.is_file())
    assert all(f"report/{name}" in text for name in named)


def test_workflow_gives_the_action_what_it_asks_for() -> None:
    inputs = loaded("github/action.yml")["inputs"]
    (given,) = [step["with"] for step in loaded("github/workflow.yml")["jobs"]["report"]["steps"] if "with" in step]
    assert set(given) == set(inputs)


def test_alerts_are_uploaded_from_the_file_that_is_written_where_the_workflow_may() -> None:
    steps = loaded("github/action.yml")["runs"]["steps"]
    (upload,) = [step for step in steps if "upload-sarif" in step.get("uses", "")]
    assert f"--format sarif={upload['with']['sarif_file']}" in scripts()["github"]
    assert upload["if"].startswith("always() ")  # the check before it has failed where there is something to upload
    assert loaded("github/workflow.yml")["permissions"]["security-events"] == "write"


def nightly() -> dict[str, str]:
    """What the nightly jobs have a shell do."""
    steps = loaded("github/nightly.yml")["jobs"]["compare"]["steps"]
    job = loaded("gitlab-ci.yml")["network-nightly"]
    return {
        "github": "\n".join(step["run"] for step in steps if "run" in step),
        "gitlab": "\n".join([*job["before_script"], *job["script"]]),
    }


@pytest.mark.parametrize("place", ["github", "gitlab"])
@pytest.mark.parametrize(("lost", "code"), [(0, 0), (80, 4)])
def test_a_nightly_compares_with_the_last_release(place: str, lost: int, code: int, tmp_path: Path) -> None:
    script = nightly()[place]
    shown = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    old, new = pair(tmp_path, lost=lost, won=0)
    old.parent.rename(tmp_path / "released")
    new.parent.rename(tmp_path / "report")
    assert "released/report.json" in script
    build, differ, check = re.findall(r"^reportgen (.*)$", script, re.MULTILINE)
    assert build.startswith('build "$MODEL" --data "$DATA" --output report')
    told = here(*shlex.split(differ), cwd=tmp_path)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"Of 1 000 images {lost} are now wrong" if lost else "All 1")
    shutil.copyfile(FOLDER / "nightly-policy.toml", tmp_path / "nightly-policy.toml")
    held = here(*shlex.split(check.replace("$POLICY", "nightly-policy.toml")), cwd=tmp_path)
    assert (held.returncode, held.stderr) == (code, ""), held.stdout
    kept = {"github": {"gate.json"}, "gitlab": {"junit.xml", "gl-code-quality.json"}}[place]
    files = {path.name for path in (tmp_path / "report").iterdir()}
    assert files == {"report.json", "report-answers.npz", "diff.html"} | kept


def test_what_is_kept_is_what_is_written() -> None:
    action, gitlab = loaded("github/action.yml"), loaded("gitlab-ci.yml")
    assert "--output report " in documented()
    assert [step["with"]["path"] for step in action["runs"]["steps"] if "upload-artifact" in step.get("uses", "")] == [
        "report"
    ]
    assert gitlab["network-report"]["artifacts"]["paths"] == ["report"]
    jenkins = (FOLDER / "Jenkinsfile").read_text(encoding="utf-8")
    assert "reportDir: 'report', reportFiles: 'report.html'" in jenkins
    assert "artifacts: 'report/**'" in jenkins


def test_jenkinsfile_is_a_declarative_pipeline() -> None:
    """As far as can be seen without Jenkins: its blocks stand where its grammar wants them, each closed."""
    text = (FOLDER / "Jenkinsfile").read_text(encoding="utf-8")
    text = re.sub(r"'''.*?'''|'[^'\n]*'", "''", re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE), flags=re.DOTALL)
    assert "'" not in text.replace("''", "")
    path: list[str] = []
    found = []
    for name, bracket in re.findall(r"([\w]*)(?:\(''\))?\s*([{}\[\]])", text):
        if bracket in "{[":
            path.append(name)
            found.append("/".join(path))
        else:
            path.pop()
    assert path == []
    assert found == [
        "pipeline",
        "pipeline/agent",
        "pipeline/agent/docker",
        "pipeline/environment",
        "pipeline/stages",
        "pipeline/stages/stage",
        "pipeline/stages/stage/steps",
        "pipeline/post",
        "pipeline/post/always",
        "pipeline/post/always/",
    ]


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
def test_documented_command_does_what_it_promises(files: Files, tmp_path: Path) -> None:
    (tmp_path / "summary.md").write_text("What stood there.\n", encoding="utf-8")
    _, _, program = forked()
    command = tmp_path / "bin" / "reportgen"
    command.parent.mkdir()
    command.write_text(f"#!{sys.executable}\n{program}", encoding="utf-8")
    command.chmod(0o755)
    path = f"{command.parent}{os.pathsep}{os.environ['PATH']}"
    shown = subprocess.run(
        ["bash", "-c", documented()], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=environment(MODEL=str(files.model), DATA=str(files.data), SUMMARY="summary.md", PATH=path),
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "report.html", "report.pdf", "report.json", "assets",
    }  # fmt: skip
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert summary.startswith("What stood there.\n\n## What tiny sees\n")
    assert "| conv | Conv2D | 10\u202f×\u202f10\u202f×\u202f4 | 40 | 3\u202f600 |" in summary
    assert all(f"report/report\\.{kind}" in summary.replace("\\/", "/") for kind in ("html", "pdf", "json"))
    assert "data:" not in summary
    sizes = [line for line in shown.stderr.splitlines() if line.startswith("Sizes: ")]
    assert len(sizes) == 1
    assert re.fullmatch(r"Sizes: report\.html 0\.\d+.MB, report\.pdf 0\.\d+.MB, report\.json 0\.\d+.MB\.", sizes[0])
