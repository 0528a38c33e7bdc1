"""How `reportgen build` ends: what it says it found, and one run at a time into a folder, in real processes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from reportgen.writing.folders import held
from tests.commands import Files, environment, forked, here, names, posix, run

REFUSED = (
    "Error: The folder '{}' is being written to by another run of reportgen. Expected one run at a time. Wait for it to"
    " end, or choose another folder with --output.\n"
)
# A short report, in which no chapter is about how often the network is right.
SHORT = ("--section", "summary", "--format", "json")


@posix
@pytest.mark.keras
@pytest.mark.slow
def test_second_build_into_a_folder_is_refused_and_a_killed_one_keeps_no_one_out(files: Files, tmp_path: Path) -> None:
    (tmp_path / "hanging.py").write_text(
        "import time\ndef images():\n    print('begun', flush=True)\n    time.sleep(600)\n", encoding="utf-8"
    )
    (tmp_path / "link").symlink_to("made")
    before = names(tmp_path)
    # In all formats, so that the process that sets the PDF waits, too.
    first = subprocess.Popen(
        [*forked(), "build", str(files.model), "--data", "hanging:images", "-o", "made"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert first.stderr is not None
        assert any(line == "begun\n" for line in first.stderr)
        for folder in ("made", "link"):
            second = here("build", files.model, "--data", files.data, *SHORT, "-o", folder, cwd=tmp_path)
            assert (second.returncode, second.stdout) == (1, "")
            assert second.stderr == REFUSED.format(folder)
        other = here("build", files.model, "--data", files.data, *SHORT, "-o", "other", cwd=tmp_path)
        assert (other.returncode, other.stdout) == (0, "other/report.json\n")
        assert first.poll() is None
    finally:
        first.kill()
        first.communicate()
    assert first.returncode == -signal.SIGKILL
    assert set(names(tmp_path)) - set(before) <= {"made", "other", "__pycache__"}
    assert names(tmp_path / "made") == []
    third = here("build", files.model, "--data", files.data, *SHORT, "-o", "made", cwd=tmp_path)
    assert (third.returncode, third.stdout) == (0, "made/report.json\n"), third.stderr
    assert names(tmp_path / "made") == ["report.json"]


@posix
@pytest.mark.keras
def test_dry_run_neither_needs_nor_makes_a_folder_that_another_run_keeps(files: Files, tmp_path: Path) -> None:
    with held(tmp_path / "made"):
        shown = here("build", files.model, "--data", files.data, *SHORT, "--dry-run", "-o", "made", cwd=tmp_path)
        assert shown.returncode == 0, shown.stderr
        assert "A dry run on tiny" in shown.stdout
        assert names(tmp_path / "made") == []


@pytest.mark.keras
def test_build_that_fails_takes_its_folders_away(files: Files, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    shown = here("build", files.model, "--data", "nothing.npz", "-o", "mine/deep/made", cwd=tmp_path)
    assert shown.returncode == 1
    assert "nothing.npz" in shown.stderr.splitlines()[-1]
    assert names(tmp_path) == ["mine"]
    assert names(tmp_path / "mine") == []


@pytest.mark.parametrize("more", [(), ("--dry-run",)], ids=["build", "dry-run"])
def test_summary_in_a_folder_that_is_missing_is_refused_before_any_work(tmp_path: Path, more: tuple[str, ...]) -> None:
    shown = here("build", "--summary", "missing/summary.md", *more, cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    folder = str(Path("missing"))
    assert re.fullmatch(
        rf"Error: The summary cannot be appended to .*: there is no folder {folder!r}\. Expected .* --summary\.\n",
        shown.stderr,
    )
    assert names(tmp_path) == []


@pytest.mark.keras
@pytest.mark.slow
def test_last_lines_say_what_the_report_says(files: Files, tmp_path: Path) -> None:
    import numpy as np

    with np.load(files.data) as data:
        for place, (image, label) in enumerate(zip(data["x"], data["y"], strict=True)):
            folder = tmp_path / "pictures" / str(label)
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image[..., 0]).save(folder / f"{place}.png")
    (tmp_path / "pictures" / "0" / "broken.png").write_bytes(b"no picture")
    shown = here(
        "build", files.model, "--data", "pictures", "--section", "samples", "--format", "json", "--format", "html",
        "--summary", "made/summary.md", "-o", "made", cwd=tmp_path,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    report = json.loads((tmp_path / "made" / "report.json").read_text(encoding="utf-8"))
    found = report["sections"]["samples"]["content"]
    low, high = (f"{100 * bound:.1f}\u202f%" for bound in found["interval"])
    warnings = [each["title"] for each in report["findings"] if each["severity"] == "warning"]
    assert warnings
    last = [
        f"Accuracy: {100 * found['right'] / 20:.1f}\u202f% (95\u202f% interval {low} to {high}; {found['right']} of"
        " 20\xa0images)",
        *(f"Warning: {title}" for title in warnings),
    ]
    *steps, sizes = shown.stderr.splitlines()
    assert steps[-len(last) :] == last
    assert not any(line.startswith(("Accuracy", "Warning", "Check")) for line in steps[: -len(last)])
    assert sizes.startswith("Sizes: report.json ")
    assert shown.stdout == f"{Path('made/report.json')} {Path('made/report.html')}\n"
    assert (tmp_path / "made" / "summary.md").read_text(encoding="utf-8").startswith("## What tiny sees\n")
    short = here("build", files.model, "--data", "pictures", *SHORT, "-o", "short", cwd=tmp_path)
    assert last[0] in short.stderr.splitlines()


@pytest.mark.keras
@pytest.mark.slow
@pytest.mark.parametrize("name", ["model", "broken"])
def test_quiet_build_names_the_files_and_nothing_else(files: Files, tmp_path: Path, name: str) -> None:
    shown = here("build", getattr(files, name), "--data", files.data, *SHORT, "-q", "-o", "made", cwd=tmp_path)
    assert (shown.stdout, shown.stderr) == (f"{Path('made/report.json')}\n", "")
    assert shown.returncode == {"model": 0, "broken": 3}[name]


@pytest.mark.keras
@pytest.mark.slow
def test_without_labels_there_is_no_accuracy_and_failed_checks_come_first(files: Files, tmp_path: Path) -> None:
    import numpy as np

    with np.load(files.data) as data:
        np.save(tmp_path / "images.npy", data["x"])
    shown = here("build", files.broken, "--data", "images.npy", *SHORT, "-o", "made", cwd=tmp_path)
    assert shown.returncode == 3, shown.stderr
    findings = json.loads((tmp_path / "made" / "report.json").read_text(encoding="utf-8"))["findings"]
    wanted = [_said(each) for each in findings if each["severity"] in {"failed", "warning"}]
    assert wanted[0].startswith("Check failed: ")
    *lines, sizes = shown.stderr.splitlines()
    assert lines[-len(wanted) :] == wanted
    assert sizes.startswith("Sizes: ")
    assert "Accuracy" not in shown.stderr


def _said(finding: Any) -> str:
    if finding["severity"] == "failed":
        return f"Check failed: {finding['title']} {finding['detail']}"
    return f"Warning: {finding['title']}"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data", "gone/pictures"], "There is no file or folder called 'gone/pictures'"),
        (["--data", "digits", "--classes", "gone.txt"], "There is no file 'gone.txt'. Expected a file of class names"),
        (["--data", "digits", "--groups", "gone.csv"], "There is no file 'gone.csv'. Expected a file with the kinds"),
    ],
    ids=["data", "classes", "groups"],
)
def test_missing_file_is_found_before_tensorflow_is_started(files: Files, words: list[str], message: str) -> None:
    """In a process of its own, which says so when it starts TensorFlow; nothing is trained or loaded before."""
    for model in ([], [files.model]):
        done = run("build", *model, *words, "--output", "never", cwd=files.folder)
        assert done.returncode == 1
        assert message in done.stderr
        assert "TensorFlow" not in done.stderr
        assert not (files.folder / "never").exists()


@posix
@pytest.mark.keras
@pytest.mark.pdf
@pytest.mark.usefixtures("true_typesetter")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGHUP], ids=["interrupted", "hung-up"])
@pytest.mark.parametrize("moment", ["mkdtemp", "rmtree"])
@pytest.mark.parametrize("folder", ["fonts", "model"])
def test_signal_as_a_temporary_folder_is_made_or_removed_leaves_none(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, moment: str, blow: signal.Signals
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    made: list[Path] = []
    met: list[int] = []
    make, remove = tempfile.mkdtemp, shutil.rmtree

    def strike(number: int, at: str) -> None:
        # The moment that is hard to meet: inside the system's call, before anybody has heard of its end.
        if (moment, folder) == (at, ("fonts", "model")[number]):
            met.append(number)
            os.kill(os.getpid(), blow)

    def making(*arguments: Any, **named: Any) -> Any:
        path = make(*arguments, **named)
        made.append(Path(path))
        strike(len(made) - 1, "mkdtemp")
        return path

    def removing(path: Path, *arguments: Any, **named: Any) -> None:
        strike(made.index(Path(path)), "rmtree")
        remove(path, *arguments, **named)

    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(tempfile, "mkdtemp", making)
    monkeypatch.setattr(shutil, "rmtree", removing)
    # With data that are none nothing is set, and the process that would is ended by the command itself.
    data = files.model if (moment, folder) == ("rmtree", "fonts") else files.data
    command = ("build", files.model, "--data", data, "--section", "architecture", "--format", "pdf", "-o", "made")
    # As where nobody ignores it: `nohup`, behind which these tests may run, does.
    before = signal.signal(blow, signal.default_int_handler if blow == signal.SIGINT else signal.SIG_DFL)
    try:
        shown = here(*command, cwd=tmp_path)
    finally:
        signal.signal(blow, before)
    assert len(met) == 1
    assert (shown.returncode, shown.stdout) == (1, "")
    said = "Ctrl-C" if blow == signal.SIGINT else blow.name
    assert shown.stderr.splitlines()[-1].startswith(f"Error: Stopped by {said} before the end.")
    assert names(temporary) == []
