"""Other scalings, tried: on networks trained here, the right one raises no doubt and each wrong one does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.scaling import ScaledAnswers, ScalingResult
from reportgen.findings.doubts import doubts
from reportgen.models import pixels
from reportgen.options import make
from reportgen.probes.scaling import NUM_FLIPS, NUM_UNLABELLED, run, tempered
from reportgen.sources import digits
from reportgen.sources.dataset import Array, Dataset, Manner
from reportgen.sources.fitting import fit
from reportgen.sources.memory import from_arrays
from tests.probes.subjects import costly, data, subject

pytestmark = [pytest.mark.keras, pytest.mark.numbers]

layers = keras.layers
SHAPE = (28, 28, 1)
SCALES: dict[str, Callable[[Array], Array]] = {
    "none": lambda images: images,
    "1/255": lambda images: images / 255,
    "-1..1": lambda images: images / 127.5 - 1,
}


@cache
def trained(first: str, scale: str) -> Any:
    """A network for digits, trained on pixels of one scale for a few seconds."""
    keras.utils.set_random_seed(1)
    begin = {"": [], "rescaling": [layers.Rescaling(1 / 255)], "batch": [layers.BatchNormalization()]}[first]
    model = keras.Sequential(
        [
            keras.Input(SHAPE),
            *begin,
            layers.Conv2D(8, 5, strides=2, activation="relu"),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(2e-3), "sparse_categorical_crossentropy")
    train = digits.training_set()
    images = SCALES[scale](train.read(range(train.size)).astype(np.float32)[..., None])
    model.fit(images, train.labels, batch_size=128, epochs=4, verbose=0)
    return model


def unit(dataset: Dataset) -> Dataset:
    """The same images, their values 0..1."""

    def read(indices: Any) -> Array:
        return np.asarray(dataset.read(indices) / 255)

    return replace(dataset, read=read)


def tried(model: Any, dataset: Dataset, way: str) -> tuple[ScalingResult, tuple[str, ...]]:
    """Try other scalings than one; return what was measured, and the ways that measured and said doubts name."""
    fitted = fit(dataset, SHAPE, "float32", Manner(pixels.rescales(model, SHAPE), scale=way))
    result = run(subject(model, fitted), make({}))
    assert result is not None
    assert fitted.scaling is not None
    assert tuple(each.way for each in result.ways) == fitted.scaling.names
    return result, tuple(doubt.other for doubt in doubts(result, fitted.scaling.doubts))


# Behind a normalization, networks for pixels of both scales are alike but for what they were trained on: one will do.
ANY_SCALE = pytest.mark.exhaustive

RIGHT: list[Any] = [("", "1/255", "auto"), ("", "-1..1", "-1..1"), ("", "none", "none")]
RIGHT += [("rescaling", "none", "auto"), ("batch", "none", "auto")]
RIGHT += [pytest.param("batch", "1/255", "auto", marks=ANY_SCALE)]


@pytest.mark.slow
@pytest.mark.parametrize("labels", [True, False], ids=["labels", "no-labels"])
@pytest.mark.parametrize(("first", "scale", "way"), RIGHT)
def test_the_right_scaling_raises_no_doubt(first: str, scale: str, way: str, labels: bool) -> None:
    held_out = digits.held_out_set()
    model = trained(first, scale)
    assert tried(model, held_out if labels else replace(held_out, labels=None), way)[1] == ()
    # The same images as fractions: what belongs to 0..255 has to be asked for then.
    again = {"none": "0..255", "1/255": "none", "-1..1": "-1..1"}[scale]
    assert tried(model, unit(held_out if labels else replace(held_out, labels=None)), again)[1] == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "scale", "way"),
    [
        ("", "1/255", "none"),
        ("", "1/255", "-1..1"),
        ("", "none", "auto"),
        ("", "none", "-1..1"),
        ("", "-1..1", "none"),
        ("", "-1..1", "auto"),
        ("rescaling", "none", "1/255"),
        ("rescaling", "none", "-1..1"),
        ("batch", "none", "1/255"),
        ("batch", "none", "-1..1"),
        pytest.param("batch", "1/255", "none", marks=ANY_SCALE),
        pytest.param("batch", "1/255", "-1..1", marks=ANY_SCALE),
    ],
)
def test_every_wrong_scaling_raises_a_doubt_that_names_the_right_one(first: str, scale: str, way: str) -> None:
    found = tried(trained(first, scale), digits.held_out_set(), way)[1]
    assert found[:1] == (scale,)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "scale", "way"),
    [
        ("", "1/255", "none"),
        ("", "none", "auto"),
        ("rescaling", "none", "1/255"),
        ("rescaling", "none", "-1..1"),
        ("batch", "none", "1/255"),
        pytest.param("batch", "1/255", "none", marks=ANY_SCALE),
    ],
)
def test_without_labels_a_scaling_that_is_far_off_raises_a_doubt(first: str, scale: str, way: str) -> None:
    found = tried(trained(first, scale), replace(digits.held_out_set(), labels=None), way)[1]
    assert found[:1] == (scale,)


@pytest.mark.slow
@pytest.mark.parametrize(("first", "scale"), [("rescaling", "none"), ("batch", "none"), ("", "none")])
def test_images_of_fractions_for_a_network_of_whole_pixels_are_doubted(first: str, scale: str) -> None:
    assert tried(trained(first, scale), unit(digits.held_out_set()), "auto")[1][:1] == ("0..255",)


def test_the_figures_are_those_of_the_model_itself() -> None:
    """The answers of Keras's own `predict`, counted here in another way."""
    model = trained("", "1/255")
    held_out = digits.held_out_set()
    # All images of the subset are looked at, so that no draw has to be repeated.
    images = held_out.read(range(0, 1000, 10)).astype(np.float32)[..., None]
    assert held_out.labels is not None
    labels = held_out.labels[::10]
    result, _ = tried(model, from_arrays(images, labels), "none")
    assert (result.num_images, result.num_classes) == (100, 10)
    answers = {way: model.predict(scale(images), verbose=0) for way, scale in SCALES.items()}
    hits = {
        way: [int(row.argmax()) == label for row, label in zip(rows, labels, strict=True)]
        for way, rows in answers.items()
    }
    for found in result.ways:
        rows, good = answers[found.way], hits[found.way]
        tops = [float(row.max()) for row in rows]
        picks = [int(row.argmax()) for row in rows]
        mean = math.fsum(tops) / 100
        assert found.right == good.count(True)
        assert found.confidence == pytest.approx(mean, abs=1e-5)
        assert found.spread == pytest.approx(math.sqrt(math.fsum((top - mean) ** 2 for top in tops) / 100), abs=1e-4)
        assert found.saturated == pytest.approx(sum(top > 0.9999 for top in tops) / 100, abs=0.011)
        assert (found.num_answered, found.commonest) == (len(set(picks)), max(map(picks.count, picks)) / 100)
        assert (found.low, found.high) == pytest.approx(
            (SCALES[found.way](images).min(), SCALES[found.way](images).max())
        )
        if found is not result.ways[0]:
            pairs = list(zip(hits["none"], good, strict=True))
            assert (found.gained, found.lost) == (pairs.count((False, True)), pairs.count((True, False)))
    assert result.ways[0].p_value is None


