"""A report for all tests of where reports are opened."""

from __future__ import annotations

import numpy as np
import pytest

import reportgen
from reportgen.pipeline.result import Report
from tests.commands import Files


@pytest.fixture(scope="session")
def explained(files: Files) -> Report:
    """A whole report of a small network on three samples; each test writes it in the form that it looks at."""
    import keras

    with np.load(files.data) as data:
        return reportgen.explain(keras.models.load_model(files.model), data["x"], data["y"])
