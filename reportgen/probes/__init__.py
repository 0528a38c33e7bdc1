"""A model and images -> what was seen. One module per way of running the model.

Every module exports `NEEDS`, the names of the probes that run before it, whose results it finds in `subject.earlier`;
and `run(subject, options, progress)`, which returns a frozen result from `reportgen.evidence`, or None where there is
nothing to run on. A probe turns tensors into 8-bit maps and numbers at once and lets the floats go. Two more may be
there: `leave(subject, result)` returns the subject as the probes after it get it, and
`forecast(record, dataset, options, plan)` the `budget.work.Work` that it takes, or None where it does nothing.
"""

NAMES = (
    "predictions",
    "samples",
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
