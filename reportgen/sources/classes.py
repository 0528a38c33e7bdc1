"""A file of class names -> the names, by class index: one a line, or JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from reportgen.errors import DataError
from reportgen.sources.dataset import Dataset, counted
from reportgen.sources.files import shown

_LONGEST = 1 << 24


def read(path: Path) -> tuple[str, ...]:
    """Read class names.

    Args:
        path: A text file with a name a line, or JSON: a list of names, or an object of names by index
            ({"0": "cat"}; Keras's own {"0": ["n02123045", "tabby"]} too, where the last of each list is the name).

    Raises:
        DataError: The file is missing or holds something else.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError("it is too long for a list of names")
        text = path.read_text(encoding="utf-8-sig").strip()
        names = _of_json(json.loads(text)) if text[:1] in {"[", "{"} else [line.strip() for line in text.splitlines()]
    except FileNotFoundError as error:
        raise DataError(f"There is no file {str(path)!r}. Expected a file of class names. Check --classes.") from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"{shown(path)!r} cannot be read as class names: {error}. Expected one name a line, or a JSON "
            "list. Correct it."
        ) from error
    if not names or not all(names):
        raise DataError(
            f"{shown(path)!r} holds {counted(len(names), 'class name')}, and some are empty. Expected a name for each "
            "class. Correct the file."
        )
    return tuple(names)


def name(dataset: Dataset, names: tuple[str, ...]) -> Dataset:
    """Give the classes of a dataset other names.

    Raises:
        DataError: A label has no name.
    """
    if dataset.labels is not None and dataset.labels.max() >= len(names):
        raise DataError(
            f"The labels of {dataset.name} reach {int(dataset.labels.max())}, but there are {len(names)} class names. "
            "Expected a name for each class, from 0 on. Correct the file of --classes."
        )
    return replace(dataset, class_names=names)


def _of_json(value: object) -> list[str]:
    if isinstance(value, dict):
        if sorted(value) != sorted(map(str, range(len(value)))):
            raise ValueError("its keys are not 0, 1, 2 and so on")
        value = [value[str(index)] for index in range(len(value))]
    if not isinstance(value, list):
        raise ValueError("it is neither a list nor an object")
    last = [item[-1] if isinstance(item, list) and item else item for item in value]
    if not all(isinstance(item, str) for item in last):
        raise ValueError("it holds something that is no name")
    return last
