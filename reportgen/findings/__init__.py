"""Evidence -> what the reader should know. One module a family of rules.

Every module exports `RULES`, what it can find, each with its page (`document.rules.Rule`); and `judge(evidence)`, which
yields what it found.
"""

NAMES = ("model", "data", "answers", "pixels", "channels", "explanations", "shortcuts", "report", "demands")
