"""A model and images -> what it loses where single channels are switched off.

A channel is switched off by putting its mean over the data in the place of its answers, where they are judged: at the
output of the conv call, or of the activation that this goes through. What lies behind that place is computed again, and
nothing before it. Morcos et al. 2018 ("On the importance of single directions for generalization") clamp channels to a
fixed value likewise; the mean, unlike zero, is what the layers behind are used to.

Whoever picks the largest of many losses and reports it on the images by which it was picked reports luck. So the
images are drawn at random, each class by its share, and dealt out: over the first part one gradient an image puts all
channels in order (`ordering`), and as many of them as the budget allows are switched off; the few without which the
truth becomes least probable are switched off again on the other part, and only there a channel may be called needed.
"""

from __future__ import annotations

import numpy as np

from reportgen.budget.plan import Plan
from reportgen.budget.work import Work
from reportgen.errors import ModelError
from reportgen.evidence.ablation import AblationResult
from reportgen.evidence.inference import LEVEL
from reportgen.evidence.watching import WatchingResult
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.probes.ablation import measuring
from reportgen.probes.ablation.costs import USUAL_MACS, Site
from reportgen.probes.ablation.study import Study
from reportgen.progress import Progress, silent
from reportgen.records import places
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

NEEDS = ("predictions", "watching")
# What takes no multiply-adds takes some time all the same.
_LEAST_COST = 1 / 200


def forecast(record: ModelRecord, dataset: Dataset, options: Options, plan: Plan) -> Work:
    """Return the work of the budget, or of switching off all channels on all images where that is less."""
    del plan
    step = "switching channels off"
    if options.ablation_budget.endswith("s"):
        return Work(step, seconds=float(options.ablation_budget[:-1]))
    macs = USUAL_MACS
    if options.ablation_budget != "auto":
        macs = int(options.ablation_budget) * record.macs
    all_of_them = sum(
        (call.output_shape[call.channel_axis] or 1) * sum(each.macs or 0 for each in record.layers[place + 1 :])
        for place, call in enumerate(record.layers)
        if call.role == "conv"
    )
    return Work(step, macs=min(macs, dataset.size * all_of_them))


def run(subject: Subject, options: Options, progress: Progress = silent) -> AblationResult | None:
    """Switch channels off, one after the other, as many as the budget allows.

    Returns:
        What each of them costs; None without data. Where nothing can be measured, the result says why.
    """
    dataset = subject.dataset
    if dataset is None:
        return None
    sites = _sites(subject)
    total = sum(places.num_channels(site.call) for site in sites)
    measure = measuring.measure(subject, options)
    watched = subject.earlier.get("watching")
    try:
        if not sites or not isinstance(watched, WatchingResult):
            raise ModelError("The model has no conv layer whose channels could be switched off.")
        if measure is None:
            raise ModelError("The model does not predict one class for each sample, so there is no accuracy to lose.")
        result = Study(subject, sites, measure, watched, options, progress).result()
    except ModelError as error:
        nobody = np.zeros(0, np.int64)
        result = AblationResult(dataset.size, 0, nobody, nobody, None, 0.0, "", total, LEVEL, (), missing=str(error))
    return result


def _sites(subject: Subject) -> tuple[Site, ...]:
    layers = subject.record.layers
    total = max(sum(call.macs or 0 for call in layers), 1)
    found = []
    for call in places.conv_calls(subject.record):
        place = places.judged_at(subject.record, call)
        # Calls stand in the order in which they happen: what follows from this one comes later.
        later = sum(each.macs or 0 for each in layers if each.index > place.index)
        found.append(Site(call, place, max(later / total, _LEAST_COST)))
    return tuple(found)
