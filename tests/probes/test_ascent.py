"""The parts of the ascent: spectra against sums of waves, and moved pictures against numpy's own moves."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from reportgen.probes.dreams import ascent

pytestmark = [pytest.mark.keras, pytest.mark.numbers]


@pytest.mark.parametrize(("height", "width"), [(8, 8), (6, 9)])
def test_one_number_of_a_spectrum_is_one_wave(height: int, width: int) -> None:
    spectrum = ascent._Spectrum((height, width, 1))
    values = np.zeros((1, *spectrum.shape), np.float32)
    values[0, 0, 1, 2, 0] = 5.0
    shares = spectrum.pictures(tf.constant(values)).numpy()[0, ..., 0].astype(np.float64)
    rows, columns = np.mgrid[0:height, 0:width]
    wave = np.cos(2 * np.pi * (rows / height + 2 * columns / width))
    assert np.corrcoef(np.log(shares / (1 - shares)).ravel(), wave.ravel())[0, 1] == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("height", "width", "colours"), [(28, 28, 1), (15, 22, 3)])
def test_spectrum_of_deviation_one_is_a_picture_of_deviation_one(height: int, width: int, colours: int) -> None:
    spectrum = ascent._Spectrum((height, width, colours))
    values = np.random.default_rng(0).normal(size=(300, *spectrum.shape))
    shares = spectrum.pictures(tf.constant(values, tf.float32)).numpy().astype(np.float64)
    # The mean brightness of one picture is its own, so that only many pictures tell.
    assert np.log(shares / (1 - shares)).std() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(
    ("move", "expected"),
    [
        ((0, 0, 0, 0), lambda picture: picture),
        ((0, 0, 1, 0), lambda picture: np.vstack([picture[1:], np.full((1, 5), 0.5)])),
        ((0, 0, 0, -2), lambda picture: np.hstack([np.full((5, 2), 0.5), picture[:, :-2]])),
        ((90, 0, 0, 0), lambda picture: np.rot90(picture, -1)),
        ((0, 0, 40, 0), lambda picture: np.full((5, 5), 0.5)),
    ],
    ids=["nothing", "down", "left", "turned", "far-outside"],
)
def test_pictures_are_moved_as_numpy_moves_them(move: tuple[float, ...], expected: object) -> None:
    picture = np.random.default_rng(1).uniform(0, 1, (5, 5)).astype(np.float32)
    found = ascent._moved(tf.constant(picture[None, ..., None]), tf.constant(move, tf.float32)).numpy()[0, ..., 0]
    assert callable(expected)
    assert np.allclose(found, expected(picture), atol=1e-5)


def test_half_a_pixel_is_the_mean_of_two() -> None:
    picture = np.arange(16, dtype=np.float32).reshape(4, 4) / 16
    found = ascent._moved(tf.constant(picture[None, ..., None]), tf.constant([0, 0, 0, 0.5], tf.float32)).numpy()
    assert np.allclose(found[0, :, :-1, 0], (picture[:, :-1] + picture[:, 1:]) / 2, atol=1e-6)
