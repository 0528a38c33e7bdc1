from __future__ import annotations

import numpy as np
import pytest

from reportgen.errors import OptionsError
from reportgen.sources.dataset import Dataset, batches


def make(size: int) -> Dataset:
    images = np.arange(size).reshape(size, 1)
    return Dataset("numbers", "none", "as given", size, lambda at: images[list(at)], (1,), None, (), (), "")


@pytest.mark.parametrize(
    ("size", "batch", "expected"),
    [(5, 2, [[0, 1], [2, 3], [4]]), (4, 2, [[0, 1], [2, 3]]), (1, 9, [[0]]), (0, 3, [])],
)
def test_batches_hold_every_image_once_in_order(size: int, batch: int, expected: list[list[int]]) -> None:
    found = list(batches(make(size), batch))
    assert [list(indices) for indices, _ in found] == expected
    assert [images[:, 0].tolist() for _, images in found] == expected


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(OptionsError, match="batch size of 0"):
        next(batches(make(3), 0))
