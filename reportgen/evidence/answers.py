"""What a model answers to each image, kept in a file of four to six bytes an image, and read again."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reportgen.errors import DataError

MARK = "reportgen-answers"
"""Name of an array in the file, which says that it is one of ours and of which version."""
VERSION = 1
FACT = "SHA-256 of the answers"
"""Name of the fact of a report that says which file of answers belongs to it."""
FORMAT = "answers"
"""The format that keeps them."""
_DATE = (1980, 1, 1, 0, 0, 0)  # The same bytes at any time.


@dataclass(frozen=True, slots=True)
class KeptAnswers:
    """What the main output answers to each image, in the order of the data.

    Attributes:
        answered: int64 (images): index of the predicted class, −1 where the output is not finite.
        confidence: float32 (images): the probability of that class, 0..1, rounded to 16 bits.
        labels: int64 (images): index of the true class, −1 where it is not known.
    """

    answered: npt.NDArray[np.int64]
    confidence: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int64]


def packed(
    answered: npt.NDArray[np.int64], confidence: npt.NDArray[np.float64], labels: npt.NDArray[np.int64] | None
) -> bytes:
    """Return the file: an uncompressed .npz, the same bytes for the same answers.

    Four bytes an image for up to 128 classes, six for up to 32,768.

    Args:
        answered: (images), −1 where the output is not finite.
        confidence: (images), 0..1.
        labels: (images), or None.
    """
    known = np.full(answered.shape, -1, np.int64) if labels is None else labels
    arrays = {
        MARK: np.array(VERSION),
        "answered": _small(answered),
        "confidence": np.nan_to_num(confidence).astype(np.float16),
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
            answered, confidence, labels = (np.asarray(found[each]) for each in ("answered", "confidence", "labels"))
        right = version == VERSION and answered.ndim == 1 and answered.shape == confidence.shape == labels.shape
        right = right and all(each.dtype.kind == "i" for each in (answered, labels)) and confidence.dtype.kind == "f"
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, NotImplementedError) as error:
        raise _foreign(name, f" ({error})") from error
    if not right:
        raise _foreign(name, "")
    return KeptAnswers(answered.astype(np.int64), confidence.astype(np.float32), labels.astype(np.int64))


def _foreign(name: str, why: str) -> DataError:
    return DataError(
        f"{name!r} holds no answers{why}. Expected the file that --keep-answers wrote. Write it again, or remove it."
    )
