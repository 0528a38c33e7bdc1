"""A report -> the same report, as what a person holds in Python: in a notebook it shows itself."""

from __future__ import annotations

from html import escape

from reportgen.document import report
from reportgen.language.cleaning import clean
from reportgen.renderers import forms


class Report(report.Report):
    """The whole document, as `explain` returns it; its facts are those of `reportgen.document.report.Report`."""

    def _repr_html_(self) -> str:
        """Show the report in a notebook, in a frame of its own; of one that was read from JSON, its title."""
        if self.lacks_pictures:
            return f"<p>{escape(clean(self.title))}: a report without its pictures, read from JSON</p>"
        return forms.framed(self)
