"""50,000 images in eight shards over HTTP, four workers of which one is killed: the files of a single process."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from tests.cluster.clusters import cluster
from tests.commands import Files, here, posix
from tests.sources import tars
from tests.sources.examples import png
from tests.sources.servers import http

pytestmark = [pytest.mark.keras, pytest.mark.exhaustive]
NUM_SHARDS, SHARD_SIZE = 8, 6_250
CHOICES = ("--section", "summary", "--section", "performance", "--section", "channels", "--section", "provenance")
FORMATS = ("--format", "html", "--format", "json", "--format", "pdf")


@posix
def test_fifty_thousand_images_on_a_cluster_give_the_files_of_one_process(files: Files, tmp_path: Path) -> None:
    shown, work = tmp_path / "shown", tmp_path / "work"
    for folder in (shown, work):
        folder.mkdir()
    draw = np.random.default_rng(5)
    for shard in range(NUM_SHARDS):
        pictures = draw.integers(0, 256, (SHARD_SIZE, 12, 12), np.uint8)
        members = (
            member
            for place, picture in enumerate(pictures)
            for member in ((f"{place:05}.png", png(picture)), (f"{place:05}.cls", str(place % 3).encode()))
        )
        tars.write(shown / f"train-{shard}.tar", members)
    kept = work / ".dealt.blocks"
    with http(shown) as site, cluster(tmp_path, 4) as mine:
        given = ("build", files.model, "--data", f"{site.address}/train-{{0..7}}.tar", *CHOICES, *FORMATS)
        killed = threading.Event()

        def kill() -> None:
            while not (kept.is_dir() and any(path.suffix == ".npz" for path in kept.iterdir())):
                time.sleep(0.01)
            mine.workers[0].kill()
            killed.set()

        threading.Thread(target=kill, daemon=True).start()
        dealt = here(*given, "--scheduler", mine.address, "-o", "dealt", cwd=work)
        assert dealt.returncode in (0, 3), dealt.stderr
        assert killed.is_set()
        assert mine.workers[0].wait(10) < 0
        alone = here(*given, "-o", "alone", cwd=work)
        assert alone.returncode in (0, 3), alone.stderr
    assert sorted(path.name for path in work.iterdir()) == ["alone", "dealt"]
    found, expected = (
        {path.name: path.read_bytes() for path in (work / name).iterdir()} for name in ("dealt", "alone")
    )
    assert set(found) == {"report.html", "report.json", "report.pdf"}
    assert {name: found[name] == expected[name] for name in found} == dict.fromkeys(found, True)
    assert b"50000" in found["report.json"]
