"""The command line around its commands: usage, standard output, and `reportgen train`, in real processes."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.commands import COMMAND, SCRIPT, here, names, only_steps, posix, run


@pytest.mark.slow
@pytest.mark.keras
def test_train_says_how_good_the_network_is_and_on_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one epoch; `.ci/run` sees that the network is good after all of them."""
    from reportgen.models import training

    monkeypatch.setattr(training, "EPOCHS", 1)
    shown = here("train", "-o", "new/mnist.keras", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert only_steps(shown.stderr), shown.stderr
    first, last = shown.stdout.splitlines()
    said: Any = re.fullmatch(
        r"Accuracy: (\d\d\.\d)% \((\d+) of 1000 digits, held out from MNIST's training split\)", first
    )
    assert said is not None, first
    assert 700 <= int(said[2]) < 950
    assert said[1] == f"{int(said[2]) / 10:.1f}"
    assert last == str(Path("new/mnist.keras"))
    assert names(tmp_path / "new") == ["mnist.keras"]


@pytest.mark.exhaustive
@pytest.mark.keras
def test_network_that_is_trained_to_its_end_is_good(tmp_path: Path) -> None:
    shown = run("train", "-o", "mnist.keras", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert float(shown.stdout.removeprefix("Accuracy: ").partition("%")[0]) >= 95


def test_a_file_of_someone_else_stops_the_work_before_it_begins(tmp_path: Path) -> None:
    (tmp_path / "reportgen-report").mkdir()
    (tmp_path / "reportgen-report" / "report.pdf").write_bytes(b"My own report on reportgen")
    shown = run("build", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert re.fullmatch(r"Error: report\.pdf is in the way: .* Expected .* Move it, .*\n", shown.stderr)
    assert names(tmp_path / "reportgen-report") == ["report.pdf"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("explode",), "No such command 'explode'", id="command"),
        pytest.param(("build", "--colour", "red"), "No such option '?--colour", id="option"),
        pytest.param(("build", "--format", "docx"), "'docx' is not one of 'html', 'pdf', 'json', '", id="choice"),
        pytest.param(("build", "--seed", "4294967296"), "not in the range 0<=x<=4294967295", id="seed"),
        pytest.param(("build", "--pick", "best:1"), "cannot be picked by 'best:1'. Expected .* Write", id="pick"),
        pytest.param(
            ("build", "--rename", "conv"), "cannot be renamed by 'conv'. Expected OLD=NEW. Write", id="rename"
        ),
        pytest.param(("build", "--config", "unknown.toml"), "line 1, 'colour': There is no option", id="key"),
        pytest.param(("build", "--config", "wrong.toml"), "no chapter called 'dreams'. Expected one of", id="value"),
        pytest.param(
            ("build", "--config", "typed.toml"), "line 2, 'dry-run': 'dry-run' works on the command line", id="typed"
        ),
        pytest.param(
            ("build", "--config", "other.toml"),
            "an option of 'reportgen summary'. .* Did you mean 'layers'",
            id="other",
        ),
        pytest.param(("build", "--config", "no.toml"), "is no file 'no.toml'. Expected a TOML file", id="no-file"),
        pytest.param(("build", "--config", "broken.toml"), "cannot be read as TOML: .* Expected lines", id="no-toml"),
        pytest.param(("build", "--assets-dir", "../up"), "cannot be called '../up'. Expected one plain", id="assets"),
        pytest.param(("build", "--max-size", "3 bananas"), "'3 bananas' is not a file size. Expected", id="bananas"),
        pytest.param(("build", "--max-size", "0"), "cannot be held to '0'. Expected 100kB or more", id="no-size"),
        pytest.param(("build", "--max-size", "9kB"), "cannot be held to '9kB'. Expected 100kB or", id="tiny-size"),
        pytest.param(("build", "--pdf-channels", "0"), "0 is not in the range x>=1", id="no-channels"),
        pytest.param(("train",), "Missing option '--output' / '-o'", id="missing"),
        pytest.param(("train", "-o", "model.h5"), "Expected a file name that ends in '.keras'", id="suffix"),
        pytest.param(("extract", "m.keras", "conv", "-o", "./m.keras"), "is the model that is read", id="itself"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_usage(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "unknown.toml").write_text('colour = "red"', encoding="utf-8")
    (tmp_path / "wrong.toml").write_text('section = "dreams"', encoding="utf-8")
    (tmp_path / "typed.toml").write_text("seed = 1\ndry-run = true", encoding="utf-8")
    (tmp_path / "other.toml").write_text('layer = "conv"', encoding="utf-8")
    (tmp_path / "broken.toml").write_text("colormap =", encoding="utf-8")
    before = names(tmp_path)
    shown = run(*arguments, cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert re.fullmatch(
        rf"Usage: reportgen .*\nTry 'reportgen .*--help' for help\.\n\nError: .*{sentence}.*\n", shown.stderr
    ), shown.stderr
    assert names(tmp_path) == before


def test_a_name_cannot_steer_the_terminal(tmp_path: Path) -> None:
    shown = run("build", "--pick", "a\x1b[31m\n\u202eb", cwd=tmp_path)
    assert shown.returncode == 2
    assert not re.search("[\x1b\u202e]", shown.stderr)


@posix
def test_a_full_disk_behind_standard_output_is_one_line(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("needs /dev/full")
    with full.open("wb") as nowhere:
        shown = subprocess.run([*COMMAND, "schema"], stdout=nowhere, stderr=subprocess.PIPE, text=True, check=False)
    assert shown.returncode == 1
    assert re.fullmatch(r"Error: Standard output cannot be written to: No space.* Send it elsewhere\.\n", shown.stderr)
    assert names(tmp_path) == []


def test_the_module_and_the_script_are_one_program(tmp_path: Path) -> None:
    by_module, by_script = (run("--help", cwd=tmp_path, command=command) for command in (COMMAND, SCRIPT))
    assert by_module.returncode == by_script.returncode == 0
    assert by_module.stdout == by_script.stdout


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (b"version = 1\n[model]\nintended-purpos = 'x'", "Did you mean 'intended-purpose'?"),
        (b"version = 1\n[model]\nname = 3", "'card.toml', line 3: name is 3. Expected a text in quotes."),
        (b"version = 1\n[model", "'card.toml', line 2, cannot be read as TOML"),
        (b"#" * 300_000, "The card 'card.toml' takes more than 262,144 bytes."),
        (None, "The card 'card.toml' cannot be read: No such file"),
    ],
    ids=["unknown", "wrong", "damaged", "huge", "gone"],
)
def test_card_that_cannot_be_used_is_one_sentence_before_any_work(
    tmp_path: Path, card: bytes | None, said: str
) -> None:
    if card is not None:
        (tmp_path / "card.toml").write_bytes(card)
    shown = here("build", "--card", "card.toml", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert len(shown.stderr.splitlines()) == 1
    assert said in shown.stderr
    assert names(tmp_path) == ["card.toml"] * (card is not None)
