"""What a PDF leaves to the HTML, and what it says of that."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from reportgen.document.report import Report
from reportgen.evidence import Evidence
from reportgen.evidence.why import ChannelShare
from reportgen.renderers import html
from reportgen.sections import activations, channels, edges, maps, provenance, why
from reportgen.sections.why import Content
from tests import made, why_made

CHAPTERS = (why, activations, edges, channels, maps, provenance)


def written(evidence: Evidence, medium: html.Medium, *chapters: Any) -> str:
    """The words of some chapters."""
    found = [chapter.build(evidence) for chapter in chapters or CHAPTERS]
    sections = tuple(section for section in found if section is not None)
    report = Report(evidence.title, "What toy sees", evidence.model, evidence.run, (), sections)
    page = re.sub(r"<(style|title)[^>]*>.*?</\1>", "", html.document(report, medium), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", page).split()).replace("\xa0", " ")


def explained(*verdicts: str) -> Evidence:
    samples = tuple(made.sample(place) for place in range(len(verdicts)))
    parts = [why_made.evidence_map(verdict=why_made.verdict(word)) for word in verdicts]
    results = [why_made.explanation(sample=place, maps=(part,)) for place, part in enumerate(parts)]
    return made.evidence(samples=samples, why=why_made.why(*results))


@pytest.mark.parametrize(
    ("verdicts", "chosen"),
    [
        (("weak", "supported", "supported"), 1),
        (("weak", "not supported"), 0),
        (("supported",), 0),
    ],
)
def test_one_answer_is_explained_in_full_the_first_whose_map_is_supported(
    verdicts: tuple[str, ...], chosen: int
) -> None:
    section = why.build(explained(*verdicts))
    assert section is not None
    assert isinstance(section.content, Content)
    assert [place for place, sample in enumerate(section.content.samples) if sample.in_full] == [chosen]
    order = [f"sample {place}" for place in range(len(verdicts))]
    screen = re.findall(r"Answer \d of \d · (sample \d)", written(explained(*verdicts), "screen", why))
    paper = re.findall(r"Answer \d of \d · (sample \d)", written(explained(*verdicts), "print", why))
    assert screen == order
    assert paper == sorted(order, key=lambda name: name != f"sample {chosen}")


@pytest.mark.parametrize("medium", ["screen", "print"])
@pytest.mark.parametrize(
    ("shares", "others", "said"),
    [
        ((2.5, -0.5), 2.0, "2 channels of conv add 2.00 of 4.00"),
        ((-2.5, 0.5), -2.0, "2 channels of conv add −2.00 of −4.00"),
        ((2.5,), -1.0, "1 channel of conv adds 2.50; all parts together 1.50"),
        ((2.5, -0.5), -2.0, "2 channels of conv add 2.00; all parts together 0.00"),
        ((2.5, -0.5), 0.0, "2 channels of conv add 2.00"),
    ],
)
def test_what_some_channels_add_is_a_part_of_the_whole_only_where_it_is(
    shares: tuple[float, ...], others: float, said: str, medium: html.Medium
) -> None:
    channels = tuple(ChannelShare(place, share, None) for place, share in enumerate(shares))
    one = why_made.carried(channels=channels, others=others, num_others=3 if others else 0)
    samples = (made.sample(0), made.sample(1))
    explained = tuple(why_made.explanation(sample=each, carried=(one,), worked_sum=None) for each in (0, 1))
    text = written(made.evidence(samples=samples, why=why_made.why(*explained)), medium, why)
    assert len(re.findall(rf"{re.escape(said)}(?! of|;) ", text)) == 2


def test_maps_are_of_one_sample_and_the_others_are_told() -> None:
    evidence = made.evidence()
    assert evidence.activations is not None
    assert len(evidence.samples) == len(evidence.activations.samples)
    number = len(evidence.samples)
    screen, paper = (written(evidence, medium, maps) for medium in ("screen", "print"))
    assert len(re.findall(r"Sample \d+, labelled", screen)) == number
    assert len(re.findall(r"Sample \d+, labelled", paper)) == 1
    more = f"The maps of the other {number - 1} images are in the HTML." if number > 2 else "The maps of the other"
    assert (more in paper) == (number > 1)
    assert more not in screen


def test_orientations_are_listed_of_selective_channels() -> None:
    tunings = (made.tuning(0), made.tuning(1, selectivity=0.01, prefers=False), made.tuning(2))
    evidence = made.evidence(edges=made.edges(*tunings))
    note = "The others, not selective, are in the HTML."
    assert note in written(evidence, "print", edges)
    assert note not in written(evidence, "screen", edges)
    assert note not in written(made.evidence(edges=made.edges(*tunings[::2])), "print", edges)


@pytest.mark.parametrize("asked", [True, False])
def test_made_images_are_on_paper_where_they_were_asked_for(asked: bool) -> None:
    evidence = made.evidence(dreams=replace(made.dreams(), asked=asked))
    shown, told = "Synthetic: ", "Images made to excite 1 channel are in the HTML; --dream puts"
    assert (shown in written(evidence, "print", channels), told in written(evidence, "print", channels)) == (
        asked,
        not asked,
    )
    assert shown in written(evidence, "screen", channels)


def test_how_channels_were_measured_is_said_once_in_the_chapter_or_in_the_annex() -> None:
    evidence = made.evidence()
    section = channels.build(evidence)
    assert section is not None
    assert isinstance(section.content, channels.Content)
    sentence = section.content.methods[1].replace("\xa0", " ")
    for medium in ("screen", "print"):
        for chapters in ((channels,), (channels, provenance)):
            assert written(evidence, medium, *chapters).count(sentence[:60]) == 1
