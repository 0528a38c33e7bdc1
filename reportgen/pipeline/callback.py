"""A training -> reports at its epochs and at its end. A callback for `model.fit`.

Whatever happens here, the training goes on and ends as it would without it: the weights, the optimizer, the
names of the layers and everything random are left alone.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from reportgen.errors import OptionsError, ReportgenError
from reportgen.options import foreseen, in_python
from reportgen.pipeline.explain import explain, explain_options
from reportgen.sources import streams
from reportgen.sources.memory import from_arrays
from reportgen.writing import check, write
from reportgen.writing.folders import check_room


def _samples(given: Any) -> tuple[Any, Any]:
    """Return images and labels; what yields them is read once, before the training.

    Raises:
        DataError: They make no arrays, or do not go together.
    """
    if streams.is_stream(given):
        return streams.read(given, None)
    images, labels = given if isinstance(given, tuple) and len(given) == 2 else (given, None)
    if images is None or isinstance(images, Mapping | tuple | list):
        return images, labels
    from_arrays(images, None if isinstance(labels, Mapping) else labels)
    return images, labels


class ReportCallback(keras.callbacks.Callback):  # type: ignore[misc]
    """Writes a report on the model while it is trained.

    Every report has a folder of its own: "epoch-05" for the model after five epochs, "trained" for the model that
    `fit` leaves, which other callbacks may have put back to its best epoch. A report that cannot be made is a warning
    that names the reason, each reason once.
    """

    def __init__(
        self,
        samples: Any = None,
        *,
        every: int | None = None,
        directory: str | os.PathLike[str] = "reportgen-training",
        formats: str | Sequence[str] = ("html",),
        class_names: Sequence[str] = (),
        **choices: Any,
    ) -> None:
        """Choose what is written, when and where.

        Args:
            samples: What the model is shown: images, or a pair of images and labels, or what yields both, such as a
                `tf.data.Dataset`, as `fit` takes validation data and `explain` takes images and labels. Without samples
                the report says what the network is.
            every: How many epochs lie between two reports; None: one report, at the end.
            directory: Folder for the folders of the reports.
            formats: As for `write`; a PDF takes the longest.
            class_names: Names of the classes by index.
            **choices: As for `explain`: pick, layers, section, title …

        Raises:
            ReportgenError: A choice cannot be used; better now than after hours of training.
        """
        super().__init__()
        if every is not None and (not isinstance(every, int) or every < 1):
            raise OptionsError(
                f"Reports were asked for every {every!r} epochs. Expected a whole number of 1 or more, or None. Write "
                "for example every=5."
            )
        try:
            self._prepare(samples, directory, formats, choices)
        except ReportgenError as error:
            error.args = tuple(in_python(each) if isinstance(each, str) else each for each in error.args)
            raise
        self._every = every
        self._choices = {"class_names": class_names, **choices}
        self._told: set[str] = set()

    def _prepare(
        self,
        samples: Any,
        directory: str | os.PathLike[str],
        formats: str | Sequence[str],
        choices: Mapping[str, Any],
    ) -> None:
        """Find out now what cannot be used, better than after hours of training."""
        options = explain_options(choices, ("samples", "every", "directory", "formats", "class_names"))
        formats = (formats,) if isinstance(formats, str) else tuple(formats)
        check(directory, formats, chapters=foreseen(options))
        check_room(Path(directory))
        self._samples = _samples(samples)
        self._directory, self._formats = Path(directory), formats

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Write a report, where one is due."""
        del logs
        done, total = epoch + 1, self.params.get("epochs") or epoch + 1
        if self._every is not None and done % self._every == 0:
            self._report(f"epoch-{done:0{len(str(total))}}", f"after {done} of {total} epochs")

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Write the report on the model as it stays."""
        del logs
        self._report("trained", "after its training")

    def _report(self, folder: str, when: str) -> None:
        try:
            choices = {"title": f"What {self.model.name} sees {when}", **self._choices}
            write(explain(self.model, *self._samples, **choices), self._directory / folder, self._formats)
        except Exception as error:
            # Of whatever kind, a defect of ours included: nobody loses a training for a report.
            self._warn(when, f"{type(error).__name__}: {error}")

    def _warn(self, when: str, reason: str) -> None:
        if reason in self._told:
            return
        self._told.add(reason)
        sentence = f"reportgen wrote no report {when}, and the training goes on. {reason}"
        try:
            warnings.warn(sentence, RuntimeWarning, stacklevel=2)
        except RuntimeWarning:
            # Warnings are errors here, and this one is not to end the training either.
            logging.getLogger(__name__).warning(sentence)
