"""Many pictures, in files or in memory -> a dataset. Each is decoded once to know it, and again when asked for."""

from __future__ import annotations

import os
import warnings
from array import array
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError
from reportgen.language import numerals
from reportgen.records.data import Reason
from reportgen.records.model import Shape
from reportgen.sources import hashing, remembering, true_maps
from reportgen.sources.called import Called
from reportgen.sources.dataset import Array, Dataset, LeftOut, Reading, TrueMaps, counted
from reportgen.sources.hashing import Hashed
from reportgen.sources.images import MISSING, Picture, PictureError, Source, look, read_pixels
from reportgen.sources.labels import UNKNOWN, Truth
from reportgen.sources.looking_again import keeping
from reportgen.sources.resizing import MOST_ENLARGED, enlarged_too_far, window

_THREADS = min(8, os.cpu_count() or 1)
_AT_ONCE = 1 << 14
# A thread is handed so many pictures in one go: handing one over takes longer than finding that it does not exist.
_IN_ONE_GO = 64
_DIFFERENT_SIZES = 2
_Result = TypeVar("_Result")


@dataclass(slots=True)
class _Seen:
    """What is known of the pictures after each has been decoded once. It grows with their number, not their size.

    Attributes:
        kept: Places of those that can be read, in order.
        broken: The others.
        kinds: How many there are of each kind and size.
        sizes: Name of the first picture of the first two heights and widths.
    """

    kept: array[int] = field(default_factory=lambda: array("q"))
    broken: LeftOut = field(default_factory=LeftOut)
    kinds: Counter[Picture] = field(default_factory=Counter)
    sizes: dict[tuple[int, int], str] = field(default_factory=dict)

    def written(self) -> dict[str, Any]:
        """Return the same as what JSON can hold."""
        return {
            "kept": remembering.numbers(self.kept),
            "broken": remembering.left_out(self.broken),
            "kinds": [[*map(int, astuple(kind)), number] for kind, number in self.kinds.items()],
            "sizes": [[*size, name] for size, name in self.sizes.items()],
        }

    @classmethod
    def of_written(cls, entry: remembering.Entry) -> _Seen:
        """Return what `written` made an entry of."""
        kinds = {
            Picture(height, width, *map(bool, others)): number for height, width, *others, number in entry["kinds"]
        }
        return cls(
            remembering.compact(entry["kept"], "q"),
            remembering.again_left_out(entry["broken"]),
            Counter(kinds),
            {(height, width): name for height, width, name in entry["sizes"]},
        )


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """Pictures that are listed somewhere, and what the list says of them.

    Attributes:
        names: What each is called.
        fetch: Place in the list -> the picture; called in several threads at once.
        hashed: Returns the hash of their contents, those that cannot be decoded among them, and how it is made again.
        source: Name of the folder or file that they come from.
        truth: What is known of each.
        notes: What is to be said of the list itself.
        are_files: Whether the names are those of files, or of members of archives.
        masks: Place in the list -> the mask that belongs to the picture; None where there are none.
        mask_names: What each mask is called.
        maps: What is true at each place, where the masks are no files: the places that are kept -> true maps.
    """

    names: Sequence[str]
    fetch: Callable[[int], Source]
    hashed: Callable[[], Hashed]
    source: str
    truth: Truth = UNKNOWN
    notes: tuple[str, ...] = ()
    are_files: bool = True
    masks: Callable[[int], Source] | None = None
    mask_names: Sequence[str] = ()
    maps: Callable[[Sequence[int]], TrueMaps] | None = None


