from __future__ import annotations

import io
import warnings

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources.arrays import check_images, check_size, read_body, read_header
from tests.sources.heads import declared, head


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["uint8", "<f4", ">f8", ">i2", "bool"])
def test_what_numpy_wrote_is_read_back(order: str, dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    stream = io.BytesIO()
    np.save(stream, np.asfortranarray(array) if order == "F" else array)
    stream.seek(0)
    header = read_header(stream, "It")
    check_size(header, len(stream.getvalue()) - header.offset, "It")
    found = read_body(stream, header, "It")
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00\xff\xff",
        b"\x93NUMPY\x09\x09\x00\x00",
        head("not a dictionary"),
        head("{"),
        head("(" * 9000),
        head("{'descr': '|u1', 'fortran_order': False, 'shape': 'x'}"),
        head("{'descr': 'nonsense', 'fortran_order': False, 'shape': (1,)}"),
        head("{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 1}"),
        head(" " * 20000),
    ],
    ids=range(11),
)
def test_a_damaged_head_is_one_sentence(content: bytes) -> None:
    with pytest.raises(DataError, match=r"^It is damaged: its head cannot be read"):
        read_header(io.BytesIO(content), "It")


def test_a_head_of_python_2_is_read_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_header(io.BytesIO(declared("|u1", "(10L, 28L)")), "It").shape == (10, 28)


@pytest.mark.parametrize(
    ("descr", "shape", "why"),
    [
        ("|O", "(3,)", "pickle can run any code"),
        ("|V0", "(99999999999,)", "Expected plain numbers"),
        ("<U0", "(99999999999,)", "Expected plain numbers"),
        ("|u1", "(-1, -28)", "Expected plain numbers"),
    ],
)
def test_what_is_no_plain_array_is_refused(descr: str, shape: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        read_header(io.BytesIO(declared(descr, shape)), "It")


def test_a_head_of_four_tebibytes_without_a_body_is_refused() -> None:
    header = read_header(io.BytesIO(declared("<f4", "(1048576, 1024, 1024)")), "It")
    with pytest.raises(DataError, match=r"declares 4398046511104 bytes .* but holds 0"):
        check_size(header, 0, "It")


def test_a_body_that_ends_early_is_refused() -> None:
    stream = io.BytesIO(declared("|u1", "(4, 4)") + bytes(15))
    header = read_header(stream, "It")
    with pytest.raises(DataError, match="15 of 16 bytes"):
        read_body(stream, header, "It")


@pytest.mark.parametrize(
    ("descr", "shape", "why"),
    [
        ("<c8", "(2, 2)", "type complex64"),
        ("<U3", "(2, 2)", "type <U3"),
        ("|u1", "(5,)", "batch axis"),
        ("|u1", "()", "batch axis"),
        ("|u1", "(0, 28, 28)", "it is empty"),
        ("|u1", "(5, 0, 28)", "it is empty"),
    ],
)
def test_what_can_be_no_batch_of_images_is_refused(descr: str, shape: str, why: str) -> None:
    with pytest.raises(DataError, match=why):
        check_images(read_header(io.BytesIO(declared(descr, shape)), "It"), "It")
