"""Subsets: small, licensed, without a clock, and complete."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys

from fontTools.ttLib import TTFont

from reportgen.renderers import fonts


def embedded(rules: str) -> list[tuple[str, str, TTFont]]:
    """Family, rule and font of each face."""
    return [
        (match[1], match[0], TTFont(io.BytesIO(base64.b64decode(match[2]))))
        for match in re.finditer(r'@font-face\{font-family:"([^"]+)".*?base64,([^"]+)"[^}]*\}', rules)
    ]


def test_usual_text_has_the_same_fonts_that_were_cut_once() -> None:
    usual = fonts.faces("conv2d 3\xa0×\xa03 → 5 ≤ −1 ✓ ▲ “cat” ⌊x⌋")
    assert usual is fonts.faces("")
    assert [family for family, _, _ in embedded(usual)] == [
        "IBM Plex Sans",
        "IBM Plex Mono",
        "IBM Plex Mono",
        "DejaVu Sans",
        "DejaVu Sans Mono",
    ]
    assert len(usual) < 40_000


def test_fallback_holds_only_what_plex_lacks() -> None:
    found = {family: (rule, font) for family, rule, font in embedded(fonts.faces("Aж⌊x⌋ ♞"))}
    rule, font = found["DejaVu Sans"]
    held, plex = set(font.getBestCmap()), set(found["IBM Plex Sans"][1].getBestCmap())
    assert set(map(ord, "⌊⌋✕♞")) <= held
    assert not held & plex
    assert ord("ж") in plex
    assert "U+2308-230B," in rule
    assert "U+265E" in rule


def test_characters_that_no_font_has_are_left_to_the_reader() -> None:
    assert fonts.faces("日") == fonts.faces("")


def test_a_letter_with_a_combining_accent_gets_the_letter_that_has_it() -> None:
    sans = embedded(fonts.faces("e\u0301"))[0][2]
    assert ord("é") in sans.getBestCmap()


def test_sans_varies_in_weight_alone() -> None:
    _, rule, sans = embedded(fonts.faces(""))[0]
    assert [(axis.axisTag, axis.minValue, axis.maxValue) for axis in sans["fvar"].axes] == [("wght", 400, 600)]
    assert "font-weight:400 600;" in rule


def test_licences_travel_with_the_fonts() -> None:
    for family, _, font in embedded(fonts.faces("⌊")):
        notices = {record.nameID: record.toUnicode() for record in font["name"].names}
        assert "Copyright" in notices[0], family
        assert "icense" in notices[13] or "Permission is hereby granted" in notices[13], family


def test_times_are_those_of_the_files() -> None:
    original = TTFont(fonts.bundled()[0].path)["head"].modified
    assert embedded(fonts.faces(""))[0][2]["head"].modified == original


def test_subsets_are_small() -> None:
    # 110 kB of base64 would be a tenth of a report of two samples; the whole files are 2.2 MB.
    assert len(fonts.faces("ÄÖÜäöüß×·−–—’“”…→⌊⌋⌈⌉▲✕●")) < 60_000


def test_matplotlib_is_found_without_being_imported() -> None:
    code = "import sys; from reportgen.renderers import fonts; fonts.faces('⌊'); print('matplotlib' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
