"""`reportgen rule` prints a page for whoever reads it: set in a terminal, Markdown in a pipe."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys

import pytest
from click.testing import CliRunner
from rich.console import Console

from reportgen.commands.cli import main
from reportgen.commands.rule import show
from reportgen.findings.families import rule, rules
from reportgen.findings.pages import page, table


def terminal(width: int = 80) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=width, highlight=False, no_color=True)


def printed(console: Console) -> str:
    """What stands on a terminal, without what sets its letters."""
    assert isinstance(console.file, io.StringIO)
    return re.sub(r"\x1b\[[\d;]*m", "", console.file.getvalue())


@pytest.mark.parametrize("word", ["RG401", "dead-channels", "DEAD-channels"])
def test_in_a_pipe_the_page_is_plain_markdown(word: str) -> None:
    shown = CliRunner().invoke(main, ["rule", word])
    assert (shown.exit_code, shown.stdout) == (0, page(rule("RG401")))


def test_in_a_pipe_it_is_utf_8_whatever_the_terminal_speaks() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "reportgen", "rule", "RG123"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=True,
    )
    assert shown.stdout.decode("utf-8") == page(rule("RG123"))
    assert "×" in page(rule("RG123"))


def test_without_a_word_all_rules_are_listed() -> None:
    shown = CliRunner().invoke(main, ["rule"])
    assert (shown.exit_code, shown.stdout) == (0, table(rules()))


@pytest.mark.parametrize("width", [40, 80, 200])
def test_in_a_terminal_lines_fit_and_marks_of_markdown_are_gone(width: int) -> None:
    console = terminal(width)
    show("RG402", console)
    lines = printed(console).splitlines()
    assert max(map(len, lines)) <= min(width, 100)
    assert "RG402 nearly-dead-channels" in lines[0]
    assert not [line for line in lines if "**" in line or "`" in line or line.startswith("#")]
    said = " ".join(" ".join(lines).split())
    assert "A channel was above zero in very few of the images, but in some." in said


def test_in_a_terminal_the_list_names_every_rule() -> None:
    console = terminal()
    show(None, console)
    assert re.findall(r"^ ?(RG\d+) +([a-z-]+) ", printed(console), re.MULTILINE) == [
        (each.code, each.name) for each in rules()
    ]


def test_unknown_rule_is_one_sentence_with_the_nearest() -> None:
    shown = CliRunner().invoke(main, ["rule", "dead-chanels"])
    assert shown.exit_code == 1
    assert shown.stderr == (
        "Error: There is no rule called 'dead-chanels'. Expected one of: "
        "dead-channels, nearly-dead-channels, copied-channels.\n"
    )
    assert shown.stdout == ""
