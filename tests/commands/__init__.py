"""What the tests of the command line share: how a command is run, and what it may say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import nursery

COMMAND = [sys.executable, "-m", "reportgen"]
SCRIPT = [str(Path(sys.executable).with_name("reportgen"))]
# What may stand on standard error when all is well: a step that begins, how long one took, what was found, the files.
STEP = re.compile(
    r"[A-Z][A-Za-z ,.]+( …|: \d+ s)"
    r"|Accuracy: [\d.]+\u202f% \(95\u202f% interval [\d.]+\u202f% to [\d.]+\u202f%; \d+ of \d+\xa0images\)"
    r"|Warning: .+\."
    r"|Sizes: (report[a-z-]*\.[a-z]+ [\d.]+\u202fMB(, |\.$))+"
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither these signals nor pseudo-terminals")


@dataclass(frozen=True)
class Files:
    """What the tests build reports on.

    Attributes:
        folder: Where the files are, and where commands run.
        model: A model of one conv and one pooling layer for images of 12 × 12.
        broken: The same with NaN in a kernel.
        data: 20 images with labels.
    """

    folder: Path
    model: Path
    broken: Path
    data: Path


def environment(**changes: str) -> dict[str, str]:
    """This environment without what the tests themselves set."""
    usual = {name: value for name, value in os.environ.items() if name not in {"TF_CPP_MIN_LOG_LEVEL", "COLUMNS"}}
    return {**usual, **changes}


def run(
    *arguments: str | Path, cwd: Path, command: list[str] | None = None, **changes: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(command or COMMAND), *map(str, arguments)],
        cwd=cwd,
        env=environment(**changes),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def forked(program: str = "from reportgen.commands.cli import main; main(prog_name='reportgen')") -> list[str]:
    """What starts a program, or the command as `COMMAND` does, in a process forked from one that has TensorFlow."""
    if not nursery.Nursery.possible:
        return [sys.executable, "-c", program]
    return [sys.executable, "-c", nursery.having(*nursery.TENSORFLOW).program(program)]


def here(*arguments: str | Path, cwd: Path, **changes: str) -> subprocess.CompletedProcess[str]:
    """Run a command in this process, in which TensorFlow is imported: one that needs no process of its own.

    Both streams are files of their own, as the program redirects their descriptors; modules of the user's own, which
    lie where it runs, are forgotten.
    """
    from reportgen.commands.cli import main

    words, place, code, before = list(map(str, arguments)), Path.cwd(), 0, set(sys.modules)
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        files = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(2)]
        for name, value in changes.items():
            patch.setenv(name, value)
        for name, descriptor, file in zip(("stdout", "stderr"), (1, 2), files, strict=True):
            getattr(sys, name).flush()
            own = os.dup(descriptor)
            stack.callback(os.close, own)
            stack.callback(os.dup2, own, descriptor)
            os.dup2(file.fileno(), descriptor)
            stream = stack.enter_context(os.fdopen(os.dup(descriptor), "w", encoding="utf-8"))
            patch.setattr(sys, name, stream)
        stack.callback(os.chdir, place)
        os.chdir(cwd)
        try:
            main(words, prog_name="reportgen")
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else int(end.code is not None)
        sys.stdout.flush()
        sys.stderr.flush()
        for file in files:
            file.seek(0)
        out, err = (file.read().decode("utf-8") for file in files)
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None)).startswith(str(cwd)):
            del sys.modules[name]
    return subprocess.CompletedProcess(words, code, out, err)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def only_steps(text: str) -> bool:
    return all(STEP.fullmatch(line) for line in text.splitlines())
