"""Where in an image a channel responds that sees most of it at once, against its own map."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.responses import (
    CONTEXT_PIXELS,
    LIT_PLACES,
    NUM_BINS,
    NUM_STRONGEST,
    Patch,
    ResponsesResult,
)
from reportgen.options import make
from reportgen.probes import watching
from reportgen.probes.responses import run
from reportgen.probes.responses.lighting import lit
from reportgen.probes.responses.patches import filled
from reportgen.sources.dataset import Dataset
from tests import channels_made
from tests.probes.subjects import data, subject

pytestmark = [pytest.mark.keras]
layers = keras.layers


def watched(model: Any, dataset: Dataset) -> ResponsesResult:
    options, asked = make({}), subject(model, dataset)
    result = run(replace(asked, earlier={"watching": watching.run(asked, options)}), options)
    assert result is not None
    return result


def test_images_of_patches_are_kept_small_and_once() -> None:
    images = np.random.default_rng(0).uniform(0, 1, (3, 192, 96, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((192, 96, 1)), layers.Conv2D(1, 3, name="conv")])
    one, other, alone = (Patch(2, None, value, (0, 0), (0, 0, 3, 3)) for value in (1.0, 2.0, 3.0))
    found = filled([one, other], subject(model, data(images)), [alone])
    small = found[one].context
    assert small is not None
    assert small is found[other].context
    assert small.shape == (CONTEXT_PIXELS, CONTEXT_PIXELS // 2)
    assert found[one].size == (192, 96)
    assert found[alone].context is None
    assert found[alone].picture is not None


def test_small_images_are_kept_as_they_are() -> None:
    images = np.random.default_rng(0).uniform(0, 1, (1, 5, 7, 3)).astype(np.float32)
    model = keras.Sequential([keras.Input((5, 7, 3)), layers.Conv2D(1, 3, name="conv")])
    patch = Patch(0, None, 1.0, (0, 0), (0, 0, 3, 3))
    np.testing.assert_array_equal(
        filled([patch], subject(model, data(images)))[patch].context, np.rint(images[0] * 255)
    )


@pytest.mark.parametrize("kind", ["channels_last", "capped"])
def test_places_at_half_of_the_peak_are_lit_where_a_box_would_cover_most_of_the_image(kind: str) -> None:
    """The first layer sees 3 of 8 pixels, the second 7 of them a side: more than half of all."""
    cap = "relu6" if kind == "capped" else "relu"
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(2, 3, padding="same", name="narrow"),
            layers.Conv2D(3, 5, padding="same", activation=cap, name="wide"),
        ]
    )
    model.get_layer("wide").set_weights([100 * w for w in model.get_layer("wide").get_weights()])
    images = np.random.default_rng(0).uniform(0, 1, (9, 8, 8, 1)).astype(np.float32)
    plain = keras.models.clone_model(model)
    plain.set_weights(model.get_weights())
    plain.get_layer("wide").activation = keras.activations.relu
    maps = np.asarray(plain(images))
    channel = int(maps.max(axis=(0, 1, 2)).argmax())
    place = tuple(map(int, np.unravel_index(maps[4, ..., channel].argmax(), (8, 8))))
    patch = Patch(4, None, 1.0, place, (0, 0, 8, 8))
    found = lit(subject(model, data(images)), {("wide", channel): (patch,), ("narrow", 0): (patch,)}, (8, 8))
    assert found["narrow", 0] == (patch,)
    (drawn,) = found["wide", channel]
    assert replace(drawn, lit=None) == patch
    np.testing.assert_array_equal(drawn.lit, maps[4, ..., channel] >= maps[4, ..., channel].max() / 2)


def test_large_maps_are_lit_in_blocks() -> None:
    size = 2 * LIT_PLACES
    # A wide view of few weights: a window as large as the image takes minutes.
    conv = layers.Conv2D(1, 3, dilation_rate=size // 2 - 1, padding="same", kernel_initializer="ones", name="wide")
    model = keras.Sequential([keras.Input((size, size, 1)), conv])
    images = np.random.default_rng(0).uniform(0, 1, (1, size, size, 1)).astype(np.float32)
    (drawn,) = lit(subject(model, data(images)), {("wide", 0): (Patch(0, None, 1.0, (56, 56), ()),)}, (size, size))[
        "wide", 0
    ]
    assert drawn.lit is not None
    assert drawn.lit.shape == (LIT_PLACES, LIT_PLACES)
    assert drawn.lit[LIT_PLACES // 2, LIT_PLACES // 2]


def test_peaks_are_counted_before_a_cap() -> None:
    model = keras.Sequential(
        [keras.Input((8, 8, 1)), layers.Conv2D(2, 1, activation="relu6", name="conv"), layers.GlobalMaxPooling2D()]
    )
    model.get_layer("conv").set_weights([np.array([[[[10.0, 1.0]]]]), np.zeros(2)])
    images = np.random.default_rng(0).uniform(0, 1, (200, 8, 8, 1)).astype(np.float32)
    result = watched(model, data(images))
    (call,) = result.calls
    highest = 10 * images.reshape(200, -1).max(axis=1)
    peaks = call.channels[0].peaks
    assert (result.num_peaks, call.cap) == (200, 6.0)
    assert peaks is not None
    assert (peaks.low, peaks.high) == pytest.approx((highest.min(), highest.max()))
    # Values that lie on a bound within a rounding may fall on either side of it.
    expected = np.histogram(highest, bins=NUM_BINS)[0]
    assert sum(peaks.counts) == 200
    assert np.abs(np.array(peaks.counts) - expected).sum() <= 2


def test_classes_of_the_strongest_images_are_kept_and_every_lively_channel_has_its_best_patch() -> None:
    images, labels = channels_made.pictures(60)
    dataset, model = data(images, labels.tolist(), channels_made.CLASSES), channels_made.faulty()
    result = watched(model, dataset)
    (call,) = result.calls
    inner = keras.Model(model.inputs, model.get_layer(call.judged_at).output)
    maps = np.asarray(inner(keras.tree.pack_sequence_as(inner.input, [images]))).max(axis=(1, 2))
    names = [result.classes[place] for place in call.channels[channels_made.CHECK].strongest]
    assert len(names) <= NUM_STRONGEST
    order = np.argsort(-maps[:, channels_made.CHECK], kind="stable")[: len(names)]
    assert sorted(names) == sorted(dataset.class_names[labels[place]] for place in order)
    for each in call.channels:
        assert (each.best is None) == (each.state in {"dead", "stuck"})
        assert each.best is None or each.best.picture is not None


def test_place_that_sees_most_of_a_signal_shows_where_its_channel_responds() -> None:
    signals = np.random.default_rng(0).normal(size=(4, 40, 1)).astype(np.float32)
    model = keras.Sequential([keras.Input((40, 1)), layers.Conv1D(1, 25, padding="same", name="conv")])
    (call,) = watched(model, data(signals)).calls
    patch = call.channels[0].patches[0]
    values = np.asarray(model(signals))[patch.image, :, 0]
    assert patch.lit is not None
    assert patch.lit.tolist() == [(values >= values.max() / 2).tolist()]
    narrow = keras.Sequential([keras.Input((40, 1)), layers.Conv1D(1, 5, padding="same", name="conv")])
    (call,) = watched(narrow, data(signals)).calls
    assert call.channels[0].patches[0].lit is None
