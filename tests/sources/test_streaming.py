"""However many images there are, only a few sit in memory: what is held may grow with their number, not their size."""

from __future__ import annotations

import io
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from reportgen.sources.dataset import Manner, batches
from reportgen.sources.fitting import fit
from reportgen.sources.opening import open_data
from tests.commands import forked
from tests.nursery import PEAK
from tests.sources.examples import example, write

pytestmark = pytest.mark.slow

SIDE = 128
FEW, MANY = 256, 1280  # a stream is read 256 images at a time
# All of the larger set at once would take 1280 · 128 · 128 · 3 = 63 million bytes, four times that as float32.
MOST_GROWTH = 16 << 20

# A path of a list is text of less than 100 bytes; all else that is kept of a picture is less than that again.
MOST_GROWTH_OF_A_LINE = 200
FEW_LINES, MANY_LINES = 1_000, 30_000

READ_ALL = """
import sys
from reportgen.sources.opening import open_data
from reportgen.sources.dataset import Manner, batches
from reportgen.sources.fitting import fit

dataset = fit(open_data(sys.argv[1], (128, 128, 3)), (128, 128, 3), "float32", Manner(rescales=False))
assert sum(len(images) for _, images in batches(dataset, 64)) == int(sys.argv[2])
"""


def png(index: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), (index % 256, index // 256, 0)).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of few and of many pictures, and lists of both."""
    folder = tmp_path_factory.mktemp("pictures")
    for count in (FEW, MANY):
        (folder / str(count)).mkdir()
        for index in range(count):
            (folder / str(count) / f"{index}.png").write_bytes(png(index))
        lines = [f"{count}/{index}.png,{index % 3}\n" for index in range(count)]
        (folder / f"{count}.csv").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak")
@pytest.mark.parametrize(
    "suffix", [pytest.param("", id="folder"), pytest.param(".csv", id="list", marks=pytest.mark.exhaustive)]
)
def test_many_pictures_take_no_more_of_a_process_than_few(pictures: Path, suffix: str) -> None:
    peaks = [
        int(
            subprocess.run(
                [*forked(READ_ALL + PEAK), str(pictures / f"{count}{suffix}"), str(count)],
                capture_output=True,
                check=True,
            ).stdout
        )
        for count in (FEW, MANY)
    ]
    assert peaks[1] - peaks[0] < MOST_GROWTH


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not tell the peak")
def test_lines_that_name_no_picture_take_little_more_than_their_paths(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(png(0))

    def peak_of(count: int) -> int:
        lines = [f"images/of/a/folder/{index}.png,{index % 3}\n" for index in range(count)]
        (tmp_path / f"{count}.csv").write_text("".join(["a.png,1\n", *lines]), encoding="utf-8")
        command = [sys.executable, "-c", READ_ALL + PEAK, str(tmp_path / f"{count}.csv"), "1"]
        return int(subprocess.run(command, capture_output=True, check=True).stdout)

    growth = peak_of(MANY_LINES) - peak_of(FEW_LINES)
    assert growth < MOST_GROWTH_OF_A_LINE * (MANY_LINES - FEW_LINES)


def peak(spec: Callable[[], str], count: int) -> int:
    """Most bytes that Python and NumPy hold while a dataset is opened and read once."""
    named = spec()
    import_module("tensorflow")  # which is not to be counted, whatever was tested before
    tracemalloc.start()
    try:
        dataset = fit(open_data(named, (SIDE, SIDE, 3)), (SIDE, SIDE, 3), "float32", Manner(rescales=False))
        assert sum(len(images) for _, images in batches(dataset, 64)) == count
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_many_images_in_an_npy_file_take_no_more_memory_than_few(tmp_path: Path) -> None:
    def save(count: int) -> str:
        np.save(tmp_path / f"{count}.npy", np.zeros((count, SIDE, SIDE, 3), np.uint8))
        return str(tmp_path / f"{count}.npy")

    assert peak(lambda: save(MANY), MANY) - peak(lambda: save(FEW), FEW) < MOST_GROWTH


@pytest.mark.keras
@pytest.mark.parametrize("compression", [pytest.param("", marks=pytest.mark.exhaustive), "GZIP"])
def test_many_records_take_no_more_memory_than_few(tmp_path: Path, compression: str) -> None:
    def save(count: int) -> str:
        return write(tmp_path / str(count), (example(image=png(index), label=0) for index in range(count)), compression)

    # What is kept once, whatever the number of records, is not to be counted.
    peak(lambda: save(1), 1)
    assert peak(lambda: save(MANY), MANY) - peak(lambda: save(FEW), FEW) < MOST_GROWTH


@pytest.mark.keras
@pytest.mark.parametrize(
    "batch",
    [pytest.param("", id="one by one"), pytest.param(".batch(32)", id="in batches", marks=pytest.mark.exhaustive)],
)
def test_many_images_of_a_tf_dataset_take_no_more_memory_than_few(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: str
) -> None:
    monkeypatch.chdir(tmp_path)

    def save(count: int) -> str:
        module = f"own_stream_{count}_{len(batch)}"
        text = (
            "import tensorflow as tf\n\ndef data():\n    return tf.data.Dataset.range("
            f"{count}).map(lambda index: (tf.fill((128, 128, 3), index % 256), index % 3)){batch}\n"
        )
        (tmp_path / f"{module}.py").write_text(text, encoding="utf-8")
        return f"{module}:data"

    peak(lambda: save(1), 1)
    assert peak(lambda: save(MANY), MANY) - peak(lambda: save(FEW), FEW) < MOST_GROWTH
