"""Why this answer: what is said of a test, and where the parts of a sum stand."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from itertools import chain
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.document.report import Report
from reportgen.evidence import Levels
from reportgen.evidence.why import ChannelShare, Explanation, PlainMap
from reportgen.figures import evidence_maps
from reportgen.figures.ticks import Ticks, extremes
from reportgen.renderers import html
from reportgen.sections import why
from reportgen.sections.why import Content, drawn, sentences, sums
from tests import made, why_made

CELLS = ((0.5, -0.25), (1.0, 0.0))


def content(*explanations: Explanation) -> Content:
    """The chapter on these."""
    section = why.build(made.evidence(samples=(made.sample(),), why=why_made.why(*explanations)))
    assert section is not None
    assert isinstance(section.content, Content)
    return section.content


def told(word: str, **others: Any) -> Explanation:
    """An explanation with this verdict."""
    return why_made.explanation(maps=(why_made.evidence_map(verdict=why_made.verdict(word)),), **others)


@pytest.mark.parametrize(
    ("explanations", "headline"),
    [
        ((told("supported"), told("weak")), "An outline is a claim. Each one here was tested"),
        ((told("supported"),), "An outline is a claim. This one was tested"),
        (
            (told("supported"), why_made.explanation(maps=(why_made.evidence_map(verdict=None),))),
            "An outline is a claim. 1 of 2 were tested",
        ),
        ((told("not supported", outline=None),) * 2, "No single part carries these answers"),
        ((told("no verdict", outline=None),), ""),
        ((why_made.explanation(maps=()),), ""),
    ],
)
def test_headline_says_what_was_tested(explanations: tuple[Explanation, ...], headline: str) -> None:
    assert sentences.headline(explanations) == headline


@pytest.mark.parametrize(
    ("one", "claim"),
    [
        (told("supported"), "The outlined 12 % carries “cat”: without it, the answer is “dog”."),
        (told("supported", outline=None), "What the map marks counts towards “cat”, but no part of it carries the"),
        (told("weak"), "Without the outlined part “cat” falls, but hardly more than without the same shape elsewhere."),
        (told("not specific"), "Without the outlined part “cat” falls, but places that other images' maps mark do as"),
        (told("not supported"), "This map is no evidence: painting over what it marks takes hardly more of “cat” away"),
        (
            why_made.explanation(
                maps=(
                    why_made.evidence_map(
                        verdict=why_made.verdict("not supported", twins=why_made.null(p_value=0.6, effect=-0.01))
                    ),
                )
            ),
            "This map is no evidence: painting over what it marks takes no more of “cat” away",
        ),
        (told("no verdict", outline=None), "An empty image gets this answer, too"),
        (why_made.explanation(maps=()), "No map was made of this image."),
    ],
)
def test_claim_says_what_the_verdict_means_for_this_answer(one: Explanation, claim: str) -> None:
    assert sentences.claim(one, "image").replace("\u202f", " ").startswith(claim)


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (19, "other maps are those of 19 other images."),
        (9, "other maps are those of 9 other images."),
        (8, "There are too few other images to compare their maps, which takes 9, so no map can be called supported."),
        (0, "There are too few other images to compare their maps, which takes 9, so no map can be called supported."),
    ],
)
def test_maps_of_others_are_counted_or_said_to_be_too_few(others: int, said: str) -> None:
    section = why.build(made.evidence(samples=(made.sample(),), why=why_made.why(num_others=others)))
    assert section is not None
    assert isinstance(section.content, Content)
    assert said in section.content.compared_said.replace("\u00a0", " ")
    signals = sentences.compared(others, "signal").replace("\u00a0", " ")
    assert said.replace("image", "signal") in signals


def test_test_of_a_signal_speaks_of_signals() -> None:
    several = sentences.judged(why_made.verdict(), "signal").replace("\u00a0", " ")
    few = sentences.judged(why_made.verdict("weak", others=None), "signal")
    assert ["19 other signals" in several, "9 other signals' maps" in few, "image" in several + few] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        (2.1, "is 8.2 times as probable"),
        (11.65, "is 115\u202f000 times as probable"),
        (17.0, "is 24.2 million times as probable"),
        (31.0, "is far ahead of"),
        (0.01, "is about as probable as"),
        (0.1, "is 1.1 times as probable as"),
    ],
)
def test_lead_over_another_class_is_no_longer_than_it_is_known(lead: float, said: str) -> None:
    assert said in sentences.contrasted(why_made.contrast(lead=lead), "cat").replace("\u00a0", " ")


def test_marks_are_counted_and_differ_by_their_shape() -> None:
    found = content(told("supported"), told("not supported"), told("not specific")).verdicts
    assert [(row.word, row.disc, row.number) for row in found] == [
        ("supported", "full", 1),
        ("not specific", "half", 1),
        ("weak", "half", 0),
        ("not supported", "empty", 1),
    ]


def test_strip_holds_what_each_other_place_leaves() -> None:
    outline = why_made.outline(each_elsewhere=(0.9, 0.95))
    strip = content(why_made.explanation(outline=outline)).samples[0].strip
    assert strip is not None
    assert strip.values == (0.9, 0.95)
    assert [tick.value for tick in strip.named] == [0.97, 0.12]
    assert content(told("no verdict", outline=None)).samples[0].strip is None


def test_strip_without_an_outline_shows_what_the_largest_share_leaves() -> None:
    strip = content(told("not supported", outline=None)).samples[0].strip
    assert strip is not None
    assert strip.values == (0.4, 0.7, 0.9)
    assert strip.named[1].value == 0.02


def test_what_takes_away_leads_left_of_zero_and_what_adds_ends_at_the_score() -> None:
    channels = (ChannelShare(4, 6.0, None), ChannelShare(9, -1.0, None))
    exact = why_made.worked_sum(bias=-1.0, channels=channels, others=4.0, score=8.0)
    (total,) = sums.sums(why_made.explanation(worked_sum=exact, carried=()), why_made.PLACES, "why")
    assert total.end == pytest.approx(8.0)
    assert total.zero == 20
    assert [(part.kind, part.left, part.width) for part in total.parts_against] == [
        ("begins", 0, 10),
        ("against", 10, 10),
    ]
    assert [(part.kind, part.left, part.width) for part in total.parts_for] == [("for", 0, 60), ("others", 60, 40)]
    assert total.tip == 100
    assert total.bar(6.0) == (50, 50)


def test_channel_that_adds_nothing_is_one_of_the_others() -> None:
    channels = (ChannelShare(4, 6.0, None), ChannelShare(9, 0.0, None), ChannelShare(1, 0.0, None))
    one = why_made.carried(channels=channels, num_others=3)
    (found,) = sums.sums(why_made.explanation(carried=(one,), worked_sum=None), why_made.PLACES, "why")
    assert ([row.channel for row in found.rows], found.num_others) == ([4], 5)
    nothing = why_made.carried(channels=channels[1:], num_others=0)
    (found,) = sums.sums(why_made.explanation(carried=(nothing,), worked_sum=None), why_made.PLACES, "why")
    assert ([row.channel for row in found.rows], found.num_others) == ([9], 1)


@pytest.mark.parametrize(("class_index", "what"), [(0, "log-odds"), (None, "value")])
def test_what_the_channels_move_is_what_is_explained(class_index: int | None, what: str) -> None:
    (found,) = sums.sums(why_made.explanation(class_index=class_index), why_made.PLACES, "why")
    assert found.said.startswith(f"With every channel of conv at its mean over the data, the {what} would be 4 lower.")


def test_cells_hold_the_exact_sum_and_its_strongest_places() -> None:
    exact = why_made.worked_sum(cells=CELLS)
    full = drawn.cells("full", why_made.PLACES, exact, is_full=True, alt="It adds.", said="")
    assert [text for _, _, text in full.labels] == ["0.50", "−0.25", "1.00", "0.00"]
    assert full.figure.alt == "It adds. Most comes from row 2, column 1 of 2 by 2."
    few = drawn.cells("few", why_made.PLACES, exact, is_full=False, alt="It adds.", said="")
    assert [text for _, _, text in few.labels] == ["−0.25", "+0.50", "+1.00"]


def test_outlined_part_keeps_its_colours_and_the_rest_is_dark() -> None:
    picture = np.full((4, 4, 3), (200, 100, 50), np.uint8)
    mask = np.zeros((4, 4), np.uint8)
    mask[1:3, 1:3] = 1
    figure = evidence_maps.outlined("one", picture, mask, alt="An outline.")
    pixels = np.asarray(Image.open(io.BytesIO(figure.data)).convert("RGB"))
    middle, corner = pixels[len(pixels) // 2, len(pixels) // 2], pixels[2, 2]
    assert tuple(middle) == (200, 100, 50)
    assert corner.max() == corner.min() < 60, "dark and grey"
    edge = len(pixels) // 4
    assert pixels[edge, edge].tolist() != [240, 180, 0], "a corner is rounded"
    assert pixels[edge + 1, len(pixels) // 2].tolist() == [240, 180, 0], "a side is not"


def test_ticks_stand_in_percent_and_words_lean_away_from_the_ends() -> None:
    ticks = Ticks((0.0, 5.0, 10.0, 5.0), 0.0, 10.0)
    assert list(ticks.places) == [0, 50, 100]
    assert [ticks.lean(value) for value in (0, 5, 10)] == ["start", "middle", "end"]


def test_ticks_that_touch_are_one_stretch_of_ink() -> None:
    ticks = Ticks((0.0, 5.0, 5.01, 5.02, 5.03, 5.04, 7.0, 7.03, 10.0), 0.0, 10.0)
    assert list(ticks.inked) == [(-0.1, 0.2), (49.9, 0.6), (69.9, 0.2), (70.2, 0.2), (99.9, 0.2)]
    inked = [range(round(100 * left), round(100 * (left + width))) for left, width in ticks.inked]
    each = [range(round(100 * place) - 10, round(100 * place) + 10) for place in ticks.places]
    assert set(chain(*inked)) == set(chain(*each))


def test_highest_and_lowest_are_named_where_there_is_room() -> None:
    values = {channel: float(channel) for channel in range(50)}
    assert [tick.word for tick in extremes(values, 0.0, 49.0)] == ["0", "49"]


@pytest.mark.parametrize(("end", "is_small"), [(6, True), (12, False)])
def test_row_says_whether_small_patches_are_shown_again(end: int, is_small: bool) -> None:
    patch = made.patch(box=(4, 4, end, end), size=(16, 16))
    one = why_made.carried(channels=(ChannelShare(1, 2.5, None, (patch,)),))
    (found,) = sums.sums(why_made.explanation(carried=(one,), worked_sum=None), why_made.PLACES, "why-2")
    assert [row.has_insets for row in found.rows] == [is_small]


def test_parts_of_a_sum_have_as_many_decimals_as_the_whole() -> None:
    exact = why_made.worked_sum(cells=((12.0, 12.85),), bias=0.855, score=25.705, others=15.7)
    (found, *_) = sums.sums(why_made.explanation(worked_sum=exact, carried=()), why_made.PLACES, "why")
    added = sentences.added(exact, "score").replace("\u00a0", " ")
    assert added.startswith("All 2 (24.85) and the starting value (0.85) make the score 25.70, exactly:")
    assert "the starting value 0.85, then what each channel adds. The model gave 25.70;" in found.said
    assert [found.main_said, found.end_said] == ["3.50", "20.05"]


def test_what_is_nearly_nothing_has_no_sign_among_the_cells() -> None:
    exact = why_made.worked_sum(cells=((1.0, -0.003), (0.003, -0.2)))
    full = drawn.cells("full", why_made.PLACES, exact, is_full=True, alt="It adds.", said="")
    assert [text for _, _, text in full.labels] == ["1.00", "0.00", "0.00", "−0.20"]
    small = drawn.cells(
        "full", why_made.PLACES, why_made.worked_sum(cells=((0.487, -0.032),)), is_full=True, alt="It adds.", said=""
    )
    assert [text for _, _, text in small.labels] == ["0.49", "−0.03"]


def test_effects_are_points_of_the_whole_answer() -> None:
    said = sentences.judged(why_made.verdict(), "image").replace("\u00a0", " ")
    assert said.startswith("Of the whole answer, what it marks takes 46.0 points more than the same shape elsewhere,")
    plain = sentences.plain(why_made.explanation(plain=(PlainMap("edges", -1.151), PlainMap("brightness", 0.01))))
    assert plain.replace("\u00a0", " ").endswith("edges alone 115.1 points less, brightness alone 1.0 point more.")


def test_number_of_marks_is_a_word() -> None:
    assert content(told("supported")).verdicts_title == "Three marks, by rule"
    assert content(told("not specific"), told("no verdict", outline=None)).verdicts_title == "Five marks, by rule"


def test_samples_without_a_verdict_are_counted_in_whole_words() -> None:
    said = sentences.answer((told("supported"), told("no verdict", outline=None)), "image")
    assert said.endswith(" The other one is without a verdict.")
    more = sentences.answer((told("supported"), told("weak"), told("no verdict", outline=None)), "image")
    assert more.endswith("The others: 1 weak, 1 without a verdict.")


@pytest.mark.parametrize(
    ("words", "begins", "ends"),
    [
        (("no verdict",) * 3, "None of the 3 evidence maps has a verdict: with everything", "answers are the same."),
        (("no verdict",), "The one evidence map has no verdict: with everything painted", "answer is the same."),
        (
            ("weak", "no verdict"),
            "None of the 2 evidence maps is supported. For",
            "They are: 1 weak, 1 without a verdict.",
        ),
        (("weak",), "The one evidence map is not supported. For that,", "more than what is marked in other images."),
    ],
)
def test_answer_without_a_supported_map_counts_none_instead_of_nought(
    words: tuple[str, ...], begins: str, ends: str
) -> None:
    said = sentences.answer(tuple(told(word, outline=None) for word in words), "image")
    assert said.startswith(begins)
    assert said.endswith(ends)


@pytest.mark.parametrize(
    ("values", "line", "place", "lean"),
    [
        ((0.01, 0.04), 0.038, 5.3, "start"),
        ((0.4, 0.9), 1.0, 40.0, "start"),
        ((0.62, 0.9), 0.6, 61.5, "start"),
        ((0.9, 0.99), 0.85, 83.5, "end"),
    ],
)
def test_no_line_runs_through_the_words_above_the_ticks(
    values: tuple[float, ...], line: float, place: float, lean: str
) -> None:
    assert Ticks(values, 0.0, 1.0).clear_of(line) == (place, lean)


def test_narrow_parts_of_a_strip_are_numbered_where_the_strip_is_wide() -> None:
    channels = tuple(ChannelShare(channel, share, None) for channel, share in ((189, 6.0), (26, 5.5), (5, 3.0)))
    exact = why_made.worked_sum(channels=channels, others=85.5, bias=0.0, score=100.0)
    (found, *_) = sums.sums(why_made.explanation(worked_sum=exact, carried=()), why_made.PLACES, "why")
    parts = [(part.word, part.has_value, part.size) for part in found.parts_for[:3]]
    assert parts == [("189", True, "narrow"), ("26", True, "narrow"), ("", False, "narrow")]


def test_response_beside_a_channel_is_told_by_its_place() -> None:
    levels = np.zeros((4, 4), np.uint8)
    levels[0, 0] = 200
    for response, alt in ((levels, "responds most in the upper left"), (levels * 0, "is silent")):
        one = why_made.carried(channels=(ChannelShare(1, 2.5, response),))
        (found,) = sums.sums(why_made.explanation(carried=(one,), worked_sum=None), why_made.PLACES, "why")
        assert found.rows[0].response is not None
        assert found.rows[0].response.alt == f"Channel 1 of conv {alt} on this sample."


def test_patches_have_the_row_to_themselves_where_no_map_stands_beside_them() -> None:
    def rows(response: Levels) -> set[str]:
        share = replace(why_made.carried().channels[0], response=response, patches=(why_made.patch(),))
        carried = (why_made.carried(channels=(share,)),)
        evidence = made.evidence(samples=(made.sample(),), why=why_made.why(why_made.explanation(carried=carried)))
        section = why.build(evidence)
        assert section is not None
        report = Report(evidence.title, "What toy sees", evidence.model, evidence.run, (), (section,))
        page = html.document(report, "screen")
        return set(re.findall(r'<div class="(carrier(?: [^"]*)?)">', page))

    assert rows(np.ones((4, 4), np.uint8)) == {"carrier"}
    assert rows(np.ones((4, 4, 4), np.uint8)) == {"carrier carrier-plain"}, "a volume's map is no picture"
