"""Masks in files, lists, folders, arrays and streams -> class numbers at the size that is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.sources import streams
from reportgen.sources.dataset import Dataset
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data

MASKS = np.arange(3 * 4 * 6).reshape(3, 4, 6).astype(np.uint8) % 5


def written(folder: Path, kind: str = "L") -> Path:
    """Three pictures and their masks."""
    for place, mask in enumerate(MASKS):
        for name in ("images", "masks"):
            (folder / name).mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 6, 3), place * 20, np.uint8)).save(folder / "images" / f"{place}.png")
        picture = Image.fromarray(mask)
        if kind == "P":
            picture = picture.convert("P")
            picture.putpalette([value for index in range(256) for value in (255 - index, index, 7)])
            picture.putdata(mask.ravel().tolist())
        picture.save(folder / "masks" / f"{place}.png")
    return folder


def maps(dataset: Dataset, size: tuple[int, int] | None = (4, 6)) -> Any:
    ((_, found),) = dataset.maps
    return found.read(range(dataset.size), size, None)


@pytest.mark.parametrize("kind", ["L", "P"])
def test_column_of_masks_is_read_as_numbers_grey_or_indexed(tmp_path: Path, kind: str) -> None:
    written(tmp_path, kind)
    rows = "".join(f"images/{place}.png,masks/{place}.png\n" for place in range(3))
    (tmp_path / "list.csv").write_text(f"path,mask\n{rows}", encoding="utf-8")
    found = open_data(str(tmp_path / "list.csv"))
    np.testing.assert_array_equal(maps(found), MASKS)
    assert (found.size, found.labels) == (3, None)


def test_folder_of_images_and_masks_pairs_them_by_name(tmp_path: Path) -> None:
    found = open_data(str(written(tmp_path)))
    np.testing.assert_array_equal(maps(found), MASKS)
    assert found.image_names == ("images/0.png", "images/1.png", "images/2.png")
    before = found.sha256
    Image.fromarray(MASKS[0] + 1).save(tmp_path / "masks" / "0.png")
    assert open_data(str(tmp_path)).sha256 != before, "masks are part of the data"


def test_picture_without_a_mask_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "masks" / "1.png").unlink()
    with pytest.raises(DataError, match=r"'images/1.png' has no mask"):
        open_data(str(tmp_path))
    (tmp_path / "list.csv").write_text("path,mask\nimages/0.png,masks/0.png\nimages/1.png,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"a mask for 1 of 2 pictures"):
        open_data(str(tmp_path / "list.csv"))


def test_mask_with_colours_or_of_another_size_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    Image.fromarray(np.zeros((4, 6, 3), np.uint8)).save(tmp_path / "masks" / "2.png")
    with pytest.raises(DataError, match=r"has colours"):
        maps(open_data(str(tmp_path)))
    Image.fromarray(np.zeros((6, 4), np.uint8)).save(tmp_path / "masks" / "2.png")
    with pytest.raises(DataError, match=r"'masks/2.png' has 6 × 4 pixels, and its picture 4 × 6"):
        maps(open_data(str(tmp_path)))


def test_broken_picture_takes_its_mask_with_it(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "images" / "0.png").write_bytes(b"")
    np.testing.assert_array_equal(maps(open_data(str(tmp_path))), MASKS[1:])


def test_npz_file_holds_masks(tmp_path: Path) -> None:
    for name in ("y", "masks"):
        arrays: dict[str, Any] = {"x": np.zeros((3, 4, 6, 1), np.uint8), name: MASKS}
        np.savez(tmp_path / "set.npz", **arrays)
        np.testing.assert_array_equal(maps(open_data(str(tmp_path / "set.npz"))), MASKS)


@pytest.mark.parametrize("batched", [True, False])
def test_stream_of_masks_is_put_into_a_file(batched: bool) -> None:
    images = np.zeros((3, 4, 6, 1), np.float32)

    def yielded() -> Iterator[tuple[Any, Any]]:
        if batched:
            yield images[:2], MASKS[:2]
            yield images[2:], MASKS[2:]
        else:
            yield from zip(images, MASKS, strict=True)

    _, labels = streams.read(yielded(), (4, 6, 1))
    assert isinstance(labels, np.memmap)
    np.testing.assert_array_equal(labels, MASKS)


def test_stream_of_masks_of_two_sizes_is_refused() -> None:
    pairs = [(np.zeros((4, 6, 1)), MASKS[0]), (np.zeros((4, 6, 1)), MASKS[0, :3])]
    with pytest.raises(DataError, match=r"Label 1 of the labels of .* is 3 × 6 of uint8, and the first is 4 × 6"):
        streams.read(iter(pairs), (4, 6, 1))


def test_one_image_takes_one_mask() -> None:
    found = from_arrays(np.zeros((4, 6, 3)), MASKS[0], shape=(4, 6, 3))
    assert (found.size, maps(found).shape) == (1, (1, 4, 6))


def test_another_size_takes_the_nearest_place_of_the_part_that_is_kept() -> None:
    found = from_arrays(np.zeros((3, 4, 6, 1)), MASKS)
    np.testing.assert_array_equal(maps(found, (2, 2)), MASKS[:, 1::2, 2:5:2])
