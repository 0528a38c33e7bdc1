"""Model files that were made to hurt: one sentence that names the reason, nothing run, bounded memory and time."""

from __future__ import annotations

import json
import re
import resource
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reportgen.cli import main
from reportgen.errors import ModelError
from reportgen.models import trial
from reportgen.models.inspection import inspect
from reportgen.models.loading import load
from tests.models import hostile, toys

pytestmark = pytest.mark.keras
Config = dict[str, Any]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same small model as `good.keras` and `good.h5`, and a graph as `graph.keras`."""
    folder = tmp_path_factory.mktemp("good")
    toys.sequential().save(folder / "good.keras")
    toys.sequential().save(folder / "good.h5")
    toys.functional().save(folder / "graph.keras")
    toys.functional().save(folder / "graph.h5")
    return folder


def refused(path: Path, message: str) -> None:
    """Assert that a file is refused in one sentence, within a minute and 300 MB, and that no report is begun."""
    peak, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    made = path.parent / "made"
    done = CliRunner().invoke(main, ["build", str(path), "--output", str(made), "--format", "json"])
    assert done.exit_code == 1
    assert isinstance(done.exception, SystemExit)
    (text,) = done.output.splitlines()
    assert text.startswith("Error: ")
    assert re.search(message, text)
    assert "\x1b" not in text
    assert len(text) < 710
    assert not made.exists()
    assert time.monotonic() - start < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 300 << 10


@pytest.mark.parametrize("place", [hostile.appended, hostile.nested])
@pytest.mark.parametrize("layer", [hostile.lambda_layer, hostile.old_lambda_layer])
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_lambda_with_byte_code_is_refused_at_any_depth(
    good: Path, tmp_path: Path, name: str, layer: Callable[[Path], Config], place: Any
) -> None:
    marker = tmp_path / "marker"
    path = hostile.changed(good / name, place(layer(marker)), tmp_path / name)
    refused(path, rf"The layer 'payload' of '{name}' names (Lambda|__lambda__), which (runs|holds) code that is stored")
    assert not marker.exists()


@pytest.mark.parametrize("key", ["standardize", "split"])
def test_byte_code_in_a_text_layer_is_refused(good: Path, tmp_path: Path, key: str) -> None:
    layer = hostile.instance(
        "keras.layers", "TextVectorization", **{"name": "text", key: hostile.byte_code(tmp_path / "m")}
    )
    refused(
        hostile.changed(good / "good.keras", hostile.appended(layer), tmp_path / "bad.keras"),
        r"The layer 'text' of 'bad\.keras' names __lambda__, which holds code",
    )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("key", ["activation", "kernel_initializer", "kernel_regularizer"])
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_byte_code_beside_a_layer_is_refused(good: Path, tmp_path: Path, name: str, key: str) -> None:
    change = hostile.set_in("Conv2D", key, hostile.byte_code(tmp_path / "marker"))
    refused(hostile.changed(good / name, change, tmp_path / name), r"The layer 'conv' of '.*' names __lambda__, which")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
@pytest.mark.parametrize("module", ["os", "posix"])
def test_function_of_another_module_is_refused(good: Path, tmp_path: Path, name: str, module: str) -> None:
    marker = tmp_path / "marker"
    layer = hostile.instance(module, "system", name="shell", command=f"touch {marker}")
    path = hostile.changed(good / name, hostile.appended(layer), tmp_path / name)
    refused(
        path, rf"The layer 'shell' of '{name}' names the class 'system' of the module '{module}', which is not Keras"
    )
    assert not marker.exists()


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_download_gadget_is_refused_without_a_connection(good: Path, tmp_path: Path, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        layer = hostile.instance(
            "keras.utils", "get_file", fname="x", origin=address, extract=True, cache_dir=str(tmp_path)
        )
        path = hostile.changed(good / name, hostile.appended(layer), tmp_path / name)
        refused(path, r"names 'keras\.utils\.get_file', which is no part of a model")
        with pytest.raises(TimeoutError):
            server.accept()


def test_file_cannot_switch_safe_mode_off(good: Path, tmp_path: Path) -> None:
    switch = hostile.function("keras.config", "enable_unsafe_deserialization")

    def change(config: Config) -> None:
        config["config"]["layers"].insert(0, switch)
        hostile.appended(hostile.lambda_layer(tmp_path / "marker"))(config)

    path = hostile.changed(good / "good.keras", change, tmp_path / "bad.keras")
    refused(path, r"enable_unsafe_deserialization', which is no part of a model|names (Lambda|__lambda__), which")
    assert not (tmp_path / "marker").exists()
    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x)]).save(tmp_path / "lambda.keras")
    with pytest.raises(ValueError, match="lambda"):
        keras.models.load_model(tmp_path / "lambda.keras")


@pytest.mark.parametrize("kind", ["StringLookup", "IntegerLookup", "TextVectorization"])
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_vocabulary_from_a_local_file_is_refused(good: Path, tmp_path: Path, name: str, kind: str) -> None:
    layer = hostile.instance("keras.layers", kind, name="words", vocabulary="/etc/hostname")
    path = hostile.changed(good / name, hostile.appended(layer), tmp_path / name)
    refused(path, r"The layer 'words' of .* names a vocabulary that is read from a file, '/etc/hostname'")


@pytest.mark.parametrize(
    ("kind", "config", "message"),
    [
        ("TorchModuleWrapper", {"module": "gASV"}, r"names TorchModuleWrapper, which holds a pickled PyTorch module"),
        (
            "TFSMLayer",
            {"filepath": "/tmp/other"},
            r"names TFSMLayer, which loads a TensorFlow graph from another folder",
        ),
    ],
)
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_layer_with_foreign_code_is_refused(
    good: Path, tmp_path: Path, name: str, kind: str, config: Config, message: str
) -> None:
    layer = hostile.instance("keras.layers", kind, name="foreign", **config)
    refused(hostile.changed(good / name, hostile.nested(layer), tmp_path / name), message)


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_weights_outside_the_file_are_refused(good: Path, tmp_path: Path, name: str) -> None:
    outside = tmp_path / "secret.h5"
    with h5py.File(outside, "w") as file:
        file["x"] = np.zeros((3, 3, 1, 2), "float32")
    for change, message in (
        (hostile.kept_elsewhere(outside), r"keeps its weights '.*' in another file"),
        (hostile.virtual(outside), r"keeps its weights '.*' in another file"),
        (hostile.linked(h5py.ExternalLink(str(outside), "x")), r"holds '.*', a link to the file '"),
        (hostile.linked(h5py.SoftLink("/elsewhere")), r"holds '.*', a link to elsewhere"),
    ):
        refused(hostile.with_weights(good / name, change, tmp_path / name), message)


@pytest.mark.parametrize("change", [hostile.terabytes, hostile.inflating])
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_weights_larger_than_the_file_are_refused(good: Path, tmp_path: Path, name: str, change: Any) -> None:
    path = hostile.with_weights(good / name, change, tmp_path / name)
    refused(path, r"claims \d+ bytes, far more than the file has")


def test_inflating_zip_member_is_refused_within_memory(good: Path, tmp_path: Path) -> None:
    path = hostile.bomb(good / "good.keras", tmp_path / "bomb.keras", 1 << 30)
    assert path.stat().st_size < 2 << 20
    refused(path, r"'bomb\.keras' holds 'assets/zeros', which claims 1073741824 bytes, far more than the file has")


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
@pytest.mark.parametrize("units", [2**31 - 1, 10**9 // 18])
def test_small_file_that_asks_for_gigabytes_is_refused(good: Path, tmp_path: Path, name: str, units: int) -> None:
    path = hostile.changed(good / name, hostile.set_in("Dense", "units", units), tmp_path / name)
    refused(path, r"asks for \d+ parameters or more(, by its layer 'scores'|, but holds \d+ numbers)")


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_deeply_nested_json_is_refused(good: Path, tmp_path: Path, name: str) -> None:
    deep = b'{"class_name":"Sequential","config":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    refused(hostile.with_config(good / name, deep, tmp_path / name), r"is nested more than 200 levels deep")


@pytest.mark.parametrize(
    "bad",
    [
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}{% raise %}",
        "safe\u202egnp.exe",
        "x" * 5000,
        "",
        " ",
        "a\nb",
        "../../x",
        "é 中",
    ],
    ids=["html", "template", "bidi", "long", "empty", "space", "newline", "path", "unicode"],
)
@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_odd_names_load_with_the_same_answers_or_are_told(good: Path, tmp_path: Path, name: str, bad: str) -> None:
    def change(config: Config) -> None:
        config["config"]["name"] = bad
        hostile.first(config, "Conv2D")["config"]["name"] = bad

    path = hostile.changed(good / name, change, tmp_path / name)
    loaded = load(path).model
    if bad:  # Keras makes up a name where there is none
        assert loaded.layers[0].name == bad.replace("/", "_")
    images = np.random.default_rng(0).random((2, *loaded.input_shape[1:]), dtype=np.float32)
    np.testing.assert_allclose(loaded(images), toys.sequential()(images), rtol=1e-6)
    assert inspect(loaded).layers[0].receptive_field == inspect(toys.sequential()).layers[0].receptive_field


@pytest.mark.parametrize("name", ["good.keras", "good.h5"])
def test_numbers_that_are_none_load(good: Path, tmp_path: Path, name: str) -> None:
    loaded = load(hostile.with_weights(good / name, hostile.without_numbers, tmp_path / name))
    assert any(np.isnan(np.asarray(weight)).all() for weight in loaded.model.weights)


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
    refused(path, rf"Keras [\d.]+ cannot load 'circle{suffix}': ")


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


def places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a configuration."""
    children = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def put(config: Config, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    item: Any = config
    for key in place[:-1]:
        item = item[key]
    item[place[-1]] = value
    return config


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what cannot be judged be loaded here at once: a process for each of hundreds of files would take an hour."""
    monkeypatch.setattr(trial, "hold", lambda *arguments, **named: None)


def loads_or_is_told(path: Path) -> None:
    said = ""
    try:
        load(path)
    except ModelError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 1000


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [[], {}, [[]], [None], {"class_name": []}, {"class_name": "Dense", "config": None}, "a/b", "\ud800"]
    ),
)


@pytest.mark.usefixtures("at_once")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["good.keras", "good.h5", "graph.keras", "graph.h5"]), at=st.integers(0, 999), wrong=WRONG)
def test_configuration_of_wrong_types_loads_or_is_told(
    good: Path, tmp_path: Path, name: str, at: int, wrong: Any
) -> None:
    config = hostile.config_of(good / name)
    everywhere = places(config)
    changed = put(config, everywhere[at % len(everywhere)], wrong)
    loads_or_is_told(hostile.with_config(good / name, json.dumps(changed).encode(), tmp_path / name))


@pytest.mark.usefixtures("at_once")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["good.keras", "good.h5"]),
    place=st.floats(0, 1, exclude_max=True),
    new=st.binary(min_size=1, max_size=8),
    cut=st.booleans(),
)
@example(name="good.keras", place=0.0, new=b"PK\x05\x06", cut=True)
def test_damaged_file_loads_or_is_told(
    good: Path, tmp_path: Path, name: str, place: float, new: bytes, cut: bool
) -> None:
    data = bytearray((good / name).read_bytes())
    at = int(place * len(data))
    data[at : at + len(new)] = new
    (tmp_path / name).write_bytes(data[: at + len(new)] if cut and place < 0.9 else data)
    loads_or_is_told(tmp_path / name)
