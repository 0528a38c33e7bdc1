"""Files: whole or not at all, never in the place of someone else's, and every trouble is one sentence."""

from __future__ import annotations

import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pypdf import PdfReader

from reportgen.errors import OptionsError, RenderError, UnknownNameError
from reportgen.renderers import html, json, markdown, pdf, templating
from reportgen.writing import check, sizes, write
from reportgen.writing.files import replace_file
from reportgen.writing.summary import append_summary, check_summary
from tests.renderers import reports

GENERATOR = '<meta name="generator" content="reportgen">'
REPORT = reports.report()


@pytest.fixture(autouse=True)
def small_templates(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The small templates, with the mark by which we know our files again."""
    folder = tmp_path_factory.mktemp("templates")
    reports.write_templates(folder, reports.TEMPLATE.replace("<title>", f"{GENERATOR}\n<title>"))
    monkeypatch.setattr(templating, "_folder", lambda: folder)
    templating._environment.cache_clear()
    yield
    templating._environment.cache_clear()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_what_the_renderers_make(tmp_path: Path) -> None:
    paths = write(REPORT, tmp_path / "new" / "folder", ("html", "json"))
    assert [path.relative_to(tmp_path).as_posix() for path in paths] == [
        "new/folder/report.html",
        "new/folder/report.json",
    ]
    assert paths[0].read_bytes() == html.render(REPORT)
    assert paths[1].read_bytes() == json.render(REPORT)


@pytest.mark.pdf
@pytest.mark.parametrize("formats", [("pdf",), ("pdf", "json")])
def test_pdf_holds_the_json_beside_it_or_that_would_be(tmp_path: Path, formats: tuple[str, ...]) -> None:
    write(REPORT, tmp_path, formats)
    assert names(tmp_path) == sorted(f"report.{name}" for name in formats)
    assert dict(PdfReader(tmp_path / "report.pdf").attachments) == {"report.json": [json.render(REPORT)]}


def test_only_the_files_that_were_asked_for_are_there(tmp_path: Path) -> None:
    write(REPORT, tmp_path, ("json",))
    assert names(tmp_path) == ["report.json"]


def test_paths_come_in_the_order_of_the_formats(tmp_path: Path) -> None:
    paths = write(REPORT, str(tmp_path), ("json", "html", "json"))
    assert [path.name for path in paths] == ["report.json", "report.html"]


@pytest.mark.pdf
def test_our_own_files_are_replaced(tmp_path: Path) -> None:
    first = write(REPORT, tmp_path)
    before = [path.read_bytes() for path in first]
    second = write(reports.report(title="Another title"), tmp_path)
    assert second == first
    assert names(tmp_path) == ["report.html", "report.json", "report.pdf"]
    assert [old != path.read_bytes() for old, path in zip(before, second, strict=True)] == [True, True, True]


@pytest.mark.parametrize("name", ["report.html", "report.pdf", "report.json"])
@pytest.mark.parametrize(
    "data",
    [b"", b"Notes on reportgen", b"%PDF-1.7\n1 0 obj<</Type/ObjStm>>stream\nbroken", b'{"title": "reportgen"}'],
    ids=["empty", "names-us", "broken-pdf", "json"],
)
def test_a_file_of_someone_else_is_left_alone(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(RenderError, match=rf"{name} is in the way: it was not written by reportgen. Expected .* Move"):
        write(REPORT, tmp_path)
    assert names(tmp_path) == [name]
    assert (tmp_path / name).read_bytes() == data


def test_a_folder_in_the_place_of_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "report.json").mkdir()
    with pytest.raises(RenderError, match=r"report\.json is in the way"):
        write(REPORT, tmp_path, ("json",))


def test_an_unknown_format_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"no format called 'docx'\. Expected one of: html"):
        write(REPORT, tmp_path / "new", ("html", "docx"))
    assert names(tmp_path) == []


def a_file(folder: Path) -> Path:
    (folder / "file").write_bytes(b"x")
    return folder / "file"


def below_a_file(folder: Path) -> Path:
    return a_file(folder) / "below" / "it"


def a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


@pytest.mark.parametrize(
    ("place", "why"),
    [(a_file, "it is a file"), (below_a_file, "Not a directory"), (a_loop, "symbolic links")],
    ids=["file", "below-a-file", "loop"],
)
def test_a_folder_that_cannot_be_is_one_sentence(tmp_path: Path, place: Callable[[Path], Path], why: str) -> None:
    folder = place(tmp_path)
    with pytest.raises(RenderError, match=rf"Nothing can be written to .*{why}\. Expected a folder.* Choose another"):
        write(REPORT, folder)


def test_checking_makes_nothing(tmp_path: Path) -> None:
    targets = check(tmp_path / "new", ("json", "html"))
    assert targets == {"json": tmp_path / "new" / "report.json", "html": tmp_path / "new" / "report.html"}
    assert names(tmp_path) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    replace_file(target, b"old")
    # A new process, because the limit on the size of files cannot be taken back.
    code = (
        "import resource, signal, sys; from pathlib import Path; from reportgen.writing.files import replace_file;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "replace_file(Path(sys.argv[1]), b'x' * 5000)"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(target)], capture_output=True, text=True, check=False)
    assert "RenderError: report.json cannot be written: File too large. Expected a folder" in shown.stderr
    assert names(tmp_path) == ["report.json"]
    assert target.read_bytes() == b"old"


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    target = tmp_path / "report.json"
    contents = [b"a" * 400_000, b"b" * 400_000]
    replace_file(target, contents[0])
    seen = []
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            seen.append(target.read_bytes())

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(50):
        replace_file(target, contents[turn % 2])
    over.set()
    reader.join()
    assert set(seen) <= set(contents)


def test_new_files_have_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    replace_file(tmp_path / "report.json", b"{}")
    assert (tmp_path / "report.json").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.pdf
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux finds it")
def test_without_pango_the_other_files_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    masked = tmp_path / "masked"
    masked.mkdir()
    (masked / "libpango-1.0.so.0").write_bytes(b"not a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(masked))
    # A process that is forked has loaded the library already.
    monkeypatch.setattr(pdf, "_start", getattr(pdf._start, "__wrapped__", pdf._start))
    with pytest.raises(RenderError, match=r"apt-get install libpango-1\.0-0"):
        write(REPORT, tmp_path / "made")
    assert names(tmp_path / "made") == ["report.html", "report.json"]


@pytest.mark.pdf
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes in another way")
@pytest.mark.parametrize("title", ["short", "word " * 400_000], ids=["small", "larger-than-a-pipe"])
def test_a_crash_of_the_typesetter_spares_the_other_files(tmp_path: Path, title: str) -> None:
    worker = pdf.warm()
    os.kill(worker.process.pid, signal.SIGSEGV)
    with pytest.raises(RenderError, match=r"^The PDF was not made: .*ended by SIGSEGV.* Choose fewer [^\n]*$"):
        write(reports.report(title=title), tmp_path, typesetter=worker)
    assert names(tmp_path) == ["report.html", "report.json"]


@pytest.mark.pdf
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes in another way")
def test_an_interruption_does_not_wait_for_the_pdf(tmp_path: Path) -> None:
    @contextmanager
    def interrupting(step: str, total: int | None = None) -> Iterator[Callable[[], None]]:
        del total
        yield lambda: None
        if step == "Writing report.json":
            raise KeyboardInterrupt

    worker = pdf.warm()
    with pytest.raises(KeyboardInterrupt):
        write(reports.report(title="word " * 400_000), tmp_path, ("json", "pdf"), interrupting, worker)
    assert names(tmp_path) == ["report.json"]
    assert worker.process.returncode == -signal.SIGKILL


def paths(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


PICTURE = f"{hashlib.sha256(reports.png()).hexdigest()[:20]}.png"


def test_assets_stand_beside_the_page(tmp_path: Path) -> None:
    made = write(REPORT, tmp_path, ("html",), assets_dir="assets")
    assert made == (tmp_path / "report.html",)
    assert paths(tmp_path) == ["assets", f"assets/{PICTURE}", "assets/report.css", "report.html"]
    assert (tmp_path / "assets" / PICTURE).read_bytes() == reports.png()


@pytest.mark.parametrize(
    ("later", "left"), [("assets", "assets/report.css"), ("other", "other/report.css"), (None, None)]
)
def test_assets_of_a_former_report_are_removed_and_no_others(
    tmp_path: Path, later: str | None, left: str | None
) -> None:
    former = b"another picture"
    write(REPORT, tmp_path, ("html",), assets_dir="assets")
    ours = tmp_path / "assets" / f"{hashlib.sha256(former).hexdigest()[:20]}.png"
    ours.write_bytes(former)
    foreign = {"logo.png": b"a logo", f"{'0' * 20}.png": former, "notes.txt": former}
    for name, data in foreign.items():
        (tmp_path / "assets" / name).write_bytes(data)
    (tmp_path / "assets" / "deeper").mkdir()
    write(REPORT, tmp_path, ("html",), assets_dir=later)
    assert not ours.exists()
    assert {name: (tmp_path / "assets" / name).read_bytes() for name in foreign} == foreign
    assert (tmp_path / "assets" / "deeper").is_dir()
    sheets = [path for path in paths(tmp_path) if path.endswith(".css")]
    assert sheets == ([left] if left else [])


def test_an_empty_folder_of_assets_goes_with_its_page(tmp_path: Path) -> None:
    write(REPORT, tmp_path, ("html",), assets_dir="assets")
    write(REPORT, tmp_path, ("html",))
    assert paths(tmp_path) == ["report.html"]


@pytest.mark.parametrize("name", ["report.css", PICTURE])
def test_a_foreign_file_among_the_assets_is_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / name).write_bytes(b"mine")
    with pytest.raises(RenderError, match=rf"assets/{name} is in the way: .* Expected .* Move it"):
        write(REPORT, tmp_path, ("html",), assets_dir="assets")
    assert (tmp_path / "assets" / name).read_bytes() == b"mine"
    assert not (tmp_path / "report.html").exists()


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../up", ".hidden", "a b", "ä", "a\n"])
def test_assets_want_one_plain_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionsError, match=r"cannot be called .* Expected one plain name .* --assets-dir assets"):
        check(tmp_path, ("html",), name)


def test_assets_want_a_page(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match=r"html was not asked for\. Expected html .* Add --format html"):
        check(tmp_path, ("json",), "assets")


def test_a_summary_is_appended_to_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    append_summary(REPORT, file, {"report.html": 10})
    once = file.read_bytes()
    assert once == markdown.render(REPORT, {"report.html": 10})
    append_summary(REPORT, file, {"report.html": 10})
    assert file.read_bytes() == once + b"\n" + once


def test_a_summary_leaves_room_for_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * (900 << 10))
    with pytest.raises(RenderError, match=r"has no room: 0\sbytes are left"):
        append_summary(REPORT, file, {})
    assert file.stat().st_size == 900 << 10


def test_half_a_summary_is_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "summary.md"
    file.write_bytes(b"x" * 990)
    code = (
        "import resource, signal, sys; from pathlib import Path;"
        "from reportgen.writing.summary import append_summary;"
        "from tests.renderers import reports;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000));"
        "append_summary(reports.report(), Path(sys.argv[1]), {})"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=False)
    assert re.search(
        r"RenderError: The summary cannot be appended to .*summary\.md': File too large\. Exp", shown.stderr
    )
    assert file.read_bytes() == b"x" * 990


def test_a_summary_wants_a_file(tmp_path: Path) -> None:
    report = tmp_path / "report"
    with pytest.raises(RenderError, match=r"it is a folder\. Expected a file .* Choose another one with --summary"):
        check_summary(tmp_path, report)
    with pytest.raises(RenderError, match=r"Nothing can be written to .* it is a file.* Choose another .* --summary\."):
        check_summary(a_file(tmp_path) / "below", report)
    check_summary(tmp_path / "summary.md", report)
    assert names(tmp_path) == ["file"]


def test_a_summary_makes_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "new" / "summary.md"
    sentence = r"^The summary cannot .* '.*/summary\.md': there is no folder '.*/new'\. Expected a file .* --summary\.$"
    with pytest.raises(RenderError, match=sentence):
        check_summary(file, tmp_path / "report")
    (tmp_path / "link.md").symlink_to(file)
    with pytest.raises(RenderError, match=sentence.replace("/summary", "/link")):
        check_summary(tmp_path / "link.md", tmp_path / "report")
    with pytest.raises(RenderError, match=r"cannot be appended to .*: No such file"):
        append_summary(REPORT, file, {})
    assert names(tmp_path) == ["link.md"]


@pytest.mark.parametrize("output", ["new", "new/report", "other/../new"])
def test_a_summary_may_stand_in_the_folder_that_the_report_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    check_summary(tmp_path / "new" / "summary.md", Path(output))
    with pytest.raises(RenderError, match="there is no folder 'new/deeper'"):
        check_summary(Path("new/deeper/summary.md"), Path(output))


def test_sizes_count_what_stands_beside_the_page(tmp_path: Path) -> None:
    made = write(REPORT, tmp_path, ("html", "json"), assets_dir="assets")
    (tmp_path / "assets" / "foreign.txt").write_bytes(b"x" * 100_000)
    ours = ["report.html", "assets/report.css", f"assets/{PICTURE}"]
    assert sizes(made, "assets") == {
        made[0]: sum((tmp_path / name).stat().st_size for name in ours),
        made[1]: (tmp_path / "report.json").stat().st_size,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes in another way")
def test_what_a_killed_run_left_is_cleared_by_the_next_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys; from pathlib import Path; from reportgen.writing.files import replace_file;"
        "os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL) if sys.argv[2] == 'killed' else"
        " (print('here', flush=True), sys.stdin.read());"
        "replace_file(Path(sys.argv[1]), b'{}')"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "report.json")]
    killed = subprocess.run([*command, "killed"], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(names(tmp_path)) == 1
    with subprocess.Popen([*command, "writing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"here\n"
        assert len(names(tmp_path)) == 2
        write(REPORT, tmp_path, ("json",))
        hidden = [name for name in names(tmp_path) if name != "report.json"]
        assert len(hidden) == 1
        other.communicate()
    write(REPORT, tmp_path, ("json",))
    assert names(tmp_path) == ["report.json"]
