"""A page for paper -> the same page with less in it that costs WeasyPrint time and shows nothing.

Of the 17 s of processor time that the PDF of ResNet-50 took, breaks in names as characters save 1.6 s, ids that nobody
links to 1.8 s, and the words of charts as text 1.2 s.
"""

from __future__ import annotations

import base64
import re
from functools import cache
from html import unescape
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from reportgen.renderers import pruning

_ID = re.compile(r'(<[a-z][a-z0-9]*(?: [^<>]*?)?) id="([^"<>]*)"')
APART = 'data-apart=""'
"""Of a text of a drawing whose places are those of its words; in SVG they are those of its letters."""
_LABELS = re.compile(
    r'<g(?P<look>(?: [a-z-]+="[^"<>]*")* text-anchor="(?:middle|end)"(?: [a-z-]+="[^"<>]*")*)>'
    r'(?P<labels>(?:\s*<text x="[-\d.]+" y="[-\d.]+">\d+</text>)+\s*)</g>'
)
_ATTRIBUTE = re.compile(r' ([a-z-]+)="([^"<>]*)"')
_LABEL = re.compile(r'<text x="([-\d.]+)" y="([-\d.]+)">(\d+)</text>')
_CHART = re.compile(r'src="data:image/svg\+xml;base64,([A-Za-z0-9+/]+=*)"')
_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
# Where matplotlib puts a text, and how large: outlines are drawn upwards, in hundredths of the size of their letters.
_UPRIGHT = re.compile(r"translate\(([-.\d]+) ([-.\d]+)\) scale\(([.\d]+) -\3\)")
_INK = re.compile(r"fill: (#[0-9a-f]{6})")
_TYPEFACE = "IBM Plex Sans"
_DIGIT_WIDTH = 0.6
"""Width of every digit of IBM Plex Sans, as a share of its size."""
_EM_SPACE = "\u2003"
_SPACES = {
    _EM_SPACE: 1000,
    "\u2002": 500,
    "\u2004": 333,
    "\u2008": 272,
    "\u2005": 250,
    "\u00a0": 236,
    "\u2006": 167,
    "\u2009": 118,
    "\u200a": 59,
}
"""Widths of spaces of IBM Plex Sans, in thousandths of its size."""
_LETTER = "#IBMPlexSans-Regular-"


def lightened(page: str) -> str:
    """Return a page that looks the same on paper and has fewer elements and fewer styles.

    Args:
        page: HTML as the templates write it: names of elements and attributes in small letters, values in double
            quotation marks.
    """
    page = pruning.pruned(page)
    # For a <wbr>, WeasyPrint makes an element, two styles and three boxes; this is the character that they put there.
    page = _without_ids(page.replace("<wbr>", "\u200b"))
    return _CHART.sub(_with_lighter_chart, _LABELS.sub(_placed, page))


def _without_ids(page: str) -> str:
    """A page without the ids that no link and no style sheet names.

    Elements alike share their styles; one with an id has its own, and so has everything inside it.
    """
    named = set(re.findall(r"#([\w-]+)", page))
    if "[id" in page:
        return page
    # What only bore an id is empty now.
    return _ID.sub(lambda tag: tag[0] if tag[2] in named else tag[1], page).replace("<span></span>", "")


def _placed(group: re.Match[str]) -> str:
    """Numbers of a drawing as one text, in lines each of which begins where its first number does.

    WeasyPrint makes a picture inside the PDF for every text that does not begin at its place, and of each text an
    element, a style and two layouts.
    """
    look = dict(_ATTRIBUTE.findall(group["look"]))
    size = float(look.get("font-size", 0))
    if not size or look.get("font-family", "").partition(",")[0] != _TYPEFACE:
        return group[0]
    share = 0.5 if look.pop("text-anchor") == "middle" else 1.0
    lines: list[_Line] = []
    for x, y, number in _LABEL.findall(group["labels"]):
        begins = float(x) / size - share * _DIGIT_WIDTH * len(number)
        if not lines or not lines[-1].goes_on(y, begins, number):
            lines.append(_Line(y, begins, number))
    attributes = "".join(f' {name}="{value}"' for name, value in look.items())
    x = " ".join(f"{line.begins * size:.2f}" for line in lines)
    y = " ".join(line.y for line in lines)
    return f'<text{attributes} {APART} x="{x}" y="{y}">{" ".join(line.text for line in lines)}</text>'


