"""Evidence -> chapters. One module per chapter, in the order of `NAMES`.

The body comes first and the annexes behind it: what matters to a reader, then what proves it.

Every module exports `TITLE`, `PART` ("body" or "annex"), `NEEDS` (names of the probes that it reads), `Content` (the
frozen dataclass of its own that its template and the JSON get) and `build(evidence) -> Section | None`; None leaves the
chapter out. Page one also exports `held(section, verdict)`, which returns it with what came of a policy: that is known
when all other chapters are there.
"""

NAMES = (
    "summary",
    "policy",
    "performance",
    "pixels",
    "why",
    "architecture",
    "activations",
    "edges",
    "channels",
    "calculations",
    "pooling",
    "names",
    "samples",
    "maps",
    "provenance",
    "glossary",
    "card",
    "technical",
)
PAGE_ONE = "summary"
"""The chapter that is page one, and can be printed alone."""
VERDICT = "policy"
"""The chapter of a report that is held against a policy, and of no other."""
MAPS, LAYERS, CARDS, SCORES, REASONS = "maps", "activations", "channels", "performance", "why"
PIXELS = "pixels"
"""The chapters that grow most: with the maps of every sample, with layers, channels, classes and samples, and with the
size of masks. A report is planned by them."""
SAMPLES, ORIGIN, CARD = "samples", "provenance", "card"
"""The chapters on the samples, on how a report was made, and on what the owner states, for machine formats."""
ON_IMAGES = ("pooling", "performance", "pixels", "samples", "why", "activations", "channels", "maps")
"""The chapters with numbers that were measured on images: a doubt about these stands beside each of their answers."""
