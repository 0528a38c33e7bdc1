"""What a .npy file declares -> the head of one."""

from __future__ import annotations

import struct


def head(text: str) -> bytes:
    """Return the head of a .npy file that declares what the text says."""
    padded = text.encode("latin-1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(padded)) + padded


def declared(descr: str, shape: str) -> bytes:
    return head(f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")
