"""What a model says of its pixel values: by what happens to black and white before its first kernel, and by names."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.models import pixels
from tests.models import toys

pytestmark = pytest.mark.keras

layers = keras.layers


def chain(*first: Any, shape: tuple[int | None, ...] = (8, 8, 3)) -> Any:
    return keras.Sequential(
        [keras.Input(shape), *first, layers.Conv2D(2, 3), layers.GlobalMaxPooling2D()], name="outer"
    )


def normalization(mean: float, deviation: float) -> Any:
    return layers.Normalization(axis=None, mean=mean, variance=deviation**2, name="norm")


def batch_normalization(mean: float, deviation: float) -> Any:
    """A first layer as training on images of this mean and deviation leaves it."""
    model = chain(layers.BatchNormalization(name="norm"))
    layer = model.layers[0]
    gamma, beta, _, _ = layer.get_weights()
    layer.set_weights([gamma, beta, np.full(3, mean, np.float32), np.full(3, deviation**2, np.float32)])
    return model


def with_operators(function: Callable[[Any], Any]) -> Any:
    start = keras.Input((8, 8, 3))
    return keras.Model(start, layers.Conv2D(2, 3)(function(start)))


def nested(*first: Any) -> Any:
    inner = keras.Sequential([keras.Input((8, 8, 3)), *first, layers.Conv2D(2, 3)], name="backbone")
    return keras.Sequential([keras.Input((8, 8, 3)), inner, layers.GlobalMaxPooling2D()])


class Halves(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
    """A layer of the user's own that brings 0..255 to -1..1."""

    def call(self, inputs: Any) -> Any:
        return inputs / 127.5 - 1.0


class Own(keras.Model):  # type: ignore[misc, unused-ignore]
    """A subclassed model, which declares no input."""

    def __init__(self) -> None:
        super().__init__()
        self.scaled = layers.Rescaling(1 / 255, name="scaled")
        self.conv = layers.Conv2D(2, 3)

    def call(self, inputs: Any) -> Any:
        return self.conv(self.scaled(inputs))


