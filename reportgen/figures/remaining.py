"""A verdict -> the chart of what is left of an answer when more and more of the image is painted over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.document.report import Figure
from reportgen.evidence.why import Verdict
from reportgen.figures.charts import Ink, figure
from reportgen.language.numerals import percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

_SIZE = (272, 224)


def chart(name: str, verdict: Verdict, what: str, *, alt: str, caption: str = "") -> Figure:
    """Draw what the map leaves, what its twins leave as a band with its median, and what other images' maps leave.

    Args:
        name: Id of the figure.
        verdict: The numbers.
        what: What is left: "probability left".
        alt: Text alternative.
        caption: Caption.
    """
    shares = list(verdict.shares)

    def draw(canvas: Canvas, ink: Ink) -> None:
        panel = canvas.add_axes((0.15, 0.17, 0.82, 0.6))
        panel.set_xscale("log")
        panel.fill_between(shares, verdict.twins.low, verdict.twins.high, color=ink.line, linewidth=0)
        panel.plot(shares, verdict.twins.median, color=ink.soft, linewidth=1.2)
        if verdict.others is not None:
            panel.plot(shares, verdict.others.median, color=ink.soft, linewidth=1.2, linestyle=(0, (2, 2)))
        panel.plot(shares, verdict.left, color=ink.accent, linewidth=2.0)
        for share, left in zip(shares, verdict.left, strict=True):
            panel.plot(
                [share * 0.999, share * 1.001],
                [left, left],
                color=ink.accent,
                linewidth=5.5,
                clip_on=False,
                solid_capstyle="round",
            )
        panel.axhline(verdict.whole, color=ink.soft, linewidth=0.6)
        panel.set_xlim(shares[0] * 0.85, shares[-1] * 1.18)
        low, high = min(0.0, *verdict.left, *verdict.twins.low), max(verdict.whole, *verdict.twins.high)
        panel.set_ylim(low, high * 1.03)
        panel.set_xticks(shares, [percent(share, 0) for share in shares])
        panel.minorticks_off()
        marks = [0, verdict.whole / 2, verdict.whole]
        panel.set_yticks(marks, [percent(mark, 0 if verdict.whole > 0.1 else 1) for mark in marks])
        panel.tick_params(length=0, labelsize=7.5, colors=ink.soft, pad=3)
        for side in ("top", "right", "left"):
            panel.spines[side].set_visible(False)
        panel.spines["bottom"].set_color(ink.line)
        lines = [("this map", ink.accent), ("same shape elsewhere (band: 90 %)", ink.soft)]
        if verdict.others is not None:
            lines.append(("maps of other images, dashed", ink.soft))
        for place, (text, colour) in enumerate(lines):
            canvas.text(0.02, 0.965 - 0.052 * place, text, fontsize=7, color=colour, va="center")
        canvas.text(0.15, 0.03, f"{what}, by share painted over", fontsize=7, color=ink.soft, va="center")

    return figure(name, draw, _SIZE, alt=alt, caption=caption, layout=None)
