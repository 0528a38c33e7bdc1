"""Findings about what the report shows of its evidence: maps that were left out."""

from __future__ import annotations

from reportgen.budget.plan import FEWEST
from reportgen.document.report import Finding
from reportgen.evidence.activations import ActivationsResult
from reportgen.language.numerals import megabytes, number, plural

_WITHIN = "so that the page stays within"
_MOST_NAMED = 8


def cut_short(activations: ActivationsResult | None) -> tuple[Finding, ...]:
    """Say which maps a report leaves out, and why."""
    calls = [call for sample in activations.samples for call in sample.calls] if activations else []
    cut = [call for call in calls if call.cut_to is not None]
    if not activations or not cut:
        return ()
    every, shown = sum(len(call.channels) for call in calls), sum(len(call.shown) for call in calls)
    least = min(len(call.shown) for call in cut)
    gave_way = "the largest was halved, again and again, though never below 16 maps"
    if least < FEWEST:
        gave_way += ", and grids of the last samples went down to one map"
    layers = list(dict.fromkeys(call.path for call in cut))
    rest = f" and {number(len(layers) - _MOST_NAMED)} more" if len(layers) > _MOST_NAMED else ""
    return (
        Finding(
            "note",
            f"{number(shown)} of {number(every)} activation maps are shown, {_WITHIN}"
            f" {megabytes(activations.max_size_bytes)}.",
            f"{plural(len(cut), 'grid')} of {number(len(calls))} gave way: {gave_way}. Each shows its most active"
            f" channels and says how many there are: {', '.join(layers[:_MOST_NAMED])}{rest}. The numbers of all"
            " channels are in report.json. A larger --max-size shows more maps, and fewer samples (--pick) or layers"
            " (--layers) leave more room for each.",
            "activations",
        ),
    )


def says_so(finding: Finding) -> bool:
    """Return whether a finding is that of maps that are left out."""
    return _WITHIN in finding.title
