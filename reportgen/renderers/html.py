"""Report -> one HTML file that needs nothing else: no network, no script, no font of the reader's machine."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from markupsafe import Markup, escape

from reportgen.document import colours
from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.language import cleaning, numerals
from reportgen.renderers import apart, assets, coverage, fonts, json, policy, templating
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = ".html"

Medium = Literal["screen", "print"]

# The style sheet depends on the characters of the page, so it goes in last. No name can hold these marks: they are
# noncharacters, which templating takes out of every string.
_STYLE_SLOT = Markup("\ufdd0style\ufdd1")
_BASE_FORBIDDEN = "base-uri 'none'; "
_POLICY_SLOT = Markup("\ufdd0policy\ufdd1")
_RECORD_SLOT = Markup("\ufdd0record\ufdd1")
_ID = re.compile(r'\bid="([^"]+)"')
_INSIDE = re.compile(r'(<a\b[^<>]*?) href="#([^"]*)"')
_ON_PAGE = re.compile(r' ?<a class="on-page" href="#([^"]*)">[^<]*</a>')
# A picture in a drawing, large enough to be worth a second look.
_DRAWN = re.compile(r'<image (href="data:image/png;base64,[A-Za-z0-9+/]{1024,}=*"[^<>]*/>)')


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, from above."""
    return plan.html_bytes


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the report as a web page.

    Raises:
        RenderError: A style sheet or the fonts cannot be used.
    """
    return dict(report.made).get(SUFFIX) or document(report, "screen", tools=tools).encode("utf-8")


def parted(report: Report, folder: str, tools: Tools | None = None) -> assets.Parts:
    """Return the report as a web page, and its style sheet and pictures as files.

    Args:
        report: The report.
        folder: Name of the folder that the files go into, beside the page; letters, digits, ".", "_" and "-".
        tools: What another renderer made of the report.

    Raises:
        RenderError: As for `document`; or the template of the page puts its style sheet elsewhere than into an element
            of its own.
    """
    _check_pictures(report)
    fill = apart.document if report.templates else filled
    page = _bound(fill(report, "screen", stylesheet=assets.style_address(folder)), report, tools)
    return assets.take_apart(page, _sheets(_changed(report), "screen", _chapters(report)), folder)


def templates(report: Report) -> tuple[str, ...]:
    """Return the templates that this process fills in for a page: none where some are the user's own."""
    chapters = (f"sections/{section.name}.html" for section in report.sections)
    return () if report.templates else ("report.html", "parts.html", *chapters)


def check_size(report: Report, size_bytes: int) -> None:
    """Refuse a page above its budget, to which it was kept as far as could be told when the report was made.

    Raises:
        RenderError: It is.
    """
    if 0 < report.max_size_bytes < size_bytes:
        raise RenderError(
            f"report.html takes {numerals.megabytes(size_bytes)}. Expected at most"
            f" {numerals.megabytes(report.max_size_bytes)}. Raise --max-size, or choose fewer samples with --pick or"
            " fewer layers with --layers."
        )


def framed(report: Report) -> str:
    """Return the report as a frame for a page of others, such as a notebook: neither page reaches the other's styles.

    The frame may run no script, send no form and open nothing in its neighbour's place.

    Raises:
        RenderError: A style sheet or the fonts cannot be used.
    """
    page = document(report, "screen")
    # A page without an address takes its neighbour's: a link to one of its chapters would open the neighbour.
    page = page.replace(escape(_BASE_FORBIDDEN), "").replace("<head>", '<head>\n<base href="about:srcdoc">', 1)
    # The characters that end an attribute or begin another; escaping all others would make a page of megabytes longer.
    inside = page.replace("&", "&amp;").replace('"', "&quot;")
    return (
        f'<iframe title="{escape(cleaning.clean(report.title))}" sandbox width="100%" height="720" '
        f'style="border: 1px solid {colours.EDGE_OF_A_FRAME}" srcdoc="{inside}"></iframe>'
    )


