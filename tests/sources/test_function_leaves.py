"""A function of the user's own that tries to leave, or to take the ground away: one sentence, and the run goes on."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from reportgen.errors import DataError
from reportgen.sources import function
from reportgen.sources.opening import open_data

BODIES = {
    "at once": "import sys\ndef images():\n    sys.exit(0)\n",
    "on import": "import sys\nsys.exit(0)\n",
    "while read": (
        "class Late:\n    def __array__(self, dtype=None, copy=None):\n        raise SystemExit(0)\n"
        "def images():\n    return Late()\n"
    ),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_function_that_exits_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    (tmp_path / "leaves.py").write_text(body)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "leaves", raising=False)
    with pytest.raises(DataError, match=r"'leaves:images' failed: SystemExit: 0\. Expected a function that returns"):
        open_data("leaves:images", (2, 2, 1))


def test_function_that_changes_the_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "moves.py").write_text(
        "import os, sys\nimport numpy\n"
        "def images():\n    os.chdir('inner')\n    sys.path.pop(0)\n    return numpy.ones((2, 2, 2, 1))\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "moves", raising=False)
    before = list(sys.path)
    np.testing.assert_array_equal(function.open("moves:images").read([0]), np.ones((1, 2, 2, 1)))
    assert sys.path == before
