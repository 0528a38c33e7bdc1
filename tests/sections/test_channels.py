"""The chapter on what each channel looks for: its cards, which of them are shown where, and what stands beside them."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from reportgen.budget import plan
from reportgen.document.report import Report
from reportgen.evidence import Evidence
from reportgen.renderers import html
from reportgen.renderers import json as json_renderer
from reportgen.sections import channels
from reportgen.sections.channels import Content, Layer
from tests import made

DRAW = np.random.default_rng(0)


def content(**others: object) -> Content:
    section = channels.build(made.evidence(**others))
    assert section is not None
    assert isinstance(section.content, Content)
    return section.content


def layer(**others: object) -> Layer:
    return content(**others).layers[0]


def page(medium: html.Medium = "screen", **others: object) -> str:
    evidence = made.evidence(**others)
    section = channels.build(evidence)
    assert section is not None
    report = Report(evidence.title, "What toy sees", evidence.model, evidence.run, (), (section,))
    return html.document(report, medium)


def text(written: str) -> str:
    """The words of a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", re.sub(r"<style>.*?</style>", "", written, flags=re.DOTALL)).split())


MANY = made.call(
    "conv",
    *(made.channel(number, selectivity=number / 100) for number in range(40)),
    shown=tuple(reversed(range(40))),
)


def test_every_lively_channel_has_a_card_with_its_patches_and_numbers() -> None:
    found = layer()
    assert [card.channel for card in found.cards] == [0]
    (first,) = found.cards
    assert first.strip is not None
    assert first.strip.alt == "2\xa0top patches of channel 0 of conv; 2\xa0reach outside the image."
    assert [(seen.label, seen.value, seen.image, seen.box) for seen in first.patches] == [
        ("cat", 3.0, 4, (-1, 1, 2, 4)),
        ("dog", 2.5, 7, (-1, 1, 2, 4)),
    ]
    assert (
        found.answer
        == "Of 2\xa0channels 1 prefers an orientation; 1 is dead; none speaks for one class; the network needs conv/0."
    )


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_dead_and_stuck_channels_share_one_line_and_have_no_card(medium: html.Medium) -> None:
    known = (made.dead(0), made.channel(1), made.dead(2, state="stuck", mean=0.25), made.dead(3), made.channel(4))
    responses = made.responses(made.call("conv", *known))
    found = layer(responses=responses)
    assert ([card.channel for card in found.cards], found.dead, found.stuck) == ([1, 4], (0, 3), (2,))
    assert [each.state for each in found.channels] == ["dead", "", "stuck", "dead", ""]
    written = text(page(medium, responses=responses)).replace("\xa0", " ")
    assert "Dead, never above zero: 0 and 3. Stuck: 2 (always 0.25). The 2 other channels, the most telling first." in (
        written
    )


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_layer_whose_channels_are_all_dead_has_their_line_only(medium: html.Medium) -> None:
    responses = made.responses(made.call("conv", *map(made.dead, range(5))))
    assert layer(responses=responses).cards == ()
    written = page(medium, responses=responses)
    assert "All 5 channels are dead: none is ever above zero." in text(written)
    assert 'class="card"' not in written
    assert 'id="plot-conv"' not in written
    assert 'class="remark shown"' not in written


def test_patches_that_tie_are_said_to_be_drawn() -> None:
    seen = tuple(made.patch(6.0, image=image) for image in range(9))
    known = made.channel(0, patches=seen, maximum=6.0, num_at_maximum=1028)
    (card,) = layer(responses=made.responses(made.call("conv", known))).cards
    assert "1\u202f028 images reach its highest value, 6; those shown are drawn at random." in card.said
    (usual,) = layer(responses=made.responses(made.call("conv", made.channel(0)))).cards
    assert not [said for said in usual.said if "random" in said]


def test_classes_and_responses_stand_below_their_patches() -> None:
    seen = [made.patch(value, label=label) for value, label in ((12.345, "cat"), (-0.0012, "golden retriever"))]
    card = layer(responses=made.responses(made.call("conv", made.channel(0, patches=tuple(seen))))).cards[0]
    assert card.lines == (" cat  go…er", " 12.3 −0.0012")
    assert "Patches: 1 of class cat, 1 of golden retriever." in card.said
    assert all(len(line) <= 9 * 6 for line in card.lines)


def test_patch_inside_the_image_reaches_not_outside() -> None:
    inside = made.channel(0, patches=(made.patch(inside=(0, 0, 3, 3)),))
    strip = layer(responses=made.responses(made.call("conv", inside))).cards[0].strip
    assert strip is not None
    assert strip.alt == "1\xa0top patch of channel 0 of conv."


