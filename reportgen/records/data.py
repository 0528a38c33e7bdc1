"""What is known of the data, as plain data: their size, their classes, what cannot be read, what is in doubt."""

from __future__ import annotations

from dataclasses import dataclass

from reportgen.records.model import Shape


@dataclass(frozen=True, slots=True)
class DatasetRecord:
    """The data that the report was made on.

    Attributes:
        name: What it is called.
        split: What its numbers may be called: "held out from MNIST's training split", "as given".
        size: Number of images.
        shape: Shape of one image as the model gets it.
        class_names: Names of the classes by index, or ().
        has_labels: Whether true classes are known.
        sha256: Hash of its contents.
        hash_command: The command of a shell, or the line of Python, that gives this hash again; "" where there is none.
        notes: What was done to make it fit the model, in whole sentences.
        unmatched: Why labels that came with the data are not used, a whole sentence, or "".
        doubts: What speaks against the way in which its values were brought to the model's range.
        broken: The first of the images that cannot be read, which are not among those counted.
        broken_reasons: How many cannot be read in all, by reason, the most common first.
        kinds: The kind of each class by index, as the user sorts them, "" for a class without one; () without kinds.
    """

    name: str
    split: str
    size: int
    shape: Shape
    class_names: tuple[str, ...]
    has_labels: bool
    sha256: str
    notes: tuple[str, ...]
    unmatched: str = ""
    doubts: tuple[Doubt, ...] = ()
    broken: tuple[Broken, ...] = ()
    broken_reasons: tuple[Reason, ...] = ()
    hash_command: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """How the default network was trained.

    Attributes:
        data: What on.
        num_images: How many images.
        epochs: How often it saw each.
        batch_size: Images per step.
        seed: Seed of weights, order and dropout.
        losses: Training loss after each epoch.
        accuracies: Accuracy on the training data in each epoch.
    """

    data: str
    num_images: int
    epochs: int
    batch_size: int
    seed: int
    losses: tuple[float, ...]
    accuracies: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that speaks against the way in which pixel values were brought to a model's range.

    Attributes:
        other: The way that would fit instead, as after `--preprocess`; "" where none is known.
        why: What speaks for it: whole sentences.
    """

    other: str
    why: str


@dataclass(frozen=True, slots=True)
class Broken:
    """An image of the data that cannot be read and is left out.

    Attributes:
        name: Its file, or its place in a file: "cat/7.png", "record 7".
        reason: Why, in a few words after its name: "is empty".
    """

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why images of the data cannot be read, and how many of them.

    Attributes:
        reason: In a few words after an image's name: "is empty".
        number: How many images.
    """

    reason: str
    number: int
