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
    assert first.block is not None
    assert first.block.alt == (
        "Channel 0 of conv: 2\xa0patches in their images, bright below, dark above; from cat and dog; 2\xa0reach"
        " outside the image."
    )
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
    assert "Never above zero: 0 and 3. Stuck: 2 (always 0.25)." in written
    assert ("The 2 other channels below." in written) == (medium == "screen")


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


def test_highest_responses_are_told_with_their_classes() -> None:
    seen = [made.patch(value, label=label) for value, label in ((12.345, "cat"), (-0.0012, "golden retriever"))]
    card = layer(responses=made.responses(made.call("conv", made.channel(0, patches=tuple(seen))))).cards[0]
    assert card.strongest == "Highest responses: 12.3 to −0.0012, to cat (1) and golden retriever (1)."
    assert "Patches: cat, golden retriever." in card.said
    (bare,) = layer(
        responses=made.responses(made.call("conv", made.channel(0, patches=(made.patch(2.0, label=None),))))
    ).cards
    assert bare.strongest == "Highest responses: 2."


def test_patch_inside_the_image_reaches_not_outside() -> None:
    inside = made.channel(0, patches=(made.patch(inside=(0, 0, 3, 3)),))
    block = layer(responses=made.responses(made.call("conv", inside))).cards[0].block
    assert block is not None
    assert block.alt == "Channel 0 of conv: 1\xa0patch in its image, bright below, dark above; from cat."


def test_all_cards_are_on_the_page_and_the_most_telling_on_paper() -> None:
    responses, ablation = made.responses(MANY), None
    shown = page(responses=responses, ablation=ablation)
    cards = re.findall(r'id="channel-conv-(\d+)"', shown)
    assert sorted(map(int, cards)) == list(range(40))
    assert cards[:2] == ["39", "38"]
    assert "All 40 channels below." in text(shown).replace("\xa0", " ")
    paper = page("print", responses=responses, ablation=ablation)
    assert re.findall(r'id="channel-conv-(\d+)"', paper) == cards[:12]
    assert "12 of 40 below; 40 in the HTML, the numbers of all in report.json." in text(paper)


@pytest.mark.parametrize(("layers", "cards"), [(1, 12), (2, 3), (4, 3)])
def test_of_many_layers_fewer_cards_are_on_paper(layers: int, cards: int) -> None:
    calls = [replace(MANY, path=f"conv_{place}", judged_at=f"conv_{place}") for place in range(layers)]
    assert {each.num_on_paper for each in content(responses=made.responses(*calls)).layers} == {cards}


def test_no_more_cards_are_on_paper_than_maps() -> None:
    evidence = made.evidence(responses=made.responses(MANY))
    assert evidence.activations is not None
    section = channels.build(replace(evidence, activations=replace(evidence.activations, pdf_channels=2)))
    assert section is not None
    assert isinstance(section.content, Content)
    assert section.content.layers[0].num_on_paper == 2


def test_of_many_layers_the_last_at_each_resolution_is_in_the_body_and_all_have_a_place() -> None:
    places = [(f"conv_{place}", (1, 1) if place < 3 else (2, 2)) for place in range(6)]
    model = made.model(*(made.conv(path, jump=jump) for path, jump in places))
    responses = made.responses(*(made.call(path) for path, _ in places))
    found = content(model=model, responses=responses).layers
    assert [each.path for each in found if each.in_body] == ["conv_2", "conv_5"]
    assert [each.num_on_paper for each in found] == [0, 0, 1, 0, 0, 1]
    for medium in ("screen", "print"):
        written = page("print" if medium == "print" else "screen", model=model, responses=responses)
        assert sorted(re.findall(r'id="channels-(conv_\d)"', written)) == [path for path, _ in places]
        folded = re.findall(r'<details class="layer" id="channels-(conv_\d)"', written)
        assert folded == ([] if medium == "print" else ["conv_0", "conv_1", "conv_3", "conv_4"])


