"""A backbone in a Sequential, as Keras 3.10 and older wrote it: today's Keras refuses it, and we load it."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from reportgen.commands.cli import main
from reportgen.models import judging
from reportgen.models.estimating import Limits
from reportgen.models.loading import load
from reportgen.models.repairs import repair
from tests.models import hostile

pytestmark = pytest.mark.keras
layers = keras.layers
Config = dict[str, Any]
Make = Callable[[], Any]

KNOWN = r"expects 1 input\(s\), but it received 2 input tensors"
ONE = (
    "The file is from Keras 3.10 or older, which stored the only output of a model as a list. Today's Keras hands such"
    " a list on, and most layers cannot take one; the output was taken out of its list in 1 model."
)
TWO = ONE.replace("1 model.", "2 models.")


def backbone(name: str = "backbone", channels: int = 3, *, lists: bool = False) -> Any:
    """A conv and an activation; with `lists`, a model that really gives a list of one output."""
    start = keras.Input((8, 8, channels), name=f"{name}_image")
    end = layers.ReLU(name=f"{name}_relu")(layers.Conv2D(4, 3, padding="same", name=f"{name}_conv")(start))
    return keras.Model(start, [end] if lists else end, name=name)


def head() -> list[Any]:
    return [layers.GlobalAveragePooling2D(), layers.Dropout(0.2), layers.Dense(5, activation="softmax")]


def image() -> Any:
    return keras.Input((8, 8, 3))


def film() -> Any:
    return keras.Input((2, 8, 8, 3))


def mobile_net() -> Any:
    inside = keras.applications.MobileNet(weights=None, input_shape=(32, 32, 3), include_top=False, alpha=0.25)
    return keras.Sequential([inside, *head()])


def with_input() -> Any:
    return keras.Sequential([image(), backbone(), *head()])


def without_input() -> Any:
    return keras.Sequential([backbone(), *head()])


def built_late() -> Any:
    model = keras.Sequential([layers.Rescaling(2.0), backbone(), *head()])
    model.build((None, 8, 8, 3))
    return model


def before_flatten() -> Any:
    return keras.Sequential([image(), backbone(), layers.Flatten(), layers.Dense(5)])


def before_conv() -> Any:
    return keras.Sequential([image(), backbone(), layers.Conv2D(2, 3), layers.Flatten()])


def at_the_end() -> Any:
    return keras.Sequential([image(), layers.Rescaling(2.0), backbone()])


def two_in_a_row() -> Any:
    return keras.Sequential([image(), backbone("first"), backbone("second", 4), *head()])


def sequential_in_sequential() -> Any:
    inside = keras.Sequential([backbone(), layers.MaxPooling2D()], name="inside")
    return keras.Sequential([inside, *head()])


def sequential_in_functional() -> Any:
    start = image()
    inside = keras.Sequential([backbone(), layers.GlobalAveragePooling2D()], name="inside")
    return keras.Model(start, layers.Dense(5)(inside(start)))


def functional_in_functional_in_sequential() -> Any:
    start = image()
    inside = keras.Model(start, layers.MaxPooling2D()(backbone()(start)), name="inside")
    return keras.Sequential([inside, *head()])


def functional_in_functional() -> Any:
    start = image()
    return keras.Model(start, layers.Dense(5)(layers.GlobalAveragePooling2D()(backbone()(start))))


def sequential_over_time() -> Any:
    inside = keras.Sequential([backbone(), layers.GlobalAveragePooling2D()], name="inside")
    return keras.Sequential([film(), layers.TimeDistributed(inside), layers.Flatten(), layers.Dense(5)])


def functional_over_time() -> Any:
    return keras.Sequential([film(), layers.TimeDistributed(backbone()), layers.GlobalAveragePooling3D()])


def functional_over_time_in_functional() -> Any:
    start = film()
    return keras.Model(start, layers.GlobalAveragePooling3D()(layers.TimeDistributed(backbone())(start)))


def seeded(model: Any) -> Any:
    """Give every weight random values that let a signal through, the statistics of a batch normalization too."""
    draw = np.random.default_rng(4)
    for weight in model.weights:
        sizes = weight.shape[:-1] if weight.shape[-1] > 1 else weight.shape[:2]  # a depthwise kernel ends in 1
        if len(weight.shape) > 1:
            values = draw.normal(0, np.sqrt(2 / np.prod(sizes)), weight.shape)
        elif weight.name in {"gamma", "moving_variance"}:
            values = draw.uniform(0.5, 1.5, weight.shape)
        else:
            values = draw.normal(0, 0.1, weight.shape)
        weight.assign(values)
    return model


def pictures(model: Any) -> Any:
    return np.random.default_rng(5).random((3, *model.inputs[0].shape[1:]), dtype=np.float32)


def answers(model: Any, images: Any) -> Any:
    return np.asarray(model.predict(images, verbose=0))


def in_lists(config: Config) -> None:
    """Keras 3.10 and older: the only input and the only output of every graph stand in a list."""
    waiting: list[Any] = [config]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.values()
            for key in {"input_layers", "output_layers"} & item.keys():
                item[key] = [item[key]] if isinstance(item[key][0], str) else item[key]
        elif isinstance(item, list):
            waiting += item


def rewritten(model: Any, folder: Path, suffix: str = ".keras", version: str = "3.6.0") -> Path:
    """The model as an older version of Keras wrote it."""
    new, old = folder / f"new{suffix}", folder / f"old{suffix}"
    model.save(new)
    hostile.changed(new, in_lists, old)
    if suffix == ".h5":
        with h5py.File(old, "r+") as file:
            file.attrs["keras_version"] = version
    else:
        hostile.with_members(old, {"metadata.json": json.dumps({"keras_version": version}).encode()}, new)
        new.replace(old)
    return old


@pytest.mark.parametrize("make", [with_input, pytest.param(mobile_net, marks=pytest.mark.slow)])
def test_backbone_of_an_older_keras_answers_as_an_independent_rebuild(make: Make, tmp_path: Path) -> None:
    file = rewritten(seeded(make()), tmp_path)
    # The day this fails, Keras reads such files itself: then drop `repairs._take_outputs_out` and this module.
    with pytest.raises(ValueError, match=KNOWN):
        keras.models.load_model(file, compile=False)

    with zipfile.ZipFile(file) as archive:
        archive.extract("model.weights.h5", tmp_path)
    rebuilt = make()
    rebuilt.load_weights(tmp_path / "model.weights.h5")
    images = pictures(rebuilt)
    expected = answers(rebuilt, images)
    assert np.ptp(expected, axis=0).max() > 1e-3, "the images are told apart"

    loaded = load(file)
    np.testing.assert_allclose(answers(loaded.model, images), expected, rtol=0, atol=1e-6)
    assert loaded.repaired == (ONE,)


@pytest.mark.parametrize(
    ("make", "suffix", "said"),
    [
        (with_input, ".keras", ONE),
        (with_input, ".h5", ONE),
        (without_input, ".keras", ONE),
        (built_late, ".keras", ONE),
        (before_flatten, ".keras", ONE),
        (before_conv, ".keras", ONE),
        (at_the_end, ".keras", ONE),
        (two_in_a_row, ".keras", TWO),
        (sequential_in_sequential, ".h5", ONE),
        (sequential_in_functional, ".keras", ONE),
        (functional_in_functional_in_sequential, ".keras", ONE),
        (sequential_over_time, ".keras", ONE),
        (functional_over_time, ".h5", ONE),
        (functional_over_time_in_functional, ".keras", ONE),
    ],
)
def test_model_in_another_layer_gives_its_output_alone(make: Make, suffix: str, said: str, tmp_path: Path) -> None:
    model = seeded(make())
    images = pictures(model)
    loaded = load(rewritten(model, tmp_path, suffix))
    np.testing.assert_allclose(answers(loaded.model, images), answers(model, images), rtol=0, atol=1e-6)
    assert loaded.model.output_shape == model.output_shape
    assert loaded.repaired == (said,)


def test_unpacked_archive_is_repaired_too(tmp_path: Path) -> None:
    model = seeded(without_input())
    with zipfile.ZipFile(rewritten(model, tmp_path)) as archive:
        archive.extractall(tmp_path / "folder")
    loaded = load(tmp_path / "folder")
    np.testing.assert_allclose(answers(loaded.model, pictures(model)), answers(model, pictures(model)), atol=1e-6)
    assert loaded.repaired == (ONE,)


def test_model_in_a_graph_stays_as_it_is(tmp_path: Path) -> None:
    model = seeded(functional_in_functional())
    loaded = load(rewritten(model, tmp_path))
    np.testing.assert_allclose(answers(loaded.model, pictures(model)), answers(model, pictures(model)), atol=1e-6)
    assert loaded.repaired == ()


def list_of_one() -> Any:
    return keras.Sequential([image(), backbone(lists=True), layers.Activation("tanh")])


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_list_of_one_output_of_today_stays_as_it_is(suffix: str, tmp_path: Path) -> None:
    model = seeded(list_of_one())
    model.save(tmp_path / f"new{suffix}")
    inside = hostile.first(hostile.config_of(tmp_path / f"new{suffix}"), "Functional")
    assert inside["config"]["output_layers"] == [["backbone_relu", 0, 0]]
    loaded = load(tmp_path / f"new{suffix}")
    np.testing.assert_allclose(answers(loaded.model, pictures(model)), answers(model, pictures(model)), atol=1e-6)
    assert loaded.repaired == ()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        ("", (ONE,)),
        ("unknown", (ONE,)),
        ("2.4.0-tf", (ONE,)),
        ("3.0.5", (ONE,)),
        ("3.9.2", (ONE,)),
        ("3.10.0", (ONE,)),
        ("3.11.0", ()),
        ("3.11.0.dev2025072403", ()),
        (keras.__version__, ()),
        ("10.0.0", ()),
    ],
)
def test_only_a_version_that_wrote_lists_for_all_is_repaired(version: str, said: tuple[str, ...]) -> None:
    inside = {"class_name": "Functional", "config": {"layers": [], "output_layers": [["relu", 0, 0]]}}
    config = {"class_name": "Sequential", "config": {"layers": [inside]}}
    assert repair(config, version)[1] == said


@pytest.mark.parametrize(
    "outputs", [None, 1, "relu", [], {}, [[]], ["relu", 0, 0], [["a", 0, 0], ["b", 0, 0]], {"a": ["a", 0, 0]}]
)
def test_outputs_of_another_form_are_passed_on(outputs: Any) -> None:
    inside = {"class_name": "Functional", "config": {"layers": [], "output_layers": outputs}}
    config = {"class_name": "Sequential", "config": {"layers": [inside]}}
    assert repair(config, "3.6.0") == (config, ())


@pytest.mark.parametrize("change", [lambda config: None, in_lists], ids=["alone", "in a list"])
@pytest.mark.parametrize("make", [functional_in_functional, with_input])
def test_output_is_followed_in_both_forms_before_the_model_is_built(make: Make, change: Any, tmp_path: Path) -> None:
    make().save(tmp_path / "new.keras")
    config = hostile.config_of(tmp_path / "new.keras")
    change(config)
    estimate = judging.judge(config, "new.keras", Limits())
    # 4 kernels of 3 x 3 x 3 and their biases; the 5 units of the head can be counted where its 4 inputs are known.
    assert (estimate.parameters, list(estimate.unknown)) == (4 * 27 + 4 + 4 * 5 + 5, [])


@pytest.mark.slow
def test_whole_product_takes_the_repaired_model(tmp_path: Path) -> None:
    file = rewritten(seeded(with_input()), tmp_path)
    draw = np.random.default_rng(6)
    np.savez(tmp_path / "data.npz", x=draw.random((6, 8, 8, 3), dtype=np.float32), y=draw.integers(0, 5, 6))

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(main, [*arguments])
        assert done.exit_code == 0, done.output
        return done.output

    run("build", str(file), "--data", str(tmp_path / "data.npz"), "--format", "json", "--output", str(tmp_path / "out"))
    (report,) = (tmp_path / "out").glob("*.json")
    assert ONE in report.read_text(encoding="utf-8")
    assert "backbone_conv" in run("summary", str(file))
    run("extract", str(file), "backbone/backbone_conv", "--output", str(tmp_path / "part.keras"))
    part = keras.models.load_model(tmp_path / "part.keras", compile=False)
    assert part.output_shape == (None, 8, 8, 4)
