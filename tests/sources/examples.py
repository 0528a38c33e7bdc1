"""Features -> files of records, as TensorFlow writes them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image


def example(**features: Any) -> bytes:
    """A serialized `tf.train.Example`; in names, "__" stands for "/"."""
    import tensorflow as tf

    made = {}
    for name, value in features.items():
        given = value if isinstance(value, list | np.ndarray) else [value]
        if len(given) and isinstance(given[0], bytes):
            feature = tf.train.Feature(bytes_list=tf.train.BytesList(value=given))
        elif len(given) and isinstance(given[0], int | np.integer):
            feature = tf.train.Feature(int64_list=tf.train.Int64List(value=given))
        else:
            feature = tf.train.Feature(float_list=tf.train.FloatList(value=given))
        made[name.replace("__", "/")] = feature
    return bytes(tf.train.Example(features=tf.train.Features(feature=made)).SerializeToString())


def write(path: Path, records: Iterable[bytes], compression: str = "") -> str:
    import tensorflow as tf

    with tf.io.TFRecordWriter(str(path), compression) as writer:
        for record in records:
            writer.write(record)
    return str(path)


def png(pixels: npt.NDArray[Any]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()
