"""What yields images: datasets of TensorFlow, Keras and others, one by one or in batches, with labels or without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen.errors import DataError
from reportgen.pipeline import feeding
from reportgen.sources import function, streams
from tests.models import toys

pytestmark = pytest.mark.keras

X = np.arange(7 * 6 * 6, dtype=np.float32).reshape(7, 6, 6, 1) / 300
Y = np.array([0, 1, 2, 0, 1, 2, 0])
STARTS = (0, 3, 6)


class Batches(keras.utils.PyDataset):  # type: ignore[misc]
    """Keras's own kind of dataset, by the number of the batch."""

    def __len__(self) -> int:
        return len(STARTS)

    def __getitem__(self, place: int) -> tuple[Any, Any]:
        return X[STARTS[place] : STARTS[place] + 3], Y[STARTS[place] : STARTS[place] + 3]


class Endless(keras.utils.PyDataset):  # type: ignore[misc]
    """One that never ends."""

    @property
    def num_batches(self) -> None:
        return None

    def __len__(self) -> int:
        return 0

    def __getitem__(self, place: int) -> tuple[Any, Any]:
        return X[:1], Y[:1]


class Loader:
    """What PyTorch's DataLoader is like: iterated, with a length, lists of what turns itself into arrays."""

    def __len__(self) -> int:
        return len(STARTS)

    def __iter__(self) -> Iterator[list[Any]]:
        for start in STARTS:
            yield [tf.constant(X[start : start + 3]), tf.constant(Y[start : start + 3])]


class Items:
    """What a map-style dataset of PyTorch is like: one image and its label by number."""

    def __len__(self) -> int:
        return len(X)

    def __getitem__(self, place: int) -> tuple[Any, int]:
        return X[place], int(Y[place])


def whole() -> Any:
    return tf.data.Dataset.from_tensor_slices((X, Y))


@pytest.mark.parametrize(
    "make",
    [
        lambda: whole().batch(3),
        whole,
        lambda: tf.data.Dataset.from_tensor_slices((X, Y, np.ones(7))).batch(4),
        Batches,
        Loader,
        Items,
        lambda: ((X[start : start + 3], Y[start : start + 3]) for start in STARTS),
        lambda: zip(X, Y, strict=True),
    ],
    ids=["tf.data batched", "tf.data", "with weights", "PyDataset", "loader", "items", "generator", "zip"],
)
def test_images_and_labels_are_those_of_the_arrays(make: Callable[[], Any]) -> None:
    dataset = feeding.in_memory(toys.sequential(), make(), None, ())
    np.testing.assert_array_equal(dataset.read(range(7)), X)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == Y.tolist()


@pytest.mark.parametrize(
    "make",
    [
        lambda: tf.data.Dataset.from_tensor_slices(X),
        lambda: tf.data.Dataset.from_tensor_slices(X).batch(2),
        lambda: (X[start : start + 3] for start in STARTS),
        lambda: iter(X),
    ],
    ids=["tf.data", "batched", "generator", "one by one"],
)
def test_images_without_labels_get_those_that_are_given_besides(make: Callable[[], Any]) -> None:
    assert feeding.in_memory(toys.sequential(), make(), None, ()).labels is None
    dataset = feeding.in_memory(toys.sequential(), make(), Y, ())
    np.testing.assert_array_equal(dataset.read(range(7)), X)
    assert dataset.labels is not None
    assert dataset.labels.tolist() == Y.tolist()


def test_several_inputs_come_by_name() -> None:
    left, right = keras.Input((6, 6, 1), name="left"), keras.Input((6, 6, 1), name="right")
    model = keras.Model([left, right], keras.layers.Conv2D(1, 3)(keras.layers.Add()([left, right])))
    given = tf.data.Dataset.from_tensor_slices({"left": X, "right": -X}).batch(3)
    dataset = feeding.in_memory(model, given, None, ())
    further = dict(dataset.further)
    assert dataset.main == "left"
    np.testing.assert_array_equal(dataset.read([5]), X[5:6])
    np.testing.assert_array_equal(further["right"].read([5]), -X[5:6])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: whole().repeat(), "The tf.data.Dataset repeats for ever"),
        (Endless, "The Endless has no end"),
        (lambda: iter(()), "is empty. Expected at least one image"),
        (lambda: iter([X[:2], X[:2, :3]]), "Image 2 of the list_iterator is 3 × 6 × 1 of float32, and the first is 6"),
        (lambda: iter([(X[:2], Y[:2]), X[:2]]), "yields items of different structures: one array with labels one"),
        (lambda: iter(["a", "b"]), "Expected images: numbers"),
    ],
    ids=["endless", "endless PyDataset", "empty", "sizes", "structures", "words"],
)
def test_what_cannot_be_used_is_one_sentence(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        feeding.in_memory(toys.sequential(), make(), None, ())


def test_words_of_a_series_are_labels() -> None:
    words = np.array(["cat", "dog", "cow"], dtype=object)[Y]
    dataset = feeding.in_memory(toys.sequential(), X, words, ("cat", "dog", "cow"))
    assert dataset.labels is not None
    assert dataset.labels.tolist() == Y.tolist()


def test_lists_and_tuples_of_arrays_are_images() -> None:
    dataset = feeding.in_memory(toys.sequential(), list(X), tuple(Y.tolist()), ())
    np.testing.assert_array_equal(dataset.read(range(7)), X)


@pytest.mark.parametrize(("given", "is_one"), [(X, False), ({"a": X}, False), ([X], False), (Loader(), True)])
def test_arrays_are_no_streams(given: Any, is_one: bool) -> None:
    assert streams.is_stream(given) is is_one


def test_function_of_a_file_is_called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "beside.py").write_text("SIZE = 5\n", encoding="utf-8")
    path = tmp_path / "my data.py"
    path.write_text(
        "import numpy as np\nfrom beside import SIZE\n\n"
        "def images():\n    for place in range(SIZE):\n        yield np.full((6, 6, 1), place), place % 3\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    assert function.accepts(f"{path}:images")
    dataset = function.open(f"{path}:images", (6, 6, 1))
    assert dataset.labels is not None
    assert (dataset.size, dataset.labels.tolist()) == (5, [0, 1, 2, 0, 1])


@pytest.mark.parametrize(
    ("spec", "message"),
    [("gone.py:images", "There is no file 'gone.py'"), ("{file}:nothing", "has no function 'nothing'")],
)
def test_missing_file_or_function_is_one_sentence(tmp_path: Path, spec: str, message: str) -> None:
    path = tmp_path / "some.py"
    path.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        function.open(spec.format(file=path))
