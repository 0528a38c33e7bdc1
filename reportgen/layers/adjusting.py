"""Resizing, CenterCrop, AutoContrast, Equalization and its limited form -> arithmetic. They change the image itself."""

from __future__ import annotations

from reportgen.layers.reading import Config, assemble, only, split, whole
from reportgen.layers.wording import Sum, axis_names, axis_steps
from reportgen.records.model import Arithmetic, Shape, Window

_RESIZED = "The image is resized, so how far one position reaches depends on the interpolation and is not worked out."
_TILED = "Each value depends on the tiles around it, so no receptive field is given."
_SIZED = frozenset({"Resizing", "CenterCrop"})
_TILES = "ContrastLimitedAdaptiveHistogramEqualization"

KINDS = _SIZED | {"AutoContrast", "Equalization", _TILES}


def work_out(kind: str, config: Config, input_shapes: tuple[Shape, ...]) -> Arithmetic:
    """Work out a layer that changes an image before the network sees it.

    Args:
        kind: One of `KINDS`.
        config: Read: height, width, data_format, whichever the kind has.
        input_shapes: The one input.

    Returns:
        Its arithmetic: no weights and no multiply-adds. Contrast and equalization measure the whole image first.

    Raises:
        LayerError: The input is no image.

    Source: Keras 3, keras.layers.CenterCrop: half of what is cut off, rounded down, is cut off before; an image that is
        too small is cropped to the shape's ratio and resized.
    """
    shape = only(input_shapes)
    if kind not in _SIZED:
        tiles = kind == _TILES
        return Arithmetic(shape, 0, 0, None, (), sees_all=not tiles, notes=(_TILED,) if tiles else ())
    spatial, channels = split(shape, config, 2)
    target = (whole(config, "height", 1), whole(config, "width", 1))
    windows = _cropped(spatial, target) if kind == "CenterCrop" else None
    names = axis_names(2)
    steps = axis_steps(
        [Sum(name, str(size), size) for name, size in zip(names, target, strict=True)], names, prefix="output "
    )
    return Arithmetic(
        assemble(target, channels, config), 0, 0, windows, tuple(steps), notes=() if windows else (_RESIZED,)
    )


def _cropped(spatial: Shape, target: tuple[int, int]) -> tuple[Window, ...] | None:
    """Return the positions that are cut off; None where the image is too small, or its size is unknown."""
    windows = []
    for size, kept in zip(spatial, target, strict=True):
        if size is None or size < kept:
            return None
        before = (size - kept) // 2
        windows.append(Window(1, padding_before=-before, padding_after=-(size - kept - before)))
    return tuple(windows)
