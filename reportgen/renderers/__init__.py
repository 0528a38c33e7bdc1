"""A report -> the bytes of a file, one module per format.

Every module exports `SUFFIX`, the end of its file's name; `estimate(plan)`, how many bytes the file takes at most; and
`render(report, tools)`, which makes it. What else a format may say is in `renderers.forms`, where it has a default.
"""

NAMES = ("html", "pdf", "json", "pdf-summary", "answers", "model-card", "ml-bom", "in-toto")
DEFAULTS = ("html", "pdf", "json")
"""Formats that are written where none is named."""
