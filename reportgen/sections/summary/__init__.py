"""Evidence -> page one: a verdict, one image on its way, where it goes wrong, its surest mistakes, three questions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from reportgen.document.report import Section
from reportgen.document.verdict import Verdict
from reportgen.evidence import Evidence
from reportgen.sections.summary.boxes import Box, boxes, cannot_say
from reportgen.sections.summary.flow import Flow, flow
from reportgen.sections.summary.keys import KeyNumber as KeyNumber
from reportgen.sections.summary.keys import keys
from reportgen.sections.summary.keys import scope as scope
from reportgen.sections.summary.pictured import Pictures, pictures
from reportgen.sections.summary.verdict import Phrase, of_the_policy, verdict
from reportgen.sections.summary.wrong import BY_SURENESS, Wrong, wrong

TITLE = "At a glance"
PART = "body"
NEEDS = ("predictions", "pixels", "performance", "journey")


@dataclass(frozen=True, slots=True)
class Content:
    """What the chapter shows.

    Attributes:
        lead: The verdict, phrase by phrase; the chapter's answer is the same without weights.
        key_numbers: Six numbers, for summaries in other forms.
        flow: One image on its way through the network; None of a model without maps.
        wrong: Where it goes wrong; None where that is not known.
        pictures: Its surest mistakes, or what can be shown in their place; None where there is nothing.
        boxes: Three questions and their answers.
        cannot_say: What the report does not show, in whole sentences.
    """

    lead: tuple[Phrase, ...]
    key_numbers: tuple[KeyNumber, ...]
    flow: Flow | None
    wrong: Wrong | None
    pictures: Pictures | None
    boxes: tuple[Box, ...]
    cannot_say: tuple[str, ...]


def build(evidence: Evidence) -> Section:
    """Build the chapter; there always is one."""
    lead, limits, faults = verdict(evidence), cannot_say(evidence), wrong(evidence)
    content = Content(
        lead=lead,
        key_numbers=keys(evidence),
        flow=flow(evidence),
        wrong=faults,
        pictures=pictures(evidence),
        boxes=boxes(evidence, limits, with_bands=faults is None or faults.head != BY_SURENESS),
        cannot_say=limits,
    )
    return Section("summary", TITLE, "".join(phrase.text for phrase in lead), content)


def held(section: Section, found: Verdict) -> Section:
    """Return the chapter with what came of a policy at the end of its verdict.

    Args:
        section: The chapter, as `build` made it.
        found: What came of the policy.
    """
    if not isinstance(section.content, Content):
        return section
    lead = (*section.content.lead, *of_the_policy(found))
    answer = "".join(phrase.text for phrase in lead)
    return replace(section, answer=answer, content=replace(section.content, lead=lead))
