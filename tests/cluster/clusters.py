"""A Dask cluster of real processes on this machine, and what the tests of clusters make reports of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.commands import environment, forked

# What each of many reports takes long for, and no cluster does.
SHORT = ("--dream-steps", "1", "--ablation-budget", "20")
CHOICES = ("--section", "performance", "--section", "channels", "--format", "json", "--format", "html", *SHORT)
_WAIT_S = 60


@dataclass(frozen=True)
class Cluster:
    """A scheduler with its workers.

    Attributes:
        address: Of the scheduler.
        scheduler: Its process.
        workers: Their processes, each without a nanny.
    """

    address: str
    scheduler: subprocess.Popen[bytes]
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def cluster(folder: Path, number: int = 1, tls: Sequence[str] = ()) -> Iterator[Cluster]:
    """Have a scheduler and some workers, which end with the block.

    Args:
        folder: Where they work, and write down their address.
        number: How many workers.
        tls: Options of both commands for TLS.
    """
    where = folder / "scheduler.json"
    where.unlink(missing_ok=True)
    # Threads are to be as many as in the process that is compared; all of these are on the path of this one.
    own = {"DASK_DISTRIBUTED__NANNY__PRE_SPAWN_ENVIRON": "{}", "PYTHONPATH": os.pathsep.join(sys.path)}
    dask = forked("from dask.__main__ import main; main()")

    def started(stack: ExitStack, role: str, *options: str) -> subprocess.Popen[bytes]:
        command = (*dask, role, "--scheduler-file", str(where), "--no-dashboard", *tls, *options)
        process = subprocess.Popen(
            command, cwd=folder, env=environment(**own), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        return process

    with ExitStack() as stack:
        protocol = ("--protocol", "tls") if tls else ()
        scheduler = started(stack, "scheduler", "--host", "127.0.0.1", "--port", "0", *protocol)
        end = time.monotonic() + _WAIT_S
        while not (where.exists() and where.read_bytes().strip().endswith(b"}")):
            assert scheduler.poll() is None, "the scheduler ended"
            assert time.monotonic() < end, "there is no scheduler"
            time.sleep(0.1)
        workers = tuple(started(stack, "worker", "--nthreads", "1", "--no-nanny") for _ in range(number))
        yield Cluster(json.loads(where.read_text("utf-8"))["address"], scheduler, workers)
