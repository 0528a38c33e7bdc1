"""The layer table on real pseudo-terminals of several widths, and in a pipe."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from reportgen.commands.terminal import MOST_MAILED_BYTES, Terminal
from reportgen.records.model import ModelRecord
from reportgen.records.precision import Precision
from tests.commands import environment, posix
from tests.renderers import reports

NAMES = {
    "usual": ["conv_1", "conv_1_bn", "add"],
    "long": ["backbone/expanded_conv_squeeze_excite_conv_1", "expanded_conv_11/depthwise/BatchNorm", "x" * 150],
    "chinese": ["畳み込み層/ブロック_1", "畳み込み層/ブロック_1/正規化", "加算"],
}
# A word of each column's head: what it is called, and a number in it.
COLUMNS = {
    "output": ("output", "112\u202f×\u202f112\u202f×\u202f1\u202f024"),
    "parameters": ("parameters", "1\u202f179\u202f776"),
    "multiply-": ("multiply-adds", "10\u202f616\u202f832"),
    "receptive": ("receptive field", "3\u202f×\u202f3"),
    "jump": ("jump", "2 × 2"),
    "memory": ("memory", "802.8\u202fKiB"),
}
SHOW = (
    "import sys; from reportgen.commands.terminal import Terminal; from tests.commands.test_terminal import model;"
    "Terminal().show_table(model(sys.argv[1]))"
)


def model(names: str) -> ModelRecord:
    """A model of three layers with large numbers."""
    numbers = [(1_179_776, 10_616_832), (64, 0), (0, 3_211_264)]
    layers = [
        dataclasses.replace(
            reports.layer(path, kind="BatchNormalization"), output_shape=(112, 112, 1024), parameters=count, macs=macs,
            activation_bytes=822_083, jump=(2, 2),
        )
        for path, (count, macs) in zip(NAMES[names], numbers, strict=True)
    ]  # fmt: skip
    return dataclasses.replace(reports.model(*layers), parameters=1_179_840, macs=13_828_096)


def shown(names: str, columns: int, **changes: str) -> str:
    """What a terminal of so many columns receives."""
    known = environment(TERM="xterm", COLUMNS=str(columns), LINES="50", **changes)
    received = received_by_a_terminal([sys.executable, "-c", SHOW, names], Path(__file__).resolve().parents[2], known)
    return received.decode("utf-8").replace("\r\n", "\n")


def received_by_a_terminal(command: list[str], folder: Path, known: dict[str, str]) -> bytes:
    """What a program writes to a terminal that holds both of its streams."""
    import pty

    master, slave = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, stdout=slave, stderr=slave, env=known)
    os.close(slave)
    received = b""
    while True:
        try:
            block = os.read(master, 65536)
        except OSError:
            break
        if not block:
            break
        received += block
    os.close(master)
    assert process.wait() == 0, received
    return received


def without_codes(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def cells(line: str) -> int:
    """Columns of a terminal that a line takes: two for a wide character (Unicode Standard Annex 11)."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


@posix
@pytest.mark.parametrize("names", list(NAMES))
@pytest.mark.parametrize("columns", [40, 80, 120, 200])
def test_table_fits_and_nothing_in_it_is_cut(names: str, columns: int) -> None:
    text = without_codes(shown(names, columns))
    lines = text.splitlines()
    assert max(map(cells, lines)) <= columns
    assert "…" not in text
    rule = next(place for place, line in enumerate(lines) if "───" in line)
    rows = lines[rule + 1 : rule + 1 + next(place for place, line in enumerate(lines[rule + 1 :]) if not line.strip())]
    # The pieces of the names, below each other in the first column, are the names.
    assert "".join(line[1:].split("  ")[0].strip() for line in rows) == "".join(NAMES[names])
    told = re.search(r"Left out because the terminal is narrow: (.*?)\. Widen", " ".join(text.split()))
    left_out = told[1].split(", ") if told else []
    assert set(left_out) <= {name for name, _ in COLUMNS.values()}
    for word, (name, number) in COLUMNS.items():
        assert (word in " ".join(lines[1:rule])) is (name not in left_out)
        assert (number in "\n".join(rows)) is (name not in left_out)
    assert bool(left_out) is (columns <= 80)


@posix
def test_no_color_means_no_codes_at_all() -> None:
    assert "\x1b[" in shown("usual", 100)
    assert "\x1b" not in shown("usual", 100, NO_COLOR="1")


def test_a_pipe_gets_plain_text_with_every_column() -> None:
    text = subprocess.run(
        [sys.executable, "-c", SHOW, "chinese"], cwd=Path(__file__).resolve().parents[2], env=environment(COLUMNS="30"),
        capture_output=True, check=True,
    ).stdout.decode("utf-8")  # fmt: skip
    assert "\x1b" not in text
    assert "Left out" not in text
    for name in NAMES["chinese"]:
        assert name in text
    assert "802.8\u202fKiB" in text


