"""The `tf.train.Example` of one record -> its image's values, its label and its mask, by the names of features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from reportgen.errors import DataError
from reportgen.sources.columns import scattered
from reportgen.sources.dataset import Array, counted
from reportgen.sources.files import writable
from reportgen.sources.images import is_picture
from reportgen.sources.labels import Gathered, Truth

# Usual names, the best first: those of TensorFlow's own scripts for ImageNet, its tutorials, its data sets.
_IMAGES = ("image/encoded", "image", "image_raw", "encoded", "img", "x", "image/raw", "images", "pixels", "jpeg", "png")
_LABELS = ("image/class/label", "label", "class", "y", "labels", "target", "image/class/text")
_TEXT = "image/class/text"
# Those of DeepLab's scripts and of usual data sets.
_MASKS = ("image/segmentation/class/encoded", "mask", "segmentation_mask", "segmentation", "masks", "mask_raw")
_HEIGHTS = ("image/height", "height", "rows")
_WIDTHS = ("image/width", "width", "cols")
_DEPTHS = ("image/channels", "image/depth", "depth", "channels")
_KINDS = {"bytes_list": "bytes", "float_list": "floating-point", "int64_list": "whole numbers", None: "nothing"}
_CHANNELS = (1, 3, 4)
_MOST_LISTED = 30
_LONGEST_WORD = 1000
_MOST_CLASSES = 1 << 16
Example = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Names of the features that are read; None where there is none.

    Attributes:
        image: The image.
        label: Its class, a number, a row of 0 and 1, or a word; or true values.
        mask: What is true of each of its pixels.
        text: Name of its class besides the number.
        size: Height, width and number of channels, as far as they are given.
        notes: What the reader should know of the choice.
    """

    image: str
    label: str | None
    mask: str | None
    text: str | None
    size: tuple[str | None, str | None, str | None]
    notes: tuple[str, ...]


def parse(data: bytes, what: str) -> Example:
    """Read the features of one record.

    Args:
        data: The record.
        what: What it is called in an error: "Record 0 of 'cats.tfrecord'".

    Raises:
        DataError: It is no `tf.train.Example`.
    """
    import tensorflow as tf

    try:
        found: Example = tf.train.Example.FromString(data).features.feature
    except DecodeError as error:
        raise DataError(
            f"{what} is not a tf.train.Example. Expected one with a feature that holds an image. Write the file with "
            "tf.train.Example."
        ) from error
    return found


def values(example: Example, name: str | None) -> Sequence[bytes] | Array:
    """Return what a feature holds: some bytes, or float32 or int64 numbers; nothing where it is missing."""
    if name is None or name not in example:
        return ()
    feature = example[name]
    kind = feature.WhichOneof("kind")
    if kind == "float_list":
        return np.array(feature.float_list.value, np.float32)
    if kind == "int64_list":
        return np.array(feature.int64_list.value, np.int64)
    return tuple(feature.bytes_list.value) if kind else ()


def choose(example: Example, given: tuple[tuple[str, str], ...], source: str) -> Chosen:
    """Find the features to read, by the first record.

    Args:
        example: The record's features.
        given: Names that the user gave, by what they hold.
        source: What the file is called.

    Raises:
        DataError: A name that was given is not there, or none is that of an image.
    """
    names = dict(given)
    for role, name in given:
        if name not in example:
            raise DataError(
                f"{source!r} has no feature {writable(name)!r}. Expected one of: {_features_of(example)}. Fix "
                f"--feature {role}=NAME."
            )
    image = names.get("image") or _first(_IMAGES, example)
    if image is None:
        raise DataError(
            f"{source!r} has the features {_features_of(example)}. Expected the image in one called "
            f"{', '.join(_IMAGES[:6])}. Name it with --feature image=NAME."
        )
    label = names.get("label") or _first(_LABELS, example)
    mask = names.get("mask") or (None if label else _first(_MASKS, example))
    if mask is None and _is_picture(example, label):
        label, mask = None, label
    elif "mask" in names and "label" not in names:
        label = None
    others = [name for name in _IMAGES if name in example and name != image]
    told = [f", its class the feature {writable(label)!r}"] if label else []
    told += [f", its mask the feature {writable(mask)!r}"] if mask else []
    known = "".join(told) or "; no feature is known to hold its class"
    notes = [f"The image of each record is its feature {writable(image)!r}{known}."]
    if others and "image" not in names:
        notes.append(f"The records also hold {', '.join(others)}, which could be images and were not read.")
    unread = None if mask else _first(_MASKS, example)
    if unread:
        notes.append(f"The records also hold {unread}, which was not read as a mask: --feature mask={unread} does.")
    return Chosen(
        image=image,
        label=label,
        mask=mask,
        text=_TEXT if _TEXT in example and label != _TEXT else None,
        size=(_first(_HEIGHTS, example), _first(_WIDTHS, example), _first(_DEPTHS, example)),
        notes=tuple(notes),
    )