def of_pictures(listed: Listed, shape: Shape | None, reading: Reading) -> Dataset:
    """Make a dataset of pictures; those that cannot be read are listed in it and left out.

    Args:
        listed: The pictures.
        shape: Shape of one sample of the model's input. Pictures are brought to its height, width and number of
            channels (1: grey, 3: red, green and blue). Without it all pictures must have one size, and they are grey
            only if all of them are.
        reading: How they are resized.

    Raises:
        PictureError: The only picture cannot be read.
        DataError: None can be read, or they differ in size and the model does not say which.
    """
    names, fetch, source, truth = listed.names, listed.fetch, listed.source, listed.truth
    height, width, _ = asked(shape)
    size = (height, width) if height and width else None
    seen = remembering.remembered(
        "pictures", lambda: _examine(names, fetch, size, reading), _Seen.written, _Seen.of_written
    )
    if not seen.kept:
        raise _nothing_left(seen.broken, source, len(names))
    size, channels = _target(seen, shape)
    kept = seen.kept
    kept_names, hashed = names_of(names, kept), hashing.remembered_hash(listed.hashed)
    return Dataset(
        name=f"{counted(len(kept), 'image')} from {source}",
        source=source,
        split="as given",
        size=len(kept),
        read=_reader(kept_names, lambda index: fetch(kept[index]), (*size, channels), reading),
        shape=(*size, channels),
        labels=None if truth.indices is None else truth.indices[kept],
        class_names=truth.class_names,
        image_names=kept_names if listed.are_files else (),
        sha256=hashed.sha256,
        hash_command=hashed.command,
        notes=(
            *listed.notes,
            *_lost_classes(truth.indices, truth.class_names, kept),
            *_changes(seen.kinds, size, channels, reading),
        ),
        by_word=truth.by_word,
        targets=() if truth.values is None else (("", truth.values[kept]),),
        maps=_masks(listed, kept),
        broken=tuple(seen.broken.first),
        broken_reasons=seen.broken.reasons(),
    )


def names_of(names: Sequence[str], kept: Sequence[int]) -> Sequence[str]:
    """Return the names of those that can be read; names that are made when they are asked for stay so."""
    if isinstance(names, Called):
        return Called(len(kept), lambda index: names[kept[index]])
    return tuple(names[place] for place in kept)


def _masks(listed: Listed, kept: Sequence[int]) -> tuple[tuple[str, TrueMaps], ...]:
    """The masks of the pictures that can be read."""
    masks, fetch = listed.masks, listed.fetch
    if listed.maps is not None:
        return (("", listed.maps(kept)),)
    if masks is None:
        return ()
    names = [listed.mask_names[place] for place in kept]
    return (("", true_maps.of_pictures(names, lambda index: masks(kept[index]), lambda index: fetch(kept[index]))),)


def _examine(
    names: Sequence[str], fetch: Callable[[int], Source], size: tuple[int, int] | None, reading: Reading
) -> _Seen:
    def judge(place: int) -> Picture | str:
        try:
            found = look(fetch(place), names[place])
        except PictureError as error:
            return error.reason
        if size and (often := enlarged_too_far((found.height, found.width), size, reading.resize)):
            return (
                f"would be enlarged {often} to {size[0]} × {size[1]} pixels, and at most {MOST_ENLARGED} times is done"
                " without --resize crop or --resize stretch"
            )
        return found

    seen = _Seen()
    for start in range(0, len(names), _AT_ONCE):
        places = range(start, min(start + _AT_ONCE, len(names)))
        for place, found in zip(places, _in_threads(judge, places), strict=True):
            if isinstance(found, str):
                seen.broken.add(names[place], found)
            else:
                seen.kept.append(place)
                seen.kinds[found] += 1
                if len(seen.sizes) < _DIFFERENT_SIZES:
                    seen.sizes.setdefault((found.height, found.width), names[place])
    return seen


