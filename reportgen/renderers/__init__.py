"""A report -> the bytes of a file, one module per format."""

NAMES = ("html", "pdf", "json", "pdf-summary")
