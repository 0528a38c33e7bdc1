"""A folder of pictures, or one picture -> a dataset. Pictures are decoded only when they are asked for.

Pictures straight in the folder are a set without labels. Where there are none, every subfolder is a class, with the
pictures in it and in the folders below it, as `keras.utils.image_dataset_from_directory` reads it: classes are numbered
in the sorted order of their names, empty ones too. Names that begin with a dot are passed over. Links to folders are
never followed, and links to files only where they stay inside the folder; the notes count what was passed over.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.records import Shape
from reportgen.sources.dataset import Array, Dataset, counted
from reportgen.sources.files import first_bytes, sha256_of, shown, writable
from reportgen.sources.images import SUFFIXES, Picture, is_picture, look, read_pixels

_KINDS = "PNG, JPEG, BMP, GIF, WebP or TIFF"


@dataclass(frozen=True, slots=True)
class _Listing:
    """What stands in a folder: paths of its pictures relative to it, in order, and what was passed over."""

    pictures: tuple[Path, ...]
    labels: tuple[int, ...] | None = None
    class_names: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def accepts(spec: str) -> bool:
    """Tell whether a path leads to a folder, or to a file that begins like a picture, whatever its suffix."""
    return os.path.isdir(spec) or is_picture(first_bytes(Path(spec)))


def open(spec: str, shape: Shape | None = None) -> Dataset:
    """Open a folder of pictures, or one picture as a set of one.

    Args:
        spec: Path of the folder or the file.
        shape: Shape of one sample of the model's input. Pictures are brought to its height, width and number of
            channels (1: grey, 3: red, green and blue). Without it all pictures must have one size, and they are grey
            only if all of them are.

    Returns:
        The pictures, uint8 (height, width, channels), values 0..255. Every head has been read, no pixels.

    Raises:
        DataError: There are no pictures, one cannot be read, or they differ in size and the model does not say which.
    """
    path = Path(spec)
    if path.is_dir():
        root, listing = path, _list(path)
        sha256 = sha256_of_pictures(root, listing.pictures)
    else:
        root, listing = path.parent, _Listing((Path(path.name),))
        sha256 = sha256_of(path)
    return of_pictures(
        root,
        listing.pictures,
        shape,
        source=shown(path),
        sha256=sha256,
        labels=None if listing.labels is None else np.array(listing.labels, dtype=np.int64),
        class_names=listing.class_names,
        notes=(*listing.notes, *_passed_over(listing)),
    )


def of_pictures(
    root: Path,
    pictures: tuple[Path, ...],
    shape: Shape | None,
    *,
    source: str,
    sha256: str,
    labels: npt.NDArray[np.int64] | None,
    class_names: tuple[str, ...],
    notes: tuple[str, ...],
) -> Dataset:
    """Make a dataset of picture files, which are decoded when they are asked for.

    Args:
        root: Folder that the paths start from.
        pictures: Paths of the pictures, relative to it.
        shape: As for `open`.
        source: Name of the folder or file that lists them.
        sha256: Hash of their contents.
        labels: Class index of each, or None.
        class_names: Names of the classes.
        notes: What is to be said of the list itself.

    Raises:
        DataError: A picture cannot be read, or they differ in size and the model does not say which.
    """
    names = tuple(writable(picture.as_posix()) for picture in pictures)
    heads = [look(root / picture, name) for picture, name in zip(pictures, names, strict=True)]
    size, channels = _target(heads, names, shape)
    return Dataset(
        name=f"{counted(len(names), 'image')} from {source}",
        source=source,
        split="as given",
        size=len(names),
        read=_reader(root, pictures, size, channels),
        shape=(*size, channels),
        labels=labels,
        class_names=class_names,
        image_names=names,
        sha256=sha256,
        notes=(*notes, *_changes(heads, size, channels)),
    )


def _reader(
    root: Path, pictures: tuple[Path, ...], size: tuple[int, int], channels: int
) -> Callable[[Sequence[int]], Array]:
    def read(indices: Sequence[int]) -> Array:
        images: npt.NDArray[np.uint8] = np.empty((len(indices), *size, channels), dtype=np.uint8)
        for place, index in enumerate(indices):
            picture = pictures[index]
            images[place] = read_pixels(root / picture, writable(picture.as_posix()), size, channels)
        return images

    return read


def _list(folder: Path) -> _Listing:
    pictures, others, links = _pictures_in(folder, folder)
    subfolders = _subfolders(folder)
    if pictures:
        unread = [writable(name) for name in subfolders if _pictures_below(folder / name, folder)[0]]
        note = (
            f"The folder holds pictures itself, so the pictures in its subfolders ({', '.join(unread)}) were not read."
        )
        return _Listing(tuple(pictures), None, (), tuple(others), tuple(links), (note,) if unread else ())
    labels: list[int] = []
    empty: list[str] = []
    for label, name in enumerate(subfolders):
        found, more_others, more_links = _pictures_below(folder / name, folder)
        pictures += found
        others += more_others
        links += more_links
        labels += [label] * len(found)
        if not found:
            empty.append(writable(name))
    if not pictures:
        why = f" ({counted(len(links), 'link')} not followed)" if links else ""
        raise DataError(
            f"The folder {shown(folder)!r} holds no pictures{why}. Expected {_KINDS} files, or subfolders with such "
            "files, one per class. Give another folder."
        )
    note = f"These classes have no pictures: {', '.join(empty)}."
    class_names = tuple(writable(name) for name in subfolders)
    return _Listing(tuple(pictures), tuple(labels), class_names, tuple(others), tuple(links), (note,) if empty else ())


# os.path, unlike DirEntry, answers False for a link that leads round in a circle.
def _subfolders(folder: Path) -> list[str]:
    return sorted(entry.name for entry in _entries(folder) if os.path.isdir(entry) and not entry.name.startswith("."))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise DataError(f"The folder {shown(folder)!r} cannot be read: {error.strerror}.") from error


def _pictures_in(folder: Path, root: Path) -> tuple[list[Path], list[str], list[str]]:
    """Return the pictures straight in a folder, sorted; other files; and links that are not followed."""
    pictures: list[Path] = []
    others: list[str] = []
    links: list[str] = []
    inside = os.path.realpath(root)
    for entry in sorted(_entries(folder), key=lambda entry: entry.name):
        relative = (folder / entry.name).relative_to(root)
        if entry.name.startswith(".") or entry.is_dir(follow_symlinks=False):
            continue
        if entry.is_symlink() and not (os.path.isfile(entry) and Path(os.path.realpath(entry)).is_relative_to(inside)):
            links.append(writable(relative.as_posix()))
        elif os.path.isfile(entry) and relative.suffix.lower() in SUFFIXES:
            pictures.append(relative)
        else:
            others.append(writable(relative.as_posix()))
    return pictures, others, links


def _pictures_below(folder: Path, root: Path) -> tuple[list[Path], list[str], list[str]]:
    """Return the same for a folder and all folders below it; nothing for a link to a folder."""
    pictures: list[Path] = []
    others: list[str] = []
    links: list[str] = []
    if folder.is_symlink():
        return pictures, others, links
    for place, subfolders, _ in os.walk(folder):
        subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
        found, more_others, more_links = _pictures_in(Path(place), root)
        pictures += found
        others += more_others
        links += more_links
    return sorted(pictures, key=lambda picture: picture.parts), others, links


def sha256_of_pictures(root: Path, pictures: tuple[Path, ...]) -> str:
    """Hash the sorted relative names, each with the hash of its file."""
    digest = hashlib.sha256()
    for name, picture in sorted((os.fsencode(picture.as_posix()), picture) for picture in pictures):
        digest.update(name + b"\0" + bytes.fromhex(sha256_of(root / picture)))
    return digest.hexdigest()


def _target(pictures: list[Picture], names: tuple[str, ...], shape: Shape | None) -> tuple[tuple[int, int], int]:
    """Return the size and the number of channels that all pictures are brought to."""
    height, width, channels = _asked(shape)
    if channels is None:
        channels = 1 if all(picture.is_grey for picture in pictures) else 3
    if height is not None and width is not None:
        return (height, width), channels
    first = pictures[0]
    for picture, name in zip(pictures, names, strict=True):
        if (picture.height, picture.width) != (first.height, first.width):
            raise DataError(
                f"The pictures differ in size: {names[0]!r} has {first.height} × {first.width} pixels, {name!r} has "
                f"{picture.height} × {picture.width}. Expected one size, because the model takes any. Resize them."
            )
    return (height or first.height, width or first.width), channels


def _asked(shape: Shape | None) -> tuple[int | None, int | None, int | None]:
    """Return the height, width and channels that a model asks for; None where it leaves them open."""
    if shape is None or len(shape) not in (2, 3):
        return None, None, None
    if len(shape) == 2:
        return shape[0], shape[1], 1
    if shape[2] in (1, 3):
        return shape[0], shape[1], shape[2]
    if shape[0] in (1, 3):
        return shape[1], shape[2], shape[0]
    return shape[0], shape[1], None


def _passed_over(listing: _Listing) -> list[str]:
    notes = []
    if listing.others:
        notes.append(
            f"{counted(len(listing.others), 'file')} without a picture's suffix passed over: {_few(listing.others)}."
        )
    if listing.links:
        notes.append(
            f"{counted(len(listing.links), 'link')} to a folder, out of this folder or to nothing not followed: "
            f"{_few(listing.links)}."
        )
    return notes


def _few(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _changes(pictures: list[Picture], size: tuple[int, int], channels: int) -> list[str]:
    """Say what is done to the pictures, and to how many of them."""
    height, width = size
    done = (
        (f"resized to {height} × {width} pixels (bilinear, proportions not kept)",
         [(picture.height, picture.width) != size for picture in pictures]),
        ("turned from colour to grey (ITU-R 601 luma)",
         [not picture.is_grey and channels == 1 for picture in pictures]),
        ("grey and repeated in three channels", [picture.is_grey and channels == 3 for picture in pictures]),
        ("laid on white where transparent", [picture.is_transparent for picture in pictures]),
        ("scaled from 16 to 8 bits", [picture.is_deep for picture in pictures]),
        ("turned from printing inks to red, green and blue, without a colour profile",
         [picture.is_ink for picture in pictures]),
        ("turned upright as their EXIF orientation says", [picture.is_turned for picture in pictures]),
        ("cut down to their first frame", [picture.is_moving for picture in pictures]),
    )  # fmt: skip
    return [
        f"{sum(which)} of {counted(len(pictures), 'picture')} {'was' if sum(which) == 1 else 'were'} {what}."
        for what, which in done
        if any(which)
    ]
