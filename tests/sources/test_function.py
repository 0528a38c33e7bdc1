from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources import function, open_data

MODULE = """
import numpy as np

def pair():
    return np.full((2, 3, 3, 1), 5.0), [1, 0]

def images():
    return np.zeros((4, 3, 3, 1))

def batched():
    import tensorflow as tf
    return tf.data.Dataset.from_tensor_slices((np.arange(5.0).reshape(5, 1, 1, 1), [0, 1, 2, 1, 0])).batch(2)

def broken():
    raise RuntimeError("no disk")

def nothing():
    return None

number = 3
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"own_images_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return name


def test_a_pair_is_images_and_labels(module: str) -> None:
    dataset = open_data(f"{module}:pair")
    assert dataset.labels is not None
    assert (dataset.shape, dataset.labels.tolist()) == ((3, 3, 1), [1, 0])
    assert dataset.read([1])[0, 0, 0, 0] == 5


def test_an_array_is_images_alone(module: str) -> None:
    dataset = open_data(f"{module}:images")
    assert (dataset.size, dataset.labels) == (4, None)


@pytest.mark.keras
def test_batches_of_a_tf_dataset_are_joined(module: str) -> None:
    dataset = open_data(f"{module}:batched")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 2, 1, 0]
    np.testing.assert_array_equal(dataset.read([0, 4]).ravel(), [0, 4])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("broken", "failed: RuntimeError: no disk"),
        ("nothing", "Expected at least one image"),
        ("missing", "has no function 'missing'"),
        ("number", "has no function 'number'"),
    ],
)
def test_what_returns_no_images_is_refused(module: str, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_data(f"{module}:{name}")


def test_a_missing_module_is_refused() -> None:
    with pytest.raises(DataError, match="ModuleNotFoundError"):
        open_data("no_such_module_here:images")


@pytest.mark.parametrize(("spec", "accepted"), [("a.b:c", True), ("a:b:c", False), ("keras:", False), ("x.npz", False)])
def test_form_of_a_function(spec: str, accepted: bool) -> None:
    assert function.accepts(spec) is accepted
