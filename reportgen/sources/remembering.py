"""What takes long to find out about data -> an index, from which another process has it without looking again.

Opening data decodes each picture once and reads every file, which for millions of images takes hours. What was found is
written down while data are opened inside `writing_down`, in the order in which it was asked for; inside `looking_up`
it is taken from there in the same order.
"""

from __future__ import annotations

import base64
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np

from reportgen.errors import DataError
from reportgen.records.data import Broken
from reportgen.sources.called import Packed
from reportgen.sources.dataset import Array, LeftOut
from reportgen.sources.labels import Truth

Found = TypeVar("Found")
Entry = Mapping[str, Any]
Index = list[Entry]
"""What was found, in order, each as what JSON can hold."""
_writing: list[Index] = []
_reading: list[Iterator[Entry]] = []


@contextmanager
def writing_down(index: Index) -> Iterator[None]:
    """Write what is found about data that are opened inside into an index."""
    _writing.append(index)
    try:
        yield
    finally:
        _writing.remove(index)


@contextmanager
def looking_up(index: Index) -> Iterator[None]:
    """Have what is asked about data that are opened inside from an index."""
    entries = iter(index)
    _reading.append(entries)
    try:
        yield
    finally:
        _reading.remove(entries)


def remembered(
    what: str, find: Callable[[], Found], write: Callable[[Found], Entry], read: Callable[[Entry], Found]
) -> Found:
    """Find something out, or have it from the index that is looked up.

    Args:
        what: What it is, to tell it from others.
        find: Finds it out.
        write: What was found -> what JSON can hold.
        read: The same -> what was found.

    Raises:
        DataError: The index holds something else at this place; and as `find`.
    """
    if _reading:
        entry = next(_reading[-1], {})
        if entry.get("what") != what:
            raise DataError(
                f"The index in the plan says nothing of the {what}. Expected the data that the plan was made for. Make"
                " the plan again."
            )
        return read(entry)
    found = find()
    if _writing:
        _writing[-1].append({"what": what, **write(found)})
    return found


def packed(values: Array) -> dict[str, Any]:
    """Return an array as what JSON can hold.

    >>> unpacked(packed(np.arange(3)))
    array([0, 1, 2])
    """
    data = zlib.compress(np.ascontiguousarray(values).tobytes(), 1)
    return {"type": values.dtype.str, "shape": list(values.shape), "data": base64.b64encode(data).decode("ascii")}


def unpacked(entry: Entry) -> Array:
    """Return the array that `packed` made an entry of."""
    data = zlib.decompress(base64.b64decode(entry["data"]))
    return np.frombuffer(data, np.dtype(entry["type"])).reshape(entry["shape"]).copy()


def numbers(values: array[int]) -> dict[str, Any]:
    """Return a compact array of whole numbers as what JSON can hold."""
    return packed(np.array(values, values.typecode))


def compact(entry: Entry, kind: str) -> array[int]:
    """Return the compact array of a type code that `numbers` made an entry of."""
    return array(kind, unpacked(entry).astype(kind).tobytes())


def names(given: Packed) -> dict[str, Any]:
    """Return names as what JSON can hold."""
    return packed(np.frombuffer("\0".join(given[place] for place in range(len(given))).encode(), np.uint8))


def named(entry: Entry, size: int) -> Packed:
    """Return as many names as `names` made an entry of."""
    found = Packed()
    for name in unpacked(entry).tobytes().decode().split("\0") if size else ():
        found.add(name)
    return found


def truth(given: Truth) -> dict[str, Any]:
    """Return what is known of images as what JSON can hold."""
    return {
        **{name: packed(each) for name in ("indices", "values", "maps") if (each := getattr(given, name)) is not None},
        "class_names": list(given.class_names),
        "by_word": given.by_word,
        "notes": list(given.notes),
    }


def known(entry: Entry) -> Truth:
    """Return what `truth` made an entry of."""
    arrays = {name: unpacked(entry[name]) if name in entry else None for name in ("indices", "values", "maps")}
    return Truth(
        **arrays,
        class_names=tuple(entry["class_names"]),
        by_word=entry["by_word"],
        notes=tuple(entry["notes"]),
    )


def left_out(given: LeftOut) -> dict[str, Any]:
    """Return the images that cannot be read as what JSON can hold."""
    return {
        "first": [[each.name, each.reason] for each in given.first],
        "reasons": [[each.reason, each.number] for each in given.reasons()],
    }


def again_left_out(entry: Entry) -> LeftOut:
    """Return what `left_out` made an entry of."""
    first = [Broken(name, reason) for name, reason in entry["first"]]
    return LeftOut(first, Counter(dict(entry["reasons"])))
