"""An `.npz` file -> its images and labels. What it declares is judged before anything is unpacked."""

from __future__ import annotations

import lzma
import zipfile
import zlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import hashing, true_maps
from reportgen.sources.arrays import (
    ONE_SAMPLE,
    batched,
    check_images,
    check_size,
    is_one_sample,
    read_body,
    read_header,
    take,
)
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading, counted
from reportgen.sources.files import first_bytes, shown, writable
from reportgen.sources.labels import Truth, read_labels, words
from reportgen.sources.naming import ClassNames

ACCEPTED = "an .npz file with images (x) and labels (y)"
IN_SHORT = "an .npz file"
_MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
LABELS = ("y", "labels", "label", "masks", "mask")
# Names of the images, the best first, and of the labels that belong to them.
_PAIRS = (
    ("x", LABELS),
    ("images", LABELS),
    ("image", LABELS),
    ("x_test", ("y_test",)),
    ("test_images", ("test_labels",)),
    ("x_val", ("y_val",)),
    ("val_images", ("val_labels",)),
    ("x_train", ("y_train",)),
    ("train_images", ("train_labels",)),
)
CLASS_NAMES = ("class_names", "classes")
_MOST_BYTES = 4 << 30
# Photographs shrink to a half, drawings to a twentieth; a bomb to a thousandth.
_SUSPECT_BYTES = 64 << 20
_MOST_SHRUNK = 200
_UNPACK_ERRORS = (
    OSError,
    ValueError,
    EOFError,
    RuntimeError,
    MemoryError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a zip file, which is what an `.npz` file is, whatever its suffix."""
    return first_bytes(Path(spec)).startswith(_MAGICS)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open an `.npz` file and read its images and labels into memory.

    Args:
        spec: Path of the file.
        shape: Shape of one sample of the model's input, which tells one image from many; what does not fit the model is
            refused later, by `fitting.fit`.
        reading: Not used.

    Returns:
        Its images, the labels and class names that go with them, and a note where there was more than one to choose.

    Raises:
        DataError: The file is damaged or hostile, it is not clear which array holds the images, or images and labels
            do not go together.
    """
    del reading
    path = Path(spec)
    source = shown(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = _members(archive, source)
            image_key, label_key, notes = _choose(members, source)
            found = _read(archive, members[image_key], _called(image_key, source), are_images=True, shape=shape)
            what = f"The labels {writable(label_key or '')!r} in {source!r}"
            given = None if label_key is None else _read(archive, members[label_key], what)
            images, given, is_one = batched(found, given, shape)
            truth = _truth(given, _class_names(archive, members, source), what)
    except _UNPACK_ERRORS as error:
        raise _not_unpacked(source) from error
    known = truth.known
    if known is not None and len(known) != len(images):
        raise DataError(
            f"The file {source!r} holds {counted(len(images), 'image')} and {counted(len(known), 'label')}. Expected "
            "one label per image. Write both from the same list."
        )

    def read(indices: Sequence[int]) -> Array:
        return take(images, indices)

    hashed = hashing.of_file(path)
    return Dataset(
        name=f"{counted(len(images), 'image')} from {source}",
        source=source,
        split="as given",
        size=len(images),
        read=read,
        shape=images.shape[1:],
        labels=truth.indices,
        class_names=truth.class_names,
        image_names=(),
        sha256=hashed.sha256,
        hash_command=hashed.command,
        notes=(*notes, *truth.notes, *([ONE_SAMPLE] if is_one else [])),
        by_word=truth.by_word,
        targets=() if truth.values is None else (("", truth.values),),
        maps=() if truth.maps is None else (("", true_maps.of_array(truth.maps)),),
    )


def read_all(spec: str, names: Collection[str] | None = None) -> dict[str, Array]:
    """Read the arrays of an `.npz` file by name.

    Args:
        spec: Path of the file.
        names: The arrays that are wanted, where they are there; None for all.

    Raises:
        DataError: The file is damaged or hostile, or its arrays together would take too much memory.
    """
    path = Path(spec)
    source = shown(path)
    try:
        with zipfile.ZipFile(path) as archive:
            members = {key: info for key, info in _members(archive, source).items() if names is None or key in names}
            total = sum(info.file_size for info in members.values())
            if total > _MOST_BYTES:
                raise DataError(
                    f"The arrays of {source!r} would take {total} bytes in memory. Expected at most {_MOST_BYTES}. Give"
                    " a smaller set."
                )
            return {key: _read(archive, info, _called(key, source)) for key, info in members.items()}
    except _UNPACK_ERRORS as error:
        raise _not_unpacked(source) from error


def _not_unpacked(source: str) -> DataError:
    return DataError(
        f"The file {source!r} is a zip file that cannot be unpacked. Expected an .npz file that numpy wrote. "
        "Write it again."
    )


def _called(key: str, source: str) -> str:
    return f"The array {writable(key)!r} in {source!r}"


def _members(archive: zipfile.ZipFile, source: str) -> dict[str, zipfile.ZipInfo]:
    """Return the arrays of the file by name, in its order."""
    members = {info.filename.removesuffix(".npy"): info for info in archive.infolist() if info.filename[-4:] == ".npy"}
    if not members:
        raise DataError(
            f"The file {source!r} is a zip file without arrays. Expected an .npz file with images and labels."
        )
    return members


def _choose(members: dict[str, zipfile.ZipInfo], source: str) -> tuple[str, str | None, tuple[str, ...]]:
    """Return the names of the images and of their labels, and what the reader should know of the choice."""
    by_lower: dict[str, str] = {}
    for key in members:
        by_lower.setdefault(key.lower(), key)
    found = [(by_lower[image], labels) for image, labels in _PAIRS if image in by_lower]
    if not found:
        if len(members) > 1:
            raise DataError(
                f"The file {source!r} holds the arrays {', '.join(map(writable, members))}. Expected images called x, "
                "images, x_test, x_val or x_train. Rename the array that holds the images."
            )
        return next(iter(members)), None, ()
    image_key, label_names = found[0]
    label_key = next((by_lower[name] for name in label_names if name in by_lower), None)
    if len(found) == 1:
        return image_key, label_key, ()
    others = ", ".join(key for key, _ in found[1:])
    return image_key, label_key, (f"The file also holds {others}; the images of {image_key} were taken.",)


def _truth(labels: Array | None, class_names: tuple[str, ...], what: str) -> Truth:
    if labels is None:
        return Truth(None, class_names=class_names)
    return read_labels(labels, ClassNames(class_names), what)


def _class_names(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], source: str) -> tuple[str, ...]:
    key = next((key for key in members if key.lower() in CLASS_NAMES), None)
    if key is None:
        return ()
    what = f"The class names {writable(key)!r} in {source!r}"
    return words(_read(archive, members[key], what), what)


def _read(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    what: str,
    *,
    are_images: bool = False,
    shape: Shape | None = None,
) -> Array:
    """Judge an array by its head and unpack it.

    `zipfile` never hands out more bytes than the member declares, so a declared size that agrees with the head and is
    below the limits bounds the memory that is taken.
    """
    shrunk = info.file_size > _SUSPECT_BYTES and info.file_size > _MOST_SHRUNK * info.compress_size
    if info.file_size > _MOST_BYTES or shrunk:
        raise DataError(
            f"{what} takes {info.compress_size} bytes in the file and would take {info.file_size} in memory. Expected "
            f"at most {_MOST_BYTES}, and at most {_MOST_SHRUNK} times what it takes in the file. Give a smaller set, "
            "or an .npy file, which is read from the disk."
        )
    with archive.open(info) as stream:
        header = read_header(stream, what)
        check_size(header, info.file_size - header.offset, what)
        if are_images:
            check_images(
                replace(header, shape=(1, *header.shape)) if is_one_sample(header.shape, shape) else header, what
            )
        return read_body(stream, header, what)
