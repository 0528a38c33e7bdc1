"""A budget in multiply-adds -> how thoroughly answers are explained. What gives way, in which order, is fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod

from reportgen.evidence.why import LEAST_OTHERS, LEAST_TWINS, MOST_OTHERS, MOST_TWINS, SHARES
from reportgen.language.listing import listed
from reportgen.language.numerals import plural, short
from reportgen.probes.why import mapping

USUAL_MACS = 3 * 10**11
"""Multiply-adds that explaining may take before it is done less thoroughly."""
STRETCH = 20
"""Samples are left out only where even the least thorough way takes more than so many usual budgets: three samples of
ResNet-50 are explained in this, in two minutes on two cores. So are the controls of one answer."""
PAINTING = 250
"""Multiply-adds that painting over takes as long as, for each pixel of an image."""
GRADIENT = 2
"""Passes that a gradient costs: no gradients of weights are taken."""
_FEW_STEPS = 16
_ONE_CONTROL = "maps that should fail tested for one answer only"


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is to explain.

    Attributes:
        samples: How many samples.
        images: How many images the data have.
        sizes: Places of an image along each axis.
        methods: The methods that are wanted, the main one first.
        is_small: Whether the images are small.
    """

    samples: int
    images: int
    sizes: tuple[int, ...]
    methods: tuple[str, ...]
    is_small: bool


@dataclass(frozen=True, slots=True)
class Thoroughness:
    """How thoroughly.

    Attributes:
        samples: How many samples are explained.
        twins: How many twins of a map are tried.
        others: How many other images' maps.
        steps: Points of a line that integrated gradients begin with.
        most_steps: And go up to.
        coarse: Whether windows of an occlusion stand side by side.
        judged: How many of the methods are put to the test, the main one first.
        contrast: Whether the map against another class is drawn where it costs passes of its own.
        controls: For how many answers maps that should not pass are put to the test.
    """

    samples: int
    twins: int
    others: int
    steps: int
    most_steps: int
    coarse: bool
    judged: int
    contrast: bool
    controls: int


def passes(extent: Extent, how: Thoroughness) -> int:
    """Return how many passes of one image that takes, at most."""
    windows = len(mapping.windows(extent.sizes, how.coarse))
    test = len(SHARES) * (1 + how.twins + how.others)
    more = max(how.others + 1 - how.samples, 0) if how.others else 0
    sample = 0
    other = 0
    for place, method in enumerate(extent.methods):
        cost = {"integrated-gradients": GRADIENT * how.steps, "occlusion": windows}.get(method, GRADIENT)
        doubled = 2 * how.most_steps - how.steps if method == "integrated-gradients" else 0
        sample += max(cost, GRADIENT * doubled)
        if place < how.judged:
            sample += test
            other += cost
    outline = len(SHARES) + how.twins
    channels = 2 * GRADIENT * 16
    sample += outline + channels + len(SHARES) * 2
    if how.contrast and extent.is_small:
        sample += GRADIENT * how.steps
    # Of an occlusion the runner-up needs no windows of its own: their scores hold every class.
    control = 2 * test + (windows if extent.methods[0] == "occlusion" else 2 * GRADIENT * how.steps)
    return how.samples * sample + more * other + min(how.controls, how.samples) * control


def cost(extent: Extent, how: Thoroughness, macs: int) -> int:
    """Return how many multiply-adds it takes, at most, the painting counted with the passes.

    Args:
        extent: What there is to explain.
        how: How thoroughly.
        macs: Multiply-adds of one pass.
    """
    return passes(extent, how) * (macs + PAINTING * prod(extent.sizes))


def afford(
    extent: Extent, macs: int, budget: int, most: int | None = None
) -> tuple[Thoroughness | None, tuple[str, ...]]:
    """Return what the budget pays for, and what gave way for it, in words.

    Args:
        extent: What there is to explain.
        macs: Multiply-adds of one pass.
        budget: Multiply-adds beyond which it is done less thoroughly.
        most: Multiply-adds beyond which samples are left out; None for the budget.

    Returns:
        None where even one sample would cost more than `most`.
    """
    others = min(MOST_OTHERS, extent.images - 1)
    how = Thoroughness(
        samples=extent.samples,
        twins=MOST_TWINS,
        others=others if others >= LEAST_OTHERS else 0,
        steps=mapping.LEAST_STEPS,
        most_steps=mapping.MOST_STEPS,
        coarse=False,
        judged=len(extent.methods),
        contrast=True,
        controls=extent.samples,
    )
    gave_way: list[str] = []
    for words, less in _steps():
        if cost(extent, how, macs) <= budget:
            break
        smaller = less(how)
        if smaller != how and passes(extent, smaller) < passes(extent, how):
            gave_way.append(words)
            how = smaller
    most = budget if most is None else most
    if how.controls and cost(extent, how, macs) > most:
        gave_way = [*(words for words in gave_way if words != _ONE_CONTROL), "no maps that should fail tested"]
        how = replace(how, controls=0)
    while how.samples > 1 and cost(extent, how, macs) > most:
        how = replace(how, samples=how.samples - 1)
    if how.samples < extent.samples:
        gave_way.append(f"only {plural(how.samples, 'sample')} of {extent.samples} explained")
    return (None if cost(extent, how, macs) > most else how), tuple(gave_way)


def said(budget: int, gave_way: Sequence[str]) -> str:
    """Say what gives way to a budget; "" for nothing.

    Args:
        budget: Multiply-adds.
        gave_way: What gives way, in words.
    """
    return f"To stay near {short(budget)} multiply-adds (--why-budget): {listed(gave_way)}." if gave_way else ""


_Less = Callable[[Thoroughness], Thoroughness]


def _steps() -> Iterator[tuple[str, _Less]]:
    yield "no map against the other class by integrated gradients", lambda how: replace(how, contrast=False)
    yield "the class-activation map not tested", lambda how: replace(how, judged=min(how.judged, 2))
    yield (
        f"each map compared with its shape in {LEAST_TWINS} other places instead of {MOST_TWINS}",
        lambda how: replace(how, twins=LEAST_TWINS),
    )
    yield (
        f"with the maps of {LEAST_OTHERS} other images instead of {MOST_OTHERS}",
        lambda how: replace(how, others=min(how.others, LEAST_OTHERS)),
    )
    yield (
        f"integrated gradients at {_FEW_STEPS} points",
        lambda how: replace(how, steps=_FEW_STEPS, most_steps=mapping.LEAST_STEPS),
    )
    yield _ONE_CONTROL, lambda how: replace(how, controls=min(how.controls, 1))
    yield "only the main map tested", lambda how: replace(how, judged=1)
    yield "windows side by side, without an overlap", lambda how: replace(how, coarse=True)
