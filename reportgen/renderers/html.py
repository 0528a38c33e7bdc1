"""Report -> one HTML file that needs nothing else: no network, no script, no font of the reader's machine."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import partial
from typing import Any, Literal

from markupsafe import Markup, escape

from reportgen import templating
from reportgen.document import FontFile, Report
from reportgen.errors import RenderError
from reportgen.renderers import apart, coverage, fonts, policy

SUFFIX = ".html"

Medium = Literal["screen", "print"]

# The style sheet depends on the characters of the page, so it goes in last. No name can hold these marks: they are
# noncharacters, which templating takes out of every string.
_STYLE_SLOT = Markup("\ufdd0style\ufdd1")
_POLICY_SLOT = Markup("\ufdd0policy\ufdd1")


def render(report: Report) -> bytes:
    """Return the report as a web page.

    Raises:
        RenderError: A style sheet or the fonts cannot be used.
    """
    return document(report, "screen").encode("utf-8")


def document(report: Report, medium: Medium) -> str:
    """Return the report as HTML.

    Args:
        report: The report.
        medium: "screen": with the fonts inside. "print": with the rules for pages, for a typesetter that has the
            fonts and no others, so that what they lack is spelled.

    Raises:
        RenderError: A style sheet, the fonts or the user's own templates cannot be used.
    """
    # Templates of someone else's may take any time and memory: not here.
    return apart.document(report, medium) if report.templates else filled(report, medium)


def filled(report: Report, medium: Medium) -> str:
    """Return what `document` does, in this process, whatever the templates do; errors as there."""
    changed = tuple((file.name, file.text) for file in report.templates)
    context: dict[str, Any] = {
        # For labels that are cut to a length; all else is spelled when the page is there.
        "spelled": partial(coverage.spelled, more=report.fonts) if medium == "print" else str,
        "report": report,
        "medium": medium,
        "numbers": {"figure": _Numbers(), "table": _Numbers()},
        "style": _STYLE_SLOT,
        "policy": _POLICY_SLOT,
    }
    if changed:
        page = templating.render_in_sandbox("report.html", changed, **context)
    else:
        page = templating.render("report.html", **context)
    if medium == "print":
        page = coverage.spelled(page, report.fonts)
    style = _style(page, medium, report.fonts, changed)
    page = page.replace(_STYLE_SLOT, style).replace(_POLICY_SLOT, escape(_policy(style)))
    if changed:
        names = tuple(name for name, _ in changed)
        policy.check(page, style, _policy(style) if medium == "screen" else None, names)
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


def _style(page: str, medium: Medium, more: tuple[FontFile, ...], changed: tuple[tuple[str, str], ...]) -> str:
    """All rules for this page, as they stand between <style> and </style>."""
    rules = templating.stylesheet("report.css", changed)
    if medium == "print":
        rules = f"{rules}\n{templating.stylesheet('print.css', changed)}"
    else:
        rules = f"{fonts.faces(_characters(page, rules), more)}\n{rules}"
    if "</style" in rules.lower():
        raise RenderError(
            "A style sheet holds the text '</style', which would end it in the middle of the page. Write it as "
            "'<\\/style', or take it out."
        )
    return rules


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
        f"default-src 'none'; img-src data:; font-src data:; style-src 'sha256-{digest}'; base-uri 'none'; "
        "form-action 'none'"
    )
