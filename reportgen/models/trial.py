"""A model whose cost cannot be told before -> built, filled and called once in a process of its own, within limits.

Only what comes through that is built here. The process takes as long to start as TensorFlow takes, so that it is for
files with layers that `estimating` does not know, and for the user's own classes.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from reportgen.errors import ModelError
from reportgen.models import assembling, described
from reportgen.models.assembling import Judged
from reportgen.models.importing import Imported, import_modules
from reportgen.models.inputs import batch_size

SECONDS = 180
# What TensorFlow takes for itself, with the stacks of its threads on a machine of many cores.
OWN_BYTES = 2 << 30
# A number of the file stands in memory as bytes, as a tensor and as the variable's first and last value.
BYTES_PER_NUMBER = 16

_START = (
    "import gc, sys; *sys.path, = sys.argv[1:]; gc.disable(); "
    "from reportgen.models import trial; gc.enable(); trial.main()"
)
_NO_MEMORY = re.compile(
    r"OOM when allocating|Unable to allocate|bad_alloc|allocation failed|Cannot allocate memory|MemoryError"
)


def hold(judged: Judged, *, memory_bytes: int, imported: Sequence[Imported] = ()) -> None:
    """Build a model in a process of its own and call it once on zeros.

    Args:
        judged: The model.
        memory_bytes: How much memory the process may take, where the system can say so.
        imported: Modules of the user's own, which are run there too.

    Raises:
        ModelError: Keras refuses the model, or it takes too much memory or time.
    """
    task = {
        "judged": {**asdict(judged), "path": str(judged.path)},
        "memory_bytes": memory_bytes,
        "seconds": SECONDS,
        "imports": [module.source for module in imported],
    }
    # The same modules as here, wherever they come from, and nothing from the folder that the user is in.
    places = [os.path.abspath(entry) for entry in sys.path]
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", _START, *places],
            input=json.dumps(task).encode("ascii"),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _too_much(judged.name, memory_bytes) from error
    answer = json.loads(done.stdout) if done.returncode == 0 and done.stdout else {"too_much": True}
    if answer.get("too_much"):
        raise _too_much(judged.name, memory_bytes)
    if problem := answer.get("problem"):
        raise ModelError(problem)


def main() -> None:
    """Answer one task from standard input on standard output. What `hold` starts as a process."""
    output = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    task = json.load(sys.stdin)
    _limit(task.pop("memory_bytes"), task.pop("seconds"))
    with os.fdopen(output, "w", encoding="ascii") as answer:
        json.dump(_tried(**task), answer)


def _tried(judged: dict[str, Any], imports: list[str]) -> dict[str, Any]:
    try:
        import_modules(imports)
        model = assembling.assemble(Judged(**{**judged, "path": Path(judged["path"])}))
    except ModelError as error:
        return {"too_much": True} if _is_memory(error) else {"problem": str(error)}
    try:
        zeros = [
            keras.ops.zeros(
                (batch_size(model) or 1, *(described.OPEN_AXIS if axis is None else axis for axis in tensor.shape[1:])),
                tensor.dtype,
            )
            for tensor in getattr(model, "inputs", None) or []
        ]
        if zeros:
            model(zeros if len(zeros) > 1 else zeros[0], training=False)
    except Exception as error:
        # What is wrong with the call is said where the model is called for the report; here only its cost counts.
        return {"too_much": _is_memory(error)}
    return {"too_much": False}


def _is_memory(error: BaseException) -> bool:
    """Whether an error, or what led to it, is that memory ran out."""
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None and len(chain) < 20:
        chain.append(before)
    return any(isinstance(each, MemoryError) or _NO_MEMORY.search(str(each)) for each in chain)


def _limit(memory_bytes: int, seconds: int) -> None:
    """Limit this process itself, so that it ends also when nobody waits for it any more."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
    try:
        import resource
    except ImportError:  # Windows
        return
    # Address space would count the libraries and what is only reserved; this counts what is filled.
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    if most == resource.RLIM_INFINITY or most > memory_bytes:
        resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, most))


def _too_much(name: str, memory_bytes: int) -> ModelError:
    return ModelError(
        f"{name!r} has layers whose cost is not known before they are built, and took more than {memory_bytes} bytes"
        f" of memory or {SECONDS} s when that was tried. Expected a model that is built and run within these. Raise the"
        " limit with --max-memory if you trust the file."
    )
