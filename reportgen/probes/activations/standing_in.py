"""What was found of a sample's object, and why it was answered as it was -> what channels may follow in it.

A photograph seldom has a plain background. Then the outlined evidence for the answer stands in the place of the object,
if the test of that outline's map supports it.
"""

from __future__ import annotations

import numpy as np

from reportgen.evidence.activations import Foreground
from reportgen.evidence.samples import SampleRecord
from reportgen.evidence.why import Explanation, WhyResult

_METHODS = {"integrated-gradients": "integrated gradients"}


def found(object_: Foreground, why: object, sample: SampleRecord) -> Foreground:
    """Return the object, or the outlined evidence in its place.

    Args:
        object_: What was found of the object.
        why: The explanations; anything else where there are none.
        sample: The sample.
    """
    if object_.found or not isinstance(why, WhyResult):
        return object_
    for one in why.explanations:
        if one.sample == sample.index and one.outline is not None and _is_supported(one):
            mask = np.asarray(one.outline.mask)
            if mask.shape == object_.mask.shape:
                method = _METHODS.get(one.outline.method, one.outline.method)
                how = f"{object_.how} Maps are compared with the outlined evidence for the answer instead, by {method}."
                return Foreground(True, float(mask.mean()), how, 255 * mask.astype(np.uint8), is_evidence=True)
    return object_


def _is_supported(one: Explanation) -> bool:
    return one.main is not None and one.main.verdict is not None and one.main.verdict.word == "supported"
