"""Every colour of a report, once: style sheets, drawings, charts and pictures all take theirs from here."""

from __future__ import annotations

from collections.abc import Mapping

ON_PAGES = {
    "paper": ("#fcfcfa", "#14181b"),
    "ink": ("#1c2126", "#e6eaec"),
    "soft": ("#59636b", "#a0abb3"),
    "line": ("#dde2e5", "#2e373d"),
    "wash": ("#f2f4f4", "#1c2328"),
    "accent": ("#0b5c7a", "#6cc0de"),
    "respond": ("#b87800", "#f0b400"),
    "oppose": ("#2570a6", "#7ab6e6"),
    "quantity": ("#0b5c7a", "#6cc0de"),
    "bar": ("#4a889c", "#4a889c"),
    "ok": ("#1b6e3c", "#7ccf9a"),
    "warn": ("#b04d00", "#e2b35a"),
    "bad": ("#a32626", "#f08a8a"),
    "conv": ("#d3e6ee", "#17333f"),
    "pool": ("#e9e6f3", "#2a2740"),
    "dense": ("#f6e7cb", "#3a2f1c"),
    "merge": ("#d9ecd6", "#20331f"),
    "conv_deep": ("#0b5c7a", "#6cc0de"),
    "pool_deep": ("#6a5a9c", "#a99bdc"),
    "dense_deep": ("#a06a00", "#e2b35a"),
    "merge_deep": ("#2f7d3a", "#7ccf9a"),
}
"""Each colour on a light page and on a dark one."""
IN_CHARTS = {"soft": ("#5d6770", "#9aa6ae"), "line": ("#dfe3e6", "#2c343a")}
"""The same, where thin lines and small letters of a chart need others than the page."""
EVERYWHERE = {
    "white": "#fff",
    "grey": "#8b959c",
    "words": "#3a444b",
    "frame": "#f0b400",
    "frame_edge": "#101214",
    "hatch": "#7fa8ba",
    "for_it": "#b35806",
    "against": "#2f80c2",
    "cream": "#fff3d6",
}
"""Colours that are the same on both: of pictures and their frames, and of what is printed only."""
OF_CLASSES = (
    "#14142e", "#5a1846", "#0b4f6c", "#91401a", "#2f7340", "#8267b3",
    "#d06a45", "#45a294", "#d9962f", "#94bbe6", "#ead254", "#f8f3e4",
)  # fmt: skip
"""Classes of pixels, from dark to light, so that a grey copy tells them apart, too."""
OTHER_CLASSES = EVERYWHERE["grey"]
"""All further classes."""
LEFT_OUT = (EVERYWHERE["grey"], EVERYWHERE["white"])
"""Stripes of pixels that have no class."""
EDGE_OF_A_FRAME = "#8888"
"""Half clear, for a page of others of which nobody knows whether it is light or dark."""


def on_light() -> dict[str, str]:
    """Return all colours of a light page, by name."""
    return {name: light for name, (light, _) in ON_PAGES.items()} | EVERYWHERE


def rules() -> str:
    """Return the colours as custom properties of CSS, for pages of both kinds."""
    light = on_light()
    dark = {name: colour for name, (_, colour) in ON_PAGES.items()}
    return (
        f":root {{ {_properties(light)} }}\n@media (prefers-color-scheme: dark) {{ :root {{ {_properties(dark)} }} }}"
    )


def rgb(colour: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a colour, 0..255.

    >>> rgb("#8b959c"), rgb("#fff")
    ((139, 149, 156), (255, 255, 255))
    """
    digits = colour.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _properties(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name.replace('_', '-')}: {colour};" for name, colour in colours.items())
