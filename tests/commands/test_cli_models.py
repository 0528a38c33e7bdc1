"""The command line on models and pictures of the user: what it reads, refuses, cuts and says meanwhile."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.language.numerals import unbroken
from tests.commands import COMMAND, STEP, Files, environment, forked, here, names, posix, run


@pytest.mark.slow
@pytest.mark.keras
def test_pictures_that_cannot_be_read_are_counted_and_listed_and_stop_nothing(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name, width in (("a.png", 12), ("b.png", 24)):
        Image.new("L", (width, 12), 200).save(tmp_path / "pictures" / name)
    (tmp_path / "pictures" / "c.png").write_bytes(b"")
    (tmp_path / "pictures" / "d.png").write_bytes(b"no picture")
    shown = here("build", files.model, "--data", "pictures", "--format", "json", "--format", "html", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    sentence = "2 of 4 images cannot be read and are left out: the first, 'c.png', is empty."
    assert [line for line in shown.stderr.splitlines() if not STEP.fullmatch(line)] == [sentence]
    content = json.loads((tmp_path / "reportgen-report" / "report.json").read_text(encoding="utf-8"))
    chapter = content["sections"]["samples"]["content"]
    assert chapter["broken"] == [
        {"name": "c.png", "reason": "is empty"},
        {"name": "d.png", "reason": "is not a picture in a format that is read"},
    ]
    assert chapter["num_broken"] == 2
    assert chapter["broken_reasons"] == [
        {"reason": "is empty", "number": 1},
        {"reason": "is not a picture in a format that is read", "number": 1},
    ]
    assert chapter["num_images"] == 2
    kept = "1 of 2 pictures was resized to 12 × 12 pixels (bilinear, proportions kept)."
    assert kept in chapter["notes"]
    page = (tmp_path / "reportgen-report" / "report.html").read_text(encoding="utf-8")
    assert unbroken(kept) in page
    assert "is not a picture in a format that is read" in page
    quiet = here(
        "build", files.model, "--data", "pictures", "--format", "html", "--section", "samples", "--quiet",
        "--resize", "stretch",
        cwd=tmp_path,
    )  # fmt: skip
    assert (quiet.returncode, quiet.stderr) == (0, "")
    page = (tmp_path / "reportgen-report" / "report.html").read_text(encoding="utf-8")
    assert "proportions not kept" in page


@pytest.mark.slow
@pytest.mark.keras
def test_extract_saves_a_model_that_plain_keras_loads(files: Files, tmp_path: Path) -> None:
    import keras

    shown = here("extract", files.model, "pool", "-o", "sub.keras", "--quiet", cwd=tmp_path)
    assert (shown.returncode, shown.stdout, shown.stderr) == (0, "sub.keras\n", "")
    assert names(tmp_path) == ["sub.keras"]
    images = np.linspace(0, 1, 288, dtype=np.float32).reshape(2, 12, 12, 1)
    whole = keras.models.load_model(files.model)
    expected = whole.layers[1](whole.layers[0](images))
    assert np.array_equal(keras.models.load_model(tmp_path / "sub.keras")(images), expected)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        pytest.param(("summary", "notes.keras"), r"'notes\.keras' begins with .* Save the model", id="no-model"),
        pytest.param(
            ("build", "tiny.keras", "--data", "small.npz"),
            r"Received images of 5 × 5 × 2 from 'small\.npz'\. Expected images of 12 × 12 × 1, .* Resize",
            id="other-images",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line_and_leaves_nothing(
    files: Files, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    (tmp_path / "notes.keras").write_text("notes", encoding="utf-8")
    (tmp_path / "tiny.keras").write_bytes(files.model.read_bytes())
    np.savez(tmp_path / "small.npz", x=np.zeros((2, 5, 5, 2)))
    shown = here(*arguments, "-q", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert re.fullmatch(rf"Error: {sentence}.*\n", shown.stderr), shown.stderr
    assert names(tmp_path) == ["notes.keras", "small.npz", "tiny.keras"]


@posix
@pytest.mark.slow
@pytest.mark.keras
def test_on_a_terminal_progress_moves_and_leaves_no_trace_of_tensorflow(files: Files) -> None:
    import pty

    master, slave = pty.openpty()
    shown = subprocess.Popen(
        [*COMMAND, "summary", files.model.name, "--layer", "conv"],
        cwd=files.folder, env=environment(TERM="xterm", COLUMNS="80"), stdout=subprocess.PIPE, stderr=slave, text=True,
        encoding="utf-8",
    )  # fmt: skip
    os.close(slave)
    said = b""
    while block := _read(master):
        said += block
    out = shown.communicate()[0]
    os.close(master)
    assert shown.returncode == 0
    assert "(3 · 3 · 1 + 1) · 4 = 40 parameters" in out
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said.decode("utf-8"))
    assert "Starting TensorFlow 0:00:0" in plain
    assert {re.sub(r"^\W*|[\d:]*$", "", line).strip() for line in re.split(r"[\r\n]+", plain)} - {""} <= {
        "Starting TensorFlow", "Loading the model", "Inspecting the network",
    }  # fmt: skip


def _read(descriptor: int) -> bytes:
    """Some bytes of a pseudo-terminal, whose end is an error on Linux."""
    try:
        return os.read(descriptor, 65536)
    except OSError:
        return b""


def run_forked(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run(*arguments, cwd=cwd, command=forked())


@pytest.mark.keras
@pytest.mark.parametrize(("start", "loudness"), [(here, "--quiet"), (run_forked, "-vv")], ids=["here", "in-a-process"])
def test_what_the_users_own_code_prints_stays_out_of_the_results(
    files: Files, tmp_path: Path, start: Callable[..., subprocess.CompletedProcess[str]], loudness: str
) -> None:
    (tmp_path / "loud.py").write_text("import os\nprint('by print')\nos.system('echo by a shell')\n", encoding="utf-8")
    shown = start("summary", files.model, "--json", "--import", "loud.py", loudness, cwd=tmp_path)
    assert shown.returncode == 0
    assert json.loads(shown.stdout)["name"] == "tiny"
    assert "by print\n" in shown.stderr
    assert "by a shell\n" in shown.stderr
