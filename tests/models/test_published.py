"""Networks of `keras.applications`, told by their whole structure, whatever they are called and end in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import pytest

from reportgen.models import published
from tests.models import structures

pytestmark = pytest.mark.keras

layers = keras.layers
SOME = ("MobileNet", "MobileNetV2", "VGG16", "ResNet50")


def each() -> list[Any]:
    """The published networks; those that take long to build are tried with all."""
    rest = pytest.mark.exhaustive
    return [name if name in SOME else pytest.param(name, marks=rest) for name in structures.builders()]


def mobile(**others: Any) -> Any:
    """A small network of a published structure."""
    return keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), alpha=0.25, **others)


@pytest.mark.parametrize("name", each())
def test_every_published_network_is_known(name: str) -> None:
    module, build = structures.builders()[name]
    sizes = {"input_shape": structures.smallest(name), "weights": None}
    model = build(include_top=False, **sizes)
    assert published.STRUCTURES[published.number_of(model, module)] == module
    assert published.module_of(model) == module
    assert published.module_of(build(classes=3, **sizes)) == module


def test_table_has_the_published_networks_and_no_others() -> None:
    assert sorted(published.STRUCTURES.values()) == sorted(module for module, _ in structures.builders().values())


def test_network_is_known_below_any_head_and_after_a_file(tmp_path: Path) -> None:
    base = mobile(include_top=False, name="ours")
    out = layers.Dense(3, name="grade")(layers.Flatten(name="flat")(base.output))
    model = keras.Model(base.input, out, name="grades")
    assert published.module_of(model) == "mobilenet"
    model.save(tmp_path / "grades.keras")
    assert published.module_of(keras.models.load_model(tmp_path / "grades.keras")) == "mobilenet"


def test_network_is_known_inside_a_model_and_behind_augmentation() -> None:
    base = mobile(include_top=False)
    nested = keras.Sequential([keras.Input((32, 32, 3)), layers.RandomFlip(), base, layers.GlobalMaxPooling2D()])
    assert published.module_of(nested) == "mobilenet"


@pytest.mark.parametrize("name", ["mobilenet_0.25_32", "resnet50"])
def test_name_alone_makes_no_published_network(name: str) -> None:
    model = keras.Sequential([keras.Input((32, 32, 3)), layers.Conv2D(4, 3), layers.GlobalMaxPooling2D()], name=name)
    assert published.module_of(model) == ""


def test_part_of_a_network_is_not_the_network() -> None:
    whole = mobile(include_top=False)
    assert published.module_of(keras.Model(whole.input, whole.get_layer("conv_pw_12_relu").output)) == ""


def test_network_with_another_window_is_another() -> None:
    def changed(layer: Any) -> Any:
        config = layer.get_config()
        if layer.name == "conv_dw_5":
            config["kernel_size"] = (5, 5)
        return type(layer).from_config(config)

    model = keras.models.clone_model(mobile(include_top=False), clone_function=changed)
    assert published.module_of(model) == ""


def test_subclassed_model_says_nothing() -> None:
    class Own(keras.Model):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            return inputs

    assert published.module_of(Own()) == ""
