"""Templates and filters: what reaches the page is escaped, cleaned and written the house's way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jinja2 import TemplateNotFound, UndefinedError
from markupsafe import Markup

from reportgen.language import cleaning
from reportgen.renderers import templating

Fill = Callable[..., str]
THIN = "\u202f"
UNPRINTABLE = ["\x00", "\x1b", "\x7f", "\x85", "\u202e", "\u2066", "\u2069", "\ufffe", "\ufdd0", "\U0010ffff", "\ud800"]


@pytest.fixture
def fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fill]:
    """Fill in a template that is given as text."""
    monkeypatch.setattr(templating, "_folder", lambda: tmp_path)
    templating._environment.cache_clear()

    def render(text: str, **context: object) -> str:
        (tmp_path / "template.html").write_text(text, encoding="utf-8")
        templating._environment.cache_clear()
        return templating.render("template.html", **context)

    yield render
    templating._environment.cache_clear()


def test_names_are_escaped(fill: Fill) -> None:
    shown = fill('<p title="{{ name }}">{{ name }}</p>', name="<script>alert('x')</script>\"")
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 2
    assert shown.count('"') == 2


def test_a_name_that_is_not_given_is_an_error(fill: Fill) -> None:
    with pytest.raises(UndefinedError, match="layre"):
        fill("{{ layre }}")


def test_templates_outside_the_folder_are_not_found(fill: Fill) -> None:
    with pytest.raises(TemplateNotFound):
        fill("{% include '../../etc/passwd' %}")


@pytest.mark.parametrize("character", UNPRINTABLE, ids=lambda character: f"U+{ord(character):04X}")
@pytest.mark.parametrize(
    "template", ["{{ name }}", "{{ name|breakable }}", "{{ [name]|join }}", "{{ name|upper }}", "{{ name ~ 'x' }}"]
)
def test_unprintable_characters_are_replaced(fill: Fill, template: str, character: str) -> None:
    shown = fill(template, name=f"a{character}b")
    assert character not in shown
    assert "\ufffd" in shown


def test_markup_is_left_alone(fill: Fill) -> None:
    assert fill("{{ name }}", name=Markup("<b>\ufdd0</b>")) == "<b>\ufdd0</b>"


def test_tabs_line_feeds_and_right_to_left_letters_stay() -> None:
    assert cleaning.clean("a\tb\nשלום \u200d😀") == "a\tb\nשלום \u200d😀"


@given(st.text(), st.text())
@example("a/b", "a--b")
@example("-", "")
@example("", "-empty")
@example("A", "a")
def test_different_names_have_different_anchors(one: str, other: str) -> None:
    assert (cleaning.anchor(one) == cleaning.anchor(other)) == (one == other)


@given(st.text())
def test_an_anchor_is_a_safe_id(name: str) -> None:
    anchor = cleaning.anchor(name)
    assert anchor
    assert set(anchor) <= set("abcdefghijklmnopqrstuvwxyz0123456789-_")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.tags: set[str] = set()
        self.titles: list[str | None] = []

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.titles += [value for name, value in attrs if name == "title"]


@given(st.text(max_size=80))
@example("<script>/</script>")
@example("block_1/&amp;/conv__2")
def test_a_breakable_name_reads_as_before_and_holds_nothing_but_breaks(name: str) -> None:
    reader = _Text()
    reader.feed(str(templating.breakable(name)))
    reader.close()
    assert _bare(reader.text) == cleaning.clean(name)
    assert reader.tags <= {"wbr"}


@given(st.text(min_size=81))
@example("<script>" * 700)
@example('"x' * 3000)
def test_a_long_name_is_shortened_with_the_whole_name_as_title(name: str) -> None:
    reader = _Text()
    reader.feed(str(templating.breakable(name)))
    reader.close()
    whole, text = cleaning.clean(name), _bare(reader.text)
    assert len(text) == 80
    first, _, last = text.partition("…") if "…" not in whole else (text[:40], "", text[41:])
    assert whole.startswith(first)
    assert whole.endswith(last)
    assert [_bare(title or "") for title in reader.titles] == [whole]
    assert reader.tags <= {"wbr", "span"}


def _bare(text: str) -> str:
    """A text without what encloses its parts that run leftwards; no name holds these characters any more."""
    return re.sub("[\u2068\u2069]", "", text)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("שלום עולם", "⟨שלום עולם⟩"),
        ("conv_שכבה/מסנן 3", "conv_⟨שכבה⟩/⟨מסנן⟩ 3"),
        ("طبقة, كلب", "⟨طبقة⟩, ⟨كلب⟩"),
        ("\u202eab\u2067", "\ufffdab\ufffd"),
        ("plain", "plain"),
    ],
    ids=["words", "path", "list", "controls", "latin"],
)
def test_what_runs_leftwards_is_enclosed(fill: Fill, name: str, shown: str) -> None:
    expected = shown.replace("⟨", "\u2068").replace("⟩", "\u2069")
    assert fill("{{ name }}", name=name) == expected
    assert re.sub("<wbr>", "", str(templating.breakable(name))) == expected


@given(st.text())
def test_whatever_is_enclosed_is_closed_again(name: str) -> None:
    enclosed = cleaning.isolated(cleaning.clean(name))
    assert _bare(enclosed) == cleaning.clean(name)
    assert re.fullmatch("(?:[^\u2068\u2069]*\u2068[^\u2068\u2069]+\u2069)*[^\u2068\u2069]*", enclosed)


def test_a_name_without_end_is_shortened_in_a_sentence_too(fill: Fill) -> None:
    assert fill("{{ name }} sees", name="x" * 5000) == f"{'x' * 40}…{'x' * 39} sees"
    assert fill("{{ name }}", name="x" * 256) == "x" * 256


def test_very_long_names_have_anchors_of_their_own() -> None:
    anchors = {cleaning.anchor("x" * number) for number in range(150, 260)}
    assert len(anchors) == 110
    assert max(map(len, anchors)) == 200


def test_a_breakable_name_breaks_after_slash_and_underscore() -> None:
    assert str(templating.breakable("a/b_c/")) == "a/<wbr>b_<wbr>c/"


def test_a_media_type_cannot_leave_its_attribute() -> None:
    assert '"' not in templating.data_uri(b"x", 'image/png" onload="x')


def test_filters_have_the_names_that_templates_use(fill: Fill) -> None:
    shown = fill(
        "{{ 2048|bytes }} {{ 1200000|short }} {{ 3|plural('map') }} {{ (2, 3, 4)|size }} {{ (2,)|shape }} "
        "{{ 0.5|percent }} {{ '12345'|working }} {{ 'A/b'|anchor }} {{ 1.5|number(digits=1) }} "
        "{{ data|data_uri('image/png') }}",
        data=b"abc",
    )
    assert shown == (
        f"2.0{THIN}KiB 1.2\u00a0million 3\u00a0maps 2{THIN}×{THIN}3 2 50.0{THIN}% 12{THIN}345 -41---b 2 "
        "data:image/png;base64,YWJj"
    )


def test_the_templates_are_those_of_the_checkout_or_of_the_package() -> None:
    package = Path(templating.__file__).resolve().parents[1]
    assert templating._folder() in (package / "templates", package.parent / "templates")
    assert templating._folder().is_dir()
