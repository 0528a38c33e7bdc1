"""The command line as its user meets it: real processes, their exit codes, what they say and what they leave."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import jsonschema
import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, "-m", "reportgen"]
SCRIPT = [str(Path(sys.executable).with_name("reportgen"))]
# What may stand on standard error when all is well: a step that begins, or how long one took.
STEP = re.compile(r"[A-Z][A-Za-z ,.]+( …|: \d+ s)")

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these signals nor pseudo-terminals")


@dataclass(frozen=True)
class Files:
    """What the tests build reports on.

    Attributes:
        folder: Where the files are, and where commands run.
        model: A model of one conv and one pooling layer for images of 12 × 12.
        broken: The same with NaN in a kernel.
        data: 20 images with labels.
    """

    folder: Path
    model: Path
    broken: Path
    data: Path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    import keras

    folder = tmp_path_factory.mktemp("files")
    layers = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="tiny",
    )
    with warnings.catch_warnings():
        # Keras saves through an old way of NumPy.
        warnings.simplefilter("ignore", DeprecationWarning)
        model.save(folder / "tiny.keras")
        model.layers[0].kernel.assign(np.full((3, 3, 1, 4), np.nan))
        model.save(folder / "broken.keras")
    draw = np.random.default_rng(0)
    np.savez(folder / "data.npz", x=draw.integers(0, 256, (20, 12, 12, 1), dtype=np.uint8), y=draw.integers(0, 3, 20))
    return Files(folder, folder / "tiny.keras", folder / "broken.keras", folder / "data.npz")


def environment(**changes: str) -> dict[str, str]:
    """This environment without what the tests themselves set."""
    usual = {name: value for name, value in os.environ.items() if name not in {"TF_CPP_MIN_LOG_LEVEL", "COLUMNS"}}
    return {**usual, **changes}


def run(
    *arguments: str | Path, cwd: Path, command: list[str] | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(command or COMMAND), *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def only_steps(text: str) -> bool:
    return all(STEP.fullmatch(line) for line in text.splitlines())


@pytest.fixture(scope="module")
def twice(files: Files, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, str, str, int]]:
    """The folder, both outputs and the exit code of the same build in two processes that hash differently."""

    def build(seed: str) -> tuple[Path, str, str, int]:
        folder = tmp_path_factory.mktemp(f"seed_{seed}")
        shown = run(
            "build", files.model, "--data", files.data, "--output", "made",
            cwd=folder, PYTHONHASHSEED=seed, SOURCE_DATE_EPOCH="1767225600",
        )  # fmt: skip
        return folder / "made", shown.stdout, shown.stderr, shown.returncode

    with ThreadPoolExecutor(2) as both:
        return list(both.map(build, ("1", "2")))


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
        assert report["run"]["command"] == "reportgen build tiny.keras --data data.npz"
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
        shown = run("summary", files.model.name, "--json", cwd=files.folder)
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
    shown = run(
        "build", files.broken, "--config", "reportgen.toml", "--title", "Typed \x1b[31m", "--colormap", "gray",
        cwd=tmp_path, command=SCRIPT,
    )  # fmt: skip
    assert shown.returncode == 3, shown.stderr
    assert shown.stdout == f"from-file{os.sep}report.json\n"
    steps: list[str] = []
    checks: list[str] = []
    for line in shown.stderr.splitlines():
        (checks if line.startswith("Check failed: ") else steps).append(line)
    assert only_steps("\n".join(steps)), shown.stderr
    assert any("Activations of first hold values that are no numbers." in line for line in checks)
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
def test_pictures_that_cannot_be_read_are_counted_and_listed_and_stop_nothing(files: Files, tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    for name, width in (("a.png", 12), ("b.png", 24)):
        Image.new("L", (width, 12), 200).save(tmp_path / "pictures" / name)
    (tmp_path / "pictures" / "c.png").write_bytes(b"")
    (tmp_path / "pictures" / "d.png").write_bytes(b"no picture")
    given = ("build", files.model, "--data", "pictures", "--format", "json", "--format", "html")
    shown = run(*given, cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    sentence = "2 of 4 images cannot be read and are left out: the first, 'c.png', is empty."
    assert [line for line in shown.stderr.splitlines() if not STEP.fullmatch(line)] == [sentence]
    content = json.loads((tmp_path / "reportgen-report" / "report.json").read_text(encoding="utf-8"))
    chapter = content["sections"]["samples"]["content"]
    assert chapter["broken"] == [
        {"name": "c.png", "reason": "is empty"},
        {"name": "d.png", "reason": "is no picture of a kind that is read"},
    ]
    assert chapter["num_images"] == 2
    kept = "1 of 2 pictures was resized to 12 × 12 pixels (bilinear, proportions kept)."
    assert kept in chapter["notes"]
    page = (tmp_path / "reportgen-report" / "report.html").read_text(encoding="utf-8")
    assert kept in page
    assert "is no picture of a kind that is read" in page
    quiet = run(*given, "--quiet", "--resize", "stretch", cwd=tmp_path)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    page = (tmp_path / "reportgen-report" / "report.html").read_text(encoding="utf-8")
    assert "proportions not kept" in page


@pytest.mark.slow
@pytest.mark.keras
def test_extract_saves_a_model_that_plain_keras_loads(files: Files, tmp_path: Path) -> None:
    import keras

    shown = run("extract", files.model, "pool", "-o", "sub.keras", "--quiet", cwd=tmp_path)
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
    shown = run(*arguments, "-q", cwd=tmp_path)
    assert (shown.returncode, shown.stdout) == (1, "")
    assert re.fullmatch(rf"Error: {sentence}.*\n", shown.stderr), shown.stderr
    assert names(tmp_path) == ["notes.keras", "small.npz", "tiny.keras"]


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux finds it")
def test_without_pango_the_other_files_are_written_and_the_line_that_installs_it(files: Files, tmp_path: Path) -> None:
    (tmp_path / "masked").mkdir()
    (tmp_path / "masked" / "libpango-1.0.so.0").write_bytes(b"not a library")
    shown = run(
        "build", files.model, "--section", "architecture", "-o", "made",
        cwd=tmp_path, LD_LIBRARY_PATH=str(tmp_path / "masked"),
    )  # fmt: skip
    assert (shown.returncode, shown.stdout) == (1, "")
    *steps, last = shown.stderr.splitlines()
    assert only_steps("\n".join(steps)), shown.stderr
    assert last.startswith("Error: PDF needs the library Pango")
    assert "apt-get install libpango-1.0-0" in last
    assert names(tmp_path / "made") == ["report.html", "report.json"]


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
        pytest.param(("build", "--format", "docx"), "'docx' is not one of 'html', 'pdf', 'json'", id="choice"),
        pytest.param(("build", "--seed", "4294967296"), "not in the range 0<=x<=4294967295", id="seed"),
        pytest.param(("build", "--pick", "best:1"), "cannot be picked by 'best:1'. Expected .* Write", id="pick"),
        pytest.param(
            ("build", "--rename", "conv"), "cannot be renamed by 'conv'. Expected OLD=NEW. Write", id="rename"
        ),
        pytest.param(("build", "--config", "unknown.toml"), "no option 'colour'. Expected one of: output", id="key"),
        pytest.param(("build", "--config", "wrong.toml"), "no chapter called 'dreams'. Expected one of", id="value"),
        pytest.param(("build", "--config", "no.toml"), "is no file 'no.toml'. Expected a TOML file", id="no-file"),
        pytest.param(("build", "--config", "broken.toml"), "cannot be read as TOML: .* Expected lines", id="no-toml"),
        pytest.param(("train",), "Missing option '--output' / '-o'", id="missing"),
        pytest.param(("train", "-o", "model.h5"), "Expected a file name that ends in '.keras'", id="suffix"),
        pytest.param(("extract", "m.keras", "conv", "-o", "./m.keras"), "is the model that is read", id="itself"),
    ],
)
def test_wrong_usage_is_exit_code_2_with_the_usage(tmp_path: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "unknown.toml").write_text('colour = "red"', encoding="utf-8")
    (tmp_path / "wrong.toml").write_text('section = "dreams"', encoding="utf-8")
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


@posix
@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds child processes as Linux tells of them")
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_an_early_end_leaves_no_process_and_no_half_file(files: Files, tmp_path: Path, blow: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process: subprocess.Popen[str] = subprocess.Popen(
        [*COMMAND, "build", str(files.model), "--data", str(files.data), "-o", "made", "-v"],
        cwd=tmp_path, env=environment(TMPDIR=str(temporary)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", preexec_fn=_listen_to_interrupts,
    )  # fmt: skip
    assert process.stderr is not None
    _wait_for_line(process.stderr, "Writing report.html …")
    children = _children(process.pid)
    process.send_signal(blow)
    out, err = process.communicate()
    assert out == ""
    assert "Traceback" not in err
    assert process.returncode == (1 if blow is signal.SIGINT else -signal.SIGKILL)
    assert len(children) == 1
    _wait_until_gone(children[0])
    assert names(temporary) == []
    assert not [name for name in names(tmp_path / "made") if name.startswith(".")]
    assert set(names(tmp_path / "made")) <= {"report.html", "report.json"}


def _listen_to_interrupts() -> None:
    """Undo what a shell does for programs that it starts in the background: they ignore interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wait_for_line(stream: IO[str], wanted: str) -> None:
    for line in stream:
        if line.strip() == wanted:
            return
    pytest.fail(f"{wanted!r} was not said")


def _children(process: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{process}/task").iterdir():
        found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


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


@pytest.mark.slow
@pytest.mark.keras
def test_train_says_how_good_the_network_is_and_on_what(tmp_path: Path) -> None:
    shown = run("train", "-o", "new/mnist.keras", cwd=tmp_path)
    assert shown.returncode == 0, shown.stderr
    assert only_steps(shown.stderr), shown.stderr
    first, last = shown.stdout.splitlines()
    said: Any = re.fullmatch(r"(\d\d\.\d)% right: (\d+) of 1000 digits, held out from MNIST's training split", first)
    assert said is not None, first
    assert int(said[2]) >= 950
    assert said[1] == f"{int(said[2]) / 10:.1f}"
    assert last == str(Path("new/mnist.keras"))
    assert names(tmp_path / "new") == ["mnist.keras"]
