"""Fixtures of the renderers' tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.renderers import templating
from tests.renderers import reports


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of the small templates, in the place of the real ones."""
    folder = tmp_path / "templates"
    folder.mkdir()
    reports.write_templates(folder)
    monkeypatch.setattr(templating, "_folder", lambda: folder)
    templating._environment.cache_clear()
    yield folder
    templating._environment.cache_clear()