@pytest.mark.parametrize(("size", "large"), [(MOST_MAILED_BYTES, False), (MOST_MAILED_BYTES + 1, True)])
def test_a_file_too_large_for_a_mail_is_named_with_what_helps(
    size: int, large: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    Terminal().say_sizes({Path("out/report.html"): 1_234_567, Path("out/report.pdf"): size})
    first, *others = capsys.readouterr().err.splitlines()
    assert first == "Sizes: report.html 1.2\u202fMB, report.pdf 15\u202fMB."
    assert (len(others) == 1) is large
    if large:
        assert re.match(r"Larger than 15.MB, .*: report\.pdf\. .*--pick.*--layers.*--format pdf-summary", others[0])


def test_precision_has_a_column_where_it_is_not_float32_throughout(capsys: pytest.CaptureFixture[str]) -> None:
    usual = reports.layer("conv_1")
    Terminal().show_table(reports.model(usual))
    assert "precision" not in capsys.readouterr().out
    mixed = dataclasses.replace(reports.layer("conv_2"), precision=Precision("bfloat16", ("float32",)))
    Terminal().show_table(reports.model(usual, mixed))
    printed = capsys.readouterr().out
    assert "precision" in printed
    lines = {line.split()[0]: line for line in printed.splitlines() if line.strip().startswith("conv_")}
    assert "bfloat16 / float32" in lines["conv_2"]
    assert " float32 " in lines["conv_1"]


def test_sizes_are_not_told_where_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal(-1).say_sizes({Path("report.html"): 20_000_000})
    assert capsys.readouterr() == ("", "")


def test_a_name_of_thousands_of_characters_fills_no_screen(capsys: pytest.CaptureFixture[str]) -> None:
    layer = reports.layer("y" * 5000)
    Terminal().show_table(dataclasses.replace(reports.model(layer), name="x" * 5000))
    printed = capsys.readouterr().out
    assert 100 < printed.count("x") < 300
    assert 100 < printed.count("y") < 300
    assert "…" in printed


@posix
def test_an_end_that_a_library_swallows_comes_with_the_next_step(tmp_path: Path) -> None:
    program = (
        "import signal, click\n"
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"  # as where no nohup ignores it
        "from reportgen.commands.endings import Group\n"
        "from reportgen.commands.terminal import Terminal\n"
        "@click.group(cls=Group)\n"
        "def main(): pass\n"
        "@main.command()\n"
        "def work():\n"
        "    try:\n"
        "        signal.raise_signal(signal.SIGHUP)\n"
        "    except BaseException:\n"
        "        print('swallowed', flush=True)\n"
        "    with Terminal().progress('Further work'):\n"
        "        print('worked')\n"
        "main(['work'])\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (shown.returncode, shown.stdout) == (1, "swallowed\n"), shown.stderr
    assert "Stopped by SIGHUP before the end." in shown.stderr


WORDS = (
    "import sys, time; from reportgen.commands.terminal import Terminal; t = Terminal();"
    "from tests.commands.test_terminal import model; from reportgen.language.numerals import number, megabytes;"
    "t.show_table(model('chinese')); t.say(f'{number(1234567)} {number(1e-9)} {megabytes(5_000_000)} – … → 不');\n"
    "with t.progress('Looking', 2) as advance: advance(); time.sleep(0.3)"
)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
@pytest.mark.parametrize("place", [pytest.param("terminal", marks=posix), "pipe"])
def test_numbers_are_written_in_the_characters_that_there_are(encoding: str, place: str) -> None:
    text = written_on(place, encoding)
    assert not re.search(r"\\u2|\\x", text)
    thin = "\u202f" if encoding == "utf-8" else " "
    cross = "x" if encoding == "ascii" else "×"
    power = "10⁻⁹" if encoding == "utf-8" else "10^-9"
    assert f"112{thin}{cross}{thin}112{thin}{cross}{thin}1{thin}024" in text
    assert f"1{thin}234{thin}567 1{thin}{cross}{thin}{power} 5{thin}MB" in text
    assert ("- ... -> " if encoding == "ascii" else "– … ") in text
    # What has no plain character is escaped.
    assert ("不" if encoding == "utf-8" else r"\u4e0d") in text


def written_on(place: str, encoding: str) -> str:
    """What a terminal of this encoding shows, or what a pipe of it receives, on both streams."""
    folder, changes = Path(__file__).resolve().parents[2], environment(TERM="xterm", COLUMNS="200", LINES="50")
    command, changes["PYTHONIOENCODING"] = [sys.executable, "-c", WORDS], encoding
    if place == "pipe":
        written = subprocess.run(
            command, cwd=folder, env=changes, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True
        )
        return written.stdout.decode(encoding)
    return without_codes(received_by_a_terminal(command, folder, changes).decode(encoding))


@pytest.mark.parametrize("arguments", [("build", "--help"), ("build", "no×ne.keras")])
def test_help_and_errors_are_written_in_ascii_for_who_has_no_more(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    written = subprocess.run(
        [sys.executable, "-m", "reportgen", *arguments], cwd=tmp_path, env=environment(PYTHONIOENCODING="ascii"),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    ).stdout.decode("ascii")  # fmt: skip
    assert "4*10^11" in written or "There is no file 'noxne.keras'" in written
