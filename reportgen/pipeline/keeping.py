"""Evidence and a way to make a report of it -> the report, with so many maps that its page keeps to its budget.

The plan estimates from above, so that as a rule nothing is left to do here. What it cannot know, such as names of
thousands of letters or templates of the user's own, is measured: where the page may come near its budget it is made for
a trial, and where it is too large, the grids give way further, in the plan's order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import ceil
from typing import TypeVar

from reportgen.budget import plan
from reportgen.budget.extent import Extent, extent
from reportgen.budget.most_active import limited
from reportgen.budget.plan import Plan
from reportgen.document.report import Report, figures
from reportgen.errors import OptionsError
from reportgen.evidence import Evidence
from reportgen.evidence.activations import ActivationsResult
from reportgen.language.numerals import megabytes
from reportgen.options import Options
from reportgen.records.model import ModelRecord
from reportgen.records.places import matches
from reportgen.renderers.forms import ending_in, kept_to_budget
from reportgen.renderers.tools import Tools

Made = TypeVar("Made", bound=Report)
# Below this share of the budget, by the bytes of its pictures and an estimate of the rest, no page is made for a trial.
_NEAR = 0.8
_MARGIN = 0.98


def planned(model: ModelRecord, num_samples: int, options: Options, seen: Extent | None = None) -> Plan:
    """Plan a report of a model; errors as `plan.make`."""
    calls = [call for call in model.seen_calls if matches(call.path, options.layers)]
    return plan.make(calls, num_samples, options, len(model.layers), seen)


def keep(evidence: Evidence, options: Options, make: Callable[[Evidence], Made]) -> Made:
    """Make a report whose page keeps to its budget.

    Args:
        evidence: Everything; of the maps those that the plan has room for.
        options: What to show.
        make: Makes the report.

    Raises:
        OptionsError: The page is too large with a single map in each grid, too.
        RenderError: The page cannot be made.
    """
    samples = evidence.activations.samples if evidence.activations else ()
    current = planned(evidence.model, len(samples), options, _extent_seen(evidence))
    while True:
        report = replace(make(evidence), max_size_bytes=options.max_size, pdf_annexes=options.pdf_annexes)
        page_bytes, files = _page_bytes(report, current)
        if page_bytes <= options.max_size:
            return replace(report, made=files)
        tighter = plan.cut(current, int(current.html_bytes * options.max_size / page_bytes * _MARGIN))
        if tighter == current or evidence.activations is None:
            raise OptionsError(
                f"The web page takes {megabytes(page_bytes)} without any map that could be left out. Expected at most"
                f" {megabytes(options.max_size)}. Raise --max-size, or choose fewer samples with --pick, fewer layers"
                " with --layers or fewer chapters with --section."
            )
        current = tighter
        evidence = replace(evidence, activations=_limited(evidence.activations, current))


def _extent_seen(evidence: Evidence) -> Extent | None:
    if evidence.dataset is None:
        return None
    classes = len(evidence.performance.heads[0].classes) if evidence.performance else 0
    return extent(evidence.model, evidence.dataset.size, classes)


def _limited(result: ActivationsResult, smaller: Plan) -> ActivationsResult:
    room = smaller.room()
    return replace(
        result,
        samples=tuple(
            replace(maps, calls=tuple(limited(call, room[place, call.path]) for call in maps.calls))
            for place, maps in enumerate(result.samples)
        ),
    )


def _page_bytes(report: Report, current: Plan) -> tuple[int, tuple[tuple[str, bytes], ...]]:
    """What the largest file takes that keeps to the budget: the true number wherever it may be near it.

    Returns:
        The bytes, and the files that were made to know them, with the JSON that is in them, by the end of their names.
    """
    pictures = sum(
        ceil(len(data) / 3) * 4
        for section in report.sections
        for figure in figures(section.content)
        for data in (figure.data, figure.dark_data)
    )
    without_maps = replace(current, grids=tuple(replace(grid, map_bytes=0) for grid in current.grids))
    sizes, files, tools = [0], dict[str, bytes](), Tools()
    for form in kept_to_budget():
        estimate = pictures + form.estimate(without_maps)
        is_far = not report.templates and estimate < _NEAR * current.max_size_bytes
        if not is_far:
            files[form.suffix] = form.render(report, tools)
        sizes.append(estimate if is_far else len(files[form.suffix]))
    if files:
        facts = ending_in(".json")
        files[facts.suffix] = facts.render(report, tools)
    return max(sizes), tuple(files.items())
