"""Tar files in the form of WebDataset -> where the image of every sample stands, and its label.

Files of one name up to its first dot, in one folder of a shard, are a sample: "dog/17.jpg" and "dog/17.cls". Only heads
are read, and what holds labels; of a sample a few numbers and its name are kept.
"""

from __future__ import annotations

import json
import tarfile
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any, TypeAlias

from reportgen.errors import DataError
from reportgen.sources import remembering
from reportgen.sources.called import Packed
from reportgen.sources.columns import Column, known_where_given
from reportgen.sources.dataset import counted
from reportgen.sources.files import writable
from reportgen.sources.labels import UNKNOWN, Truth
from reportgen.sources.shards import Shard, Shards, read_part

IMAGES = ("jpg", "jpeg", "png", "webp", "bmp", "gif", "tif", "tiff", "npy")
"""Suffixes of members that are images, the first one that a sample has counts."""
LABELS = ("cls", "cls.txt", "label", "label.txt", "class", "class.txt", "txt", "json")
KEYS = ("label", "class", "cls", "category", "target")
"""Keys of a member in JSON that hold the label, the first one counts."""
NO_IMAGE, TWICE, BAD_LABEL = -1, -2, -3
REASONS = {
    NO_IMAGE: "has no image among its members",
    TWICE: "has several members of one name, so that it is not clear which one counts",
    BAD_LABEL: "has a label that cannot be read",
}
"""Why a sample has no image, by what stands at the place of its start."""
GZIP = b"\x1f\x8b"
_BLOCK = 512
_MOST_MEMBERS = 64
_LONGEST_LABEL = 1 << 20
_LONGEST_WORD = 1000
_MOST_WORDS = 1 << 16
_MOST_NUMBERS = 1000
Place: TypeAlias = tuple[int, int]


def begins_like_tar(head: bytes) -> bool:
    """Tell whether a file that begins like this is an uncompressed tar file: its first head has a right checksum."""
    try:
        tarfile.TarInfo.frombuf(head[:_BLOCK], "utf-8", "surrogateescape")
    except (tarfile.TarError, ValueError):
        return False
    return True


@dataclass(slots=True)
class Members:
    """The samples of all shards. An image is a number of bytes at a place of a shard.

    Attributes:
        shard_of: Which shard each sample is in.
        starts: Where its image begins; one of the numbers in `REASONS` where it has none.
        lengths: How many bytes it has.
        names: What its image is called, without the shard.
        truth: What is known of each.
        notes: What is to be said of the choice of members.
    """

    shard_of: array[int] = field(default_factory=lambda: array("i"))
    starts: array[int] = field(default_factory=lambda: array("q"))
    lengths: array[int] = field(default_factory=lambda: array("q"))
    names: Packed = field(default_factory=Packed)
    truth: Truth = UNKNOWN
    notes: tuple[str, ...] = ()

    def written(self) -> dict[str, Any]:
        """Return the same as what JSON can hold."""
        return {
            **{name: remembering.numbers(getattr(self, name)) for name in ("shard_of", "starts", "lengths")},
            "names": remembering.names(self.names),
            "truth": remembering.truth(self.truth),
            "notes": list(self.notes),
        }

    @classmethod
    def of_written(cls, entry: remembering.Entry) -> Members:
        """Return what `written` made an entry of."""
        starts = remembering.compact(entry["starts"], "q")
        return cls(
            remembering.compact(entry["shard_of"], "i"),
            starts,
            remembering.compact(entry["lengths"], "q"),
            remembering.named(entry["names"], len(starts)),
            remembering.known(entry["truth"]),
            tuple(entry["notes"]),
        )


