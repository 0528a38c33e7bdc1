"""What went wrong -> one sentence. The family of errors that a user of reportgen can meet.

Every message says what came, what was expected, and what to do. Only `commands/` turns one into a line on the
terminal and an exit code; anything that is not a `ReportgenError` is a defect of ours and keeps its traceback.
"""

from __future__ import annotations

from collections.abc import Iterable


class ReportgenError(Exception):
    """Something that came from outside cannot be used as it is."""


class ModelError(ReportgenError):
    """A model cannot be loaded, inspected or run."""


class DataError(ReportgenError):
    """Images or labels cannot be read, or do not fit the model."""


class LayerError(ReportgenError):
    """A layer's configuration and its input do not go together."""


class OptionsError(ReportgenError):
    """An option has a value that means nothing here."""


class RenderError(ReportgenError):
    """A report cannot be turned into a file, or a file cannot be turned back into a report."""


_LONGEST = 200  # letters of a name that came from outside


class UnknownNameError(ReportgenError):
    """A name was given that nothing has; the message lists the names that exist."""

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        """Build the sentence.

        Args:
            what: What was looked for, in the singular: "layer", "section".
            name: The name that was given.
            known: The names that exist, in the order in which they are to be listed.
        """
        choices = ", ".join(known) or "none"
        given = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
        super().__init__(f"There is no {what} called {given!r}. Expected one of: {choices}.")
