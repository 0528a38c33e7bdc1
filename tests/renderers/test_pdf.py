"""The PDF: the same everywhere, tagged, and set in a process whose end is not ours."""

from __future__ import annotations

import dataclasses
import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from pypdf import PdfReader

from reportgen.errors import RenderError
from reportgen.renderers import fonts, html, json, pdf, templating
from reportgen.renderers.tools import Tools
from tests.renderers import reports

ROOT = Path(__file__).resolve().parents[2]
DATED = reports.report(name="block_1/conv", created="2026-01-02T03:04:05Z")
PAGE = '<!DOCTYPE html><html lang="en"><head><title>t</title></head><body><h1>h</h1>{}</body></html>'

pytestmark = pytest.mark.pdf


def typeset(body: str) -> bytes:
    with pdf.warm() as worker:
        return worker.typeset(PAGE.format(body))


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One PDF for the tests that only look at it."""
    folder = tmp_path_factory.mktemp("templates")
    reports.write_templates(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(templating, "_folder", lambda: folder)
        templating._environment.cache_clear()
        try:
            return pdf.render(DATED)
        finally:
            templating._environment.cache_clear()


@pytest.fixture
def reader(printed: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(printed))


def _kinds(element: Any) -> list[tuple[str, dict[str, Any]]]:
    """Kind and attributes of each element of the tag tree, in reading order."""
    element = element.get_object()
    if not isinstance(element, dict):
        return []
    found = [(str(element["/S"]), dict(element.get("/A", {})))] if "/S" in element else []
    kids = element.get("/K", [])
    for kid in kids if isinstance(kids, list) else [kids]:
        found += _kinds(kid)
    return found


def test_document_has_title_language_and_tags(reader: PdfReader) -> None:
    assert reader.metadata is not None
    assert reader.metadata.title == "A toy network"
    assert reader.metadata.subject == "What block_1/conv does"
    root: Any = reader.root_object
    assert str(root["/Lang"]) == "en"
    assert str(root["/MarkInfo"]["/Marked"]) == "True"
    kinds = [kind for kind, _ in _kinds(root["/StructTreeRoot"])]
    assert {"/H1", "/H2", "/Table", "/TH", "/TD", "/Figure", "/Caption", "/L"} <= set(kinds)


def test_metadata_name_both_standards_and_say_what_the_document_says(reader: PdfReader) -> None:
    root: Any = reader.root_object
    tree = ElementTree.fromstring(root["/Metadata"].get_data())
    said = {element.tag: (element.text or "").strip() for element in tree.iter()}
    said |= {name: value for element in tree.iter() for name, value in element.items()}
    assert said["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
    assert said["{http://www.aiim.org/pdfa/ns/id/}part"] == "3"
    assert said["{http://www.aiim.org/pdfa/ns/id/}conformance"] == "A"
    assert said["{http://ns.adobe.com/xap/1.0/}CreateDate"] == "2026-01-02T03:04:05Z"
    assert "A toy network" in "".join(tree.itertext())


def _attached(reader: PdfReader) -> list[Any]:
    root: Any = reader.root_object
    return [each.get_object() for each in root["/AF"]]


def test_report_for_programs_is_attached_once_byte_by_byte(reader: PdfReader) -> None:
    (file,) = _attached(reader)
    assert dict(reader.attachments) == {"report.json": [json.render(DATED)]}
    assert (file["/UF"], file["/AFRelationship"]) == ("report.json", "/Data")
    assert file["/EF"]["/F"]["/Subtype"] == "/application/json"


def test_attached_file_has_the_dates_of_the_document(reader: PdfReader) -> None:
    parameters = _attached(reader)[0]["/EF"]["/F"]["/Params"]
    assert str(parameters["/CreationDate"]) == "D:20260102030405Z"
    assert "/ModDate" not in parameters, "the small template has none"


def test_attached_file_has_no_date_where_the_document_has_none(templates: Path) -> None:
    del templates
    undated = PdfReader(io.BytesIO(pdf.render(reports.report())))
    assert not {"/CreationDate", "/ModDate"} & _attached(undated)[0]["/EF"]["/F"]["/Params"].keys()


def test_a_file_is_attached_as_it_is_given(templates: Path) -> None:
    del templates
    with pdf.warm() as worker:
        printed = worker.typeset(html.document(reports.report(), "print"), attachment=b'{"given": "\xc3\xa4"}\n')
    assert dict(PdfReader(io.BytesIO(printed)).attachments) == {"report.json": [b'{"given": "\xc3\xa4"}\n']}


def test_bookmarks_are_the_headings(reader: PdfReader) -> None:
    outline: list[Any] = reader.outline
    assert outline[0]["/Title"] == "A toy network"
    assert [each["/Title"] for each in outline[1]] == ["What each layer sees"]


def test_table_headers_say_what_they_head(reader: PdfReader) -> None:
    scopes = [attrs["/Scope"] for kind, attrs in _kinds(reader.root_object["/StructTreeRoot"]) if kind == "/TH"]
    assert scopes == ["/Column", "/Column", "/Row", "/Row"]


def test_a_link_is_one_link_whatever_is_inside() -> None:
    printed = PdfReader(io.BytesIO(typeset('<h2 id="here">h</h2><p><a href="#here">a <code>b<wbr>c</code></a></p>')))
    annotations: Any = printed.pages[0]["/Annots"]
    assert [str(each.get_object()["/Dest"]) for each in annotations] == ["here"]
    root: Any = printed.root_object
    assert [kind for kind, _ in _kinds(root["/StructTreeRoot"]) if kind == "/Link"] == ["/Link"]


def test_time_is_that_of_the_run_facts_alone(reader: PdfReader, printed: bytes) -> None:
    assert reader.metadata is not None
    assert str(reader.metadata["/CreationDate"]) == "D:20260102030405Z"
    assert "/ModDate" not in reader.metadata
    assert time.strftime("%Y%m%d").encode() not in printed


def test_only_bundled_fonts_are_used(reader: PdfReader) -> None:
    names = {str(font["/BaseFont"]).split("+")[1] for font in _fonts(reader)}
    assert {"IBM-Plex-Sans", "IBM-Plex-Sans-Semi-Bold", "IBM-Plex-Mono-Semi-Bold", "DejaVu-Sans"} <= names
    assert not [name for name in names if not name.startswith(("IBM-Plex-", "DejaVu-"))]


def _fonts(reader: PdfReader) -> list[Any]:
    return [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]  # type: ignore[index]


def test_text_can_be_read_out(reader: PdfReader) -> None:
    text = reader.pages[0].extract_text()
    assert "Maps of block_1/conv ⌊grey⌋" in text
    assert "It is block_1/conv." in text


def test_hostile_names_are_set_as_text(templates: Path) -> None:
    del templates
    data = pdf.render(reports.report(title=reports.HOSTILE, name=reports.HOSTILE))
    reader = PdfReader(io.BytesIO(data))
    assert reader.metadata is not None
    assert reader.metadata.title == " ".join(reports.SHOWN.split())
    text = "".join(page.extract_text() for page in reader.pages)
    assert "<script>alert('x')</script>" in text
    assert "x" * 39 in text
    assert not [kind for kind, _ in _kinds(reader.root_object["/StructTreeRoot"]) if kind == "/Link"][1:]


def _print_in_a_new_process(templates: Path, **environment: str) -> bytes:
    code = (
        "import sys, pathlib; from reportgen.renderers import pdf, templating;"
        "from tests.renderers import reports;"
        f"templating._folder = lambda: pathlib.Path({str(templates)!r});"
        "sys.stdout.buffer.write(pdf.render(reports.report(name='a⌊✕')))"
    )
    return subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, check=True
    ).stdout


def test_two_processes_print_the_same_bytes(templates: Path, tmp_path: Path) -> None:
    """Whatever the seed of hashes, the time given, the language, or the fonts of the machine are."""
    nothing = tmp_path / "fonts.conf"
    nothing.write_text('<?xml version="1.0"?><fontconfig></fontconfig>', encoding="utf-8")
    first = _print_in_a_new_process(templates, PYTHONHASHSEED="1")
    time.sleep(1.1)  # A clock in a font would have moved on.
    second = _print_in_a_new_process(
        templates,
        PYTHONHASHSEED="2",
        PYTHONWARNINGS="error",
        SOURCE_DATE_EPOCH="1234567890",
        LC_ALL="C",
        PANGO_LANGUAGE="ja",
        FONTCONFIG_FILE=str(nothing),
        HOME=str(tmp_path),
    )
    assert first.startswith(b"%PDF-1.7")
    assert first == second


@pytest.mark.usefixtures("true_typesetter")
def test_a_worker_that_was_warmed_gives_the_same_bytes(templates: Path) -> None:
    del templates
    document = reports.report()
    worker = pdf.warm()
    assert pdf.render(document, Tools(worker)) == pdf.render(document)
    assert worker.process.returncode == 0


@pytest.mark.usefixtures("true_typesetter")
def test_an_unused_worker_leaves_nothing_behind() -> None:
    with pdf.warm() as worker:
        folder = _folder_of(worker)
        assert (folder / "fonts.conf").exists()
    assert worker.process.returncode is not None
    assert not folder.exists()


def _folder_of(worker: pdf.Worker) -> Path:
    found = worker._stop.peek()
    assert found is not None
    return Path(found[2][1])


def test_a_forgotten_worker_ends_with_the_program() -> None:
    code = "from reportgen.renderers import pdf; worker = pdf.warm(); print(worker.process.pid, flush=True)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert _is_gone(int(shown.stdout))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_a_worker_ends_and_clears_up_when_the_program_is_killed(tmp_path: Path) -> None:
    code = (
        "import os, signal; from reportgen.renderers import pdf; worker = pdf.warm();"
        "print(worker.process.pid, len(os.listdir(os.environ['TMPDIR'])), flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert shown.returncode == -signal.SIGKILL
    pid, folders = map(int, shown.stdout.split())
    assert _is_gone(pid)
    assert folders == 1
    assert list(tmp_path.iterdir()) == []


def _is_gone(pid: int, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        stat = Path(f"/proc/{pid}/stat")
        # A process that nobody waits for, in a container without an init.
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends processes in another way")
@pytest.mark.usefixtures("true_typesetter")
def test_a_crash_is_one_sentence_that_names_the_signal() -> None:
    worker = pdf.warm()
    os.kill(worker.process.pid, signal.SIGSEGV)
    with pytest.raises(RenderError, match="ended by SIGSEGV"):
        worker.typeset(PAGE.format(""))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
@pytest.mark.usefixtures("true_typesetter")
def test_a_layout_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 1)
    worker = pdf.warm()
    os.kill(worker.process.pid, signal.SIGSTOP)
    with pytest.raises(RenderError, match="stopped after 1 s"):
        worker.typeset(PAGE.format(""))
    assert worker.process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no alarm")
@pytest.mark.usefixtures("true_typesetter")
def test_a_layout_without_end_ends_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(pdf, "TIMEOUT_SECONDS", 1)
        worker = pdf.warm()
    with pytest.raises(RenderError, match="ended by SIGALRM"):
        worker.typeset(PAGE.format("<p>word " * 200_000))


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit on address space")
@pytest.mark.usefixtures("true_typesetter")
def test_a_layout_that_takes_too_much_memory_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    # Much less would be too little for the threads that Pango begins, each of which sets 64 MiB aside.
    monkeypatch.setattr(pdf, "MEMORY_LIMIT_BYTES", 448 << 20)
    assert typeset("").startswith(b"%PDF")
    with pytest.raises(RenderError, match=r"MemoryError.*It may take 448\.0.MiB of memory"):
        typeset("<!--" + "x" * (240 << 20) + "-->")


def test_what_is_attached_is_no_address() -> None:
    with pdf.warm() as worker:
        printed = worker.typeset(PAGE.format(""), attachment=__file__.encode())
    assert dict(PdfReader(io.BytesIO(printed)).attachments) == {"report.json": [__file__.encode()]}


def test_a_character_without_a_glyph_is_named() -> None:
    with pytest.raises(RenderError, match=re.escape("cannot show '日' (U+65E5), '\\ue000' (U+E000)")):
        typeset("<p>日本 \ue000 日</p>".replace("本", ""))


def test_an_error_in_the_document_is_named() -> None:
    with pytest.raises(RenderError, match="#nowhere"):
        typeset('<p><a href="#nowhere">x</a></p>')


def test_a_picture_without_a_text_alternative_is_an_error() -> None:
    with pytest.raises(RenderError, match="no required alt"):
        typeset('<p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="></p>')


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux finds it")
@pytest.mark.usefixtures("true_typesetter")
def test_missing_pango_is_one_sentence_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "libpango-1.0.so.0").write_bytes(b"not a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    with pytest.raises(RenderError, match="Pango, which was not found") as caught:
        typeset("")
    for remedy in ("apt-get install libpango-1.0-0", "dnf install pango", "brew install pango", "pacman -S mingw-w64"):
        assert remedy in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux finds it")
@pytest.mark.usefixtures("true_typesetter")
def test_without_harfbuzz_s_subsetter_the_bytes_are_others_and_the_same_every_time(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del templates
    usual = pdf.render(reports.report())
    (tmp_path / "libharfbuzz-subset.so.0").write_bytes(b"not a library")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    first = pdf.render(reports.report())
    time.sleep(1.1)  # A clock in a font would have moved on.
    assert pdf.render(reports.report()) == first != usual
    assert _text(first) == _text(usual)


def _text(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a limit on the size of files")
def test_a_temporary_folder_without_room_is_one_sentence_and_left_empty(tmp_path: Path) -> None:
    code = (
        "import resource, signal, sys; from reportgen.renderers import pdf;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (9999, 9999));"
        "pdf.warm()"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    last = shown.stderr.splitlines()[-1]
    assert "RenderError: The PDF cannot be made: its fonts cannot be put into a temporary folder (File too" in last
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("true_typesetter")
def test_the_user_s_folder_lends_no_modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weasyprint.py").write_text("raise SystemExit('taken from the folder')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert typeset("").startswith(b"%PDF")


def test_this_side_never_imports_weasyprint() -> None:
    code = (
        "import sys; from reportgen.renderers import pdf; pdf.warm().typeset('<html lang=en><title>t</title><h1>h');"
        "print([name for name in sys.modules if name.startswith(('weasyprint', 'pydyf'))])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_fonts_of_the_process_are_files_that_exist() -> None:
    assert len(fonts.files()) == 7
    assert all(file.is_file() for file in fonts.files())


def test_the_real_template_prints_a_hostile_report() -> None:
    hostile = reports.report(title=reports.HOSTILE, name=reports.HOSTILE)
    # The chapters' own templates want contents of their own.
    assert pdf.render(dataclasses.replace(hostile, sections=())).startswith(b"%PDF")


def test_card_of_a_channel_stands_on_one_page() -> None:
    # Cards of several heights, three in a row, so that some rows do not fit where the one before ends.
    cards = [
        f'<article class="card"><p class="card-name"><b>begin{number}a</b></p>'
        f'<p class="card-lines">middle{number}a<br>{"words<br>" * (number % 5 + 3)}end{number}a</p></article>'
        for number in range(120)
    ]
    rows = "".join(f'<div class="row">{"".join(cards[first : first + 3])}</div>' for first in range(0, 120, 3))
    sheets = ("report.css", "print.css", "sections/channels.css")
    style = "".join((ROOT / "templates" / name).read_text(encoding="utf-8") for name in sheets)
    with pdf.warm() as worker:
        printed = worker.typeset(
            PAGE.replace("</head>", f"<style>{style}</style></head>").replace("{}", f'<div class="cards">{rows}</div>')
        )
    pages = [re.sub(r"\s", "", page.extract_text()) for page in PdfReader(io.BytesIO(printed)).pages]
    assert len(pages) > 2
    for number in range(120):
        places = [
            [page for page, text in enumerate(pages) if f"{word}{number}a" in text]
            for word in ("begin", "middle", "end")
        ]
        assert places[0] == places[1] == places[2] != [], (number, places)


@pytest.mark.parametrize("sent", [b"", b"100\n<html>", b"6 100\n<html><p>cut"], ids=["nothing", "a part", "one of two"])
def test_process_whose_asker_went_away_removes_its_folder_and_sets_nothing(tmp_path: Path, sent: bytes) -> None:
    folder = tmp_path / "fonts"
    folder.mkdir()
    program = "import sys; from reportgen.renderers.typesetting_process import main; main(sys.argv[1], 1 << 34, 60)"
    command = [sys.executable, "-c", program, str(folder)]
    done = subprocess.run(command, input=sent, capture_output=True, check=False, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert not folder.exists()
