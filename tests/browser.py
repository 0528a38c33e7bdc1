"""A real Chromium, without a window, driven over a pipe in its DevTools protocol: what a page shows, asks for and says.

Protocol: https://chromedevtools.github.io/devtools-protocol/ (messages in JSON, each closed by a zero byte).
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Any

import pytest

from tests.checks import tools

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_FLAGS = (
    "--headless", "--no-sandbox", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip


def find() -> str:
    """The browser's program; without one the test fails, or is skipped where that is asked for."""
    if tools.skipped():
        pytest.skip(f"{tools.SKIP}=1: no browser opens the reports")
    return tools.program(*NAMES)


class Browser:
    """A browser with a profile of its own, which ends with the block that it is opened for."""

    def __enter__(self) -> Browser:
        self._folder = tempfile.mkdtemp(prefix="browser-")
        read_commands, self._commands = os.pipe()
        self._answers, write_answers = os.pipe()
        # The browser reads from descriptor 3 and writes to descriptor 4.
        shell = f'exec "$@" 3<&{read_commands} 4>&{write_answers}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", shell, "browser", find(), *_FLAGS, f"--user-data-dir={self._folder}"],
            pass_fds=(read_commands, write_answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read_commands)
        os.close(write_answers)
        self._number, self._rest = 0, b""
        self._events: list[dict[str, Any]] = []
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._commands)
        os.close(self._answers)
        self._process.kill()
        self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)

    def call(self, method: str, session: str = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; what happens meanwhile is kept."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                result: dict[str, Any] = answer["result"]
                return result
            self._events.append(answer)

    def events(self, session: str, until: str = "") -> list[dict[str, Any]]:
        """Everything that has happened in a page, after waiting for one event by its name."""
        while until and not any(event.get("method") == until for event in self._events):
            self._events.append(self._next())
        return [event for event in self._events if event.get("sessionId") == session]

    @property
    def all_events(self) -> tuple[dict[str, Any], ...]:
        """Everything that has happened, in pages and in the browser itself, since the last page was opened."""
        return tuple(self._events)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            piece = os.read(self._answers, 1 << 16)
            assert piece, "the browser has ended"
            self._rest += piece
        message, _, self._rest = self._rest.partition(b"\0")
        read: dict[str, Any] = json.loads(message)
        return read

    def open(
        self, address: str, *, scripts: bool = True, still: bool = False, width: int = 1280, height: int = 900
    ) -> Page:
        """Load a page, in a context that knows nothing of other pages; `still` is for a reader who wants no motion."""
        context = self.call("Target.createBrowserContext")["browserContextId"]
        target = self.call("Target.createTarget", url="about:blank", browserContextId=context)["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable", session)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.call("Emulation.setDeviceMetricsOverride", session, **size)
        self.call("Emulation.setScriptExecutionDisabled", session, value=not scripts)
        motion = {"name": "prefers-reduced-motion", "value": "reduce" if still else "no-preference"}
        self.call("Emulation.setEmulatedMedia", session, features=[motion])
        self._events.clear()
        failed = self.call("Page.navigate", session, url=address).get("errorText")
        assert not failed, failed
        self.events(session, until="Page.loadEventFired")
        return Page(self, session)


class Page:
    """A page that has been loaded."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser, self._session = browser, session

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; promises are waited for."""
        answer = self._browser.call(
            "Runtime.evaluate", self._session, expression=expression, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    @property
    def console(self) -> list[str]:
        """What the page or the browser has written to the console."""
        said = []
        for event in self._browser.events(self._session):
            if event["method"] == "Log.entryAdded":
                said.append(event["params"]["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled":
                said.append(str(event["params"]["args"]))
        return said

    @property
    def requests(self) -> list[str]:
        """Addresses that were asked for, in order, what the page holds itself aside."""
        sent = [
            event["params"]["request"]["url"]
            for event in self._browser.events(self._session)
            if event["method"] == "Network.requestWillBeSent"
        ]
        return [address for address in sent if not address.startswith("data:")]

    @property
    def loaded(self) -> list[str]:
        """Addresses that were answered with what had been asked for."""
        return [
            event["params"]["response"]["url"]
            for event in self._browser.events(self._session)
            if event["method"] == "Network.responseReceived" and event["params"]["response"]["status"] == 200
        ]

    def picture(self, name: str | Path = "") -> bytes:
        """What is seen, PNG."""
        data = base64.b64decode(self._browser.call("Page.captureScreenshot", self._session)["data"])
        if name:
            Path(name).write_bytes(data)
        return data

    def click(self, x: float, y: float) -> None:
        """Press the mouse at a place of the window, CSS pixels."""
        for kind in ("mousePressed", "mouseReleased"):
            self._browser.call(
                "Input.dispatchMouseEvent", self._session, type=kind, x=x, y=y, button="left", clickCount=1
            )


@contextmanager
def served(folder: Path, **headers: str) -> Iterator[str]:
    """Serve a folder on this machine, each answer with these headers ("_" for "-"); gives the address."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            super().end_headers()

        def do_GET(self) -> None:
            if self.path == "/favicon.ico":
                # A browser asks every server for it by itself.
                self.send_response(204)
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
