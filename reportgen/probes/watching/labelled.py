"""Data and the images that are looked at -> the classes that occur among them, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reportgen.language.vocabulary import words
from reportgen.models.subject import Array
from reportgen.probes.predictions import class_name, multilabel, targets_by_output
from reportgen.records.model import ModelRecord
from reportgen.sources.dataset import Dataset

_MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """The true classes among some images.

    Attributes:
        names: Names of those that occur, in the order of their numbers; () without labels.
        counts: How many images each has.
        of_images: Place in `names` of the class of each image, int32; None without labels.
        unlabelled: Why nothing is known of classes, in a whole sentence, or "".
    """

    names: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    of_images: Array | None = None
    unlabelled: str = ""
    _labels: Array | None = None
    _class_names: tuple[str, ...] = ()

    @property
    def can_speak(self) -> bool:
        """Whether there are classes that a channel can tell apart."""
        return len(self.names) > 1

    def label(self, image: int) -> str | None:
        """Return the name of the class of an image, by its index in the data."""
        return None if self._labels is None else class_name(self._class_names, int(self._labels[image]))


def classes(model: ModelRecord, dataset: Dataset, images: Array, num_channels: int) -> Classes:
    """Return the classes that occur among some images.

    Args:
        model: The model, which may take whole numbers for values and not for classes.
        dataset: The data.
        images: Indices of the images.
        num_channels: Channels that a mean response to every class is to be kept of.
    """
    labels, names, targets = dataset.labels, dataset.class_names, targets_by_output(model, dataset)
    if labels is None and dataset.head_labels:
        # The names are for the output that is looked at closely: of several with labels nobody knows here which it is.
        labels, names = dataset.head_labels[0][1], names if len(dataset.head_labels) == 1 else ()
    elif not dataset.targets and targets:
        labels = None
    if labels is None:
        return Classes(unlabelled=dataset.unmatched or _unlabelled(model, targets))
    own = labels[images]
    numbers = np.unique(own)
    if len(numbers) * num_channels * 8 > _MOST_BYTES:
        why = (
            f"{len(numbers)} classes and {num_channels} channels take more memory than there is for their means,"
            " so nothing is known about classes."
        )
        return Classes(unlabelled=why, _labels=labels, _class_names=names)
    why = "All images are of one class, so no channel can be said to speak for it." if len(numbers) < 2 else ""
    of_images = np.searchsorted(numbers, own).astype(np.int32)
    return Classes(
        names=tuple(class_name(names, int(number)) for number in numbers),
        counts=tuple(np.bincount(of_images, minlength=len(numbers)).tolist()),
        of_images=of_images,
        unlabelled=why,
        _labels=labels,
        _class_names=names,
    )


def _unlabelled(model: ModelRecord, targets: Mapping[str, Array]) -> str:
    """Say why no image has one class of its own."""
    if any(multilabel.asks(output, targets.get(output.name)) for output in model.outputs):
        sample = words(model).sample
        return (
            f"One {sample} may belong to several classes at once, so no channel can be said to speak for one of them."
        )
    if targets:
        return "The labels are values, not classes, so it is not known which classes channels tell apart."
    return "The data have no classes that channels could tell apart."
