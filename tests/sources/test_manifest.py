from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError
from reportgen.records.data import Broken, Reason
from reportgen.sources import manifest
from reportgen.sources.opening import open_data


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


@pytest.mark.parametrize(
    ("text", "values", "class_names", "notes"),
    [
        ("b/1.png,1.5\na/0.png,3\n", [1.5, 3], (), ()),
        ("b/1.png,-30\na/0.png,15\n", [-30, 15], (), ()),
        ("path,price\nb/1.png,1e5\na/0.png,.5\n", [1e5, 0.5], (), ()),
        ("b/1.png,1,2,30,4\na/0.png,5,6,7,8\n", [[1, 2, 30, 4], [5, 6, 7, 8]], (), ()),
        ("path,x,y,w,h\nb/1.png,1,2,3,4\na/0.png,5,6,7,8\n", [[1, 2, 3, 4], [5, 6, 7, 8]], (), ()),
        ("path,cat,dog\nb/1.png,1,1\na/0.png,0,1\n", [[1, 1], [0, 1]], ("cat", "dog"), ()),
        (
            "path,x,split,y\nb/1.png,1,a,2\na/0.png,5,b,7\n",
            [[1, 2], [5, 7]],
            (),
            ("Columns of list.csv that were not read: split.",),
        ),
        (
            "path,x,value\nb/1.png,1,0.5\na/0.png,5,7\n",
            [0.5, 7],
            (),
            ("Columns of list.csv that were not read: x.",),
        ),
    ],
    ids=["fractions", "below zero", "one column", "columns", "named", "classes by column", "words beside", "value"],
)
def test_numbers_that_are_no_classes_are_true_values(
    pictures: Path, text: str, values: list[object], class_names: tuple[str, ...], notes: tuple[str, ...]
) -> None:
    dataset = open_data(listed(pictures, text), (3, 4, 1))
    assert dataset.labels is None
    ((name, targets),) = dataset.targets
    assert (name, targets.tolist(), dataset.class_names, dataset.notes) == ("", values, class_names, notes)


@pytest.mark.parametrize(
    ("text", "labels", "class_names", "notes"),
    [
        ("b/1.png,3.0\na/0.png,1\n", [3, 1], (), ()),
        ("b/1.png,1.5\na/0.png,sedan\n", [0, 1], ("1.5", "sedan"), ()),
        ("b/1.png,nan\na/0.png,1\n", [1, 0], ("1", "nan"), ()),
        ("path,cat,dog\nb/1.png,0,1\na/0.png,1,0\n", [1, 0], ("cat", "dog"), ()),
        ("b/1.png,dog,7\na/0.png,cat,8\n", [1, 0], ("cat", "dog"), "not read: without a name."),
        ("path,x,label\nb/1.png,7.5,1\na/0.png,8.5,0\n", [1, 0], (), "not read: x."),
        ("path,breed\nb/1.png,dog\na/0.png,cat\n", [1, 0], ("cat", "dog"), ()),
    ],
    ids=["whole", "mixed", "no number", "one-hot", "word first", "label by name", "only column"],
)
def test_words_and_whole_numbers_are_classes(
    pictures: Path, text: str, labels: list[int], class_names: tuple[str, ...], notes: str
) -> None:
    dataset = open_data(listed(pictures, text), (3, 4, 1))
    assert dataset.labels is not None
    assert (dataset.labels.tolist(), dataset.class_names, dataset.targets) == (labels, class_names, ())
    assert "".join(dataset.notes).endswith(notes or "")


def test_true_values_stay_with_their_pictures(pictures: Path) -> None:
    dataset = open_data(listed(pictures, "a/9.png,0.25\nb/2.png,0.5\na/0.png,0.75\n"), (3, 4, 1))
    assert dataset.targets[0][1].tolist() == [0.5, 0.75]
    assert dataset.read([0, 1])[:, 0, 0, 0].tolist() == [20, 0]


