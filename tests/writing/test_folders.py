"""A folder is kept for one run at a time, by real processes, and nothing is left of a run that wrote nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reportgen.errors import RenderError
from reportgen.renderers import pdf
from reportgen.writing import folders, write
from reportgen.writing.folders import check_folder, held
from tests.commands import posix
from tests.renderers import reports

REFUSED = (
    "^The folder '{0}' is being written to by another run of reportgen. Expected one run at a time. Wait for it to"
    " end, or choose another folder with --output.$"
)
HOLD = (
    "import sys; from pathlib import Path; from reportgen.writing.folders import held\n"
    "with held(Path(sys.argv[1])):\n"
    "    {0}\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
    "{1}"
)


def below(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


@contextmanager
def another_run(folder: Path, inside: str = "pass", after: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """A process that keeps a folder until its standard input is closed."""
    command = [sys.executable, "-c", HOLD.format(inside, after), str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield process
        finally:
            process.kill()


@posix
def test_second_run_is_refused_by_whatever_path_it_comes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, link = tmp_path / "made", tmp_path / "link"
    link.symlink_to("made")
    monkeypatch.chdir(tmp_path)
    with another_run(folder):
        for path in (folder, Path("made"), Path("made/../made"), link):
            with pytest.raises(RenderError, match=REFUSED.format(path)), held(path):
                pytest.fail("two runs keep one folder")
        with pytest.raises(RenderError, match=REFUSED.format("made")):
            write(reports.report(), "made", ("json",))
        assert below(folder) == []
    write(reports.report(), "made", ("json",))
    assert below(folder) == ["report.json"]


@posix
def test_other_folders_are_free(tmp_path: Path) -> None:
    with another_run(tmp_path / "made"):
        for other in (tmp_path, tmp_path / "other", tmp_path / "made" / "below"):
            write(reports.report(), other, ("json",))
    assert below(tmp_path) == [
        "made", "made/below", "made/below/report.json", "other", "other/report.json", "report.json",
    ]  # fmt: skip


@posix
def test_killed_run_keeps_no_one_out_though_a_process_that_it_started_lives_on(tmp_path: Path) -> None:
    sleeper = "import subprocess; print(subprocess.Popen(['sleep', '600'], stdout=2).pid, file=sys.stderr, flush=True)"
    code = HOLD.format(sleeper, "")
    command = [sys.executable, "-c", code, str(tmp_path / "made")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"held\n"
        started = int(process.stderr.readline())
        process.kill()
        assert process.wait() == -signal.SIGKILL
        try:
            os.kill(started, 0)
            assert below(tmp_path) == ["made"]
            with held(tmp_path / "made"):
                pass
        finally:
            os.kill(started, signal.SIGKILL)
    # It was there before: it is not this run's to remove.
    assert below(tmp_path) == ["made"]


@posix
def test_run_that_ended_keeps_no_one_out_though_a_copy_of_its_process_lives_on(tmp_path: Path) -> None:
    forking = "import os, time; copy = os.fork(); copy or time.sleep(600)"
    with another_run(
        tmp_path, forking, "print(copy, flush=True); sys.stdin.close(); import time; time.sleep(600)"
    ) as run:
        assert run.stdin is not None
        assert run.stdout is not None
        run.stdin.close()
        copy = int(run.stdout.readline())
        try:
            os.kill(copy, 0)
            with held(tmp_path):
                pass
        finally:
            os.kill(copy, signal.SIGKILL)


@pytest.mark.pdf
@posix
def test_process_that_sets_the_pdf_does_not_keep_the_folder(tmp_path: Path) -> None:
    with held(tmp_path):
        worker = pdf.warm()
    try:
        with held(tmp_path):
            assert worker.process.poll() is None
    finally:
        worker.close()


@posix
def test_two_threads_of_one_program_are_two_runs(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(RenderError, match=REFUSED.format(tmp_path)):
        write(reports.report(), tmp_path, ("json",))


@posix
@pytest.mark.parametrize("made_again", [True, False], ids=["and-made-again", "and-gone"])
def test_folder_that_is_removed_while_it_is_taken_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made_again: bool
) -> None:
    place = tmp_path / "made"
    taken: list[int] = []

    def hold(file: int) -> bool:
        if not taken:
            # The run that made the folder ends at this moment, and a third may begin.
            place.rmdir()
            if made_again:
                place.mkdir()
        taken.append(file)
        return folders_hold(file)

    folders_hold = folders.hold
    monkeypatch.setattr(folders, "hold", hold)
    with held(place):
        assert len(taken) == 2
        with pytest.raises(RenderError, match=REFUSED.format(place)):
            write(reports.report(), place, ("json",))
    assert below(tmp_path) == (["made"] if made_again else [])


class Stopped(Exception):  # noqa: N818 - it stands for whatever ends a run
    """Whatever ends a run."""


@pytest.mark.parametrize(
    ("before", "inside", "left"),
    [
        ((), "", []),
        (("new",), "", ["new"]),
        (("new/deep/made",), "", ["new", "new/deep", "new/deep/made"]),
        ((), "new/deep/made/report.json", ["new", "new/deep", "new/deep/made", "new/deep/made/report.json"]),
        ((), "new/other.txt", ["new", "new/other.txt"]),
    ],
    ids=["nothing", "parent-was-there", "all-was-there", "a-file-was-finished", "a-file-of-another"],
)
def test_failed_run_takes_away_the_empty_folders_that_it_made(
    tmp_path: Path, before: tuple[str, ...], inside: str, left: list[str]
) -> None:
    for name in before:
        (tmp_path / name).mkdir(parents=True)

    def run() -> None:
        with held(tmp_path / "new" / "deep" / "made"):
            assert (tmp_path / "new" / "deep" / "made").is_dir()
            if inside:
                (tmp_path / inside).touch()
            raise Stopped

    with pytest.raises(Stopped):
        run()
    assert below(tmp_path) == left


def test_folder_is_taken_away_though_the_working_directory_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere" / "made").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    with held(Path("made")):
        monkeypatch.chdir(tmp_path / "elsewhere")
    assert below(tmp_path) == ["elsewhere", "elsewhere/made"]


def test_link_to_nothing_is_one_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    with (
        pytest.raises(RenderError, match=r"Nothing can be written to '.*link'.*Expected a folder"),
        held(tmp_path / "link"),
    ):
        pytest.fail("a link to nothing is no folder")
    assert below(tmp_path) == ["link"]


@posix
def test_where_there_are_no_locks_everything_is_written_all_the_same(tmp_path: Path) -> None:
    # As on Windows, which has no such module.
    code = (
        "import sys; sys.modules['fcntl'] = None\n"
        "from reportgen.writing import write; from tests.renderers import reports\n"
        "write(reports.report(), sys.argv[1], ('json',))"
    )
    with another_run(tmp_path):
        shown = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert below(tmp_path) == ["report.json"]


@posix
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_folder_that_may_be_written_but_not_read_is_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o300)
    try:
        write(reports.report(), tmp_path, ("json",))
    finally:
        tmp_path.chmod(0o700)
    assert below(tmp_path) == ["report.json"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RenderError, match=r"it is read-only\..* Choose another one with --output\."):
        check_folder(tmp_path / "new")