def document(report: Report, medium: Medium, rules: str = "", tools: Tools | None = None) -> str:
    """Return the report as HTML.

    Args:
        report: The report.
        medium: "screen": with the fonts inside. "print": with the rules for pages, for a typesetter that has the
            fonts and no others, so that what they lack is spelled.
        rules: Style rules after all others.
        tools: What another renderer made of the report.

    Raises:
        RenderError: A style sheet, the fonts or the user's own templates cannot be used; or the report was read from
            JSON, which holds no pictures.
    """
    _check_pictures(report)
    # Templates of someone else's may take any time and memory: not here.
    fill = apart.document if report.templates else filled
    return _bound(fill(report, medium, rules), report, tools)


def standalone(template: str, medium: Medium, **context: object) -> str:
    """Return a page that is no report, in the report's style.

    Args:
        template: Name of its template, which has a style sheet of the same name.
        medium: As for `document`.
        **context: What the template may name besides `medium`, `numbers`, `style` and `policy`.
    """
    numbers = {"figure": _Numbers(), "table": _Numbers()}
    known = {"medium": medium, "numbers": numbers, "style": _STYLE_SLOT, "policy": _POLICY_SLOT}
    page = templating.render(f"{template}.html", **known, **context)
    names = ("report.css", *(("print.css",) if medium == "print" else ()), f"{template}.css")
    rules = "\n".join((templating.shared_rules(), *map(templating.stylesheet, names)))
    if medium == "print":
        page = coverage.spelled(page, ())
    else:
        rules = f"{fonts.faces(_characters(page, rules), ())}\n{rules}"
    style = rules.strip()
    return page.replace(_STYLE_SLOT, style).replace(_POLICY_SLOT, escape(_policy(style)))


def filled(report: Report, medium: Medium, rules: str = "", stylesheet: str = "") -> str:
    """Return what `document` does, or, with the address of a style sheet, the page without a sheet or a policy.

    It is made in this process, whatever the templates do; errors as there.
    """
    if medium == "print":
        report = replace(report, sections=report.on_paper)
    changed = _changed(report)
    slotted = _page(report, medium, changed)
    if medium == "screen":
        slotted = _once(slotted)
    style = _style(slotted, medium, report, changed) + rules
    page = slotted.replace(_STYLE_SLOT, style).replace(_POLICY_SLOT, escape(_policy(style)))
    if changed:
        names = tuple(name for name, _ in changed)
        policy.check(page, style, _policy(style) if medium == "screen" else None, names)
    return _linked(slotted, stylesheet) if stylesheet else page


def _bound(page: str, report: Report, tools: Tools | None) -> str:
    """A page that says which report.json belongs to it: by the hash of its bytes, whether it is written or not."""
    if _RECORD_SLOT not in page:
        return page
    return page.replace(_RECORD_SLOT, f"sha256:{hashlib.sha256(json.render(report, tools)).hexdigest()}")


def _check_pictures(report: Report) -> None:
    if report.lacks_pictures:
        raise RenderError(
            "A page or a PDF cannot be made from this report: it was read from JSON, which describes pictures and does "
            "not hold them. Expected a report as explain returns it. Use the page that was written beside the JSON "
            "file, or make the report again."
        )


def _changed(report: Report) -> tuple[tuple[str, str], ...]:
    """Names and texts of the user's own templates."""
    return tuple((file.name, file.text) for file in report.templates)


def _page(report: Report, medium: Medium, changed: tuple[tuple[str, str], ...]) -> str:
    """The page with slots for what depends on all of its characters."""
    context: dict[str, object] = {
        # For labels that are cut to a length; all else is spelled when the page is there.
        "spelled": partial(coverage.spelled, more=report.fonts) if medium == "print" else str,
        "report": report,
        "medium": medium,
        "numbers": {"figure": _Numbers(), "table": _Numbers()},
        "style": _STYLE_SLOT,
        "policy": _POLICY_SLOT,
        "record": _RECORD_SLOT,
    }
    if changed:
        page = templating.render_in_sandbox("report.html", changed, **context)
    else:
        page = templating.render("report.html", **context)
    return coverage.spelled(_without_loose_ends(page), report.fonts) if medium == "print" else page


