from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources import npy

IMAGES = np.arange(4 * 3 * 2, dtype=np.int16).reshape(4, 3, 2)


def test_images_keep_their_values_and_number_format(tmp_path: Path) -> None:
    path = tmp_path / "four.npy"
    np.save(path, np.asfortranarray(IMAGES))
    dataset = npy.open(str(path))
    assert (dataset.name, dataset.source, dataset.split) == ("4 images from four.npy", "four.npy", "as given")
    assert (dataset.size, dataset.shape) == (4, (3, 2))
    assert dataset.labels is None
    assert dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    np.testing.assert_array_equal(dataset.read([3, 1]), IMAGES[[3, 1]])
    assert dataset.read([0]).dtype == np.int16
    assert dataset.read([]).shape == (0, 3, 2)


def test_the_file_stays_on_the_disk_until_images_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "four.npy"
    np.save(path, IMAGES)
    dataset = npy.open(str(path))
    with path.open("r+b") as stream:
        stream.seek(-2, 2)
        stream.write(np.int16(-7).tobytes())
    assert dataset.read([3])[0, 2, 1] == -7


@pytest.mark.parametrize("cut", [1, 40])
def test_a_file_that_was_cut_short_is_refused(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "four.npy"
    np.save(path, IMAGES)
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(DataError, match=f"'four.npy' declares 48 bytes .* but holds {48 - cut}"):
        npy.open(str(path))


def test_pickled_objects_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "objects.npy"
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match="pickle can run any code"):
        npy.open(str(path))