def test_all_cards_are_on_the_page_and_the_most_telling_on_paper() -> None:
    responses, ablation = made.responses(MANY), None
    shown = page(responses=responses, ablation=ablation)
    cards = re.findall(r'id="channel-conv-(\d+)"', shown)
    assert sorted(map(int, cards)) == list(range(40))
    assert cards[:2] == ["39", "38"]
    assert "All 40 channels, the most telling first." in text(shown).replace("\xa0", " ")
    paper = page("print", responses=responses, ablation=ablation)
    assert re.findall(r'id="channel-conv-(\d+)"', paper) == cards[:24]
    assert "24 of 40 shown, the most telling first; all in the HTML, and numbers of all in report.json." in text(paper)


def test_of_many_layers_fewer_cards_are_on_paper() -> None:
    calls = [replace(MANY, path=f"conv_{place}", judged_at=f"conv_{place}") for place in range(20)]
    assert {each.num_on_paper for each in content(responses=made.responses(*calls)).layers} == {8}
    assert {each.num_on_paper for each in content(responses=made.responses(*calls[:2])).layers} == {24}


def test_of_many_layers_the_charts_are_in_the_html_alone_and_paper_says_so() -> None:
    calls = [made.call(f"conv_{place}") for place in range(21)]
    charts = re.compile(r'<figure class="sheet plot" id="plot-')
    for number, on_paper in ((20, 20), (21, 0)):
        responses = made.responses(*calls[:number])
        assert len(charts.findall(page(responses=responses))) == number
        paper = page("print", responses=responses)
        assert len(charts.findall(paper)) == on_paper
        assert ("these charts are in the HTML report alone" in text(paper)) == (on_paper == 0)
        assert len(re.findall(r'id="channels-conv_\d+"', paper)) == number


def test_pictures_of_cards_keep_to_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [
        made.channel(
            number,
            patches=tuple(
                made.patch(picture=DRAW.integers(0, 256, (32, 32, 3), dtype=np.uint8), inside=(0, 0, 32, 32))
                for _ in range(9)
            ),
        )
        for number in range(12)
    ]
    calls = [made.call("a", *noise, kernels=None), made.call("b", kernels=None), made.call("c", *noise, kernels=None)]
    monkeypatch.setattr(plan, "MOST_CARDS", 560_000)
    layers = content(responses=made.responses(*calls)).layers
    sizes = [sum(len(card.strip.data) for card in each.cards if card.strip) for each in layers]
    assert 1 <= len(layers[0].cards) < 12
    assert len(layers[1].cards) == 1
    # What the small layer leaves goes to the last one.
    assert len(layers[2].cards) > len(layers[0].cards)
    assert sum(sizes) * 4 / 3 <= 560_000
    assert all(len(each.channels) == 12 for each in (layers[0], layers[2]))
    written = page(responses=made.responses(*calls))
    assert f"{len(layers[0].cards)} of 12 shown, the most telling first; the numbers of all in report.json." in text(
        written
    )


def test_shown_channels_have_a_card_in_the_order_that_was_chosen() -> None:
    call = made.call("conv", *map(made.channel, range(21)), shown=(20, 3, 7, 1))
    found = layer(responses=made.responses(call))
    assert [card.channel for card in found.cards] == [20, 3, 7, 1]
    assert [each.channel for each in found.channels] == list(range(21))
    written = text(page(responses=made.responses(call)))
    assert "4 of 21 shown, the most telling first; the numbers of all in report.json." in written


@pytest.mark.parametrize(("needed", "expected"), [((5,), [0, 5]), ((5, 7), [0, 5, 7])], ids=["one", "two"])
def test_channel_that_is_needed_keeps_its_card_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch, needed: tuple[int, ...], expected: list[int]
) -> None:
    monkeypatch.setattr(plan, "MOST_CARDS", 1)
    known = (made.channel(0, speaks=True), *map(made.channel, range(1, 30)))
    lost = (*(made.ablated(each, "conv_0") for each in needed), made.spared(9, "conv_0"))
    shown = (0, *needed, *(number for number in range(1, 30) if number not in needed))
    calls = [made.call(f"conv_{place}", *known, shown=shown) for place in range(60)]
    ablation = made.ablation(*lost, num_channels=1800)
    first, second, *_ = content(responses=made.responses(*calls), ablation=ablation).layers
    assert first.counts.needed == needed
    assert [card.channel for card in first.cards] == expected
    assert first.num_on_paper == len(expected)
    # What is needed in another layer was not measured: one card.
    assert [card.channel for card in second.cards] == [0]


def test_kernels_of_deeper_layers_name_their_input_channels() -> None:
    deeper = made.call("deep", made.channel(0), kernels=np.zeros((1, 3, 3, 3), np.uint8), kernel_inputs=((5, 1, 2),))
    kernels = layer(responses=made.responses(deeper)).cards[0].kernels
    assert kernels is not None
    assert kernels.alt == "3\xa0kernels of channel 0, over input channels 5, 1, 2."
    colour = made.call("conv", made.channel(0), kernels=np.zeros((1, 5, 3, 3), np.uint8))
    kernels = layer(responses=made.responses(colour)).cards[0].kernels
    assert kernels is not None
    assert (kernels.alt, kernels.height_px, kernels.width_px) == ("1\xa0kernel of channel 0.", 20, 12)


