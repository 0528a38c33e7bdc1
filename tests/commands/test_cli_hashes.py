"""The hashes in a report: each command that is printed beside one gives it again in a shell, where the files are."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.commands import here
from tests.tiny_model import tiny_model

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def test_every_hash_of_a_file_of_the_user_can_be_made_again(tmp_path: Path) -> None:
    tiny_model().save(tmp_path / "tiny.keras")
    classes = [f"class {number}" for number in range(10)]
    for number, name in enumerate(classes):
        (tmp_path / "my pictures" / name).mkdir(parents=True)
        picture = Image.fromarray(np.full((28, 28), 20 * number, np.uint8))
        picture.save(tmp_path / "my pictures" / name / "größe 1.png")
    (tmp_path / "class names.txt").write_text("\n".join(classes), encoding="utf-8")
    (tmp_path / "reportgen.toml").write_text('section = ["provenance"]\nformat = ["json"]\n', encoding="utf-8")
    shown = here(
        *("build", "tiny.keras", "--data", "my pictures", "--classes", "class names.txt"),
        *("--config", "reportgen.toml", "-o", "made"),
        cwd=tmp_path,
    )
    assert shown.returncode == 0, shown.stderr
    run = json.loads((tmp_path / "made" / "report.json").read_text(encoding="utf-8"))["run"]
    facts = {fact["name"]: fact["value"] for part in ("data", "options") for fact in run[part]}
    pairs = {
        "hash of the data by hand": "SHA-256 of the data",
        "hash of the class names by hand": "SHA-256 of the class names",
        "hash of the config file by hand": "SHA-256 of the config file",
    }
    path = f"{os.path.dirname(sys.executable)}:{os.environ['PATH']}"
    for command, hashed in pairs.items():
        done = subprocess.run(
            ["bash", "-c", facts[command]], cwd=tmp_path, env={"PATH": path}, capture_output=True, text=True, check=True
        )
        assert (done.stdout.split()[0], done.stderr) == (facts[hashed], "")
