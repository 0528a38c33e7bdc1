"""A folder of pictures, or one picture -> a dataset. Pictures are told by their suffix.

Pictures straight in the folder are a set without labels. Where there are none, every subfolder is a class, with the
pictures in it and in the folders below it, as `keras.utils.image_dataset_from_directory` reads it: classes are numbered
in the sorted order of their names, empty ones too. Names that begin with a dot are passed over. Links to folders are
never followed, and links to files only where they stay inside the folder; the notes count what was passed over. A
folder with two subfolders, "images" and "masks", is a set of pictures with a mask for each.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from reportgen.errors import DataError
from reportgen.records.model import Shape
from reportgen.sources import hashing
from reportgen.sources.dataset import USUAL, Dataset, Reading, counted
from reportgen.sources.files import first_bytes, shown, writable
from reportgen.sources.images import SUFFIXES, is_picture
from reportgen.sources.labels import UNKNOWN, Truth
from reportgen.sources.pictures import Listed, of_pictures

ACCEPTED = "a picture (PNG, JPEG, BMP, GIF, WebP or TIFF), a folder of pictures"
IN_SHORT = "a folder of pictures"
_KINDS = "PNG, JPEG, BMP, GIF, WebP or TIFF"
_WITH_MASKS = ("images", "masks")


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


def open(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open a folder of pictures, or one picture as a set of one.

    Args:
        spec: Path of the folder or the file.
        shape: Shape of one sample of the model's input, as for `pictures.of_pictures`.
        reading: How pictures are resized.

    Returns:
        The pictures, uint8 (height, width, channels), values 0..255. Each has been decoded once, none is kept; those
        that cannot be read are listed.

    Raises:
        DataError: There are no pictures, none can be read, or they differ in size and the model does not say which.
    """
    path = Path(spec)
    if path.is_dir():
        if set(_subfolders(path)) == set(_WITH_MASKS) and not _pictures_in(path, path)[0]:
            return of_pictures(_with_masks(path), shape, reading)
        listing = _list(path)
        pictures = [picture.as_posix() for picture in listing.pictures]
        truth = UNKNOWN
        if listing.labels is not None:
            truth = Truth(np.array(listing.labels, np.int64), class_names=listing.class_names, by_word=True)
        notes = (*listing.notes, *_passed_over(listing))
        listed = in_folder(path, pictures, shown(path), truth, notes)
        return of_pictures(replace(listed, hashed=lambda: _hashed(path, listing)), shape, reading)
    listed = Listed([shown(path)], lambda _: path, lambda: hashing.of_file(path), shown(path))
    return of_pictures(listed, shape, reading)


def in_folder(
    root: Path,
    pictures: Sequence[str],
    source: str,
    truth: Truth,
    notes: tuple[str, ...],
    masks: Sequence[str] = (),
) -> Listed:
    """List picture files.

    Args:
        root: Folder that the paths start from.
        pictures: Paths of the pictures, relative to it.
        source: Name of the folder or file that lists them.
        truth: What is known of each.
        notes: What is to be said of the list itself.
        masks: Paths of the masks that belong to the pictures, relative to it; () where there are none.
    """
    return Listed(
        names=[writable(picture) for picture in pictures],
        fetch=lambda place: root / pictures[place],
        hashed=lambda: hashing.Hashed(hashing.of_files(root, (*pictures, *masks))),
        source=source,
        truth=truth,
        notes=notes,
        masks=(lambda place: root / masks[place]) if masks else None,
        mask_names=[writable(mask) for mask in masks],
    )


def _with_masks(folder: Path) -> Listed:
    """List the pictures of one subfolder with the masks of the other, which have their names but for the suffix.

    Raises:
        DataError: A picture has no mask, or several.
    """
    places = [_pictures_below(folder / name, folder) for name in _WITH_MASKS]
    pictures, masks = ([one.as_posix() for one in found] for found, _, _ in places)
    by_stem: dict[str, list[str]] = {}
    for mask in masks:
        by_stem.setdefault(_stem(mask), []).append(mask)
    wrong = next((picture for picture in pictures if len(by_stem.get(_stem(picture), ())) != 1), None)
    if wrong is not None or not pictures:
        which = f"the picture {writable(wrong)!r} has no mask, or several" if wrong else "there is no picture in it"
        raise DataError(
            f"The folder {shown(folder)!r} has the subfolders images and masks, and {which}. Expected one mask for each"
            " picture, of the same name but for the suffix. Add it, or give a .csv list with the columns path and mask."
        )
    chosen = [by_stem[_stem(picture)][0] for picture in pictures]
    notes = [
        note
        for _, others, links in places
        for note in _passed_over(_Listing((), None, (), tuple(others), tuple(links)))
    ]
    unused = len(masks) - len(chosen)
    notes += [f"{counted(unused, 'mask')} without a picture of that name passed over."] if unused else []
    listed = in_folder(folder, pictures, shown(folder), UNKNOWN, tuple(notes), chosen)
    links = tuple(link for _, _, some in places for link in some)
    everything = _Listing(tuple(Path(name) for name in (*pictures, *masks)), (), links=links)
    return replace(listed, hashed=lambda: _hashed(folder, everything))


def _stem(path: str) -> str:
    """The path in its subfolder, without the suffix."""
    return path.partition("/")[2].rpartition(".")[0]


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
    return sorted(
        entry.name for entry in _entries_of(folder) if os.path.isdir(entry) and not entry.name.startswith(".")
    )


def _entries_of(folder: Path) -> list[os.DirEntry[str]]:
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
    for entry in sorted(_entries_of(folder), key=lambda entry: entry.name):
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


def _hashed(folder: Path, listing: _Listing) -> hashing.Hashed:
    names = (f"./{picture.as_posix()}" for picture in listing.pictures)
    return hashing.Hashed(hashing.of_files(folder, names), _command(folder, listing))


def _command(folder: Path, listing: _Listing) -> str:
    """Return the command that hashes the same pictures; "" where links lead out of the folder, which `find` follows."""
    linked = [picture for picture in listing.pictures if (folder / picture).is_symlink()]
    if linked and any(os.path.isfile(folder / name) for name in listing.links):
        return ""
    depth = "-mindepth 2" if listing.labels is not None else "-maxdepth 1"
    files = "\\( -type f -o -type l -xtype f \\)" if linked else "-type f"
    suffixes = " -o ".join(f"-iname '*{suffix}'" for suffix in SUFFIXES)
    return hashing.in_folder(folder, f"{depth} {files} ! -path '*/.*' \\( {suffixes} \\)")


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
