"""What the user calls the data -> the dataset that the first source to accept it opens."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

from reportgen import registry
from reportgen.errors import DataError, OptionsError
from reportgen.records.model import Shape
from reportgen.sources.dataset import USUAL, Dataset, Reading
from reportgen.sources.files import writable


def open_data(spec: str, shape: Shape | None = None, reading: Reading = USUAL) -> Dataset:
    """Open what the user named. Files are told apart by their content, never by their suffix.

    Args:
        spec: "digits" for the built-in set, else the path of a file or a folder.
        shape: Shape of one sample of the model's input; pictures are brought to its size and number of channels.
        reading: What the user chose about how they are read.

    Returns:
        The data, read when it is asked for; `fitting.fit` makes it fit the model.

    Raises:
        OptionsError: Features are named of data that have none.
        DataError: There is no such file, nobody accepts it, or it is damaged.
    """
    source = accepting(spec)
    if reading.features and not getattr(source, "HAS_FEATURES", False):
        raise OptionsError(
            f"{writable(spec)!r} has no features to name. Expected TFRecord, WebDataset or Parquet data with --feature."
            " Leave it out."
        )
    dataset: Dataset = source.open(spec, shape, reading)
    return dataset


def accepting(spec: str) -> ModuleType:
    """Return the first source that accepts what the user named; TensorFlow is not imported for that.

    Raises:
        DataError: There is no such file, or nobody accepts it.
    """
    sources = [registry.load("sources", name) for name in registry.names("sources")]
    for source in sources:
        if source.accepts(spec):
            return source
    accepted = [source.ACCEPTED for source in sources]
    raise DataError(f"{_why_nobody_accepts(spec)} Expected {', '.join(accepted[:-1])}, or {accepted[-1]}.")


def check(spec: str) -> None:
    """Find out what can be known of data before TensorFlow is imported; errors as `open_data`."""
    source = accepting(spec)
    if hasattr(source, "check"):
        source.check(spec)


def training_source() -> ModuleType:
    """Return the source that the default network is trained on: the first with a `training_set`.

    Its `SPEC` is what the user would call its other images, which are held out.
    """
    sources = (registry.load("sources", name) for name in registry.names("sources"))
    return next(source for source in sources if hasattr(source, "training_set"))


def _why_nobody_accepts(spec: str) -> str:
    called = repr(writable(spec))
    if not os.path.exists(spec):
        return f"There is no file or folder called {called}."
    if not os.path.isfile(spec):
        return f"{called} is neither a file nor a folder."
    if not os.access(spec, os.R_OK):
        return f"The file {called} may not be read by this user."
    if Path(spec).stat().st_size == 0:
        return f"The file {called} is empty."
    return f"The file {called} holds something else."
