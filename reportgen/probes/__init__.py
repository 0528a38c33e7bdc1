"""A model and images -> what was seen. One module per way of running the model.

Every module exports `run(subject, options, progress)`, which returns a frozen result from `reportgen.evidence`, or None
where there is nothing to run on. A probe turns tensors into 8-bit maps and numbers at once and lets the floats go. They
run in this order, and each may read what those before it found: `responses` chooses the channels to show when it is
known what they are needed for.
"""

NAMES = (
    "predictions",
    "performance",
    "scaling",
    "activations",
    "edges",
    "pooling",
    "ablation",
    "responses",
    "dreams",
    "names",
)
