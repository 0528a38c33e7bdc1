"""Answers in the form of pictures are compared in the pass that answers all images; what it leaves does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from reportgen.models.blocks import State
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.pipeline import feeding, passing
from reportgen.pipeline.preparing import prepared
from reportgen.pipeline.probing import gathered
from reportgen.probes import pixels
from reportgen.probes.pixels.comparing import Compared
from reportgen.probes.pixels.errors import MeanPicture
from reportgen.progress import silent
from tests.probes.pictured import SIDE, errors_of, only
from tests.probes.pictured import passing as model_that_passes

pytestmark = pytest.mark.keras
Array = NDArray[Any]


def subject_of(images: Array, truth: Array | None, activation: str = "softmax") -> Subject:
    model = model_that_passes(3, activation)
    return prepared(model, feeding.in_memory(model, images, truth, ()), make({}))


def pictures(number: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).random((number, SIDE, SIDE, 3)).astype(np.float32)


def masks(number: int) -> Array:
    return np.random.default_rng(1).integers(0, 3, (number, SIDE, SIDE))


def test_each_image_is_read_once_to_be_answered_watched_and_compared() -> None:
    subject = subject_of(pictures(200), masks(200))
    assert subject.dataset is not None
    read: list[int] = []

    def noting(indices: Sequence[int], inner: Any = subject.dataset.read) -> Any:
        read.extend(indices)
        return inner(indices)

    counted = replace(subject, dataset=replace(subject.dataset, read=noting))
    own = passing.of_probes(counted, ("predictions", "pixels", "watching"), make({}))
    assert set(own) == {"predictions", "pixels", "watching"}
    assert len(read) == 64, "the first batch tells what the output means"
    assert len(passing.to_make(own)) == 1
    read.clear()
    passing.made(counted, ("predictions", "pixels", "watching"), make({}), silent)
    assert sorted(read) == sorted([*range(64), *range(200)])


@pytest.mark.parametrize("kind", ["masks", "input"])
def test_blocks_compared_elsewhere_and_put_together_give_the_same(kind: str) -> None:
    images, truth = pictures(300), masks(300) if kind == "masks" else None
    subject = subject_of(images, truth, "softmax" if kind == "masks" else "sigmoid")
    sections = ("pixels", "summary", "channels")
    whole = gathered(subject, sections, make({}), silent).pixels

    names = ("predictions", "pixels", "watching")
    elsewhere = passing.to_make(passing.of_probes(subject, names, make({})))
    collected: dict[str, list[State]] = {}
    for name, one in elsewhere.items():
        # Last block first, each by a process of its own.
        for block in reversed(one.blocks):
            alone = passing.to_make(passing.of_probes(subject, names, make({})))[name]
            collected.setdefault(name, []).insert(0, alone.collect(block, lambda: None))
    merged = gathered(replace(subject, collected=collected), sections, make({}), silent).pixels
    assert whole is not None
    assert merged is not None
    first, second = whole.heads[0], merged.heads[0]
    assert (first.by_class, first.by_error) == (second.by_class, second.by_error)
    np.testing.assert_array_equal(first.error_map, second.error_map)
    assert (first.worst_scores, first.worst_tie, first.scale) == (second.worst_scores, second.worst_tie, second.scale)
    assert [each.index for each in first.worst] == [each.index for each in second.worst]


def block_of(kind: str, size: int) -> int:
    """How many bytes a block of so many answers leaves, of which none is put to the model."""
    draw, images = np.random.default_rng(0), pictures(100)
    subject = subject_of(images, masks(100) if kind == "masks" else None, "softmax" if kind == "masks" else "sigmoid")
    assert subject.dataset is not None
    truths = [
        replace(truth, read=None if truth.read is None else lambda indices: masks(100)[np.asarray(indices) % 100])
        for truth in subject.dataset.pixels
    ]
    data = replace(
        subject.dataset, size=size, pixels=tuple(truths), read=lambda indices: images[np.asarray(indices) % 100]
    )
    compared = pixels.passes(replace(subject, dataset=data), make({}))
    assert isinstance(compared, Compared)
    compared.begin()
    for start in range(0, size, 512):
        indices = np.arange(start, min(start + 512, size))
        compared.take([draw.dirichlet(np.ones(3), (len(indices), SIDE, SIDE))], indices, images[indices % 100])
    left = sum(array.nbytes for array in compared.state().values())
    assert left <= compared.own_bytes / 2
    return left


@pytest.mark.parametrize("kind", ["masks", "input"])
def test_what_is_left_of_many_images_is_what_is_left_of_few(kind: str) -> None:
    # Up to 32,768 losses are kept one by one, and up to 16,384 different errors are told apart.
    few, many = block_of(kind, 40_000), block_of(kind, 50_000)
    assert many < 1.1 * few


def test_of_many_images_the_mean_picture_is_that_of_some_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    images = pictures(40)
    monkeypatch.setattr("reportgen.probes.pixels.errors.MOST_AVERAGED", 8)
    head = only(model_that_passes(3, "sigmoid", "again"), images)
    assert head.others("images") == "8 other images drawn at random"
    found = errors_of(head)
    assert found.mean_picture is not None
    drawn = set(MeanPicture(40, 0).images.tolist())
    assert len(drawn) == 8
    beside = [
        np.abs(images[sorted(drawn - {place})].mean(axis=0, dtype=np.float64) - images[place]).mean()
        for place in range(40)
    ]
    assert found.mean_picture.absolute.value == pytest.approx(np.mean(beside), rel=1e-6)


def test_of_many_images_the_median_is_that_of_those_that_were_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reportgen.probes.pixels.scored.MOST_KEPT", 9)
    head = only(model_that_passes(3, "sigmoid", "again"), pictures(40))
    scored = head.scored
    assert scored is not None
    assert (len(scored.images), len(scored.losses)) == (9, 9)
    assert scored.median() == scored.images[np.argsort(scored.losses)[4]]
    assert scored.worst.keys[0] <= -scored.losses.max()