def find(shards: Shards, features: tuple[tuple[str, str], ...]) -> Members:
    """Find the samples of some shards.

    Args:
        shards: The shards.
        features: What the user named: ("image", "seg.png"), a suffix; ("label", "cls"), a suffix or a key of the JSON.

    Raises:
        DataError: A shard is no tar file, is cut short or damaged, none has a sample, or what was named is not there.
    """
    found = Members()
    chosen = _Chosen.of(dict(features))
    labels = _Labels(f"The labels in {shards.source!r}", is_named="label" in dict(features))
    seen: set[str] = set()
    for place, shard in enumerate(shards.each):
        with shard.local() as path, path.open("rb") as stream:
            _refuse_other(stream, shard.name)
            samples = _samples(stream, shard)
            for key, members in samples.items():
                if len(seen) < _MOST_MEMBERS:
                    seen.update(members)
                _take(found, place, key, members, chosen)
                if found.starts[-1] >= 0 and not labels.take(stream, members, chosen.label, len(found.starts) - 1):
                    found.starts[-1] = BAD_LABEL
    if not any(start >= 0 for start in found.starts):
        raise DataError(
            f"{shards.source!r} holds {counted(len(found.starts), 'sample')} and no image: its members end in "
            f"{_listed(seen)}. Expected one that ends in {', '.join(IMAGES)}. Name another with --feature image=SUFFIX."
        )
    found.truth = labels.known(len(found.starts))
    if chosen.label is not None and found.truth.known is None:
        raise DataError(
            f"{shards.source!r} has no label {writable(chosen.label)!r}. Expected the suffix of a member, or a key of"
            f" the members in JSON; members end in {_listed(seen)}. Fix --feature label=NAME."
        )
    found.notes = tuple(_notes(seen, chosen, labels))
    return found


