"""Evidence -> what was not checked, and why: each follows from what is missing there, but for what no report checks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from reportgen import registry
from reportgen.evidence import Evidence
from reportgen.language.listing import listed
from reportgen.language.numerals import number, plural
from reportgen.language.vocabulary import words
from reportgen.sections.provenance.claims import claims

_MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class Unchecked:
    """Something that was not checked.

    Attributes:
        what: What it is, in a few words.
        why: Why it was not, in whole sentences.
        ever: Whether no report of this kind checks it, whatever it is made of.
    """

    what: str
    why: str
    ever: bool = False


def unchecked(evidence: Evidence) -> tuple[Unchecked, ...]:
    """Return what was not checked, the shortfalls of this report first."""
    found = (
        *_images(evidence),
        *_labels(evidence),
        *_unread(evidence),
        *_parts(evidence),
        *_measurements(evidence),
        *_untestable(evidence),
        *_formulas(evidence),
        *_chapters(evidence),
        *_NEVER,
    )
    return tuple(replace(each, what=f"{each.what[:1].upper()}{each.what[1:]}") for each in found)


def _images(evidence: Evidence) -> Iterator[Unchecked]:
    if evidence.dataset is None:
        known = words(evidence.model)
        yield Unchecked(
            "accuracy, channels and all else that is seen in the answers to data",
            f"No {known.samples} were given.",
        )


def _labels(evidence: Evidence) -> Iterator[Unchecked]:
    data = evidence.dataset
    if evidence.performance is None and any(
        head.is_scored for head in (evidence.pixels.heads if evidence.pixels else ())
    ):
        yield Unchecked("calibration", "It is not measured for outputs that are pictures.")
    elif data is not None and not data.has_labels and evidence.performance is None:
        yield Unchecked(
            "accuracy, confusions and calibration", data.unmatched or "The data have no labels that are used."
        )


def _unread(evidence: Evidence) -> Iterator[Unchecked]:
    reasons = evidence.dataset.broken_reasons if evidence.dataset else ()
    if reasons:
        total = sum(each.number for each in reasons)
        told = "; ".join(f"{each.reason} ({number(each.number)})" for each in reasons[:_MOST_NAMED])
        why = f"It {reasons[0].reason}." if total == 1 else f"They cannot be used: {told}."
        yield Unchecked(plural(total, "image of the data", "images of the data"), why)


def _parts(evidence: Evidence) -> Iterator[Unchecked]:
    """What was measured on a part of the images, or of the channels."""
    responses, ablation, known = evidence.responses, evidence.ablation, words(evidence.model)
    if responses is not None and responses.num_images < responses.num_available:
        left = responses.num_available - responses.num_images
        yield Unchecked(
            f"what channels do on {plural(left, f'other {known.sample}')}",
            f"They were watched on {number(responses.num_images)} drawn at random (--limit): a channel that fires"
            f" on fewer than 3 in {number(responses.num_images)} may not be seen to fire.",
        )
    if ablation is None or ablation.missing:
        return
    # Nothing is lost with a channel that has one value.
    calls = responses.calls if responses else ()
    silent = sum(each.state in {"dead", "stuck"} for call in calls for each in call.channels)
    rest = ablation.num_channels - silent - len(ablation.channels)
    if rest > 0:
        limit = f", within {ablation.budget}" if ablation.budget else ""
        yield Unchecked(
            f"whether {plural(rest, 'channel is', 'channels are')} needed",
            f"{number(len(ablation.channels))} were switched off{limit}: those that move the predictions most.",
        )


def _measurements(evidence: Evidence) -> Iterator[Unchecked]:
    """What could not be measured, with the reason that the measurement itself gives."""
    reasons = {
        "which channels are needed": evidence.ablation.missing if evidence.ablation else "",
        "which orientation of edges channels prefer": evidence.edges.missing if evidence.edges else "",
        "what a single channel responds to on its own": evidence.dreams.missing if evidence.dreams else "",
        "which channels speak for a class": evidence.responses.unlabelled if evidence.responses else "",
    }
    for what, why in reasons.items():
        if why:
            yield Unchecked(what, why)


def _untestable(evidence: Evidence) -> Iterator[Unchecked]:
    for each in claims(evidence):
        if each.num_found is None:
            why = f"{each.remark[:1].upper()}{each.remark[1:]}".rstrip(".") or "There is too little to compare with"
            article = "" if each.pattern.startswith("another ") else "a "
            yield Unchecked(f"whether there is {article}{each.pattern}", f"{why}.")


def _formulas(evidence: Evidence) -> Iterator[Unchecked]:
    unknown = evidence.model.unknown_calls
    if unknown:
        rest = len(unknown) - _MOST_NAMED
        names = [call.path for call in unknown[:_MOST_NAMED]] + ([f"{number(rest)} more"] if rest > 0 else [])
        yield Unchecked(
            f"the numbers of {plural(len(unknown), 'layer')}: {listed(names)}",
            "There is no formula for them. Only the model's own numbers are known there, and no multiply-adds.",
        )
    yield Unchecked(
        "receptive fields and jumps",
        "They follow from the windows by formula; the model has no number to compare them with.",
    )


def _chapters(evidence: Evidence) -> Iterator[Unchecked]:
    left_out = [name for name in registry.names("sections") if name not in evidence.chapters]
    if left_out:
        titles = ", ".join(f"“{registry.load('sections', name).TITLE}”" for name in left_out)
        yield Unchecked(
            f"what {'this chapter says' if len(left_out) == 1 else 'these chapters say'}: {titles}",
            "Left out when the report was made (--section, --skip-section).",
        )


_NEVER = (
    Unchecked(
        "whether it is as good for every group",
        "No groups of people, places or devices are compared, only the classes of the data.",
        ever=True,
    ),
    Unchecked(
        "whether inputs made to deceive it do so",
        "No adversarial, corrupted or unusual inputs are tried.",
        ever=True,
    ),
    Unchecked(
        "whether it holds on other data",
        "Everything is measured on these data; later or other data may differ from them.",
        ever=True,
    ),
    Unchecked("whether the labels are right", "They are taken as the truth.", ever=True),
)