def _without_loose_ends(page: str) -> str:
    """A page on paper without links to what only the page on a screen has: a card that is folded, an annex."""
    there = set(_ID.findall(page))
    page = _ON_PAGE.sub(lambda link: link[0] if link[1] in there else "", page)
    return _INSIDE.sub(lambda link: link[0] if link[2] in there else link[1], page)


def _once(page: str) -> str:
    """A page that holds a picture once which its drawings show in several places, such as that of page one."""
    every = _DRAWN.findall(page)
    shown: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        picture = found[1]
        if every.count(picture) == 1:
            return found[0]
        if picture in shown:
            return f'<use href="#{shown[picture]}"/>'
        shown[picture] = f"shown-again-{len(shown) + 1}"
        return f'<image id="{shown[picture]}" {picture}'

    return _DRAWN.sub(place, page)


def _linked(slotted: str, stylesheet: str) -> str:
    """A page with the address of its style sheet in the place of the sheet, and without a policy."""
    page = slotted.replace(f"<style>{_STYLE_SLOT}</style>", f'<link rel="stylesheet" href="{escape(stylesheet)}">')
    page = page.replace(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY_SLOT}">\n', "")
    if _STYLE_SLOT in page or _POLICY_SLOT in page:
        raise RenderError(
            "The style sheet of report.html cannot be made a file of its own, because the template writes it in an "
            "unusual way. Expected <style>{{ style }}</style> and the policy in one <meta> element on a line. Write "
            "them so, or do without --assets-dir."
        )
    return page


class _Numbers:
    """Counts figures or tables; reads the same in every process, should a template show it instead of calling it."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> int:
        self._last += 1
        return self._last

    def __repr__(self) -> str:
        return "a row of numbers"


def _style(page: str, medium: Medium, report: Report, changed: tuple[tuple[str, str], ...]) -> str:
    """All rules for this page, as they stand between <style> and </style>."""
    rules = _sheets(changed, medium, _chapters(report))
    if medium == "screen":
        rules = f"{fonts.faces(_characters(page, rules), report.fonts)}\n{rules}"
    if "</style" in rules.lower():
        raise RenderError(
            "A style sheet holds the text '</style', which would end it in the middle of the page. Write it as "
            "'<\\/style', or take it out."
        )
    # Some programs hash a style sheet without the line ends around it, so it has none.
    return rules.strip()


def _chapters(report: Report) -> tuple[str, ...]:
    return tuple(section.name for section in report.sections)


def _sheets(changed: tuple[tuple[str, str], ...], medium: Medium, chapters: tuple[str, ...]) -> str:
    """Style sheets, those of the chapters last, after the custom properties that they read."""
    names = [
        "report.css",
        *(["print.css"] if medium == "print" else []),
        *(f"sections/{each}.css" for each in chapters),
    ]
    sheets = (templating.stylesheet(name, changed) for name in names)
    return "\n".join((templating.shared_rules(), *filter(None, sheets)))


def _characters(page: str, rules: str) -> str:
    """The characters that the page may show, printable ASCII aside: those of its text and of generated content."""
    escapes = (int(digits, 16) for digits in re.findall(r"\\([0-9A-Fa-f]{1,6})", rules))
    shown = set(re.findall(r"[^\x00-\x7f]", page + rules)).union(chr(code) for code in escapes if code <= 0x10FFFF)
    # A rule may ask for capitals.
    return "".join(sorted(shown.union(*(character.upper() for character in shown))))


def _policy(style: str) -> str:
    """What the page may load: itself. The hash is that of its one style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; font-src data:; style-src 'sha256-{digest}'; {_BASE_FORBIDDEN}"
        "form-action 'none'"
    )
