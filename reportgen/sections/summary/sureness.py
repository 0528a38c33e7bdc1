"""The answers to all images -> how often the network is right at each degree of confidence, and when to trust it."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.evidence.performance import Share, share
from reportgen.evidence.predictions import PredictionsResult

SURE, UNSURE = 0.9, 0.5
"""Confidence from which on an answer counts as sure, and below which as unsure where so many answers are."""
LEAST_UNSURE = 20
"""Fewest answers below `UNSURE` for which that is the bound; with fewer it is `SURE`."""


@dataclass(frozen=True, slots=True)
class Band:
    """Answers that are about equally confident.

    Attributes:
        low: Least confidence, 0..1.
        high: Confidence that they are below; 1 for the surest, which may reach it.
        right: Correct ones of them; None where there are none.
        near: How many of the others have the true class among the first five; None where that is not counted.
    """

    low: float
    high: float
    right: Share | None
    near: int | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """When to trust an answer.

    Attributes:
        above: Confidence from which on an answer counts as sure, 0..1.
        bound: Confidence below which an answer had better be looked at by a person.
        sure: Correct ones of the sure answers; None where there are none.
        unsure: Correct ones of those below the bound; None where there are none.
        bands: All answers by their confidence, the surest first; bands without answers are left out.
        num_wrong: How many answers are wrong, in all.
    """

    above: float
    bound: float
    sure: Share | None
    unsure: Share | None
    bands: tuple[Band, ...]
    num_wrong: int

    @property
    def num_caught(self) -> int:
        """How many of the wrong answers are below the bound."""
        return self.unsure.whole - self.unsure.part if self.unsure else 0


def trust(found: PredictionsResult) -> Trust | None:
    """Count right answers by confidence; None where answers have no one class, or nothing is known to be right."""
    sure = found.sure
    if found.right is None or sure is None or not found.names_one_class:
        return None

    def of(low: float, high: float) -> Band:
        inside = sure.between(low, high)
        return Band(low, high, share(inside.right, inside.total), inside.near)

    bound = UNSURE if sure.between(0.0, UNSURE).total >= LEAST_UNSURE else SURE
    bands = tuple(band for band in (of(SURE, 1.0), of(UNSURE, SURE), of(0.0, UNSURE)) if band.right is not None)
    num_wrong = found.num_images - found.right
    return Trust(SURE, bound, of(SURE, 1.0).right, of(0.0, bound).right, bands, num_wrong)
