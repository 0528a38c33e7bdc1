"""A plan and the workers of a Dask cluster -> what all blocks leave. A worker that dies costs the block it was at.

The library is `distributed`, https://distributed.dask.org; nothing else here knows it. A cluster runs whatever its
clients send it, so that it belongs into a network of its own, with TLS.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from reportgen.cluster import collecting
from reportgen.cluster.addressing import LOCAL, Scheduler, check
from reportgen.cluster.parts import Finished
from reportgen.cluster.plan import Plan, Ready, check_versions, decoded, encoded, make_plan, opened, ready, versions
from reportgen.errors import DataError, ReportgenError
from reportgen.models.blocks import State
from reportgen.options import Options
from reportgen.pipeline import origins
from reportgen.pipeline.reporting import make_report
from reportgen.pipeline.result import Report
from reportgen.progress import Progress, silent
from reportgen.writing.folders import held, make_folder

_WAIT_S = 30


def build(model: Path, options: Options, scheduler: Scheduler, progress: Progress = silent) -> Report:
    """Make a report, with the workers of a cluster passing over the data.

    Blocks that were finished before an interruption are kept in a hidden folder beside that of the report.

    Args:
        model: The model's file.
        options: What the report is made with, data among it.
        scheduler: Who deals the blocks out.
        progress: Told of every long step.

    Raises:
        DataError: A worker has other versions, model or data, or the cluster cannot be reached or goes away.
        ReportgenError: The model or the data cannot be used.
    """
    check(scheduler)
    origin = origins.load(model, options, progress)
    plan, _ = make_plan(origin, model, options, progress)
    folder = options.output.absolute().parent / f".{options.output.absolute().name}.blocks"
    make_folder(folder.parent)
    with held(folder):
        finished = Finished(folder, plan)
        left = [each for each in plan.blocks() if not finished.has(*each)]
        if left:
            with _connected(scheduler, progress) as client:
                _collect(client, plan, left, finished, progress)
        # The same way as after `merge`: nothing that the plan did to the model is left.
        origin, dataset, again = opened(plan, None, options.data, progress)
        states = {probe: _Kept(finished, probe, plan.num_blocks(probe)) for probe in plan.passes}
        again = again.model_copy(update={"format": options.format})
        report = make_report(origin, dataset, again, progress, states)
        finished.clear()
    return report


class _Kept(list[State]):
    """What the blocks of one pass left, read when it is asked for."""

    def __init__(self, finished: Finished, probe: str, number: int) -> None:
        super().__init__([{}] * number)
        self._finished, self._probe = finished, probe

    def __getitem__(self, place: Any) -> Any:
        return self._finished.read(self._probe, place)


@contextmanager
def _connected(scheduler: Scheduler, progress: Progress) -> Iterator[Any]:
    """Have a client of a cluster, with a worker at least."""
    import dask
    import distributed

    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what is wrong is said here, in a sentence
    with ExitStack() as stack:
        try:
            with progress("Waiting for workers"):
                if scheduler.address == LOCAL:
                    # It would leave variables in our own environment that tell libraries to take one thread only.
                    stack.enter_context(dask.config.set({"distributed.nanny.pre-spawn-environ": {}}))
                    place: Any = stack.enter_context(
                        distributed.LocalCluster(
                            n_workers=scheduler.workers,
                            threads_per_worker=1,
                            processes=True,
                            host="127.0.0.1",
                            dashboard_address=None,
                            silence_logs=logging.CRITICAL,
                        )
                    )
                else:
                    place = scheduler.address
                client = stack.enter_context(distributed.Client(place, timeout=_WAIT_S, **_security(scheduler)))
                client.wait_for_workers(1, timeout=_WAIT_S)
        except (OSError, TimeoutError, asyncio.TimeoutError, ValueError, RuntimeError) as error:
            raise DataError(
                f"No worker was found at {scheduler.address} in {_WAIT_S} s ({type(error).__name__}). Expected a"
                " scheduler with a worker at least. Check the address, and that workers run."
            ) from error
        yield client


def _security(scheduler: Scheduler) -> dict[str, Any]:
    import distributed

    if scheduler.ca is None:
        return {}
    files = {"tls_client_cert": str(scheduler.certificate), "tls_client_key": str(scheduler.key)}
    return {"security": distributed.Security(tls_ca_file=str(scheduler.ca), require_encryption=True, **files)}


def _collect(client: Any, plan: Plan, left: list[tuple[str, int]], finished: Finished, progress: Progress) -> None:
    """Have blocks passed through, and keep each as soon as it comes."""
    import distributed

    try:
        for worker, found in client.run(versions).items():
            check_versions(plan, found, f"the worker {worker}")
        sent = client.scatter(encoded(plan), broadcast=True)
        blocks = {client.submit(_block, sent, *each, pure=False): each for each in left}
        with progress("Passing over the data on the workers", total=len(left)) as advance:
            for future in distributed.as_completed(blocks):
                what, state = future.result()
                if what:
                    client.cancel(list(blocks))
                    raise DataError(state)
                finished.keep(*blocks[future], state)
                future.release()
                advance()
    except (distributed.KilledWorker, CancelledError, asyncio.CancelledError) as error:
        raise DataError(
            f"The cluster could not finish a block ({type(error).__name__}): workers died again and again, or the"
            " scheduler went away. Expected a cluster that stays. Look at its logs, and start again: finished blocks"
            " are kept."
        ) from error
    except ReportgenError:
        raise
    except (OSError, TimeoutError, ImportError, AttributeError) as error:
        # What a cluster answers that cannot import reportgen, or that is no longer there.
        raise DataError(
            f"The workers could not be asked ({type(error).__name__}: {error}). Expected reportgen on each of them, and"
            " a scheduler that stays. Check them, and start again: finished blocks are kept."
        ) from error


# What a worker has ready: the plan's hash, model and data, and what is to be closed when another plan comes.
_lock = threading.Lock()
_ready: dict[str, tuple[Ready, Callable[[], None]]] = {}


def _block(plan: bytes, probe: str, number: int) -> tuple[str, Any]:
    """Go through one block, in a worker.

    Returns:
        "" and what the block leaves; or the kind of an error and its sentence, because not every error can be sent.
    """
    with _lock:
        try:
            return "", collecting.block(_made_ready(decoded(plan)), probe, number)
        except ReportgenError as error:
            return type(error).__name__, str(error)


def _made_ready(plan: Plan) -> Ready:
    if plan.sha256 not in _ready:
        for _, close in _ready.values():
            close()
        _ready.clear()
        stack = ExitStack()
        _ready[plan.sha256] = stack.enter_context(ready(plan, None, None)), stack.close
    return _ready[plan.sha256][0]
