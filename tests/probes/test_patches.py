"""Patches cut at the place that a position sees, against which pixels really move that position."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.responses import PATCH_PIXELS, Patch
from reportgen.layers.reach import UNKNOWN
from reportgen.models.inspection import inspect
from reportgen.probes.responses.patches import CURVE_SIDE, box, cut, extent, filled, middle_slice, reaches
from tests.probes.subjects import data, subject

layers = keras.layers
SIZE = (24, 20)


def seen(model: Any, size: tuple[int, int], position: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Find out which pixels move a position of the last output, by moving each: rows and columns, ends excluded.

    What moves by less than a few roundings does not move: another image of a batch may be summed in another order.
    """
    base = np.random.default_rng(0).uniform(1, 2, (1, *size, 1)).astype(np.float32)
    moved = np.repeat(base, size[0] * size[1], axis=0)
    for place in range(size[0] * size[1]):
        moved[place, place // size[1], place % size[1]] += 1
    before, after = (np.asarray(model(images))[:, position[0], position[1], 0] for images in (base, moved))
    rows, columns = np.nonzero(~np.isclose(after, before[0], rtol=1e-5, atol=0).reshape(size))
    if not len(rows):
        return None
    return int(rows.min()), int(columns.min()), int(rows.max()) + 1, int(columns.max()) + 1


def stack(*parts: Any, size: tuple[int, int] = SIZE) -> Any:
    model = keras.Sequential([keras.Input((*size, 1)), *parts])
    for weight in model.weights:
        weight.assign(np.random.default_rng(1).uniform(0.5, 1, weight.shape))
    return model


STACKS = {
    "conv": lambda: stack(layers.Conv2D(1, 3, name="last")),
    "same": lambda: stack(layers.Conv2D(1, (3, 5), padding="same", name="last")),
    "strides": lambda: stack(
        layers.Conv2D(1, 3, strides=2, padding="same"), layers.Conv2D(1, 3, strides=2, padding="same", name="last")
    ),
    "pooled": lambda: stack(layers.Conv2D(1, 3), layers.AveragePooling2D(2), layers.Conv2D(1, 2, name="last")),
    "dilated": lambda: stack(layers.Conv2D(1, 3, dilation_rate=2, padding="same", name="last")),
    "padded": lambda: stack(layers.ZeroPadding2D(((2, 1), (0, 3))), layers.Conv2D(1, 3, name="last")),
    "upsampled": lambda: stack(
        layers.AveragePooling2D(2), layers.UpSampling2D(2), layers.Conv2D(1, 3, padding="same", name="last")
    ),
    "transposed": lambda: stack(
        layers.Conv2D(1, 2, strides=2), layers.Conv2DTranspose(1, 3, strides=2, padding="same", name="last")
    ),
}


@pytest.mark.keras
@pytest.mark.numbers
@pytest.mark.parametrize("name", STACKS)
def test_box_holds_the_pixels_that_move_a_position_and_no_others(name: str) -> None:
    model = STACKS[name]()
    record = inspect(model)
    own = reaches(record)["last"]
    height, width = record.layers[-1].output_shape[:2]
    assert height
    assert width
    for position in ((height // 2, width // 2), (height // 2 + 1, width // 2), (height // 2, width // 2 + 1)):
        assert box(own, position, SIZE) == seen(model, SIZE, position)
    for position in ((0, 0), (0, 3), (height - 1, width - 1)):
        # At the border some of the positions between are padding, and some taps of a dilated kernel are outside.
        top, left, bottom, right = box(own, position, SIZE)
        found = seen(model, SIZE, position)
        assert found is None or (top <= found[0] and left <= found[1] and found[2] <= bottom and found[3] <= right)


@pytest.mark.keras
def test_box_is_the_whole_image_where_every_position_sees_all() -> None:
    model = keras.Sequential(
        [
            keras.Input((6, 7, 1)),
            layers.Flatten(),
            layers.Dense(4),
            layers.Reshape((2, 2, 1)),
            layers.Conv2D(1, 1, name="last"),
        ]
    )
    assert box(reaches(inspect(model))["last"], (1, 1), (6, 7)) == (0, 0, 6, 7)
    assert box(UNKNOWN, (1, 1), (6, 7)) == (0, 0, 6, 7)


def test_what_lies_outside_is_black_and_said_to_be_outside() -> None:
    levels = np.arange(1, 21, dtype=np.uint8).reshape(4, 5)
    picture, inside = cut(levels, (-1, 3, 2, 6))
    assert picture.tolist() == [[0, 0, 0], [4, 5, 0], [9, 10, 0]]
    assert inside == (1, 0, 3, 2)


def test_patch_in_the_image_is_the_image_there() -> None:
    levels = np.random.default_rng(0).integers(0, 256, (9, 8, 3), np.uint8)
    picture, inside = cut(levels, (2, 1, 6, 8))
    np.testing.assert_array_equal(picture, levels[2:6, 1:8])
    assert inside == (0, 0, 4, 7)


def test_patch_altogether_outside_has_nothing_inside() -> None:
    picture, inside = cut(np.full((4, 4), 9, np.uint8), (-5, 0, -2, 3))
    assert (picture.tolist(), inside) == ([[0] * 3] * 3, (0, 0, 0, 3))


def test_large_patch_shows_every_nth_pixel() -> None:
    levels = np.random.default_rng(0).integers(1, 256, (200, 150), np.uint8)
    picture, inside = cut(levels, (-10, 0, 190, 150))
    assert max(picture.shape) <= PATCH_PIXELS
    # 200 pixels in steps of four: rows −10, −6, −2, 2 …; the first three are outside.
    assert inside == (3, 0, 50, 38)
    np.testing.assert_array_equal(picture[3:], levels[2:190:4, ::4])
    assert not picture[:3].any()


@pytest.mark.keras
def test_pictures_of_patches_are_pixels_of_their_images() -> None:
    images = np.random.default_rng(0).uniform(0, 1, (3, 5, 5, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((5, 5, 1)), layers.Conv2D(1, 3, name="conv")])
    asked = [Patch(2, None, 1.0, (0, 0), (0, 0, 3, 3)), Patch(0, None, 1.0, (1, 1), (1, 1, 4, 4))]
    found = filled(asked, subject(model, data(images)))
    for patch in asked:
        top, left, bottom, right = patch.box
        expected = np.rint(images[patch.image, top:bottom, left:right, 0] * 255)
        np.testing.assert_array_equal(found[patch].picture, expected)


@pytest.mark.keras
@pytest.mark.parametrize(
    "parts",
    [
        lambda: (layers.Conv1D(1, 3, name="last"),),
        lambda: (layers.Conv1D(1, 3, strides=2, padding="same"), layers.Conv1D(1, 4, padding="same", name="last")),
        lambda: (layers.Conv1D(1, 3), layers.AveragePooling1D(2), layers.Conv1D(1, 2, dilation_rate=2, name="last")),
    ],
    ids=["conv", "strides", "pooled"],
)
def test_box_on_a_signal_holds_the_positions_that_move_a_place(parts: Any) -> None:
    model = keras.Sequential([keras.Input((40, 1)), *parts()])
    for weight in model.weights:
        weight.assign(np.random.default_rng(1).uniform(0.5, 1, weight.shape))
    base = np.random.default_rng(0).uniform(1, 2, (1, 40, 1)).astype(np.float32)
    moved = np.repeat(base, 40, axis=0)
    moved[np.arange(40), np.arange(40), 0] += 1
    before, after = (np.asarray(model(signals))[..., 0] for signals in (base, moved))
    own = reaches(inspect(model))["last"]
    for place in (before.shape[1] // 2, before.shape[1] // 2 + 1):
        seen_at = np.flatnonzero(~np.isclose(after[:, place], before[0, place], rtol=1e-5, atol=0))
        assert box(own, (place,), (1, 40)) == (0, seen_at[0], 1, seen_at[-1] + 1)


@pytest.mark.keras
def test_patch_of_a_signal_is_the_curve_in_its_box_and_lies_in_the_whole() -> None:
    signals = np.zeros((2, 60, 1), np.float32)
    signals[1, 30:] = 1  # a step: low in its first half, high in its second
    model = keras.Sequential([keras.Input((60, 1)), layers.Conv1D(1, 3, name="conv")])
    own = subject(model, data(signals))
    assert extent(own, 0) == (1, 60)
    step, flat, beyond = (Patch(1, None, 1.0, (0,), place) for place in ((0, 20, 1, 40), (0, 0, 1, 20), (0, 50, 1, 70)))
    found = filled([step, flat, beyond], own)
    pictures, whole = [], found[step].context
    for patch in (step, flat, beyond):
        drawn = found[patch]
        assert (drawn.size, drawn.inside) == ((1, 60), (0, 0, CURVE_SIDE, CURVE_SIDE))
        assert drawn.picture is not None
        assert drawn.picture.shape == (CURVE_SIDE, CURVE_SIDE)
        assert drawn.context is whole
        pictures.append(drawn.picture)
    first, second = (pictures[0][:, half] for half in (slice(2, 22), slice(26, 46)))
    assert first.nonzero()[0].mean() > 0.8 * CURVE_SIDE
    assert second.nonzero()[0].mean() < 0.2 * CURVE_SIDE
    # What has one value everywhere lies at the foot, also where most of the box is beyond the end.
    for picture in pictures[1:]:
        assert picture.nonzero()[0].mean() > 0.8 * CURVE_SIDE
    assert whole is not None
    half = whole.shape[1] // 2
    assert whole[:, : half - 2].nonzero()[0].mean() > 0.8 * len(whole)
    assert whole[:, half + 2 :].nonzero()[0].mean() < 0.2 * len(whole)


@pytest.mark.keras
def test_patch_of_a_volume_is_of_the_slice_in_the_middle_of_what_is_seen() -> None:
    values = np.random.default_rng(0).uniform(0, 1, (2, 9, 8, 7, 1)).astype(np.float32)
    model = keras.Sequential(
        [keras.Input((9, 8, 7, 1)), layers.Conv3D(1, 3, name="first"), layers.Conv3D(1, 3, strides=2, name="last")]
    )
    own, seen = subject(model, data(values)), reaches(inspect(model))["last"]
    size = extent(own, 0)
    assert size == (9, 8, 7)
    # From position (1, 0, 1) on, jumps of two and a field of five along each axis: slices 2 to 6.
    assert box(seen, (1, 0, 1), size) == (0, 2, 5, 7)
    assert middle_slice(seen, (1, 0, 1), size) == 4
    patch = Patch(1, None, 1.0, (1, 0, 1), (0, 2, 5, 7), slice=4)
    (drawn,) = filled([patch], own).values()
    np.testing.assert_array_equal(drawn.picture, np.rint(values[1, 4, 0:5, 2:7, 0] * 255))
    np.testing.assert_array_equal(drawn.context, np.rint(values[1, 4, ..., 0] * 255))
    assert drawn.size == (8, 7)
    assert middle_slice(UNKNOWN, (1, 0, 1), size) == 4
    assert middle_slice(seen, (1, 0), (8, 7)) is None


@pytest.mark.keras
def test_signals_of_many_channels_and_films_of_volumes_have_no_patches() -> None:
    film = layers.TimeDistributed(layers.Conv3D(1, 2, name="conv"))
    for shape, layer in (((30, 9), layers.Conv1D(1, 2, name="conv")), ((3, 5, 5, 5, 1), film)):
        model = keras.Sequential([keras.Input(shape), layer])
        assert extent(subject(model, data(np.zeros((2, *shape), np.float32))), 0) is None
