"""The shape of an image and the shape that a model wants -> the part that is taken, and what brings arrays to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from PIL import Image

from reportgen.errors import DataError
from reportgen.language.listing import listed
from reportgen.records.model import Shape
from reportgen.sources.dataset import Array, Resize, in_words

# ITU-R BT.601: how bright red, green and blue are.
_LUMA = (0.299, 0.587, 0.114)
MOST_ENLARGED = 8
"""So many times images are enlarged, along either axis, without the user asking for it."""
_GREY, _COLOURS, _WITH_ALPHA = 1, 3, 4
_CHANNELS = (_GREY, _COLOURS, _WITH_ALPHA)
# Values a little above 1 can come from resizing; nothing between 1.5 and 255 is a usual white.
_WHITES = ((1.5, 1), (255, 255), (65535, 65535))


@dataclass(frozen=True, slots=True)
class _Layout:
    """How the axes of one image are read: its size, its channels, and where their axis stands (None: there is none)."""

    height: int | None
    width: int | None
    channels: int | None
    axis: int | None


def window(have: tuple[int, int], want: tuple[int, int], resize: Resize | None) -> tuple[int, int, int, int]:
    """Return the part of an image that is brought to another size.

    Args:
        have: Height and width of the image, pixels.
        want: Height and width that it is brought to, pixels.
        resize: "crop" for the largest part from the centre with the proportions of `want`, as
            `keras.utils.load_img(keep_aspect_ratio=True)` cuts it, and None likewise; "stretch" for the whole image.

    Returns:
        Left, top, right and bottom, pixels, as Pillow counts them.

    >>> window((100, 200), (10, 10), "crop")
    (50, 0, 150, 100)
    """
    height, width = have
    if resize == "stretch":
        return 0, 0, width, height
    # A very long strip would have a part of less than one pixel.
    part_height = max(1, min(height, width * want[0] // want[1]))
    part_width = max(1, min(width, height * want[1] // want[0]))
    top, left = (height - part_height) // 2, (width - part_width) // 2
    return left, top, left + part_width, top + part_height


def enlarged_too_far(have: tuple[int, int], want: tuple[int, int], resize: Resize | None) -> str:
    """Say how many times an image would be enlarged, where that is too often and nobody asked for it; else "".

    Args:
        have: Height and width of the image, pixels.
        want: Height and width that it is brought to, pixels.
        resize: What the user asked for, or None.

    >>> enlarged_too_far((28, 28), (224, 224), None), enlarged_too_far((20, 28), (224, 224), None)
    ('', '11.2 times')
    """
    left, top, right, bottom = window(have, want, None)
    factor = max(want[0] / (bottom - top), want[1] / (right - left))
    return f"{factor:.3g} times" if resize is None and factor > MOST_ENLARGED else ""


def white(low: float, high: float) -> int | None:
    """Return which value is white, by the lowest and highest value of some images; None where it cannot be told.

    >>> white(0.0, 1.0), white(0, 200), white(0, 40_000), white(-1.0, 1.0)
    (1, 255, 65535, None)
    """
    return next((value for most, value in _WHITES if low >= 0 and high <= most), None)


def bring(
    have: tuple[int, ...], want: Shape, white: int | None, resize: Resize | None
) -> tuple[Callable[[Array], Array], tuple[int, ...], str] | None:
    """Find what brings images in arrays to the size and the channels of a model.

    Args:
        have: Shape of one image: (height, width) or (height, width, channels), channels last or first.
        want: Shape of one sample of the model's input.
        white: The value that is white, for laying transparent images on it; None where it is not known.
        resize: How another size is reached; None for "crop", where it enlarges nothing too far.

    Returns:
        What does it to a batch, the shape of one image afterwards, and a sentence about it; None where these are no
        images of 1, 3 or 4 channels, or the model takes others.

    Raises:
        DataError: They would be enlarged more than eightfold, and the user did not ask for it.
    """
    old, new = _layout(have), _layout(want)
    if old is None or new is None or not old.height or not old.width:
        return None
    # Two axes on both sides may as well be the steps and the channels of a signal.
    if len(have) == len(want) == 2:
        return None
    # A row of numbers is no image of one line.
    if min(old.height, old.width) < 2:
        return None
    size = (new.height or old.height, new.width or old.width)
    often = enlarged_too_far((old.height, old.width), size, resize)
    if often:
        raise DataError(
            f"Received images of {in_words(have)}; to {in_words(size)} pixels, which the model takes, they would be cut"
            f" and enlarged {often}. Expected at most {MOST_ENLARGED} times. Give images that belong to this model, or"
            " ask for it with --resize crop or --resize stretch."
        )
    channels = new.channels or old.channels or _GREY
    steps: list[tuple[str, Callable[[Array], Array]]] = []
    if old.channels == _WITH_ALPHA and channels != _WITH_ALPHA:
        if white is None:
            return None
        steps.append(("laid on white where it is transparent", partial(_on_white, white)))
    if old.channels in (_COLOURS, _WITH_ALPHA) and channels == _GREY:
        steps.append(("turned from colour to grey (ITU-R 601 luma)", _to_grey))
    elif channels != (old.channels or _GREY) and not (old.channels == _WITH_ALPHA and channels == _COLOURS):
        if (old.channels or _GREY) != _GREY or channels != _COLOURS:
            return None
        steps.append(("repeated in three channels", partial(np.repeat, repeats=_COLOURS, axis=2)))
    steps += _resizing((old.height, old.width), size, resize)
    shape: tuple[int, ...] = size
    if new.axis is not None:
        shape = (channels, *size) if new.axis == 0 else (*size, channels)
    done = listed([what for what, _ in steps])
    note = f"Each image was {done or 'laid out again'}: {in_words(have)} became {in_words(shape)}."
    return partial(_apply, old.axis, [step for _, step in steps], new.axis, shape), shape, note


def _layout(shape: Shape) -> _Layout | None:
    if len(shape) == 2:
        return _Layout(*shape, _GREY, None)
    if len(shape) != 3:
        return None
    if shape[2] in _CHANNELS or (shape[2] is None and shape[0] not in _CHANNELS):
        return _Layout(*shape, 2)
    # An image of a few pixels must not be taken for its channels.
    is_first = shape[0] in _CHANNELS and all(axis is None or axis > max(_CHANNELS) for axis in shape[1:])
    return _Layout(shape[1], shape[2], shape[0], 0) if is_first else None


def _resizing(
    have: tuple[int, int], want: tuple[int, int], resize: Resize | None
) -> list[tuple[str, Callable[[Array], Array]]]:
    if have == want:
        return []
    box = window(have, want, resize)
    part = (box[3] - box[1], box[2] - box[0])
    cut = f"cut down to its centre of {in_words(part)} pixels, because its proportions are not the model's, and "
    kept = "proportions not kept" if resize == "stretch" else "proportions kept"
    what = f"{cut if part != have else ''}resized to {in_words(want)} pixels (bilinear, {kept})"
    return [(what, partial(_resize, want, box))]


def _apply(
    old_axis: int | None,
    steps: list[Callable[[Array], Array]],
    new_axis: int | None,
    shape: tuple[int, ...],
    images: Array,
) -> Array:
    made = np.empty((len(images), *shape), images.dtype)
    for place, image in enumerate(images):
        layered = image[..., None] if old_axis is None else np.moveaxis(image, old_axis, 2)
        for step in steps:
            layered = step(layered)
        made[place] = layered[..., 0] if new_axis is None else np.moveaxis(layered, 2, new_axis)
    return made


def _on_white(white: int, image: Array) -> Array:
    if image.dtype == np.uint8 and white == 255:
        # Exactly as a picture file with the same pixels is laid on white.
        colours = Image.fromarray(np.ascontiguousarray(image))
        return np.asarray(Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB"))
    opaque = image[..., 3:].astype(np.float64) / white
    return _back(image[..., :3] * opaque + white * (1 - opaque), image.dtype)


def _to_grey(image: Array) -> Array:
    if image.dtype == np.uint8:
        return np.asarray(Image.fromarray(np.ascontiguousarray(image)).convert("L"))[..., None]
    return _back(image.astype(np.float64) @ np.array([_LUMA]).T, image.dtype)


def _resize(size: tuple[int, int], box: tuple[int, int, int, int], image: Array) -> Array:
    # What float32 cannot hold becomes infinite here, and is refused when the images get the model's number format.
    with np.errstate(over="ignore"):
        planes = image if image.dtype == np.uint8 else image.astype(np.float32)
    height, width = size
    resized = [
        np.asarray(
            Image.fromarray(np.ascontiguousarray(planes[..., channel])).resize(
                (width, height), Image.Resampling.BILINEAR, box=box
            )
        )
        for channel in range(image.shape[2])
    ]
    return _back(np.stack(resized, axis=2), image.dtype)


def _back(values: Array, dtype: np.dtype[np.generic]) -> Array:
    """Bring values back to the number format that they had, rounded where it holds whole numbers only."""
    if dtype.kind == "f" or values.dtype == dtype:
        return values.astype(dtype)
    return np.rint(values).astype(dtype)
