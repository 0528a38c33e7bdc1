from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.records.data import Reason
from reportgen.sources import folder, members, shards, webdataset
from reportgen.sources.dataset import Dataset, Reading
from reportgen.sources.opening import accepting, open_data
from tests.sources.examples import png
from tests.sources.tars import PIXELS, labelled, npy, write


def labels(dataset: Dataset) -> list[int]:
    assert dataset.labels is not None
    return [int(label) for label in dataset.labels]


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_pictures_become_what_files_with_the_same_bytes_become(tmp_path: Path, form: int) -> None:
    (tmp_path / "files").mkdir()
    for index in range(3):
        (tmp_path / "files" / f"{index}.png").write_bytes(png(PIXELS[index]))
    dataset = open_data(write(tmp_path / "three", labelled(), form), (4, 4, 1))
    pictures = folder.open(str(tmp_path / "files"), (4, 4, 1))
    np.testing.assert_array_equal(dataset.read([2, 0, 1]), pictures.read([2, 0, 1]))
    assert (dataset.name, dataset.source, dataset.size) == ("3 images from three", "three", 3)
    assert labels(dataset) == [0, 1, 2]
    assert list(dataset.image_names) == ["0000.png", "0001.png", "0002.png"]
    assert dataset.notes == ("The label of each sample is its member 'cls'.", *pictures.notes)


def test_what_gnu_tar_writes_is_read_whatever_the_order(tmp_path: Path) -> None:
    inside = tmp_path / "in" / "dog"
    inside.mkdir(parents=True)
    for index in range(3):
        (inside / f"{index}.PNG").write_bytes(png(PIXELS[index]))
        (inside / f"{index}.cls").write_text(f"{2 - index}\n")
    names = [f"./dog/{index}.{suffix}" for suffix in ("cls", "PNG") for index in (2, 0, 1)]
    subprocess.run(["tar", "-cf", "../set.tar", *names], cwd=tmp_path / "in", check=True)
    dataset = open_data(str(tmp_path / "set.tar"))
    assert labels(dataset) == [0, 2, 1]
    assert list(dataset.image_names) == ["dog/2.png", "dog/0.png", "dog/1.png"]
    np.testing.assert_array_equal(dataset.read([1]), PIXELS[:1])


def test_very_long_names_are_read(tmp_path: Path) -> None:
    name = "folder/" * 40 + "a"
    for form in (tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        dataset = open_data(write(tmp_path / "long.tar", [(f"{name}.png", png(PIXELS[0]))], form))
        assert list(dataset.image_names) == [f"{name}.png"]


@pytest.mark.parametrize(
    ("suffix", "given", "expected"),
    [
        ("cls", ["0", "2", "1"], [0, 2, 1]),
        ("cls.txt", ["2\n", "1\n", "0"], [2, 1, 0]),
        ("txt", ["dog", "cat", "dog"], [1, 0, 1]),
        ("json", ['{"label": 2}', '{"label": 0}', '{"label": 1}'], [2, 0, 1]),
        ("json", ['{"class": "dog"}', '{"class": "cat"}', '{"class": "cat"}'], [1, 0, 0]),
        ("json", ["1", "0", "0"], [1, 0, 0]),
        ("json", ["[0, 1]", "[1, 0]", "[0, 1]"], [1, 0, 1]),
        ("json", ["true", "false", "true"], [1, 0, 1]),
    ],
)
def test_labels_are_read_from_their_usual_members(
    tmp_path: Path, suffix: str, given: list[str], expected: list[int]
) -> None:
    parts = [(f"{i}.{suffix}", text.encode()) for i, text in enumerate(given)]
    dataset = open_data(write(tmp_path / "a.tar", [*parts, *((f"{i}.png", png(PIXELS[i])) for i in range(3))]))
    assert labels(dataset) == expected


def test_numbers_with_fractions_are_true_values(tmp_path: Path) -> None:
    parts = [(f"{i}.{suffix}", data) for i in range(2) for suffix, data in (("png", png(PIXELS[i])), ("cls", b"0.5"))]
    dataset = open_data(write(tmp_path / "a.tar", parts))
    assert dataset.labels is None
    assert [(name, rows.tolist()) for name, rows in dataset.targets] == [("", [0.5, 0.5])]


def test_labels_are_optional(tmp_path: Path) -> None:
    dataset = open_data(write(tmp_path / "a.tar", [("0.png", png(PIXELS[0]))]))
    assert (dataset.size, dataset.labels, dataset.notes) == (1, None, ())


def test_a_label_for_some_images_only_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="gives a label for 2 of 3 images"):
        open_data(write(tmp_path / "a.tar", labelled()[:-1]))