def test_call_without_patches_does_not_take_the_place_of_one_with_patches() -> None:
    paths = [f"eye{call}/conv_{place}" for call in ("", "#2") for place in range(3)]
    model = made.model(*(made.conv(path, jump=(int(path[-1]) + 1,) * 2) for path in paths))
    bare = made.channel(patches=(made.patch(picture=None, context=None),))
    responses = made.responses(*(made.call(path, bare if "#2" in path else made.channel()) for path in paths))
    found = content(model=model, responses=responses).layers
    assert [each.path for each in found if each.in_body] == paths[:3]


def test_pictures_of_cards_keep_to_their_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    noise = [
        made.channel(
            number,
            patches=tuple(
                made.patch(
                    box=(0, 0, 32, 32),
                    size=(32, 32),
                    context=DRAW.integers(0, 256, (32, 32, 3), dtype=np.uint8),
                    lit=np.ones((1, 1), np.bool_),
                )
                for _ in range(9)
            ),
        )
        for number in range(12)
    ]
    calls = [made.call("a", *noise, kernels=None), made.call("b", kernels=None), made.call("c", *noise, kernels=None)]
    monkeypatch.setattr(plan, "MOST_CARDS", 560_000)
    layers = content(responses=made.responses(*calls)).layers
    sizes = [sum(len(card.block.data) for card in each.cards if card.block is not None) for each in layers]
    assert 1 <= len(layers[0].cards) < 12
    assert len(layers[1].cards) == 1
    # What the small layer leaves goes to the last one.
    assert len(layers[2].cards) > len(layers[0].cards)
    assert sum(sizes) * 4 / 3 <= 560_000
    assert all(len(each.channels) == 12 for each in (layers[0], layers[2]))
    written = page(responses=made.responses(*calls))
    assert f"{len(layers[0].cards)} of 12 below, the most telling; the numbers of all in report.json." in text(written)


def test_cards_come_class_specific_then_needed_then_faulty_then_by_selectivity() -> None:
    known = [
        made.channel(0, selectivity=0.1),
        made.channel(1, selectivity=0.9),
        made.channel(2, copy_of=0, copy_correlation=0.995),
        made.channel(3),
        made.channel(4, speaks=True),
        made.channel(5),
    ]
    call = made.call("conv", *known, shown=(0, 1, 2, 3, 4))
    found = layer(responses=made.responses(call), ablation=made.ablation(made.ablated(3)))
    assert [card.channel for card in found.cards] == [4, 3, 2, 1, 0]
    assert [each.channel for each in found.channels] == list(range(6))
    written = text(page(responses=made.responses(call)))
    assert "5 of 6 below, the most telling; the numbers of all in report.json." in written


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
    assert first.num_on_paper == len(expected[:3])
    # What is needed in another layer was not measured: one card.
    assert [card.channel for card in second.cards] == [0]


def test_kernels_of_deeper_layers_name_their_input_channels() -> None:
    deeper = made.call("deep", made.channel(0), kernels=np.zeros((1, 3, 3, 3), np.uint8), kernel_inputs=((5, 1, 2),))
    kernels = layer(responses=made.responses(deeper)).cards[0].kernels
    assert kernels is not None
    assert kernels.alt == "3\xa0kernels of channel 0, over input channels 5, 1, 2: no clear pattern."
    colour = made.call("conv", made.channel(0), kernels=np.zeros((1, 5, 3, 3), np.uint8))
    kernels = layer(responses=made.responses(colour)).cards[0].kernels
    assert kernels is not None
    assert (kernels.alt, kernels.height_px, kernels.width_px) == ("1\xa0kernel of channel 0: no clear pattern.", 20, 12)


