"""Class names, from a file (one a line, or JSON) or from nowhere, and labels -> labels by the model's class numbers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.records.model import TensorRecord
from reportgen.sources.dataset import Dataset, counted
from reportgen.sources.files import shown
from reportgen.sources.naming import ClassNames, match, matched, read_as_numbers

_LONGEST = 1 << 24


def read(path: Path) -> ClassNames:
    """Read class names.

    Args:
        path: A text file with a name a line, or JSON: a list of names, or an object of names by index
            ({"0": "cat"}; Keras's own {"0": ["n02123045", "tabby"]} too, where the last of each list is the name and
            the others are further words for the class).

    Raises:
        DataError: The file is missing or holds something else.
    """
    try:
        if path.stat().st_size > _LONGEST:
            raise ValueError("it is too long for a list of names")
        text = path.read_text(encoding="utf-8-sig").strip()
        rows = _of_json(json.loads(text)) if text[:1] in {"[", "{"} else [(line.strip(),) for line in text.splitlines()]
    except FileNotFoundError as error:
        raise DataError(f"There is no file {str(path)!r}. Expected a file of class names. Check --classes.") from error
    except (OSError, ValueError) as error:
        raise DataError(
            f"{shown(path)!r} cannot be read as class names: {error}. Expected one name a line, or a JSON list. Fix it."
        ) from error
    if not rows or not all(row[-1] for row in rows):
        raise DataError(
            f"{shown(path)!r} holds {counted(len(rows), 'class name')}, and some are empty. Expected a name for each "
            "class. Fix the file."
        )
    return ClassNames(tuple(row[-1] for row in rows), tuple(row[:-1] for row in rows))


def name(dataset: Dataset, known: ClassNames) -> Dataset:
    """Give the classes of a dataset the names that a model's classes have.

    Labels that are words are matched by name. Whole numbers stay what they are, unless the source itself names the
    classes in another order.

    Raises:
        DataError: A label has no name, or is no class name.
    """
    dataset = name_heads(dataset, known)
    own = dataset.class_names
    numbers, note = _class_numbers(dataset, known)
    if numbers is None:
        labels = dataset.labels
        if labels is not None and labels.size and labels.max() >= len(known.names):
            raise DataError(
                f"The labels of {dataset.name} reach {int(labels.max())}, but there are {len(known.names)} class names."
                " Expected a name for each class, from 0 on. Fix the file of --classes."
            )
        return replace(dataset, class_names=known.names, by_word=False)
    notes = (*dataset.notes, *([note] if note else []))
    named = replace(dataset, class_names=known.names, by_word=False, notes=notes)
    if dataset.labels is not None:
        return replace(named, labels=_renumbered(dataset.labels, numbers))
    columns = {number: place for place, number in enumerate(numbers)}
    targets = tuple(
        (head, rows[:, [columns[number] for number in sorted(columns)]] if not head and len(own) > 1 else rows)
        for head, rows in dataset.targets
    )
    return replace(named, targets=targets)


def settle(dataset: Dataset, outputs: Sequence[TensorRecord]) -> Dataset:
    """Decide what labels that are words mean for a model whose class names nobody gave.

    As many words as an output has classes are numbered in their order, as Keras numbers folders. Fewer could be any of
    its classes: then nothing is known.

    Args:
        dataset: The data; other labels stay as they are.
        outputs: What the model predicts.

    Raises:
        DataError: There are more words than classes.
    """
    for head, words in dataset.head_words:
        dataset = _settle_head(dataset, head, words, [each for each in outputs if each.name == head])
    dataset = replace(dataset, head_words=())
    if not dataset.by_word:
        return dataset
    words = dataset.class_names
    ours = [each for each in outputs if each.name not in dict(dataset.head_labels)]
    if dataset.labels is None and len(words) not in _class_counts(ours):
        return replace(dataset, by_word=False)  # columns of an output that has none: `targets_by_output` says so
    decided = _decide(words, ours, f"The labels of {dataset.name}")
    settled = replace(dataset, by_word=False, notes=(*dataset.notes, *([decided.note] if decided.note else [])))
    if decided.unmatched:
        return replace(settled, labels=None, class_names=(), unmatched=decided.unmatched)
    if decided.numbers is None or dataset.labels is None:
        return settled
    names = [str(index) for index in range(max(decided.numbers) + 1)]
    for word, number in zip(words, decided.numbers, strict=True):
        names[number] = word
    return replace(settled, labels=_renumbered(dataset.labels, decided.numbers), class_names=tuple(names))


@dataclass(frozen=True, slots=True)
class _Decision:
    """What words mean: class numbers (None: their order), a note on it, or why nothing is known."""

    numbers: tuple[int, ...] | None = None
    note: str = ""
    unmatched: str = ""


def _decide(words: Sequence[str], outputs: Sequence[TensorRecord], what: str) -> _Decision:
    counts = _class_counts(outputs)
    most = counts[-1] if counts else 0
    if not most:
        return _Decision()
    as_numbers = read_as_numbers(words, most)
    if as_numbers is not None:
        return _Decision(as_numbers, f"{what} are written as whole numbers and were read as class numbers.")
    if len(words) in counts:
        order = "sorted order, as Keras numbers folders" if list(words) == sorted(words) else "the order of the data"
        return _Decision(
            note=f"No class names were given, so the {len(words)} words of the labels were numbered in {order}:"
            f" {words[0]} is class 0 and {words[-1]} class {len(words) - 1}."
        )
    if len(words) > most:
        raise DataError(
            f"{what} are {len(words)} different words, but the model predicts {most} classes. Expected one word for"
            " each class. Give the class names with --classes, or the data that belong to this model."
        )
    return _Decision(
        unmatched=f"{what} are {counted(len(words), 'word')} and the model predicts {most} classes: without class"
        " names nothing says which words belong to which classes, so the labels were not used and no accuracy is given."
        " Give the class names with --classes."
    )


def _class_counts(outputs: Sequence[TensorRecord]) -> list[int]:
    """Return how many classes each output could tell apart, the fewest first; one number tells two."""
    return sorted({max(each.shape[0] or 0, 2) for each in outputs if len(each.shape) == 1})


def _settle_head(dataset: Dataset, head: str, words: tuple[str, ...], outputs: Sequence[TensorRecord]) -> Dataset:
    decided = _decide(words, outputs, f"The labels for {head!r}")
    labels = []
    for name, given in dataset.head_labels:
        if name != head:
            labels.append((name, given))
        elif not decided.unmatched:
            labels.append((name, given if decided.numbers is None else _renumbered(given, decided.numbers)))
    notes = (*dataset.notes, *filter(None, (decided.note, decided.unmatched)))
    return replace(dataset, head_labels=tuple(labels), notes=notes)


def name_heads(dataset: Dataset, known: ClassNames) -> Dataset:
    """Match the words of single outputs, where all of them are class names."""
    heads = dict(dataset.head_words)
    labels, left = [], []
    for head, given in dataset.head_labels:
        found = matched(heads[head], known, f"The labels for {head!r}") if head in heads else (None,)
        numbers = tuple(number for number in found if number is not None)
        labels.append((head, _renumbered(given, numbers) if len(numbers) == len(found) else given))
        left += [(head, heads[head])] if head in heads and len(numbers) < len(found) else []
    return replace(dataset, head_labels=tuple(labels), head_words=tuple(left))


def _class_numbers(dataset: Dataset, known: ClassNames) -> tuple[tuple[int, ...] | None, str]:
    """Return the number of the class of each of the data's own names, or None where they keep their own numbers."""
    own, what = dataset.class_names, f"The labels of {dataset.name}"
    if not own:
        return None, ""
    used = (
        range(len(own))
        if dataset.labels is None
        else sorted({int(label) for label in np.unique(dataset.labels)} - {-1})
    )
    if dataset.by_word:
        found = match([own[place] for place in used], known, what)
        return _spread(len(own), used, found.numbers), found.note
    places = matched([own[place] for place in used], known, what)
    if all(place in (None, number) for place, number in zip(places, used, strict=True)):
        return None, ""
    if None in places:
        raise DataError(
            f"{what} are whole numbers whose names in {dataset.source!r} are partly those of the class names, at other"
            " numbers. Expected one numbering of the classes. Give the class names in the order of the model's outputs."
        )
    numbers = tuple(place for place in places if place is not None)
    note = f"The classes have another order in {dataset.source} than in the class names; they were matched by name."
    return _spread(len(own), used, numbers), note


def _spread(size: int, used: Sequence[int], numbers: Sequence[int]) -> tuple[int, ...]:
    """Return a number for each name; what does not occur keeps none, −1."""
    spread = [-1] * size
    for place, number in zip(used, numbers, strict=True):
        spread[place] = number
    return tuple(spread)


def _renumbered(labels: npt.NDArray[np.int64], numbers: Sequence[int]) -> npt.NDArray[np.int64]:
    return np.where(labels < 0, labels, np.array(numbers, np.int64)[labels])


def _of_json(value: object) -> list[tuple[str, ...]]:
    """Return the words for each class, its name last."""
    if isinstance(value, dict):
        if sorted(value) != sorted(map(str, range(len(value)))):
            raise ValueError("its keys are not 0, 1, 2 and so on")
        value = [value[str(index)] for index in range(len(value))]
    if not isinstance(value, list):
        raise ValueError("it is neither a list nor an object")
    rows = [tuple(item) if isinstance(item, list) and item else (item,) for item in value]
    if not all(isinstance(item, str) for row in rows for item in row):
        raise ValueError("it holds something that is not a name")
    return rows
