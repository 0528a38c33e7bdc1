"""What every source hands on: many images, read when they are asked for, with or without labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from reportgen.errors import OptionsError
from reportgen.language import numerals
from reportgen.records.data import Broken, Doubt, Reason
from reportgen.records.model import Shape

Array = npt.NDArray[Any]
Resize = Literal["crop", "stretch"]

MOST_NAMED = 200
"""So many images that cannot be read are named with the reason; the others are counted only."""
_MOST_REASONS = 20
_ANOTHER = "has another fault"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the user chose about how data are read.

    Attributes:
        resize: How an image is brought to another size: "crop" keeps its proportions and cuts its centre out, "stretch"
            does not; None for "crop", where it enlarges nothing by more than `resizing.MOST_ENLARGED`.
        features: Names of the features of a TFRecord file, by what they hold: ("image", "scan"), ("mask", "class").
    """

    resize: Resize | None = None
    features: tuple[tuple[str, str], ...] = ()


USUAL = Reading()


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model takes pictures, and how the user wants them brought to it.

    Attributes:
        rescales: Whether the model brings 0..255 to its range itself; the path of the layer that does, if known.
        pictures: Whether the model reads pictures; files of pictures are pictures for any model, and what a sensor
            counts from 0 to 255 is left as it is.
        scale: How values are brought to the model's range, as after `--preprocess`, or a function of a batch. Unless
            the model rescales, "auto" brings whole values 0..255 of pictures to the range of the published network that
            the model is, or divides them by 255; it judges that by the first 256 images.
        published: The module of `keras.applications` with the preprocessing of the network that the model is by its
            whole structure, or "".
        networks: Networks of `keras.applications` that models are called after, whose preprocessing stands outside of
            them, as pairs of the network's name and its module. A name alone raises a doubt and decides nothing.
        resize: How images of another size are brought to the model's; None for "crop", up to eight times larger.
    """

    rescales: bool | str
    pictures: bool = True
    scale: str | Callable[[Array], Any] = "auto"
    published: str = ""
    networks: tuple[tuple[str, str], ...] = ()
    resize: Resize | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """How pixel values were brought to a model's range, and how else they could be.

    Attributes:
        names: The ways that make sense for these values, as after `--preprocess`; the one in use first.
        doubts: What speaks against it.
        read: Indices and one of these names -> the images as the model would get them that way.
        bounds: Lowest and highest value that any picture of whole values 0..255 has as the model gets it; None for
            values of which such bounds are not known.
    """

    names: tuple[str, ...]
    doubts: tuple[Doubt, ...]
    read: Callable[[Sequence[int], str], Array]
    bounds: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrueMaps:
    """What is known of each place of every image, as it came: masks, or maps of values.

    Attributes:
        shape: Shape of one image's, (rows, columns) or (rows, columns, channels); None for pictures of their own sizes.
        read: Indices, the rows and columns that are wanted, and how another size is reached -> (batch, rows, columns)
            or (batch, rows, columns, channels), in the data's own number format. Where sizes differ, the nearest place
            counts: classes have no values in between.
    """

    shape: tuple[int, ...] | None
    read: Callable[[Sequence[int], tuple[int, int] | None, Resize | None], Array]


@dataclass(frozen=True, slots=True, eq=False)
class PixelTruth:
    """What a picture-shaped output answers with, and what is true at each of its places.

    Attributes:
        output: Name of the output.
        kind: "classes" (segmentation: a class for each pixel), "input" (reconstruction: the input again) or "values"
            (depth and the like); "" where only the answers can tell whether they are classes or values.
        read: Indices -> what is true: of classes int64 (batch, rows, columns), -1 for places that are left out; of
            values float64 (batch, rows, columns, channels), NaN for places that are left out. None where nothing is
            known, and where the input itself is what is true.
    """

    output: str
    kind: str
    read: Callable[[Sequence[int]], Array] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Images that belong together.

    Attributes:
        name: What the report calls them: "1000 MNIST digits".
        source: Name of the file or folder they come from, without the folders around it.
        split: Which part of a larger whole they are: "held out from MNIST's training split"; "as given" where the
            source does not say.
        size: How many images there are.
        read: Indices -> the images at those indices, batch axis first, in the data's own number format.
        shape: Shape of one image.
        labels: Class index of every image, int64 (size,); None where the source has none.
        class_names: Name of every class by its index; () where the source has none.
        by_word: Whether the class names are the data's own words, in sorted order or in that of the columns of a list,
            and nothing says yet which class of the model each is.
        unmatched: Why the labels of the source are not used, a whole sentence, or "".
        image_names: File name of every image relative to the folder or the shards, parts joined by "/"; () where they
            are no files.
        sha256: Hash over the contents, labels among them: of a file's bytes; of the `sha256sum` listing of the pictures
            of a folder, or of a list and the files that it names; of arrays' bytes.
        hash_command: The command of a shell, or the line of Python, that gives this hash; "" where there is none.
        kinds: The kind of each class by its index, "" for a class without one; () where the user sorts them into none.
        notes: What was done to the data, in whole sentences.
        main: Name of the input that the images are for, where there are several; else "".
        further: What the model's further inputs get, by their names: as many rows as there are images.
        head_labels: Class index of every image for single outputs of the model, by their names; `labels` are for the
            first output that answers with classes and has none of its own.
        head_words: Words of these labels in sorted order, by name of the output, as for `by_word`.
        targets: True values of every image, float64 (size, …), for outputs that answer with values, by their names; ""
            stands for the first one whose answers are as many.
        maps: What is known of each place of every image, by name of the output; "" stands for the first one that it
            fits. It is as it came, until `sources.meaning` finds out what it means.
        pixels: What each picture-shaped output answers with, as `sources.meaning` found.
        scaling: How its values were brought to a model's range; None before it was made to fit one.
        broken: Images that cannot be read, which are not counted in `size`: the first ones, in the order of the data.
        broken_reasons: How many cannot be read in all, by reason, the most common first.
    """

    name: str
    source: str
    split: str
    size: int
    read: Callable[[Sequence[int]], Array]
    shape: Shape
    labels: npt.NDArray[np.int64] | None
    class_names: tuple[str, ...]
    image_names: Sequence[str]
    sha256: str
    notes: tuple[str, ...] = ()
    by_word: bool = False
    unmatched: str = ""
    main: str = ""
    further: tuple[tuple[str, Dataset], ...] = ()
    head_labels: tuple[tuple[str, npt.NDArray[np.int64]], ...] = ()
    head_words: tuple[tuple[str, tuple[str, ...]], ...] = ()
    targets: tuple[tuple[str, npt.NDArray[np.float64]], ...] = ()
    maps: tuple[tuple[str, TrueMaps], ...] = ()
    pixels: tuple[PixelTruth, ...] = ()
    scaling: Scaling | None = None
    broken: tuple[Broken, ...] = ()
    broken_reasons: tuple[Reason, ...] = ()
    hash_command: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(slots=True)
