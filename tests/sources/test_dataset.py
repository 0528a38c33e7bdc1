from __future__ import annotations

import numpy as np
import pytest

from reportgen.errors import OptionsError
from reportgen.records.data import Reason
from reportgen.sources.dataset import Dataset, LeftOut, batches


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


def test_images_that_cannot_be_read_are_all_counted_however_many_and_odd() -> None:
    left_out = LeftOut()
    for number in range(1000):
        left_out.add(f"{number}.png", "is empty" if number % 2 else f"holds {number} numbers")
    assert [broken.name for broken in left_out.first] == [f"{number}.png" for number in range(200)]
    reasons = left_out.reasons()
    # Of the reasons, which could be as many as the images, nineteen besides the common one are kept apart.
    assert reasons[:2] == (Reason("is empty", 500), Reason("has another fault", 481))
    assert sorted(reason.reason for reason in reasons[2:]) == sorted(
        f"holds {2 * place} numbers" for place in range(19)
    )
    assert sum(reason.number for reason in reasons) == 1000


def test_a_batch_of_nothing_is_refused() -> None:
    with pytest.raises(OptionsError, match="batch size of 0"):
        next(batches(make(3), 0))
