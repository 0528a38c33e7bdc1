"""A report -> the same report, as what a person holds in Python: it shows, saves and answers for itself."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from reportgen.document import report
from reportgen.errors import OptionsError, UnknownNameError
from reportgen.language.cleaning import clean
from reportgen.language.numerals import percent, plural
from reportgen.renderers import forms
from reportgen.renderers.tools import Tools
from reportgen.sections import CARDS
from reportgen.writing import write
from reportgen.writing.files import replace_file
from reportgen.writing.folders import make_folder


class Report(report.Report):
    """The whole document, as `explain` returns it; its facts are those of `reportgen.document.report.Report`."""

    def __repr__(self) -> str:
        """Say in one line what it is."""
        said = [plural(len(self.sections), "chapter"), *self._counted()]
        said += [
            f"accuracy {percent(score.right / score.num_images)} of {plural(score.num_images, 'image')}"
            for score in self.scores[:1]
            if score.right is not None and score.num_images
        ]
        said += [
            f"pixel accuracy {percent(score.pixel_accuracy)} of {plural(score.num_images, 'image')}"
            for score in self.scores[:1]
            if score.pixel_accuracy is not None
        ]
        return f"<Report {clean(self.title)!r}: {', '.join(said)}>".replace("\xa0", " ").replace("\u202f", "")

    def _counted(self) -> list[str]:
        severities = [finding.severity for finding in self.findings]
        words = {
            "failed": ("failed check", "failed checks"),
            "warning": ("warning", "warnings"),
            "note": ("note", "notes"),
        }
        return [plural(severities.count(name), *both) for name, both in words.items() if name in severities]

    def _repr_html_(self) -> str:
        """Show the report in a notebook, in a frame of its own; of one that was read from JSON, its title."""
        if self.lacks_pictures:
            return f"<p>{escape(clean(self.title))}: a report without its pictures, read from JSON</p>"
        return forms.framed(self)

    def save(self, path: str | os.PathLike[str], formats: str | Sequence[str] | None = None) -> tuple[Path, ...]:
        """Write the report to one file, or to a folder.

        Args:
            path: A file that ends in ".html", ".pdf" or ".json"; anything else is a folder, made where it is missing.
            formats: As for `reportgen.write`, for a folder.

        Returns:
            The files.

        Raises:
            OptionsError: Formats are given for a single file.
            RenderError: It cannot be written there, or the report was read from JSON and holds no pictures.
        """
        target = Path(path)
        if target.is_dir() or not target.suffix or str(path).endswith(("/", os.sep)):
            return write(self, target) if formats is None else write(self, target, formats)
        if formats is not None:
            raise OptionsError(
                f"save got the file {str(target)!r} and formats={formats!r}. Expected formats for a folder only: the"
                " end of a file's name says its format. Leave formats out, or name a folder."
            )
        form = forms.ending_in(target.suffix)
        data = form.render(self, Tools())
        make_folder(target.parent)
        replace_file(target, data)
        return (target,)

    def to_html(self) -> str:
        """Return the web page; raises `RenderError` for a report that was read from JSON."""
        return forms.ending_in(".html").render(self, Tools()).decode("utf-8")

    def to_json(self) -> str:
        """Return what report.json holds."""
        return forms.ending_in(".json").render(self, Tools()).decode("utf-8")

    def to_dict(self) -> dict[str, Any]:
        """Return the same as plain dictionaries, lists, words and numbers."""
        plain: dict[str, Any] = json.loads(self.to_json())
        return plain

    def channels(self, layer: str) -> tuple[Any, ...]:
        """Return what was measured of every channel of a conv layer, as `reportgen.evidence.channels.Channel` has it.

        Args:
            layer: Path of the layer, or its last name where only one has it.

        Raises:
            OptionsError: The report has no chapter on channels.
            UnknownNameError: No conv layer, or more than one, has this name; the names are listed.
        """
        content: Any = next((section.content for section in self.sections if section.name == CARDS), None)
        if content is None:
            raise OptionsError(
                f"This report has no chapter on channels. Expected one. Make it with images, and without leaving out"
                f" {CARDS!r}."
            )
        found = [each for each in content.layers if each.path == layer]
        found = found or [each for each in content.layers if each.path.rpartition("/")[2] == layer]
        if len(found) != 1:
            raise UnknownNameError("conv layer", layer, [each.path for each in content.layers])
        channels: tuple[Any, ...] = found[0].channels
        return channels
