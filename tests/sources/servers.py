"""Servers that the tests start: one for HTTP with the faults of real ones, and one that speaks as S3 does."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import urlopen


@dataclass
class Site:
    """A folder that a server shows, and how it behaves.

    Attributes:
        address: How addresses of its files begin.
        faults: What goes wrong with a file, by name: a status, "cut" or "silent", and how many times.
        asked: How often each file was asked for with GET.
        password: What has to stand in addresses: user and password, and a query; "" for nothing.
    """

    folder: Path
    address: str = ""
    faults: dict[str, tuple[int | str, int]] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    password: str = ""
    query: str = ""
    stop: threading.Event = field(default_factory=threading.Event)


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: object, site: Site) -> None:
        self.site = site
        super().__init__(*args, directory=str(site.folder))  # type: ignore[arg-type]

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        site, name = self.site, urlsplit(self.path).path.rpartition("/")[2]
        site.asked[name] += 1
        given = self.headers.get("Authorization", "")
        if site.password and given != "Basic " + base64.b64encode(site.password.encode()).decode():
            self.send_error(401)
        elif site.query and urlsplit(self.path).query != site.query:
            self.send_error(403)
        elif site.faults.get(name, ("", 0))[1] > 0:
            what, left = site.faults[name]
            site.faults[name] = (what, left - 1)
            self._fail(what, site.folder / name)
        else:
            super().do_GET()

    def _fail(self, what: int | str, path: Path) -> None:
        if isinstance(what, int):
            self.send_error(what)
        elif what == "silent":
            self.site.stop.wait(20)
        else:
            data = path.read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            self.close_connection = True


@contextmanager
def http(folder: Path) -> Iterator[Site]:
    """Show a folder by HTTP."""
    site = Site(folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, site=site)) as server:
        server.daemon_threads = True
        site.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.stop.set()
            server.shutdown()
            thread.join()


@contextmanager
def s3() -> Iterator[str]:
    """Start moto's server in a process of its own; its address."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                with urlopen(f"{address}/moto-api/", timeout=5):
                    break
            except OSError:
                assert process.poll() is None, "moto's server has ended"
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
