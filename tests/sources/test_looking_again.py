"""Images that are read again: the same values, decoded seldom, in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reportgen.sources.dataset import Array
from reportgen.sources.looking_again import forget, keeping

SIZE = 20
IMAGES = np.random.default_rng(0).integers(0, 256, (SIZE, 2, 3), np.uint8)
EACH = IMAGES[0].nbytes


def reader(most_bytes: int) -> tuple[Callable[[Sequence[int]], Array], Counter[int]]:
    """A way to read that keeps so many bytes, and how often each image was decoded for it."""
    decoded = Counter[int]()

    def read(indices: Sequence[int]) -> Array:
        decoded.update(indices)
        return IMAGES[list(indices)]

    return keeping(read, SIZE, EACH, most_bytes), decoded


@given(st.lists(st.lists(st.integers(0, SIZE - 1), min_size=1), max_size=20), st.integers(0, SIZE * EACH))
def test_what_is_read_is_what_is_there_in_any_order(asked: list[list[int]], most_bytes: int) -> None:
    read, _ = reader(most_bytes)
    for indices in asked:
        np.testing.assert_array_equal(read(indices), IMAGES[indices])


def test_image_is_decoded_twice_however_often_it_is_asked_for() -> None:
    read, decoded = reader(SIZE * EACH)
    for _ in range(5):
        read(range(SIZE))
        read([3, 3, 7])
    assert set(decoded.values()) == {2}


def test_what_a_caller_does_to_images_changes_nothing_that_is_kept() -> None:
    read, _ = reader(SIZE * EACH)
    for _ in range(3):
        found = read([4, 5])
        found[:] = 0
    np.testing.assert_array_equal(read([4, 5]), IMAGES[4:6])


def test_as_many_images_are_kept_as_there_is_room_for() -> None:
    read, decoded = reader(10 * EACH)
    for _ in range(101):
        read(range(SIZE))
    # Of 20 images at most 10 are kept, so that each round decodes 10 at least; the oldest giving way, it would be all.
    rounds = (decoded.total() - SIZE) / 100
    assert 10 <= rounds < 16


def test_images_are_let_go_where_nobody_looks_any_more() -> None:
    read, decoded = reader(SIZE * EACH)
    for _ in range(3):
        read([1, 2])
    assert decoded[1] == 2
    forget()
    np.testing.assert_array_equal(read([1, 2]), IMAGES[1:3])
    assert decoded[1] == 3


def test_where_there_is_no_room_every_look_decodes() -> None:
    read, decoded = reader(EACH - 1)
    for _ in range(3):
        read([1])
    assert decoded[1] == 3
