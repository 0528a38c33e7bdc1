"""A model and images -> what was seen. One module per way of running the model.

Every module exports `NEEDS`, the names of the probes that run before it, whose results it finds in `subject.earlier`;
and `run(subject, options, progress)`, which returns a frozen result from `reportgen.evidence`, or None where there is
nothing to run on. A probe turns tensors into 8-bit maps and numbers at once and lets the floats go. More may be there:

- `READS`, the names of probes whose results it reads where these run, too: they come before it.
- `leave(subject, result)` returns the subject as the probes after it get it.
- `passes(subject, options)`, of one that passes over all images and whose pass can be cut into blocks: that pass, a
  `models.blocks.Pass`, or None for none.
- `together(passes)`, of one whose pass can be made with those of other probes: the passes of probes by their names ->
  the passes to make, of which each folds into those that it stands for.
- `forecast(record, dataset, options, plan)` returns the `budget.work.Work` that it takes, or None for nothing.
- `num_samples(dataset, options)`, of the one that chooses samples: how many there will be, at most.
- `places(subjects, pairs, seed)` and `responses(subject, images, wanted, progress)`, of the one that watches channels:
  the same places in the maps of two models, and what channels respond there.
- `method(subjects)` and `outlined(subject, answers, indices, method, seed, progress)`, of the one that explains
  answers: how maps of several models are made, and one map and one outline of some images, with nothing tested.
- `scores(result)`, of the one that knows how often the model is right: each `document.report.Score`.
"""

NAMES = (
    "predictions",
    "pixels",
    "samples",
    "performance",
    "scaling",
    "activations",
    "views",
    "edges",
    "pooling",
    "watching",
    "ablation",
    "why",
    "journey",
    "shortcuts",
    "responses",
    "dreams",
    "names",
)
