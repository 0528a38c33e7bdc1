"""Data that are opened again from an index: the same, without a look at the files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources.dataset import Dataset
from reportgen.sources.opening import open_data
from reportgen.sources.remembering import Index, looking_up, writing_down
from tests.sources import tars
from tests.sources.examples import example, png, write

LOOKS = [
    "reportgen.sources.members.find",
    "reportgen.sources.shards._hashed",
    "reportgen.sources.pictures._examine",
    "reportgen.sources.numbers._examine",
    "reportgen.sources.hashing.of_files",
    "reportgen.sources.record_places.places",
    "reportgen.sources.record_places.check",
    "reportgen.sources.tfrecord._looked",
]


def shards_of_pictures(folder: Path) -> str:
    tars.write(folder / "a.tar", [*tars.labelled(0, 3), ("0003.png", b"no picture"), ("0003.cls", b"1")])
    tars.write(folder / "b.tar", tars.labelled(4, 2))
    return str(folder / "*.tar")


def shards_of_arrays(folder: Path) -> str:
    arrays = np.random.default_rng(0).random((4, 5, 4, 1), np.float32)
    members = [(f"{place}.npy", tars.npy(each)) for place, each in enumerate(arrays)]
    return tars.write(folder / "a.tar", [*members, ("4.npy", tars.npy(np.zeros(3)))])


def folder_of_pictures(folder: Path) -> str:
    for place, pixels in enumerate(tars.PIXELS):
        name = folder / ("cat" if place % 2 else "dog") / f"{place}.png"
        name.parent.mkdir(exist_ok=True)
        name.write_bytes(png(pixels))
    (folder / "cat" / "9.png").write_bytes(b"no picture")
    return str(folder)


def records_of_pictures(folder: Path) -> str:
    """One file of two is compressed."""
    for name, some, compression in (("a", tars.PIXELS[:2], ""), ("b", tars.PIXELS[2:], "GZIP")):
        records = [example(image=png(pixels), label=place) for place, pixels in enumerate(some)]
        write(folder / name, [*records, example(image=b"no picture", label=1)], compression)
    return str(folder)


def records_of_numbers(folder: Path) -> str:
    images = np.random.default_rng(0).random((4, 12), np.float32)
    records = [example(x=image, y=place % 2, height=3, width=4) for place, image in enumerate(images)]
    return write(folder / "a.tfrecord", [*records, example(x=images[0, :3], y=1)])


def opened_and_again(spec: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Dataset, Dataset]:
    index: Index = []
    with writing_down(index):
        first = open_data(spec)

    def forbidden(*_: Any, **__: Any) -> None:
        raise AssertionError("it was looked for again")

    with monkeypatch.context() as patched:
        for name in LOOKS:
            patched.setattr(name, forbidden)
        with looking_up(json.loads(json.dumps(index))):
            return first, open_data(spec)


MADE = [shards_of_pictures, shards_of_arrays, folder_of_pictures, records_of_pictures, records_of_numbers]


@pytest.mark.parametrize("make", MADE)
def test_data_opened_from_an_index_are_the_same(
    make: Callable[[Path], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, again = opened_and_again(make(tmp_path), monkeypatch)
    assert first.broken
    for each in fields(Dataset):
        one, other = getattr(first, each.name), getattr(again, each.name)
        if each.name == "labels":
            np.testing.assert_array_equal(one, other)
        elif each.name == "image_names":
            assert list(one) == list(other)
        elif each.name != "read":
            assert one == other
    np.testing.assert_array_equal(first.read(range(first.size)), again.read(range(first.size)))


def test_shard_of_another_size_is_refused_by_its_name(tmp_path: Path) -> None:
    spec = shards_of_pictures(tmp_path)
    index: Index = []
    with writing_down(index):
        open_data(spec)
    tars.write(tmp_path / "b.tar", [*tars.labelled(4, 2), ("9.txt", bytes(20_000))])
    with looking_up(index), pytest.raises(DataError, match=r"'b\.tar' has \d+ bytes, and \d+ when the plan was made"):
        open_data(spec)
    (tmp_path / "b.tar").unlink()
    with looking_up(index), pytest.raises(DataError, match="stands for 1 file, and for 2 when the plan was made"):
        open_data(spec)


def test_index_of_other_data_is_refused(tmp_path: Path) -> None:
    with looking_up([]), pytest.raises(DataError, match="Make the plan again"):
        open_data(shards_of_pictures(tmp_path))
