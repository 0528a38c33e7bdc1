"""Findings about what the report shows of its evidence: maps that were left out."""

from __future__ import annotations

from collections.abc import Iterator

from reportgen.budget.plan import FEWEST
from reportgen.document.report import Finding
from reportgen.document.rules import Rule
from reportgen.evidence import Evidence
from reportgen.language.numerals import megabytes, number, plural

_MOST_NAMED = 8

MAPS_LEFT_OUT = Rule(
    code="RG501",
    name="maps-left-out",
    severity="note",
    since="0.1.0",
    title="Not every activation map is shown",
    means=(
        "The web page would be larger than `--max-size` allows with every activation map, so the least active ones "
        "are left out of it."
    ),
    why="What you see is a selection, and it is not a random one: channels that do little are missing first.",
    measured=(
        "The size of the page is planned from the shapes of the layers, and measured where it comes near the bound. "
        "The largest grid of maps is halved repeatedly, but never below 16 maps. If that is not enough, the grids of "
        "the last samples go down to one map. Every grid says how many maps it leaves out."
    ),
    cannot_tell="It says nothing about the model. The numbers of all channels are in `report.json` in any case.",
    mend="Raise `--max-size`, or choose fewer samples with `--pick` or fewer layers with `--layers`.",
    is_told=True,
)
RULES = (MAPS_LEFT_OUT,)


def judge(evidence: Evidence) -> Iterator[Finding]:
    """Say which maps a report leaves out, and why."""
    activations = evidence.activations
    calls = [call for sample in activations.samples for call in sample.calls] if activations else []
    cut = [call for call in calls if call.cut_to is not None]
    if not activations or not cut:
        return
    every, shown = sum(len(call.channels) for call in calls), sum(len(call.shown) for call in calls)
    least = min(len(call.shown) for call in cut)
    how = f"the largest was halved repeatedly, but never below {number(FEWEST)} maps"
    if least < FEWEST:
        how += ", and grids of the last samples went down to one map"
    layers = list(dict.fromkeys(call.path for call in cut))
    rest = f" and {number(len(layers) - _MOST_NAMED)} more" if len(layers) > _MOST_NAMED else ""
    yield MAPS_LEFT_OUT.finding(
        f"{number(shown)} of {number(every)} activation maps are shown, to keep the page within"
        f" {megabytes(activations.max_size_bytes)}.",
        f"{plural(len(cut), 'grid')} of {number(len(calls))} {'was' if len(cut) == 1 else 'were'} shortened: {how}."
        f" Each shows its most active channels and says how many there are: {', '.join(layers[:_MOST_NAMED])}{rest}."
        " The numbers of all channels are in report.json. A larger --max-size shows more maps; fewer samples (--pick)"
        " or layers (--layers) leave more room for each.",
        "activations",
        where=layers[0] if len(layers) == 1 else "",
        facts={"num_shown": shown, "num_maps": every, "max_size_bytes": activations.max_size_bytes},
    )
