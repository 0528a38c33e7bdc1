"""A pass cut into blocks: the same bits, whoever goes through which block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reportgen.models.blocks import MOST_BLOCKS, Pass, State, batches, cut
from reportgen.models.inspection import inspect
from reportgen.models.subject import Array, Subject
from reportgen.options import Options
from reportgen.pipeline import passing
from reportgen.probes import predictions, watching
from reportgen.progress import silent
from reportgen.sources.memory import from_arrays

SIZE = 150
# Even in float64, sums of such numbers depend on their order.
IMAGES = np.random.default_rng(1).normal(size=(SIZE, 6, 6, 1)).astype(np.float32) * np.float32(3.7)


@given(st.integers(1, 5000), st.integers(1, 70), st.integers(1, 70))
def test_blocks_are_whole_batches_of_all_images_in_order(size: int, rows: int, most: int) -> None:
    blocks = cut(size, rows, most)
    assert [place for block in blocks for place in block] == list(range(size))
    assert len(blocks) == min(most, -(-size // rows))
    assert all(block.start % rows == 0 and len(block) for block in blocks)
    number = [len(batches(block, rows)) for block in blocks]
    assert max(number) - min(number) <= 1
    assert all(len(batch) == rows for block in blocks for batch in batches(block, rows)[:-1])


def test_there_are_at_most_64_blocks() -> None:
    assert len(cut(10**8, 64)) == MOST_BLOCKS == 64


def subject(labels: Any, *, values: bool = False) -> Subject:
    keras.utils.set_random_seed(3)
    layers = [
        keras.Input((6, 6, 1)),
        keras.layers.Conv2D(3, 3, name="conv"),
        keras.layers.ReLU(6.0, name="cap"),
        keras.layers.GlobalAveragePooling2D(),
        keras.layers.Dense(3, activation=None if values else "softmax"),
    ]
    model = keras.Sequential(layers)
    return Subject(model, inspect(model), from_arrays(IMAGES, labels))


def _nothing() -> None:
    pass


def collected(make: Callable[[], Pass], shards: int) -> list[State]:
    """What each block leaves where the blocks are dealt among some processes, each with a model of its own."""
    found: dict[int, State] = {}
    for shard in range(shards):
        made = make()
        for number in range(shard, len(made.blocks), shards):
            found[number] = {name: array.copy() for name, array in made.collect(made.blocks[number], _nothing).items()}
            made.learn(made.blocks[number], found[number])
    return [found[number] for number in sorted(found)]


@pytest.mark.keras
@pytest.mark.parametrize("probe", [predictions, watching], ids=["predictions", "watching"])
@pytest.mark.parametrize("values", [False, True])
def test_result_is_the_same_to_the_last_bit_for_any_number_of_shards(
    probe: Any, values: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.models.subject.BATCH_SIZE", 8)
    monkeypatch.setattr("reportgen.probes.watching.watching.BATCH_SIZE", 8)
    labels = IMAGES[:, 0, 0, 0] * 1.3 if values else np.arange(SIZE) % 3
    mine = subject(np.stack([labels] * 3, axis=1) if values else labels, values=values)
    name = probe.__name__.rpartition(".")[2]
    whole = probe.run(mine, Options())
    for shards in (1, 2, 3, 7):
        states = collected(lambda: probe.passes(mine, Options()), shards)
        assert len(states) == 19
        again = probe.run(replace(mine, collected={name: states}), Options())
        _assert_same(whole, again)


@pytest.mark.keras
@pytest.mark.parametrize("activation", ["softmax", None])
@pytest.mark.parametrize("keeps", [False, True])
def test_a_block_leaves_no_more_than_it_is_said_to(activation: str | None, keeps: bool) -> None:
    mine = subject(np.arange(SIZE) % 3)
    mine.model.layers[-1].activation = keras.activations.get(activation)
    options = Options(format=("json", "answers") if keeps else ("json",))
    found = predictions.passes(replace(mine, record=inspect(mine.model)), options)
    assert found is not None
    state = found.collect(found.blocks[0], _nothing)
    left = sum(array.nbytes for name, array in state.items() if name != "used") - 100
    assert left <= found.block_bytes < found.own_bytes


def answered(size: int, *, keeps: bool) -> State:
    """What a block of so many answers leaves, of which none is put to the model."""
    draw = np.random.default_rng(0)
    mine = subject(np.zeros(SIZE, int))
    labels = draw.integers(0, 3, size)
    data = replace(mine.dataset, size=size, labels=labels) if mine.dataset else None
    options = Options(format=("json", "answers") if keeps else ("json",))
    found = predictions.passes(replace(mine, dataset=data), options)
    assert found is not None
    found.begin()
    shares = draw.dirichlet(np.ones(3), size).astype(np.float32)
    for start in range(0, size, 64):
        rows = slice(start, min(start + 64, size))
        found.take([shares[rows]], np.arange(rows.start, rows.stop), None)
    return found.state()


@pytest.mark.keras
def test_what_answers_leave_does_not_grow_with_the_images_unless_each_is_kept() -> None:
    few, many = (sum(array.nbytes for array in answered(size, keeps=False).values()) for size in (1000, 50_000))
    assert many <= few + 100  # larger numbers take more bytes
    few, many = (sum(array.nbytes for array in answered(size, keeps=True).values()) for size in (1000, 50_000))
    assert many - few == pytest.approx(49_000 * 6, abs=100)  # a class, a probability, whether it is correct


@pytest.mark.keras
@pytest.mark.parametrize(("limit", "num_watched"), [(None, SIZE), (40, 40), (1, 1)])
def test_one_pass_answers_every_image_and_watches_some_for_any_number_of_shards(
    limit: int | None, num_watched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reportgen.models.subject.BATCH_SIZE", 8)
    monkeypatch.setattr("reportgen.probes.watching.watching.BATCH_SIZE", 8)
    mine, options, names = subject(np.arange(SIZE) % 3), Options(limit=limit), ("predictions", "watching")
    read = Counter[int]()

    def counting(indices: Sequence[int]) -> Array:
        read.update(indices)
        return IMAGES[list(indices)]

    assert mine.dataset is not None
    counted = replace(mine, dataset=replace(mine.dataset, read=counting))

    def results(states: Mapping[str, Sequence[State]]) -> list[Any]:
        given = replace(counted, collected=states)
        passes = passing.made(given, names, options, silent)
        return [each.run(replace(given, passes=passes), options) for each in (predictions, watching)]

    whole = results({})
    assert read == Counter(range(SIZE))  # each image was decoded once
    assert whole[1].responses.num_images == num_watched
    for shards in (1, 2, 3, 7):
        states = collected(lambda: passing.to_make(passing.of_probes(mine, names, options))["watching"], shards)
        assert len(states) == 19
        _assert_same(whole, results({"watching": states}))
    # By themselves, both give the same; one after the other, blocks of watched images are cut elsewhere.
    alone = [each.run(mine, options) for each in (predictions, watching)]
    np.testing.assert_array_equal(whole[0].kept.answered, alone[0].kept.answered)
    np.testing.assert_allclose(whole[0].kept.confidence, alone[0].kept.confidence, rtol=1e-6)
    np.testing.assert_array_equal(whole[1].images, alone[1].images)
    for ours, theirs in zip(whole[1].strongest, alone[1].strongest, strict=True):
        np.testing.assert_array_equal(ours.images, theirs.images)
        np.testing.assert_allclose(ours.values, theirs.values, rtol=1e-6)


@pytest.mark.keras
def test_what_both_passes_drew_is_said_of_the_one_that_serves_both() -> None:
    mine, options = subject(np.arange(SIZE) % 3), Options(limit=40)
    own = passing.of_probes(mine, ("predictions", "watching"), options)
    (both,) = passing.to_make(own).values()
    assert len(both.drawn) == len(own["predictions"].drawn) + len(own["watching"].drawn)


def _assert_same(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if is_dataclass(one):
        for each in fields(one):
            _assert_same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
    elif isinstance(one, tuple | list):
        assert len(one) == len(other)
        for each, its in zip(one, other, strict=True):
            _assert_same(each, its)
    else:
        assert one == other or (one != one and other != other)
