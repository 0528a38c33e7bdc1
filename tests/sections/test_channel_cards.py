"""What a card says of a channel by rules: its title, its two lines, and what can be seen in its patches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from reportgen.evidence import Evidence
from reportgen.evidence.channels import joined
from reportgen.evidence.common import Common, common, kinds_of
from reportgen.evidence.responses import ChannelResponses, ResponsesResult
from reportgen.figures.looks import looks, sources
from reportgen.sections.channels import titles
from reportgen.sections.channels.drawn import Channel
from reportgen.sections.channels.stages import in_body
from tests import made


def result(found: ChannelResponses, counts: tuple[int, ...] = (100, 400, 500), **others: object) -> ResponsesResult:
    return made.responses(made.call("conv", found), class_counts=counts, **others)


def said(found: ChannelResponses, responses: ResponsesResult, evidence: Evidence | None = None) -> tuple[str, ...]:
    known = evidence or made.evidence(ablation=None)
    (channel,) = joined(responses.calls[0], responses, known.ablation, known.edges, Channel)
    seen = common(found.strongest, responses, ())
    return titles.lines(channel, seen, responses, known)


@pytest.mark.parametrize(
    ("cats", "counts", "dominates"),
    [
        (11, (100, 400, 500), True),
        (10, (100, 400, 500), False),
        (24, (400, 100, 500), False),
        (25, (390, 110, 500), True),
    ],
    ids=["over 40 %", "40 %", "under 2.5 times its share", "over it"],
)
def test_class_is_named_over_two_fifths_and_two_and_a_half_times_its_share(
    cats: int, counts: tuple[int, ...], dominates: bool
) -> None:
    found = made.channel(0, strongest=(0,) * cats + (1, 2) * 13)
    found = replace(found, strongest=found.strongest[:25])
    seen = common(found.strongest, result(found, counts), ())
    assert seen is not None
    assert (seen.name, seen.count, seen.total, seen.dominates) == ("cat", cats, 25, dominates)


def test_card_says_how_many_of_its_strongest_are_of_the_class() -> None:
    found = made.channel(0, strongest=(0,) * 21 + (1,) * 4)
    assert said(found, result(found))[0] == "21 of its 25 strongest: cat (10\u202f% of all)."
    mixed = made.channel(0, strongest=(0,) * 9 + (1,) * 8 + (2,) * 8)
    assert said(mixed, result(mixed))[0] == "No class dominates: at most 9 of its 25 strongest (cat)."


def test_kind_is_named_where_no_class_dominates() -> None:
    found = made.channel(0, strongest=(0,) * 8 + (1,) * 7 + (2,) * 10)
    responses = result(found, (100, 100, 800))
    seen = common(found.strongest, responses, kinds_of(responses.classes, ("pets", "pets", ""), responses))
    assert seen is not None
    assert (seen.title, seen.count, seen.share, seen.dominates) == ("pets", 15, 0.2, True)


def test_copy_that_is_needed_says_so_on_its_card() -> None:
    known = made.evidence(ablation=made.ablation(made.ablated(0)))
    copy = made.channel(0, copy_of=4, copy_correlation=0.995)
    (*_, line) = said(copy, result(copy), known)
    assert line.startswith("Does the same as channel 4 (correlation 0.995). Needed: without it, accuracy ")


def test_few_images_name_no_class_and_digits_are_called_classes() -> None:
    few = made.channel(0, strongest=(0,) * 9)
    seen = common(few.strongest, result(few), ())
    assert seen is not None
    assert not seen.dominates
    digit = Common("3", 20, 25, 0.1, is_kind=False)
    assert digit.title == "class 3"
    assert common((), result(few), ()) is None


@pytest.mark.parametrize(
    ("others", "line"),
    [
        ({"state": "nearly dead", "firing_share": 0.0005}, "Nearly dead: above 0 in 0.05\u202f% of the images."),
        ({"state": "no number"}, "Gives NaN or infinity."),
        ({"copy_of": 4, "copy_correlation": 0.995}, "Does the same as channel 4 (correlation 0.995)."),
        ({"copy_of": 4, "copy_correlation": 0.99996}, "Does the same as channel 4 (correlation over 0.999)."),
        ({}, "Above 0 at 50\u202f% of its places."),
    ],
)
def test_second_line_says_first_of_all_what_is_wrong(others: dict[str, object], line: str) -> None:
    found = made.channel(0, **others)
    assert said(found, result(found))[-1] == line


def test_second_line_says_what_is_lost() -> None:
    found = made.channel(0)
    needed = made.evidence(ablation=made.ablation(made.ablated(0)))
    assert said(found, result(found), needed)[-1] == (
        "Needed: without it, accuracy −40\xa0points (−70 to −5; 5 images)."
    )
    spared = made.evidence(ablation=made.ablation(made.spared(0)))
    assert said(found, result(found), spared)[-1] == (
        "Above 0 at 50\u202f% of its places; switched off, none of 5 predictions changes."
    )


@pytest.mark.parametrize(
    ("levels", "words"),
    [
        ([[250, 250], [250, 250]], ""),
        ([[250, 250], [0, 0]], "bright above, dark below"),
        ([[0, 0], [0, 250]], "bright below on the right, dark above on the left"),
        ([[0, 250], [0, 250]], "bright on the right, dark on the left"),
        ([[0, 0, 0], [0, 250, 0], [0, 0, 0]], "bright in the middle, dark around"),
        ([[250, 250, 250], [250, 0, 250], [250, 250, 250]], "dark in the middle, bright around"),
        ([[120, 130, 120]], ""),
    ],
)
def test_brightness_is_said_where_it_is_clear(levels: list[list[float]], words: str) -> None:
    assert looks(np.array(levels, np.float64)) == words


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((200, 20, 20), "reddish"), ((200, 190, 20), "yellowish"), ((20, 200, 20), "greenish"),
        ((20, 20, 200), "bluish"), ((200, 20, 200), "purple"), ((120, 130, 125), ""),
    ],
)  # fmt: skip
def test_colour_is_said_where_it_is_clear(colour: tuple[int, int, int], word: str) -> None:
    assert looks(np.full((3, 3, 3), colour, np.float64)) == word


def test_classes_of_patches_are_said_the_commonest_first() -> None:
    assert sources(["3", "5", "3", "7"]) == "from 3s, 5 and 7"
    assert sources(["cat", "dog", "dog"]) == "from dog (2) and cat"


def test_maps_of_one_place_stand_for_no_stage() -> None:
    shapes = [(4, 4, 1)] * 5 + [(1, 1, 1)]
    layers = [made.conv(f"c{place}", output_shape=shape, jump=None) for place, shape in enumerate(shapes)]
    calls = [made.call(layer.path) for layer in layers]
    assert in_body(calls, layers) == {"c4"}
    assert in_body(calls[:4], layers) == {"c0", "c1", "c2", "c3"}
    assert in_body(calls, layers[:3]) == {call.path for call in calls}
