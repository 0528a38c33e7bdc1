from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reportgen.errors import DataError
from reportgen.sources import npz
from tests.sources.heads import declared

IMAGES = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
LABELS = np.array([1, 0, 1])


def save(path: Path, **arrays: npt.NDArray[Any]) -> str:
    np.savez_compressed(path, allow_pickle=True, **arrays)
    return str(path)


@pytest.mark.parametrize(
    ("image_key", "label_key"),
    [
        ("x", "y"),
        ("X", "Y"),
        ("images", "labels"),
        ("Image", "label"),
        ("x_test", "y_test"),
        ("train_images", "train_labels"),
    ],
)
def test_images_and_labels_are_found_by_their_usual_names(tmp_path: Path, image_key: str, label_key: str) -> None:
    path = tmp_path / "three.npz"
    dataset = npz.open(save(path, **{label_key: LABELS, image_key: IMAGES, "other": np.zeros(9)}))
    assert (dataset.name, dataset.source, dataset.split) == ("3 images from three.npz", "three.npz", "as given")
    assert (dataset.size, dataset.shape, dataset.notes) == (3, (4, 4), ())
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    np.testing.assert_array_equal(dataset.read([2, 0]), IMAGES[[2, 0]])
    assert dataset.read([1]).dtype == np.uint8


def test_of_several_sets_the_test_images_are_taken_and_the_others_named(tmp_path: Path) -> None:
    path = tmp_path / "mnist.npz"
    dataset = npz.open(save(path, x_train=IMAGES[:1], y_train=LABELS[:1], x_test=IMAGES, y_test=LABELS))
    assert dataset.size == 3
    assert dataset.notes == ("The file also holds x_train; the images of x_test were taken.",)


def test_the_only_array_is_taken_whatever_its_name(tmp_path: Path) -> None:
    dataset = npz.open(save(tmp_path / "one.npz", arr_0=IMAGES))
    assert dataset.size == 3
    assert dataset.labels is None


def test_class_names_stand_beside_the_labels(tmp_path: Path) -> None:
    dataset = npz.open(save(tmp_path / "a.npz", x=IMAGES, y=LABELS, class_names=np.array(["cat", "dog"])))
    assert dataset.class_names == ("cat", "dog")


def test_labels_that_are_words_name_the_classes(tmp_path: Path) -> None:
    dataset = npz.open(save(tmp_path / "a.npz", x=IMAGES, y=np.array(["dog", "cat", "dog"])))
    assert dataset.labels is not None
    assert dataset.labels.tolist() == [1, 0, 1]
    assert dataset.class_names == ("cat", "dog")


def test_unclear_arrays_are_listed(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds the arrays a, b. Expected images called x"):
        npz.open(save(tmp_path / "a.npz", a=IMAGES, b=IMAGES))


def test_images_and_labels_must_be_equally_many(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"3 images and 2 labels. Expected one label per image"):
        npz.open(save(tmp_path / "a.npz", x=IMAGES, y=LABELS[:2]))


@pytest.mark.parametrize("key", ["x", "y", "class_names"])
def test_pickled_objects_are_refused_wherever_they_stand(tmp_path: Path, key: str) -> None:
    arrays = {"x": IMAGES, "y": LABELS, "class_names": np.array(["a", "b"])}
    arrays[key] = np.array(["a", None, {}], dtype=object)
    with pytest.raises(DataError, match="pickle can run any code"):
        npz.open(save(tmp_path / "a.npz", **arrays))


@pytest.mark.parametrize("suffix", ["", ".npy"])
def test_a_zip_file_without_arrays_is_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"config.json{suffix}", "{}")
    with pytest.raises(DataError, match="without arrays" if not suffix else "head cannot be read"):
        npz.open(str(path))


def test_an_empty_zip_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    zipfile.ZipFile(path, "w").close()
    assert npz.accepts(str(path))
    with pytest.raises(DataError, match="without arrays"):
        npz.open(str(path))


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_file_is_one_sentence(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "a.npz"
    save(path, x=np.random.default_rng(0).integers(0, 256, (3, 20, 20), np.uint8))
    content = bytearray(path.read_bytes())
    if damage == "cut":
        del content[len(content) // 2 :]
    else:
        content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be unpacked"):
        npz.open(str(path))


def test_an_encrypted_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save(path, x=IMAGES)
    content = path.read_bytes()
    directory = content.index(b"PK\x01\x02")
    path.write_bytes(content[:6] + b"\x01" + content[7 : directory + 8] + b"\x01" + content[directory + 9 :])
    with pytest.raises(DataError, match="cannot be unpacked"):
        npz.open(str(path))


def test_a_head_that_promises_terabytes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", declared("<f4", "(1048576, 1024, 1024)"))
    with pytest.raises(DataError, match=r"declares 4398046511104 bytes .* but holds 0"):
        npz.open(str(path))


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    size = 80 << 20
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w") as member,
    ):
        member.write(declared("|u1", f"({size // 1024}, 1024)"))
        for _ in range(size >> 20):
            member.write(bytes(1 << 20))
    with pytest.raises(DataError, match="at most 200 times what it takes in the file"):
        npz.open(str(path))


def test_a_file_can_be_read_from_any_compression_of_zip(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    content = io.BytesIO()
    np.save(content, IMAGES)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("x.npy", content.getvalue())
    np.testing.assert_array_equal(npz.open(str(path)).read(range(3)), IMAGES)


def test_fractions_are_true_values_and_no_classes(tmp_path: Path) -> None:
    dataset = npz.open(save(tmp_path / "ages.npz", x=IMAGES, y=np.array([0.5, 1.25, 3.0])))
    assert dataset.labels is None
    ((name, values),) = dataset.targets
    assert (name, values.tolist()) == ("", [0.5, 1.25, 3.0])
    assert npz.open(save(tmp_path / "kinds.npz", x=IMAGES, y=np.array([0.0, 1.0, 2.0]))).targets == ()
