"""The number formats that a call works with, as plain data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Precision:
    """The number formats that one call works with, as Keras calls them.

    Attributes:
        compute: What it computes in: "float32", "bfloat16"; of a quantized layer what is multiplied, "int8" or
            "float8", unless its inputs are not quantized.
        stored: What its weights are stored in, the format of the most numbers first; () without weights. Two numbers of
            "int4" share a byte.
        quantized: How Keras quantized it: "int8", "int4/128" with the size of a block, "float8"; "" where it did not.
        weight_bytes: Memory of its weights.
    """

    compute: str = "float32"
    stored: tuple[str, ...] = ()
    quantized: str = ""
    weight_bytes: int = 0

    @property
    def is_usual(self) -> bool:
        """Whether everything is done and kept in float32."""
        return self.compute == "float32" and set(self.stored) <= {"float32"}

    @property
    def in_short(self) -> str:
        """What it computes in and, behind a slash, what most weights are stored in where that is another format."""
        return self.compute if self.stored[:1] in ((), (self.compute,)) else f"{self.compute} / {self.stored[0]}"


USUAL = Precision()
"""Of a call without weights that computes in float32."""
