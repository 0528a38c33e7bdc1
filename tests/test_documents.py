"""README, CONTRIBUTING and the guide: short, true to the commands that are there, and every link leads to a file."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from reportgen import registry
from reportgen.commands.cli import main
from tests.benchmark.table import HEAD, PAGE, Row, line, renewed
from tests.links import lost

ROOT = Path(__file__).resolve().parents[1]
GUIDE = ROOT / "reportgen" / "guide"
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(GUIDE.glob("*.md"))]
EXAMPLES = sorted((ROOT / "examples").rglob("report.html"))
by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: str(document.name))
OPTIONS = {
    option
    for command in main.commands.values()
    for parameter in command.params
    if isinstance(parameter, click.Option)
    for option in parameter.opts
} | {"--help", "-h", "--version"}


def commands_in(text: str) -> list[tuple[str, str]]:
    """Every `reportgen …` in code, as the command and the rest of its line."""
    code = "\n".join(
        re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE) + re.findall(r"`([^`\n]+)`", text)
    )
    return re.findall(r"(?:^|[\s/])reportgen ([a-z]+)\b([^#\n]*)", code, re.MULTILINE)


def test_readme_takes_at_most_6000_bytes() -> None:
    assert len(README.read_bytes()) <= 6000


@by_document
def test_every_link_leads_to_a_file(document: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text(encoding="utf-8"))
    inside = [link for link in links if not link.startswith(("https://", "#"))]
    assert [link for link in inside if not (document.parent / link.partition("#")[0]).exists()] == []


@pytest.mark.parametrize("page", EXAMPLES, ids=lambda page: str(page.parent.name))
def test_every_link_in_a_page_among_the_examples_leads_somewhere(page: Path) -> None:
    assert lost(page.read_text(encoding="utf-8")) == set()


@by_document
def test_every_command_and_option_exists(document: Path) -> None:
    found = commands_in(document.read_text(encoding="utf-8"))
    assert {command for command, _ in found} <= set(main.commands)
    for command, rest in found:
        known = {option for each in main.commands[command].params for option in each.opts} | {"--help", "-h"}
        assert set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)) <= known, (command, rest)


def test_readme_names_commands() -> None:
    assert {command for command, _ in commands_in(README.read_text(encoding="utf-8"))} >= {"build", "summary", "guide"}


@pytest.mark.parametrize("file", sorted(GUIDE.glob("*.md")), ids=lambda file: str(file.name))
def test_every_option_that_the_guide_names_exists(file: Path) -> None:
    others = {"--only", "--update-golden"}  # of the benchmark and the tests
    others |= {"--array", "--cpus-per-task", "--dependency", "--mem", "--parsable", "--requeue", "--wrap"}  # of SLURM
    others |= {"--private", "--public", "--signature"}  # of model-signing, which writes --private_key
    others |= {"--cert", "--certify", "--field", "--key", "--no-pass", "--pretty-print", "--reason", "--trust"}
    others |= {"--use-pades"}  # of pyHanko, as those of the line before
    text = file.read_text(encoding="utf-8").replace("qpdf --check", "").replace("--format=", "--format ")
    assert set(re.findall(r"(?<=[`\s(])--[a-z][a-z-]*", text)) - others <= OPTIONS


def test_readme_has_one_test_command_where_ci_looks_for_it() -> None:
    found = [row for row in README.read_text(encoding="utf-8").splitlines() if re.match(r"sudo apt-get .*pytest", row)]
    assert len(found) == 1
    assert found[0].endswith(".venv/bin/pytest")


def test_guide_lists_the_chapters_in_their_order() -> None:
    rows = re.findall(r"^\| (.+?) \| `([a-z]+)` \| ", (GUIDE / "reading.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert rows == [(registry.load("sections", name).TITLE, name) for name in registry.names("sections")]


def test_benchmark_renews_the_table_and_leaves_the_words() -> None:
    row = Row("all of it", 1.5, "half of it", 1, 1.5, "none set")
    before = f"# Title\n\nWords.\n\n{HEAD}\n| old | 1 s |\n| older | 2 s |\n\nMore words | here.\n"
    after = f"# Title\n\nWords.\n\n{HEAD}\n| all of it | 1.5 s | half of it | 1 s | 1.5 | none set |"
    after += "\n\nMore words | here.\n"
    assert renewed(before, [row]) == after
    assert line(row) in renewed(PAGE.read_text(encoding="utf-8"), [row]).splitlines()
