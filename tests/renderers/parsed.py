"""A page -> what a browser finds in it: tags, text, its policy and its style sheet."""

from __future__ import annotations

from html.parser import HTMLParser


class Page(HTMLParser):
    """What a browser finds in a page."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self._open: list[str] = []
        self.feed(page.decode("utf-8"))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "wbr", "link", "br"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        where = self._open[-1] if self._open else ""
        self.text[where] = self.text.get(where, "") + data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def policy(self) -> str:
        found = [each["content"] for each in self.named("meta") if each.get("http-equiv") == "Content-Security-Policy"]
        assert len(found) == 1
        assert found[0] is not None
        return found[0]

    @property
    def style(self) -> str:
        assert len(self.named("style")) == 1
        return self.text["style"]
