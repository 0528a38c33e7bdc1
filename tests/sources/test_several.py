from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.records.model import TensorRecord
from reportgen.sources import npz
from reportgen.sources.dataset import Manner
from reportgen.sources.several import fit_several, from_mapping, open_several, with_head_labels

INPUTS = (TensorRecord("table", (2,), "float32"), TensorRecord("picture", (4, 4, 1), "float32"))
PICTURES = np.arange(3 * 16, dtype=np.uint8).reshape(3, 4, 4, 1)
TABLE = np.array([[1.5, 2], [3, 4], [5, 6]])


def given(**others: Any) -> dict[str, Any]:
    return {"picture": PICTURES, "table": TABLE, **others}


def test_images_are_the_main_inputs_and_the_table_stands_beside_them(tmp_path: Path) -> None:
    path = tmp_path / "two.npz"
    np.savez(path, **given(y=np.array([0, 1, 0]), class_names=np.array(["ant", "bee"]), stray=np.zeros(2)))
    dataset = open_several(str(path), INPUTS, ["kind"])
    assert (dataset.name, dataset.size, dataset.shape, dataset.main) == (
        "3 images from two.npz",
        3,
        (4, 4, 1),
        "picture",
    )
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 0]
    assert dataset.class_names == ("ant", "bee")
    assert dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert dataset.notes == ("two.npz also holds stray, which no input and no output is called.",)
    ((name, table),) = dataset.further
    assert name == "table"
    np.testing.assert_array_equal(table.read([2, 0]), TABLE[[2, 0]])


def test_labels_belong_to_the_output_of_their_name() -> None:
    dataset = from_mapping(given(y_kind=[2, 1, 0], age=[1, 1, 0]), None, (), INPUTS, ["kind", "age"])
    assert dataset.labels is None
    assert {name: labels.tolist() for name, labels in dataset.head_labels} == {"kind": [2, 1, 0], "age": [1, 1, 0]}
    dataset = from_mapping(given(), {"kind": [2, 1, 0]}, (), INPUTS, ["kind", "age"])
    assert {name: labels.tolist() for name, labels in dataset.head_labels} == {"kind": [2, 1, 0]}


def test_single_input_with_labels_for_its_outputs(tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    np.savez(path, x=PICTURES, y_age=np.array([1, 0, 1]))
    dataset = with_head_labels(npz.open(str(path)), str(path), ["kind", "age"])
    assert [(name, labels.tolist()) for name, labels in dataset.head_labels] == [("age", [1, 0, 1])]
    assert with_head_labels(npz.open(str(path)), str(path), ["age"]).head_labels == ()


def test_pictures_are_scaled_and_tables_are_not() -> None:
    both = (TensorRecord("left", (4, 4, 1), "float32"), TensorRecord("right", (4, 4, 1), "float32"), INPUTS[0])
    dataset = from_mapping({"left": PICTURES, "right": PICTURES + 2, "table": TABLE}, None, (), both)
    fitted = fit_several(dataset, both, Manner(rescales=False))
    further = dict(fitted.further)
    np.testing.assert_allclose(fitted.read([1]), PICTURES[[1]] / 255, rtol=1e-6)
    np.testing.assert_allclose(further["right"].read([1]), (PICTURES[[1]] + 2) / 255, rtol=1e-6)
    np.testing.assert_array_equal(further["table"].read([1]), TABLE[[1]].astype(np.float32))
    assert further["table"].read([1]).dtype == np.float32
    assert any(note.startswith("Input right: ") and "divided by 255" in note for note in fitted.notes)


def test_a_column_is_a_table_of_one_value() -> None:
    inputs = (TensorRecord("age", (1,), "int32"), INPUTS[1])
    fitted = fit_several(
        from_mapping({"picture": PICTURES, "age": [7, 8, 9]}, None, (), inputs), inputs, Manner(rescales=False)
    )
    ages = dict(fitted.further)["age"].read([2, 0])
    assert ages.tolist() == [[9], [7]]
    assert ages.dtype == np.int32


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"picture": PICTURES}, r"no array for the input 'table'; there are picture\..*table \(2\), picture"),
        ({"picture": PICTURES, "table": TABLE[:2]}, "3 images for 'picture' and 2 rows for 'table'"),
        ({"picture": PICTURES, "table": TABLE, "y": [0, 1]}, "3 images and 2 labels"),
        ({"picture": PICTURES, "table": TABLE, "y_kind": [0, 1]}, "3 images and 2 labels for 'kind'"),
        ({"picture": PICTURES, "table": np.array([["a", "b"]] * 3)}, "Expected at least one image, batch axis first"),
    ],
    ids=["missing", "fewer rows", "fewer labels", "fewer labels of an output", "words"],
)
def test_arrays_that_do_not_go_together_are_refused(arrays: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        from_mapping(arrays, None, (), INPUTS, ["kind"])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((3, 5)), "rows of 5 for the input 'table'. Expected 2"),
        (np.array([[1, np.nan]] * 3), "hold NaN or infinite values"),
        (np.array([[1, -np.inf]] * 3), "hold NaN or infinite values"),
        (np.array([[1, 1e39]] * 3), "hold values that float32 cannot hold"),
    ],
    ids=["width", "not a number", "infinity", "too large"],
)
def test_tables_that_do_not_fit_are_refused(table: Any, message: str) -> None:
    dataset = from_mapping({"picture": PICTURES, "table": table}, None, (), INPUTS)
    with pytest.raises(DataError, match=message):
        dict(fit_several(dataset, INPUTS, Manner(rescales=False)).further)["table"].read([0])


def test_data_that_do_not_say_what_belongs_where_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "images.npy"
    np.save(path, PICTURES)
    with pytest.raises(DataError, match=r"takes 2 inputs.*array for each of table \(2\), picture \(4 × 4 × 1\)"):
        open_several(str(path), INPUTS, [])


def test_own_function_may_return_a_dictionary_and_labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pairs_of_mine.py").write_text(
        "import numpy as np\n"
        "def both():\n"
        "    return {'picture': np.zeros((3, 4, 4, 1)), 'table': np.ones((3, 2))}, [0, 1, 1]\n"
    )
    monkeypatch.chdir(tmp_path)
    dataset = open_several("pairs_of_mine:both", INPUTS, [])
    assert dataset.labels is not None
    assert (dataset.size, dataset.labels.tolist(), dataset.main) == (3, [0, 1, 1], "picture")
    assert replace(dataset, further=()).further == ()
