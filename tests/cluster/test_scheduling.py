"""`reportgen build --scheduler`: Dask's workers pass over the data, one is killed, and the report is the same."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from reportgen.cluster import scheduling
from tests.cluster.clusters import CHOICES
from tests.commands import Files, here, posix
from tests.nursery import TENSORFLOW

pytestmark = [pytest.mark.keras, pytest.mark.slow]


def built(files: Files, data: Path, folder: Path, *options: str) -> dict[str, bytes]:
    done = here(
        "build", files.model, "--data", data, *CHOICES, "--scheduler", "local", *options, "-o", "out", cwd=folder
    )
    assert done.returncode in (0, 3), done.stderr
    assert [path.name for path in folder.iterdir()] == ["out"]
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


@pytest.fixture
def forking() -> Iterator[None]:
    """Have Dask fork its workers from one process that has imported what all of them need."""
    import dask
    from distributed import utils

    with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
        # The first time it asks for a list of its own.
        utils.get_mp_context().set_forkserver_preload(["distributed", *TENSORFLOW])
        yield


@pytest.mark.usefixtures("forking")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_workers_give_the_files_of_one_process(
    files: Files, data: Path, whole: dict[str, bytes], tmp_path: Path, workers: str
) -> None:
    assert built(files, data, tmp_path, "--workers", workers) == whole


@posix
def test_worker_that_is_killed_costs_its_block_only(
    files: Files, data: Path, whole: dict[str, bytes], tmp_path: Path
) -> None:
    killed: list[int] = []

    def kill() -> None:
        kept = tmp_path / ".out.blocks"
        while not (kept.is_dir() and any(kept.iterdir())):
            time.sleep(0.02)
        worker = _workers()[0]
        os.kill(worker, signal.SIGKILL)
        killed.append(worker)

    thread = threading.Thread(target=kill, daemon=True)
    thread.start()
    assert built(files, data, tmp_path, "--workers", "2") == whole
    thread.join(10)
    assert killed


def _workers() -> list[int]:
    """The processes of Dask's workers, which are started by this one."""
    found = []
    for each in Path("/proc").iterdir():
        if each.name.isdecimal():
            words = (each / "cmdline").read_bytes().split(b"\0") if (each / "cmdline").exists() else []
            parent = (each / "stat").read_text().rpartition(")")[2].split()[1] if words != [b""] else ""
            if parent == str(os.getpid()) and any(b"spawn_main" in word for word in words):
                found.append(int(each.name))
    return found


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--scheduler", "somewhere"), "--scheduler got 'somewhere'"),
        (("--scheduler", "tls://host:8786"), "TLS takes three files"),
        (("--workers", "2"), "without a cluster"),
    ],
)
def test_cluster_that_cannot_be_meant_is_refused_before_work(
    files: Files, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    done = here("build", files.model, "--data", files.data, *options, "-o", "out", cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert not list(tmp_path.iterdir())


def test_scheduler_that_is_not_there_is_one_sentence(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "_WAIT_S", 1)
    done = here(
        "build", files.model, "--data", files.data, *CHOICES, "--scheduler", "tcp://127.0.0.1:9", "-o", "out",
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "No worker was found at tcp://127.0.0.1:9" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "out").exists()
