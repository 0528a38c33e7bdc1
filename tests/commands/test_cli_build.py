"""`reportgen build` as its user meets it: real processes, their exit codes, what they say and what they leave."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import IO

import jsonschema
import pytest
from pypdf import PdfReader

from tests import nursery
from tests.commands import COMMAND, Files, environment, forked, here, names, only_steps, posix, run


@pytest.fixture(scope="module")
def twice(files: Files, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str, str, int]]:
    """The folder, both outputs and the exit code of the same build: in a process of its own, and in this one.

    They hash differently, and this one has worked before.
    """
    made = []
    for start in (partial(run, PYTHONHASHSEED="1"), here):
        folder = tmp_path_factory.mktemp("built")
        shown = start(
            "build", files.model, "--data", files.data, "--pick", "index:0", "--output", "made",
            cwd=folder, SOURCE_DATE_EPOCH="1767225600",
        )  # fmt: skip
        made.append((folder / "made", shown.stdout, shown.stderr, shown.returncode))
    return made


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
class TestBuild:
    def test_it_ends_well_and_prints_the_paths_alone(self, twice: list[tuple[Path, str, str, int]]) -> None:
        for folder, out, err, code in twice:
            assert code == 0, err
            assert out == "made/report.html made/report.pdf made/report.json\n".replace("/", os.sep)
            assert only_steps(err), err
            assert names(folder) == ["report.html", "report.json", "report.pdf"]

    @pytest.mark.parametrize("name", ["report.html", "report.pdf", "report.json"])
    def test_two_processes_write_the_same_bytes(self, twice: list[tuple[Path, str, str, int]], name: str) -> None:
        first, second = ((folder / name).read_bytes() for folder, *_ in twice)
        assert first == second

    def test_the_printed_schema_describes_the_report(
        self, twice: list[tuple[Path, str, str, int]], tmp_path: Path
    ) -> None:
        shown = run("schema", cwd=tmp_path)
        assert (shown.returncode, shown.stderr) == (0, "")
        report = json.loads((twice[0][0] / "report.json").read_text(encoding="utf-8"))
        jsonschema.validate(report, json.loads(shown.stdout))
        assert report["run"]["command"] == "reportgen build tiny.keras --data data.npz --pick index:0"
        assert report["run"]["created"] == "2026-01-01T00:00:00Z"

    def test_the_same_title_stands_in_all_three_files(self, twice: list[tuple[Path, str, str, int]]) -> None:
        folder = twice[0][0]
        assert "<title>What tiny sees</title>" in (folder / "report.html").read_text(encoding="utf-8")
        assert json.loads((folder / "report.json").read_text(encoding="utf-8"))["title"] == "What tiny sees"
        metadata = PdfReader(folder / "report.pdf").metadata
        assert metadata is not None
        assert metadata.title == "What tiny sees"

    def test_summary_prints_the_record_of_the_report_and_nothing_else(
        self, twice: list[tuple[Path, str, str, int]], files: Files
    ) -> None:
        shown = here("summary", files.model.name, "--json", cwd=files.folder)
        assert shown.returncode == 0
        assert only_steps(shown.stderr), shown.stderr
        record = json.loads(shown.stdout)
        assert record == json.loads((twice[0][0] / "report.json").read_text(encoding="utf-8"))["model"]
        # conv: (3 · 3 · 1 + 1) · 4 = 40; answer: (5 · 5 · 4 + 1) · 3 = 303; 40 + 303 numbers of 4 bytes.
        assert {key: record[key] for key in ("name", "parameters", "trainable_parameters", "macs", "size_bytes")} == {
            "name": "tiny", "parameters": 343, "trainable_parameters": 343, "macs": 3900, "size_bytes": 1372,
        }  # fmt: skip
        assert [layer["path"] for layer in record["layers"]] == ["conv", "pool", "flat", "answer"]


@pytest.mark.slow
@pytest.mark.keras
def test_a_failed_check_is_exit_code_3_and_the_command_line_beats_the_file(files: Files, tmp_path: Path) -> None:
    (tmp_path / "reportgen.toml").write_text(
        'output = "from-file"\nformat = ["json"]\ntitle = "From the file"\nrename = ["conv=first"]\nlayers = "first"\n'
        f'data = "{files.data.as_posix()}"\npick = "index:1,2"\nscale-maps = "common"\ncolormap = "viridis"\n',
        encoding="utf-8",
    )
    shown = here(
        "build", files.broken, "--config", "reportgen.toml", "--title", "Typed \x1b[31m", "--colormap", "gray",
        cwd=tmp_path,
    )  # fmt: skip
    assert shown.returncode == 3, shown.stderr
    assert shown.stdout == f"from-file{os.sep}report.json\n"
    steps: list[str] = []
    checks: list[str] = []
    for line in shown.stderr.splitlines():
        (checks if line.startswith("Check failed: ") else steps).append(line)
    assert only_steps("\n".join(steps)), shown.stderr
    assert any("Activations of first hold NaN or infinity." in line for line in checks)
    assert names(tmp_path / "from-file") == ["report.json"]
    report = json.loads((tmp_path / "from-file" / "report.json").read_text(encoding="utf-8"))
    options = {fact["name"]: fact["value"] for fact in report["run"]["options"]}
    assert report["title"] == "Typed \x1b[31m"
    assert {name: options[name] for name in ("colormap", "scale-maps", "pick", "layers", "rename")} == {
        "colormap": ["gray"], "scale-maps": ["common"], "pick": ["index:1,2"], "layers": ["first"],
        "rename": ["conv=first"],
    }  # fmt: skip
    assert [sample["index"] for sample in report["sections"]["samples"]["content"]["samples"]] == [1, 2]


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux finds it")
@pytest.mark.usefixtures("true_typesetter")
def test_without_pango_the_other_files_are_written_and_the_line_that_installs_it(files: Files, tmp_path: Path) -> None:
    (tmp_path / "masked").mkdir()
    (tmp_path / "masked" / "libpango-1.0.so.0").write_bytes(b"not a library")
    shown = here(
        "build", files.model, "--section", "architecture", "-o", "made",
        cwd=tmp_path, LD_LIBRARY_PATH=str(tmp_path / "masked"),
    )  # fmt: skip
    assert (shown.returncode, shown.stdout) == (1, "")
    *steps, last = shown.stderr.splitlines()
    assert only_steps("\n".join(steps)), shown.stderr
    assert last.startswith("Error: PDF needs the library Pango")
    assert "apt-get install libpango-1.0-0" in last
    assert names(tmp_path / "made") == ["report.html", "report.json"]


@posix
@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds child processes as Linux tells of them")
@pytest.mark.parametrize(
    ("blow", "step", "sentence"),
    [
        (signal.SIGKILL, "Writing report.html …", ""),
        (signal.SIGINT, "Writing report.html …", "Stopped by Ctrl-C before the end."),
        (signal.SIGTERM, "Writing report.html …", "Stopped by SIGTERM before the end."),
        (signal.SIGHUP, "Loading the model …", "Stopped by SIGHUP before the end."),
        (signal.SIGTERM, "Starting TensorFlow …", "Stopped by SIGTERM before the end."),
    ],
    ids=["killed", "interrupted", "ended", "hung-up", "ended-at-the-start"],
)
def test_an_early_end_leaves_no_process_and_no_half_file(
    files: Files, tmp_path: Path, blow: signal.Signals, step: str, sentence: str
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    # One that is forked has TensorFlow from the start.
    command = COMMAND if step == "Starting TensorFlow …" else forked()
    process: subprocess.Popen[str] = subprocess.Popen(
        [*command, "build", str(files.model), "--section", "architecture", "-o", "made", "-v"],
        cwd=tmp_path, env=environment(TMPDIR=str(temporary)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", preexec_fn=_listen_to_interrupts,
    )  # fmt: skip
    assert process.stderr is not None
    _wait_for_line(process.stderr, step)
    number = process.pid if command == COMMAND else nursery.having(*nursery.TENSORFLOW).youngest()
    children = nursery.children(number)
    os.kill(number, blow)
    out, err = process.communicate()
    assert out == ""
    assert "Traceback" not in err
    assert process.returncode == (1 if sentence else -signal.SIGKILL)
    assert sentence in err
    assert len(children) == 1
    _wait_until_gone(children[0])
    # Where the command was killed, what sets the PDF hears of it within half a second, and removes its folder itself.
    ends = time.monotonic() + 10
    while names(temporary) and time.monotonic() < ends:
        time.sleep(0.02)
    assert names(temporary) == []
    if (tmp_path / "made").exists():
        left = set(names(tmp_path / "made")) - {"report.html", "report.json"}
        assert not left or (blow is signal.SIGKILL and all(name.endswith(".part") for name in left))


@posix
@pytest.mark.keras
@pytest.mark.parametrize("options", [("--import", "hanging.py"), ("--data", "hanging:images")], ids=["import", "data"])
def test_code_that_hangs_is_ended_by_an_interrupt_and_nothing_is_made(
    files: Files, tmp_path: Path, options: tuple[str, str]
) -> None:
    waiting = "print('begun', flush=True)\n{0}import time\n{0}time.sleep(600)\n"
    text = waiting.format("") if options[0] == "--import" else f"def images():\n    {waiting.format('    ')}"
    (tmp_path / "hanging.py").write_text(text, encoding="utf-8")
    command = forked()
    process: subprocess.Popen[str] = subprocess.Popen(
        [*command, "build", str(files.model), *options, "-o", "new/made"],
        cwd=tmp_path, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", preexec_fn=_listen_to_interrupts,
    )  # fmt: skip
    assert process.stderr is not None
    _wait_for_line(process.stderr, "begun")
    number = process.pid if command == COMMAND else nursery.having(*nursery.TENSORFLOW).youngest()
    os.kill(number, signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[-1].startswith("Error: Stopped by Ctrl-C before the end.")
    assert "Traceback" not in err
    assert not (tmp_path / "new").exists()


def _listen_to_interrupts() -> None:
    """Undo what a shell and `nohup` do for programs in the background: they ignore interrupts, or that it hangs up."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _wait_for_line(stream: IO[str], wanted: str) -> None:
    for line in stream:
        if line.strip() == wanted:
            return
    pytest.fail(f"{wanted!r} was not said")


def _wait_until_gone(process: int, seconds: float = 30) -> None:
    stat = Path(f"/proc/{process}/stat")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            state = stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        # A process that nobody waits for, in a container without an init.
        if state == "Z":
            return
        time.sleep(0.05)
    pytest.fail("the process that sets the PDF goes on")
