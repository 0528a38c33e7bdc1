"""The size of an image and the size that a model wants -> the part of the image that is taken."""

from __future__ import annotations

from reportgen.sources.dataset import Resize


def window(have: tuple[int, int], want: tuple[int, int], resize: Resize) -> tuple[int, int, int, int]:
    """Return the part of an image that is brought to another size.

    Args:
        have: Height and width of the image, pixels.
        want: Height and width that it is brought to, pixels.
        resize: "crop" for the largest part from the centre with the proportions of `want`, as
            `keras.utils.load_img(keep_aspect_ratio=True)` cuts it; "stretch" for the whole image.

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
