"""A model's file and options -> what can be known to be wrong with them, before TensorFlow is imported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from reportgen.models.formats import identify

if TYPE_CHECKING:
    from reportgen.options import Options


def check(model: Path | None, options: Options) -> None:
    """Find out what can be known now, not after a minute of training.

    Args:
        model: The file, or None.
        options: The options.

    Raises:
        ReportgenError: A file that they name is not there or cannot be used, or nothing can be written.
    """
    from reportgen import writing
    from reportgen.options import card as cards
    from reportgen.options import foreseen
    from reportgen.policy import reading as policy
    from reportgen.sources import classes, groups
    from reportgen.sources.opening import check as check_data
    from reportgen.writing.summary import check_summary

    writing.check(options.output, options.format, options.assets_dir, foreseen(options))
    if options.summary is not None:
        check_summary(options.summary, options.output)
    if model is not None:
        identify(model)
    if options.data is not None:
        check_data(options.data)
    if options.classes is not None:
        classes.read(options.classes)
    if options.groups is not None:
        groups.read(options.groups)
    if options.card is not None:
        cards.read(options.card)
    if options.policy is not None:
        policy.read(options.policy)
