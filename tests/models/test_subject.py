"""What every probe is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen import probes, registry
from reportgen.models.inspection import inspect
from reportgen.models.subject import BATCH_SIZE, Answering, Subject, answers
from reportgen.records.places import matches
from tests import made

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("backbone/conv_1", "*", True),
        ("backbone/conv_1", "conv_*", True),
        ("backbone/conv_1", "backbone/*", True),
        ("backbone/conv_1", "backbone", False),
        ("backbone/conv_1", "conv_[2-9]", False),
        ("conv_1#2", "conv_1", False),
        ("conv_1#2", "conv_1*", True),
        ("Conv", "conv", False),
    ],
)
def test_pattern_meets_the_whole_path_or_the_last_name(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) == expected


def test_conv_and_pooling_calls_are_looked_at() -> None:
    record = made.model()
    assert [call.path for call in record.seen_calls] == ["conv", "pool"]
    assert [call.path for call in Subject(None, record).chosen_calls("p*")] == ["pool"]


@pytest.mark.parametrize(
    ("megabytes", "expected"),
    # Outputs of both layers for all images at once: 256 MiB at most, and one image in any case.
    [
        ((0, 0), BATCH_SIZE),
        ((1, 1), BATCH_SIZE),
        ((1, 3), 64),
        ((1, 4), 51),
        ((40, 24), 4),
        ((200, 0), 1),
        ((0, 300), 1),
    ],
)
def test_as_many_images_go_in_at_once_as_memory_holds_outputs(megabytes: tuple[int, int], expected: int) -> None:
    record = made.model()
    layers = tuple(
        replace(call, activation_bytes=size << 20) for call, size in zip(record.layers[:2], megabytes, strict=True)
    )
    assert Subject(None, replace(record, layers=layers)).batch_size == expected


class Counted(keras.Model):  # type: ignore[misc]
    """A model whose Python code counts how often it runs, and may look at its numbers, which no graph can do."""

    def __init__(self, *, careful: bool) -> None:
        super().__init__(name="größe und zahl")
        self.dense = keras.layers.Dense(3, activation="softmax", name="my answer", kernel_initializer="glorot_uniform")
        self.careful, self.num_runs = careful, 0

    def build(self, shape: Any) -> None:
        # Without this Keras builds it by tracing `call`, fails on its name, and leaves a scope open for good.
        self.dense.build(shape)

    def call(self, values: Any) -> Any:
        self.num_runs += 1
        answer = self.dense(values)
        if self.careful:
            assert float(np.asarray(answer).sum()) > 0
        return {"kind": answer, "sum": keras.ops.sum(values, axis=-1)}


@pytest.mark.parametrize(
    ("careful", "num_batches", "num_runs"), [(False, 8, 1), (False, 7, 7), (True, 8, 2 + 8)], ids=str
)
def test_many_batches_are_answered_by_one_trace_as_by_calls(careful: bool, num_batches: int, num_runs: int) -> None:
    keras.utils.set_random_seed(1)
    model = Counted(careful=careful)
    values = np.random.default_rng(0).random((5 * num_batches - 2, 4), dtype=np.float32)
    subject = Subject(model, inspect(model, {"": (4,)}))
    model.num_runs = 0
    answering = Answering(subject, num_batches)
    found = [answering(values[start : start + 5]) for start in range(0, len(values), 5)]
    assert [len(kind) for kind, _ in found] == [5] * (num_batches - 1) + [3]
    assert model.num_runs == num_runs
    whole = answers(model, values)
    for place, expected in enumerate(whole):
        joined = np.concatenate([each[place] for each in found])
        assert joined.dtype == np.float64
        np.testing.assert_allclose(joined, expected, rtol=1e-5)


@pytest.mark.parametrize("name", probes.NAMES)
def test_every_probe_exports_run(name: str) -> None:
    assert callable(registry.load("probes", name).run)
