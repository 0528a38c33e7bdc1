"""The images that move a channel most -> the class, or the kind of classes, that most of them belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reportgen.evidence.responses import ResponsesResult

_LEAST_SHARE = 0.4
_LEAST_RATIO = 2.5
LEAST_IMAGES = 10
"""With fewer, nothing dominates."""


@dataclass(frozen=True, slots=True)
class Common:
    """The class, or the kind of classes, that most of the images belong to that move a channel most.

    Attributes:
        name: What it is called.
        count: How many of these images belong to it.
        total: How many these images are.
        share: Share of all images that belong to it, 0..1.
        is_kind: Whether it is a kind of classes that the user named.
    """

    name: str
    count: int
    total: int
    share: float
    is_kind: bool

    @property
    def dominates(self) -> bool:
        """Whether more than 40 % of at least ten images are of it, and more than 2.5 times its share of all."""
        own = self.count / self.total
        return self.total >= LEAST_IMAGES and own > _LEAST_SHARE and own > _LEAST_RATIO * self.share

    @property
    def excess(self) -> float:
        """How much larger its share of these images is than its share of all, 0..1."""
        return self.count / self.total - self.share

    @property
    def title(self) -> str:
        """What a card is called for it."""
        return self.name if self.is_kind or not self.name.isdigit() else f"class {self.name}"


def kinds_of(names: Sequence[str], kinds: Sequence[str], responses: ResponsesResult) -> tuple[str, ...]:
    """Return the kind of each class of `responses.classes`, "" where it has none; () where the user named none.

    Args:
        names: Names of the classes by index, or ().
        kinds: The kind of each class by index, or ().
        responses: Whose classes are looked up.
    """
    if not any(kinds):
        return ()
    known = dict(zip(names or tuple(map(str, range(len(kinds)))), kinds, strict=False))
    return tuple(known.get(name, "") for name in responses.classes)


def common(strongest: Sequence[int], responses: ResponsesResult, kinds: Sequence[str]) -> Common | None:
    """Return what most of the strongest images are; a kind where one dominates, else the class; None without labels.

    Args:
        strongest: Classes of the images that move a channel most, as indices in `responses.classes`.
        responses: What the channel is part of.
        kinds: The kind of each of these classes, as from `kinds_of`.
    """
    if not strongest or len(responses.classes) < 2:
        return None
    total = sum(responses.class_counts)
    of_class = Counter(strongest)
    place, count = min(of_class.items(), key=lambda each: (-each[1], each[0]))
    own = Common(responses.classes[place], count, len(strongest), responses.class_counts[place] / max(total, 1), False)
    if kinds and not own.dominates:
        of_kind = Counter(kinds[place] for place in strongest if kinds[place])
        if of_kind:
            name, count = min(of_kind.items(), key=lambda each: (-each[1], each[0]))
            images = sum(many for kind, many in zip(kinds, responses.class_counts, strict=True) if kind == name)
            return Common(name, count, len(strongest), images / max(total, 1), True)
    return own
