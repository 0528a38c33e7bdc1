"""A chart with words in it, drawn as those of the product are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.document.report import Figure
from reportgen.figures import charts
from reportgen.figures.class_labels import Letters

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def bars(name: str, *labels: str, title: str = "parameters", words: str = "{}") -> Figure:
    """Draw a bar for each label, the next always longer by the first, with its number at its end."""

    def draw(canvas: Canvas, ink: charts.Ink) -> None:
        panel = canvas.subplots()
        places = list(range(len(labels)))
        panel.barh(places, [place + 1 for place in places], color=ink.accent)
        for place in places:
            panel.text(place + 1.1, place, words.format(place + 1), va="center", color=ink.text, fontsize=8)
        panel.set_title(title, loc="left", fontsize=8.5, color=ink.soft)
        panel.set_yticks(places, list(map(Letters().write, labels)))
        panel.tick_params(length=0, labelsize=8, colors=ink.text)
        panel.set_xticks([])
        for side in panel.spines.values():
            side.set_color(ink.line)
        panel.set_ylim(len(labels) - 0.5, -0.5)

    return charts.figure(name, draw, (672, 44 + 22 * len(labels)), alt="Bars.", caption="Costs.")
