from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from reportgen.errors import DataError
from reportgen.sources.framing import begins_like_records, check, places

pytestmark = pytest.mark.keras


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Three records of 4, 0 and 300 bytes, as TensorFlow writes them."""
    import tensorflow as tf

    path = tmp_path / "three.tfrecord"
    with tf.io.TFRecordWriter(str(path)) as writer:
        for data in (b"abcd", b"", bytes(range(256)) + b"x" * 44):
            writer.write(data)
    return path


def test_records_are_found_where_tensorflow_wrote_them(written: Path) -> None:
    whole = written.read_bytes()
    found = list(places(io.BytesIO(whole), "it"))
    assert found == [(12, 4), (32, 0), (48, 300)]
    assert whole[12:16] == b"abcd"
    assert begins_like_records(whole)
    check(written, is_compressed=False, what="it")


@pytest.mark.parametrize("length", [1, 11, 12, 15, 19, 25, 40, 100, 351])
def test_a_file_that_was_cut_short_names_the_record(written: Path, length: int) -> None:
    record = sum(length > end for end in (20, 36))
    with pytest.raises(DataError, match=f"it is damaged: it was cut short in record {record}. Expected"):
        list(places(io.BytesIO(written.read_bytes()[:length]), "it"))


@pytest.mark.parametrize("place", [0, 7, 8, 11, 20, 40])
def test_a_damaged_length_is_found(written: Path, place: int) -> None:
    content = bytearray(written.read_bytes())
    content[place] ^= 1
    assert begins_like_records(bytes(content)) is (place > 11)
    with pytest.raises(DataError, match=f"the length of record {sum(place > end for end in (19, 35))} does not agree"):
        list(places(io.BytesIO(bytes(content)), "it"))


@pytest.mark.parametrize("place", [12, 16, 48, 340])
def test_damaged_data_are_found(written: Path, place: int) -> None:
    content = bytearray(written.read_bytes())
    content[place] ^= 1
    written.write_bytes(bytes(content))
    assert len(list(places(io.BytesIO(bytes(content)), "it"))) == 3
    with pytest.raises(DataError, match="it is damaged: the data of a record do not agree with their checksum"):
        check(written, is_compressed=False, what="it")


def test_a_length_that_asks_for_terabytes_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    import tensorflow as tf

    # TensorFlow's own checksum of these bytes is got by writing them as data.
    length = struct.pack("<Q", 1 << 40)
    with tf.io.TFRecordWriter(str(tmp_path / "length.tfrecord")) as writer:
        writer.write(length)
    head = length + (tmp_path / "length.tfrecord").read_bytes()[-4:]
    assert begins_like_records(head)
    with pytest.raises(DataError, match="cut short in record 0"):
        list(places(io.BytesIO(head + b"x" * 100), "it"))


@pytest.mark.parametrize("content", [b"", b"\0" * 11, b"\0" * 12, b"\x89PNG\r\n\x1a\n" + b"\0" * 8])
def test_what_is_no_record_is_told_from_one(content: bytes) -> None:
    assert not begins_like_records(content)
