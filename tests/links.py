"""Links of a page that lead nowhere."""

from __future__ import annotations

import re


def lost(page: str) -> set[str]:
    """Return where links inside a page lead that has no element of that id."""
    places = set(re.findall(r'<[^<>]* id="([^"]*)"', page))
    return set(re.findall(r'<a [^<>]*href="#([^"]*)"', page)) - places
