"""TFRecord files of `tf.train.Example` -> a dataset. The files stay on the disk; of each record its place is kept.

An image is an encoded picture, the bytes of its pixels (8 bits, height and width from features of their own or from the
model), or a list of numbers. Files are told by their first bytes, uncompressed or inside gzip.
"""

from __future__ import annotations

import gzip
import math
import os
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import record_masks, remembering
from reportgen.sources.called import Called
from reportgen.sources.columns import check_all_given
from reportgen.sources.dataset import USUAL, Array, Dataset, LeftOut, Reading, TrueMaps, counted
from reportgen.sources.features import Chosen, Example, Labels, channels_of, choose, shape_of, values
from reportgen.sources.files import first_bytes, shown, writable
from reportgen.sources.framing import HEAD_BYTES, begins_like_records
from reportgen.sources.hashing import Hashed
from reportgen.sources.images import SUFFIXES, PictureError, Source, is_picture, picture_size
from reportgen.sources.labels import Truth
from reportgen.sources.pictures import Listed, asked, of_pictures
from reportgen.sources.record_places import GZIP, Records
from reportgen.sources.shards import LocalShard, Shards, one_file
from reportgen.sources.shards import hashed as hashed_shards

ACCEPTED = "a TFRecord file or a folder of them"
IN_SHORT = "TFRecord files"
HAS_FEATURES = True
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a TFRecord file, or to a folder with such files and without pictures."""
    if not os.path.isdir(spec):
        return _is_records(Path(spec))
    try:
        with os.scandir(spec) as entries:
            names = [entry.name for entry in entries if not entry.name.startswith(".") and entry.is_file()]
    except OSError:
        return False
    if any(Path(name).suffix.lower() in SUFFIXES for name in names):
        return False
    return any(_is_records(Path(spec, name)) for name in names)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open a TFRecord file, or all TFRecord files of a folder in the order of their names.

    Args:
        spec: Path of the file or the folder.
        shape: Shape of one sample of the model's input. Pictures are brought to it as those of a folder are; numbers
            are left to `fitting.fit`.
        reading: How pictures are resized, and the names of features.

    Returns:
        The images: uint8 (height, width, channels) of pictures, else float32 or int64 as they are stored; with labels
        where the records have them. Images that cannot be read are listed.

    Raises:
        DataError: A file is damaged, cut short or holds no records of this kind, it is not clear which feature is the
            image, none can be read, or some images have no label.
    """
    path = Path(spec)
    if not path.is_dir():
        return of_shards(one_file(path), shape, reading)
    files, notes = _files(path)
    each = tuple(LocalShard(file, shown(file)) for file in files)
    return of_shards(Shards(shown(path), each, path, notes), shape, reading)


def of_shards(given: Shards, shape: Shape | None, reading: Reading) -> Dataset:
    """Open TFRecord files, one after the other; as `open`.

    Args:
        given: The files.
        shape: Shape of one sample of the model's input.
        reading: How pictures are resized, and the names of features.
    """
    source = given.source
    records = Records(given.each, source)
    if not records.size:
        raise DataError(f"{source!r} holds no records. Expected at least one image. Give another file.")
    seen = remembering.remembered(
        "features", lambda: _looked(records, shape, reading, source), _Seen.written, _Seen.of_written
    )
    notes, truth = (*given.all_notes(), *seen.chosen.notes), seen.truth
    hashed = hashed_shards(given, records.sizes(), truth)
    chosen, lists = seen.chosen, _pattern(records, seen.chosen, shape)
    if lists is None:
        listed = Listed(
            names=Called(records.size, records.name),
            fetch=lambda place: _picture(records, place, chosen, shape),
            hashed=lambda: hashed,
            source=source,
            truth=truth,
            notes=notes,
            are_files=False,
            maps=None if chosen.mask is None else lambda kept: _picture_masks(records, kept, chosen, shape),
        )
        dataset = of_pictures(listed, shape, reading)
    else:
        lists.kept, lists.broken = seen.kept, seen.broken
        dataset = lists.dataset(records, source, hashed, truth, notes)
    check_all_given(dataset, "Write the missing ones, or name another feature with --feature label=NAME.")
    return dataset