def shape_of(example: Example, chosen: Chosen) -> tuple[int, int, int] | None:
    """Return height, width and channels (0 where they are not told) as a record gives them; None where it does not."""
    found = [values(example, name) for name in chosen.size]
    numbers = [int(value[0]) if isinstance(value, np.ndarray) and value.size == 1 else 0 for value in found]
    return (numbers[0], numbers[1], numbers[2]) if numbers[0] > 0 and numbers[1] > 0 else None


def channels_of(size: int, height: int, width: int, channels: int = 0) -> int | None:
    """Return how many channels so many values have at each pixel; None where these are not the values of an image.

    >>> channels_of(12, 2, 2), channels_of(12, 2, 2, channels=1), channels_of(13, 2, 2)
    (3, None, None)
    """
    found, rest = divmod(size, height * width)
    return found if not rest and found in _CHANNELS and channels in (0, found) else None


class Labels:
    """The labels of all records, taken one by one; of each only its numbers or its word are kept."""

    def __init__(self, chosen: Chosen, source: str) -> None:
        self._chosen = chosen
        self._what = f"The labels {writable(chosen.label or '')!r} in {source!r}"
        self._gathered = Gathered(self._what)
        self._places: list[int] = []
        self._size = 0
        self._are_words: set[bool] = set()
        self._texts: dict[int, set[bytes]] = {}

    def take(self, example: Example) -> None:
        """Take the label of the next record.

        Raises:
            DataError: It is no number or word, or has another number of values than those before.
        """
        given = values(example, self._chosen.label)
        self._size += 1
        if not len(given):
            return
        one = given[0]
        if isinstance(one, bytes) and (len(one) > _LONGEST_WORD or len(given) > 1):
            what = f"{len(one)} bytes" if len(given) == 1 else f"{len(given)} words for one image"
            raise DataError(f"{self._what} hold {what}. Expected a number or a word. Name another feature.")
        self._places.append(self._size - 1)
        self._are_words.add(isinstance(one, bytes))
        if len(self._are_words) > 1:
            raise DataError(f"{self._what} are words and numbers. Expected one kind. Write the file again.")
        self._gathered.take(np.array(one) if len(given) == 1 else np.asarray(given))
        text = values(example, self._chosen.text)
        found = given if len(given) == 1 else np.flatnonzero(given)
        if len(found) == len(text) == 1 and isinstance(found[0], np.integer) and isinstance(text[0], bytes):
            self._texts.setdefault(int(found[0]), set()).add(text[0][:_LONGEST_WORD])

    def known(self) -> Truth:
        """Return the class index of every record, −1 where it has none, or its true values, and names of the classes.

        Raises:
            DataError: A number is no class index.
        """
        if not self._places:
            return Truth(None)
        is_given = np.zeros(self._size, np.bool_)
        is_given[self._places] = True
        found = scattered(self._gathered.array(), is_given, self._what)
        if found.indices is None or found.class_names:
            return found
        return replace(found, class_names=self._names(int(found.indices.max())))

    def _names(self, last: int) -> tuple[str, ...]:
        if not self._texts or last > _MOST_CLASSES or any(len(texts) > 1 for texts in self._texts.values()):
            return ()
        called = {index: next(iter(texts)).decode("utf-8", "backslashreplace") for index, texts in self._texts.items()}
        return tuple(called.get(index, str(index)) for index in range(last + 1))


def _is_picture(example: Example, name: str | None) -> bool:
    held = values(example, name)
    return len(held) == 1 and isinstance(held[0], bytes) and is_picture(held[0][:16])


def _first(names: Sequence[str], example: Example) -> str | None:
    return next((name for name in names if name in example), None)


def _features_of(example: Example) -> str:
    described = [f"{writable(name)} ({_described(example[name])})" for name in sorted(example)]
    more = f" and {counted(len(described) - _MOST_LISTED, 'other')}" if len(described) > _MOST_LISTED else ""
    return (", ".join(described[:_MOST_LISTED]) or "none") + more


def _described(feature: Any) -> str:
    kind = feature.WhichOneof("kind")
    size = len(getattr(feature, kind).value) if kind else 0
    return _KINDS[kind] if size == 1 or kind is None else f"{size} {_KINDS[kind]}"
