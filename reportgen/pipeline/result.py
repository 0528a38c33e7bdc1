"""A report -> the same report, as what a person holds in Python: in a notebook it shows itself."""

from __future__ import annotations

from reportgen import registry
from reportgen.document import report


class Report(report.Report):
    """The whole document, as `explain` returns it; its facts are those of `reportgen.document.report.Report`."""

    def _repr_html_(self) -> str:
        """Show the report in a notebook, in a frame of its own."""
        framed: str = registry.load("renderers", "html").framed(self)
        return framed
