"""Samples by every kind of wish, with and without labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reportgen.errors import DataError
from reportgen.evidence.confidences import Kept
from reportgen.options.forms import Pick
from reportgen.probes.predictions import asked_for
from reportgen.probes.predictions.counting import Answered as AnsweredClasses
from reportgen.probes.predictions.counting import Asked, Counts
from reportgen.probes.samples.picking import Answered, Picked, pick
from tests import answers_made

Array = npt.NDArray[Any]
LABELS = np.array([0, 1, 0, 1, 2, 0])
FIRST = np.array([0, 1, 1, 0, 2, 0])
CONFIDENCE = np.array([0.6, 0.9, 0.8, 0.7, 0.4, 0.9])
# Images 2 and 3 are answered wrongly; 1 and 5 are equally confident.
TIED = ": one of 2 equally confident, taken in the order of the data"


def chosen(*wishes: str, labels: bool = True, classes: bool = True, seed: int = 0) -> tuple[Picked, ...]:
    hits = FIRST == LABELS if labels else None
    known = Answered(
        size=6,
        labels=LABELS if labels else None,
        has_hits=labels and classes,
        sure=answers_made.sure(CONFIDENCE, hits) if classes else None,
        kept=answers_made.kept(FIRST, CONFIDENCE, hits) if classes else None,
    )
    return pick([Pick.parse(wish) for wish in wishes], known, seed)


def indices(*wishes: str, **others: bool) -> list[int]:
    return [one.index for one in chosen(*wishes, **others)]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("index:4,1", [4, 1]),
        ("index:1,1", [1]),
        ("per-class:1", [0, 1, 4]),
        ("per-class:2", [0, 2, 1, 3, 4]),
        ("confident:2", [1, 5]),
        ("confident:9", [1, 5, 0, 4]),
        ("uncertain:2", [4, 0]),
        ("wrong:1", [2]),
        ("wrong:4", [2, 3]),
    ],
)
def test_each_wish_with_labels(wish: str, expected: list[int]) -> None:
    assert indices(wish) == expected


@pytest.mark.parametrize(("wish", "expected"), [("index:3", [3]), ("confident:3", [1, 5, 2]), ("uncertain:2", [4, 0])])
def test_each_wish_without_labels(wish: str, expected: list[int]) -> None:
    assert indices(wish, labels=False) == expected


@pytest.mark.parametrize(
    ("wish", "labels", "classes", "message"),
    [
        ("per-class:1", False, True, "cannot be picked by per-class:1: it needs labels"),
        ("wrong:1", False, True, "cannot be picked by wrong:1: it needs labels"),
        ("wrong:1", True, False, "needs a model that predicts classes"),
        ("confident:1", True, False, "needs a model that predicts classes"),
        ("uncertain:1", False, False, "needs a model that predicts classes"),
        ("index:6", True, True, "There is no sample 6 in data of 6 images. Expected 0 to 5"),
    ],
)
def test_wish_that_cannot_be_met_is_refused(wish: str, labels: bool, classes: bool, message: str) -> None:
    with pytest.raises(DataError, match=message):
        chosen(wish, labels=labels, classes=classes)


def test_random_choice_follows_the_seed() -> None:
    first, again, other = (chosen("random:3", seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other
    assert len({one.index for one in first}) == 3
    assert {one.reason for one in first} == {"drawn at random with seed 1"}


def test_more_at_random_than_there_are_gives_all() -> None:
    assert sorted(indices("random:99")) == [0, 1, 2, 3, 4, 5]


def test_default_is_one_confident_one_uncertain_and_one_wrong_sample() -> None:
    assert chosen() == (
        Picked(1, f"correct, and most confident{TIED}"),
        Picked(4, "least confident"),
        Picked(2, "wrong, and most confident"),
    )


@pytest.mark.parametrize(("labels", "classes"), [(False, True), (True, False), (False, False)])
def test_default_without_labels_or_classes_is_the_first_three(labels: bool, classes: bool) -> None:
    assert chosen(labels=labels, classes=classes) == tuple(Picked(i, "one of the first images") for i in range(3))


def test_default_on_fewer_than_three_images_takes_them_all() -> None:
    found = pick([], Answered(size=2), seed=0)
    assert [one.index for one in found] == [0, 1]


def test_image_is_chosen_once_with_its_first_reason() -> None:
    assert chosen("index:1", "confident:1", "wrong:1") == (
        Picked(1, "chosen by its index"),
        Picked(5, "correct, and most confident"),
        Picked(2, "wrong, and most confident"),
    )


def test_equal_confidence_keeps_the_order_of_the_images_and_says_so_where_some_are_left_out() -> None:
    wish, confidence = [Pick("confident", (3,))], np.array([0.5, 0.5, 0.9, 0.5])
    found = pick(wish, Answered(size=4, sure=answers_made.sure(confidence)), seed=0)
    tied = "most confident: one of 3 equally confident, taken in the order of the data"
    assert found == (Picked(2, "most confident"), Picked(0, tied), Picked(1, tied))
    everything = pick([Pick("confident", (4,))], Answered(size=4, sure=answers_made.sure(confidence)), seed=0)
    assert {one.reason for one in everything} == {"most confident"}


def test_broken_answer_counts_as_wrong_and_never_as_confident() -> None:
    hits, confidence = np.array([False, True]), np.array([0.0, 0.5])
    labels = np.array([0, 1])
    wishes = [Pick("confident", (5,)), Pick("wrong", (5,))]
    sure = answers_made.sure(confidence, hits, broken=[True, False])
    found = pick(wishes, Answered(2, labels, True, sure, answers_made.kept([-1, 1], confidence, hits)), seed=0)
    assert [(one.index, one.reason) for one in found] == [
        (1, "correct, and most confident"),
        (0, "wrong, and most confident"),
    ]


def plainly(wishes: list[Pick], labels: Array, hits: Array | None, sure: Array, seed: int) -> list[tuple[int, str]]:
    """The same choice from the answers to all images."""
    chosen: dict[int, str] = {}
    for wish in wishes:
        number, size = wish.numbers[0], len(sure)
        if wish.kind == "index":
            found = [(index, "chosen by its index") for index in wish.numbers]
        elif wish.kind == "random":
            drawn = np.random.default_rng(seed).permutation(size)[:number].tolist()
            found = [(index, f"drawn at random with seed {seed}") for index in drawn]
        elif wish.kind == "per-class":
            every = [np.flatnonzero(labels == label)[:number].tolist() for label in sorted(set(labels.tolist()))]
            found = [(index, "one of the first of its class") for each in every for index in each]
        else:
            reason = {"confident": "most confident", "wrong": "wrong, and most confident"}.get(
                wish.kind, "least confident"
            )
            free = [index for index in range(size) if index not in chosen]
            if wish.kind == "wrong" and hits is not None:
                free = [index for index in free if not hits[index]]
            elif wish.kind == "confident" and hits is not None:
                free, reason = [index for index in free if hits[index]], f"correct, and {reason}"
            sign = 1 if wish.kind == "uncertain" else -1
            free.sort(key=lambda index: (sign * sure[index], index))
            last = sure[free[:number][-1]] if free else None
            equals = sum(sure[index] == last for index in free)
            tied = equals > sum(sure[index] == last for index in free[:number])
            told = f"{reason}: one of {equals} equally confident, taken in the order of the data" if tied else reason
            found = [(index, told if sure[index] == last else reason) for index in free[:number]]
        for index, why in found:
            chosen.setdefault(index, why)
    return list(chosen.items())


_WISH = st.one_of(
    st.builds(
        Pick, st.sampled_from(["confident", "uncertain", "wrong", "random", "per-class"]), st.tuples(st.integers(1, 6))
    ),
    st.builds(Pick, st.just("index"), st.lists(st.integers(0, 39), min_size=1, max_size=8).map(tuple)),
)


@settings(deadline=None, max_examples=150)
@given(st.lists(_WISH, min_size=1, max_size=4), st.integers(0, 99), st.integers(2, 12), st.booleans())
def test_choice_from_lists_is_that_from_all_answers(wishes: list[Pick], seed: int, steps: int, knows: bool) -> None:
    wishes = [wish for wish in wishes if knows or wish.kind != "wrong"]
    draw, size = np.random.default_rng(seed), 40
    labels, answers = draw.integers(0, 3, size), draw.integers(0, 3, size)
    sure = (draw.integers(1, steps, size) / steps).astype(np.float32)
    broken = draw.uniform(size=size) < 0.1
    answers, sure = np.where(broken, -1, answers), np.where(broken, 0, sure).astype(np.float32)
    hits = answers == labels if knows else np.zeros(size, bool)
    counts = Counts(Asked(3, asked_for.most_chosen(wishes, [labels]), 0, has_places=False))
    counts.add(AnsweredClasses(np.arange(size), sure, broken, hits, answers, labels if knows else None))
    images = asked_for.by_place(wishes, [labels], size, seed)
    kept = Kept(images, answers[images], sure[images].astype(np.float64), hits[images] if knows else None)
    known = Answered(size, labels, knows, counts.confidences(), kept)
    if wishes:
        found = [(one.index, one.reason) for one in pick(wishes, known, seed)]
        assert found == plainly(wishes, labels, hits if knows else None, sure, seed)
