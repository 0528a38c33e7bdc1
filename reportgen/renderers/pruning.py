"""The style sheet of a page -> the rules of it that may match something on paper, with their variables filled in.

Two rules of five are for a screen, or for a chapter or a form of one that this report does not have. WeasyPrint reads
each one, holds it against every element, and works a variable out anew for every style that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_SHEET = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_STRING = r'"(?:[^"\\\n]|\\.)*"' + r"|'(?:[^'\\\n]|\\.)*'"
_PIECE = re.compile(rf"/\*.*?\*/|{_STRING}|[{{}};]|[^{{}};\"'/]+|.", re.DOTALL)
_SPACE = r"(?:\s|/\*(?:[^*]|\*(?!/))*\*/)+"
_AROUND = re.compile(f"^{_SPACE}|{_SPACE}$")
_VARIABLE = re.compile(rf"{_STRING}|var\(\s*(--[\w-]+)\s*\)")
_DEFINED = re.compile(r"(--[\w-]+)\s*:")
# What WeasyPrint takes for another medium than paper, whatever is between the parentheses.
_ELSEWHERE = re.compile(r"\s*(?:screen\b|\()[^,]*", re.IGNORECASE)
_SELECTOR = re.compile(r"(?:[^,()\[\]]|\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\])+")
_WITHIN = re.compile(r"\((?:[^()]|\([^()]*\))*\)|\[[^\[\]]*\]")
_UNUSUAL = re.compile(r"[\\\"'&|]|/\*")
_ON_A_SCREEN = re.compile(r":(?:hover|focus|focus-visible|focus-within|active)\b")
_NAMES = re.compile(r"(?:^|[\s>+~]|(?P<kind>[.#]))(?P<name>[a-zA-Z_-][\w-]*)")
_VALUES = r"""=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
_CLASSES = re.compile(rf"class\s*{_VALUES}", re.IGNORECASE)
_IDS = re.compile(rf"id\s*{_VALUES}", re.IGNORECASE)
_TAGS = re.compile(r"<([a-zA-Z][\w-]*)")
# What a parser of HTML adds.
_IMPLIED = frozenset({"html", "head", "body", "tbody", "tr", "colgroup"})

_Rule = tuple[str, str | None]
"""What stands before the braces, and between them; None where it has none."""


def pruned(page: str) -> str:
    """Return a page that looks the same on paper and has fewer rules, and hardly a variable.

    Args:
        page: HTML with one style sheet, between <style> and </style>; any other is returned as it is.
    """
    sheet = _SHEET.search(page)
    rules = _rules(sheet[1]) if sheet and page.lower().count("<style") == 1 else None
    if sheet is None or rules is None:
        return page
    content = page[: sheet.start()] + page[sheet.end() :]
    kept = list(_kept(rules, _names(content)))
    return f"{page[: sheet.start(1)]}{_filled_in(_written(kept), _variables(kept, content))}{page[sheet.end(1) :]}"


def _rules(sheet: str) -> list[_Rule] | None:
    """The rules of a sheet one after the other, or None where braces do not close."""
    rules: list[_Rule] = []
    head, body, depth = "", "", 0
    for piece in _PIECE.findall(sheet):
        depth += (piece == "{") - (piece == "}")
        if depth < 0:
            return None
        if depth == 0 and piece == "}":
            rules.append((_bare(head), body))
            head = body = ""
        elif depth == 0:
            head += piece
            if piece == ";":
                rules.append((_bare(head), None))
                head = ""
        elif depth > 1 or piece != "{":
            body += piece
    return None if depth or _bare(head) else rules


def _bare(head: str) -> str:
    return _AROUND.sub("", head)


def _written(rules: Iterable[_Rule]) -> str:
    return "\n".join(head if body is None else f"{head} {{{body}}}" for head, body in rules)


def _kept(rules: list[_Rule], names: dict[str, set[str]]) -> Iterator[_Rule]:
    for head, body in rules:
        if body is not None and head.lower().startswith("@media"):
            within = _rules(body)
            if not all(map(_ELSEWHERE.fullmatch, head[len("@media") :].split(","))):
                yield head, body if within is None else _written(_kept(within, names))
        elif body is None or head.startswith("@") or any(_may_match(each, names) for each in _selectors(head)):
            yield head, body


def _selectors(head: str) -> list[str]:
    found = _SELECTOR.findall(head)
    return found if ",".join(found) == head else [head]


def _may_match(selector: str, names: dict[str, set[str]]) -> bool:
    """Whether all that a selector names is in the page; yes where it is not simple enough to be sure."""
    if _UNUSUAL.search(selector):
        return True
    if _ON_A_SCREEN.search(selector):
        return False
    found = _NAMES.finditer(_WITHIN.sub("", selector))
    return all((each["name"] if each["kind"] else each["name"].lower()) in names[each["kind"] or ""] for each in found)


def _names(content: str) -> dict[str, set[str]]:
    """Names of elements, classes after ".", and ids after "#", and perhaps a few that only look like one."""
    classes, ids = (" ".join("".join(each) for each in kind.findall(content)).split() for kind in (_CLASSES, _IDS))
    tags = (each.lower() for each in _TAGS.findall(content))
    return {"": {*_IMPLIED, *tags}, ".": set(classes), "#": set(ids)}


def _variables(rules: list[_Rule], content: str) -> dict[str, str]:
    """Values of the variables that are the same everywhere: those that only the root of the page defines."""
    values: dict[str, str] = {}
    elsewhere = _DEFINED.findall(content)
    for head, body in rules:
        if head != ":root" or body is None or "{" in body:
            elsewhere += _DEFINED.findall(body or head)
            continue
        for declaration in _declarations(body):
            name, _, value = declaration.partition(":")
            if name.strip().startswith("--"):
                values[name.strip()] = value.strip()
    for name in (*elsewhere, *(name for name, value in values.items() if not value or "!" in value)):
        values.pop(name, None)
    for _ in values:
        values = {name: _filled_in(value, values) for name, value in values.items()}
    return {name: value for name, value in values.items() if "var(" not in value}


def _declarations(body: str) -> list[str]:
    pieces = [piece for piece in _PIECE.findall(body) if not piece.startswith("/*")]
    return "".join("\n" if piece == ";" else piece.replace("\n", " ") for piece in pieces).split("\n")


def _filled_in(text: str, values: dict[str, str]) -> str:
    return _VARIABLE.sub(lambda found: values.get(found[1] or "", found[0]), text)