def test_members_and_keys_can_be_named(tmp_path: Path) -> None:
    about = [json.dumps({"label": 0, "kind": f"kind {i}"}).encode() for i in range(2)]
    parts = [
        (f"{i}.{suffix}", data)
        for i in range(2)
        for suffix, data in (("jpg", png(PIXELS[0])), ("scan.png", png(PIXELS[1 + i])), ("json", about[i]))
    ]
    path = write(tmp_path / "a.tar", parts)
    reading = Reading(features=(("image", "scan.png"), ("label", "kind")))
    dataset = open_data(path, reading=reading)
    np.testing.assert_array_equal(dataset.read([0, 1]), PIXELS[1:3])
    assert dataset.class_names == ("kind 0", "kind 1")
    assert "Samples also have members that end in scan.png, which were not read." in open_data(path).notes
    with pytest.raises(DataError, match=r"no label 'colour'.*members end in jpg, json, scan.png"):
        open_data(path, reading=Reading(features=(("label", "colour"),)))
    with pytest.raises(DataError, match=r"no image: its members end in jpg, json, scan.png"):
        open_data(path, reading=Reading(features=(("image", "depth.png"),)))


def test_long_texts_are_no_labels_unless_they_are_named(tmp_path: Path) -> None:
    texts = [(f"{i}.txt", b"A dog. " * 200) for i in range(2)]
    path = write(tmp_path / "a.tar", [*texts, *((f"{i}.png", png(PIXELS[i])) for i in range(2))])
    dataset = open_data(path)
    assert dataset.labels is None
    assert dataset.notes == ("The members that end in txt are texts, no labels, and were not read.",)
    with pytest.raises(DataError, match="are texts, more than 65536 different ones or longer than 1000"):
        open_data(path, reading=Reading(features=(("label", "txt"),)))


def test_what_cannot_be_read_is_counted_by_reason(tmp_path: Path) -> None:
    bad = [
        ("a.cls", b"1"),
        ("b.png", png(PIXELS[0])[:60]),
        ("b.cls", b"1"),
        ("c.png", b""),
        ("d.png", png(PIXELS[0])),
        ("d.json", b"{"),
        ("e.png", png(PIXELS[0])),
        ("e.png", png(PIXELS[1])),
        ("README", b"no sample"),
        (".hidden.png", b"no sample"),
    ]
    dataset = open_data(write(tmp_path / "a.tar", [*labelled(), *bad]))
    assert (dataset.size, labels(dataset)) == (3, [0, 1, 2])
    assert [broken.name for broken in dataset.broken] == ["a.cls", "b.png", "c.png", "d.png", "e.png"]
    assert set(dataset.broken_reasons) == {
        Reason("has no image among its members", 1),
        Reason("is damaged or cut short", 1),
        Reason("is empty", 1),
        Reason("has a label that cannot be read", 1),
        Reason("has several members of one name, so that it is not clear which one counts", 1),
    }


