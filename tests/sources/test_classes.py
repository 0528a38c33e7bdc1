from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.records.model import TensorRecord
from reportgen.sources import classes
from reportgen.sources.dataset import Dataset
from reportgen.sources.memory import from_arrays
from reportgen.sources.naming import ClassNames


def written(folder: Path, text: str) -> Path:
    path = folder / "names.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ("cat", "dog")),
        ("\ufeffKatze\r\nHündin\r\n", ("Katze", "Hündin")),
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"1": "dog", "0": "cat"}', ("cat", "dog")),
        ('{"0": ["n02123045", "tabby"], "1": ["n02085620", "Chihuahua"]}', ("tabby", "Chihuahua")),
    ],
)
def test_names_are_read_by_index(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    assert classes.read(written(tmp_path, text)).names == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "some are empty"),
        ("cat\n\ndog", "some are empty"),
        ("[1, 2]", "holds something that is not a name"),
        ('{"1": "a"}', "keys are not 0, 1, 2"),
        ("{broken", "cannot be read as class names"),
    ],
)
def test_what_is_no_list_of_names_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        classes.read(written(tmp_path, text))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="There is no file"):
        classes.read(tmp_path / "none.txt")


def test_other_words_for_a_class_are_kept(tmp_path: Path) -> None:
    text = '{"0": ["n02123045", "tabby"], "1": ["n02085620", "Chihuahua"]}'
    assert classes.read(written(tmp_path, text)).others == (("n02123045",), ("n02085620",))


def labelled(labels: object, own_names: tuple[str, ...] = ()) -> Dataset:
    given = np.array(labels)
    return from_arrays(np.zeros((len(given), 3, 3, 1)), given, own_names)


def numbers(dataset: Dataset) -> list[int]:
    assert dataset.labels is not None
    return [int(label) for label in dataset.labels]


def outputs(*sizes: int) -> list[TensorRecord]:
    return [TensorRecord(f"output_{place}", (size,), "float32") for place, size in enumerate(sizes)]


def test_whole_numbers_get_their_names() -> None:
    named = classes.name(labelled([0, 1]), ClassNames(("cat", "dog")))
    assert (named.class_names, numbers(named), named.notes) == (("cat", "dog"), [0, 1], ())


def test_a_label_without_a_name_is_refused() -> None:
    with pytest.raises(DataError, match="reach 2, but there are 2 class names"):
        classes.name(labelled([0, 2]), ClassNames(("cat", "dog")))


def test_words_are_renumbered_by_name_and_not_by_place() -> None:
    named = classes.name(labelled(["dog", "emu", "dog"]), ClassNames(("cat", "emu", "fox", "dog")))
    assert (numbers(named), named.class_names, named.by_word) == ([3, 1, 3], ("cat", "emu", "fox", "dog"), False)
    assert "matched to the class names by name: 2 of 4 classes occur, all written exactly so" in named.notes[-1]


def test_words_that_do_not_occur_need_no_class() -> None:
    dataset = replace(labelled(["cat", "dog"]), class_names=("cat", "dog", "thumbnails"))
    assert numbers(classes.name(dataset, ClassNames(("dog", "cat")))) == [1, 0]


def test_words_that_are_no_class_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(
        DataError, match=r"2 words that are not class names: 'Shih Tsu' \(the nearest class name is 'Shih-Tzu'\), 'xyz'"
    ):
        classes.name(labelled(["Shih Tsu", "pug", "xyz"]), ClassNames(("pug", "Shih-Tzu")))


def test_names_inside_the_data_in_another_order_are_matched_by_name() -> None:
    named = classes.name(labelled([0, 1, 2], ("cat", "dog", "emu")), ClassNames(("emu", "cat", "dog")))
    assert numbers(named) == [1, 2, 0]
    assert "another order" in named.notes[-1]


def test_names_inside_the_data_may_be_replaced_by_others() -> None:
    named = classes.name(labelled([0, 1], ("cat", "dog")), ClassNames(("Katze", "Hund")))
    assert (numbers(named), named.class_names) == ([0, 1], ("Katze", "Hund"))


def test_names_inside_the_data_that_contradict_are_refused() -> None:
    with pytest.raises(DataError, match="partly those of the class names, at other numbers"):
        classes.name(labelled([0, 1], ("cat", "dog")), ClassNames(("dog", "Hund")))


def test_columns_are_put_into_the_order_of_the_class_names() -> None:
    rows = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    dataset = replace(labelled([0, 0]), labels=None, class_names=("a", "b", "c"), by_word=True, targets=(("", rows),))
    named = classes.name(dataset, ClassNames(("c", "a", "b")))
    assert dict(named.targets)[""].tolist() == [[0, 1, 1], [0, 0, 1]]


def test_as_many_words_as_classes_are_numbered_as_keras_numbers_folders() -> None:
    settled = classes.settle(labelled(["dog", "cat", "dog"]), outputs(2))
    assert (numbers(settled), settled.class_names, settled.unmatched) == ([1, 0, 1], ("cat", "dog"), "")
    assert "sorted order, as Keras numbers folders: cat is class 0 and dog class 1" in settled.notes[-1]


def test_one_sigmoid_tells_two_words_apart() -> None:
    assert numbers(classes.settle(labelled(["dog", "cat"]), outputs(1))) == [1, 0]


def test_fewer_words_than_classes_are_not_used_and_the_reason_is_said() -> None:
    settled = classes.settle(labelled(["dog", "cat"]), outputs(19))
    assert (settled.labels, settled.class_names) == (None, ())
    assert "are 2 words and the model predicts 19 classes" in settled.unmatched


def test_more_words_than_classes_are_refused() -> None:
    with pytest.raises(DataError, match="3 different words, but the model predicts 2 classes"):
        classes.settle(labelled(["a", "b", "c"]), outputs(2))


def test_words_that_are_digits_are_class_numbers() -> None:
    settled = classes.settle(labelled(["7", "3"]), outputs(10))
    assert numbers(settled) == [7, 3]
    assert settled.class_names[7] == "7"


def test_whole_numbers_are_left_alone() -> None:
    dataset = labelled([4, 2])
    assert classes.settle(dataset, outputs(10)) is dataset or numbers(classes.settle(dataset, outputs(10))) == [4, 2]


def test_words_of_single_outputs_are_settled_alike() -> None:
    words = {"output_0": ("cat", "dog"), "output_1": ("cat", "dog")}
    dataset = replace(
        labelled([0, 1]),
        labels=None,
        head_labels=tuple((head, np.array([1, 0])) for head in words),
        head_words=tuple(words.items()),
    )
    settled = classes.settle(dataset, outputs(2, 19))
    assert [head for head, _ in settled.head_labels] == ["output_0"]
    assert "for 'output_1' are 2 words and the model predicts 19 classes" in settled.notes[-1]
    named = classes.name(dataset, ClassNames(("dog", "emu", "cat")))
    assert [labels.tolist() for _, labels in named.head_labels] == [[0, 2], [0, 2]]
