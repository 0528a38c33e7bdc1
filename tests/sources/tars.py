"""Members -> tar files, as the WebDataset library and GNU tar write them."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tests.sources.examples import png

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 6, 5, 3), np.uint8)


def write(path: Path, members: Iterable[tuple[str, bytes]], form: int = tarfile.PAX_FORMAT) -> str:
    with tarfile.open(path, "w", format=form) as opened:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            opened.addfile(info, io.BytesIO(data))
    return str(path)


def labelled(first: int = 0, number: int = 3) -> list[tuple[str, bytes]]:
    """Samples with a picture and the number of a class."""
    pairs = (
        ((f"{i:04}.png", png(PIXELS[i])), (f"{i:04}.cls", str(i % 3).encode())) for i in range(first, first + number)
    )
    return [member for pair in pairs for member in pair]


def npy(array: npt.NDArray[np.generic]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()
