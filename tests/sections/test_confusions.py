"""Which classes are taken for which: ranks, ties and what is left out, against counts by hand."""

from __future__ import annotations

import pytest

from reportgen.evidence.performance import ClassAccuracy, Confusion, share
from reportgen.language.ties import Tie
from reportgen.sections.performance import confusions

CLASSES = tuple(ClassAccuracy(place, str(place), share(1, 10 + place), None) for place in range(10))


def pairs(*counts: int, classes: int = 10) -> tuple[confusions.Pair, ...]:
    """Pairs of a class and the next one, these often; the first class is right twice."""
    cells = [Confusion(place // 9, (place // 9 + place % 9 + 1) % classes, count) for place, count in enumerate(counts)]
    return confusions.pairs(CLASSES, [Confusion(0, 0, 2), *cells], [each.name for each in CLASSES])


def test_pairs_come_most_frequent_first_and_equals_share_their_ranks() -> None:
    found = pairs(1, 4, 1, 4, 7, 1)
    assert [(pair.label, pair.answered, pair.number, pair.rank) for pair in found] == [
        ("0", "5", 7, "1"),
        ("0", "2", 4, "2–3"),
        ("0", "4", 4, "2–3"),
        ("0", "1", 1, "4–6"),
        ("0", "3", 1, "4–6"),
        ("0", "6", 1, "4–6"),
    ]
    assert {pair.whole for pair in found} == {10}


def test_right_answers_are_no_confusion_and_answers_without_a_number_are() -> None:
    (found,) = confusions.pairs(CLASSES, [Confusion(3, 3, 5), Confusion(3, None, 2)], [each.name for each in CLASSES])
    assert (found.label, found.answered, found.answer, found.whole) == ("3", None, "no number", 13)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((), "There are no mistakes."),
        ((1,), "Only one pair is confused: 0 read as 1 (once)."),
        ((4,), "Only one pair is confused: 0 read as 1 (4 times)."),
        ((4, 1), "The most frequent mistake: 0 read as 1 (4 times)."),
        ((1, 2), "The most frequent mistake: 0 read as 2 (twice)."),
        ((4, 1, 4), "The most frequent mistakes, 4 times each: 0 read as 1, 0 read as 3."),
        ((1, 1), "Only these pairs are confused, once each: 0 read as 1, 0 read as 2."),
        ((1,) * 20, "No pair is confused more than once (20 pairs)."),
        ((2,) * 12 + (1,), "12 pairs are confused twice each, and none more often."),
        ((3,) * 4, "4 pairs are confused 3 times each, and none more often."),
    ],
)
def test_sentence_says_how_many_are_confused_most_often(counts: tuple[int, ...], sentence: str) -> None:
    assert confusions.most_frequent(pairs(*counts)).replace("\u00a0", " ") == sentence


def test_sentence_of_an_answer_that_is_no_number_names_no_class() -> None:
    (found,) = confusions.pairs(CLASSES, [Confusion(3, None, 2)], [each.name for each in CLASSES])
    assert confusions.most_frequent([found]) == "Only one pair is confused: 3 read as NaN or infinity (twice)."


def test_names_with_commas_are_kept_apart() -> None:
    names = ["cat, big", *map(str, range(1, 10))]
    found = confusions.pairs(CLASSES, [Confusion(0, 1, 1), Confusion(0, 2, 1)], names)
    assert confusions.most_frequent(found) == (
        "Only these pairs are confused, once each: cat, big read as 1; cat, big read as 2."
    )


@pytest.mark.parametrize(
    ("counts", "sentences", "expected"),
    [
        ((3,), "the only pair of classes that is confused.", None),
        ((3, 2), "all 2 pairs of classes that are confused, the most frequent first.", None),
        (
            (2, 2),
            "all 2 pairs of classes that are confused, each of them twice. Pairs that are equally frequent share their"
            " ranks.",
            None,
        ),
        (
            (3, 3, 1),
            "all 3 pairs of classes that are confused, the most frequent first. Pairs that are equally frequent share"
            " their ranks.",
            None,
        ),
        (
            (7, 6, 5, 4, 3, 2),
            "5 of 6 pairs of classes that are confused, the most frequent first. report.json holds all.",
            None,
        ),
        (
            (9, 8, 8, 7, 1, 1, 1),
            "5 of 7 pairs of classes that are confused, the most frequent first. Pairs that are equally frequent share"
            " their ranks. Of the 3 pairs confused once each, 1 is shown, drawn at random with seed 3. report.json"
            " holds all.",
            Tie(1, 3),
        ),
        (
            (2,) * 8,
            "5 of 8 pairs of classes that are confused, each of them twice; drawn at random with seed 3. Pairs that are"
            " equally frequent share their ranks. report.json holds all.",
            Tie(5, 8),
        ),
    ],
)
def test_list_says_what_it_leaves_out_and_that_equals_were_drawn(
    counts: tuple[int, ...], sentences: str, expected: Tie | None
) -> None:
    found = pairs(*counts)
    shown, tie = confusions.frequent(found, 5, 3)
    assert tie == expected
    assert confusions.caption(found, shown, tie, 3).replace("\u00a0", " ") == sentences
