"""A model and the objects in its samples -> which channel follows each most closely, beside shuffled weights.

Where an image has no plain background, the outlined evidence for its answer stands in the place of an object. It was
found by asking this same network, so that its channels have an advantage over those of any copy: a channel that follows
it is where the evidence is, and nothing is said of the object.

A map looks like the object in the image that it was made from, whatever the weights are: an untrained channel that is
bright where the image is bright follows a bright object. So the closest channel of every grid is compared with the
closest channel of that grid in copies of the network with shuffled weights. A grid is a sample and a layer. All grids
are tested at once: each correlation is brought to the scale of its grid (Fisher's z, less the mean of the copies, over
their deviation), and the highest of the network's grids is compared with the highest of each copy's (Westfall and
Young 1993, "Resampling-Based Multiple Testing").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import keras
import numpy as np

from reportgen.errors import ModelError
from reportgen.evidence.activations import Closest, Following, Foreground
from reportgen.evidence.inference import LEVEL
from reportgen.models import arising, running
from reportgen.models.hooks import Call, watch
from reportgen.models.inputs import batch_size
from reportgen.models.shuffling import shuffling
from reportgen.models.subject import Array, Subject
from reportgen.models.types import Tensor, Tensors
from reportgen.probes.activations.foreground import Target
from reportgen.probes.activations.map_reducing import flat
from reportgen.progress import Progress
from reportgen.records.model import LayerRecord

NUM_COPIES = (999, 499, 199)
"""Copies of the network: as many as its multiply-adds allow. With 199 the smallest p-value is `LEVEL`."""
# After so many copies a test is ended that has a p-value above this: it can hardly become a claim, and ending it never
# makes one.
_HOPELESS = {19: 0.25, 99: 0.08, 199: 0.04, 499: 0.02}
LEAST_CORRELATION = 0.3
"""From this correlation on, a channel that is beyond shuffled weights is said to follow the object."""
_SEED_OF_COPIES = 11
_MACS, _MOST_MACS = 6 * 10**10, 4 * 10**11
"""Multiply-adds of all copies, and of the fewest: most networks are asked only 19 times, as no channel of theirs could
become a claim."""
# Fisher's z of a correlation of 1 is infinite.
_HIGHEST = 1 - 1e-9
_LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found of all grids.

    Attributes:
        following: How it was compared, or why it was not.
        closest: By place of the sample among the chosen ones and path of the layer.
    """

    following: Following
    closest: Mapping[tuple[int, str], Closest] = field(default_factory=dict)


def num_copies(macs: int, num_samples: int) -> int:
    """Return how many copies can be asked about some samples with an object; 0 where too few can.

    Args:
        macs: Multiply-adds of one image's pass.
        num_samples: The samples.
    """
    each = num_samples * max(macs, 1)
    fewest = NUM_COPIES[-1] if NUM_COPIES[-1] * each <= _MOST_MACS else 0
    return next((copies for copies in NUM_COPIES if copies * each <= _MACS), fewest)


def compare(
    subject: Subject,
    places: Mapping[str, LayerRecord],
    found: Sequence[Foreground],
    seed: int,
    progress: Progress,
) -> Comparison:
    """Compare the closest channel of every grid with those of copies of the network.

    Args:
        subject: The model with its samples.
        places: By path of the call whose output is drawn: the record of the layer, with maps of height and width.
        found: What was found of each sample's object.
        seed: Seed of the permutations.
        progress: Told of every copy.
    """
    with_object = [place for place, each in enumerate(found) if each.found]
    if not with_object or not places:
        return Comparison(Following(0, 0, LEVEL))
    copies = num_copies(subject.record.macs, len(with_object))
    if not copies:
        return Comparison(Following(0, 0, LEVEL, "that takes more passes through a network of this size than are made"))
    targets = [Target(found[place].mask) for place in with_object]
    inputs = subject.inputs([subject.samples[place].index for place in with_object])
    watching = _Watching(subject, places, targets)
    generator = np.random.default_rng([seed, _SEED_OF_COPIES])
    null: list[Array] = []
    with progress("Comparing with shuffled weights", total=copies) as advance:
        scores = watching.scores(inputs)
        with shuffling(subject.model, generator) as shuffle:
            while len(null) < copies and not _is_hopeless(scores, null):
                shuffle()
                try:
                    null.append(_highest(watching.scores(inputs)))
                except running.CALL_ERRORS:
                    return Comparison(Following(0, 0, LEVEL, "the model cannot be run with shuffled weights"))
                advance()
    closest = dict(_judged(scores, np.stack(null), with_object, [each.target for each in found]))
    return Comparison(Following(len(null), len(closest), LEVEL), closest)


Scores = Mapping[tuple[int, str], Array]
"""By sample and layer: correlation with the object, float64 (channels,), NaN for a constant map."""


