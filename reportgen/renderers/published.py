"""The JSON Schema of a report's JSON, as it came with the package; no renderer is loaded for it."""

from __future__ import annotations

from pathlib import Path


def published_schema() -> bytes:
    """Return the JSON Schema of what the renderer `json` writes."""
    return (Path(__file__).resolve().parent.parent / "schema.json").read_bytes()
