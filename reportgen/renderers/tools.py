"""What a renderer may use besides the report: a process that sets type, and what others made of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from types import TracebackType
from typing import Protocol

from reportgen.document.report import Report

Make = Callable[[Report], bytes]


class Typesetter(Protocol):
    """A process that sets one document in type; at the end of its context it ends."""

    def __enter__(self) -> Typesetter: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def close(self) -> None:
        """End the process, whatever it does."""

    def typeset(self, document: str, *shorter: str, attachment: bytes = b"") -> bytes:
        """Return a document as PDF; of several, the first that fits on one page."""


@dataclass(frozen=True, slots=True)
class Tools:
    """Tools for the renderers of one report.

    Attributes:
        typesetter: A process that was started earlier with the format's `warm`, used up by one document; None: the
            renderer starts one if it needs it.
        written: For a format that is made last: SHA-256 of every file that was written of the report, by its path from
            the report's folder, with "/".
    """

    typesetter: Typesetter | None = None
    written: Mapping[str, str] = field(default_factory=dict)
    _made: dict[Make, bytes] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def once(self, make: Make, report: Report) -> bytes:
        """Return what a function makes of the report; it is called for the first renderer that asks, in any thread."""
        with self._lock:
            if make not in self._made:
                self._made[make] = make(report)
            return self._made[make]

    def with_typesetter(self, typesetter: Typesetter) -> Tools:
        """Return the same tools with a process that sets type."""
        return replace(self, typesetter=typesetter)

    def with_written(self, written: Mapping[str, str]) -> Tools:
        """Return the same tools with what was written."""
        return replace(self, written=written)