@pytest.mark.parametrize(
    ("others", "axes"),
    [
        (
            {
                "responses": made.responses(made.call("conv", *map(made.channel, range(5)))),
                "ablation": made.ablation(*map(made.spared, range(5))),
            },
            ("class selectivity", "probability lost without it, points"),
        ),
        ({"ablation": None}, ("class selectivity", "share of positions above zero")),
        (
            {"responses": made.responses(made.call("conv", made.dead(0), made.channel(1, chance=None)))},
            ("share of the images in which it fires", "share of positions above zero"),
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
        ("0 most selective, lit most", "other"),
        ("1", "silent"),
        ("2", "copy"),
        ("3 for cat", "speaks"),
    ]
    assert (
        found.plot_alt
        == "4\xa0channels of conv by class selectivity and share of positions above zero: farthest right, at"
        " 0.33 (3\xa0channels); highest, at 0.5 (3\xa0channels)."
    )


def test_channels_whose_loss_was_not_measured_are_not_in_a_chart_of_losses() -> None:
    lost = (made.ablated(7), *map(made.spared, range(1, 5)))
    found = layer(responses=made.responses(MANY), ablation=made.ablation(*lost, num_channels=40))
    assert found.has_plot
    assert [point.label for point in found.plot.points] == ["1", "2", "3", "4", "7 most selective, costs most"]
    assert [point.y for point in found.plot.points] == [-0.0] * 4 + [12.5]


def test_chart_of_few_channels_or_of_nothing_that_matters_is_left_out() -> None:
    assert not layer().has_plot
    assert not layer(responses=made.responses(MANY), ablation=None).has_plot
    alike = [made.channel(number, speaks=number == 1) for number in range(5)]
    assert not layer(responses=made.responses(made.call("conv", *alike)), ablation=None).has_plot
    differing = [
        replace(channel, selectivity=channel.channel / 10, positive_share=channel.channel / 20) for channel in alike
    ]
    assert layer(responses=made.responses(made.call("conv", *differing)), ablation=None).has_plot


def test_few_layers_have_no_chart_by_depth() -> None:
    assert content(responses=made.responses(*(made.call(name) for name in "abc"))).trend is None
    calls = [*(made.call(name) for name in "abc"), made.call("d", made.dead(0))]
    trend = content(responses=made.responses(*calls)).trend
    assert trend is not None
    assert (
        trend.alt
        == "From the first of 4\xa0conv layers to the last: share of channels that are dead from 0.5 to 1; mean class"
        " selectivity from 0.33 to –; mean share of positions above zero from 0.25 to 0."
    )


def test_made_image_stands_beside_the_top_patches_of_its_channel() -> None:
    (made_image,) = content().dreams
    assert made_image.patches is not None
    assert (
        made_image.patches.alt
        == "2\xa0strongest patches of channel 0 of conv; from cat and dog; 2\xa0reach outside the image."
    )
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


def test_kernels_are_told_by_what_they_look_like() -> None:
    upright = np.tile(np.array((255, 128, 0), np.uint8), (3, 1))
    deeper = made.call("deep", made.channel(0), kernels=np.stack([upright, upright.T])[None], kernel_inputs=((5, 1),))
    kernels = layer(responses=made.responses(deeper)).cards[0].kernels
    assert kernels is not None
    assert kernels.alt.endswith(": bright on the left, dark on the right; bright above, dark below.")


def test_strips_on_paper_are_of_the_channels_with_a_card_first() -> None:
    best = replace(made.patch(), picture=np.zeros((4, 4), np.uint8))
    calls = []
    for name in ("a", "b", "c"):
        known = tuple(made.channel(number, best=best) for number in range(80))
        calls.append(replace(made.call(name, *known), shown=(70, 3, 75)))
    responses = made.responses(*calls)
    found = next(each for each in content(responses=responses).layers if each.in_body)
    words = " What those with a card in the HTML, and the first others, saw where they responded most. Framed: those"
    assert words in text(page("print", responses=responses))
    assert " What each saw where it responded most. Framed: those above." in text(page("screen", responses=responses))
    entries = [each for strip in found.index_on_paper for each in strip.entries]
    numbers = [each.channel for each in entries]
    assert numbers == [*range(len(numbers) - 2), 70, 75], "those with a card, and the first others"
    assert len(numbers) < len(found.index) * 8
    assert {each.channel for each in entries if each.has_card} == {3, 70, 75}


def test_only_channel_is_spoken_of_in_the_singular() -> None:
    written = page(responses=made.responses(made.call("conv", made.channel(0))))
    assert "The only channel is below." in written
    assert "All 1" not in written
