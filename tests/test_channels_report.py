"""Networks made on purpose: the report finds every fault that was built in, and none where there is none."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import pytest

from reportgen import explain
from reportgen.document.report import Report
from reportgen.evidence import responses
from reportgen.renderers import html
from reportgen.sections.channels import Content, Layer
from tests import channels_made
from tests.channels_made import BLUR, CHECK, COPY, DEAD, STUCK, VERTICAL
from tests.links import lost

pytestmark = pytest.mark.keras
FAULTS = {"RG104", "RG401", "RG402", "RG403", "RG405"}


@cache
def report(name: str) -> Report:
    model = {
        "faulty": channels_made.faulty,
        "faulty behind a ReLU": lambda: channels_made.faulty(separate=True),
        "healthy": channels_made.healthy,
    }[name]()
    images, labels = channels_made.pictures()
    chapters = ["summary", "channels", "glossary"]
    return explain(
        model, images, labels, class_names=channels_made.CLASSES, section=chapters, title=name, dream_steps=1
    )


@cache
def page_one_and(chapters: tuple[str, ...]) -> Report:
    """A report on the healthy network of page one and some chapters."""
    images, labels = channels_made.pictures()
    return explain(channels_made.healthy(), images, labels, section=["summary", *chapters], dream_steps=1)


def layer(name: str) -> Layer:
    content = next(section.content for section in report(name).sections if section.name == "channels")
    assert isinstance(content, Content)
    return content.layers[0]


def words(name: str, channel: int) -> str:
    (card,) = [card for card in layer(name).cards if card.channel == channel]
    return " ".join(card.said)


@pytest.mark.parametrize("name", ["faulty", "faulty behind a ReLU"])
def test_every_fault_that_was_built_in_is_found_and_said(name: str) -> None:
    found = {finding.code: finding.detail for finding in report(name).findings if finding.code in FAULTS}
    assert set(found) == {"RG401", "RG403", "RG405"}
    assert f"conv: 1 of 6 (channel {DEAD})" in found["RG401"]
    assert f"conv: 1 of 6 (channel {STUCK})" in found["RG403"]
    assert f"conv: 1 of 6 (channel {COPY} like {VERTICAL})" in found["RG405"]
    assert layer(name).silent == (
        f"Never above zero: {DEAD}. Stuck: {STUCK} (always 0.5). Channels {DEAD} and {STUCK} are dead or stuck"
        " because the 9 weights of each are all zero."
    )
    assert not {DEAD, STUCK} & {card.channel for card in layer(name).cards}
    assert words(name, COPY).startswith(f"Does the same as channel {VERTICAL}: correlation 1.")


@pytest.mark.parametrize("name", ["faulty", "faulty behind a ReLU"])
def test_channel_that_speaks_for_a_class_is_found_and_it_alone(name: str) -> None:
    assert [each.channel for each in layer(name).channels if each.speaks] == [CHECK]
    assert words(name, CHECK).startswith("Speaks for check: ")
    assert layer(name).cards[0].channel == CHECK
    assert {seen.label for card in layer(name).cards[:1] for seen in card.patches} == {"check"}


def test_of_nine_weights_the_edge_is_no_more_selective_than_their_shuffles_and_the_blur_not_at_all() -> None:
    edge, blur = (layer("faulty").channels[channel] for channel in (VERTICAL, BLUR))
    assert (edge.orientation_selectivity or 0) > 0.4
    assert 0.03 < (edge.orientation_p_value or 0) < 0.1
    assert "Prefers no orientation of edges beyond chance: selectivity 0.43, p = " in words("faulty", VERTICAL)
    assert "Prefers no orientation of edges beyond chance: selectivity 0, p = 1." in words("faulty", BLUR)
    assert blur.orientation is None


def test_layer_is_judged_after_its_activation_and_says_so() -> None:
    separate = layer("faulty behind a ReLU")
    assert (separate.path, separate.judged_at) == ("conv", "relu")
    assert separate.words.startswith("Measured after relu, the activation that follows the layer (through norm).")
    dead = next(each for each in report("faulty behind a ReLU").findings if each.code == "RG401")
    assert dead.detail.endswith("measured after relu.")


def test_network_without_faults_has_no_such_finding() -> None:
    assert not FAULTS & {finding.code for finding in report("healthy").findings}
    assert not [each.channel for each in layer("healthy").channels if each.state or each.copy_of is not None]
    assert ["dead" in layer("healthy").answer, "none is dead" in layer("healthy").answer] == [True, True]


@pytest.mark.parametrize("name", ["faulty", "healthy"])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_links_of_the_findings_arrive(name: str, medium: html.Medium) -> None:
    page = html.document(report(name), medium)
    assert lost(page) == set()
    assert ('href="#channels-conv"' in page) == (name == "faulty")


@pytest.mark.parametrize("medium", ["screen", "print"])
@pytest.mark.parametrize(
    ("cards", "strips", "chapters", "place"),
    [
        (True, True, ("channels",), "channel-conv-{}"),
        (True, False, ("channels",), "channel-conv-{}"),
        (False, True, ("channels",), "channel-conv-{}"),
        (False, False, ("channels",), "channels-conv"),
        (False, False, ("architecture",), "layer-conv"),
        (False, False, (), ""),
    ],
)
def test_maps_of_page_one_lead_to_what_the_page_has_of_their_channels(
    medium: html.Medium, cards: bool, strips: bool, chapters: tuple[str, ...], place: str
) -> None:
    found, sections = page_one_and(chapters), []
    for section in found.sections:
        if isinstance(section.content, Content):
            (only,) = section.content.layers
            only = replace(only, cards=only.cards if cards else (), index=only.index if strips else ())
            section = replace(section, content=replace(section.content, layers=(only,)))
        sections.append(section)
    page = html.document(replace(found, sections=tuple(sections)), medium)
    maps = re.findall(r'<(?:a|span) class="map[^"]*"(?: href="#([^"]*)" title="channel (\d+) of [^"]*")?', page)
    assert maps
    assert [link for link, _ in maps] == [place.format(channel) for _, channel in maps]
    assert lost(page) == set()


def test_needed_channels_have_a_card_where_there_are_more_dead_ones_than_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(responses, "MOST_SHOWN", 12)  # four of 16 channels for each of three layers
    model, (images, _) = channels_made.half_dead(), channels_made.pictures()
    labels = model.predict(images, verbose=0).argmax(axis=1)
    found = explain(model, images, labels, section=["channels"], dream_steps=1)
    (content,) = (section.content for section in found.sections)
    assert isinstance(content, Content)
    first, second, third = content.layers
    for each in (first, second):
        assert each.dead == tuple(range(0, 16, 2))
        shown = [card.channel for card in each.cards]
        assert len(shown) == 4
        assert not set(shown) & set(each.dead)
        assert set(each.counts.needed) <= set(shown)
        assert all(card.patches for card in each.cards)
    assert (third.dead, third.cards) == (tuple(range(16)), ())
    assert third.silent == "All 16 channels are dead: none is ever above zero."
