"""The collector of dead circles, put off and back."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest

from reportgen.errors import ModelError
from reportgen.models.freeing import imported, uncollected


def refused() -> None:
    with uncollected():
        assert not gc.isenabled()
        raise ModelError("Refused.")


def test_collector_rests_and_works_again_after_an_error() -> None:
    assert gc.isenabled()
    with pytest.raises(ModelError, match="Refused"):
        refused()
    assert gc.isenabled()


def test_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with uncollected():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_module_is_imported_while_the_collector_rests_and_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "resting.py").write_text("import gc\nworks = gc.isenabled()\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    frozen = gc.get_freeze_count()
    module = imported("resting")
    assert module is sys.modules["resting"] is imported("resting")
    assert module.works is False
    assert gc.isenabled()
    assert gc.get_freeze_count() > frozen
    del sys.modules["resting"]
