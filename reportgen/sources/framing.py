"""The bytes of a TFRecord file -> where its records lie. Nothing is read before the file's size allows it.

A record is its length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes, its data, and the masked CRC-32C
of the data. Source: TensorFlow, "TFRecord files format details", tensorflow.org/tutorials/load_data/tfrecord.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import IO

from reportgen.errors import DataError

HEAD_BYTES = 12
_FOOT_BYTES = 4
_MOST_BYTES = 1 << 28
# Castagnoli's polynomial, its lowest bit first: RFC 3720, appendix B.4.
_POLYNOMIAL = 0x82F63B78
_ALL_ONES = 0xFFFFFFFF
_MASK_DELTA = 0xA282EAD8


def begins_like_records(head: bytes) -> bool:
    """Tell whether bytes are the head of a record: a length and its own checksum."""
    return len(head) >= HEAD_BYTES and struct.unpack_from("<I", head, 8)[0] == _masked_crc(head[:8])


def places(stream: IO[bytes], what: str) -> Iterator[tuple[int, int]]:
    """Find the records of a file without reading their data.

    Args:
        stream: The file.
        what: What it is called in an error.

    Yields:
        Where the data of each record begins, and how many bytes they are.

    Raises:
        DataError: A length is damaged, absurd, or goes beyond the end of the file.
    """
    end = stream.seek(0, 2)
    number, place = 0, 0
    while place < end:
        stream.seek(place)
        head = stream.read(HEAD_BYTES)
        length = struct.unpack_from("<Q", head)[0] if len(head) == HEAD_BYTES else 0
        if len(head) == HEAD_BYTES and not begins_like_records(head):
            raise damaged(what, f"the length of record {number} does not agree with its checksum")
        if len(head) < HEAD_BYTES or place + HEAD_BYTES + length + _FOOT_BYTES > end:
            raise damaged(what, f"it was cut short in record {number}")
        if length > _MOST_BYTES:
            raise DataError(
                f"Record {number} of {what} takes {length} bytes. Expected at most {_MOST_BYTES}. Write one image a "
                "record."
            )
        yield place + HEAD_BYTES, length
        place += HEAD_BYTES + length + _FOOT_BYTES
        number += 1


def check(path: Path, is_compressed: bool, what: str) -> None:
    """Compare the data of all records with their checksums.

    Args:
        path: A file whose records `places` has found, so that no length in it can ask for too much memory.
        is_compressed: Whether it is compressed by gzip.
        what: What it is called in an error.

    Raises:
        DataError: The data of a record are not what was written.
    """
    import tensorflow as tf

    records = tf.data.TFRecordDataset(str(path), compression_type="GZIP" if is_compressed else "")
    try:
        records.reduce(0, lambda number, _: number + 1)
    except (tf.errors.DataLossError, tf.errors.OutOfRangeError) as error:
        raise damaged(what, "the data of a record do not agree with their checksum") from error


def damaged(what: str, why: str) -> DataError:
    """Return the error for a file that is not what was written."""
    return DataError(f"{what} is damaged: {why}. Expected what TensorFlow wrote. Copy or write the file again.")


def _masked_crc(data: bytes) -> int:
    state = _ALL_ONES
    for byte in data:
        state = _remainders()[(state ^ byte) & 0xFF] ^ (state >> 8)
    crc = state ^ _ALL_ONES
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & _ALL_ONES


@cache
def _remainders() -> tuple[int, ...]:
    """Remainder of every byte."""
    found = []
    for state in range(256):
        for _ in range(8):
            state = state >> 1 ^ (_POLYNOMIAL if state & 1 else 0)
        found.append(state)
    return tuple(found)