def _refuse_other(stream: IO[bytes], name: str) -> None:
    head = read_part(stream, 0, _BLOCK)
    if not begins_like_tar(head):
        what = "compressed" if head.startswith(GZIP) else "no tar file"
        raise DataError(
            f"{name!r} is {what}. Expected uncompressed tar files in the form of WebDataset, so that each image can be"
            f" reached. {'Unpack it with gunzip' if what == 'compressed' else 'Leave it out'}."
        )
    stream.seek(0)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Suffix of the image, and suffix or key of the label, as the user named them; None for the usual ones."""

    image: str | None
    label: str | None

    @classmethod
    def of(cls, features: dict[str, str]) -> _Chosen:
        image = features.get("image")
        return cls(image.lower().lstrip(".") if image else None, features.get("label"))

    def image_of(self, members: dict[str, Place]) -> str | None:
        if self.image is not None:
            return self.image if self.image in members else None
        usual = (suffix for suffix in IMAGES if suffix in members)
        return next(usual, next((name for name in members if name.rpartition(".")[2] in IMAGES), None))


def _take(found: Members, shard: int, key: str, members: dict[str, Place], chosen: _Chosen) -> None:
    """Note where the image of a sample stands."""
    suffix = chosen.image_of(members)
    start, length = members[suffix] if suffix is not None else (NO_IMAGE, 0)
    found.shard_of.append(shard)
    found.starts.append(start)
    found.lengths.append(length)
    found.names.add(writable(f"{key}.{suffix or next(iter(members))}"))


def _samples(stream: IO[bytes], shard: Shard) -> dict[str, dict[str, Place]]:
    """Return the members of each sample of a shard by their suffix: where they begin, and how long they are."""
    samples: dict[str, dict[str, Place]] = {}
    for member in _heads(stream, shard):
        folder, slash, file = member.name.rpartition("/")
        stem, dot, suffix = file.partition(".")
        if not member.isreg() or member.issparse() or not stem or not dot:
            continue
        sample = samples.setdefault(f"{folder}{slash}{stem}".removeprefix("./"), {})
        suffix = suffix.lower()
        sample[suffix] = (TWICE, 0) if suffix in sample else (member.offset_data, member.size)
    return samples


def _heads(stream: IO[bytes], shard: Shard) -> Iterator[tarfile.TarInfo]:
    """Yield the heads in a tar file; nothing of what was read stays in memory.

    Raises:
        DataError: The file ends too early, or a head is damaged.
    """
    what, offset = f"The tar file {shard.name!r}", 0
    try:
        with tarfile.open(fileobj=stream, mode="r:") as opened:
            while (member := opened.next()) is not None:
                opened.members.clear()  # type: ignore[attr-defined]  # else the library keeps every head
                yield member
            offset = opened.offset
    except (tarfile.TarError, ValueError, OverflowError) as error:
        raise DataError(
            f"{what} is damaged or cut short: {error}. Expected a whole, uncompressed tar file. Copy it again."
        ) from error
    # The library takes a damaged head, and the end of the file, for the end of the archive.
    if read_part(stream, offset, _BLOCK) != bytes(_BLOCK):
        raise DataError(
            f"{what} is damaged or cut short: at byte {offset} there is neither a member nor the end. Expected a whole,"
            " uncompressed tar file. Copy it again."
        )


class _Labels:
    """The labels of samples: of each different one its text, of each sample which it is."""

    def __init__(self, what: str, *, is_named: bool) -> None:
        self._what, self._is_named = what, is_named
        self._columns: list[Column] = []
        self.member = ""
        self.are_texts = False

    def take(self, stream: IO[bytes], members: dict[str, Place], name: str | None, place: int) -> bool:
        """Take the label of the sample at a place; answer whether it could be read, or there is none."""
        suffix = name if name in members else next((one for one in LABELS if one in members), None)
        if name is not None and name not in members:
            suffix = "json" if "json" in members else None
        if suffix is None or self.are_texts:
            return True
        start, length = members[suffix]
        if start < 0 or length > _LONGEST_LABEL:
            return False
        cells = _cells(read_part(stream, start, length), suffix, name)
        if cells is None or len(cells) > _MOST_NUMBERS:
            return False
        self.member = self.member or suffix
        while len(self._columns) < len(cells):
            self._columns.append(Column(""))
        for column, cell in zip(self._columns, cells, strict=False):
            column.take(place, cell)
        if suffix == "txt" and (len(cells[0]) > _LONGEST_WORD or len(self._columns[0].cells) > _MOST_WORDS):
            self._refuse_texts()
        elif any(len(cell) > _LONGEST_WORD for cell in cells):
            return False
        return True

    def _refuse_texts(self) -> None:
        if self._is_named:
            raise DataError(
                f"{self._what} are texts, more than {_MOST_WORDS} different ones or longer than {_LONGEST_WORD}"
                " characters. Expected classes or numbers. Name another member with --feature label=SUFFIX."
            )
        self._columns, self.are_texts = [], True

    def known(self, size: int) -> Truth:
        """Return what is known of so many samples.

        Raises:
            DataError: A number is no class index.
        """
        for column in self._columns:
            column.end(size)
        return known_where_given(self._columns, self._what)


def _cells(data: bytes, suffix: str, key: str | None) -> list[str] | None:
    """Return the label in a member, or the numbers of one; [] where it has none, None where it cannot be read."""
    try:
        text = data.decode("utf-8").strip()
        if suffix != "json" and not suffix.endswith(".json"):
            return [text] if text else []
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(value, dict):
        names = (key,) if key is not None and key != suffix else KEYS
        value = next((value[name] for name in names if name in value), None)
    values = value if isinstance(value, list) else [value]
    if values == [None]:
        return []
    if not all(isinstance(each, str | int | float) for each in values):
        return None
    return [str(int(each)) if isinstance(each, bool) else str(each) for each in values]


def _notes(seen: set[str], chosen: _Chosen, labels: _Labels) -> Iterator[str]:
    others = sorted(name for name in seen if name.rpartition(".")[2] in IMAGES and "." in name and name != chosen.image)
    if others and chosen.image is None:
        yield f"Samples also have members that end in {', '.join(map(writable, others))}, which were not read."
    if labels.are_texts:
        yield "The members that end in txt are texts, no labels, and were not read."
    elif labels.member:
        yield f"The label of each sample is its member {writable(labels.member)!r}."


def _listed(seen: set[str]) -> str:
    return ", ".join(map(writable, sorted(seen)[:10])) or "nothing"
