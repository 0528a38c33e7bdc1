"""What page one chooses to show: the verdict, the way of one image, where it goes wrong, three questions."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reportgen.document.report import Finding, Report
from reportgen.evidence import Evidence
from reportgen.evidence.journey import JourneyResult, RowOfNumbers, StageMap, StageMaps
from reportgen.evidence.performance import ClassAccuracy, Commonest, Confusion, Share, share
from reportgen.evidence.pixels import PixelHead
from reportgen.evidence.predictions import ErrorMoments, Errors
from reportgen.evidence.samples import Answer, HeadAnswer
from reportgen.language.ties import Tie
from reportgen.renderers import html
from reportgen.sections import architecture
from reportgen.sections.summary import Content, build, notes
from reportgen.sections.summary.boxes import Box
from reportgen.sections.summary.flow import Column, flow
from reportgen.sections.summary.pictured import pictures
from reportgen.sections.summary.sureness import trust
from reportgen.sections.summary.verdict import between, verdict
from reportgen.sections.summary.wrong import wrong
from tests import answers_made, made


def answers(*bands: tuple[float, int, int], places: bool = False) -> Any:
    """Predictions: in each band its confidence, how many are right, of how many."""
    sure = np.concatenate([np.full(whole, low) for low, _, whole in bands])
    hits = np.concatenate([np.arange(whole) < right for _, right, whole in bands])
    right = int(hits.sum())
    ranks = np.where(hits, 1, np.arange(len(hits)) % 9 + 2) if places else None
    return made.predictions(
        num_images=len(hits),
        right=right,
        interval=(right / len(hits) - 0.01, right / len(hits) + 0.01),
        sure=answers_made.sure(sure, hits, places=ranks),
        places=None if ranks is None else np.bincount(ranks - 1),
    )


def said(evidence: Evidence) -> str:
    return "".join(phrase.text for phrase in verdict(evidence))


def weighed(evidence: Evidence, weight: str) -> list[str]:
    return [phrase.text for phrase in verdict(evidence) if phrase.weight == weight]


def content(evidence: Evidence) -> Content:
    found = build(evidence).content
    assert isinstance(found, Content)
    return found


def boxes(evidence: Evidence) -> dict[str, Box]:
    return {box.name: box for box in content(evidence).boxes}


def test_verdict_says_when_to_trust_it() -> None:
    evidence = made.evidence(predictions=answers((0.95, 185, 188), (0.7, 60, 80), (0.3, 155, 521)))
    assert ": at 90\u202f% or more it is right 185 times in 188; below 50\u202f%, 155 times in 521." in said(evidence)
    assert weighed(evidence, "strong") == ["400 of 789", " Trust it when it is sure"]
    assert weighed(evidence, "warn") == ["below 50\u202f%, 155 times in 521"]


def test_bound_is_that_of_the_sure_ones_where_few_are_unsure() -> None:
    found = trust(answers((0.95, 921, 930), (0.7, 44, 63), (0.3, 0, 7)))
    assert found is not None
    assert (found.bound, found.unsure and found.unsure.whole, found.num_caught) == (0.9, 70, 26)
    assert [band.right and band.right.whole for band in found.bands] == [930, 63, 7]


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        (((0.95, 50, 100), (0.3, 10, 100)), "It is right more often when it is sure"),
        (((0.95, 50, 100), (0.3, 45, 100)), "How sure it is says little"),
    ],
    ids=["apart", "alike"],
)
def test_sureness_that_is_no_reason_to_trust_is_called_so(bands: Any, words: str) -> None:
    evidence = made.evidence(predictions=answers(*bands))
    assert words in said(evidence)
    assert "Trust it" not in said(evidence)


def test_too_few_answers_on_one_side_say_nothing_of_trust() -> None:
    assert "sure" not in said(made.evidence(predictions=answers((0.95, 100, 100), (0.3, 2, 19))))


def test_confidence_of_one_counts_as_sure_and_answers_that_are_no_number_do_not_count() -> None:
    found = answers((1.0, 5, 5), (0.0, 0, 2))
    sure = answers_made.sure([1.0] * 5 + [0.0] * 2, [True] * 5 + [False] * 2, broken=[False] * 5 + [True] * 2)
    broken = replace(found, sure=sure, num_nonfinite=2)
    measured = trust(broken)
    assert measured is not None
    assert [band.right and band.right.whole for band in measured.bands] == [5]
    assert measured.num_wrong == 2


def test_weak_class_is_named_with_its_cases() -> None:
    evidence = made.evidence(performance=made.missed(2, 3, 30))
    assert weighed(evidence, "warn") == ["“emu”, right for 70 of 100"]


@pytest.mark.parametrize(
    ("low", "most", "said_so"), [(0.2, 0.265, True), (0.265, 0.265, True), (0.27, 0.265, False), (0.7, 1.0, False)]
)
def test_accuracy_that_the_commonest_class_would_reach_is_called_no_better(
    low: float, most: float, said_so: bool
) -> None:
    commonest = Commonest(("green",), Share(round(200 * most), 200, most, (0.2, 0.3)))
    known = made.evidence(
        predictions=made.predictions(num_images=200, right=52, interval=(low, 0.8)),
        performance=made.performance(commonest=commonest),
    )
    words = " These images do not show that it is better than always predicting “green”, which is right for 53."
    assert (words in weighed(known, "warn")) == said_so


def test_one_probability_of_two_named_classes_is_one_of_them() -> None:
    output = replace(made.model().outputs[0], shape=(1,), activation="sigmoid")
    known = made.bare(model=made.model(outputs=(output,)), dataset=made.dataset(class_names=("three", "eight")))
    assert "and predicts one of 2\xa0classes: three and eight." in said(known)


def test_classes_are_named_where_they_are_few_and_some_of_many() -> None:
    names = tuple(f"class number {place}" for place in range(30))
    model = made.model(outputs=(replace(made.model().outputs[0], shape=(30,)),))
    many = made.bare(model=model, dataset=made.dataset(class_names=names), predictions=None)
    assert "one of 30\xa0classes, such as class number 0, class number 1 and class number 2." in said(many)


@pytest.mark.parametrize(
    ("interval", "words"), [((0.542, 0.603), "54 to 60\u202f%"), ((0.9901, 0.9962), "99.0 to 99.6\u202f%")]
)
def test_interval_is_in_words_and_as_fine_as_it_has_to_be(interval: tuple[float, float], words: str) -> None:
    assert between(interval) == words


def test_values_have_their_error_and_how_it_is_spread() -> None:
    found = made.predictions(
        right=None,
        interval=None,
        output="values",
        mean_error=0.5,
        num_images=100,
        errors=answers_made.errors(np.linspace(0, 1, 100)),
    )
    evidence = made.evidence(predictions=found, pixels=None, performance=None)

    def with_moments(count: int) -> Errors:
        spread = np.linspace(0, 1, count)
        moments = ErrorMoments(count, float(spread.mean()), float(spread.std()), 0.0)
        return replace(answers_made.errors(spread), moments=moments)

    words = said(replace(evidence, predictions=replace(found, errors=with_moments(100))))
    # The deviation of these errors is 0.2916: 1.96 · 0.2916 / √100 on either side.
    assert "mean absolute error on 100\xa0images is 0.5 (95 % interval 0.443 to 0.557); half of the errors" in words
    assert "are 0.5 or less, and 95 in 100" in words
    few = replace(found, num_images=29, errors=with_moments(29), value_range=(-1.0, 2.5))
    words = said(replace(evidence, predictions=few))
    assert "interval" not in words, "of so few"
    assert words.endswith(" or less. Its predictions run from −1 to 2.5.")
    assert boxes(evidence)["trust"].strong == "0.5"


def test_doubt_stands_in_the_verdict_once() -> None:
    doubted = made.evidence(
        scaling=made.scaling(made.scaled(right=10, saturated=0.99, high=255.0), made.scaled("1/255", right=90))
    )
    assert said(doubted).count("In doubt:") <= 1


def missing(classes: int, each: int) -> Any:
    """A head of many classes with so many images each, half of which are wrong: read as the next class."""
    names = [f"class {place}" for place in range(classes)]
    rows = tuple(
        ClassAccuracy(place, name, share(each - place % 2, each), share(1, 1)) for place, name in enumerate(names)
    )
    cells = []
    for place in range(classes):
        wrong_ones = place % 2
        cells.append(Confusion(place, place, each - wrong_ones))
        if wrong_ones:
            cells.append(Confusion(place, (place + 1) % classes, wrong_ones))
    total, misses = classes * each, classes // 2
    return made.performance(
        num_classes=classes,
        classes=rows,
        confusions=tuple(cells),
        right=share(total - misses, total),
        num_mistakes=misses,
    )


def test_classes_stand_worst_first_with_their_mistakes() -> None:
    found = wrong(made.evidence(performance=missing(4, 10)))
    assert found is not None
    assert [(row.name, row.told, row.beside) for row in found.rows] == [
        ("class 1", "9 of 10", "class 2 (1×)"),
        ("class 3", "9 of 10", "class 0 (1×)"),
        ("class 0", "10 of 10", ""),
        ("class 2", "10 of 10", ""),
    ]
    assert found.lead == "No class is worse than the others by more than chance."
    assert found.low == pytest.approx(0.5)
    assert found.place(1.0) == pytest.approx(1.0)


def test_a_class_that_is_the_only_one_with_images_is_ranked_among_none() -> None:
    found = wrong(made.evidence(performance=missing(1, 10)))
    assert found is not None
    assert found.caption.startswith("The only class that occurs: how many of its images are classified correctly.")


@pytest.mark.parametrize(("mistakes", "title"), [(0, "Right in every class"), (1, "Where it goes wrong")])
def test_where_nothing_goes_wrong_the_title_says_so(mistakes: int, title: str) -> None:
    rows = tuple(ClassAccuracy(place, "abc"[place], share(10 - mistakes, 10), share(1, 1)) for place in range(3))
    found = wrong(made.evidence(performance=made.performance(num_classes=3, classes=rows, confusions=())))
    assert found is not None
    assert found.title == title


def test_of_many_classes_the_ten_least_recognised_are_shown() -> None:
    found = wrong(made.evidence(performance=missing(40, 5)))
    assert found is not None
    assert len(found.rows) == 10
    assert "The 10 of 40 classes that are recognised least" in found.caption


def test_weak_classes_are_in_the_title() -> None:
    found = wrong(made.evidence(performance=made.missed(2, 3, 30)))
    assert found is not None
    assert found.title == "Where it goes wrong: “emu”"
    assert [row.is_weak for row in found.rows] == [True, False, False]


def test_one_image_of_each_class_is_told_across_classes() -> None:
    found = answers((0.95, 8, 10), (0.3, 12, 30), places=True)
    evidence = made.evidence(predictions=found, performance=missing(40, 1))
    shown = content(evidence).wrong
    assert shown is not None
    assert [row.told for row in shown.rows] == ["8 of 10", "12 of 30"]
    assert "With at most 1\xa0image of each class, single classes cannot be ranked." in shown.lead
    assert [row.name for row in shown.ranks] == ["first", "2 to 5", "6 to 10"]
    assert sum(int(row.told.split(" of ")[0]) for row in shown.ranks) == 40
    # What stands there is not said twice.
    assert boxes(evidence)["trust"].bands == ()


def test_kinds_tell_near_misses_beside_what_chance_would_give() -> None:
    head = missing(4, 10)
    evidence = made.evidence(performance=head, dataset=made.dataset(kinds=("fish", "bird", "bird", "")))
    found = wrong(evidence)
    assert found is not None
    assert [(row.name, row.told, row.near) for row in found.rows] == [
        ("fish", "10 of 10", 0.0),
        ("bird", "19 of 20", 1 / 20),
        ("no kind", "9 of 10", 0.0),
    ]
    # Of the bird that is taken for another class, one of three others is a bird.
    assert found.lead.startswith("1 of 2\xa0wrong predictions name a class of the same kind")
    assert "about 0 would" in found.lead


def test_pixels_are_told_by_class() -> None:
    found = wrong(made.evidence(predictions=made.predictions(right=None, interval=None), performance=None))
    assert found is not None
    assert [row.name for row in found.rows] == ["tree", "sky"]
    assert found.average == pytest.approx((26 / 31 + 9 / 14) / 2)
    assert found.measure == "overlap", "an intersection over union is no share that is right"


def test_nothing_is_said_to_go_wrong_without_labels() -> None:
    unlabelled = made.evidence(predictions=made.predictions(right=None, interval=None), performance=None, pixels=None)
    assert wrong(unlabelled) is None
    assert wrong(made.bare()) is None


def test_surest_mistakes_are_pictured_and_a_tie_is_told() -> None:
    found = pictures(made.evidence(performance=made.performance(mistakes_tie=Tie(1, 5), num_mistakes=9)))
    assert found is not None
    (one,) = found.items
    assert (one.label, one.answered, one.measure) == ("emu", "dog", "70\u202f%")
    assert "The 1 surest of 9\xa0mistakes; 1 of them drawn at random (seed 0) from 5" in found.caption
    assert "labelled emu, predicted dog (70\u202f%)" in one.figure.alt


def journey(**others: Any) -> JourneyResult:
    """One image, one switched stage, one pooled one."""
    square = np.array([[255, 0], [0, 0]], np.uint8)
    maps = (StageMap(0, 3.0, True, 2.0, square), StageMap(1, 0.1, False, 1.0, 0 * square))
    usual: dict[str, Any] = {
        "sample": 2,
        "reason": "supported",
        "kind": "softmax",
        "stages": (StageMaps("conv", "conv", "switched", 2, "halved", 2.0, maps),),
        "numbers": None,
        "answers": (Answer(0, "cat", 0.9), Answer(2, "emu", 0.08), Answer(1, "dog", 0.02)),
        "macs": 99,
    }
    return JourneyResult(**(usual | others))


def columns(evidence: Evidence) -> dict[str, Column]:
    found = flow(evidence)
    assert found is not None
    return {column.title: column for column in found.columns}


def test_flow_has_the_image_its_stages_and_the_answer() -> None:
    found = columns(made.evidence(journey=journey()))
    assert list(found) == ["The image", "conv", "The answer"]
    assert found["The image"].note == "Image 2: correct, with an explanation that holds."
    assert (found["conv"].note, found["conv"].emphasis) == (
        "A point sees 3\xa0pixels across. Without the first map (channel 0) the odds shrink",
        "20-fold.",
    )
    assert [bar.is_answer for bar in found["The answer"].bars] == [True, False, False]
    assert found["The answer"].note == "“cat”, and it is."


def test_stages_of_one_size_are_called_by_their_layers() -> None:
    convs = [
        made.conv(f"mix_{place}", index=place, inputs=("image" if place == 1 else f"mix_{place - 1}",))
        for place in range(1, 9)
    ]
    found = flow(made.bare(model=made.model(*convs, made.flatten(index=9), made.dense(index=10))))
    assert found is not None
    stages = [column for column in found.columns if column.kind == "stage"]
    assert len(stages) > 1
    assert all(column.title.startswith("mix_") and column.is_name for column in stages)
    assert len({column.title for column in stages}) == len(stages)
    assert stages[0].detail.endswith("map of 2\u202f×\u202f2")


def test_every_map_leads_to_its_channel_or_to_its_layer() -> None:
    maps = columns(made.evidence(journey=journey()))["conv"].maps
    assert [item.place(frozenset({"channels-conv", "channel-conv-0"})) for item in maps] == [
        "channel-conv-0",
        "channels-conv",
    ]
    assert [item.place(frozenset()) for item in maps] == ["layer-conv", "layer-conv"]
    assert [item.carries for item in maps] == [True, False]
    alone = columns(made.evidence(journey=journey(), chapters=("summary",)))["conv"].maps
    assert [item.place(frozenset()) for item in alone] == ["", ""]


def test_map_is_told_to_who_cannot_see_it() -> None:
    first, second = columns(made.evidence(journey=journey()))["conv"].maps
    assert first.figure.alt == (
        "Channel 0 of conv, framed: responds in 25\u202f% of the map, most at the upper left, up to 2."
    )
    assert second.figure.alt == "Channel 1 of conv: no response."


def test_shares_of_all_columns_add_up() -> None:
    found = columns(made.bare()).values()
    assert sum(column.parameters or 0.0 for column in found) == pytest.approx(1.0)
    assert sum(column.macs or 0.0 for column in found) == pytest.approx(1.0)


def test_without_images_the_network_stands_alone() -> None:
    found = flow(made.bare())
    assert found is not None
    assert (found.title, found.sample) == ("The way through the network", None)
    assert found.caption.startswith("There are no images here, so no maps are shown.")
    assert not any(column.maps or column.figure for column in found.columns)


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        (
            {"maps": (StageMap(4, 0.01, False, 1.0, np.zeros((2, 2), np.uint8)),)},
            "without any one of them, the odds hardly change.",
        ),
        (
            {"maps": (StageMap(4, 0.4, False, 1.0, np.zeros((2, 2), np.uint8)),)},
            "without channel 4 they shrink 1.5-fold.",
        ),
        ({"maps": (StageMap(4, 40.0, True, 1.0, np.zeros((2, 2), np.uint8)),)}, "shrink more than a million-fold."),
        ({"how": "estimated"}, "By the gradient, channel 0 adds most."),
        ({"how": "followed"}, "The same channels, pooled."),
        ({"how": "strongest"}, "The maps that respond most."),
    ],
    ids=["nothing", "little", "all", "estimated", "followed", "strongest"],
)
def test_note_says_what_the_answer_owes_to_a_stage(stage: dict[str, Any], words: str) -> None:
    (usual,) = journey().stages
    column = columns(made.evidence(journey=journey(stages=(replace(usual, **stage),))))["conv"]
    assert words in f"{column.note} {column.emphasis}"


def test_row_of_numbers_says_which_speak_for_the_answer() -> None:
    calls = (made.conv(), made.flatten(index=2, inputs=("conv",), output_shape=(4,)),
             made.dense("hidden", index=3, output_shape=(6,)), made.dense(index=4))  # fmt: skip
    row = RowOfNumbers("hidden", np.array([255, 0, 9, 0, 0, 3], np.uint8), 4.0, (0, 2))
    found = columns(made.evidence(model=made.model(*calls), journey=journey(numbers=row)))["hidden"]
    assert found.note == "They put the parts together. Framed: the 2 that speak most for the answer."
    assert found.figure is not None
    assert found.figure.alt == "6\xa0numbers of hidden: 3 above zero, up to 4; framed: 0, 2."


def test_trust_box_says_what_a_person_would_catch() -> None:
    found = answers((0.95, 921, 930), (0.7, 44, 70))
    box = boxes(made.evidence(predictions=found, performance=made.missed(10, 10, 10)))["trust"]
    assert (box.strong, box.answer) == ("99.0\u202f%", " right when it is at least 90\u202f% sure")
    assert [row.told for row in box.bands] == ["921 of 930", "44 of 70"]
    assert box.sentences[0] == (
        "Passing every answer below 90\u202f% to a person would mean checking 70 of 1\u202f000, and catch 26 of"
        " 35\xa0mistakes."
    )


def test_trust_without_labels_counts_how_sure_it_is() -> None:
    found = made.predictions(right=None, interval=None, sure=answers_made.sure([0.95, 0.95, 0.6, 0.2]), num_images=4)
    box = boxes(made.evidence(predictions=found, performance=None, pixels=None))["trust"]
    assert (box.strong, box.answer) == ("Not known", ": there are no labels")
    assert box.anchor == "", "there is no such chapter"
    assert boxes(made.evidence())["trust"].anchor == "performance"
    assert [row.told for row in box.bands] == ["2 of 4", "1 of 4", "1 of 4"]


@pytest.mark.parametrize(
    ("head", "strong", "words"),
    [
        (made.pixel_head(), "87.5\u202f%", "Always predicting sky would reach 75.0\u202f%."),
        (made.pixel_head("input"), "0.25", "Always predicting the mean of the other images would be 1 off."),
    ],
    ids=["masks", "reconstruction"],
)
def test_trust_in_pixels_is_told_beside_what_an_answer_reaches_that_looks_at_nothing(
    head: PixelHead, strong: str, words: str
) -> None:
    found = made.predictions(right=None, interval=None)
    box = boxes(made.evidence(predictions=found, performance=None, pixels=made.pixels(head)))["trust"]
    assert (box.strong, box.anchor) == (strong, "pixels")
    assert box.sentences[0] == words


def test_channels_that_follow_from_a_dead_one_are_not_counted_again() -> None:
    calls = (made.call("conv", made.channel(0), made.dead(1)), made.call("depthwise", made.dead(1, origin="conv")))
    box = boxes(made.evidence(responses=made.responses(*calls)))["broken"]
    assert (box.strong, box.answer) == ("1 of 3", " channels (filters) never responds")


def test_dead_channels_and_failed_checks_are_what_is_broken() -> None:
    box = boxes(made.evidence())["broken"]
    assert (box.strong, box.answer, box.is_bad) == ("1 of 2", " channels (filters) never responds", False)
    failed = made.evidence(findings=(Finding("RG110", "failed", "It disagrees.", "So it is."),))
    box = boxes(failed)["broken"]
    assert (box.strong, box.answer, box.is_bad) == ("1\xa0check", " failed", True)
    assert box.sentences[0] == "It disagrees."


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        ((made.dead(0), made.channel(1)), []),
        (
            (made.dead(0), made.channel(1), made.channel(2, copy_of=1, copy_correlation=0.995)),
            ["Of the others, 1 does the job of another."],
        ),
        ((made.channel(0),), ["Of 1\xa0channel (filters) none is dead, and none does the job of another."]),
    ],
    ids=["dead", "dead and a copy", "none"],
)
def test_dead_channels_are_counted_once(channels: tuple[Any, ...], words: list[str]) -> None:
    box = boxes(made.evidence(responses=made.responses(made.call("conv", *channels))))["broken"]
    assert [said for said in box.sentences if "agree" not in said] == words


def test_what_it_cannot_tell_is_said_once() -> None:
    box = boxes(made.evidence())["limits"]
    assert f"{box.answer}{box.strong}" == "Whether it is fit for your purpose"
    assert not any("fit for a purpose" in sentence for sentence in box.sentences)
    assert content(made.evidence()).cannot_say[-1].startswith("Whether the network is fit")


def test_nobody_is_told_to_check_everything() -> None:
    box = boxes(made.evidence(predictions=answers((0.7, 10, 40)), performance=made.missed(10, 10)))["trust"]
    assert (box.strong, box.answer) == ("25.0\u202f%", " right, and never 90\u202f% sure")
    assert not any("Passing every answer" in sentence for sentence in box.sentences)


def test_without_images_the_limits_say_so() -> None:
    assert boxes(made.bare())["limits"].sentences == (
        "No images were given: how often it is right, and what its channels respond to, is not known.",
    )


def test_extremes_stand_in_for_mistakes() -> None:
    found = made.predictions(right=None, interval=None, output="probabilities", name="scores", num_images=50)
    result = journey(extremes=(made.sample(1), made.sample(5)), measures=(0.99, 0.4))
    shown = pictures(made.evidence(predictions=found, performance=None, pixels=None, journey=result))
    assert shown is not None
    assert shown.title == "What it is surest and least sure of"
    assert [item.measure for item in shown.items] == ["99\u202f%", "40\u202f%"]
    errors = replace(found, output="values", errors=answers_made.errors(np.ones(50)))
    head = HeadAnswer("scores", (1,), "values", (Answer(0, "value 0", 4.2),), None, None, None, (3.1,))
    result = journey(extremes=(made.sample(1, heads=(head,)),), measures=(1.1,))
    shown = pictures(made.evidence(predictions=errors, performance=None, pixels=None, journey=result))
    assert shown is not None
    assert [(item.label, item.answered, item.measure) for item in shown.items] == [("3.1", "4.2", "off by 1.1")]


def test_network_draws_fields_in_the_image_of_page_one() -> None:
    samples = (made.sample(1), made.sample(2))
    for shown, named in ((2, "image 2"), (7, "image 1")):
        section = architecture.build(made.evidence(samples=samples, journey=journey(sample=shown)))
        assert isinstance(section.content, architecture.Content)
        assert section.content.picture_of == named
    alone = architecture.build(made.evidence(samples=samples, journey=None))
    assert isinstance(alone.content, architecture.Content)
    assert alone.content.picture_of == "image 1"


@pytest.mark.parametrize(
    ("evidence", "links"),
    [
        (made.evidence(), ["How often is it right?", "The channels", "What was not checked"]),
        (made.bare(), ["The network", "What was not checked"]),
    ],
    ids=["images", "none"],
)
def test_links_of_the_boxes_are_called_what_they_lead_to(evidence: Evidence, links: list[str]) -> None:
    section = build(evidence)
    page = html.document(Report("t", "s", evidence.model, evidence.run, (), (section,)), "screen")
    assert re.findall(r'<p class="more"><a class="on-page" href="#[a-z]+">\s*([^<]*)</a>', page) == links


@pytest.mark.parametrize(("times", "words"), [(134_560, "135\u202f000-fold."), (34.4, "34-fold."), (2.66, "2.7-fold.")])
def test_odds_are_told_with_no_more_digits_than_one_image_bears(times: float, words: str) -> None:
    assert notes._fold(float(np.log(times))) == words