def test_one_way_is_compared_with_another_by_paired_changes_of_the_log_probability() -> None:
    """A network trained on -1..1: half the range costs it little accuracy, and 1,000 images show it."""
    result, named = tried(trained("", "-1..1"), digits.held_out_set(), "auto")
    used, *rest = result.ways
    assert (used.way, used.gain, used.p_value) == ("1/255", None, None)
    right = next(each for each in rest if each.way == "-1..1")
    assert named == ("-1..1",)
    assert right.gain is not None
    assert right.gain_interval is not None
    assert right.gain_interval[0] < right.gain < right.gain_interval[1]
    assert right.gain > (right.visible or math.inf)
    assert right.p_value == pytest.approx(len(rest) / (NUM_FLIPS + 1))
    assert result.visible == max(each.visible or 0 for each in rest)


@pytest.mark.parametrize("temperature", [0.05, 1.0, 20.0])
def test_how_sure_a_network_is_of_all_its_answers_makes_no_difference(temperature: float) -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(0, 4, 200)
    scores = draw.normal(size=(200, 4)) + 2 * np.eye(4)[labels]
    expected = tempered(scores, labels)
    np.testing.assert_allclose(tempered(scores / temperature, labels), expected, atol=1e-6)
    assert expected.mean() >= np.log(np.exp(scores)[np.arange(200), labels] / np.exp(scores).sum(axis=1)).mean()


def test_answers_that_are_all_right_are_as_probable_as_can_be() -> None:
    scores = tempered(np.array([[5.0, 0.0], [0.0, 1.0]]), np.array([0, 1]))
    assert scores.max() <= 0
    assert scores.min() > -1e-6


