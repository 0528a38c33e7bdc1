"""Report -> JSON: the same facts as on the page, for programs. `schema.json` in the package describes it.

`parsing` reads it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reportgen.document.report import FORMAT, Report
from reportgen.renderers.encoding import encoded
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = ".json"
SCHEMA_NAME = FORMAT


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, from above."""
    return plan.json_bytes


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the report as JSON: UTF-8, the same bytes for the same report.

    Pictures are described, with the hash of their bytes, not included. A number that is no number is null.
    """
    return dict(report.made).get(SUFFIX) or (tools or Tools()).once(_facts, report)


def _facts(report: Report) -> bytes:
    return encoded(
        {
            "schema": SCHEMA_NAME,
            "title": report.title,
            "subject": report.subject,
            "model": report.model,
            "run": report.run,
            "findings": report.findings,
            "sections": {
                section.name: {
                    "title": section.title,
                    "part": section.part,
                    "headline": section.headline,
                    "answer": section.answer,
                    "content": section.content,
                }
                for section in report.sections
            },
        },
        "report",
    )
