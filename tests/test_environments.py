"""One small report in every place where somebody may run it: the same files, or one sentence, and nothing else left."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.commands import COMMAND, Files, environment, forked, here, names, only_steps, run

pytestmark = [pytest.mark.slow, pytest.mark.keras, pytest.mark.pdf]

FORMATS = ["report.html", "report.json", "report.pdf"]
SHORT = ["--section", "architecture", "--section", "provenance"]


def _may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "-rmn", "true"], capture_output=True, check=False).returncode == 0


alone = pytest.mark.skipif(not _may_unshare(), reason="needs the right to make namespaces with unshare")


def build(
    files: Files,
    folder: Path,
    *arguments: str,
    start: Sequence[str] = COMMAND,
    mounts: str = "",
    without: tuple[str, ...] = (),
    **changes: str,
) -> subprocess.CompletedProcess[str]:
    """Build the short report in a folder.

    Args:
        files: The model.
        folder: Where to run, and where `made` is put.
        *arguments: More for the command line.
        start: What starts the command.
        mounts: Commands of a shell in namespaces of their own, run before; "" for the usual world.
        without: Variables of the environment that are taken away.
        **changes: Variables that are set.
    """
    command = [*start, "build", str(files.model), *SHORT, "-o", "made", *arguments]
    if mounts:
        command = ["unshare", "-rmn", "sh", "-c", f'{mounts}\nexec "$@"', "sh", *command]
    return subprocess.run(
        command,
        cwd=folder,
        env={name: value for name, value in environment(**changes).items() if name not in without},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture(scope="module")
def usual(files: Files, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files as they come out in the usual world, from a process that did other things before."""
    folder = tmp_path_factory.mktemp("usual")
    shown = here("build", files.model, *SHORT, "-o", "made", cwd=folder)
    assert shown.returncode == 0, shown.stderr
    return {name: (folder / "made" / name).read_bytes() for name in FORMATS}


def agrees(shown: subprocess.CompletedProcess[str], folder: Path, usual: dict[str, bytes]) -> None:
    """All is well, and every file is the usual one."""
    assert shown.returncode == 0, shown.stderr
    assert only_steps(shown.stderr), shown.stderr
    assert names(folder / "made") == FORMATS
    assert {name: (folder / "made" / name).read_bytes() == data for name, data in usual.items()} == dict.fromkeys(
        FORMATS, True
    )


@alone
def test_without_fonts_of_the_system_and_without_a_network(
    files: Files, tmp_path: Path, usual: dict[str, bytes]
) -> None:
    hide = "for place in /usr/share/fonts /usr/local/share/fonts /etc/fonts /var/cache/fontconfig; do"
    shown = build(
        files, tmp_path, mounts=f'set -e\n{hide} if [ -d "$place" ]; then mount -t tmpfs none "$place"; fi; done'
    )
    agrees(shown, tmp_path, usual)


@alone
def test_with_a_home_that_cannot_be_written_to(files: Files, tmp_path: Path, usual: dict[str, bytes]) -> None:
    home = tmp_path / "home"
    home.mkdir()
    shown = build(
        files, tmp_path, HOME=str(home), without=("KERAS_HOME", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"),
        mounts=f'set -e\nmount -t tmpfs -o ro none {shlex.quote(str(home))}\n! touch "$HOME/x" 2>/dev/null',
    )  # fmt: skip
    agrees(shown, tmp_path, usual)
    assert names(home) == []


def test_without_a_home_and_in_the_plainest_language(files: Files, tmp_path: Path, usual: dict[str, bytes]) -> None:
    away = ("HOME", "LANG", "LC_CTYPE", "PYTHONUTF8", "PYTHONIOENCODING", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "USER")
    shown = build(files, tmp_path, without=away, LC_ALL="C", PYTHONCOERCECLOCALE="0")
    agrees(shown, tmp_path, usual)


def test_in_folders_with_spaces_and_umlauts(files: Files, tmp_path: Path) -> None:
    folder = tmp_path / "Größe und Maß"
    (folder / "Bücher").mkdir(parents=True)
    model = shutil.copyfile(files.model, folder / "mein Netz ä.keras")
    shown = run(
        "build", model, *SHORT, "-o", "Bücher/für alle",
        cwd=folder, command=forked(), TMPDIR=str(folder / "Bücher"), LC_ALL="C.UTF-8",
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr
    assert only_steps(shown.stderr), shown.stderr
    assert shown.stdout == " ".join(f"Bücher/für alle/report.{name}" for name in ("html", "pdf", "json")) + "\n"
    assert names(folder / "Bücher") == ["für alle"]
    command = json.loads((folder / "Bücher" / "für alle" / "report.json").read_text(encoding="utf-8"))["run"]["command"]
    assert shlex.split(command)[:3] == ["reportgen", "build", "mein Netz ä.keras"]


@alone
@pytest.mark.parametrize(
    ("full", "sentence"),
    [
        ("made", "cannot be written: No space left on device. Expected a folder that can be written to, with room"),
        ("temporary", "The PDF cannot be made: its fonts cannot be put into a temporary folder (No space left"),
    ],
)
def test_a_full_disk_is_one_sentence_and_no_half_file(files: Files, tmp_path: Path, full: str, sentence: str) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "temporary").mkdir()
    disk = shlex.quote(str(tmp_path / full))
    seen = shlex.quote(str(tmp_path / "seen"))
    # What is on the disk is gone with its namespace, so that it is listed inside.
    mounts = f'mount -t tmpfs -o size=40k none {disk} && "$@"; code=$?; ls -A {disk} > {seen}; exit $code'
    shown = build(files, tmp_path, start=forked(), mounts=mounts, TMPDIR=str(tmp_path / "temporary"))
    assert shown.returncode == 1
    *steps, last = shown.stderr.splitlines()
    assert only_steps("\n".join(steps)), shown.stderr
    assert last.startswith("Error: ")
    assert sentence in last
    assert set((tmp_path / "seen").read_text(encoding="utf-8").split()) <= {"report.json"}
    assert names(tmp_path / "temporary") == []


def test_an_escape_of_a_template_is_one_sentence_and_no_file(files: Files, tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "parts.html").write_text("{{ cycler.__init__.__globals__ }}", encoding="utf-8")
    shown = here("build", files.model, *SHORT, "-o", "made", "--templates", "templates", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert shown.stderr.splitlines()[-1].startswith("Error: The template parts.html cannot be used (line 1): ")
    assert not (tmp_path / "made").exists() or set(names(tmp_path / "made")) <= {"report.json"}