def _looked(records: Records, shape: Shape | None, reading: Reading, source: str) -> _Seen:
    """Go over all records once: which features are read, their labels, and the lists of numbers that can be."""
    chosen = choose(records.example(0), reading.features, source)
    labels, num_masks, lists = Labels(chosen, source), 0, _pattern(records, chosen, shape)
    for place in range(records.size):
        example = records.example(place)
        labels.take(example)
        num_masks += len(values(example, chosen.mask)) > 0
        if lists is not None:
            lists.judge(records.name(place), place, example)
    if chosen.mask is not None and num_masks < records.size:
        raise DataError(
            f"{source!r} gives a mask for {num_masks} of {counted(records.size, 'image')}. Expected one for each, or"
            " none. Write the missing ones, or name another feature with --feature mask=NAME."
        )
    kept, broken = (lists.kept, lists.broken) if lists is not None else (array("q"), LeftOut())
    return _Seen(chosen, labels.known(), kept, broken)


def _pattern(records: Records, chosen: Chosen, shape: Shape | None) -> _Lists | None:
    """Return how all images are stored where the first one is a list of numbers; None of pictures."""
    first = records.example(0)
    one = values(first, chosen.image)
    return _Lists.like(one, first, chosen, shape) if isinstance(one, np.ndarray) else None


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """What was seen of all records.

    Attributes:
        chosen: Names of the features.
        truth: Their labels.
        kept: Places of the records with an image, where these are lists of numbers.
        broken: The others of them.
    """

    chosen: Chosen
    truth: Truth
    kept: array[int]
    broken: LeftOut

    def written(self) -> dict[str, object]:
        """Return the same as what JSON can hold."""
        return {
            "chosen": asdict(self.chosen),
            "truth": remembering.truth(self.truth),
            "kept": remembering.numbers(self.kept),
            "broken": remembering.left_out(self.broken),
        }

    @classmethod
    def of_written(cls, entry: remembering.Entry) -> _Seen:
        """Return what `written` made an entry of."""
        named = entry["chosen"]
        chosen = Chosen(**{**named, "size": tuple(named["size"]), "notes": tuple(named["notes"])})
        kept, broken = remembering.compact(entry["kept"], "q"), remembering.again_left_out(entry["broken"])
        return cls(chosen, remembering.known(entry["truth"]), kept, broken)


@dataclass(slots=True)
class _Lists:
    """Images that are stored as lists of numbers, as the first record has them.

    Attributes:
        chosen: Names of the features.
        size: How many numbers an image has.
        given: Height, width and channels that the record gives, or None.
        shape: Shape of one image; (size,) where nothing says more.
        dtype: float32 or int64.
        asked: Height, width and channels that the model asks for, None where it leaves them open.
        kept: Places of the records that hold such an image.
        broken: The others.
    """

    chosen: Chosen
    size: int
    given: tuple[int, int, int] | None
    shape: tuple[int, ...]
    dtype: np.dtype[np.generic]
    asked: tuple[int | None, int | None, int | None] | None = None
    kept: array[int] = field(default_factory=lambda: array("q"))
    broken: LeftOut = field(default_factory=LeftOut)

    @classmethod
    def like(cls, one: Array, example: Example, chosen: Chosen, shape: Shape | None) -> _Lists:
        """Take the first record as the pattern of all."""
        given = shape_of(example, chosen)
        image_shape = (one.size,) if given is None and _product(shape) == one.size else _shape(one.size, given, shape)
        return cls(chosen, one.size, given, image_shape or (one.size,), one.dtype, asked(shape))

    def judge(self, name: str, place: int, example: Example) -> None:
        """Keep a record, or say why it is left out."""
        found = values(example, self.chosen.image)
        if not len(found):
            self.broken.add(name, f"has no value in its feature {writable(self.chosen.image)!r}")
        elif not isinstance(found, np.ndarray) or found.dtype != self.dtype or found.size != self.size:
            self.broken.add(name, f"holds {_in_words(found)}, and the first one {self.size} of {self.dtype}")
        elif shape_of(example, self.chosen) != self.given:
            self.broken.add(name, "has another height, width or number of channels than the first one")
        else:
            self.kept.append(place)

    def dataset(
        self,
        records: Records,
        source: str,
        hashed: Hashed,
        truth: Truth,
        notes: tuple[str, ...],
    ) -> Dataset:
        """Make the dataset of what was kept."""
        kept = self.kept
        if not kept:
            first = self.broken.first[0]
            raise DataError(
                f"No record of {source!r} holds an image: {first.name} {first.reason}. Expected "
                "numbers in each. Name another feature with --feature image=NAME."
            )

        def read(indices: Sequence[int]) -> Array:
            images = np.empty((len(indices), *self.shape), self.dtype)
            for place, index in enumerate(indices):
                found = values(records.example(kept[index]), self.chosen.image)
                images[place] = np.asarray(found).reshape(self.shape)
            return images

        return Dataset(
            name=f"{counted(len(kept), 'image')} from {source}",
            source=source,
            split="as given",
            size=len(kept),
            read=read,
            shape=self.shape,
            labels=None if truth.indices is None else truth.indices[kept],
            class_names=truth.class_names,
            image_names=(),
            sha256=hashed.sha256,
            hash_command=hashed.command,
            notes=notes,
            by_word=truth.by_word,
            targets=() if truth.values is None else (("", truth.values[kept]),),
            maps=() if self.chosen.mask is None else (("", self._masks(records)),),
            broken=tuple(self.broken.first),
            broken_reasons=self.broken.reasons(),
        )

    def _masks(self, records: Records) -> TrueMaps:
        size = self.given or (self.shape if len(self.shape) > 1 else self.asked)
        if size is None or None in size[:2]:
            raise DataError(
                f"The images are lists of {self.size} numbers, and nothing says how many rows and columns they have, so"
                f" that the masks {writable(self.chosen.mask or '')!r} cannot be laid on them. Expected height and"
                " width in the records or in the model. Name them with --input-shape."
            )
        plane = (int(size[0] or 0), int(size[1] or 0))
        return record_masks.of_records(
            lambda index: values(records.example(self.kept[index]), self.chosen.mask),
            lambda index: plane,
            lambda index: records.name(self.kept[index]),
        )


