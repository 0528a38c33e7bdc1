"""Evidence -> chapters. One module per chapter, in the order of `NAMES`.

Every module exports `TITLE`, `NEEDS` (names of the probes that it reads), `Content` (the frozen dataclass of its own
that its template and the JSON get) and `build(evidence) -> Section | None`; None leaves the chapter out.
"""

NAMES = (
    "summary",
    "architecture",
    "calculations",
    "pooling",
    "performance",
    "samples",
    "activations",
    "edges",
    "channels",
    "names",
    "provenance",
    "glossary",
)
