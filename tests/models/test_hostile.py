"""Model files that carry code, reach outside or lie: one sentence that names the reason, and nothing run."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from reportgen.models.inspection import inspect
from reportgen.models.loading import load
from tests.models import hostile, toys
from tests.models.refusing import refused

pytestmark = pytest.mark.keras
Config = dict[str, Any]


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
        refused(path, r"names 'keras\.utils\.get_file', which is not a part of a model")
        with pytest.raises(TimeoutError):
            server.accept()


def test_file_cannot_switch_safe_mode_off(good: Path, tmp_path: Path) -> None:
    switch = hostile.function("keras.config", "enable_unsafe_deserialization")

    def change(config: Config) -> None:
        config["config"]["layers"].insert(0, switch)
        hostile.appended(hostile.lambda_layer(tmp_path / "marker"))(config)

    path = hostile.changed(good / "good.keras", change, tmp_path / "bad.keras")
    refused(path, r"enable_unsafe_deserialization', which is not a part of a model|names (Lambda|__lambda__), which")
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
    path = hostile.bomb(good / "good.keras", tmp_path / "bomb.keras", 1 << 29)
    assert path.stat().st_size < 1 << 20
    refused(path, r"'bomb\.keras' holds 'assets/zeros', which claims 536870912 bytes, far more than the file has")


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
