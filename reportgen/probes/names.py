"""A model before and after its layers were renamed -> the largest difference in its answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.evidence.names import NamesResult
from reportgen.models.renaming import other_names, rename
from reportgen.models.subject import Array, Subject, answers
from reportgen.models.types import Tensors
from reportgen.options import Options
from reportgen.progress import Progress, silent

NEEDS: tuple[str, ...] = ()
USUAL_MACS = 10**11
"""Multiply-adds that one pass over the compared images may take before there are fewer of them."""


def run(subject: Subject, options: Options, progress: Progress = silent) -> NamesResult | None:
    """Put the same images to the model under its own names and under others.

    Where the user renamed layers the model arrives with its new names: the old ones are put back for one of the two
    passes. Where nothing was renamed every layer gets another name for a trial, and its own one back afterwards.

    Returns:
        The comparison over the first images of the data; None without data.
    """
    del progress
    if subject.dataset is None:
        return None
    num_images = min(subject.batch_size, subject.dataset.size, subject.affordable(USUAL_MACS))
    inputs = subject.inputs(range(num_images))
    now = answers(subject.model, inputs)
    if options.rename:
        other = _under_old_names(subject, options.rename, inputs)
        names, trial = tuple(options.rename), False
    else:
        with other_names(subject.model) as names:
            other = answers(subject.model, inputs)
        trial = True
    # Where a model does not answer twice alike, its answers under other names say nothing of the names.
    same = _all_equal(now, other)
    repeats = same or _all_equal(now, answers(subject.model, inputs))
    differences = [np.nan_to_num(np.abs(a - b)) for a, b in zip(now, other, strict=True)]
    return NamesResult(
        renamed=names,
        trial=trial,
        num_images=num_images,
        largest_difference=max((float(difference.max()) for difference in differences if difference.size), default=0.0),
        identical=same,
        repeats=repeats,
    )


def _all_equal(one: Sequence[Array], other: Sequence[Array]) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def _under_old_names(subject: Subject, names: Sequence[tuple[str, str]], inputs: Tensors) -> list[Array]:
    rename(subject.model, [(new, old) for old, new in reversed(names)])
    try:
        return answers(subject.model, inputs)
    finally:
        rename(subject.model, names)
