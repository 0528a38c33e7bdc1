"""A model file, or nothing -> a living model and what is known of where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reportgen.document.report import Fact
from reportgen.models import loading, training
from reportgen.models.convnet import INPUT_SHAPE, convnet
from reportgen.models.estimating import Limits
from reportgen.models.importing import import_modules
from reportgen.models.types import Model
from reportgen.options import Options
from reportgen.progress import Progress, silent
from reportgen.records.data import TrainingRecord
from reportgen.sources import fitting
from reportgen.sources.dataset import Manner
from reportgen.sources.opening import training_source


@dataclass(frozen=True, slots=True)
class Origin:
    """A living model and what is known of where it comes from.

    Attributes:
        model: The model.
        facts: Lines for the run facts.
        argument: How it is named on the command line, "" for the default network.
        training: How it was trained, for the default network.
        data: What the user would call the data that it is shown where none are given; "" for a model that has none.
        images_ahead: Images that each epoch of its training has, where it is still ahead; 0 where it is not.
    """

    model: Model
    facts: tuple[Fact, ...]
    argument: str = ""
    training: TrainingRecord | None = None
    data: str = ""
    images_ahead: int = 0


def load(path: Path, options: Options, progress: Progress = silent) -> Origin:
    """Load a model from a file, after the user's own modules; errors as `importing` and `loading.load`."""
    imported = import_modules(options.imports)
    limits = Limits(options.max_parameters, options.max_memory)
    with progress("Loading the model"):
        loaded = loading.load(path, limits, imported)
    facts = [
        Fact("file", loaded.file_name),
        Fact("format", loaded.format),
        Fact("SHA-256 of the file", loaded.file_sha256),
    ]
    if loaded.keras_version:
        facts.append(Fact("written by Keras", loaded.keras_version))
    facts += [Fact("repaired", sentence) for sentence in loaded.repaired]
    facts += [Fact("the user's own code that was run", module.what) for module in imported]
    return Origin(loaded.model, tuple(facts), loaded.file_name)


def untrained() -> Origin:
    """Return the default network as it is before its training."""
    source = training_source()
    return Origin(convnet(), (), data=source.SPEC, images_ahead=source.training_set().size)


def train(options: Options, progress: Progress = silent) -> Origin:
    """Train the default network on the data that come with reportgen."""
    source = training_source()
    fitted = fitting.fit(source.training_set(), INPUT_SHAPE, "float32", Manner(rescales=False))
    model, record = training.train(fitted, options.seed, progress)
    facts = (Fact("model", "the default network, trained for this report"),)
    return Origin(model, facts, training=record, data=source.SPEC)


def save(origin: Origin, path: Path) -> None:
    """Save a model; errors as `models.loading.save`."""
    loading.save(origin.model, path)
