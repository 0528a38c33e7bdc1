"""How full the pages of a PDF are, as seen on their pictures."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import Destination

from tests.checks import tools

_DOTS = 40  # dots in an inch
_TOP, _BOTTOM = 17 / 297, 1 - 16 / 297
"""Where the text of a page begins and ends, as shares of its height: above and below are the running titles."""
_INK = 225


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page.

    Attributes:
        number: From 1.
        filled: Share of its height, 0..1, down to the last ink.
        chapters: Titles of the chapters that begin on it.
        first_starts_it: Whether the first of these stands at the head of the page.
    """

    number: int
    filled: float
    chapters: tuple[str, ...]
    first_starts_it: bool


def sheets(pdf: Path, folder: Path) -> list[Sheet]:
    """Look at every page of a PDF.

    Args:
        pdf: The file.
        folder: An empty folder for the pictures of its pages.
    """
    command = [tools.program("pdftoppm"), "-r", str(_DOTS), "-gray", str(pdf), str(folder / "page")]
    subprocess.run(command, check=True)
    reader = PdfReader(pdf)
    begins: dict[int, list[tuple[str, float]]] = {}
    for entry in _flat(reader.outline):
        number = reader.get_destination_page_number(entry)
        assert number is not None
        height = float(reader.pages[number].mediabox.height)
        begins.setdefault(number, []).append((str(entry.title), 1 - float(entry.top or 0) / height))
    found = []
    for place, file in enumerate(sorted(folder.glob("page*.pgm"))):
        rows = np.asarray(Image.open(file)).min(axis=1) < _INK
        height = len(rows)
        inside = np.flatnonzero(rows[round(height * _TOP) : round(height * _BOTTOM)])
        filled = float(inside[-1] + 1) / (height * (_BOTTOM - _TOP)) if len(inside) else 0.0
        at = begins.get(place, [])
        found.append(Sheet(place + 1, filled, tuple(name for name, _ in at), bool(at) and at[0][1] < _TOP + 0.06))
    return found


def _flat(outline: Sequence[Any], depth: int = 2) -> Iterator[Destination]:
    """The bookmarks of the title, of the annexes and of their chapters; those below are parts of chapters."""
    for entry in outline:
        if isinstance(entry, Destination):
            yield entry
        elif depth > 1:
            yield from _flat(entry, depth - 1)


def half_empty(pages: list[Sheet], least: float = 2 / 3) -> list[int]:
    """Return the numbers of pages that are less full than a share though their chapter goes on."""
    return [page.number for page, following in pairwise(pages) if page.filled < least and not following.first_starts_it]


def body(pages: list[Sheet]) -> int:
    """Return how many pages stand before the annexes; all where there are none."""
    return next((page.number - 1 for page in pages if "Annexes" in page.chapters), len(pages))


def main(pdf: str, most: str, most_of_body: str) -> None:
    """Look at the PDF of a report, and end with a sentence where it has too many pages, or one that is half empty.

    Args:
        pdf: The file.
        most: How many pages it may have.
        most_of_body: How many of these may stand before the annexes.
    """
    with tempfile.TemporaryDirectory() as folder:
        pages = sheets(Path(pdf), Path(folder))
    before = body(pages)
    wrong = [f"{len(pages)} pages, {before} before the annexes: expected at most {most} and {most_of_body}"]
    wrong *= len(pages) > int(most) or before > int(most_of_body)
    wrong += [f"page {number} is half empty, though its chapter goes on" for number in half_empty(pages)]
    if wrong:
        raise SystemExit(f"{pdf}: {'; '.join(wrong)}.")


if __name__ == "__main__":
    main(*sys.argv[1:])
