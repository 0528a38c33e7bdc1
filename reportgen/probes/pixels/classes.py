"""Predicted and true classes of pixels, a batch at a time -> how many agree, by class, and how images differ in that.

The pixels of one image are alike, so that they say less than as many pixels of many images. What is drawn again is
therefore the image: accuracy and intersection over union are ratios of two sums over images, and their variances follow
from how much each image is off the ratio of all (Cochran 1977, "Sampling Techniques", 6.3, the ratio estimator). Only
sums, and sums of products, are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from reportgen.evidence.pixels import ByClass, ClassByPixel, Estimate, PixelConfusion, SameClass, share_of
from reportgen.models.blocks import State
from reportgen.models.subject import Array

Counts = npt.NDArray[np.int64]
_ARRAYS = {
    "pairs": "_pairs",
    "answered": "_answered",
    "images": "_images",
    "moments": "_moments",
    "wrong at": "wrong",
    "counted at": "counted",
}


class ClassTally:
    """Counts pixels by class."""

    def __init__(self, num_classes: int) -> None:
        self._num_classes = num_classes
        self._pairs = np.zeros((num_classes, num_classes + 1), np.int64)
        self._answered = np.zeros(num_classes, np.int64)
        self._images = np.zeros((2, num_classes), np.int64)
        # Of each image: pixels on which both agree, by class, those that are of a class by either, and by the masks.
        self._moments = np.zeros((3 * num_classes, 3 * num_classes))
        self._num_counted, self._num_left_out = 0, 0
        self.wrong: Array = np.zeros((), np.int64)
        self.counted: Array = np.zeros((), np.int64)

    def num_bytes(self, num_places: int) -> int:
        """Return how many bytes a block leaves whose pictures have so many places."""
        return sum(array.nbytes for array in self.state().values()) + 2 * 8 * num_places

    def take(self, answered: Array, true: Array | None) -> Array | None:
        """Count a batch.

        Args:
            answered: Predicted classes, (batch, rows, columns), -1 for NaN or infinity.
            true: True classes, the same, -1 for pixels that are left out; None where nothing is known.

        Returns:
            The mean intersection over union of each image, (batch): over the classes that it holds or that are
            predicted in it; NaN where all is left out. None without truth.
        """
        known = np.ones(answered.shape, bool) if true is None else true >= 0
        if true is None:
            self._answered += np.bincount(answered[answered >= 0], minlength=self._num_classes)
            return None
        given, is_right = np.where(known, answered, -1), known & (answered == true)
        self._num_counted += int(known.sum())
        self._num_left_out += int(known.size - known.sum())
        self.wrong = self.wrong + (known & ~is_right).sum(axis=0)
        self.counted = self.counted + known.sum(axis=0)
        both = self._by_image(np.where(is_right, true, -1))
        of_class, as_class = self._by_image(true), self._by_image(given)
        either = of_class + as_class - both
        self._answered += as_class.sum(axis=0)
        self._images += np.stack([(of_class > 0).sum(axis=0), (either > 0).sum(axis=0)])
        code = np.where(given < 0, self._num_classes, given) + true * (self._num_classes + 1)
        self._pairs += np.bincount(code[known], minlength=self._pairs.size).reshape(self._pairs.shape)
        rows = np.concatenate([both, either, of_class], axis=1).astype(np.float64)
        self._moments += rows.T @ rows
        num_held = (either > 0).sum(axis=1)
        means = (both / np.maximum(either, 1)).sum(axis=1) / np.maximum(num_held, 1)
        return np.where(num_held > 0, means, np.nan)

    def state(self) -> State:
        """Return what was counted, as arrays."""
        counted = np.array([self._num_counted, self._num_left_out], np.int64)
        return {"counted": counted, **{name: getattr(self, attribute) for name, attribute in _ARRAYS.items()}}

    def fold(self, state: State) -> None:
        """Take in what was counted in other images."""
        num_counted, num_left_out = state["counted"].tolist()
        self._num_counted += num_counted
        self._num_left_out += num_left_out
        for name, attribute in _ARRAYS.items():
            setattr(self, attribute, getattr(self, attribute) + state[name])

    def _by_image(self, classes: Array) -> Counts:
        """Count the pixels of each class in each image, (batch, classes); -1 is no class."""
        size = len(classes)
        flat = classes.reshape(size, -1) + np.arange(size)[:, None] * self._num_classes
        found = np.bincount(flat[classes.reshape(size, -1) >= 0], minlength=size * self._num_classes)
        return found.reshape(size, self._num_classes)

    def result(self, names: Sequence[str], num_images: int, num_known: int) -> ByClass:
        """Put the counts together.

        Args:
            names: What the classes are called.
            num_images: Images that were counted.
            num_known: Those of them that have pixels which are not left out; 0 without truth.
        """
        if not self._num_counted:
            pixels = int(self._answered.sum())
            rows = tuple(
                ClassByPixel(index, name, None, int(self._answered[index]), None, None, None)
                for index, name in enumerate(names)
            )
            return ByClass(rows, pixels, self._num_left_out)
        true, both = self._pairs.sum(axis=1), np.diagonal(self._pairs)
        either = true + self._answered - both
        present = np.flatnonzero(true)
        ratios = both / np.maximum(either, 1)
        mean = float(ratios[present].mean())
        slopes = self._slopes(ratios, either)
        mean_slope = slopes[present].sum(axis=0) / len(present)
        labels, answers = np.nonzero(self._pairs)
        return ByClass(
            classes=tuple(
                ClassByPixel(
                    index,
                    name,
                    int(true[index]),
                    int(self._answered[index]),
                    int(both[index]),
                    int(self._images[0, index]),
                    self._estimate(float(ratios[index]), slopes[index], int(self._images[1, index]))
                    if true[index]
                    else None,
                )
                for index, name in enumerate(names)
            ),
            num_pixels=self._num_counted,
            num_left_out=self._num_left_out,
            accuracy=self._share(np.ones(self._num_classes), int(both.sum()), num_known),
            mean_iou=self._estimate(mean, mean_slope, num_known),
            confusions=tuple(
                PixelConfusion(label, answer if answer < self._num_classes else None, int(self._pairs[label, answer]))
                for label, answer in zip(labels.tolist(), answers.tolist(), strict=True)
            ),
            commonest=self._same_class(true, names, num_known, len(present)),
        )

    def _slopes(self, ratios: Array, either: Array) -> Array:
        """How each class's ratio changes with the counts of one image, (classes, moments)."""
        size = self._num_classes
        found = np.zeros((size, 3 * size))
        places, whole = np.arange(size), np.maximum(either, 1)
        found[places, places] = 1 / whole
        found[places, size + places] = -ratios / whole
        return found

    def _share(self, chosen: Array, part: int, num_images: int) -> Estimate:
        """The share of the counted pixels on which both agree, of the chosen classes."""
        size, share = self._num_classes, part / self._num_counted
        slope = np.zeros(3 * size)
        slope[:size], slope[2 * size :] = chosen / self._num_counted, -share / self._num_counted
        return self._estimate(share, slope, num_images)

    def _same_class(self, true: Counts, names: Sequence[str], num_images: int, num_present: int) -> SameClass:
        size, most = self._num_classes, int(true.argmax())
        share = float(true[most] / self._num_counted)
        gain = float(np.trace(self._pairs[:, :size]) / self._num_counted) - share
        slope = np.zeros(3 * size)
        slope[:size] = 1 / self._num_counted
        slope[2 * size :] = -gain / self._num_counted
        slope[2 * size + most] -= 1 / self._num_counted
        return SameClass(
            names[most], share, share / num_present, self._estimate(gain, slope, num_images, bounds=(-1.0, 1.0))
        )

    def _estimate(
        self, value: float, slope: Array, num_images: int, bounds: tuple[float, float] = (0.0, 1.0)
    ) -> Estimate:
        variance = float(slope @ self._moments @ slope) * num_images / max(num_images - 1, 1)
        return share_of(value, variance, num_images, bounds)
