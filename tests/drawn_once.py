"""Charts that tests have drawn of the same numbers again and again: each once in a process, a fifteenth of a second."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reportgen.figures import charts

_TRUE = charts._svg


@contextmanager
def remembering() -> Iterator[None]:
    """Have what was drawn taken for what would be drawn by the same function, of the same numbers, in the same ink."""
    known: dict[bytes, bytes] = {}

    def remembered(draw: Callable[..., None], *others: Any) -> bytes:
        told = _told(draw, *others)
        if told is None:
            return _TRUE(draw, *others)
        if told not in known:
            known[told] = _TRUE(draw, *others)
        return known[told]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "_svg", remembered)
        yield


@contextmanager
def drawing() -> Iterator[None]:
    """Have every chart drawn, for tests of drawing itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(charts, "_svg", _TRUE)
        yield


def _told(draw: Callable[..., None], *others: Any) -> bytes | None:
    """All that a function is told, by its closure and otherwise; None where this cannot be written down."""
    known = [cell.cell_contents for cell in draw.__closure__ or ()]
    try:
        return pickle.dumps((draw.__module__, draw.__qualname__, draw.__defaults__, known, others))
    except (AttributeError, TypeError, pickle.PicklingError):
        return None
