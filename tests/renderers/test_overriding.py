"""Templates of someone else's: they change how a report looks, and get at nothing."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from reportgen.document.report import Report, Section, TemplateFile
from reportgen.errors import OptionsError, RenderError
from reportgen.renderers import apart, html, json, overriding, pdf, templating
from tests.renderers import reports

CHAPTER = "sections/glossary.html"
REPORT = replace(
    reports.report(name="<b>x</b>"),
    sections=(Section("glossary", "Words", "They mean this.", reports.Content((), 0.5)),),
)


def changed(**texts: str) -> Report:
    """The report with some templates changed; of a name "/" is written as "__" and the ending is left out."""
    endings = {"report": ".html", "parts": ".html", "sections__glossary": ".html", "css": ".css", "print": ".css"}
    names = {name: ("report" if name == "css" else name.replace("__", "/")) + endings[name] for name in texts}
    return replace(
        REPORT, templates=tuple(TemplateFile(names[name], "ab" * 32, text) for name, text in sorted(texts.items()))
    )


def chapter(text: str) -> str:
    """The page with this in the place of a chapter, made in this process, which is quicker."""
    return html.filled(changed(sections__glossary=text), "screen")


def put(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = folder / name.replace("__", "/").replace("_html", ".html").replace("_css", ".css")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))
    return folder


def test_templates_come_with_the_hashes_of_their_files(tmp_path: Path) -> None:
    put(tmp_path, report_css="p {}\r\n", sections__glossary_html="é")
    assert [(file.name, file.sha256, file.text) for file in overriding.given(tmp_path)] == [
        ("report.css", hashlib.sha256(b"p {}\r\n").hexdigest(), "p {}\n"),
        (CHAPTER, hashlib.sha256("é".encode()).hexdigest(), "é"),
    ]
    assert overriding.given(None) == ()


def test_all_real_templates_can_be_changed() -> None:
    assert {"report.html", "parts.html", "report.css", "print.css", "sections/summary.html"} <= set(templating.names())


def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    put(tmp_path / "unknown", sections__dreams_html="")
    put(tmp_path / "latin")
    (tmp_path / "latin").mkdir()
    (tmp_path / "latin" / "report.css").write_bytes(b"\xe9")
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "report.css").symlink_to("/etc/passwd")
    for name, sentence in {
        "nowhere": "There is no folder of templates .* Expected one with files .* Fix --templates",
        "empty": r"holds no template\. Expected one of: .*parts\.html, .* Put one there",
        "unknown": r"no template called 'sections/dreams\.html'\. Expected one of: .*parts\.html, .*glossary.* Rename",
        "latin": r"'report\.css' cannot be read: .* Expected a text in UTF-8",
        "link": r"'report\.css' is a link to a file elsewhere\. Expected files in the folder .* Copy",
    }.items():
        with pytest.raises(OptionsError, match=sentence):
            overriding.given(tmp_path / name)


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_our_own_templates_read_the_same_in_the_sandbox(medium: html.Medium) -> None:
    files = tuple(
        TemplateFile(name, "ab" * 32, templating.stylesheet(name))
        for name in templating.names()
        if not name.startswith("sections/") or name == CHAPTER
    )
    plain = changed(sections__glossary="<p>The same.</p>").templates
    usual = tuple(file for file in files if file.name != CHAPTER) + plain
    page = html.document(replace(REPORT, templates=usual), medium)
    here = html.filled(replace(REPORT, templates=plain), medium)
    # What is filled in here does not say yet which report.json belongs to it.
    before, _, after = here.partition("report.json \ufdd0record\ufdd1")
    assert page.startswith(before)
    assert page.endswith(after)
    assert len(page) == len(before + after) + (len("report.json sha256:") + 64 if after else 0)


def test_a_template_shows_plain_data_escaped() -> None:
    page = chapter("<p>{{ report.model.layers[0].path }} {{ report.failed }} {{ section.content.share|percent }}</p>")
    assert "<p>&lt;b&gt;x&lt;/b&gt; False 50.0\u202f%</p>" in page


def test_a_style_sheet_is_changed_alone() -> None:
    page = html.document(changed(css="p { color: #123456 }", sections__glossary="<p>x</p>"), "screen")
    assert "p { color: #123456 }" in page
    assert templating.stylesheet("report.css")[:300] not in page


@pytest.mark.parametrize(
    ("template", "why"),
    [
        pytest.param("{{ ''.__class__.__mro__[1].__subclasses__()|length }}", "'__class__' of 'str'", id="subclasses"),
        pytest.param("{{ report.failed.__globals__ }}", "'__globals__'", id="globals"),
        pytest.param("{{ cycler.__init__.__globals__.os.popen('id').read() }}", "'__init__'", id="cycler"),
        pytest.param("{{ lipsum.__globals__['os'].popen('id').read() }}", "'lipsum' is undefined", id="lipsum"),
        pytest.param("{{ joiner.__init__ }}", "'__init__'", id="joiner"),
        pytest.param("{{ self.__init__ }}", "'__init__'", id="self"),
        pytest.param("{{ parts.bar.__globals__ }}", "'__globals__'", id="macro"),
        pytest.param("{{ ''|attr('__class__') }}", "'__class__'", id="attr-filter"),
        pytest.param("{{ [report]|map(attribute='__class__')|first }}", "'__class__'", id="map"),
        pytest.param("{{ '{0.__class__.__init__.__globals__}'.format(report) }}", "is unsafe", id="format"),
        pytest.param("{{ ('{0.__class__}'|attr('format'))(report) }}", "'__class__'", id="attr-format"),
        pytest.param("{{ '{x.__class__}'.format_map({'x': report}) }}", "'__class__'", id="format-map"),
        pytest.param("{{ report.model.inputs_behind(report.model.layers[0]) }}", "'inputs_behind'", id="method"),
        pytest.param("{{ numbers.figure._last }}", "'_last'", id="counter"),
        pytest.param("{% include '/etc/passwd' %}", "no template '/etc/passwd'", id="include"),
        pytest.param("{% include '../pyproject.toml' %}", "no template", id="include-above"),
        pytest.param("{% import 'os' as os %}", "no template 'os'", id="import"),
        pytest.param("{{ report.sections.append(1) }}", "append", id="append"),
        pytest.param("{{ numbers.update({'x': 1}) }}", "'update'", id="update"),
        pytest.param("{{ [1, 2]|random }}", "No filter named 'random'", id="random"),
        pytest.param("{% for i in range(10**9) %}{% endfor %}", "Range too big", id="range"),
        pytest.param("{{ nothing }}", "'nothing' is undefined", id="undefined"),
        pytest.param("{{ 1 / 0 }}", "division by zero", id="division"),
        pytest.param("{{ report + 1 }}", "unsupported operand", id="operand"),
        pytest.param("{% include 'sections/glossary.html' %}", "includes itself without end", id="endless"),
        pytest.param("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "includes itself without end", id="recursion"),
    ],
)
def test_an_escape_or_a_mistake_is_one_sentence_with_file_and_line(template: str, why: str) -> None:
    with pytest.raises(RenderError) as caught:
        chapter(f"<p>\n</p>\n{template}")
    sentence = str(caught.value)
    assert sentence.startswith(f"The template {CHAPTER} cannot be used (line 3): ")
    assert why in sentence
    assert "Expected a template that shows the report's plain data. Fix it" in sentence
    assert "\n" not in sentence


def test_a_mistake_in_the_grammar_has_its_line() -> None:
    with pytest.raises(RenderError, match=r"sections/glossary\.html cannot be used \(line 4\): .*'endfor'|end of"):
        chapter("<p>\n{% for x in [1] %}\n{{ x }}\n{% endif %}")


def test_a_template_that_takes_too_much_memory_is_one_sentence() -> None:
    with pytest.raises(
        RenderError, match=r"glossary\.html cannot be used \(line 2\): it takes too much memory\. Expected"
    ):
        html.document(changed(sections__glossary="\n{{ ('a'*10**10)|length }}"), "screen")


def test_a_template_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "TIMEOUT_SECONDS", 1)
    loops = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    for template in (loops, "{{ 9**(9**9) }}"):
        with pytest.raises(
            RenderError, match=r"was stopped: it took more than 1 s or .* memory\. Expected .* Look for"
        ):
            html.document(changed(sections__glossary=template), "screen")


def test_the_other_files_know_nothing_of_templates() -> None:
    report = changed(sections__glossary="{{ broken")
    assert json.render(report) == json.render(REPORT)


@pytest.mark.pdf
def test_a_changed_template_is_printed() -> None:
    data = pdf.render(changed(sections__glossary="<p>Changed on purpose, 層.</p>", print="@page { size: A5 }"))
    page = PdfReader(io.BytesIO(data)).pages[0]
    assert "Changed on purpose, [U+5C64]." in page.extract_text()
    # A5 is 148 mm wide.
    assert float(page.mediabox.width) == pytest.approx(148 / 25.4 * 72, abs=0.1)


@pytest.mark.parametrize(
    "template",
    [
        "<script>1</script>",
        "<SCRIPT src=x></SCRIPT>",
        "{{ '<script>1</script>'|safe }}",
        "{{ report.model.layers[0].kind|safe }}<svg onload='x'></svg>",
        "<img src='https://192.0.2.1/x.png' alt='x'>",
        "<img src='x.png' alt='x'>",
        "<a href='https://192.0.2.1/'>x</a>",
        "<a href='javascript:x'>x</a>",
        "<a href=' #x' href='#x'>x</a>",
        "<p style='color: red'>x</p>",
        "<p onclick='x'>x</p>",
        "<iframe srcdoc='x'></iframe>",
        "<base href='x'>",
        "<form action='#'></form>",
        "<object data='x'></object>",
        "<link rel='stylesheet' href='#x'>",
        "<meta http-equiv='refresh' content='0'>",
        "<style>p {}</style>",
        "<!-- a comment -->",
        "<?php ?>",
        "<svg><rect fill='url(https://192.0.2.1/#x)' width='1' height='1'/></svg>",
        "<svg><use href='x.svg#a'/></svg>",
        "<svg><foreignObject></foreignObject></svg>",
        "<picture><source srcset='data:image/png;base64,AA, https://192.0.2.1/x 2x'></picture>",
        "{{ cycler(1) }}",
        "{{ [1]|map('string') }}",
    ],
)
def test_a_page_that_runs_loads_or_changes_is_refused(template: str) -> None:
    with pytest.raises(
        RenderError, match=r"\(sections/glossary\.html\) is refused, because it holds .* Expected a page"
    ):
        chapter(template)


@pytest.mark.parametrize(
    "rules",
    [
        "@import 'x.css';",
        "p { background: url(x.png) }",
        "p { background: url( 'https://192.0.2.1/x' ) }",
        "p { background: \\75 rl(x) }",
        "p { background: image-set('x' 1x) }",
        "p {} </style><script>1</script>",
    ],
)
def test_a_style_sheet_that_loads_is_refused(rules: str) -> None:
    with pytest.raises(RenderError, match=r"a style sheet|A style sheet holds the text '</style'"):
        html.filled(changed(css=rules, sections__glossary="x"), "screen")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<meta http-equiv="Content-Security-Policy" content="{{ policy }}">', ""),
        ("{{ policy }}", "default-src *"),
        ('<meta charset="utf-8">', '<meta charset="utf-8"><title>first</title>'),
        ('<meta name="generator" content="reportgen">', ""),
        ("<style>{{ style }}</style>", "<style>{{ style }} </style>"),
    ],
    ids=["no-policy", "other-policy", "late-policy", "nameless", "other-style"],
)
def test_the_frame_of_the_page_stays(before: str, after: str) -> None:
    text = templating.stylesheet("report.html")
    assert text.count(before) == 1
    with pytest.raises(RenderError, match="is refused, because it holds"):
        html.filled(changed(report=text.replace(before, after), sections__glossary="x"), "screen")


def test_what_a_page_may_hold_is_let_through() -> None:
    page = chapter(
        "<details open><summary>a</summary><p title='url(#a)'>b <a href='#x'>c</a></p></details>"
        "<img alt='d' src='{{ 'x'|data_uri('image/gif') if false else 'data:image/gif;base64,R0lGODlh' }}'>"
        "<svg viewBox='0 0 1 1'><title>e</title><rect fill='url(#g)' width='1' height='1'/></svg>"
    )
    assert "<summary>a</summary>" in page
