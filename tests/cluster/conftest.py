"""Data for the tests of clusters, and what one process makes of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cluster.clusters import CHOICES
from tests.commands import Files, here


@pytest.fixture(scope="package")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1500 images of 12 × 12 with labels."""
    path = tmp_path_factory.mktemp("data") / "data.npz"
    draw = np.random.default_rng(0)
    np.savez(path, x=draw.integers(0, 256, (1500, 12, 12, 1), dtype=np.uint8), y=draw.integers(0, 3, 1500))
    return path


@pytest.fixture(scope="package")
def whole(files: Files, data: Path) -> dict[str, bytes]:
    """The files that one process writes."""
    done = here("build", files.model, "--data", data, *CHOICES, "-o", "whole", cwd=data.parent)
    assert done.returncode in (0, 3), done.stderr
    return {path.name: path.read_bytes() for path in (data.parent / "whole").iterdir()}
