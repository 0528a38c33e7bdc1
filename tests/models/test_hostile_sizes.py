"""Model files that ask for more than there is: refused in a sentence, in bounded memory and time."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner

from reportgen.commands.cli import main
from reportgen.models.loading import load
from tests.models import hostile, toys
from tests.models.refusing import refused

pytestmark = pytest.mark.keras
Config = dict[str, Any]


def many_layers(config: Config) -> None:
    start, *rest = config["config"]["layers"]
    config["config"]["layers"] = [start, *({"class_name": "ReLU", "config": {}} for _ in range(30_000)), *rest]


def circle(config: Config) -> None:
    for layer in config["config"]["layers"]:
        if layer["config"].get("name") in {"left", "right"}:
            text = json.dumps(layer["inbound_nodes"]).replace('"image"', '"join"')
            layer["inbound_nodes"] = json.loads(text)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_too_many_layers_are_refused_in_time(good: Path, tmp_path: Path, suffix: str) -> None:
    path = hostile.changed(good / f"good{suffix}", many_layers, tmp_path / f"many{suffix}")
    refused(path, r"asks for more than 5000 layers")


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_in_a_circle_are_refused(good: Path, tmp_path: Path, suffix: str) -> None:
    path = hostile.changed(good / f"graph{suffix}", circle, tmp_path / f"circle{suffix}")
    refused(path, rf"Keras [\d.]+ cannot load 'circle{suffix}', which Keras [\d.]+ wrote: ")


def big(kind: str, **config: Any) -> Config:
    return hostile.instance("keras.layers", kind, name="big", **config)


# Sizes that stand in the file in a few bytes, each where another part of Keras would allocate or work for them.
HUGE: list[tuple[str, Callable[[Config], None]]] = [
    ("einsum", hostile.behind(big("EinsumDense", equation="ab,bc->ac", output_shape=[10**10]))),
    ("einsum of two", hostile.behind(big("EinsumDense", equation="ab,bcd->acd", output_shape=[10**5, 10**4]))),
    ("einsum unread", hostile.behind(big("EinsumDense", equation="...b,bc->...c", output_shape=[10**10]))),
    ("lora", hostile.set_in("Dense", "lora_rank", 10**9)),
    ("build shape", hostile.built_with("Dense", None, 10**10)),
    ("embedding", hostile.behind(big("Embedding", input_dim=10**9, output_dim=100))),
    ("lstm", hostile.behind(big("LSTM", units=40_000))),
    ("cell", hostile.behind(big("RNN", cell=big("LSTMCell", units=10**9)))),
    ("heads", hostile.behind(big("MultiHeadAttention", num_heads=10**4, key_dim=10**5))),
    ("mel", hostile.behind(big("MelSpectrogram", fft_length=10**7, num_mel_bins=100))),
    ("digits", hostile.set_in("Conv2D", "filters", 10**4200)),
    ("repeated", hostile.behind(big("RepeatVector", n=10**12))),
    ("padding", hostile.appended(big("ZeroPadding2D", padding=10**6))),
    ("resizing", hostile.appended(big("Resizing", height=10**6, width=10**6))),
    ("adaptive", hostile.appended(big("AdaptiveAveragePooling2D", output_size=[10**6, 10**6]))),
    (
        "dilation",
        hostile.instead("Conv2D", big("Conv2D", filters=2, kernel_size=3, padding="same", dilation_rate=10**5)),
    ),
    (
        "history of float8",
        hostile.set_in(
            "Dense",
            "dtype",
            hostile.instance(
                "keras.dtype_policies",
                "QuantizedFloat8DTypePolicy",
                mode="float8",
                source_name="float32",
                amax_history_length=10**10,
            ),
        ),
    ),
    ("array type", hostile.set_in("Conv2D", "bias_initializer", hostile.array("S2000000000", ["", ""]))),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in HUGE])
def test_huge_size_is_refused_before_anything_is_built(good: Path, tmp_path: Path, change: Any) -> None:
    path = hostile.changed(good / "good.keras", change, tmp_path / "huge.keras")
    refused(
        path,
        r"asks for (\d+|more than 10\^18) (parameters or more|bytes of activations)|names an array of the type 'S2000",
    )


def test_work_without_end_is_refused(tmp_path: Path) -> None:
    start = keras.Input((3000, 3000, 1))
    keras.Model(start, keras.layers.MaxPooling2D(2999, strides=1, padding="same")(start)).save(tmp_path / "slow.keras")
    refused(
        tmp_path / "slow.keras", r"asks for 80946009000000 steps of work for one sample or more, by its layer 'max_"
    )


def test_shared_layer_is_followed_through_all_its_uses(tmp_path: Path) -> None:
    keras.backend.clear_session()
    start = keras.Input((4, 4, 1))
    grow, maps = keras.layers.UpSampling2D(20, name="grow"), start
    for _ in range(4):
        maps = grow(maps)
    keras.Model(start, maps).save(tmp_path / "shared.keras")
    refused(tmp_path / "shared.keras", rf"asks for {4 * (4 * 20**4) ** 2} bytes of activations .* in its layer 'grow'")


def test_inner_model_is_built_with_its_own_input(good: Path, tmp_path: Path) -> None:
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="big")], name="inner")
    keras.Sequential([keras.Input((4,)), inner]).save(tmp_path / "good.keras")

    def change(config: Config) -> None:
        entry = hostile.first(config["config"]["layers"][1], "InputLayer")
        entry["config"]["batch_shape"] = [None, 10**9]

    path = hostile.changed(tmp_path / "good.keras", change, tmp_path / "bad.keras")
    refused(path, r"asks for 4000000\d\d\d parameters or more, by its layer 'big'|asks for 4000000000 bytes")


@pytest.mark.parametrize("depth", [6, 12])
def test_models_in_models_that_are_used_again_and_again_are_refused(tmp_path: Path, depth: int) -> None:
    start = keras.Input((2,))
    model = keras.Model(start, keras.layers.ReLU()(start))
    model.save(tmp_path / "one.keras")
    config = hostile.config_of(tmp_path / "one.keras")
    for _ in range(depth):
        # Ten uses of the model, each on the output of the one before.
        inner = {**config, "name": "inner", "inbound_nodes": [node("image", 0), *(node("inner", n) for n in range(9))]}
        entry = hostile.instance("keras.layers", "InputLayer", name="image", batch_shape=[None, 2])
        layers = [{**entry, "name": "image", "inbound_nodes": []}, inner]
        inside = {"name": "m", "layers": layers, "input_layers": [["image", 0, 0]], "output_layers": [["inner", 9, 0]]}
        config = {"module": "keras", "class_name": "Functional", "config": inside, "registered_name": "Functional"}
    path = hostile.with_config(tmp_path / "one.keras", config, tmp_path / "bad.keras")
    refused(path, r"asks for more than 50000 calls of its layers")


def node(name: str, use: int) -> Config:
    tensor = {"shape": [None, 2], "dtype": "float32", "keras_history": [name, use, 0]}
    return {"args": [{"class_name": "__keras_tensor__", "config": tensor}], "kwargs": {}}


def test_long_sequential_which_keras_builds_anew_for_each_layer_is_refused(good: Path, tmp_path: Path) -> None:
    def change(config: Config) -> None:
        start, *rest = config["config"]["layers"]
        config["config"]["layers"] = [start, *(big("ReLU") for _ in range(400)), *rest]

    refused(hostile.changed(good / "good.keras", change, tmp_path / "l.keras"), r"more than 50000 calls of its layers")


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_batch_that_no_memory_holds_is_refused(good: Path, tmp_path: Path, name: str) -> None:
    def change(config: Config) -> None:
        inside = hostile.first(config, "InputLayer")["config"]
        inside["batch_shape" if "batch_shape" in inside else "batch_input_shape"][0] = 10**9

    path = hostile.changed(good / name, change, tmp_path / name)
    refused(path, r"asks for \d+ bytes of activations for a batch of 1000000000 samples, in its layer 'image'")


@pytest.mark.parametrize("name", ["good.h5", pytest.param("good.keras", marks=pytest.mark.exhaustive)])
def test_crowd_of_groups_is_refused(good: Path, tmp_path: Path, name: str) -> None:
    path = hostile.with_weights(good / name, hostile.crowded, tmp_path / name)
    refused(path, r"holds more than 50000 groups and datasets among its weights")


@pytest.mark.parametrize("name", ["good.keras", pytest.param("good.h5", marks=pytest.mark.exhaustive)])
def test_groups_in_groups_are_read_or_told(good: Path, tmp_path: Path, name: str) -> None:
    path = hostile.with_weights(good / name, hostile.deep, tmp_path / name)
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(load(path).model(images)), np.asarray(toys.sequential()(images)))


def names_of_layers(file: Any, texts: Any) -> None:
    del file["model_weights"].attrs["layer_names"]
    file["model_weights"].attrs.create("layer_names", texts, dtype=h5py.string_dtype())


def number_format(file: Any, texts: Any) -> None:
    file[hostile.first_dataset(file)].attrs.create("dtype", texts, dtype=h5py.string_dtype())


def weights(file: Any, texts: Any) -> None:
    name = hostile.first_dataset(file)
    del file[name]
    file.create_dataset(name, data=texts, dtype=h5py.string_dtype())


@pytest.mark.parametrize(
    ("name", "write"),
    [("good.h5", names_of_layers), ("good.keras", number_format), ("good.h5", weights), ("good.keras", weights)],
    ids=["layer names", "number format", "weights", "weights in an archive"],
)
def test_one_text_that_stands_for_thousands_is_refused(good: Path, tmp_path: Path, name: str, write: Any) -> None:
    path = hostile.with_shared_text(good / name, write, tmp_path / name)
    with zipfile.ZipFile(path) if zipfile.is_zipfile(path) else nullcontext() as archive:
        stream = io.BytesIO(archive.read("model.weights.h5")) if archive else path
        # It is what it claims to be: the last of the texts has all letters, too.
        with h5py.File(stream) as file:
            assert write is not weights or len(file[hostile.first_dataset(file)][-1]) == 100_000
    assert path.stat().st_size < 1 << 20
    refused(path, r"holds '[\w/]*', which claims 4\d{8} bytes, far more than the file has")


def test_text_of_variable_length_that_no_configuration_has_is_refused(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "long.h5"
    path.write_bytes((good / "good.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = "x" * (65 << 20)
    refused(path, r"holds '(model_config|keras_version|backend)', which claims 68\d{6} bytes")


def test_texts_of_the_user_in_a_file_are_no_reason_to_refuse_it(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "named.h5"
    path.write_bytes((good / "good.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["class_names"] = [f"class {number}" for number in range(4000)]
        file["classes"] = ["cat", "dog"]
    images = toys.image(6, 6, 1)
    np.testing.assert_array_equal(np.asarray(load(path).model(images)), np.asarray(toys.sequential()(images)))


@pytest.mark.parametrize("key", ["model_config", "training_config"])
def test_attribute_that_is_larger_than_any_configuration_is_refused(good: Path, tmp_path: Path, key: str) -> None:
    path = tmp_path / "attribute.h5"
    with h5py.File(good / "good.h5") as source, h5py.File(path, "w", libver="latest") as file:
        for name in source:
            source.copy(name, file)
        for name, value in source.attrs.items():
            if name != key:
                file.attrs[name] = value
        file.attrs.create(key, np.bytes_(b"x" * (1 << 25)))
    refused(path, rf"holds '{key}', which claims 33554432 bytes, far more than the file has")


@pytest.mark.parametrize(
    ("option", "enough", "message"),
    [
        ("--max-parameters", 47, r"asks for \d+ parameters or more"),
        ("--max-memory", 144, r"asks for 144 bytes of activations for one sample, in its layer 'image'"),
    ],
)
def test_limits_are_those_of_their_options(good: Path, tmp_path: Path, option: str, enough: int, message: str) -> None:
    path = tmp_path / "good.keras"
    path.write_bytes((good / "good.keras").read_bytes())
    ends = rf"{message}.* Expected at most {enough - 1}\. Raise the limit with {option} if you trust the file\."
    refused(path, ends, option, str(enough - 1))
    done = CliRunner().invoke(main, ["summary", str(path), option, str(enough), "--quiet"])
    assert (done.exit_code, "scores" in done.output) == (0, True)


def test_limits_are_lifted_by_their_options(good: Path, tmp_path: Path) -> None:
    path = hostile.changed(good / "good.keras", hostile.set_in("Dense", "units", 10**9), tmp_path / "wide.keras")
    refused(path, r"Expected at most 2000000000\. Raise the limit with --max-parameters")
    # Beyond the limit, the file is asked for the weights that it claims.
    refused(path, r"but holds 47 numbers\. Expected a model with its weights", "--max-parameters", str(10**11))