def test_images_are_drawn_over_all_classes_with_the_seed() -> None:
    seen: list[list[int]] = []
    held_out = digits.held_out_set()
    fitted = fit(held_out, SHAPE, "float32", Manner(rescales=False))
    scaling = fitted.scaling
    assert scaling is not None

    def watched(indices: Any, way: str) -> Array:
        if way == "none":
            seen[-1] += list(indices)
        return scaling.read(indices, way)

    dataset = replace(fitted, labels=None, scaling=replace(scaling, read=watched))
    for seed in (0, 0, 1):
        seen.append([])
        result = run(subject(small(shape=SHAPE), dataset), make({"seed": seed}))
        assert result is not None
        assert result.num_images == NUM_UNLABELLED
    assert seen[0] == seen[1] != seen[2]
    assert len(set(seen[0])) == NUM_UNLABELLED
    # The digits are sorted by class, 100 of each; 128 of 1000 drawn evenly miss none.
    assert held_out.labels is not None
    assert set(held_out.labels[seen[0]]) == set(range(10))


# Three ways are tried; 5 · 10^11 multiply-adds may be spent on 128 images, 10^11 on more.
@pytest.mark.parametrize(
    ("macs", "number"),
    [(10**6, 1000), (10**11 // 3 // 500, 500), (10**9, 128), (5 * 10**11 // 3 // 40, 40), (10**12, 16)],
)
def test_big_network_is_asked_about_fewer_images(macs: int, number: int) -> None:
    fitted = fit(digits.held_out_set(), SHAPE, "float32", Manner(rescales=False))
    result = run(costly(subject(small(shape=SHAPE), fitted), macs), make({}))
    assert result is not None
    assert (len(result.ways), result.num_images) == (3, number)


def small(activation: str = "softmax", units: int = 3, **others: Any) -> Any:
    """A network for images of 6 × 6, untrained."""
    keras.utils.set_random_seed(2)
    shape = others.pop("shape", (6, 6, 1))
    convolution = layers.Conv1D if len(shape) == 2 else layers.Conv2D
    head = layers.Dense(units, activation=activation)
    # Whole numbers have to be made fractions before a kernel can take them.
    begin = [layers.Rescaling(1 / 255)] if "dtype" in others else []
    return keras.Sequential([keras.Input(shape, **others), *begin, convolution(2, 3), layers.Flatten(), head])


def of(model: Any, images: Array, **others: Any) -> ScalingResult | None:
    dtype = str(model.inputs[0].dtype)
    return run(
        subject(model, fit(from_arrays(images), images.shape[1:], dtype, Manner(rescales=False, **others))), make({})
    )


BYTES = np.arange(12 * 36).reshape(12, 6, 6, 1).astype(np.uint8)


@pytest.mark.parametrize(
    ("model", "images"),
    [
        (lambda: small("linear", 1), BYTES),
        (lambda: small(), BYTES * 100.0),
        (lambda: small(), BYTES / 127.5 - 1),
        (lambda: small(dtype="uint8"), BYTES),
        (lambda: small(shape=(36, 1)), BYTES.reshape(12, 36, 1)),
    ],
    ids=["values", "wide", "signed", "whole", "signals"],
)
def test_what_cannot_be_compared_is_not_measured(model: Callable[[], Any], images: Array) -> None:
    assert of(model(), images) is None


def test_without_data_nothing_is_measured() -> None:
    assert run(subject(small()), make({})) is None
    assert run(subject(small(), data(BYTES)), make({})) is None


def test_one_sigmoid_stands_for_two_classes() -> None:
    result = of(small("sigmoid", 1), BYTES)
    assert result is not None
    assert result.num_classes == 2
    assert all(0.5 <= way.confidence <= 1 for way in result.ways)


def test_a_way_that_breaks_the_numbers_is_left_out_and_a_broken_model_is_not_measured() -> None:
    model = small("linear")
    kernel, bias = model.layers[0].get_weights()
    model.layers[0].set_weights([np.full_like(kernel, 1e36), bias])
    result = of(model, np.maximum(BYTES, 1))
    assert result is not None
    assert [way.way for way in result.ways] == ["1/255", "-1..1"]
    assert of(model, np.maximum(BYTES, 1), scale="none") is None


def test_no_gain_without_labels() -> None:
    result = of(small(), BYTES)
    assert result is not None

    def known(way: ScaledAnswers) -> list[Any]:
        return [way.right, way.gained, way.lost, way.p_value]

    assert all(known(way) == [None] * 4 for way in result.ways)
