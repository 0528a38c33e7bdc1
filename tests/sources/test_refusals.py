"""What no source may let through: each fault, in each place that data come from, is one sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError
from reportgen.sources.dataset import Dataset, Manner
from reportgen.sources.fitting import fit
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data
from tests.sources.examples import example, write

SHAPE = (4, 5, 1)
Images = npt.NDArray[Any]


@dataclass(frozen=True)
class Given:
    """What a source is to hold."""

    images: Any
    labels: Any = None


def of_npz(folder: Path, given: Given) -> Dataset:
    arrays = {"x": given.images} if given.labels is None else {"x": given.images, "y": given.labels}
    np.savez(folder / "a.npz", **arrays)
    return open_data(str(folder / "a.npz"), SHAPE)


def of_npy(folder: Path, given: Given) -> Dataset:
    np.save(folder / "a.npy", given.images, allow_pickle=True)
    return open_data(str(folder / "a.npy"), SHAPE)


def of_memory(folder: Path, given: Given) -> Dataset:
    del folder
    return from_arrays(given.images, given.labels)


def of_function(folder: Path, given: Given, code: str = "", name: str = "arrays") -> Dataset:
    values = np.empty(2, object)
    values[:] = [given.images, given.labels]
    np.save(folder / "given.npy", values, allow_pickle=True)
    module = f"own_{name}_{abs(hash(folder))}"
    code = code or "images if labels is None else (images, labels)"
    text = f"""
import numpy as np
def data():
    images, labels = np.load({str(folder / "given.npy")!r}, allow_pickle=True)
    return {code}
"""
    (folder / f"{module}.py").write_text(text, encoding="utf-8")
    return open_data(f"{module}:data", SHAPE)


def of_tf_dataset(folder: Path, given: Given) -> Dataset:
    slices = "images if labels is None else (images, labels)"
    code = f"__import__('tensorflow').data.Dataset.from_tensor_slices({slices})"
    return of_function(folder, given, code, "tf")


def of_tfrecord(folder: Path, given: Given) -> Dataset:
    shape = given.images.shape[1:]
    size = {"height": shape[0], "width": shape[1], "depth": shape[2] if len(shape) > 2 else 1}
    labels = [None] * len(given.images) if given.labels is None else given.labels
    records = [
        example(x=image.ravel(), **size, **({} if label is None else {"y": int(label)}))
        for image, label in zip(given.images, labels, strict=False)
    ]
    return open_data(write(folder / "a", records), SHAPE)


SOURCES: dict[str, Callable[[Path, Given], Dataset]] = {
    "npz": of_npz,
    "npy": of_npy,
    "memory": of_memory,
    "function": of_function,
    "tf.data.Dataset": of_tf_dataset,
    "tfrecord": of_tfrecord,
}
ARRAYS = ("npz", "npy", "memory", "function")
NAN = np.ones((3, *SHAPE), np.float32)
NAN[1, 2, 3] = np.nan
INFINITE = np.ones((3, *SHAPE), np.float32)
INFINITE[2, 0, 0] = -np.inf
OBJECTS = np.array([[[1, "a"]], [[2, None]]], dtype=object)

# What is given, in which sources it can be, and the sentence about it.
FAULTS: dict[str, tuple[Given, tuple[str, ...], str]] = {
    "words instead of pixels": (Given(np.full((3, *SHAPE), "a")), (*ARRAYS, "tf.data.Dataset"), "Expected .*numbers"),
    "complex numbers": (Given(np.full((3, *SHAPE), 1j)), (*ARRAYS, "tf.data.Dataset"), "complex128.*Expected"),
    "NaN": (Given(NAN), tuple(SOURCES), r"Image 1 of .* holds 1 values that are NaN or infinite. Expected finite"),
    "infinity": (Given(INFINITE), tuple(SOURCES), r"Image 2 of .* holds 1 values that are NaN or infinite"),
    "objects": (Given(OBJECTS), ARRAYS, "pickled Python objects|array of .* of object"),
    "no images": (Given(np.zeros((0, *SHAPE))), (*ARRAYS, "tf.data.Dataset"), "[Ee]xpected at least one image"),
    "images without pixels": (
        Given(np.zeros((3, 4, 0, 1))), (*ARRAYS, "tf.data.Dataset"), "[Ee]xpected at least one image",
    ),
    "fewer labels than images": (
        Given(np.ones((3, *SHAPE)), np.array([0, 1])), ("npz", "memory", "function"), "3 images and 2 labels",
    ),
    "labels that are no classes": (
        Given(np.ones((3, *SHAPE)), np.array([0, 1, -1])),
        ("npz", "memory", "function", "tf.data.Dataset", "tfrecord"),
        "hold values that are not class indices. Expected whole numbers from 0",
    ),
    "channels that cannot be fitted": (
        Given(np.ones((3, 4, 5, 2))), (*ARRAYS, "tf.data.Dataset"), "Received images of 4 × 5 × 2 .*Expected images",
    ),
    "numbers that are no image": (
        Given(np.ones((3, 7, 1))), (*ARRAYS, "tf.data.Dataset"), "Received images of 7 × 1 .*Expected images",
    ),
}  # fmt: skip
CASES = [
    pytest.param(source, fault, id=f"{fault} in {source}", marks=[pytest.mark.keras] if "tf" in source else [])
    for fault, (_, sources, _) in FAULTS.items()
    for source in sources
]


@pytest.mark.parametrize(("source", "fault"), CASES)
def test_every_fault_in_every_source_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, fault: str
) -> None:
    monkeypatch.chdir(tmp_path)
    given, _, sentence = FAULTS[fault]
    with pytest.raises(DataError, match=sentence) as raised:
        fit(SOURCES[source](tmp_path, given), SHAPE, "float32", Manner(rescales=False))
    message = str(raised.value)
    # What came, what was expected, and mostly what to do: two or three sentences on one line.
    assert "\n" not in message
    assert ". Expected " in message
    assert message.endswith(".")


@pytest.mark.parametrize("source", list(SOURCES))
def test_what_has_no_fault_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    images = np.linspace(0, 1, 60, dtype=np.float32).reshape(3, *SHAPE)
    labels = None if source == "npy" else np.array([2, 0, 1])
    dataset = fit(SOURCES[source](tmp_path, Given(images, labels)), SHAPE, "float32", Manner(rescales=False))
    np.testing.assert_array_equal(dataset.read([2, 0]), images[[2, 0]])
    assert dataset.labels is None or dataset.labels.tolist() == [2, 0, 1]


@pytest.mark.parametrize(
    ("images", "labels", "what"),
    [([np.zeros((2, 2)), np.zeros((3, 2))], None, "images"), (np.zeros((2, 2, 2)), [[1], [1, 2]], "labels")],
    ids=["images", "labels"],
)
def test_lists_that_make_no_array_are_one_sentence(images: Any, labels: Any, what: str) -> None:
    with pytest.raises(DataError, match=f"The {what} make no array, because they differ in shape. Expected all of one"):
        from_arrays(images, labels)