def _in_threads(function: Callable[[int], _Result], numbers: Sequence[int]) -> list[_Result]:
    """Apply a function to some numbers in a few threads: Pillow lets others run while it decodes."""
    step = min(_IN_ONE_GO, -(-len(numbers) // (4 * _THREADS))) or 1
    parts = [numbers[start : start + step] for start in range(0, len(numbers), step)]
    with warnings.catch_warnings():
        # Odd metadata in a picture is no reason to warn.
        warnings.simplefilter("ignore")
        with ThreadPoolExecutor(_THREADS) as pool:
            return [result for part in pool.map(lambda part: list(map(function, part)), parts) for result in part]


def _reader(
    names: Sequence[str], fetch: Callable[[int], Source], shape: tuple[int, int, int], reading: Reading
) -> Callable[[Sequence[int]], Array]:
    height, width, channels = shape

    def read(indices: Sequence[int]) -> Array:
        images: npt.NDArray[np.uint8] = np.empty((len(indices), *shape), dtype=np.uint8)

        def fill(place: int) -> None:
            index = indices[place]
            images[place] = read_pixels(fetch(index), names[index], (height, width), channels, reading.resize)

        _in_threads(fill, range(len(indices)))
        return images

    return keeping(read, len(names), height * width * channels)


def _nothing_left(broken: LeftOut, source: str, number: int) -> DataError:
    first = broken.first[0]
    if number == 1:
        return PictureError(first.name, first.reason)
    none = f"None of the {number} pictures of {source!r} can be read"
    if broken.reasons() == (Reason(MISSING, number),):
        return DataError(
            f"{none}: none of these files exists, the first being {first.name!r}. Expected paths that start from the "
            f"folder in which {source!r} lies, or whole ones. Fix the paths, or move the list."
        )
    return DataError(
        f"{none}; the first, {first.name!r}, {first.reason}. Expected at least one whole picture. Replace them or give "
        "other data."
    )


def _target(seen: _Seen, shape: Shape | None) -> tuple[tuple[int, int], int]:
    """Return the size and the number of channels that all pictures are brought to."""
    height, width, channels = asked(shape)
    if channels is None:
        channels = 1 if all(picture.is_grey for picture in seen.kinds) else 3
    if height is not None and width is not None:
        return (height, width), channels
    (first, name), *others = seen.sizes.items()
    if others:
        other, other_name = others[0]
        raise DataError(
            f"The pictures differ in size: {name!r} has {first[0]} × {first[1]} pixels, {other_name!r} has "
            f"{other[0]} × {other[1]}. Expected one size, because the model takes any. Choose one with --input-shape, "
            "or resize them."
        )
    return (height or first[0], width or first[1]), channels


def asked(shape: Shape | None) -> tuple[int | None, int | None, int | None]:
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


def _lost_classes(
    labels: npt.NDArray[np.int64] | None, class_names: Sequence[str], kept: Sequence[int]
) -> tuple[str, ...]:
    if labels is None or len(kept) == len(labels):
        return ()
    lost = [int(label) for label in np.setdiff1d(labels, labels[kept])]
    called = ", ".join(class_names[label] if class_names else str(label) for label in lost if label >= 0)
    return (f"No picture of these classes can be read: {called}.",) if called else ()


def _changes(kinds: Counter[Picture], size: tuple[int, int], channels: int, reading: Reading) -> list[str]:
    """Say what is done to the pictures, and to how many of them."""
    height, width = size
    crops = reading.resize != "stretch"
    wholly = "proportions kept" if crops else "proportions not kept"
    done: tuple[tuple[str, Callable[[Picture], bool]], ...] = (
        (f"resized to {height} × {width} pixels (bilinear, {wholly})",
         lambda picture: (picture.height, picture.width) != size),
        ("cut down to the centre, because their proportions are not the model's",
         lambda picture: crops and _is_cut(picture, size)),
        ("turned from colour to grey (ITU-R 601 luma)", lambda picture: not picture.is_grey and channels == 1),
        ("grey and repeated in three channels", lambda picture: picture.is_grey and channels == 3),
        ("laid on white where transparent", lambda picture: picture.is_transparent),
        ("scaled from 16 to 8 bits", lambda picture: picture.is_deep),
        ("turned from printing inks to red, green and blue, without a colour profile", lambda picture: picture.is_ink),
        ("turned upright as their EXIF orientation says", lambda picture: picture.is_turned),
        ("cut down to their first frame", lambda picture: picture.is_moving),
    )  # fmt: skip
    total = sum(kinds.values())
    found = [(what, sum(count for picture, count in kinds.items() if concerns(picture))) for what, concerns in done]
    return [f"{_which(number, total)} {'was' if number == 1 else 'were'} {what}." for what, number in found if number]


def _which(number: int, total: int) -> str:
    """Say how many of all pictures: "All 12 pictures", "1 of 4 pictures"."""
    if number == total:
        return f"All {counted(total, 'picture')}" if total > 1 else "The only picture"
    return f"{numerals.number(number)} of {counted(total, 'picture')}"


def _is_cut(picture: Picture, size: tuple[int, int]) -> bool:
    whole = (0, 0, picture.width, picture.height)
    have = (picture.height, picture.width)
    return have != size and window(have, size, "crop") != whole
