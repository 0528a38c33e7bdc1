from __future__ import annotations

import inspect
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen import registry
from reportgen.errors import DataError
from reportgen.sources import NAMES
from reportgen.sources.opening import open_data


@pytest.mark.parametrize("name", NAMES)
def test_every_source_exports_accepts_and_open(name: str) -> None:
    source = registry.load("sources", name)
    assert list(inspect.signature(source.accepts).parameters) == ["spec"]
    assert list(inspect.signature(source.open).parameters) == ["spec", "shape", "reading"]
    assert inspect.signature(source.open).parameters["shape"].default is None


def test_digits_means_the_built_in_set_and_a_path_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "digits").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "digits" / "a.png")
    monkeypatch.chdir(tmp_path)
    assert open_data("digits").size == 1000
    assert open_data("./digits").size == 1


@pytest.mark.parametrize(
    ("kind", "written_as"), [("npz", "images.npy"), ("npy", "images.png"), ("png", "images.npz"), ("jpeg", "images")]
)
def test_content_decides_the_format_not_the_suffix(tmp_path: Path, kind: str, written_as: str) -> None:
    path = tmp_path / written_as
    images = np.zeros((1, 4, 4), np.uint8)
    with path.open("wb") as stream:
        if kind == "npz":
            np.savez(stream, x=images)
        elif kind == "npy":
            np.save(stream, images)
        else:
            Image.fromarray(images[0]).save(stream, kind)
    dataset = open_data(str(path))
    assert dataset.size == 1
    assert dataset.source == written_as


@pytest.mark.parametrize("spec", ["no-such-file", "", "ftp://example.org/x.npz", "a\0b", "x" * 5000, "\udce9"])
def test_what_does_not_exist_is_refused_with_the_list_of_what_is_accepted(spec: str) -> None:
    with pytest.raises(
        DataError, match=r"There is no file or folder called .*Expected \"digits\".*\.npz.*\.npy.*folder"
    ):
        open_data(spec)


@pytest.mark.parametrize(("content", "why"), [(b"", "is empty"), (b"a,b\n1,2\n", "holds something else")])
def test_a_file_that_nobody_accepts_is_refused_in_words(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=why):
        open_data(str(path))


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(DataError, match="neither a file nor a folder"):
        open_data(str(path))
