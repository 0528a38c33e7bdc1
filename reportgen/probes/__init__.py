"""A model and images -> what was seen. One module per way of running the model.

Every module exports `run(subject, options, progress)`, which returns a frozen result from `reportgen.evidence`, or None
where there is nothing to run on. A probe turns tensors into 8-bit maps and numbers at once and lets the floats go.
"""

NAMES = (
    "predictions",
    "performance",
    "responses",
    "scaling",
    "activations",
    "edges",
    "pooling",
    "ablation",
    "dreams",
    "names",
)
