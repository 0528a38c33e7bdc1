from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources import classes
from reportgen.sources.memory import from_arrays


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
    assert classes.read(written(tmp_path, text)) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "some are empty"),
        ("cat\n\ndog", "some are empty"),
        ("[1, 2]", "holds something that is no name"),
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


def test_classes_get_their_names() -> None:
    dataset = from_arrays(np.zeros((2, 3, 3, 1)), np.array([0, 1]))
    assert classes.name(dataset, ("cat", "dog")).class_names == ("cat", "dog")


def test_a_label_without_a_name_is_refused() -> None:
    dataset = from_arrays(np.zeros((2, 3, 3, 1)), np.array([0, 2]))
    with pytest.raises(DataError, match="reach 2, but there are 2 class names"):
        classes.name(dataset, ("cat", "dog"))