class Inline(keras.Model):  # type: ignore[misc, unused-ignore]
    """A model that rescales between its layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = layers.Conv2D(2, 3)

    def call(self, inputs: Any) -> Any:
        return self.conv(inputs / 255)


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: Inline(), True),
        (lambda: chain(), False),
        (lambda: chain(layers.Rescaling(1 / 255, name="scaled")), "scaled"),
        (lambda: chain(layers.Rescaling(1 / 127.5, offset=-1, name="scaled")), "scaled"),
        (lambda: chain(layers.Rescaling(2.0, offset=-1)), False),
        (lambda: chain(layers.Rescaling(255), layers.Rescaling(1 / 255)), False),
        (lambda: chain(layers.Rescaling(1.0, offset=-123, name="centred")), "centred"),
        (lambda: chain(normalization(120.0, 60.0)), "norm"),
        (lambda: chain(normalization(0.47, 0.24)), False),
        (lambda: batch_normalization(120.0, 60.0), "norm"),
        (lambda: batch_normalization(0.47, 0.24), False),
        (lambda: chain(layers.BatchNormalization()), False),
        (lambda: chain(layers.ZeroPadding2D(3), layers.RandomFlip(), shape=(2, 2, 3)), False),
        (lambda: nested(layers.Rescaling(1 / 255, name="scaled")), "backbone/scaled"),
        (lambda: nested(), False),
        (lambda: with_operators(lambda x: x / 127.5 - 1.0), "true_divide"),
        (lambda: with_operators(keras.applications.resnet50.preprocess_input), "add"),
        (lambda: with_operators(lambda x: x * 2.0 - 1.0), False),
        (lambda: chain(Halves(name="own")), "own"),
        (lambda: chain(layers.Conv2D(3, 1), layers.Rescaling(1 / 255)), False),
        (lambda: keras.Sequential([keras.Input((8, 8, 3), dtype="uint8"), layers.Rescaling(1 / 255)]), False),
        (lambda: toys.twins(), False),
        (lambda: Own(), "scaled"),
    ],
)
def test_rescaling_before_the_first_kernel_is_found(build: Callable[[], Any], expected: str | bool) -> None:
    keras.backend.clear_session()
    model = build()
    found = pixels.rescales(model, (8, 8, 3))
    assert re.sub(r"_\d+$", "", found) == expected if isinstance(found, str) else found == expected


def test_open_sizes_are_no_hindrance() -> None:
    model = chain(layers.Rescaling(1 / 255, name="scaled"), shape=(None, None, 3))
    assert pixels.rescales(model, (None, None, 3)) == "scaled"


@pytest.mark.parametrize("size", [1, 2, 3])
def test_batch_size_of_the_model_is_no_hindrance(size: int) -> None:
    start = keras.Input(batch_shape=(size, 8, 8, 3))
    # The reshape makes a batch of any other size an error.
    scaled = layers.Rescaling(1 / 255, name="scaled")(keras.ops.reshape(start, (size, 8, 8, 3)))
    model = keras.Model(start, layers.Conv2D(2, 3)(scaled))
    assert pixels.rescales(model, (8, 8, 3)) == "scaled"


def test_a_model_that_cannot_be_run_says_nothing() -> None:
    assert pixels.rescales(chain(), (8, 8, 5)) is False


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(lambda: keras.applications.EfficientNetB0(weights=None, input_shape=(32, 32, 3)), id="b0"),
        pytest.param(lambda: keras.applications.MobileNetV3Small(weights=None, input_shape=(32, 32, 3)), id="v3"),
        pytest.param(lambda: keras.applications.ConvNeXtTiny(weights=None, input_shape=(32, 32, 3)), id="convnext"),
    ],
)
def test_networks_of_keras_that_rescale_inside_are_found_in_a_model_around_them(build: Callable[[], Any]) -> None:
    base = build()
    model = keras.Sequential([keras.Input((32, 32, 3)), base])
    found = pixels.rescales(model, (32, 32, 3))
    assert isinstance(found, str)
    assert found.startswith(f"{base.name}/")
    assert pixels.networks(model) == ()


def functions() -> list[tuple[str, str, str, bool]]:
    """Every network that Keras builds: module, function, the name that it gives, whether it can rescale inside."""
    found = []
    for module_name, module in sorted(vars(keras.applications).items()):
        for name, function in sorted(vars(module).items()) if inspect.ismodule(module) else ():
            if name[0].isupper():
                parameters = inspect.signature(function).parameters
                default = parameters["name"].default
                found.append((module_name, name, default or "", "include_preprocessing" in parameters))
    return found


@pytest.mark.parametrize(("module", "function", "name", "inside"), functions())
def test_every_network_of_keras_is_known_by_its_name_with_its_preprocessing(
    module: str, function: str, name: str, inside: bool
) -> None:
    if not name:
        # The name tells the width and the size: MobileNet and MobileNetV2.
        build = getattr(keras.applications, function)
        name = build(weights=None, input_shape=(32, 32, 3), classes=2, alpha=0.35).name
    model = keras.Sequential([keras.Input((8, 8, 3)), keras.Sequential([layers.Conv2D(1, 1)], name=name)])
    found = pixels.networks(model)
    if inside or module.startswith("efficientnet"):
        assert found == ()
        return
    assert [known for known, _ in found] == [name]
    # Another module may hold the same function; what counts is that the numbers are the same.
    batch = np.arange(24, dtype=np.float32).reshape(1, 2, 4, 3) * 10
    ours, theirs = (getattr(keras.applications, each).preprocess_input(batch.copy()) for each in (found[0][1], module))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("name", ["my_resnet50", "resnet50_2", "vgg", "mobilenet", "ResNet50"])
def test_names_that_are_not_exactly_those_of_keras_say_nothing(name: str) -> None:
    model = chain()
    model.name = name
    assert pixels.networks(model) == ()


def test_a_network_is_named_once_for_itself_and_for_a_layer_no_name_counts() -> None:
    model = keras.Sequential([keras.Input((8, 8, 3)), layers.Conv2D(1, 1, name="vgg16")], name="resnet50")
    assert pixels.networks(model) == (("resnet50", "resnet50"),)
