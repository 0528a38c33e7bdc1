"""The model's record -> its drawing, the chart of what each layer costs, and the totals of the layer table."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.document.drawing import Drawing
from reportgen.document.report import Figure, FontFile, Section
from reportgen.evidence import Evidence
from reportgen.figures import charts, graph
from reportgen.language.cleaning import clean
from reportgen.language.listing import listed
from reportgen.language.numerals import number, percent, plural, short
from reportgen.language.vocabulary import words
from reportgen.records.model import LayerRecord
from reportgen.renderers.coverage import spelled
from reportgen.sections.architecture import compression

TITLE = "The network"
PART = "body"
NEEDS = ()

MOST_BARS = 24
# From this share on, one layer is worth naming.
_TELLING_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows besides the layer records.

    Attributes:
        drawing: The network as boxes and lines.
        costs: Parameters and multiply-adds by layer, or None for a network without weights.
        parameters: Sum of the parameters column, each shared layer counted once.
        macs: Sum of the multiply-adds column.
        activation_bytes: Sum of the memory column.
        adds_up: Whether the parameters column adds up to the model's own count.
        shows_precision: Whether the layers differ in their number formats, so that the table gives those of each.
        shows_zeros: Whether so many weights of some layer are zero that the table gives the share of each.
        remarks: What is to be said of number formats and of weights that are zero, in whole sentences.
    """

    drawing: Drawing
    costs: Figure | None
    parameters: int
    macs: int
    activation_bytes: int
    adds_up: bool
    shows_precision: bool
    shows_zeros: bool
    remarks: tuple[str, ...]


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    model = evidence.model
    parameters = sum(call.parameters for call in model.layers if call.shared_with is None)
    content = Content(
        drawing=graph.draw(model),
        costs=_costs(model.layers, words(model).sample, evidence.fonts),
        parameters=parameters,
        macs=model.macs,
        activation_bytes=sum(call.activation_bytes for call in model.layers),
        adds_up=parameters == model.parameters,
        shows_precision=compression.formats_differ(model.layers),
        shows_zeros=compression.has_notable_zeros(model.layers),
        remarks=compression.remarks(model.layers),
    )
    return Section("architecture", TITLE, _answer(model.layers, parameters), content)


def _answer(calls: tuple[LayerRecord, ...], parameters: int) -> str:
    convs = sum(call.role == "conv" for call in calls)
    pools = sum(call.role == "pool" for call in calls)
    dense = sum(call.kind == "Dense" for call in calls)
    counts = [(convs, "conv layer"), (pools, "pooling layer"), (dense, "dense layer")]
    parts = [plural(count, noun) for count, noun in counts if count]
    rest = len(calls) - convs - pools - dense
    if rest:
        parts.append(f"{plural(rest, 'layer')} of other kinds")
    named = listed(parts)
    costly = max(calls, key=lambda call: call.macs or 0)
    share = (costly.macs or 0) / max(sum(call.macs or 0 for call in calls), 1)
    counted = " that were counted" if any(call.macs is None for call in calls) else ""
    work = ""
    if share >= _TELLING_SHARE:
        work = f" {percent(share, digits=0)} of the multiply-adds{counted} happen in {costly.path}."
    elif share:
        work = f" No layer does more than {percent(share, digits=0)} of the multiply-adds{counted}."
    return f"It has {named}, with {number(parameters)} parameters.{work}"


def _costs(calls: tuple[LayerRecord, ...], sample: str, fonts: tuple[FontFile, ...]) -> Figure | None:
    owners = [call for call in calls if call.parameters or call.macs]
    if not owners:
        return None
    shown = owners
    if len(owners) > MOST_BARS:
        costly = sorted(owners, key=lambda call: -(call.macs or 0))[:MOST_BARS]
        shown = [call for call in owners if call in costly]
    rest = (
        ""
        if len(shown) == len(owners)
        else (
            f" {number(len(shown))} of {number(len(owners))} layers shown, those with the most multiply-adds; all are"
            " in the table."
        )
    )
    names = [(_short(spelled(clean(call.path), fonts)), call) for call in shown]
    groups = [
        (
            "parameters",
            [charts.Bar(name, call.parameters, short(call.parameters)) for name, call in names],
        ),
        (
            f"multiply-adds for one {sample}",
            [charts.Bar(name, call.macs or 0, short(call.macs or 0)) for name, call in names],
        ),
    ]
    return charts.bars(
        "costs",
        groups,
        alt=(
            f"Bars for {plural(len(shown), 'layer')}. Most parameters:"
            f" {_most({call.path: call.parameters for call in shown})}; most multiply-adds:"
            f" {_most({call.path: call.macs or 0 for call in shown})}."
        ),
        caption=(
            "Where the weights sit and where the work is done. Each panel has its own scale, from 0 to its largest"
            f" bar.{rest}"
        ),
        fonts=[font.path for font in fonts],
    )


def _most(counts: dict[str, int]) -> str:
    r"""Write the largest number and the layer that has it, or how many have it.

    >>> _most({"a": 3, "b": 2}), _most({"a": 3, "b": 3})
    ('3 (a)', '3 (2\xa0layers)')
    """
    most = max(counts.values())
    there = [path for path, count in counts.items() if count == most]
    return f"{short(most)} ({there[0] if len(there) == 1 else plural(len(there), 'layer')})"


def _short(path: str, limit: int = 22) -> str:
    return path if len(path) <= limit else f"…{path[-limit + 1 :]}"
