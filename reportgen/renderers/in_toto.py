"""Report and the files that were written of it -> an in-toto statement about them: what came of the policy.

`reportgen check` gives the same for a finished report.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reportgen.document.report import Report
from reportgen.errors import RenderError
from reportgen.renderers import measured
from reportgen.renderers.attesting import Named, statement
from reportgen.renderers.tools import Tools
from reportgen.sections import VERDICT

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = ".intoto.json"
LAST = True
_MOST_BYTES = 100_000


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, a policy of hundreds of demands and a folder of assets aside."""
    del plan
    return _MOST_BYTES


def check(chapters: tuple[str, ...]) -> None:
    """Find out whether a report of these chapters says what came of a policy.

    Raises:
        RenderError: It does not.
    """
    if VERDICT not in chapters:
        raise RenderError(
            f"A statement for a supply chain says what came of a policy, but this report has no chapter {VERDICT!r}."
            " Expected a policy, and its chapter among those that are written. Give --policy, or do without --format"
            " in-toto."
        )


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the statement as JSON: UTF-8. Its subjects are the model's file and what was written of the report.

    Args:
        report: The report.
        tools: With the files that were written.

    Raises:
        RenderError: The report was held against no policy, or nothing was written of it.
    """
    check(tuple(section.name for section in report.sections))
    written = (tools or Tools()).written
    if not written:
        raise RenderError(
            "A statement for a supply chain names the files of a report by their hashes, but none was written. Expected"
            " another format beside in-toto. Ask for one, such as json."
        )
    content: Any = next(section.content for section in report.sections if section.name == VERDICT)
    model = Named(measured.fact(report, "file"), measured.fact(report, "SHA-256 of the file"))
    policy = Named(content.policy, content.policy_sha256)
    files = (model, *(Named(name, written[name]) for name in written))
    return statement(files, policy, content.results, content.exit_code).encode()
