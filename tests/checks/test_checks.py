"""Two reports before the checkers of others: veraPDF, qpdf, the W3C's, html-validate, axe-core in Chromium.

A checker that is missing fails its tests. So does one that finds nothing in a file that is bad on purpose.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import Destination

from tests.checks import tools
from tests.checks.reports import PAGES, REPORTS
from tests.links import lost

# The report without a date; the clock is never read.
UNDATED = "one layer"
WAYS = ("light", "dark", "narrow", "without scripting")
# What the W3C's checker says of every picture inside the page. The policy allows data: addresses; the browser, which
# must know, shows all pictures and says nothing on its console, as is tested below.
FALSE_ALARM = re.compile(r"Resource violates Content Security Policy \(meta tag\): image “data:image/[\w+]+;base64,")
BAD_PAGE = """<!DOCTYPE html>
<html><head><title>t</title><style>p { color: #bbb; bckground: red }</style></head>
<body><h1>a</h1><h4>b</h4><p>hard to read<img src="http://192.0.2.1/x.png"></p>
<div id="a"></div><div id="a"></span></div><script>console.log("said")</script>
<img alt="a" src="data:image/png;base64,AAAA"></body></html>
"""

pytestmark = [
    pytest.mark.keras,
    pytest.mark.pdf,
    pytest.mark.slow,
    pytest.mark.skipif(tools.skipped(), reason=f"{tools.SKIP}=1: no checker looks at the reports"),
]
each_report = pytest.mark.parametrize("name", REPORTS)
each_page = pytest.mark.parametrize("name", [*REPORTS, *PAGES])
# A browser takes the longest; those hold all forms but what is said where there is nothing to show.
BROWSED = ("everything", "one layer", *PAGES)
each_browsed = pytest.mark.parametrize("name", BROWSED)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder of each report, and of files that are bad on purpose."""
    top = tmp_path_factory.mktemp("checks")
    places = {name: top / name.replace(" ", "-") for name in (*REPORTS, *PAGES)}
    for name, write in (*REPORTS.items(), *PAGES.items()):
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("SOURCE_DATE_EPOCH", raising=False)
            if name != UNDATED:
                patch.setenv("SOURCE_DATE_EPOCH", "1767323045")  # 2026-01-02T03:04:05Z
            write(places[name])
    places["bad"] = top / "bad"
    places["bad"].mkdir()
    (places["bad"] / "report.html").write_text(BAD_PAGE, encoding="utf-8")
    writer = PdfWriter(clone_from=places["no image"] / "report.pdf")
    del writer.root_object["/OutputIntents"]
    del writer.root_object["/MarkInfo"]
    writer.write(places["bad"] / "report.pdf")
    return places


@pytest.fixture(scope="module")
def asked(folders: dict[str, Path]) -> Iterator[dict[str, Future[Any]]]:
    """The answers of all slow checkers, which run at the same time, and each of them once for all files."""
    printed, pages = ([folder / f"report.{suffix}" for folder in folders.values()] for suffix in ("pdf", "html"))
    with ThreadPoolExecutor() as pool:
        yield {
            "browse": pool.submit(tools.browse, [folders[name] / "report.html" for name in (*BROWSED, "bad")]),
            "verapdf": pool.submit(tools.verapdf, printed),
            "w3c": pool.submit(tools.w3c, pages),
            "html_validate": pool.submit(tools.html_validate, pages),
        }


@pytest.fixture(scope="module")
def verapdf(asked: dict[str, Future[Any]]) -> dict[tuple[Path, str], tools.Verdict]:
    found: dict[tuple[Path, str], tools.Verdict] = asked["verapdf"].result()
    return found


@pytest.fixture(scope="module")
def w3c(asked: dict[str, Future[Any]]) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = asked["w3c"].result()
    return found


@pytest.fixture(scope="module")
def html_validate(asked: dict[str, Future[Any]]) -> dict[Path, list[str]]:
    found: dict[Path, list[str]] = asked["html_validate"].result()
    return found


@pytest.fixture(scope="module")
def visits(asked: dict[str, Future[Any]]) -> dict[tuple[Path, str], dict[str, Any]]:
    found: dict[tuple[Path, str], dict[str, Any]] = asked["browse"].result()
    return found


# Forms that a report has now and then, and that no report here may lose without another's having it.
FORMS = (
    'class="perf-pair wide-matrix"', 'class="frequent"', 'class="bands"', 'class="passing"', 'class="classes named"',
    'href="#shown-again-', 'class="mistakes"', 'class="left-out"', 'class="net-drawing"', 'class="net-steps"',
    '<p class="remark">predicted ',
)  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_put_before_the_checkers(folders: dict[str, Path], form: str) -> None:
    pages = [(folders[name] / "report.html").read_text(encoding="utf-8") for name in REPORTS]
    assert any(form in page for page in pages)


@each_page
def test_every_link_leads_somewhere(folders: dict[str, Path], name: str) -> None:
    assert lost((folders[name] / "report.html").read_text(encoding="utf-8")) == set()


@each_page
@pytest.mark.parametrize(("profile", "rules"), [("PDFUA-1", 106), ("PDFA-3A", 155)])
def test_pdf_passes_the_machine_checks_of_verapdf(
    folders: dict[str, Path], verapdf: dict[tuple[Path, str], tools.Verdict], name: str, profile: str, rules: int
) -> None:
    verdict = verapdf[folders[name] / "report.pdf", profile]
    assert verdict.failures == ()
    assert verdict.rules == rules
    assert verdict.checks > 10_000, "the whole file was looked at"


@pytest.mark.parametrize(("profile", "clause"), [("PDFUA-1", "6.2-1,"), ("PDFA-3A", "6.2.4.3-")])
def test_verapdf_finds_what_is_wrong_with_a_bad_file(
    folders: dict[str, Path], verapdf: dict[tuple[Path, str], tools.Verdict], profile: str, clause: str
) -> None:
    failures = verapdf[folders["bad"] / "report.pdf", profile].failures
    assert any(failure.startswith(clause) for failure in failures), failures


@each_page
def test_qpdf_finds_no_error(folders: dict[str, Path], name: str) -> None:
    said = tools.output(tools.program("qpdf"), "--check", folders[name] / "report.pdf")
    assert "No syntax or stream encoding errors found" in said


def test_qpdf_finds_errors_in_half_a_file(folders: dict[str, Path], tmp_path: Path) -> None:
    whole = (folders["one layer"] / "report.pdf").read_bytes()
    (tmp_path / "half.pdf").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(AssertionError, match="ended with"):
        tools.output(tools.program("qpdf"), "--check", tmp_path / "half.pdf")


@each_report
def test_attached_file_is_the_file_beside_it(folders: dict[str, Path], name: str, tmp_path: Path) -> None:
    printed = folders[name] / "report.pdf"
    taken_out = tmp_path / "report.json"
    tools.output(tools.program("pdfdetach"), "-savefile", "report.json", "-o", taken_out, printed)
    beside = (folders[name] / "report.json").read_bytes()
    assert taken_out.read_bytes() == beside
    assert tools.output(tools.program("qpdf"), "--show-attachment=report.json", printed).encode() == beside


@each_report
def test_pdf_says_its_title_and_dates(folders: dict[str, Path], name: str) -> None:
    said = tools.output(tools.program("pdfinfo"), "-isodates", folders[name] / "report.pdf")
    facts = {key: value.strip() for key, _, value in (line.partition(":") for line in said.splitlines())}
    assert facts["Title"]
    assert facts["Author"] == facts["Creator"] == "reportgen"
    assert "explainability" in facts["Keywords"]
    date = None if name == UNDATED else "2026-01-02T03:04:05Z"
    assert facts.get("CreationDate") == facts.get("ModDate") == date
    assert facts["Tagged"] == "yes"
    assert facts["JavaScript"] == facts["Encrypted"] == "no"


@each_report
def test_contents_say_the_page_of_every_chapter(folders: dict[str, Path], name: str) -> None:
    printed = folders[name] / "report.pdf"
    reader = PdfReader(printed)
    chapters = [entry for part in reader.outline if isinstance(part, list) for entry in part]
    pages = [reader.get_destination_page_number(entry) for entry in chapters if isinstance(entry, Destination)]
    said = tools.output(tools.program("pdftotext"), "-layout", printed, "-")
    contents = re.split(r"\n\s*\n", said.partition("Contents")[2])[0]
    # Chapters have a number, annexes a letter; either stands before the title, and the page behind it.
    rows = re.findall(r"(?:^|\s)(\d+|[A-Z])\s+\S.*?\s{3,}(\d+)(?=\s|$)", contents, re.MULTILINE)
    told = [int(page) for _, page in sorted(rows, key=lambda row: (not row[0].isdigit(), row[0]))]
    assert told == [(page or 0) + 1 for page in pages]
    assert not re.search(r"[Pp]age 0\b", said)


@each_page
def test_html_passes_the_checker_of_the_w3c(folders: dict[str, Path], w3c: dict[Path, list[str]], name: str) -> None:
    assert [each for each in w3c[folders[name] / "report.html"] if not FALSE_ALARM.match(each)] == []


@each_page
def test_html_passes_html_validate(folders: dict[str, Path], html_validate: dict[Path, list[str]], name: str) -> None:
    assert html_validate[folders[name] / "report.html"] == []


@each_browsed
@pytest.mark.parametrize("way", WAYS)
def test_browser_asks_for_nothing_else_and_says_nothing(
    folders: dict[str, Path], visits: dict[tuple[Path, str], dict[str, Any]], name: str, way: str
) -> None:
    visit = visits[folders[name] / "report.html", way]
    assert visit["others"] == []
    assert visit["requests"] == 1
    assert visit["said"] == []


@each_browsed
@pytest.mark.parametrize("way", WAYS[:3])
def test_browser_shows_all_that_the_page_holds(
    folders: dict[str, Path], visits: dict[tuple[Path, str], dict[str, Any]], name: str, way: str
) -> None:
    shown = visits[folders[name] / "report.html", way]["shown"]
    assert len(shown["sheets"]) == 1
    assert shown["sheets"][0] > 100
    assert shown["family"].startswith('"IBM Plex Sans"')
    assert shown["shownFonts"] >= (2 if name in PAGES else 3)
    assert shown["unshownFonts"] == shown["unshownImages"] == shown["scripts"] == 0
    assert shown["images"] >= 2
    assert shown["overflow"] == 0, "the page itself never scrolls sideways"


@each_browsed
@pytest.mark.parametrize("way", WAYS[:3])
def test_axe_finds_nothing(
    folders: dict[str, Path], visits: dict[tuple[Path, str], dict[str, Any]], name: str, way: str
) -> None:
    visit = visits[folders[name] / "report.html", way]
    assert visit["violations"] == []
    assert visit["passes"] >= (1 if way == "dark" else 40)


@each_page
def test_policy_has_the_hash_of_the_one_style_sheet(folders: dict[str, Path], name: str) -> None:
    page = (folders[name] / "report.html").read_bytes()
    sheets = re.findall(rb"<style>(.*?)</style>", page, re.DOTALL)
    assert len(sheets) == page.count(b"<style") == 1
    digest = base64.b64encode(hashlib.sha256(sheets[0]).digest())
    assert page.count(b"style-src &#39;sha256-" + digest + b"&#39;;") == 1
    assert not re.search(rb"<[^>]*\sstyle=", page.replace(sheets[0], b""))


def test_checkers_of_html_find_what_is_wrong_with_a_bad_page(
    folders: dict[str, Path],
    w3c: dict[Path, list[str]],
    html_validate: dict[Path, list[str]],
    visits: dict[tuple[Path, str], dict[str, Any]],
) -> None:
    page = folders["bad"] / "report.html"
    assert any("Duplicate ID" in each for each in w3c[page])
    assert any("bckground" in each for each in w3c[page])
    assert {"no-dup-id", "element-required-attributes"} <= {each.partition(":")[0] for each in html_validate[page]}
    light, without = visits[page, "light"], visits[page, "without scripting"]
    rules = {each.partition(" ")[0] for each in light["violations"]}
    assert {"color-contrast", "html-has-lang", "image-alt", "heading-order"} <= rules
    assert light["others"] == without["others"] == ["http://192.0.2.1/x.png"]
    assert any(each == "said" for each in light["said"])
    assert light["shown"]["unshownImages"] == 2


def test_a_missing_tool_fails_with_the_command_that_installs_it() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"need no-such-tool, which was not found\. Run: sudo apt-get inst"):
        tools.program("no-such-tool")
    with pytest.raises(pytest.fail.Exception, match=r"Node package no-such-package.*Run: npm install .*REPORTGEN_SKIP"):
        tools.node_package("no-such-package/index.js")
