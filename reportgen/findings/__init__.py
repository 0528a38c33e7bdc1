"""Evidence -> what the reader should know. One module a family of rules."""

NAMES = ("model", "data", "answers", "channels", "explanations", "report")
