"""Report -> what it answered to each image, for `reportgen diff`: four or five bytes an image, no report by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = "-answers.npz"
_PER_IMAGE, _AROUND = 10, 2_000


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, from above."""
    return _AROUND + _PER_IMAGE * plan.extent.num_images


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the answers as an uncompressed .npz, whose hash stands in the report.

    Raises:
        RenderError: The report was made without keeping them.
    """
    del tools
    if not report.answers:
        raise RenderError(
            "This report holds no answers to single images. Expected one that was built with --keep-answers on images,"
            " by a model that predicts classes. Do without the format 'answers'."
        )
    return report.answers
