"""Activation maps as contact sheets: what is framed, crossed out, and said in captions."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from reportgen.document.sheets import Mark
from reportgen.evidence.activations import ActivationsResult, Closest, Following
from reportgen.sections.maps import Content, Layer, build
from tests import made


def content(result: ActivationsResult, **others: object) -> Content:
    samples = tuple(made.sample(maps.sample) for maps in result.samples)
    section = build(made.evidence(activations=result, samples=samples, **others))
    assert section is not None
    assert isinstance(section.content, Content)
    return section.content


def first(result: ActivationsResult, **others: object) -> Layer:
    return content(result, **others).samples[0].layers[0]


LIVELY = made.activations(made.maps("conv", made.numbers(0, follows=0.8), made.numbers(1), follower=0))
BROKEN = made.activations(
    made.maps(
        "conv",
        made.numbers(0, num_nonfinite=3, follows=None),
        made.numbers(1, constant=True, follows=None),
        made.numbers(2, constant=True, follows=None),
        made.numbers(3),
    )
)


def test_every_channel_of_every_layer_is_on_its_sheet() -> None:
    layer = first(LIVELY)
    assert (layer.path, layer.shape, layer.sheets[0].num_channels) == ("conv", (2, 2, 2), 2)
    assert np.asarray(Image.open(io.BytesIO(layer.sheets[0].figure.data))).tolist() == [
        [0, 1, 255, 4, 5],
        [2, 3, 255, 6, 7],
    ]


def test_outlined_evidence_in_the_place_of_an_object_is_said_to_be_circular() -> None:
    conv = made.maps("conv", made.numbers(0, follows=0.8), made.numbers(1), follower=0)
    assert conv.closest is not None
    conv = replace(conv, closest=replace(conv.closest, target="outlined evidence"))
    shown = content(made.activations(conv, found=replace(made.FOUND, is_evidence=True)))
    assert "It was found by asking this network, which gives its own channels an advantage" in shown.samples[0].how
    assert shown.targets == ("outlined evidence",)
    layer = shown.samples[0].layers[0]
    assert "channel 0 follows the outlined evidence" in layer.note
    assert "which follows the outlined evidence more closely" in layer.sheets[0].figure.caption
    section = build(made.evidence(activations=made.activations(conv, found=replace(made.FOUND, is_evidence=True))))
    assert section is not None
    assert "a framed channel follows the outlined evidence more closely" in section.answer


def test_channel_that_follows_the_object_is_framed_and_named_with_its_score() -> None:
    layer = first(LIVELY)
    assert layer.sheets[0].marks == (Mark(0, "follows"),)
    assert (
        "Framed: channel 0, which follows the object more closely than with shuffled weights (correlation 0.8)."
        in layer.sheets[0].figure.caption
    )
    assert layer.sheets[0].figure.alt.endswith(
        "Channel 0 of 2 follows the object, correlation 0.8: active at 75\u202f% of its positions, strongest at the"
        " lower right."
    )
    assert "channel 0 follows the object (correlation 0.8, shuffled weights 0.4)" in layer.note


def test_closest_channel_is_told_with_its_null_where_none_follows_the_object() -> None:
    closest = Closest(1, 0.88, 0.9, 0.95, 0.7, follows=False)
    layer = first(made.activations(replace(made.maps("conv", made.numbers(0), made.numbers(1)), closest=closest)))
    assert layer.sheets[0].marks == ()
    assert layer.note.endswith("no channel measurably follows the object (correlation 0.88, shuffled weights 0.9)")


def test_what_was_not_compared_is_said_to_be_so() -> None:
    result = made.activations(made.maps("conv"))
    told = content(replace(result, following=Following(0, 0, 0.05, "it takes too long"))).samples[0].how
    assert told.endswith("Whether channels follow it was not compared with shuffled weights: it takes too long.")
    assert "compared with that of 99 copies of the network" in content(result).samples[0].how


def test_place_where_maps_are_drawn_is_named_where_it_is_not_the_layer_itself() -> None:
    behind = replace(made.maps("conv"), judged_at="relu")
    assert " Drawn after relu. Each map has its own scale" in first(made.activations(behind)).sheets[0].figure.caption
    assert content(made.activations(behind)).activated
    assert "Drawn after" not in first(made.activations(made.maps("conv"))).sheets[0].figure.caption
    assert not content(made.activations()).activated


def test_nothing_is_said_of_following_where_there_is_no_object() -> None:
    result = made.activations(made.maps("conv", made.numbers(follows=None)), found=made.NOT_FOUND)
    assert "follow" not in first(result).note
    section = build(made.evidence(activations=result))
    assert section is not None
    assert "follow" not in section.answer


def test_broken_maps_are_crossed_out_and_constant_ones_counted() -> None:
    layer = first(BROKEN)
    assert (layer.broken, layer.constant) == ((0,), (1, 2))
    assert layer.sheets[0].marks == (Mark(0, "broken"),)
    assert "Crossed out: 1\xa0map with NaN or infinity." in layer.sheets[0].figure.caption
    assert "2\xa0maps are constant and drawn as plain grey." in layer.sheets[0].figure.caption
    assert "2\xa0maps are constant. 1\xa0map holds NaN or infinity." in layer.sheets[0].figure.alt


@pytest.mark.parametrize(
    ("scale", "colormap", "words"),
    [
        (
            "own",
            "gray",
            "Each map has its own scale, black its minimum and white its maximum; over all maps values run",
        ),
        ("own", "viridis", "Each map has its own scale, dark violet its minimum and yellow its maximum; over all maps"),
        ("common", "gray", "All maps share one scale, black 0 and white 3."),
        ("common", "viridis", "All maps share one scale, dark violet 0 and yellow 3."),
    ],
)
def test_caption_tells_the_scale(scale: str, colormap: str, words: str) -> None:
    result = made.activations(made.maps("conv", made.numbers()), scale=scale)
    assert words in first(result, colormap=colormap).sheets[0].figure.caption


def test_caption_of_maps_that_are_all_zero_gives_no_range() -> None:
    silent = made.maps("conv", made.numbers(minimum=0.0, mean=0.0, maximum=0.0))
    caption = first(made.activations(silent)).sheets[0].figure.caption
    assert "All values are 0." in caption
    assert "run from" not in caption


def test_example_explains_the_words_on_the_first_layer() -> None:
    assert content(LIVELY).example == ("conv", (2, 2, 2))


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        (
            made.activations(),
            "All 3 channels of every conv and pooling layer, for 1\xa0sample. In the one grid compared, a framed"
            " channel follows the object more closely than with shuffled weights.",
        ),
        (
            made.activations(made.maps("conv", made.numbers(), made.numbers(1)), made.maps("pool"), indices=(2, 4)),
            "All 3 channels of every conv and pooling layer, for 2\xa0samples. In none of the 4 grids compared"
            " does a channel follow the object measurably more closely than with shuffled weights.",
        ),
        (
            made.activations(made.maps("conv"), indices=(2, 4), found=made.NOT_FOUND),
            "All 1 channels of 1 of 2 conv and pooling layers, for 2\xa0samples.",
        ),
    ],
    ids=["all layers", "nothing follows", "one layer, no object"],
)
def test_answer_counts_what_is_shown(result: ActivationsResult, answer: str) -> None:
    samples = tuple(made.sample(maps.sample) for maps in result.samples)
    section = build(made.evidence(activations=result, samples=samples))
    assert section is not None
    assert section.answer == answer


def test_each_sample_keeps_its_label_and_answer() -> None:
    shown = content(made.activations(indices=(2, 5))).samples
    assert [(sample.sample, sample.label, sample.answer, sample.found) for sample in shown] == [
        (2, "cat", "cat", True),
        (5, "cat", "cat", True),
    ]


def test_without_samples_there_is_no_chapter() -> None:
    assert build(made.bare()) is None


@pytest.mark.parametrize(("sizes", "num_open"), [((600, 424, 1, 8), 2), ((2000, 8), 1), ((8, 8, 8), 3)])
def test_layers_stand_open_while_they_have_few_maps_together(sizes: tuple[int, ...], num_open: int) -> None:
    calls = [
        made.maps(f"conv_{place}", *(made.numbers(channel) for channel in range(size)))
        for place, size in enumerate(sizes)
    ]
    assert content(made.activations(*calls)).num_open == num_open


def many(number: int, **others: object) -> Layer:
    drawn = np.random.default_rng(0).normal(size=(number, 4))
    channels = (
        made.numbers(place, minimum=low, maximum=high, mean=mean, deviation=abs(spread), **others)
        for place, (low, high, mean, spread) in enumerate(drawn.tolist())
    )
    return first(made.activations(made.maps("conv", *channels)))