class _Line:
    """Numbers that stand side by side, with spaces as wide as the room between them; widths in ems."""

    def __init__(self, y: str, begins: float, text: str) -> None:
        self.y, self.begins, self.text = y, begins, text
        self._ends = begins + _DIGIT_WIDTH * len(text)

    def goes_on(self, y: str, begins: float, number: str) -> bool:
        """Take one more number in, where it stands in this line and behind all others."""
        spaces = _spaces(round(1000 * (begins - self._ends))) if y == self.y else ""
        self.text += spaces + number if spaces else ""
        self._ends += sum(_SPACES[each] for each in spaces) / 1000 + _DIGIT_WIDTH * len(number)
        return bool(spaces)


def _spaces(width: int) -> str:
    """As few spaces as are so wide, in thousandths of an em, give or take two; none where they cannot be."""
    ems = max(0, width // 1000 - 1)
    rest = width - 1000 * ems
    near = [spaces for spaces in _fewest_spaces()[max(1, rest - 2) : max(1, rest + 3)] if spaces]
    return _EM_SPACE * ems + min(near, key=len) if near else ""


@cache
def _fewest_spaces() -> list[str]:
    """For each width up to two ems, in thousandths, the fewest spaces of exactly this width, or none."""
    fewest = [""]
    for width in range(1, 2003):
        steps = [(name, width - step) for name, step in _SPACES.items() if step <= width]
        found = [fewest[rest] + name for name, rest in steps if not rest or fewest[rest]]
        fewest.append(min(found, key=len, default=""))
    return fewest


def _with_lighter_chart(found: re.Match[str]) -> str:
    drawing = chart(base64.b64decode(found[1]))
    return f'src="data:image/svg+xml;base64,{base64.b64encode(drawing).decode("ascii")}"'


def chart(drawing: bytes) -> bytes:
    """Return a chart by matplotlib with its words as text instead of single letters, and with lines alike as one.

    Paper has the typeface that the letters are outlines of. A text with letters of another one, at an angle, or with
    "--", which a comment cannot hold, stays as it is drawn.

    Args:
        drawing: SVG; returned as it is where it cannot be read.
    """
    try:
        root = ElementTree.fromstring(
            drawing, ElementTree.XMLParser(target=ElementTree.TreeBuilder(insert_comments=True))
        )
    except ElementTree.ParseError:
        return drawing
    outlines: dict[str, Element] = {}
    root[:] = _lighter(list(root), outlines)
    # What is drawn first may have been the definition of what is drawn still.
    needed = dict.fromkeys(each.get(_HREF, "")[1:] for each in root.iter(f"{_SVG}use"))
    definitions = Element(f"{_SVG}defs")
    definitions.extend(outlines[name] for name in needed if name in outlines)
    root.insert(0, definitions)
    return ElementTree.tostring(root)


def _lighter(elements: list[Element], outlines: dict[str, Element]) -> list[Element]:
    """Elements side by side, lighter.

    Args:
        elements: The elements.
        outlines: Takes the outlines of letters that are in texts, by their ids.
    """
    lighter: list[Element] = []
    words = ""
    for element in elements:
        tag: object = element.tag
        if tag is ElementTree.Comment:
            words = unescape(element.text or "").strip()
            continue
        text = _text(element, words, outlines)
        words = ""
        if text is not None:
            lighter.append(text)
        elif tag == f"{_SVG}g":
            inside = _lighter(list(element), outlines)
            if set(element.keys()) <= {"id"}:
                lighter.extend(inside)
            else:
                element[:] = inside
                lighter.append(element)
        elif lighter and _are_lines_alike(lighter[-1], element):
            lighter[-1].set("d", f"{lighter[-1].get('d')} {element.get('d')}")
        else:
            lighter.append(element)
    return lighter


def _text(group: Element, words: str, outlines: dict[str, Element]) -> Element | None:
    """What stands for a group of letters that are drawn, or None where that cannot be."""
    place, ink = _UPRIGHT.fullmatch(group.get("transform", "")), _INK.fullmatch(group.get("style", ""))
    if not words or not place or not ink:
        return None
    for outline in group.iterfind(f"{_SVG}defs/{_SVG}path"):
        outlines[outline.get("id", "")] = outline
    if "- -" in words or not all(each.get(_HREF, "").startswith(_LETTER) for each in group.iterfind(f"{_SVG}use")):
        return None
    x, y, size = place.groups()
    look = {"font-family": _TYPEFACE, "font-size": f"{100 * float(size):g}", "fill": ink[1]}
    text = Element(f"{_SVG}text", {"x": x, "y": y, **look})
    text.text = words
    return text


def _are_lines_alike(one: Element, other: Element) -> bool:
    """Whether two paths are opaque lines of one look, so that they may be one path."""
    look, others = ({name: value for name, value in each.items() if name != "d"} for each in (one, other))
    style = look.get("style", "")
    return one.tag == f"{_SVG}path" and look == others and style.startswith("fill: none") and "opacity" not in style