class LeftOut:
    """Images that cannot be read, as they are found. It does not grow with their number.

    Attributes:
        first: The first `MOST_NAMED` of them.
    """

    first: list[Broken] = field(default_factory=list)
    _numbers: Counter[str] = field(default_factory=Counter)

    def add(self, name: str, reason: str) -> None:
        """Count an image, and name it if it is one of the first."""
        if len(self.first) < MOST_NAMED:
            self.first.append(Broken(name, reason))
        # A reason may hold numbers of the image's own, so that there could be as many reasons as images.
        is_known = reason in self._numbers or len(self._numbers) < _MOST_REASONS
        self._numbers[reason if is_known else _ANOTHER] += 1

    def reasons(self) -> tuple[Reason, ...]:
        """Return how many there are of each reason, the most common first; together they are all images."""
        return tuple(Reason(reason, number) for reason, number in self._numbers.most_common())


def batches(dataset: Dataset, size: int) -> Iterator[tuple[range, Array]]:
    """Read a dataset from its first image to its last, a batch at a time.

    Args:
        dataset: What to read.
        size: Images per batch; the last batch holds what is left.

    Yields:
        The indices of a batch and its images.

    Raises:
        OptionsError: `size` is less than 1.
        DataError: An image cannot be read.
    """
    if size < 1:
        raise OptionsError(f"Received a batch size of {size}. Expected 1 or more.")
    for start in range(0, dataset.size, size):
        indices = range(start, min(start + size, dataset.size))
        yield indices, dataset.read(indices)


def in_words(shape: Shape) -> str:
    """Return a shape as a sentence names it.

    >>> in_words((None, 28, 1))
    'any × 28 × 1'
    """
    return " × ".join("any" if axis is None else str(axis) for axis in shape) or "a single number"


def counted(number: int, noun: str) -> str:
    r"""Return a number of things in words.

    >>> counted(1, "image"), counted(1000, "image")
    ('1 image', '1\u202f000 images')
    """
    return f"{numerals.number(number)} {noun if number == 1 else noun + 's'}"
