"""Processes that many tests start: forked from one that has imported what all of them would import again.

The nursery is a process of its own, begun when it is first needed; it runs nothing but what it forks. Whoever is to be
forked is still started as a process, which only hands its arguments, environment, folder and streams over, and ends as
its twin does: who waits for it, ends it or limits it meets a real process.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import inspect
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, wraps
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

# What the command line and the trial of a model import.
TENSORFLOW = (
    "reportgen.models.trial", "reportgen.pipeline.reporting", "reportgen.pipeline.parts", "reportgen.commands.cli",
)  # fmt: skip
# What a program says at its end: the most bytes that it held, of which it was forked with some. What the system tells
# of processes that ended counts the highest of those that it was forked from, too.
PEAK = """
import resource, sys
if sys.platform == "linux":
    print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) * 1024)
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if sys.platform == "darwin" else peak * 1024)
"""
# Kinds of namespaces, in the numbers of Linux.
_USERS, _MOUNTS, _NETWORKS = 0x10000000, 0x00020000, 0x40000000
# What stands in the place of a program for `python -c`: PLACE is where the nursery listens, PROGRAM what it should run.
_HAND_OVER = """
import json, os, signal, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({place!r})
    asked = {{"program": {program!r}, "arguments": sys.argv, "environment": dict(os.environ), "folder": os.getcwd()}}
    data = json.dumps({{**asked, "twin": os.getpid()}}).encode()
    socket.send_fds(line, [b"%d\\n" % len(data)], [0, 1, 2])
    line.sendall(data)
    for stream in (0, 1, 2):
        os.close(stream)
    code = int(line.recv(20) or -9)
if code < 0:
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


class Nursery:
    """Forks processes that have imported some modules.

    Args:
        *modules: Their names.

    Attributes:
        possible: Whether this system has what it takes.
    """

    possible = hasattr(os, "pidfd_open") and hasattr(socket, "send_fds")

    def __init__(self, *modules: str) -> None:
        self._place = str(Path(tempfile.mkdtemp(prefix="nursery-")) / "line")
        # It goes away with this process, as its standard input ends then, and takes the folder with it.
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", __name__, self._place, *modules],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def program(self, program: str) -> str:
        """Return what `python -c` takes in the place of a program, to run it in a process that is forked."""
        return _HAND_OVER.format(place=self._place, program=program)

    def youngest(self) -> int:
        """Return the number of the process that was forked last and has not ended."""
        return children(children(self._process.pid)[-1])[0]

    def close(self) -> None:
        """End it."""
        self._process.communicate()


def children(process: int) -> list[int]:
    """Return the numbers of a process's children, as Linux tells of them, the oldest of a thread first."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(each) for task in tasks for each in (task / "children").read_text(encoding="ascii").split()]


@cache
def having(*modules: str) -> Nursery:
    """Return the nursery of this process that has imported some modules, which is begun when it is first asked for."""
    nursery = Nursery(*modules)
    atexit.register(nursery.close)
    return nursery


@contextmanager
def forking(module: Any, function: str, *imported: str) -> Iterator[None]:
    """Have a function of the product, which starts a process with the program `_START`, start one that is forked.

    Args:
        module: Where the function and the program stand.
        function: Its name.
        *imported: Modules that the program imports.
    """
    true = getattr(module, function)

    @wraps(true)
    def forked(*arguments: Any, **named: Any) -> Any:
        with pytest.MonkeyPatch.context() as meanwhile:
            meanwhile.setattr(module, "_START", having(*imported).program(module._START))
            return true(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch:
        if Nursery.possible:
            patch.setattr(module, function, forked)
        yield


@contextmanager
def true_processes(module: Any, function: str) -> Iterator[None]:
    """Have a function start its process as the product does, for tests of that process itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, function, inspect.unwrap(getattr(module, function)))
        yield


def _serve(place: str) -> None:
    """Fork for everyone who asks, until standard input ends."""
    waiting: set[int] = set()
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(place)
        door.listen()
        os.write(1, b"ready\n")
        while door.fileno() in select.select([door.fileno(), 0], [], [])[0]:
            line = door.accept()[0]
            child = os.fork()
            if child == 0:
                door.close()
                _look_after(line)
            line.close()
            waiting = {each for each in (*waiting, child) if os.waitpid(each, os.WNOHANG)[0] == 0}
    os.unlink(place)
    os.rmdir(os.path.dirname(place))
    for each in waiting:
        os.waitpid(each, 0)


def _look_after(line: socket.socket) -> None:
    """Fork the one who was asked for, and say how it ended; end it when nobody waits any more."""
    head, streams, _, _ = socket.recv_fds(line, 20, 3)
    size, _, data = head.partition(b"\n")
    while len(data) < int(size):
        block = line.recv(1 << 16)
        if not block:
            os._exit(1)
        data += block
    child = os.fork()
    if child == 0:
        line.close()
        _run(streams, **json.loads(data))
    for stream in streams:
        os.close(stream)
    ended = os.pidfd_open(child)
    if ended not in select.select([ended, line.fileno()], [], [])[0]:
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        line.sendall(b"%d" % code)
    finally:
        os._exit(0)


def _run(
    streams: list[int], program: str, arguments: list[str], environment: dict[str, str], folder: str, twin: int
) -> None:
    for place, stream in enumerate(streams):
        os.dup2(stream, place)
        os.close(stream)
    # Python's own streams remember what they led to.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)
    _enter_world(twin)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    # As it is where `python -c` begins, also where these tests run behind `nohup`.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    sys.argv[:], sys.path[0], tempfile.tempdir = arguments, "", None
    code = 0
    try:
        exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        code = 1
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _enter_world(process: int) -> None:
    """See the files and networks that a process sees, where `unshare` gave it others than this one has."""
    if os.readlink(f"/proc/{process}/ns/mnt") != os.readlink("/proc/self/ns/mnt"):
        entered = ctypes.CDLL(None, use_errno=True).setns(os.pidfd_open(process), _USERS | _MOUNTS | _NETWORKS)
        assert entered == 0, os.strerror(ctypes.get_errno())


if __name__ == "__main__":
    for name in sys.argv[2:]:
        import_module(name)
    gc.collect()
    gc.freeze()
    _serve(sys.argv[1])
