"""A model and a batch -> what some of its calls gave back, each taken in as soon as it is there.

The model runs as a traced function, in which a function of ours stands behind every call that is asked for: TensorFlow
lets go of an output as soon as nothing needs it any more, and works on the next layers beside. Keeping the outputs of a
batch until it is through takes ResNet-50 a third longer and four times the memory. A model that cannot be traced, or
that has layers for which this processor needs a compiler, is called as it is.

What an activation is given is looked at as well (`models/arising.py`). To hand all of it over takes a small network a
seventh longer, and is not done as long as the sum of its squares is finite: then nothing in it is NaN or infinite. An
activation with a cap, such as ReLU6, is an exception: which image moves a channel most is seen before it alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice
from weakref import ref

import keras
import numpy as np
import tensorflow as tf

from reportgen.errors import ModelError
from reportgen.models import arising, running
from reportgen.models.hooks import Call, watch
from reportgen.models.inputs import batch_size
from reportgen.models.kinds import caps
from reportgen.models.subject import BATCH_SIZE, Array, Subject, in_rows
from reportgen.models.types import Operation, Tensor, Tensors
from reportgen.records.model import product

_BATCH_BYTES = 256 << 20
_ANSWER_BYTES = 8


class Watching:
    """A model that is watched at some of its calls."""

    def __init__(
        self,
        subject: Subject,
        take: Callable[[str, Array, Array | None], None],
        paths: Sequence[str],
        others: Sequence[str] = (),
    ) -> None:
        """Prepare to watch.

        Args:
            subject: The model and its data.
            take: What is done with the path of a call, with what that gave back: (images, …), float32, or float64
                where the model computes in that, and with what its activation was given, where that has a cap, or None;
                nothing may be kept of them but copies. Where its activation was given
                NaN or infinity, these stand in what came out. It is called in no fixed order and from any thread, and
                once more for the same batch where that could not be finished as a graph.
            paths: The calls whose outputs are asked for.
            others: Calls of which nothing but the operation is asked for.
        """
        self.operations: dict[str, Operation] = {}
        self._take = take
        self._subject = subject
        self._paths = tuple(dict.fromkeys(paths))
        self._known = {*paths, *others}
        # By whether it looks closely: at all that activations are given, and not only at the sum of its squares.
        self._traced: dict[bool, Callable[[Tensors], list[Tensor]]] = {}
        self._can_be_traced = True
        self._looks_closely = False
        self._wanted = 0
        self._failure: BaseException | None = None
        wanted = sum(call.activation_bytes for call in subject.record.layers if call.path in set(paths))
        answered = sum(_ANSWER_BYTES * (product(output.shape) or 0) for output in subject.record.outputs)
        most = _BATCH_BYTES // max(wanted, answered, 1)
        self.batch_size: int = batch_size(subject.model) or max(1, min(BATCH_SIZE, most))

    def know(self) -> None:
        """Learn the operations of the calls from one image, of which nothing is taken: where others have watched.

        Raises:
            ModelError: The model cannot be run on it.
        """
        inputs = self._subject.inputs([0] * (batch_size(self._subject.model) or 1))
        with watch(self._subject.model, lambda call: self._note(call, lambda *_: None)):
            running.call(self._subject.model, keras.tree.map_structure(tf.convert_to_tensor, inputs))

    def begin(self) -> None:
        """Begin a block, which is looked at as if there had been none before it."""
        self._looks_closely = False

    def watch(self, inputs: Tensors) -> list[Array]:
        """Put some images to the model, at most `batch_size`, and take what its calls give back.

        Args:
            inputs: The images, as `Subject.inputs` returns them.

        Returns:
            What the model answers, as `models.subject.answers`.

        Raises:
            ModelError: The model cannot be run on these images, or does not answer with one row for each.
        """
        self._wanted = len(keras.tree.flatten(inputs)[0])
        # Every batch has one size, so that the function is traced once; what is filled up is cut off again.
        missing = self.batch_size - self._wanted
        filled = keras.tree.map_structure(lambda part: tf.convert_to_tensor(_filled(part, missing)), inputs)
        answers = in_rows(self._subject.model, self._answers(filled), self.batch_size)
        return [values[: self._wanted] for values in answers]

    def _answers(self, inputs: Tensors) -> list[Tensor]:
        if self._can_be_traced:
            try:
                return self._run(inputs)
            except (ModelError, *running.CALL_ERRORS):
                if self._failure is not None:
                    raise self._failure from None
                self._can_be_traced = False
        seen, outputs = self._called(inputs)
        for path, values in seen.items():
            self._hand_on(path, *map(np.asarray, values))
        return outputs

    def _run(self, inputs: Tensors) -> list[Tensor]:
        """Run the model as a graph, and from the batch on that has to be looked at closely, as another graph."""
        closely = self._looks_closely
        if closely not in self._traced:
            self._traced[closely] = self._graph(closely)
        found = self._traced[closely](inputs)
        return self._run(inputs) if self._looks_closely and not closely else found[len(self._paths) :]

    def _hand_on(self, path: str, values: Array, before: Array | None = None) -> None:
        values, before = values[: self._wanted], None if before is None else before[: self._wanted]
        self._take(path, arising.put_back(values, before), before if caps(self.operations[path]) else None)

    def _graph(self, closely: bool) -> Callable[[Tensors], list[Tensor]]:
        """Return the model as a function: one number for every call, when its output is taken, and what is answered."""
        whole = self._subject.trace(self.batch_size)
        calls = [whole.calls[path] for path in self._paths]  # not those inside a loop, which see a part of the batch
        self.operations |= {path: each for path, each in whole.operations.items() if path in self._known}
        numbers = [1 if call.given is None else 2 for call in calls]
        seen = [tensor for call in calls for tensor in (call.output, call.given) if tensor is not None]

        def taken(tensors: list[Tensor]) -> list[Tensor]:
            each = iter(tensors)
            found = []
            for path, number in zip(self._paths, numbers, strict=True):
                values, *before = map(_precise, islice(each, number))
                given = before if closely or caps(self.operations[path]) else map(tf.nn.l2_loss, before)
                # TensorFlow keeps the function to the end of the program; it is not to keep the model with it.
                function = partial(_handed_over, ref(self), path)
                found.append(tf.numpy_function(function, [values, *given], tf.int32, stateful=False))
            return [*found, *each]

        return whole.whole([*seen, *whole.answers], taken)

    def _taken(self, path: str, values: Array, before: Array | None = None) -> np.int32:
        try:
            if before is not None and not np.ndim(before):
                # The sum of squares of what the activation was given: not finite where that is not, or is very large.
                self._looks_closely = self._looks_closely or not np.isfinite(before)
                before = None
            self._hand_on(path, values, before)
        except BaseException as error:
            self._failure = error  # TensorFlow would turn it into one of its own
            raise
        return np.int32(0)

    def _called(self, inputs: Tensors) -> tuple[dict[str, tuple[Tensor, ...]], list[Tensor]]:
        seen: dict[str, tuple[Tensor, ...]] = {}

        def note(call: Call, *values: Tensor) -> None:
            seen[call.path] = values

        with watch(self._subject.model, lambda call: self._note(call, note)):
            outputs = running.call(self._subject.model, inputs)
        return seen, keras.tree.flatten(outputs)

    def _note(self, call: Call, note: Callable[..., None]) -> None:
        """Hand on what a call gave back, and what its activation was given, if it has one."""
        if call.path in self._known:
            self.operations[call.path] = call.operation
        if call.path in self._paths:
            both = (keras.tree.flatten(call.output)[0], *(() if call.activated is None else (call.activated,)))
            note(call, *map(_precise, both))


def _filled(values: Tensor, missing: int) -> Array:
    """Return a batch with its last row so many times more."""
    rows = np.asarray(values)
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def _handed_over(watching: ref[Watching], path: str, values: Array, before: Array | None = None) -> np.int32:
    alive = watching()
    assert alive is not None, "a graph is run by who watches"
    return alive._taken(path, values, before)


def _precise(tensor: Tensor) -> Tensor:
    is_precise = keras.backend.standardize_dtype(tensor.dtype) in {"float32", "float64"}
    return tensor if is_precise else keras.ops.cast(tensor, "float32")
