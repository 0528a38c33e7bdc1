"""The collector of dead circles, put off and back."""

from __future__ import annotations

import gc

import pytest

from reportgen.errors import ModelError
from reportgen.models.freeing import uncollected


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
