"""A model before and after its layers were renamed -> the largest difference in its answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from reportgen.evidence import NamesResult
from reportgen.models.renaming import other_names, rename
from reportgen.options import Options
from reportgen.probes.subject import BATCH_SIZE, Array, Subject, answer
from reportgen.progress import Progress, silent


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
    images = subject.images(list(range(min(BATCH_SIZE, subject.dataset.size))))
    now = answer(subject.model, images)
    if options.rename:
        other = _under_old_names(subject, options.rename, images)
        names, trial = tuple(options.rename), False
    else:
        with other_names(subject.model) as names:
            other = answer(subject.model, images)
        trial = True
    difference = np.abs(now - other)
    return NamesResult(
        renamed=names,
        trial=trial,
        num_images=len(images),
        largest_difference=float(np.nan_to_num(difference).max()) if difference.size else 0.0,
        identical=now.tobytes() == other.tobytes(),
    )


def _under_old_names(subject: Subject, names: Sequence[tuple[str, str]], images: Array) -> Array:
    rename(subject.model, [(new, old) for old, new in reversed(names)])
    try:
        return answer(subject.model, images)
    finally:
        rename(subject.model, names)
