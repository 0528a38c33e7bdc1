"""A model and a batch -> what some of its calls gave back, from a traced function.

Traced, a forward pass lets go of each output as soon as nothing needs it, and TensorFlow joins layers that go well
together. A model that cannot be traced, or that has layers for which this processor needs a compiler, is called as it
is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from reportgen.models import running
from reportgen.models.hooks import Call, watch
from reportgen.models.inputs import batch_size
from reportgen.probes.subject import BATCH_SIZE, Array, Subject

_BATCH_BYTES = 256 << 20


class Watching:
    """A model that is watched at some of its calls."""

    def __init__(self, subject: Subject, paths: Sequence[str], others: Sequence[str] = ()) -> None:
        """Prepare to watch.

        Args:
            subject: The model and its data.
            paths: The calls whose outputs are asked for.
            others: Calls of which nothing but the operation is asked for.
        """
        self.operations: dict[str, Any] = {}
        self._subject = subject
        self._paths = tuple(dict.fromkeys(paths))
        self._known = {*paths, *others}
        # What is called inside is watched while the function is traced, once, and leaves its tensors to the graph.
        self._traced: Callable[[Any], Any] | None = None
        self._can_be_traced = True
        wanted = sum(call.activation_bytes for call in subject.record.layers if call.path in set(paths))
        self.batch_size: int = batch_size(subject.model) or max(1, min(BATCH_SIZE, _BATCH_BYTES // max(wanted, 1)))

    def outputs(self, indices: Sequence[int]) -> dict[str, Array]:
        """Return what the calls give back for some images of the data, at most `batch_size`.

        Returns:
            By path of the call: (images, …), float32, or float64 where the model computes in that.

        Raises:
            ModelError: The model cannot be run on these images.
        """
        # Every batch has one size, so that the function is traced once; what is filled up is cut off again.
        size = self.batch_size
        whole = [*indices, *[indices[-1]] * (size - len(indices))]
        inputs = keras.tree.map_structure(tf.convert_to_tensor, self._subject.inputs(whole))
        found = None
        if self._can_be_traced:
            try:
                with running.state_kept(self._subject.model):
                    self._traced = self._traced or running.traced(self._outputs, inputs)
                    found = self._traced(inputs)
            except running.CALL_ERRORS:
                self._can_be_traced = False
        if found is None:
            found = self._called(inputs)
        return {path: np.asarray(values)[: len(indices)] for path, values in found.items()}

    def _outputs(self, inputs: Any) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        with watch(self._subject.model, lambda call: self._note(call, seen)):
            self._subject.model(inputs, training=False)
        return {path: seen[path] for path in self._paths}

    def _called(self, inputs: Any) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        with watch(self._subject.model, lambda call: self._note(call, seen)):
            running.call(self._subject.model, inputs)
        return seen

    def _note(self, call: Call, seen: dict[str, Any]) -> None:
        if call.path in self._known:
            self.operations[call.path] = call.operation
        if call.path in self._paths:
            values = keras.tree.flatten(call.output)[0]
            precise = keras.backend.standardize_dtype(values.dtype) in {"float32", "float64"}
            seen[call.path] = values if precise else keras.ops.cast(values, "float32")
