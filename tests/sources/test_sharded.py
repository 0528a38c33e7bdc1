from __future__ import annotations

import io
import os
import subprocess
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.errors import DataError, OptionsError
from reportgen.sources import members, sharded, shards
from reportgen.sources.dataset import Dataset, Reading
from reportgen.sources.opening import accepting, open_data
from tests.sources.examples import png
from tests.sources.tars import PIXELS, labelled, write


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """A folder with three shards of two images each, and a fourth file."""
    made = tmp_path / "set"
    made.mkdir()
    for number in range(3):
        write(made / f"train-{number:02}.tar", labelled(2 * number, 2))
    return made


def check(dataset: Dataset) -> None:
    np.testing.assert_array_equal(dataset.read([5, 0, 3]), PIXELS[[5, 0, 3]])
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert dataset.image_names[3] == "train-01.tar/0003.png"


@pytest.mark.parametrize("pattern", ["train-*.tar", "train-{00..02}.tar", "train-0[0-2].tar", "train-{00,01,02}.tar"])
def test_a_pattern_stands_for_its_files_in_the_order_of_names(three: Path, pattern: str) -> None:
    dataset = open_data(str(three / pattern))
    check(dataset)
    assert (dataset.name, dataset.source) == (f"6 images from {pattern}", pattern)


def test_a_folder_of_shards_is_read_as_a_whole(three: Path) -> None:
    (three / "README.txt").write_text("no shard")
    dataset = open_data(str(three))
    check(dataset)
    assert dataset.notes[0] == "1 file of another kind passed over: README.txt."


def test_a_list_names_files_and_patterns_relative_to_itself(three: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"# my shards\nset/train-00.tar\n\n{three}/train-0[12].tar\n")
    dataset = open_data(str(path))
    check(dataset)
    assert dataset.notes[0] == "The shards are those that list.csv lists."


def test_pictures_in_a_folder_come_before_shards(three: Path) -> None:
    Image.new("RGB", (5, 6)).save(three / "a.png")
    assert open_data(str(three)).size == 1


def test_a_folder_with_classes_stays_one_whatever_lies_beside_them(three: Path) -> None:
    (three / "cat").mkdir()
    Image.new("RGB", (5, 6)).save(three / "cat" / "a.png")
    assert open_data(str(three)).class_names == ("cat",)


def test_files_of_one_name_in_two_folders_are_told_apart(tmp_path: Path) -> None:
    for number, name in enumerate(("a", "b")):
        (tmp_path / name).mkdir()
        write(tmp_path / name / "0.tar", labelled(number, 1))
    dataset = open_data(str(tmp_path / "*" / "0.tar"))
    assert list(dataset.image_names) == ["a/0.tar/0000.png", "b/0.tar/0001.png"]


@pytest.mark.parametrize("pattern", ["train-*.tar", ""])
@pytest.mark.parametrize("more", [0, 10])
def test_a_shell_gives_the_hash_again(three: Path, pattern: str, more: int) -> None:
    for number in range(3, 3 + more):
        write(three / f"train-{number:02}.tar", labelled(0, 1))
    if pattern:
        (three / "other.txt").write_text("not read")
    dataset = open_data(str(three / pattern) if pattern else str(three))
    assert dataset.hash_command.startswith("cd set && ")
    told = subprocess.run(
        dataset.hash_command, shell=True, cwd=three.parent, check=True, capture_output=True, text=True
    )
    assert told.stdout.split()[0] == dataset.sha256


def test_large_shards_are_hashed_by_names_sizes_and_labels(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_data(str(three))
    monkeypatch.setattr(shards, "MOST_HASHED_BYTES", 1 << 10)
    cheap = open_data(str(three))
    assert cheap.sha256 not in (whole.sha256, "")
    assert cheap.hash_command == ""
    assert cheap.notes[0] == (
        "The shards take more than 9.53674e-07 GiB together: the hash of the data is that of names, sizes and labels,"
        " not of the contents."
    )
    assert open_data(str(three)).sha256 == cheap.sha256
    parts = labelled(4, 2)
    write(three / "train-02.tar", [*parts[:3], (parts[3][0], b"0")])
    assert open_data(str(three)).sha256 != cheap.sha256


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ("set/train-00.tar\nset/gone.tar\n", "Nothing matches 'gone.tar'"),
        ("set/train-00.tar\nset/x-*.tar\n", r"Nothing matches 'x-\*.tar'"),
        (
            "set/train-00.tar\nhttps://example.org/a.tar\n",
            "lists 1 address and 1 file of this machine",
        ),
        ("set/train-00.tar\nset/records\n", "'records' is no tar file.*Leave it out"),
    ],
)
def test_a_list_with_a_wrong_line_is_refused(three: Path, tmp_path: Path, lines: str, why: str) -> None:
    (three / "records").write_bytes(b"something else")
    (tmp_path / "list.txt").write_text(lines)
    with pytest.raises(DataError, match=why):
        open_data(str(tmp_path / "list.txt"))


def test_a_pattern_without_a_match_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Nothing matches '\*.tar'. Expected a file"):
        open_data(str(tmp_path / "*.tar"))


def test_a_pattern_of_far_too_many_files_is_refused() -> None:
    with pytest.raises(DataError, match="stands for more than 1000000 files"):
        open_data("{0..999999}-{0..999999}.tar")


def test_a_name_with_brackets_is_a_file_first(tmp_path: Path) -> None:
    path = write(tmp_path / "a[0].tar", labelled())
    assert open_data(path).size == 3


def test_a_link_out_of_the_folder_is_not_followed(three: Path, tmp_path: Path) -> None:
    write(tmp_path / "outside.tar", labelled())
    os.symlink(tmp_path / "outside.tar", three / "train-03.tar")
    assert open_data(str(three)).size == 6


def test_words_that_label_all_shards_are_numbered_together(tmp_path: Path) -> None:
    for number, word in enumerate((b"dog", b"cat")):
        write(tmp_path / f"{number}.tar", [("0.png", png(PIXELS[0])), ("0.txt", word)])
    dataset = open_data(str(tmp_path / "*.tar"))
    assert dataset.class_names == ("cat", "dog")
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1, 0]


def test_masks_are_refused(three: Path) -> None:
    with pytest.raises(OptionsError, match=r"Masks of 'set' are not read. Expected TFRecord data"):
        open_data(str(three), reading=Reading(features=(("mask", "seg.png"),)))


def test_other_texts_are_no_lists(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("path,label\na.png,1\n")
    (tmp_path / "a.png").write_bytes(png(PIXELS[0]))
    assert accepting(str(tmp_path / "a.csv")) is not sharded
    (tmp_path / "b.txt").write_text("a\nb\n")
    with pytest.raises(DataError, match="holds something else"):
        open_data(str(tmp_path / "b.txt"))


def test_memory_grows_with_the_number_of_samples_only(tmp_path: Path) -> None:
    data, held = png(PIXELS[0]), []
    for number in (500, 3500):
        with tarfile.open(tmp_path / "many.tar", "w", format=tarfile.USTAR_FORMAT) as opened:
            for place in range(number):
                info = tarfile.TarInfo(f"{place:08}.png")
                info.size = len(data)
                opened.addfile(info, io.BytesIO(data))
        tracemalloc.start()
        try:
            found = members.find(shards.one_file(tmp_path / "many.tar"), ())
            held.append(tracemalloc.get_traced_memory()[0])
        finally:
            tracemalloc.stop()
        assert len(found.names) == number
    # Numbers and a name of twelve letters.
    assert (held[1] - held[0]) / 3000 < 70
