"""What a model answers to each image, kept in a file of four or five bytes an image, and read again."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError

MARK = "reportgen-answers"
"""Name of an array in the file, which says that it is one of ours and of which version."""
VERSION, PACKED = 1, 2
"""Versions: an array each for class, confidence and label; or the three together in the bits of five bytes."""
FACT = "SHA-256 of the answers"
"""Name of the fact of a report that says which file of answers belongs to it."""
FORMAT = "answers"
"""The format that keeps them."""
_BYTES, _MOST_BITS = 5, 15
_MOST_OF_A_BYTE = 127
_DATE = (1980, 1, 1, 0, 0, 0)  # The same bytes at any time.


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What the main output answers to each image, in the order of the data.

    Attributes:
        answered: int64 (images): index of the predicted class, −1 where the output is not finite.
        confidence: float32 (images): the probability of that class, 0..1, to three digits or better.
        labels: int64 (images): index of the true class, −1 where it is not known.
    """

    answered: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


def packed(
    answered: npt.NDArray[np.int64], confidence: npt.NDArray[np.float64], labels: npt.NDArray[np.int64] | None
) -> bytes:
    """Return the file: an uncompressed .npz, the same bytes for the same answers.

    Four bytes an image for up to 128 classes, five for up to 32,767: then each class takes as many bits as the largest
    needs, and the confidence what is left of forty, ten at least and sixteen at most.

    Args:
        answered: (images), −1 where the output is not finite.
        confidence: (images), 0..1.
        labels: (images), or None.
    """
    known = np.full(answered.shape, -1, np.int64) if labels is None else labels
    likely = np.nan_to_num(confidence)
    largest = int(max(answered.max(initial=0), known.max(initial=0)))
    bits = (largest + 1).bit_length()  # One value more than classes, for what is not known.
    if largest > _MOST_OF_A_BYTE and bits <= _MOST_BITS:
        arrays = {MARK: np.array(PACKED), "bits": np.array(bits), "answers": _together(answered, likely, known, bits)}
    else:
        arrays = {
            MARK: np.array(VERSION),
            "answered": _small(answered),
            "confidence": likely.astype(np.float16),
            "labels": _small(known),
        }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            written = io.BytesIO()
            np.lib.format.write_array(written, array, allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _DATE), written.getvalue())
    return file.getvalue()


def _small(classes: npt.NDArray[np.int64]) -> npt.NDArray[np.signedinteger]:
    """Return the same in as few bytes as hold the classes that occur."""
    return classes.astype(np.min_scalar_type(-1 - int(classes.max(initial=0))))


def _together(
    answered: npt.NDArray[np.int64], confidence: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], bits: int
) -> npt.NDArray[np.uint8]:
    """Return uint8 (images, 5): confidence, label and class, from the highest bit to the lowest."""
    unknown = (1 << bits) - 1
    steps = np.rint(np.clip(confidence, 0, 1) * _steps(bits)).astype(np.uint64)
    words = steps
    for each in (labels, answered):
        words = (words << np.uint64(bits)) | np.where(each < 0, unknown, each).astype(np.uint64)
    return words.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :_BYTES]


def _apart(found: npt.NDArray[np.uint8], bits: int) -> KeptAnswers:
    """Return what `_together` packed."""
    words = np.zeros((len(found), 8), np.uint8)
    words[:, :_BYTES] = found
    left = words.view("<u8")[:, 0]
    unknown = np.uint64((1 << bits) - 1)
    classes = []
    for _ in range(2):
        one = (left & unknown).astype(np.int64)
        classes.append(np.where(one == int(unknown), -1, one))
        left = left >> np.uint64(bits)
    steps = left & np.uint64(_steps(bits))
    return KeptAnswers(classes[0], (steps / _steps(bits)).astype(np.float32), classes[1])


def _steps(bits: int) -> int:
    """The largest confidence in whole numbers."""
    return int((1 << min(_BYTES * 8 - 2 * bits, 16)) - 1)


def unpacked(data: bytes, name: str) -> KeptAnswers:
    """Return what such a file holds.

    Args:
        data: Its bytes.
        name: What it is called in messages.

    Raises:
        DataError: It is none.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            version = int(found[MARK])
            if version == PACKED:
                bits, together = int(found["bits"]), np.asarray(found["answers"])
                if not (8 <= bits <= _MOST_BITS and together.dtype == np.uint8 and together.shape[1:] == (_BYTES,)):
                    raise _foreign(name, "")
                return _apart(together, bits)
            answered, confidence, labels = (np.asarray(found[each]) for each in ("answered", "confidence", "labels"))
        right = version == VERSION and answered.ndim == 1 and answered.shape == confidence.shape == labels.shape
        right = right and all(each.dtype.kind == "i" for each in (answered, labels)) and confidence.dtype.kind == "f"
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        EOFError,
        zipfile.BadZipFile,
        NotImplementedError,
        zlib.error,
    ) as error:
        raise _foreign(name, f" ({error})") from error
    if not right:
        raise _foreign(name, "")
    return KeptAnswers(answered.astype(np.int64), confidence.astype(np.float32), labels.astype(np.int64))


def _foreign(name: str, why: str) -> DataError:
    return DataError(
        f"{name!r} holds no answers{why}. Expected the file that --keep-answers wrote. Write it again, or remove it."
    )
