"""What all tests share: the switch that renews golden files, and files for the tests of the command line."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Generator, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from reportgen.models.freeing import uncollected
from reportgen.renderers import pdf
from tests import drawn_once
from tests.commands import Files
from tests.nursery import forking, true_processes

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# What many processes import is compiled once, also where the environment, as in many containers, says otherwise: pytest
# takes a fifth of a second a module to rewrite its assertions, and every command half a second to compile the product.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


def _addresses_of_rfc_3987(*arguments: Any) -> Any:
    """What jsonschema imports for formats of addresses: the grammars take two seconds to build, and few schemas ask."""
    del sys.modules["rfc3987_syntax"]
    return import_module("rfc3987_syntax").is_valid_syntax(*arguments)


if "rfc3987_syntax" not in sys.modules:
    sys.modules["rfc3987_syntax"] = ModuleType("rfc3987_syntax")
    vars(sys.modules["rfc3987_syntax"])["is_valid_syntax"] = _addresses_of_rfc_3987


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="Write golden files anew; review them as a diff.")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare Python's search for circles while modules are imported, which leave many objects and few circles."""
    with uncollected():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Look for examples to run in modules of the product only: here it means to import what else runs no test."""
    found = yield
    if file_path.suffix == ".py":
        assert ">" * 3 not in file_path.read_text("utf-8"), f"{file_path} has examples, which would not be run."
    return [each for each in found if type(each) is pytest.Module]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Deal the longest files first, so that no worker begins with one when all others are through."""
    marked = {mark: {item.path for item in items if item.get_closest_marker(mark)} for mark in ("slow", "pdf", "keras")}
    items.sort(key=lambda item: [item.path not in paths for paths in marked.values()])


def pytest_collection_finish() -> None:
    """Take what was imported out of Python's search for circles, which a report starts again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session", autouse=True)
def _typesetters() -> Iterator[None]:
    """Fork the processes that set PDFs from one that has imported WeasyPrint, which takes each of them a second."""
    with forking(pdf, "_start", "reportgen.renderers.typesetting"):
        yield


@pytest.fixture(scope="session", autouse=True)
def _charts() -> Iterator[None]:
    """Draw a chart once, of the same numbers."""
    with drawn_once.remembering():
        yield


@pytest.fixture
def true_charts() -> Iterator[None]:
    with drawn_once.drawing():
        yield


@pytest.fixture
def true_typesetter() -> Iterator[None]:
    with true_processes(pdf, "_start"):
        yield


@pytest.fixture(autouse=True)
def no_scope_left_open() -> Iterator[None]:
    """See that a test leaves no name scope of Keras open, in which other tests' layers would be named."""
    yield
    if "keras" in sys.modules:
        from keras.src.backend.common.name_scope import current_path

        assert current_path() == ""


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    import keras

    folder = tmp_path_factory.mktemp("files")
    layers = keras.layers
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1), name="image"),
            layers.Conv2D(4, 3, activation="relu", name="conv"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flat"),
            layers.Dense(3, activation="softmax", name="answer"),
        ],
        name="tiny",
    )
    with warnings.catch_warnings():
        # Keras saves through an old way of NumPy.
        warnings.simplefilter("ignore", DeprecationWarning)
        model.save(folder / "tiny.keras")
        model.layers[0].kernel.assign(np.full((3, 3, 1, 4), np.nan))
        model.save(folder / "broken.keras")
    draw = np.random.default_rng(0)
    np.savez(folder / "data.npz", x=draw.integers(0, 256, (20, 12, 12, 1), dtype=np.uint8), y=draw.integers(0, 3, 20))
    return Files(folder, folder / "tiny.keras", folder / "broken.keras", folder / "data.npz")