def _picture_masks(records: Records, kept: Sequence[int], chosen: Chosen, shape: Shape | None) -> TrueMaps:
    return record_masks.of_records(
        lambda index: values(records.example(kept[index]), chosen.mask),
        lambda index: picture_size(_picture(records, kept[index], chosen, shape), records.name(kept[index])),
        lambda index: records.name(kept[index]),
    )


def _picture(records: Records, place: int, chosen: Chosen, shape: Shape | None) -> Source:
    """Return the encoded picture or the pixels of one record."""
    example = records.example(place)
    found = values(example, chosen.image)
    name = records.name(place)
    if len(found) != 1 or not isinstance(found[0], bytes):
        raise PictureError(name, f"holds {_in_words(found)} in its feature {writable(chosen.image)!r}")
    data = found[0]
    if not data or is_picture(data[:16]):
        return data
    geometry = _shape(len(data), shape_of(example, chosen), shape)
    if geometry is None:
        raise PictureError(
            name, f"holds {len(data)} bytes that are neither a picture nor pixels of the known height and width"
        )
    height, width, channels = geometry
    return Image.frombytes(_MODES[channels], (width, height), data)


def _shape(size: int, given: tuple[int, int, int] | None, shape: Shape | None) -> tuple[int, int, int] | None:
    """Return height, width and channels of an image of so many values, by its record, else by the model."""
    height, width, channels = given or (*asked(shape)[:2], 0)
    found = channels_of(size, height, width, channels) if height and width else None
    return (height, width, found) if height and width and found else None


def _product(shape: Shape | None) -> int:
    return math.prod(axis or 0 for axis in shape or ())


def _in_words(found: Sequence[bytes] | Array) -> str:
    if isinstance(found, np.ndarray):
        return f"{found.size} numbers of {found.dtype}"
    return f"{counted(len(found), 'value')} of bytes" if found else "nothing"


def _files(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Return the files of a folder that are read, in order, and what is to be said of the others."""
    inside = os.path.realpath(path)
    kept: list[Path] = []
    others: list[Path] = []
    subfolders: list[str] = []
    for name in sorted(os.listdir(path)):
        file = path / name
        if file.is_dir() and not name.startswith("."):
            subfolders.append(writable(name))
        if name.startswith(".") or not file.is_file():
            continue
        is_inside = Path(os.path.realpath(file)).is_relative_to(inside)
        (kept if is_inside and _is_records(file) else others).append(file)
    if not kept:
        raise DataError(f"The folder {shown(path)!r} holds no TFRecord files of its own. Give another folder.")
    listed = ", ".join(shown(file) for file in others)
    notes = [f"{counted(len(others), 'file')} without records or out of this folder passed over: {listed}."]
    return kept, (*notes[: len(others)], *(f"The subfolder {name} was not read." for name in subfolders))


def _is_records(path: Path) -> bool:
    head = first_bytes(path, HEAD_BYTES)
    if head.startswith(GZIP):
        try:
            with gzip.open(path) as stream:
                head = stream.read(HEAD_BYTES)
        except (OSError, EOFError, zlib.error):
            return False
    return begins_like_records(head)
