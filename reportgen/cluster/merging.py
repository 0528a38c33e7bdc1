"""A plan and all its parts -> the report, bit by bit the one that a single process makes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from reportgen.cluster import parts
from reportgen.cluster.plan import Plan, check_versions, formats_of, opened, versions
from reportgen.pipeline.reporting import make_report
from reportgen.pipeline.result import Report
from reportgen.progress import Progress, silent


def merge(
    plan: Plan,
    paths: Sequence[Path],
    formats: tuple[str, ...],
    model: Path | None = None,
    data: str | None = None,
    progress: Progress = silent,
) -> Report:
    """Put parts together, and make the report of them.

    What needs a closer look, such as samples, patches and what happens without a channel, is looked at here, so that
    model and data are needed, too.

    Args:
        plan: The plan.
        paths: All parts, in any order.
        formats: The formats that are going to be written.
        model: Where the model is; None for where the plan was made.
        data: Where the data are; None for where they were.
        progress: Told of every long step.

    Raises:
        DataError: A part is missing, damaged, double or of another plan; answers to single images are asked for that
            the plan does not keep; or as `plan.ready`.
        ReportgenError: The model or the data cannot be used.
    """
    with progress("Reading the parts"):
        collected = parts.read(paths, plan)
    check_versions(plan, versions(), "here")
    origin, dataset, options = opened(plan, model, data, progress)
    options = options.model_copy(update={"format": formats_of(options, formats)})
    return make_report(origin, dataset, options, progress, collected)
