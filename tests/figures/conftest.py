"""Figures are what these tests are about: every one is drawn."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _drawn(true_charts: None) -> None:
    """Draw every chart."""