def _highest(scores: Scores) -> Array:
    """Return the highest correlation of each grid, −1 where no channel has one."""
    return np.array([np.max(np.nan_to_num(each, nan=-1.0), initial=-1.0) for each in scores.values()])


def _is_hopeless(scores: Scores, null: Sequence[Array]) -> bool:
    """Whether so many of the copies stand out as much that further ones need not be made: nothing is claimed."""
    most = _HOPELESS.get(len(null))
    return most is not None and bool(p_values(_highest(scores), np.stack(null)).min() > most)


def _judged(
    scores: Scores, null: Array, places: Sequence[int], names: Sequence[str]
) -> Iterator[tuple[tuple[int, str], Closest]]:
    observed = _highest(scores)
    corrected = p_values(observed, null)
    for grid, ((place, path), each) in enumerate(scores.items()):
        if not np.isfinite(each).any():
            continue
        yield (
            (places[place], path),
            Closest(
                channel=int(np.nanargmax(each)),
                correlation=float(observed[grid]),
                shuffled_mean=float(null[:, grid].mean()),
                shuffled_highest=float(null[:, grid].max()),
                p_value=float(corrected[grid]),
                follows=bool(corrected[grid] <= LEVEL and observed[grid] >= LEAST_CORRELATION),
                target=names[places[place]],
            ),
        )


def p_values(observed: Array, null: Array) -> Array:
    """Return the p-value of each grid, corrected over all of them.

    Args:
        observed: Highest correlation of each grid, (grids,).
        null: The same of each copy, (copies, grids).

    >>> p_values(np.array([0.9, 0.1]), np.linspace(0, 0.2, 39)[:, None] * [1, 1]).round(3)
    array([0.025, 0.525])
    """
    both = np.arctanh(np.clip(np.vstack([observed, null]), -_HIGHEST, _HIGHEST))
    # The network is one of the copies where its weights mean nothing: the scale is that of all of them.
    scaled = (both - both.mean(axis=0)) / np.maximum(both.std(axis=0), _LEAST_SPREAD)
    highest = scaled[1:].max(axis=1)
    return np.asarray((1 + (highest[:, None] >= scaled[0] - 1e-12).sum(axis=0)) / (1 + len(null)))


class _Watching:
    """How closely every channel follows the object of every sample, with whatever weights the model has.

    The model runs as a graph, which takes a small network a tenth of the time of an eager call; one that cannot be
    traced is called as it is.
    """

    def __init__(self, subject: Subject, places: Mapping[str, LayerRecord], targets: Sequence[Target]) -> None:
        self._subject, self._places, self._targets = subject, places, targets
        self._run: Callable[[Tensors], list[Tensor]] | None = None
        self._can_be_traced = batch_size(subject.model) is None

    def scores(self, inputs: Tensors) -> Scores:
        """Return the correlations, in an order that is the same each time."""
        volumes = self._computed(inputs) if self._can_be_traced else None
        volumes = self._called(inputs) if volumes is None else volumes
        return {
            (place, record.path): self._follow(target, volumes[path][place], record)
            for place, target in enumerate(self._targets)
            for path, record in self._places.items()
        }

    def _computed(self, inputs: Tensors) -> dict[str, Array] | None:
        """Run the model as a graph; None where it cannot be traced."""
        try:
            self._run = self._run or self._traced(len(keras.tree.flatten(inputs)[0]))
            found = self._run(inputs)
        except (ModelError, *running.CALL_ERRORS):
            self._can_be_traced = False
            return None
        return dict(zip(self._places, map(np.asarray, found), strict=True))

    def _traced(self, rows: int) -> Callable[[Tensors], list[Tensor]]:
        whole = self._subject.trace(rows)
        calls = [whole.calls[path] for path in self._places]  # not those inside a loop

        def seen(tensors: list[Tensor]) -> list[Tensor]:
            each = iter(tensors)
            return [arising.put_back_in_graph(next(each), None if call.given is None else next(each)) for call in calls]

        return whole.whole([each for call in calls for each in (call.output, call.given) if each is not None], seen)

    def _called(self, inputs: Tensors) -> dict[str, Array]:
        found: dict[str, Array] = {}

        def note(call: Call) -> None:
            if call.path in self._places:
                found[call.path] = arising.seen(call)

        with watch(self._subject.model, note):
            running.call(self._subject.model, inputs)
        return found

    def _follow(self, target: Target, volume: Array, record: LayerRecord) -> Array:
        volume = np.moveaxis(volume, record.channel_axis, -1)
        scores = target.follow(volume, record)
        low, high = volume.min(axis=(0, 1)), volume.max(axis=(0, 1))
        sound = np.isfinite(low) & np.isfinite(high) & ~flat(low, high)
        return np.where(sound, scores, np.nan)
