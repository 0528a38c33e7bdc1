"""Names of very many images, made when they are asked for or held in one string of bytes."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import overload


@dataclass(frozen=True, slots=True, eq=False)
class Called(Sequence[str]):
    """Names that are made when they are asked for.

    Attributes:
        size: How many there are.
        one: Place -> the name.

    >>> list(Called(2, lambda place: f"record {place}"))
    ['record 0', 'record 1']
    """

    size: int
    one: Callable[[int], str]

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        if isinstance(place, slice):
            return [self.one(each) for each in range(self.size)[place]]
        return self.one(range(self.size)[place])


class Packed:
    """Names in one string of bytes, which takes a fifth of the memory of a list."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("q")

    def add(self, name: str) -> None:
        """Put a name behind those before."""
        self._bytes += name.encode()
        self._ends.append(len(self._bytes))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:
        start = self._ends[place - 1] if place else 0
        return self._bytes[start : self._ends[place]].decode()
