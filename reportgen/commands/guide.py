"""The Markdown files in `reportgen/guide` -> the topics of the guide and their pages."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path

from reportgen.errors import OptionsError

FOLDER = Path(__file__).resolve().parents[1] / "guide"


def topics() -> dict[str, str]:
    """Return the title of every topic by its name, in alphabetical order."""
    return {file.stem: _title(file) for file in sorted(FOLDER.glob("*.md"))}


def page(topic: str) -> str:
    """Return the page of a topic, in Markdown.

    Args:
        topic: Its name, in capitals or not.

    Raises:
        OptionsError: There is no such topic.
    """
    known = tuple(topics())
    name = topic.casefold()
    if name in known:
        return (FOLDER / f"{name}.md").read_text(encoding="utf-8")
    nearest = get_close_matches(name, known, n=1, cutoff=0.5)
    advice = f"Did you mean {nearest[0]!r}?" if nearest else "'reportgen guide' says what each is about."
    raise OptionsError(f"The guide has no topic {topic!r}. Expected one of: {', '.join(known)}. {advice}")


def list_of_topics() -> str:
    """Return a page that lists the topics, one line each, in Markdown that reads well as plain text."""
    known = topics()
    width = max(map(len, known))
    lines = (f"    {name:{width}}  {title}" for name, title in known.items())
    return "\n".join(["Topics of the guide, to be printed by `reportgen guide TOPIC`:", "", *lines, ""])


def _title(file: Path) -> str:
    with file.open(encoding="utf-8") as lines:
        return next(lines).removeprefix("# ").strip()
