"""A report -> the bytes of a file, one module per format."""

from pathlib import Path

NAMES = ("html", "pdf", "json", "pdf-summary")


def published_schema() -> bytes:
    """Return the JSON Schema of what `json` writes, as it came with the package; no renderer is loaded for it."""
    return (Path(__file__).resolve().parent.parent / "schema.json").read_bytes()
