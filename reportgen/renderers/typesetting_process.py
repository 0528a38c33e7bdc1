"""HTML and a file to attach -> one line of JSON and the PDF. What `pdf` starts as a process.

Standard input holds a line with the number of bytes of the HTML, the HTML, and the file; standard output the answer.
Where there are several numbers, as many documents follow, of which the first that fits on one page is set.

WeasyPrint brings libraries in C that can end a process, and documents that can keep it busy; here neither reaches
the rest of the program. When the other side goes away, standard input ends and so does this.
"""

from __future__ import annotations

import gc
import json
import os
import shutil
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import BinaryIO


def main(folder: str, memory_bytes: int, seconds: int) -> None:
    """Answer one document.

    Args:
        folder: The folder that was made for this process, which nobody may be left to remove.
        memory_bytes: How much address space this process may take, where the system can say so.
        seconds: How long the layout may take, likewise.
    """
    answer = claim_output()
    limit_memory(memory_bytes)
    _end_with_parent(folder)
    try:
        # Late, because it fails where Pango is missing, and prints to standard output then.
        from reportgen.renderers import typesetting
    except OSError as error:
        send(answer, {"library": str(error).splitlines()[:1]}, b"")
        return
    sizes = [int(size) for size in sys.stdin.buffer.readline().split()]
    documents = [sys.stdin.buffer.read(size) for size in sizes]
    if not sizes or [len(document) for document in documents] != sizes:
        # Whoever asked is gone, perhaps in the middle of a document.
        shutil.rmtree(folder, ignore_errors=True)
        return
    attachment = sys.stdin.buffer.read()
    limit_time(seconds)
    # A document is millions of objects that live to the end; looking through them again and again for what can go
    # took a fifth of the time.
    gc.disable()
    pages = [document.decode("utf-8") for document in documents]
    status = asdict(typesetting.typeset(*pages, attachment=attachment))
    try:
        send(answer, status, status.pop("pdf"))
    except OSError:
        # Nobody waits for it any more.
        shutil.rmtree(folder, ignore_errors=True)


def claim_output() -> BinaryIO:
    """Keep standard output for the answer; whatever a library prints goes to standard error."""
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answer


def send(answer: BinaryIO, status: dict[str, object], data: bytes) -> None:
    """Answer: a line that says how it went, and what was made."""
    with answer:
        answer.write(json.dumps(status).encode("ascii") + b"\n" + data)


def limit_memory(memory_bytes: int) -> None:
    """Let this process take so much address space and no more, where the system can say so."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    if most == resource.RLIM_INFINITY or most > memory_bytes:
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, most))


def _end_with_parent(folder: str) -> None:
    """End this process and remove its files when the program that waits for the PDF is killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def limit_time(seconds: int) -> None:
    """End this process then, also when nobody waits for it any more."""
    if hasattr(signal, "alarm"):
        signal.alarm(seconds)