def test_paths_alone_have_no_labels(pictures: Path) -> None:
    dataset = manifest.open(listed(pictures, "path\nb/2.png\n"), (3, 4, 1))
    assert (dataset.size, dataset.labels) == (1, None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no pictures"),
        ("path,label\n", "lists no pictures"),
        ("a/0.png,cat\nb/1.png,\n", "a label for 1 of 2 pictures"),
        ("path,x,y\na/0.png,1.5,2\nb/1.png,,3\n", "a label for 1 of 2 pictures"),
        ("a/0.png,cat\n" * 70 + "a/0.png" + ",x" * 50_001, "has 50002 columns and 71 lines or more. Expected"),
        ("a/0.png" + ",x" * 50_000 + "\na/0.png" * 1_400, "has 50001 columns and 1344 lines or more. Expected"),
        ("a/9.png,cat\n", "'a/9.png' cannot be read: it does not exist"),
        ("list.csv,cat\n", "'list.csv' cannot be read: it is not a picture in a format that is read"),
        ("a/9.png,cat\na,dog\n", "None of the 2 pictures of 'list.csv' can be read; the first, 'a/9.png', does not"),
        (
            "9.png\n" * 5,
            "None of the 5 pictures .*: none of these files exists, the first being '9.png'. Expected paths",
        ),
        ('a/0.png,"cat\n', "cannot be read as CSV"),
    ],
)
def test_a_list_that_cannot_be_used_is_refused(pictures: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        open_data(listed(pictures, text), (3, 4, 1))


def test_lines_that_name_no_picture_are_listed_and_left_out(pictures: Path) -> None:
    names = ("a/9.png", "b", "list.csv", "x" * 300, "a\\0.png")
    dataset = open_data(listed(pictures, "b/2.png,dog\n" + "".join(f"{name},cat\n" for name in names)), (3, 4, 1))
    assert dataset.broken == (
        Broken("a/9.png", "does not exist"),
        Broken("b", "is no file"),
        Broken("list.csv", "is not a picture in a format that is read"),
        Broken("x" * 300, "does not exist"),
        Broken("a\\0.png", "does not exist"),
    )
    assert (dataset.size, dataset.image_names, dataset.class_names) == (1, ("b/2.png",), ("cat", "dog"))
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1]
    assert dataset.notes == ("No picture of these classes can be read: cat.",)


def test_of_many_lines_without_a_picture_the_first_are_named_and_all_counted_by_reason(pictures: Path) -> None:
    (pictures / "empty.png").write_bytes(b"")
    lines = ["b/2.png", *(f"{number}.png" for number in range(250)), *["empty.png"] * 300]
    dataset = open_data(listed(pictures, "\n".join(lines)), (3, 4, 1))
    assert dataset.broken == tuple(Broken(f"{number}.png", "does not exist") for number in range(200))
    assert dataset.broken_reasons == (Reason("is empty", 300), Reason("does not exist", 250))
    assert (dataset.size, dataset.image_names) == (1, ("b/2.png",))


def test_long_words_beside_many_short_ones_take_no_more_room_than_their_letters(pictures: Path) -> None:
    lines = [f"a/{number % 2}.png,{'w' * 100_000 if number == 7 else number}\n" for number in range(3000)]
    # As rows of one width this would be 3000 times 100 000 characters of 4 bytes.
    tracemalloc.start()
    try:
        dataset = open_data(listed(pictures, "".join(lines)), (3, 4, 1))
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()
    assert dataset.labels is not None
    assert dataset.class_names[-1] == "w" * 100_000
    assert [dataset.class_names[label] for label in dataset.labels[:2]] == ["0", "2"]


def test_text_in_quotes_may_go_on_in_the_next_line(pictures: Path) -> None:
    dataset = open_data(listed(pictures, 'path,note,label\nb/1.png,"one\ntwo\x85three",dog\na/0.png,,cat\n'), (3, 4, 1))
    assert dataset.image_names == ("b/1.png", "a/0.png")
    assert dataset.class_names == ("cat", "dog")


def test_bytes_that_are_no_text_are_refused(pictures: Path) -> None:
    (pictures / "list.csv").write_bytes(b"\xff\xfe\x00a,b")
    with pytest.raises(DataError, match="cannot be read as CSV"):
        open_data(str(pictures / "list.csv"), None)


def test_hash_changes_with_a_label_and_with_a_picture(pictures: Path) -> None:
    def hashed(text: str) -> str:
        return open_data(listed(pictures, text), (3, 4, 1)).sha256

    first = hashed("b/1.png,dog\na/0.png,cat\n")
    assert hashed("b/1.png,dog\na/0.png,cat\n") == first
    assert hashed("b/1.png,cat\na/0.png,dog\n") != first
    Image.fromarray(np.full((3, 4), 77, np.uint8)).save(pictures / "a/0.png")
    assert hashed("b/1.png,dog\na/0.png,cat\n") != first
