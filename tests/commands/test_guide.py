"""`reportgen guide` and the pages that it prints; the page of options against Click's own record of them."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import click
import pytest

from reportgen.commands.cli import main
from reportgen.commands.guide import FOLDER, list_of_topics, page
from reportgen.commands.reference import options_page
from reportgen.errors import OptionsError
from tests.commands import COMMAND, environment, posix, run

FILES = sorted(FOLDER.glob("*.md"))
OPTIONS = FOLDER / "options.md"
RENEW = "pytest tests/commands/test_guide.py --update-golden"


def test_list_has_a_line_for_every_page_with_its_title() -> None:
    lines = list_of_topics().splitlines()
    for file in FILES:
        title = file.read_text(encoding="utf-8").splitlines()[0]
        assert title.startswith("# ")
        assert [line.split(maxsplit=1)[1] for line in lines if line.startswith(f"    {file.stem} ")] == [title[2:]]
    assert len(lines) == len(FILES) + 2


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
def test_pages_have_one_title_and_lines_that_fit_an_editor(file: Path) -> None:
    outside_code = re.sub(r"^```.*?^```$", "", file.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    assert len(re.findall(r"^# ", outside_code, re.MULTILINE)) == 1
    assert [line for line in outside_code.splitlines() if len(line) > 140 and not line.startswith("|")] == []


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_pipe_gets_the_page_as_it_is_in_utf_8(tmp_path: Path, encoding: str) -> None:
    for arguments, expected in (
        (("guide", "decisions"), (FOLDER / "decisions.md").read_bytes()),
        (("guide",), list_of_topics().encode()),
    ):
        shown = subprocess.run(
            [*COMMAND, *arguments],
            cwd=tmp_path,
            env=environment(PYTHONIOENCODING=encoding),
            capture_output=True,
            check=True,
        )
        assert shown.stdout == expected
        assert shown.stderr == b""


@posix
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_terminal_gets_the_page_rendered(tmp_path: Path, encoding: str) -> None:
    import pty

    master, slave = pty.openpty()
    changes = {"PYTHONIOENCODING": encoding, "TERM": "xterm", "COLUMNS": "80", "NO_COLOR": "1"}
    with subprocess.Popen(
        [*COMMAND, "guide", "inputs"], stdout=slave, cwd=tmp_path, env=environment(**changes)
    ) as process:
        os.close(slave)
        shown = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(master)
    assert process.returncode == 0
    lines = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()).splitlines()
    assert not any(line.startswith(("# ", "## ", "|---|---")) for line in lines)
    assert "keras:fashion_mnist" in "".join(lines)
    # An escape of what the terminal's alphabet lacks is longer than its character.
    assert max(map(len, lines)) <= 80 or encoding == "ascii"


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("optoins", "Did you mean 'options'?"),
        ("Input", "Did you mean 'inputs'?"),
        ("../../README", "says what each"),
        ("", ""),
    ],
)
def test_unknown_topic_is_wrong_usage_and_names_the_nearest(tmp_path: Path, topic: str, said: str) -> None:
    shown = run("guide", topic, cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    (error,) = re.findall(r"^Error: .*$", shown.stderr, re.MULTILINE)
    assert error.startswith(f"Error: The guide has no topic {topic!r}. Expected one of: ci, ")
    assert said in error


def test_topics_may_be_written_in_capitals() -> None:
    assert page("CI") == (FOLDER / "ci.md").read_text(encoding="utf-8")
    with pytest.raises(OptionsError, match=r"no topic 'ci\.md'"):
        page("ci.md")


def test_page_of_options_is_that_of_the_commands(update_golden: bool) -> None:
    made = options_page(main)
    if update_golden:
        OPTIONS.write_text(made, encoding="utf-8")
    assert OPTIONS.read_text(encoding="utf-8") == made, f"renew it: {RENEW}"


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_command_has_all_its_options_on_the_page(name: str) -> None:
    chapter = OPTIONS.read_text(encoding="utf-8").partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    command = main.commands[name]
    rows = [line for line in chapter.splitlines() if line.startswith("| `")]
    known = [each for each in command.params if isinstance(each, click.Option)]
    assert len(rows) == len(known)
    for row, option in zip(rows, known, strict=True):
        cells = re.split(r"(?<!\\)\|", row)[1:-1]
        assert len(cells) == 3
        assert set(re.findall(r"(?<=`)--?[a-z][a-z-]*(?=`)", cells[0])) == {*option.opts, *option.secondary_opts}
        said = (cells[1].strip(), cells[2].strip())
        shown = option.get_help_record(click.Context(command))
        assert shown is not None
        assert said[0].replace("\\|", "|") in shown[1]
        assert said[1] in shown[1].replace("required", "must be given")
    assert f"\nreportgen {name}" in chapter
