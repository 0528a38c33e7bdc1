from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources import function
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data

MODULE = """
import numpy as np

def pair():
    return np.full((2, 3, 3, 1), 5.0), [1, 0]

def images():
    return np.zeros((4, 3, 3, 1))

def batched():
    import tensorflow as tf
    return tf.data.Dataset.from_tensor_slices((np.arange(5.0).reshape(5, 1, 1, 1), [0, 1, 2, 1, 0])).batch(2)

def one_by_one():
    import tensorflow as tf
    return tf.data.Dataset.from_tensor_slices((np.arange(45.0).reshape(5, 3, 3), np.eye(3)[[0, 1, 2, 1, 0]]))

def prices():
    return one_by_one().map(lambda image, label: (image, image[0, 0] / 2)).batch(2)

def boxes():
    return one_by_one().map(lambda image, label: (image, image[0])).batch(2)

def tags():
    return one_by_one().map(lambda image, label: (image, [1, 1 - int_of(label[0]), 0]))

def int_of(value):
    import tensorflow as tf
    return tf.cast(value, tf.int32)

def words():
    return one_by_one().map(lambda image, label: (image, "dog" if label[1] > 0 else "cat")).batch(2)

def images_alone():
    return one_by_one().map(lambda image, label: image[..., None]).batch(2)

def single_images():
    return one_by_one().map(lambda image, label: image[..., None])

def endless():
    return one_by_one().repeat()

def empty():
    return one_by_one().take(0)

def ragged():
    import tensorflow as tf
    kind = tf.TensorSpec((None, 3), tf.uint8)
    return tf.data.Dataset.from_generator(lambda: (np.zeros((n, 3), np.uint8) for n in (3, 4)), output_signature=kind)

def texts():
    import tensorflow as tf
    return tf.data.Dataset.from_tensor_slices(["a", "b"])

def failing():
    import tensorflow as tf
    return one_by_one().map(lambda image, label: (tf.debugging.check_numerics(image / 0, "a zero"), label))

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


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "shape", "labels", "class_names"),
    [
        ("one_by_one", (3, 3), [0, 1, 2, 1, 0], ()),
        ("words", (3, 3), [0, 1, 0, 1, 0], ("cat", "dog")),
        ("images_alone", (3, 3, 1), None, ()),
        ("single_images", (3, 3, 1), None, ()),
    ],
)
def test_a_tf_dataset_comes_in_batches_or_one_by_one(
    module: str, name: str, shape: tuple[int, ...], labels: list[int] | None, class_names: tuple[str, ...]
) -> None:
    dataset = open_data(f"{module}:{name}", (3, 3, 1))
    assert (dataset.size, dataset.shape, dataset.class_names) == (5, shape, class_names)
    assert (None if dataset.labels is None else dataset.labels.tolist()) == labels
    expected = np.arange(45.0).reshape(5, *shape)
    np.testing.assert_array_equal(dataset.read([4, 0]), expected[[4, 0]])


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("prices", [0, 4.5, 9, 13.5, 18]),
        ("boxes", [[0, 1, 2], [9, 10, 11], [18, 19, 20], [27, 28, 29], [36, 37, 38]]),
        ("tags", [[1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 0, 0]]),
    ],
)
def test_numbers_of_a_tf_dataset_that_are_no_classes_are_true_values(module: str, name: str, values: Any) -> None:
    dataset = open_data(f"{module}:{name}", (3, 3, 1))
    assert dataset.labels is None
    ((_, targets),) = dataset.targets
    assert targets.tolist() == values


@pytest.mark.keras
def test_images_of_a_tf_dataset_have_the_hash_of_the_same_images_in_memory(module: str) -> None:
    images, labels = np.arange(45.0).reshape(5, 3, 3), [0, 1, 2, 1, 0]
    assert open_data(f"{module}:one_by_one", (3, 3, 1)).sha256 == from_arrays(images, labels).sha256


@pytest.mark.keras
def test_a_tf_dataset_leaves_no_temporary_file(module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    dataset = open_data(f"{module}:one_by_one", (3, 3, 1))
    assert dataset.read([4]).max() == 44
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.keras
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("endless", r"repeats for ever. Expected one that ends. Take repeat\(\) out"),
        ("empty", "is empty. Expected at least one image"),
        (
            "ragged",
            "Image 1 of the tf.data.Dataset is 4 × 3 of uint8, and the first is 3 × 3 of uint8. Expected one size",
        ),
        ("texts", r"holds \|S1. Expected images: numbers"),
        ("failing", "failed: InvalidArgumentError: .*a zero"),
    ],
)
def test_a_tf_dataset_that_cannot_be_used_is_one_sentence(module: str, name: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_data(f"{module}:{name}", (3, 3, 1))


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


@pytest.mark.parametrize(
    ("signature", "expected"),
    [("shard, shards", [0, 1]), ("*, shards=7, shard=7", [0, 1]), ("", [8, 9]), ("number=8, shards=9", [8, 9])],
)
def test_a_function_that_takes_its_part_of_the_data_is_told_which(
    tmp_path: Path, signature: str, expected: list[int]
) -> None:
    first = "shard" if "shard," in signature or "shard=" in signature else "number" if signature else "8"
    second = "shards" if signature else "9"
    code = f"import numpy as np\ndef f({signature}):\n    return np.full((2, 4, 4, 1), 1.0), [{first}, {second}]\n"
    (tmp_path / "mine.py").write_text(code)
    dataset = function.open(f"{tmp_path / 'mine.py'}:f", (4, 4, 1))
    assert dataset.labels is not None
    assert dataset.labels.tolist() == expected


def test_a_part_of_the_data_can_be_asked_for(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(shard, shards):\n    return shard, shards\n")
    assert function.call(f"{tmp_path / 'mine.py'}:f", 2, 5) == (2, 5)
