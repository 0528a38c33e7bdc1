"""What the tests of hostile files share: good ones to start from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.models import trial
from tests.models import toys
from tests.nursery import TENSORFLOW, forking


@pytest.fixture(scope="session", autouse=True)
def _trials() -> Iterator[None]:
    """Fork the processes that try models from one that has imported TensorFlow, which takes each of them 5 s."""
    with forking(trial, "hold", *TENSORFLOW):
        yield


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same small model as `good.keras` and `good.h5`, and a graph as `graph.keras`."""
    folder = tmp_path_factory.mktemp("good")
    toys.sequential().save(folder / "good.keras")
    toys.sequential().save(folder / "good.h5")
    toys.functional().save(folder / "graph.keras")
    toys.functional().save(folder / "graph.h5")
    return folder
