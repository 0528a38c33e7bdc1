"""The collector of dead circles, put off and back."""

from __future__ import annotations

import gc
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models import freeing
from reportgen.models.freeing import give_back, held_bytes, imported, uncollected


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


class Circle:
    """Something that refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads a process's memory as Linux tells of it")
def test_circles_are_looked_for_once_the_process_has_grown() -> None:
    gc.disable()
    try:
        # From the lowest that it was: much that was held before may be gone.
        held = [np.ones(16 << 20)]  # 128 MB
        give_back()
        held.clear()
        give_back()
        circle = Circle()
        dead = weakref.ref(circle)
        del circle
        give_back()
        assert dead() is not None
        held.append(np.ones(8 << 20))
        give_back()
        assert dead() is None
        assert len(held) == 1
    finally:
        gc.enable()


def test_where_the_system_does_not_tell_circles_are_looked_for_every_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freeing, "_MEMORY", tmp_path / "nowhere")
    assert held_bytes() is None
    for _ in range(2):
        circle = Circle()
        dead = weakref.ref(circle)
        del circle
        give_back()
        assert dead() is None


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