@pytest.mark.parametrize(
    ("others", "axes"),
    [
        ({}, ("class selectivity", "probability lost without it, points")),
        ({"ablation": None}, ("class selectivity", "share of positions above zero")),
        (
            {"responses": made.responses(made.call("conv", made.dead(0), made.channel(1, selectivity=None)))},
            ("share of the images in which it fires", "probability lost without it, points"),
        ),
    ],
    ids=["all", "no ablation", "no labels"],
)
def test_chart_of_a_layer_shows_what_is_known(others: dict[str, object], axes: tuple[str, str]) -> None:
    found = layer(**others)
    assert found.plot_axes == axes
    assert (found.plot.x_title, found.plot.y_title) == axes


def test_chart_marks_dead_copied_and_speaking_channels_by_shape() -> None:
    known = (
        made.channel(0),
        made.dead(1),
        made.channel(2, copy_of=0),
        made.channel(3, speaks=True),
        made.channel(4, selectivity=float("nan")),
    )
    found = layer(responses=made.responses(made.call("conv", *known)), ablation=None)
    assert [(point.label, point.kind) for point in found.plot.points] == [
        ("0", "other"),
        ("1", "silent"),
        ("2", "copy"),
        ("3", "speaks"),
    ]
    assert (
        found.plot_alt
        == "4\xa0channels of conv by class selectivity and share of positions above zero: farthest right, at"
        " 0.33 (3\xa0channels); highest, at 0.5 (3\xa0channels)."
    )


def test_channels_whose_loss_was_not_measured_are_not_in_a_chart_of_losses() -> None:
    found = layer(responses=made.responses(MANY), ablation=made.ablation(made.ablated(7), num_channels=40))
    assert [point.label for point in found.plot.points] == ["7"]
    assert [point.y for point in found.plot.points] == [12.5]


def test_one_layer_has_no_chart_by_depth() -> None:
    assert content().trend is None
    trend = content(responses=made.responses(made.call("a"), made.call("b", made.dead(0)))).trend
    assert trend is not None
    assert (
        trend.alt
        == "From the first of 2\xa0conv layers to the last: share of channels that are dead from 0.5 to 1; mean class"
        " selectivity from 0.33 to –; mean share of positions above zero from 0.25 to 0."
    )


def test_made_image_stands_beside_the_top_patches_of_its_channel() -> None:
    (made_image,) = content().dreams
    assert made_image.patches is not None
    assert made_image.patches.alt == "2\xa0top patches of channel 0 of conv; 2\xa0reach outside the image."
    assert (made_image.activation, made_image.best_real, made_image.num_steps) == (7.5, 3.0, 256)
    (alone,) = content(dreams=made.dreams(path="elsewhere")).dreams
    assert alone.patches is None
    assert "top patches" not in alone.figure.caption


@pytest.mark.parametrize(
    ("asked", "words"),
    [(True, "The channels were chosen with --dream."), (False, "that the network needs most; if")],
)
def test_chapter_says_who_chose_the_channels_of_made_images(asked: bool, words: str) -> None:
    assert words in text(page(dreams=replace(made.dreams(), asked=asked)))


def test_numbers_of_every_channel_are_in_the_json() -> None:
    evidence = made.evidence(responses=made.responses(MANY))
    section = channels.build(evidence)
    assert section is not None
    written = json_renderer.render(Report("toy", "What toy sees", evidence.model, evidence.run, (), (section,)))
    (found,) = json.loads(written)["sections"]["channels"]["content"]["layers"]
    assert [each["selectivity"] for each in found["channels"]] == [number / 100 for number in range(40)]
    assert found["counts"]["channels"] == 40
    assert found["cards"][0]["patches"][0]["box"] == [-1, 1, 2, 4]


def test_chapter_is_left_out_where_there_is_nothing_to_show() -> None:
    nothing: Evidence = made.bare()
    assert channels.build(nothing) is None
    assert channels.build(replace(nothing, responses=replace(made.responses(), calls=()))) is None
    section = channels.build(made.bare(dreams=made.dreams()))
    assert section is not None
    assert section.answer == "Images were made to excite 1\xa0channel."


@pytest.mark.parametrize("medium", ["screen", "print"])
def test_links_to_the_chapter_arrive(medium: html.Medium) -> None:
    written = page(medium, responses=made.responses(made.call("block/conv#2", made.dead(0))))
    assert 'id="channels-block--conv-23-2"' in written
