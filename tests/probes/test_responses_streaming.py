"""However many images there are, only a few sit in memory while every channel is watched."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.commands import forked
from tests.nursery import PEAK

pytestmark = [pytest.mark.slow, pytest.mark.keras]
FEW, MANY = 500, 5_000
# All images at once would take 5000 · 64 · 64 · 3 · 4 bytes as float32: 246 million; the maps of the only conv layer
# 5000 · 31 · 31 · 16 · 4 bytes: 308 million.
MOST_GROWTH = 100 << 20

WATCH = """
import sys
import keras, numpy as np
from reportgen.models.inspection import inspect
from reportgen.options import Options
from reportgen.probes.watching import run
from reportgen.models.subject import Subject
from reportgen.sources.dataset import Dataset

number = int(sys.argv[1])

def read(indices):
    return np.stack([np.random.default_rng(index).random((64, 64, 3), np.float32) for index in indices])

labels = np.arange(number) % 5
data = Dataset("drawn", "memory", "as given", number, read, (64, 64, 3), labels=labels, class_names=(), image_names=(),
    sha256="ab")
model = keras.Sequential([keras.Input((64, 64, 3)), keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
    keras.layers.GlobalAveragePooling2D()])
result = run(Subject(model, inspect(model), data), Options()).responses
assert result.num_images == number
assert sum(result.class_counts) == number
assert all(channel.count == number * 961 for channel in result.calls[0].channels)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak")
def test_many_images_take_no_more_of_a_process_than_few() -> None:
    peaks = [
        int(subprocess.run([*forked(WATCH + PEAK), str(number)], capture_output=True, check=True).stdout)
        for number in (FEW, MANY)
    ]
    assert peaks[1] - peaks[0] < MOST_GROWTH
