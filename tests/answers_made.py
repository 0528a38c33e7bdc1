"""Answers image by image -> what the records say of them, each number worked out by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.evidence.confidences import NUM_BINS, STEPS, Confidences, FirstImages, Kept, bins_of
from reportgen.evidence.predictions import Errors

Array = npt.NDArray[Any]
MOST = 100


def sure(confidence: Any, hits: Any = None, *, broken: Any = None, places: Any = None) -> Confidences:
    """How sure an output is: confidences and hits (None where nothing is known to be right) of each image."""
    values = np.asarray(confidence, np.float32).astype(np.float64)
    everything = np.arange(len(values))
    right = np.zeros(len(values), bool) if hits is None else np.asarray(hits, bool)
    sound = np.ones(len(values), bool) if broken is None else ~np.asarray(broken, bool)
    near = np.zeros(len(values), bool) if places is None else np.asarray(places) <= 5
    where = bins_of(values.astype(np.float32))

    def binned(chosen: Array) -> Array:
        return np.array([int((chosen & sound & (where == place)).sum()) for place in range(NUM_BINS)])

    def first(chosen: Array, sign: int, seed: int | None) -> FirstImages:
        return FirstImages.of(MOST, seed, everything[chosen], sign * values[chosen])

    return Confidences(
        right=binned(right),
        wrong=binned(~right),
        near=None if places is None else binned(~right & near),
        steps=np.array(
            [round(sum(values[sound & (where == place)].tolist()) * STEPS) for place in range(NUM_BINS)], np.uint64
        ),
        surest_right=first(right, -1, None),
        surest_wrong=first(~right, -1, None),
        least_sure=first(everything >= 0, 1, None),
        drawn_right=first(right & sound, -1, 0),
        drawn_wrong=first(~right & sound, -1, 0),
        drawn_least=first(values > 0, 1, 0),
    )


def kept(answered: Any, confidence: Any, hits: Any = None) -> Kept:
    """The answers to all images, one by one."""
    known = None if hits is None else np.asarray(hits, bool)
    return Kept(None, np.asarray(answered, np.int64), np.asarray(confidence, np.float32).astype(np.float64), known)


def errors(values: Any) -> Errors:
    """Errors of all images, without their moments."""
    found = np.asarray(values, np.float64)
    half, most = (float(each) for each in np.quantile(found, (0.5, 0.95)))
    return Errors(None, (half, most, float(found.max())), FirstImages.of(MOST, 0, np.arange(len(found)), -found))
