"""Any name in any script: shown by a font that has it, or named and spelled, and never a silent box."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from reportgen.document.report import FontFile
from reportgen.errors import OptionsError
from reportgen.renderers import coverage, fonts, html, pdf
from tests import typefaces
from tests.renderers import reports

LAYER = "層"


@pytest.fixture
def given(tmp_path: Path) -> tuple[FontFile, ...]:
    """One font of the user's, for two characters."""
    typefaces.save(LAYER + "猫", tmp_path / "fonts" / "squares.ttf")
    return fonts.given([tmp_path / "fonts"])


def shown(data: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


@pytest.mark.parametrize(
    ("text", "lacking"),
    [
        ("conv2d Größe ширина πλάτος", ""),
        (f"{LAYER}1 {LAYER}2", LAYER),
        ("😀🧠 ab", "🧠"),
        ("a\u200bb\u200dc\ufe0f\u00ad\u2060", ""),  # without a shape
        ("\x1b[31m\u202egnp.exe", ""),  # taken out before
        ("\ue000", "\ue000"),
        ("\ufff9", "\ufff9"),  # DejaVu has a glyph, but nobody shows it
        ("ა", "ა"),  # in capitals, which a rule may ask for
    ],
    ids=["latin-greek-cyrillic", "chinese", "emoji", "invisible", "control", "private", "annotation", "capital"],
)
def test_what_no_font_has_is_known(text: str, lacking: str) -> None:
    assert coverage.missing([text]) == tuple(lacking)


def test_a_font_of_the_user_s_takes_characters_off_the_list(given: tuple[FontFile, ...]) -> None:
    assert coverage.missing([f"{LAYER}犬"], given) == ("犬",)
    assert coverage.spelled(f"{LAYER}犬犬 8", given) == f"{LAYER}[U+72AC U+72AC] 8"


def test_fonts_come_with_the_hashes_of_their_files(tmp_path: Path) -> None:
    first = typefaces.save("猫", tmp_path / "b" / "cat.ttf")
    second = typefaces.save_collection(tmp_path / "a.TTC", "犬", LAYER)
    (tmp_path / "read.me").write_text("no font", encoding="utf-8")
    found = fonts.given([tmp_path])
    assert [(font.name, font.sha256) for font in found] == [
        ("a.TTC", hashlib.sha256(second.read_bytes()).hexdigest()),
        ("b/cat.ttf", hashlib.sha256(first.read_bytes()).hexdigest()),
    ]
    assert fonts.codepoints(found[0]) == {ord("犬"), ord(LAYER)}


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("", b"", "There is no folder of fonts .* Expected files that end in .otc, .otf, .ttc, .ttf. Fix"),
        ("notes.txt", b"x", "holds no font. Expected files that end in"),
        ("broken.ttf", b"x" * 400, "The font 'broken.ttf' cannot be read: .* Expected a TrueType or OpenType font."),
        ("empty.otf", b"", "The font 'empty.otf' cannot be read"),
        ("broken.ttc", b"ttcf" + b"\xff" * 40, "The font 'broken.ttc' cannot be read"),
    ],
    ids=["no-folder", "no-font", "broken", "empty", "broken-collection"],
)
def test_a_folder_without_a_sound_font_is_one_sentence(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    if name:
        (tmp_path / "fonts").mkdir()
        (tmp_path / "fonts" / name).write_bytes(data)
    with pytest.raises(OptionsError, match=sentence):
        fonts.given([tmp_path / "fonts"])


def test_every_cut_of_a_font_file_is_read_or_refused_in_a_sentence(tmp_path: Path) -> None:
    whole = typefaces.save(LAYER, tmp_path / "fonts" / "cut.ttf").read_bytes()
    refused = 0
    for length in range(0, len(whole), 7):
        (tmp_path / "fonts" / "cut.ttf").write_bytes(whole[:length])
        try:
            fonts.given([tmp_path / "fonts"])
        except OptionsError:
            refused += 1
    assert refused > 50


def test_the_page_keeps_a_character_that_no_font_has(templates: Path) -> None:
    del templates
    page = html.document(reports.report(name=LAYER), "screen")
    assert f"It is {LAYER}." in page
    assert "U+5C64" not in page


def test_print_spells_a_character_that_no_font_has(templates: Path) -> None:
    del templates
    page = html.document(reports.report(name=f"{LAYER}{LAYER}_1"), "print")
    assert "It is [U+5C64 U+5C64]_1." in page
    assert LAYER not in page


def test_the_page_holds_the_glyphs_of_the_user_s_font(templates: Path, given: tuple[FontFile, ...]) -> None:
    del templates
    page = html.document(replace(reports.report(name=LAYER), fonts=given), "screen")
    rules = re.findall(r'@font-face\{font-family:"(DejaVu Sans(?: Mono)?)"[^}]*unicode-range:U\+5C64;[^}]*\}', page)
    assert rules == ["DejaVu Sans", "DejaVu Sans Mono"]
    data = base64.b64decode(re.findall(r"unicode-range:U\+5C64;src:url\(\"data:font/woff2;base64,([^\"]+)", page)[0])
    embedded = TTFont(io.BytesIO(data))
    assert set(embedded.getBestCmap()) == {ord(LAYER)}
    # The second square of the font, 790 units wide; the first is that of what the font lacks.
    glyph = embedded["glyf"][embedded.getBestCmap()[ord(LAYER)]]
    assert (glyph.xMin, glyph.xMax) == (100, 890)
    assert page == html.document(replace(reports.report(name=LAYER), fonts=given), "screen")


def test_letters_that_change_with_their_neighbours_keep_the_rules_for_it() -> None:
    rules = fonts.faces("مرحبا")
    data = base64.b64decode(re.findall(r"base64,([^\"]+)", rules)[-1])
    arabic = TTFont(io.BytesIO(data))
    assert {record.FeatureTag for record in arabic["GSUB"].table.FeatureList.FeatureRecord} >= {"init", "medi", "fina"}


@pytest.mark.pdf
class TestPdf:
    def test_a_name_without_glyphs_is_printed_as_its_numbers(self, templates: Path) -> None:
        del templates
        data = pdf.render(reports.report(name=f"{LAYER}\ue000", title="ข้อมูล 🧠"))
        text = " ".join(shown(data).split())
        assert "It is [U+5C64 U+E000]." in text
        assert "[U+0E02 U+0E49 U+0E2D U+0E21 U+0E39 U+0E25] [U+1F9E0]" in text

    def test_the_user_s_font_prints_it_the_same_every_time(
        self, templates: Path, given: tuple[FontFile, ...], tmp_path: Path
    ) -> None:
        del templates
        document = replace(reports.report(name=f"{LAYER}猫"), fonts=given)
        data = pdf.render(document)
        names = {
            str(font.get_object()["/BaseFont"]).split("+")[1]
            for page in PdfReader(io.BytesIO(data)).pages
            for font in page["/Resources"]["/Font"].values()  # type: ignore[index]
        }
        assert "Made-for-a-test" in names
        assert f"It is {LAYER}猫." in shown(data)
        typefaces.save(LAYER + "猫", tmp_path / "elsewhere" / "squares.ttf")
        moved = fonts.given([tmp_path / "elsewhere"])
        assert pdf.render(replace(document, fonts=moved)) == data

    def test_every_script_can_be_a_name(self, templates: Path) -> None:
        """Two characters of every block of 128, whatever they are."""
        del templates
        characters = [chr(code) for start in range(0, 0x20000, 128) for code in (start + 5, start + 77)]
        name = " ".join(each for each in characters if unicodedata.category(each) not in {"Cs", "Cc"})
        assert pdf.render(reports.report(name=name)).startswith(b"%PDF")

    def test_what_runs_leftwards_moves_nothing_beside_it(self, templates: Path) -> None:
        del templates
        name = "שכבה"
        # WeasyPrint writes glyphs from left to right. By the rules for both directions a number after such a word
        # stands at its left, and so it does where nothing encloses the word.
        with pdf.warm() as worker:
            bare = worker.typeset(f'<html lang="en"><title>t</title><h1>{name} 1</h1>')
        assert shown(bare) == f"1 {name}"
        assert shown(pdf.render(reports.report(title=f"{name} 1"))).startswith(f"{name} 1\n")

    @pytest.mark.parametrize("name", ["מסנן 3", "مرحبا", "a\u0323b"], ids=["hebrew", "arabic", "accent"])
    def test_a_label_in_a_drawing_is_set_like_any_text(self, name: str) -> None:
        """The glyphs are those of a paragraph: joined, in the right order, accents on their letters."""
        style = 'font-family="DejaVu Sans" font-size="16"'
        drawn = f'<svg width="300" height="30"><title>t</title><text x="5" y="20" dx="1" {style}>{name}</text></svg>'
        glyphs = []
        for body in (f'<p style="font: 16px DejaVu Sans">{name}</p>', drawn):
            with pdf.warm() as worker:
                data = worker.typeset(f'<html lang="en"><title>t</title><h1>h</h1>{body}')
            content = PdfReader(io.BytesIO(data)).pages[0].get_contents()
            assert content is not None
            glyphs.append(re.findall(rb"<([0-9a-f]{4})>", content.get_data()))
        assert glyphs[0] == glyphs[1] != []
