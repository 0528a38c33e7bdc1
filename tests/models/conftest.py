"""What the tests of hostile files share: good ones to start from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.models import toys


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the same small model as `good.keras` and `good.h5`, and a graph as `graph.keras`."""
    folder = tmp_path_factory.mktemp("good")
    toys.sequential().save(folder / "good.keras")
    toys.sequential().save(folder / "good.h5")
    toys.functional().save(folder / "graph.keras")
    toys.functional().save(folder / "graph.h5")
    return folder
