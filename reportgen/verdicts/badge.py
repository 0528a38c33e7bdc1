"""A verdict -> a small SVG for a README: what was checked, and how it came out."""

from __future__ import annotations

from html import escape

from reportgen.document import colours
from reportgen.document.verdict import MET, NOT_DECIDED, Verdict

NAME = "policy.svg"
_LABEL = "network policy"
_LETTER, _AROUND, _HEIGHT = 6.6, 12, 20


def render(verdict: Verdict) -> str:
    """Return the badge."""
    light = colours.on_light()
    colour = {MET: light["ok"], NOT_DECIDED: light["warn"]}.get(verdict.exit_code, light["bad"])
    ground, letters = light["words"], light["white"]
    left, right = (_AROUND + round(_LETTER * len(words)) for words in (_LABEL, verdict.word))
    said = escape(f"{_LABEL}: {verdict.word}")
    middle = _HEIGHT - 6
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="{_HEIGHT}" role="img"'
        f' aria-label="{said}"><title>{said}</title><rect width="{left}" height="{_HEIGHT}" fill="{ground}"/>'
        f'<rect x="{left}" width="{right}" height="{_HEIGHT}" fill="{colour}"/><g fill="{letters}" text-anchor="middle"'
        f' font-family="DejaVu Sans, sans-serif" font-size="11"><text x="{left / 2:g}" y="{middle}">{_LABEL}</text>'
        f'<text x="{left + right / 2:g}" y="{middle}">{escape(verdict.word)}</text></g></svg>\n'
    )
