"""What can change the last bits of a number, as facts."""

from __future__ import annotations

import platform
from importlib.metadata import version

import keras
import numpy as np
import pytest

from reportgen.models import environment

pytestmark = pytest.mark.keras


def test_versions_are_those_that_run() -> None:
    told = {fact.name: fact.value for fact in environment.versions()}
    assert (told["python"], told["keras"]) == (platform.python_version(), keras.__version__)
    assert (told["numpy"], told["reportgen"]) == (np.__version__, version("reportgen"))
    assert "not installed as a package" not in told.values()


@pytest.mark.parametrize(("switch", "expected"), [("0", False), ("1", True), (None, True)])
def test_onednn_is_told_by_its_switch(monkeypatch: pytest.MonkeyPatch, switch: str | None, expected: bool) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    if switch is not None:
        monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", switch)
    told = {fact.name: fact.value for fact in environment.machine()}
    assert told["oneDNN optimisations"] is expected
