from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.sources import manifest, open_data


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    for index, name in enumerate(("a/0.png", "b/1.png", "b/2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((3, 4), index * 10, np.uint8)).save(tmp_path / name)
    return tmp_path


def listed(folder: Path, text: str) -> str:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("text", "labels", "class_names"),
    [
        ("b/1.png,dog\na/0.png,cat\n", [1, 0], ("cat", "dog")),
        ("label,path\ndog,b/1.png\ncat,a/0.png\n", [1, 0], ("cat", "dog")),
        ("\ufefffilename,class\r\nb/1.png,7\r\na/0.png,0\r\n", [7, 0], ()),
    ],
    ids=["without names", "columns by name", "numbers, BOM and CRLF"],
)
def test_lines_are_read_in_their_order(
    pictures: Path, text: str, labels: list[int], class_names: tuple[str, ...]
) -> None:
    dataset = open_data(listed(pictures, text), (3, 4, 1))
    assert dataset.image_names == ("b/1.png", "a/0.png")
    assert dataset.labels is not None
    assert (dataset.labels.tolist(), dataset.class_names) == (labels, class_names)
    assert dataset.read([0, 1])[:, 0, 0, 0].tolist() == [10, 0]


def test_paths_alone_have_no_labels(pictures: Path) -> None:
    dataset = manifest.open(listed(pictures, "path\nb/2.png\n"), (3, 4, 1))
    assert (dataset.size, dataset.labels) == (1, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no pictures"),
        ("path,label\n", "lists no pictures"),
        ("a/0.png,cat\nb/1.png,\n", "a label for 1 of 2 pictures"),
        ("a/9.png,cat\n", "Picture 1 of 'list.csv' is 'a/9.png', which is no picture file there"),
        ("list.csv,cat\n", "no picture file there"),
        ('a/0.png,"cat\n', "cannot be read as CSV"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(pictures: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_data(listed(pictures, text), (3, 4, 1))


def test_bytes_that_are_no_text_are_refused(pictures: Path) -> None:
    (pictures / "list.csv").write_bytes(b"\xff\xfe\x00a,b")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        open_data(str(pictures / "list.csv"), None)