def test_arrays_of_bytes_are_pictures_and_other_arrays_numbers(tmp_path: Path) -> None:
    grey = [(f"{i}.npy", npy(PIXELS[i, :, :, 0])) for i in range(2)]
    dataset = open_data(write(tmp_path / "grey.tar", grey))
    np.testing.assert_array_equal(dataset.read([1, 0]), PIXELS[[1, 0], :, :, :1])
    scans = np.random.default_rng(1).normal(size=(3, 4, 4, 2)).astype(np.float32)
    parts = [(f"{i}.npy", npy(scan)) for i, scan in enumerate(scans)]
    parts += [("3.npy", npy(scans[0, :2])), ("4.npy", npy(np.array([{}])))]
    dataset = open_data(write(tmp_path / "scans.tar", parts))
    np.testing.assert_array_equal(dataset.read([2, 0]), scans[[2, 0]])
    assert set(dataset.broken_reasons) == {
        Reason("holds 2 × 4 × 2 numbers of float32, and the first one 4 × 4 × 2 numbers of float32", 1),
        Reason("is a damaged .npy file, or holds no plain numbers", 1),
    }


@pytest.mark.parametrize("kept", [700, 1024, 1500, 2048, -10240 + 512])
def test_a_file_cut_short_is_refused_wherever_it_is_cut(tmp_path: Path, kept: int) -> None:
    path = Path(write(tmp_path / "a.tar", labelled()))
    whole = path.read_bytes()
    assert len(whole) > 4096
    cut = whole[:kept] if kept > 0 else whole.rstrip(b"\0")
    path.write_bytes(cut)
    with pytest.raises(DataError, match=r"The tar file 'a.tar' is damaged or cut short: .*Copy it again"):
        open_data(str(path))


def test_a_damaged_head_in_the_middle_is_no_end(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.tar", labelled(), tarfile.USTAR_FORMAT))
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"0001.png") + 3] ^= 1
    path.write_bytes(whole)
    with pytest.raises(DataError, match="neither a member nor the end"):
        open_data(str(path))


def test_links_and_folders_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as opened:
        for kind, name in ((tarfile.SYMTYPE, "x.png"), (tarfile.DIRTYPE, "dir.png"), (tarfile.FIFOTYPE, "pipe.png")):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/passwd"
            opened.addfile(info)
        info = tarfile.TarInfo("0.png")
        info.size = len(png(PIXELS[0]))
        opened.addfile(info, io.BytesIO(png(PIXELS[0])))
    assert list(open_data(str(tmp_path / "a.tar")).image_names) == ["0.png"]


def test_a_compressed_file_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(gzip.compress(Path(write(tmp_path / "a.tar", labelled())).read_bytes()))
    with pytest.raises(DataError, match=r"'a.tar.gz' is compressed.*gunzip"):
        open_data(str(path))


def test_an_old_tar_file_without_a_magic_is_known(tmp_path: Path) -> None:
    info = tarfile.TarInfo("0.png")
    info.size = len(png(PIXELS[0]))
    head = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    head[257:265] = bytes(8)
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    data = png(PIXELS[0])
    (tmp_path / "old").write_bytes(head + data + bytes(-len(data) % 512 + 1024))
    assert accepting(str(tmp_path / "old")) is webdataset
    assert open_data(str(tmp_path / "old")).size == 1


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tar", labelled())
    dataset = open_data(path)
    assert dataset.hash_command == "sha256sum a.tar"
    told = subprocess.run(dataset.hash_command, shell=True, cwd=tmp_path, check=True, capture_output=True, text=True)
    assert told.stdout.split()[0] == dataset.sha256


def test_a_file_that_became_shorter_while_it_was_read_is_refused(tmp_path: Path) -> None:
    path = Path(write(tmp_path / "a.tar", labelled()))
    dataset = open_data(str(path))
    path.write_bytes(path.read_bytes()[:2048])
    with pytest.raises(DataError, match="has become shorter while it was read"):
        dataset.read([2])


def test_nothing_of_the_contents_stays_in_memory(tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 256, (40, 200, 200, 3), np.uint8)
    path = write(tmp_path / "a.tar", [(f"{i}.png", png(pixels)) for i, pixels in enumerate(noise)])
    tracemalloc.start()
    try:
        found = members.find(shards.one_file(Path(path)), ())
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert Path(path).stat().st_size > 4_000_000
    assert held < 100_000
    assert most < 500_000
    assert len(found.starts) == 40
