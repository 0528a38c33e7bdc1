"""What switching channels off takes, and how much of it may be spent."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter as _clock

from reportgen.language.numerals import number
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.probes.ablation.switching import Change, Switch
from reportgen.records.model import LayerRecord

USUAL_MACS = 4 * 10**11
"""Multiply-adds that may be spent where no budget is given: some ten to twenty seconds on two cores."""


@dataclass(frozen=True, slots=True)
class Site:
    """A conv call.

    Attributes:
        call: The conv call.
        place: The call whose output is judged: itself or an activation.
        cost: What switching off one channel costs, as a share of a forward pass.
    """

    call: LayerRecord
    place: LayerRecord
    cost: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """A channel that may be switched off.

    Attributes:
        site: Its conv call.
        channel: Its number.
    """

    site: Site
    channel: int

    @property
    def change(self) -> Change:
        """What switches it off."""
        return Change(self.site.place.path, (self.channel,))


class Budget:
    """What switching off may cost.

    Attributes:
        words: The budget in words.
    """

    def __init__(self, options: Options) -> None:
        given = options.ablation_budget
        self._given, self._start = given, _clock()
        self._seconds = float(given[:-1]) if given.endswith("s") else None
        self.words = "" if self._seconds is None else f"{given[:-1]} s"

    def passes(self, switch: Switch, subject: Subject) -> float:
        """Return how many passes of one image through the network may be spent; of seconds, by one that is timed."""
        if self._seconds is None:
            passes = subject.affordable(USUAL_MACS) if self._given == "auto" else int(self._given)
            self.words = f"{number(passes)} forward passes"
            return float(passes)
        whole = switch.whole()
        whole()  # the first pass prepares the others
        start = _clock()
        whole()
        end = _clock()
        return max(self._seconds - (end - self._start), 0) * switch.rows / max(end - start, 1e-9)

    def is_over(self, share: float = 1) -> bool:
        """Say whether a share of the seconds is spent."""
        return self._seconds is not None and _clock() - self._start >= self._seconds * share
