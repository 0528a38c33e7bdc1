"""A page made with templates of the user's own -> nothing, or a sentence about what a report may not hold.

The page says in its own policy that it runs no script and loads nothing, and browsers keep to it; so that nobody finds
out there, in a report with holes, it is looked for here. What is not known to be harmless is refused.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from reportgen.errors import RenderError

_GENERATOR = ("generator", "reportgen")
_ELEMENTS = frozenset(
    re.findall(
        r"\S+",
        "html head meta title style body a abbr address article aside b bdi bdo blockquote br caption cite code "
        "col colgroup data dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header "
        "hgroup hr i img ins kbd li main mark nav ol p picture pre q rp rt ruby s samp section small source span "
        "strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr svg g path rect circle ellipse "
        "line polyline polygon text tspan desc defs clippath marker lineargradient radialgradient stop pattern "
        "mask symbol use image ",
    )
)
_PICTURES = frozenset({"img", "source", "image"})
_ADDRESSES = frozenset({"href", "xlink:href", "src", "srcset"})
# Attributes that name a place to load from, to send to, or hold a style or a page of their own.
_FORBIDDEN = frozenset(
    re.findall(
        r"\S+",
        "action archive background cite classid codebase data formaction http-equiv icon longdesc manifest ping "
        "poster profile srcdoc style usemap ",
    )
)
_STYLE_LOADS = re.compile(
    r"@import|url\((?!\s*['\"]?\s*(?:data:|#))[^)]{0,80}|(?:image-set|image|src)\(", re.IGNORECASE
)
_PICTURE = re.compile(r"data:image/[a-z+]+;base64,[A-Za-z0-9+/]+={0,2}")
_ESCAPE = re.compile(r"\\(?:([0-9A-Fa-f]{1,6})\s?|(.))")
_OBJECT = re.compile(r"(?:object|function|method|module)\b[^<>]{0,200} at 0x[0-9a-f]{6,}")


def check(page: str, style: str, policy: str | None, names: tuple[str, ...]) -> None:
    """Refuse a page that could run, load or send something, or that is not the same every time.

    Args:
        page: The whole page.
        style: The text of its one style sheet.
        policy: What it has to say that it may load; None for print, where nothing is said.
        names: The templates of the user's own.

    Raises:
        RenderError: It holds such a thing.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    problems = [*reader.problems, *_of_style(style)]
    if reader.styles != [style]:
        problems.append("another style sheet than its own")
    if reader.policies != ([policy] if policy else []) or (policy and reader.early):
        problems.append("no policy, or not as the first thing in its head")
    if _GENERATOR not in reader.metas:
        problems.append('no <meta name="generator" content="reportgen">')
    if _OBJECT.search(page):
        problems.append("an object of Python, which reads differently every time")
    if problems:
        raise RenderError(
            f"The page that your templates make ({', '.join(names)}) is refused, because it holds {problems[0]}."
            " Expected a page that runs no script, loads nothing from outside and is the same every time. Fix the"
            " template."
        )


def _of_style(style: str) -> list[str]:
    """What a style sheet would load, its escapes undone."""
    plain = _ESCAPE.sub(lambda found: _character(found.group(1)) if found.group(1) else found.group(2), style)
    return [f"{found.group()!r} in a style sheet" for found in _STYLE_LOADS.finditer(plain)]


def _character(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"


class _Reader(HTMLParser):
    """Reads a page.

    Attributes:
        problems: What it may not hold.
        styles: Texts of its style sheets.
        policies: What it says that it may load.
        metas: Names and contents of its other meta elements.
        early: Whether something that shows or loads came before the policy.
    """

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self.styles: list[str] = []
        self.policies: list[str] = []
        self.metas: set[tuple[str, str]] = set()
        self.early = False
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        given = {name: value or "" for name, value in attrs}
        if tag not in _ELEMENTS:
            self.problems.append(f"<{tag}>")
        if len(given) < len(attrs):
            self.problems.append(f"an attribute twice in <{tag}>")
        if not self.policies and tag not in {"html", "head", "meta"}:
            self.early = True
        if tag == "meta" and given.get("http-equiv", "").lower() == "content-security-policy":
            self.policies.append(given.pop("content", ""))
            del given["http-equiv"]
        elif tag == "meta":
            self.metas.add((given.get("name", ""), given.get("content", "")))
        self._in_style = tag == "style"
        if self._in_style:
            self.styles.append("")
        for name, value in given.items():
            self._check(tag, name, value)

    def _check(self, tag: str, name: str, value: str) -> None:
        shown = f"{name}={value[:80]!r}"
        if name.startswith("on") or name in _FORBIDDEN:
            self.problems.append(f"<{tag} {shown}>")
        elif name in _ADDRESSES:
            inside = _PICTURE.fullmatch(value) if tag in _PICTURES else value.startswith("#")
            if not inside:
                self.problems.append(f"the address {shown}")
        elif re.search(r"url\((?!\s*['\"]?\s*#)", value, re.IGNORECASE):
            self.problems.append(f"the address {shown}")

    def handle_endtag(self, tag: str) -> None:
        """Leave a style sheet; nothing else has an end that matters."""
        self._in_style = False

    def handle_data(self, data: str) -> None:
        """Keep what stands in a style sheet."""
        if self._in_style:
            self.styles[-1] += data

    def handle_comment(self, data: str) -> None:
        """Refuse a comment."""
        self.problems.append("a comment of HTML, which programs read differently; write {# … #} instead")

    def handle_decl(self, decl: str) -> None:
        """Refuse any declaration but that of the language."""
        if decl.lower() != "doctype html":
            self.problems.append(f"<!{decl[:80]}>")

    def handle_pi(self, data: str) -> None:
        """Refuse an instruction to a program."""
        self.problems.append(f"<?{data[:80]}>")

    def unknown_decl(self, data: str) -> None:
        """Refuse a marked section."""
        self.problems.append(f"<![{data[:80]}]>")
