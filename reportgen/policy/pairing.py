"""The answers of two models -> how they changed: image by image where both are kept, else by their counts."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from reportgen.document.difference import Answers, ClassShift, Counted, Flip, LostImage, Shift
from reportgen.evidence.answers import KeptAnswers
from reportgen.evidence.inference import holm
from reportgen.evidence.performance import wilson
from reportgen.policy.measures import bins_of, counted
from reportgen.policy.statistics import at_most, paired_interval

MOST_FLIPS = 30
MOST_LOST = 8
_ALPHA = 0.025
_NO_NUMBER = "no number"
Head = Mapping[str, Any]


def mcnemar(lost: int, won: int) -> float:
    """Return the chance of so uneven a split of the images whose rightness changed, were both models equally good.

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages",
        Psychometrika 12; exact and two-sided.

    >>> [round(mcnemar(*each), 3) for each in ((4, 9), (6, 16), (0, 0), (5, 5))]
    [0.267, 0.052, 1.0, 1.0]
    """
    return min(1.0, 2 * at_most(min(lost, won), lost + won, 0.5))


def unpaired_interval(old: Counted, new: Counted) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two shares of different images, new minus old.

    Source: Newcombe 1998, "Interval estimation for the difference between independent proportions", Statistics in
        Medicine 17, method 10.

    >>> [round(end, 4) for end in unpaired_interval(Counted(48, 80), Counted(56, 70))]
    [0.0524, 0.3339]
    """
    (low_old, high_old), (low_new, high_new) = (wilson(each.part, each.whole) for each in (old, new))
    shift = new.value - old.value
    low = shift - math.hypot(new.value - low_new, high_old - old.value)
    return low, shift + math.hypot(high_new - new.value, old.value - low_old)


def by_counts(old: Head, new: Head) -> Answers | None:
    """Compare two outputs by what their reports count.

    Args:
        old: An entry of `heads` in the chapter on performance before.
        new: The same now.

    Returns:
        What changed; None where nothing was counted.
    """
    right = [counted(each["right"]) for each in (old, new)]
    if right[0] is None or right[1] is None:
        return None
    classes = []
    known = {each["index"]: counted(each["recall"]) for each in old["classes"]}
    for each in new["classes"]:
        before, now = known.get(each["index"]), counted(each["recall"])
        if before is not None and now is not None:
            classes.append(ClassShift(str(each["name"]), _apart(before, now), None))
    return _answers(old, new, _apart(right[0], right[1]), classes)


def by_image(old: Head, new: Head, before: KeptAnswers, now: KeptAnswers) -> Answers:
    """Compare two outputs image by image.

    Args:
        old: As for `by_counts`.
        new: The same now.
        before: What was answered to each image, whose true class is known.
        now: The same now, for the same images in the same order.
    """
    names = {int(each["index"]): str(each["name"]) for head in (old, new) for each in head["classes"]}
    labels = now.labels
    right = [each.answered == labels for each in (before, now)]
    rows = []
    for label in sorted({int(each) for each in np.unique(labels)}):
        mine = labels == label
        rows.append((names.get(label, str(label)), _paired(right[0][mine], right[1][mine])))
    adjusted = holm([shift.p_value if shift.p_value is not None else 1.0 for _, shift in rows])
    classes = [ClassShift(name, shift, p) for (name, shift), p in zip(rows, adjusted, strict=True)]
    changed = before.answered != now.answered
    lost = np.flatnonzero(right[0] & ~right[1])
    lost = lost[np.lexsort((lost, -now.confidence[lost]))][:MOST_LOST]
    return _answers(
        old,
        new,
        _paired(right[0], right[1]),
        classes,
        changed=int(changed.sum()),
        wrong_twice=int((changed & ~right[0] & ~right[1]).sum()),
        flips=_flips(before.answered[changed], now.answered[changed], labels[changed], names),
        lost=tuple(
            LostImage(
                int(place),
                _name(names, int(labels[place])),
                _name(names, int(now.answered[place])),
                float(before.confidence[place]),
                float(now.confidence[place]),
            )
            for place in lost
        ),
    )


def _answers(
    old: Head,
    new: Head,
    accuracy: Shift,
    classes: Sequence[ClassShift],
    *,
    changed: int | None = None,
    wrong_twice: int | None = None,
    flips: tuple[Flip, ...] = (),
    lost: tuple[LostImage, ...] = (),
) -> Answers:
    errors = [each["calibration"]["error"] for each in (old, new) if each.get("calibration")]
    bins = bins_of(old), bins_of(new)
    chance = float(new["calibration"]["error_by_chance"][1]) if len(errors) == 2 else None
    return Answers(
        output=str(new["name"]),
        accuracy=accuracy,
        changed=changed,
        wrong_twice=wrong_twice,
        classes=tuple(sorted(classes, key=lambda each: each.shift.value)),
        flips=flips,
        lost=lost,
        calibration=(float(errors[0]), float(errors[1])) if len(errors) == 2 else None,
        calibration_by_chance=chance,
        bins=bins if all(bins) else (),
    )


def _apart(old: Counted, new: Counted) -> Shift:
    return Shift(old, new, *unpaired_interval(old, new))


def _paired(old: npt.NDArray[np.bool_], new: npt.NDArray[np.bool_]) -> Shift:
    lost, won, whole = int((old & ~new).sum()), int((~old & new).sum()), len(old)
    low, high = paired_interval(lost, won, whole, _ALPHA)
    both = Counted(int(old.sum()), whole), Counted(int(new.sum()), whole)
    return Shift(*both, low, high, lost, won, mcnemar(lost, won))


def _flips(
    old: npt.NDArray[np.int64], new: npt.NDArray[np.int64], labels: npt.NDArray[np.int64], names: Mapping[int, str]
) -> tuple[Flip, ...]:
    pairs, which = np.unique(np.stack([old, new], axis=1), axis=0, return_inverse=True)
    found = []
    for place, (before, now) in enumerate(pairs.tolist()):
        mine = which.ravel() == place
        won, lost = (int((labels[mine] == each).sum()) for each in (now, before))
        found.append(Flip(_name(names, before), _name(names, now), int(mine.sum()), won, lost))
    return tuple(sorted(found, key=lambda each: -each.number)[:MOST_FLIPS])


def _name(names: Mapping[int, str], index: int) -> str:
    return _NO_NUMBER if index < 0 else names.get(index, str(index))
