"""Parquet files in the layout of Hugging Face -> a dataset. The files stay where they are, row groups are their index.

A column holds encoded pictures, as bytes or as a struct of bytes and a path; another one may hold the labels. Names of
classes stand in the metadata of the schema. A row group is read when an image of it is asked for, and a few are kept.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import shards
from reportgen.sources.called import Called
from reportgen.sources.columns import Column, check_all_given, known_where_given, scattered
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.files import first_bytes, writable
from reportgen.sources.images import PictureError
from reportgen.sources.labels import UNKNOWN, Truth
from reportgen.sources.pictures import Listed, of_pictures
from reportgen.sources.shards import Shard, Shards

ACCEPTED = "a Parquet file"
IN_SHORT = "Parquet files"
HAS_FEATURES = True
_MAGIC = b"PAR1"
_IMAGES = ("image", "img", "picture", "jpg", "jpeg", "png", "webp")
_LABELS = ("label", "labels", "fine_label", "class", "target", "y", "cls")
_MOST_GROUP_BYTES = 1 << 30
_MOST_KEPT_BYTES = 256 << 20


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a Parquet file, whatever its suffix."""
    return first_bytes(Path(spec), len(_MAGIC)) == _MAGIC


def check(spec: str) -> None:
    """Refuse where the library that reads Parquet is missing.

    Raises:
        DataError: It is missing.
    """
    del spec
    _library()


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open a Parquet file; as `of_shards`.

    Args:
        spec: Path of the file.
        shape: Shape of one sample of the model's input.
        reading: How pictures are resized, and the columns that hold image and label.
    """
    return of_shards(shards.one_file(Path(spec)), shape, reading)


def of_shards(given: Shards, shape: Shape | None, reading: Reading) -> Dataset:
    """Open Parquet files, one after the other.

    Args:
        given: The files.
        shape: Shape of one sample of the model's input; pictures are brought to it as those of a folder are.
        reading: How pictures are resized, and the columns that hold image and label.

    Returns:
        The pictures, uint8 (height, width, channels), with labels where there are some. Rows without a picture that can
        be read are listed and left out.

    Raises:
        OptionsError: A column of masks is named.
        DataError: pyarrow is missing, a file is damaged, has other columns than the first or a row group that is too
            large, no picture can be read, or only some have a label.
    """
    shards.refuse_masks(given, reading.features)
    table = _Table.of(given, dict(reading.features))
    truth = _truth(table)
    hashed = shards.hashed(given, table.sizes(), truth)
    listed = Listed(
        names=Called(table.size, table.name),
        fetch=table.picture,
        hashed=lambda: hashed,
        source=given.source,
        truth=truth,
        notes=(*given.all_notes(), *table.notes()),
        are_files=False,
    )
    dataset = of_pictures(listed, shape, reading)
    check_all_given(dataset, "Write the missing ones, or name another column with --feature label=NAME.")
    return dataset


@dataclass(slots=True)
class _Table:
    """The rows of all files.

    Attributes:
        given: The files.
        heads: What stands at the end of each: the places of its row groups.
        image: Name of the column of images.
        label: Name of the column of labels; None where there is none.
        schema: The schema of the first file.
        group_of: The file and the number of every row group.
        ends: How many rows there are up to the end of each row group.
        firsts: The first row of each file.
        labels: The labels of each row group, as they are stored.
        kept: Images of the row groups that were read last, and how many bytes they take.
    """

    given: Shards
    heads: list[Any]
    image: str
    label: str | None
    schema: Any
    group_of: list[tuple[int, int]]
    ends: npt.NDArray[np.int64]
    firsts: list[int]
    labels: list[Any]
    kept: OrderedDict[int, tuple[Any, int]] = field(default_factory=OrderedDict)
    lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, given: Shards, features: dict[str, str]) -> _Table:
        heads: list[Any] = []
        group_of: list[tuple[int, int]] = []
        rows: list[int] = []
        firsts: list[int] = []
        labels: list[Any] = []
        image = label = None
        schema = None
        for place, shard in enumerate(given.each):
            with _opened(shard) as file:
                heads.append(file.metadata)
                firsts.append(sum(rows))
                if schema is None:
                    schema = file.schema_arrow
                    image, label = _image_column(schema, given.source, features), _label_column(schema, features)
                elif not file.schema_arrow.equals(schema):
                    raise DataError(
                        f"{shard.name!r} has other columns than {given.each[0].name!r}: {_columns(file.schema_arrow)}."
                        f" Expected {_columns(schema)}. Give files of one set."
                    )
                for number in range(file.metadata.num_row_groups):
                    group_of.append((place, number))
                    rows.append(file.metadata.row_group(number).num_rows)
                    labels += [file.read_row_group(number, columns=[label]).column(0)] if label is not None else []
        if not sum(rows):
            raise DataError(f"{given.source!r} holds no rows. Expected at least one image. Give another file.")
        assert image is not None, "there is a file, and it has a column of images"
        made = cls(given, heads, image, label, schema, group_of, np.cumsum(rows), firsts, labels)
        made._refuse_large_groups()
        return made

    @property
    def size(self) -> int:
        return int(self.ends[-1])

    def name(self, place: int) -> str:
        """Return what a row is called."""
        file = self.group_of[self._group(place)][0]
        return f"{self.given.called(file)}row {place - self.firsts[file]}"

    def picture(self, place: int) -> bytes:
        """Return the encoded picture of a row."""
        group = self._group(place)
        value = self._images(group, place)[place - self._start(group)].as_py()
        data = value.get("bytes") if isinstance(value, dict) else value
        if data is None:
            path = value.get("path") if isinstance(value, dict) else None
            why = "names a file outside of the table and holds no picture" if path else "holds no picture"
            raise PictureError(self.name(place), why)
        return bytes(data)

    def sizes(self) -> Iterator[tuple[str, int]]:
        """Yield for each row group what it is called and how many bytes it takes."""
        for file, number in self.group_of:
            group = self.heads[file].row_group(number)
            yield f"{self.given.each[file].name}, {group.num_rows} rows", group.total_byte_size

    def notes(self) -> tuple[str, ...]:
        """Say which columns were read."""
        label = f", its class the column {writable(self.label)!r}" if self.label else "; no column holds its class"
        return (f"The image of each row is its column {writable(self.image)!r}{label}.",)

    def _group(self, place: int) -> int:
        return int(np.searchsorted(self.ends, place, side="right"))

    def _start(self, group: int) -> int:
        return int(self.ends[group - 1]) if group else 0

    def _images(self, group: int, place: int) -> Any:
        """Return the images of a row group; those that were read last are at hand."""
        with self.lock:
            if group in self.kept:
                self.kept.move_to_end(group)
            else:
                file, number = self.group_of[group]
                try:
                    with _opened(self.given.each[file], self.heads[file]) as opened:
                        column = opened.read_row_group(number, columns=[self.image]).column(0)
                except _DamagedError as error:
                    raise PictureError(self.name(place), "is in a row group that is damaged") from error
                self.kept[group] = (column, column.nbytes)
                while len(self.kept) > 1 and sum(size for _, size in self.kept.values()) > _MOST_KEPT_BYTES:
                    self.kept.popitem(last=False)
            return self.kept[group][0]

    def _refuse_large_groups(self) -> None:
        for file, number in self.group_of:
            group = self.heads[file].row_group(number)
            columns = [group.column(place) for place in range(group.num_columns)]
            ours = [each for each in columns if each.path_in_schema.partition(".")[0] == self.image]
            size = sum(each.total_uncompressed_size for each in ours)
            if size > _MOST_GROUP_BYTES:
                raise DataError(
                    f"A row group of {self.given.each[file].name!r} holds {size / (1 << 30):.1f} GiB of images."
                    f" Expected at most {_MOST_GROUP_BYTES / (1 << 30):g} GiB, because it is read as a whole. Write the"
                    " file with smaller row groups."
                )


class _DamagedError(DataError):
    """A Parquet file cannot be read."""


@contextmanager
def _opened(shard: Shard, head: Any = None) -> Iterator[Any]:
    """Open a file; whatever is wrong with it becomes one sentence."""
    parquet = _library()
    with shard.local() as path:
        try:
            with parquet.ParquetFile(path, metadata=head) as file:
                yield file
        # pyarrow's own errors are such, too.
        except (OSError, ValueError, NotImplementedError, KeyError) as error:
            raise _DamagedError(
                f"The Parquet file {shard.name!r} is damaged or cut short: {_short(error)}. Expected a whole file. Copy"
                " it again."
            ) from error


def _library() -> Any:
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise DataError(
            "Parquet files are read with pyarrow, which is not installed. Expected it beside reportgen. Install it"
            " with: pip install 'reportgen[parquet]'."
        ) from error
    return parquet


def _image_column(schema: Any, source: str, features: dict[str, str]) -> str:
    """Return the name of the column of images.

    Raises:
        DataError: What the user named is not there or holds no bytes, or there is none.
    """
    for role, name in features.items():
        if name not in schema.names:
            raise DataError(
                f"{source!r} has no column {writable(name)!r}. Expected one of: {_columns(schema)}. Fix --feature"
                f" {role}=NAME."
            )
    fit = [name for name in schema.names if _holds_bytes(schema.field(name).type)]
    named = features.get("image")
    if named is not None and named not in fit:
        raise DataError(
            f"The column {writable(named)!r} of {source!r} holds {schema.field(named).type}. Expected encoded pictures:"
            " bytes, or a struct of bytes and path. Fix --feature image=NAME."
        )
    found = named or next((name for name in _IMAGES if name in fit), fit[0] if len(fit) == 1 else None)
    if found is None:
        raise DataError(
            f"{source!r} has the columns {_columns(schema)}. Expected encoded pictures in one called"
            f" {', '.join(_IMAGES[:3])}: bytes, or a struct of bytes and path. Name it with --feature image=NAME."
        )
    return str(found)


def _label_column(schema: Any, features: dict[str, str]) -> str | None:
    return features.get("label") or next((name for name in _LABELS if name in schema.names), None)


def _holds_bytes(kind: Any) -> bool:
    from pyarrow import types

    if types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return place >= 0 and _holds_bytes(kind.field(place).type)
    return bool(types.is_binary(kind) or types.is_large_binary(kind))


def _columns(schema: Any) -> str:
    return ", ".join(f"{writable(field.name)} ({field.type})" for field in list(schema)[:20])


def _truth(table: _Table) -> Truth:
    """Return what the column of labels says: class −1, or true values NaN, for rows without one."""
    from pyarrow import types

    if table.label is None:
        return UNKNOWN
    what = f"The labels {writable(table.label)!r} in {table.given.source!r}"
    kind = table.schema.field(table.label).type
    kind = kind.value_type if types.is_dictionary(kind) else kind
    if types.is_string(kind) or types.is_large_string(kind):
        column, row = Column(""), 0
        for part in table.labels:
            for each in part.to_pylist():
                column.take(row, each or "")
                row += 1
        return known_where_given([column], what)
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise DataError(
            f"{what} are of the type {kind}. Expected a number or a word for each image. Name another column with"
            " --feature label=NAME."
        )
    parts = [part.cast("uint8") if types.is_boolean(kind) else part for part in table.labels]
    is_given = np.concatenate([part.is_valid().to_numpy() for part in parts])
    labels = np.concatenate([part.fill_null(0).to_numpy() for part in parts])
    # Hugging Face writes −1 for "not labelled".
    is_given &= labels != -1
    if not is_given.any():
        return UNKNOWN
    found = scattered(labels[is_given], is_given, what)
    names = _class_names(table.schema, table.label)
    if found.indices is None or not names or int(found.indices.max()) >= len(names):
        return found
    return Truth(found.indices, class_names=names)


def _class_names(schema: Any, label: str) -> tuple[str, ...]:
    """Return the names of the classes in the metadata of the schema; () where there are none."""
    try:
        told = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        names: Sequence[Any] = told["info"]["features"][label]["names"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()
    is_list = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return tuple(map(writable, names)) if is_list else ()


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".")
