"""Tar files in the form of WebDataset -> a dataset. The files stay where they are; of each sample its place is kept."""

from __future__ import annotations

import gzip
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import members, numbers, remembering, shards
from reportgen.sources.arrays import IMAGE_KINDS, check_size, read_body, read_header
from reportgen.sources.called import Called
from reportgen.sources.columns import check_all_given
from reportgen.sources.dataset import USUAL, Array, Dataset, Reading
from reportgen.sources.files import first_bytes
from reportgen.sources.images import PictureError, Source
from reportgen.sources.members import GZIP, Members
from reportgen.sources.pictures import Listed, of_pictures
from reportgen.sources.shards import Shards

ACCEPTED = "a WebDataset tar file"
IN_SHORT = "WebDataset tar files"
HAS_FEATURES = True
_HEAD_BYTES = 512
_NPY = b"\x93NUMPY"
_CHANNELS = ((), (1,), (3,), (4,))


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a tar file, compressed or not, whatever its suffix."""
    path = Path(spec)
    head = first_bytes(path, _HEAD_BYTES)
    return members.begins_like_tar(_unpacked(path) if head.startswith(GZIP) else head)


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open a tar file; as `of_shards`.

    Args:
        spec: Path of the file.
        shape: Shape of one sample of the model's input.
        reading: How pictures are resized, and the members that hold image and label.
    """
    return of_shards(shards.one_file(Path(spec)), shape, reading)


def of_shards(given: Shards, shape: Shape | None, reading: Reading) -> Dataset:
    """Open tar files in the form of WebDataset, one after the other.

    Args:
        given: The files.
        shape: Shape of one sample of the model's input. Pictures are brought to it as those of a folder are; numbers
            are left to `fitting.fit`.
        reading: How pictures are resized, and the members that hold image and label.

    Returns:
        The images: uint8 (height, width, channels) of pictures, else as the arrays are stored; with labels where
        samples have them. Samples without an image that can be read are listed and left out.

    Raises:
        OptionsError: A member of masks is named.
        DataError: A file is compressed, damaged or cut short, none has an image that can be read, or only some images
            have a label.
    """
    shards.refuse_masks(given, reading.features)
    found = remembering.remembered(
        "members", lambda: members.find(given, reading.features), Members.written, Members.of_written
    )
    size = len(found.starts)
    sizes = ((found.names[place], found.lengths[place]) for place in range(size))
    hashed = shards.hashed(given, sizes, found.truth)
    listed = Listed(
        names=Called(size, lambda place: f"{given.called(found.shard_of[place])}{found.names[place]}"),
        fetch=lambda place: _picture(given, found, place),
        hashed=lambda: hashed,
        source=given.source,
        truth=found.truth,
        notes=(*given.all_notes(), *found.notes),
    )
    pattern = _first_numbers(given, found)
    if pattern is None:
        dataset = of_pictures(listed, shape, reading)
    else:
        dataset = numbers.of_numbers(listed, lambda place: _array(given, found, place), pattern)
    check_all_given(dataset, "Write the missing ones, or name another member with --feature label=SUFFIX.")
    return dataset


def _data(given: Shards, found: Members, place: int) -> bytes:
    """Return the bytes of the image of a sample."""
    start, length = found.starts[place], found.lengths[place]
    if start < 0:
        raise PictureError(found.names[place], members.REASONS[start])
    with given.each[found.shard_of[place]].local() as path, path.open("rb") as stream:
        data = shards.read_part(stream, start, length)
    if len(data) < length:
        raise DataError(
            f"The tar file {given.each[found.shard_of[place]].name!r} has become shorter while it was read. Expected it"
            " to stay as it is. Run again."
        )
    return data


def _picture(given: Shards, found: Members, place: int) -> Source:
    """Return the encoded picture of a sample, or the pixels of an array."""
    data = _data(given, found, place)
    if not data.startswith(_NPY):
        return data
    array = _parsed(data, found.names[place])
    if not _is_picture(array):
        raise PictureError(found.names[place], f"holds {numbers.in_words(array)}, and others are pictures")
    return Image.fromarray(array[:, :, 0] if array.shape[2:] == (1,) else array)


def _array(given: Shards, found: Members, place: int) -> Array:
    """Return the numbers of a sample."""
    data = _data(given, found, place)
    if not data.startswith(_NPY):
        raise PictureError(found.names[place], "is no array of numbers, and others are")
    return _parsed(data, found.names[place])


def _parsed(data: bytes, name: str) -> Array:
    try:
        stream = BytesIO(data)
        header = read_header(stream, name)
        check_size(header, len(data) - header.offset, name)
        array = read_body(stream, header, name)
    except DataError as error:
        raise PictureError(name, "is a damaged .npy file, or holds no plain numbers") from error
    if array.dtype.kind not in IMAGE_KINDS or not array.size:
        raise PictureError(name, f"holds {numbers.in_words(array)}, which are no image")
    return array


def _is_picture(array: Array) -> bool:
    """Tell whether an array holds pixels: whole numbers 0..255 in rows and columns, with 1, 3, 4 or no channels."""
    return array.dtype == np.uint8 and array.ndim in (2, 3) and array.shape[2:] in _CHANNELS


def _first_numbers(given: Shards, found: Members) -> Array | None:
    """Return the array of the first sample that has an image; None where it is a picture."""
    first = next(place for place, start in enumerate(found.starts) if start >= 0)
    data = _data(given, found, first)
    if not data.startswith(_NPY):
        return None
    try:
        array = _parsed(data, found.names[first])
    except PictureError:
        return None
    return None if _is_picture(array) else array


def _unpacked(path: Path) -> bytes:
    try:
        with gzip.open(path) as stream:
            return stream.read(_HEAD_BYTES)
    except (OSError, EOFError, zlib.error):
        return b""
