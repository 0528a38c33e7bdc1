"""A way to make a report -> its files, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reportgen.commands.terminal import Terminal
    from reportgen.document.report import Report
    from reportgen.options import Options

CHECK_FAILED = 3
ANSWERS = "answers"
"""The format that `--keep-answers` adds."""


def build(make: Callable[[], Report], options: Options, terminal: Terminal) -> tuple[int, tuple[Path, ...]]:
    """Make a report and write it.

    Args:
        make: Makes the report; model and data are let go with its end.
        options: Where it is written, and in which formats.
        terminal: Where is told what is done.

    Returns:
        The exit code, 0, 3 where a check failed, or that of the policy; and the files.
    """
    from reportgen.commands.outcome import outcome
    from reportgen.writing import sizes
    from reportgen.writing.folders import held
    from reportgen.writing.summary import append_summary

    with held(options.output):
        report, paths = _written(make, options, terminal)
        written = sizes(paths, options.assets_dir)
    for line in outcome(report):
        terminal.say(line)
    terminal.say_sizes(written)
    if options.summary is not None:
        append_summary(report, options.summary, {str(path): size for path, size in written.items()})
    return CHECK_FAILED if report.failed else report.verdict_code, paths


def _written(make: Callable[[], Report], options: Options, terminal: Terminal) -> tuple[Report, tuple[Path, ...]]:
    """Make the report and write it into its folder, which is kept for this run."""
    from reportgen.models import freeing
    from reportgen.renderers import fonts, forms, overriding
    from reportgen.writing import write_held

    freeing.keep_little()
    # The typesetting process gets ready while TensorFlow is imported.
    more = fonts.given(options.font_dir)
    overriding.given(options.templates)
    typesetter = forms.warm(options.format, more)
    try:
        report = make()
        freeing.give_back()  # of the model above all: typesetting needs it
        progress, folder = terminal.progress, options.assets_dir
        return report, write_held(report, options.output, options.format, progress, typesetter, assets_dir=folder)
    finally:
        if typesetter is not None:
            typesetter.close()
