"""A verdict -> text for people and machines. One module a format, in the order in which help names them.

Every module exports `NAME`, what its file is called where several formats are written, and `render(verdict)`, which
returns the text. None reads a clock, and none needs more than the verdict.
"""

NAMES = ("text", "json", "junit", "sarif", "sarif-full", "github", "gitlab", "openmetrics", "badge", "in-toto")
DEFAULT = "text"
