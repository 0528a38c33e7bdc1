"""How often the verdict on an explanation is wrong, and whether shortcuts are found: on networks trained for it.

What is judged is known: a coloured patch is the class, or a red tag in a corner makes a seven. Everything is seeded,
and judged by the functions that make the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from reportgen.evidence.shortcuts import GRID, WINDOW, ShortcutsResult
from reportgen.evidence.why import Verdict
from reportgen.models.shuffling import shuffling
from reportgen.models.subject import Array
from reportgen.options import Options
from reportgen.probes import predictions, shortcuts
from reportgen.probes.why import judging, mapping
from reportgen.probes.why.ground import Ground, Mapper
from tests.benchmark import planted
from tests.benchmark.table import Row
from tests.probes import subjects

IMAGES = 30
"""Images that are explained, of each network; the others of them are the second null of each."""
TWINS, OTHERS = 39, 19
TAGGED_SEEDS, CLEAN_SEEDS = (1, 2, 3, 4), (5, 6, 7)
NUMBERS_TAGGED = (5, 11, 21, 36, 100)
_STEPS = 32
_FIELDS = (1.0, 2.0, 4.0)
_SEED = 29
_METHODS = ("integrated-gradients", "occlusion")


def verdicts(folder: Path) -> Iterator[Row]:
    """Measure.

    Args:
        folder: Not used: nothing is written.

    Yields:
        A row for each rate: how often, of how many.
    """
    del folder
    patched = planted.trained(planted.with_patches(planted.training(), 1), 1)
    default, plain = _default()
    of_patches = _Judged(patched, planted.with_patches(planted.held_out(), 2)[0])
    of_digits = _Judged(default, plain[0])
    both = (of_patches, of_digits)
    yield _row("nonsense maps called supported", [each.nonsense() for each in both], "at most 0.05")
    yield _row("maps that know the image only, rivals, called so", [each.rivals() for each in both], "none set")
    for judged, where in ((of_patches, "a coloured patch is the class"), (of_digits, "the class is the digit")):
        for name, tally in judged.main().items():
            target = "at least 0.9" if judged is of_patches and name == _METHODS[0] else "none set"
            yield _row(f"maps called supported where {where}, {name}", [{name: tally}], target)
    yield from _shortcuts(default, plain)


@dataclass
class Tally:
    """How often a verdict was "supported"."""

    passed: int = 0
    tried: int = 0

    def count(self, passed: bool) -> None:
        self.passed += passed
        self.tried += 1


Tallies = dict[str, Tally]


class _Judged:
    """A network with images, and verdicts on maps of them."""

    def __init__(self, model: Any, images: Array) -> None:
        chosen = np.random.default_rng(_SEED).permutation(len(images))[:IMAGES]
        subject = subjects.subject(model, subjects.data(images[chosen]))
        answers = predictions.run(subject, Options())
        assert answers is not None, "there are images"
        self._model, self._ground = model, Ground(subject, answers)
        self._generator = np.random.default_rng([_SEED, 1])
        self._goals = [self._ground.goals(index)[0][2] for index in range(IMAGES)]

    def main(self) -> Tallies:
        """Judge the maps of each image."""
        found = {method: Tally() for method in _METHODS}
        for method, tally in found.items():
            for index in range(IMAGES):
                tally.count(self._passes(index, self._maps[method][index], self._others(method, index)))
        return found

    def rivals(self) -> Tallies:
        """Judge maps that know the image and no network."""
        maps = [mapping.plain_maps(self._ground.image(index)) for index in range(IMAGES)]
        found = {name: Tally() for name in maps[0]}
        for name, tally in found.items():
            heats = mapping.smoothed(np.stack([each[name] for each in maps]))
            for index in range(IMAGES):
                tally.count(self._passes(index, heats[index], np.delete(heats, index, 0)[:OTHERS]))
        return found

    def nonsense(self) -> Tallies:
        """Judge maps that know nothing of the image or of the network; each kind against others of its own kind."""
        found = {name: Tally() for name in ("smooth fields", "other images", "shuffled weights", "one blob")}
        blob = _blob(self._ground.sizes)
        shuffled = self._of_shuffled()
        for index in range(IMAGES):
            for sigma in _FIELDS:
                fields = _fields(1 + OTHERS, self._ground.sizes, sigma, self._generator)
                found["smooth fields"].count(self._passes(index, fields[0], fields[1:]))
            found["one blob"].count(self._passes(index, blob, np.stack([blob] * OTHERS)))
            other = (index + 1) % IMAGES
            for method in _METHODS:
                heat = self._maps[method][other]
                found["other images"].count(self._passes(index, heat, self._others(method, index, other)))
                heat = shuffled[method][index]
                if np.isfinite(heat).all():
                    found["shuffled weights"].count(self._passes(index, heat, self._others(method, index)))
        return found

    @cached_property
    def _maps(self) -> dict[str, list[Array]]:
        mapper = Mapper(self._ground, _STEPS, coarse=False)
        return {
            "integrated-gradients": [
                mapper.integrated(index, goal, mapping.MOST_STEPS)[0] for index, goal in enumerate(self._goals)
            ],
            "occlusion": [mapper.occlusion(index, goal) for index, goal in enumerate(self._goals)],
        }

    def _of_shuffled(self) -> dict[str, list[Array]]:
        """The maps of shuffled weights, shuffled anew for each image."""
        found: dict[str, list[Array]] = {method: [] for method in _METHODS}
        try:
            with shuffling(self._model, np.random.default_rng([_SEED, 2])) as shuffle:
                for index, goal in enumerate(self._goals):
                    shuffle()
                    self._ground.shuffled()
                    mapper = Mapper(self._ground, _STEPS, coarse=False)
                    for method, heats in found.items():
                        heats.append(mapper.map(method, index, goal))
        finally:
            self._ground.shuffled()
        return found

    def _others(self, method: str, *but: int) -> Array:
        """The maps of other images than these, the nearest behind the first of them."""
        order = [(but[0] + step) % IMAGES for step in range(IMAGES)]
        return np.stack([self._maps[method][index] for index in order if index not in but][:OTHERS])

    def _passes(self, index: int, heat: Array, others: Array) -> bool:
        goal = self._goals[index]
        own = judging.twins(heat, TWINS, self._generator)
        left = self._ground.left(index, goal)
        found: Verdict = judging.judge(heat, self._ground.answered(index, goal), left, own, list(others))
        return found.word == "supported"


def _blob(sizes: tuple[int, ...]) -> Array:
    """Return a hill in the middle, a quarter of the side wide."""
    places = np.stack(np.meshgrid(*((np.arange(size) - (size - 1) / 2) / size for size in sizes), indexing="ij"))
    return np.asarray(np.exp(-0.5 * (places**2).sum(axis=0) / 0.25**2))


def _fields(number: int, sizes: tuple[int, ...], sigma: float, generator: np.random.Generator) -> Array:
    """Return Gaussian noise smoothed by a Gaussian of `sigma` pixels, on a torus: float64 (number, height, width)."""
    down, across = np.fft.fftfreq(sizes[0])[:, None], np.fft.rfftfreq(sizes[1])
    passed = np.exp(-2 * (np.pi * sigma) ** 2 * (down**2 + across**2))
    noise = generator.normal(size=(number, *sizes))
    return np.asarray(np.fft.irfft2(np.fft.rfft2(noise) * passed, s=sizes))


def _default() -> tuple[Any, planted.Data]:
    """Return the default network, trained as the product trains it, and the digits held out from it."""
    from reportgen.pipeline import origins

    model = origins.train(Options()).model
    images, labels = planted.held_out()
    return model, (images[..., None], labels)


def _shortcuts(default: Any, plain: planted.Data) -> Iterator[Row]:
    """Look for a tag in networks that read it, and for nothing in others."""
    digits, held_out = planted.training(), planted.held_out()
    found, elsewhere, clean = Tally(), Tally(), Tally()
    for seed in TAGGED_SEEDS:
        model = planted.trained(planted.called_by_a_tag(digits, seed), seed)
        for number in NUMBERS_TAGGED:
            result = _searched(model, planted.with_tags(held_out, 100 * seed + number, number))
            alarms = {test.class_index: (test.top, test.left) for test in result.tests if test.is_alarm}
            found.count(alarms.pop(planted.TAGGED, None) == (GRID - WINDOW, GRID - WINDOW))
            for test in result.tests:
                if test.class_index != planted.TAGGED:
                    elsewhere.count(test.class_index in alarms)
        _count(clean, _searched(model, planted.on_noise(held_out, 100 * seed)))
    for seed in CLEAN_SEEDS:
        model = planted.trained(planted.on_noise(digits, seed), seed)
        _count(clean, _searched(model, planted.on_noise(held_out, 100 * seed)))
        _count(clean, _searched(model, planted.with_tags(held_out, 100 * seed, 36)))
    _count(clean, _searched(default, plain))
    least, most = min(NUMBERS_TAGGED), max(NUMBERS_TAGGED)
    what = f"shortcuts found and named: a tag on {least} to {most} of 100 digits"
    yield _row(what, [{"": found}], "at least 0.95", "cases")
    what = "alarms where no tag is read"
    yield _row(
        what, [{"other classes beside a tag": elsewhere, "networks or images without one": clean}], "0", "class tests"
    )


def _searched(model: Any, data: planted.Data) -> ShortcutsResult:
    subject = subjects.subject(model, subjects.data(data[0], data[1].tolist()))
    subject = subjects.with_earlier(subject, {"predictions": predictions.run(subject, Options())})
    found = shortcuts.run(subject, Options())
    assert found is not None, "there is data"
    return found


def _count(tally: Tally, found: ShortcutsResult) -> None:
    for test in found.tests:
        tally.count(test.is_alarm)


def _row(what: str, found: list[Tallies], target: str, unit: str = "maps") -> Row:
    """Return a row of the sum, with its parts in words where there are several."""
    parts = {
        name: (sum(each[name].passed for each in found), sum(each[name].tried for each in found)) for name in found[0]
    }
    passed, tried = (sum(numbers) for numbers in zip(*parts.values(), strict=True))
    if len(parts) > 1:
        what += f" ({', '.join(f'{name} {own} of {number}' for name, (own, number) in parts.items())})"
    return Row(what, passed, "all that were tried", tried, passed / tried, target, unit)
