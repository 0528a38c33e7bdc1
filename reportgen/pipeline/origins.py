"""A model file, or nothing -> a living model and what is known of where it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reportgen.document.report import Fact
from reportgen.models import extraction, loading, training
from reportgen.models.compiling import runnable
from reportgen.models.estimating import Limits
from reportgen.models.importing import import_modules
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.pipeline import feeding
from reportgen.probes import predictions
from reportgen.progress import Progress, silent
from reportgen.records.data import TrainingRecord
from reportgen.records.model import ModelRecord
from reportgen.sources import digits, fitting
from reportgen.sources.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Origin:
    """A living model and what is known of where it comes from.

    Attributes:
        model: The model.
        facts: Lines for the run facts.
        argument: How it is named on the command line, "" for the default network.
        training: How it was trained, for the default network.
    """

    model: Any
    facts: tuple[Fact, ...]
    argument: str = ""
    training: TrainingRecord | None = None


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


def train(options: Options, progress: Progress = silent) -> Origin:
    """Train the default network on the bundled digits."""
    dataset = digits.training_set()
    fitted = fitting.fit(dataset, (28, 28, 1), rescales=False, dtype="float32")
    model, record = training.train(fitted, options.seed, progress)
    return Origin(model, (Fact("model", "the default network, trained for this report"),), training=record)


def save(origin: Origin, path: Path) -> None:
    """Save a model; errors as `models.loading.save`."""
    loading.save(origin.model, path)


def score_held_out(origin: Origin, progress: Progress = silent) -> tuple[int, int, str]:
    """Return how many held-out digits the default network answers rightly, how many there are, and what they are."""
    dataset = feeding.fitted(origin.model, digits.held_out_set(), Options())
    result = predictions.run(Subject(origin.model, inspect(origin.model), dataset), Options(), progress)
    assert result is not None, "there is data"
    assert result.right is not None, "it has labels"
    return result.right, result.num_images, dataset.split


def inspect_file(path: Path, options: Options, progress: Progress = silent) -> ModelRecord:
    """Return the record of a model in a file; errors as `load` and `models.inspection.inspect`."""
    origin = load(path, options, progress)
    with progress("Inspecting the network"), runnable(origin.model):
        return inspect(origin.model, feeding.input_shapes(None, options))


def extract_layer(path: Path, layer: str, output: Path, options: Options, progress: Progress = silent) -> None:
    """Cut a model at a layer and save the new one; errors as `models.extraction.extract` and `models.loading.save`."""
    origin = load(path, options, progress)
    with progress("Cutting the network"), runnable(origin.model):
        loading.save(extraction.extract(origin.model, layer, feeding.input_shapes(None, options)), output)


def open_dataset(origin: Origin, spec: str, options: Options, progress: Progress = silent) -> Dataset:
    """Open data for a model; errors as `feeding.opened`."""
    with progress("Looking at the images"):
        return feeding.opened(origin.model, spec, options)
