"""Two passes over the same images -> one: each image is read and put to the model once, answered and watched together.

Where channels are watched on some images only, these are put to the model by themselves, the others to be answered:
images are read in their order, and wait until there are enough for a batch of either kind.
"""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from reportgen.models.blocks import State, batches, cut, part_of
from reportgen.models.subject import Answering, Array
from reportgen.models.types import Tensors
from reportgen.probes.predictions import Answers, Reader
from reportgen.probes.watching.collecting import Watched

_ANSWERED, _WATCHED = "answered ", "watched "


class Together:
    """The pass in which every image is answered, and those of another pass are watched: one of `models.blocks.Pass`."""

    step = "Running the network on every image"
    learns = True

    def __init__(self, answers: Answers, watched: Watched) -> None:
        """Put two passes over one model and its data together; what is folded, both of them take in."""
        dataset = answers.subject.dataset
        assert dataset is not None, "there is a pass"
        self._answers, self._watched = answers, watched
        self.batch_size = watched.batch_size
        self.blocks = cut(dataset.size, self.batch_size, watched.most_blocks)
        self.drawn: State = {**watched.drawn, **answers.drawn}
        self.memory_bytes = watched.memory_bytes + answers.own_bytes
        self._is_watched = np.zeros(dataset.size, bool)
        self._is_watched[watched.images] = True
        # As many batches for any block, so that each is answered alike.
        others = dataset.size - len(watched.images)
        self._ask = Answering(answers.subject, -(-others // self.batch_size), self.batch_size)

    def read_by(self, name: str, reader: Reader) -> None:
        """Let a further pass read the answers, as `Answers.read_by`."""
        self._answers.read_by(name, reader)
        self.drawn = {**self.drawn, **reader.drawn}
        self.memory_bytes += reader.own_bytes

    def collect(self, block: range, advance: Callable[[], None]) -> State:
        """Put the images of a block to the model.

        Raises:
            ModelError: The model cannot be run on the images, or answers with another number of outputs each time.
        """
        self._answers.begin()
        self._watched.begin()
        next_watched = self._among_watched(block).start

        def watch(inputs: Tensors, indices: Array) -> None:
            nonlocal next_watched
            self._answers.take(self._watched.watch(inputs, next_watched), indices, inputs)
            next_watched += len(indices)

        def ask(inputs: Tensors, indices: Array) -> None:
            self._answers.take(self._ask(inputs), indices, inputs)

        watching, asking = _Waiting(self.batch_size, watch), _Waiting(self.batch_size, ask)
        for places in batches(block, self.batch_size):
            inputs, indices = self._answers.read(places), np.arange(places.start, places.stop)
            is_watched = self._is_watched[indices]
            for kind, rows in ((watching, is_watched), (asking, ~is_watched)):
                kind.add(inputs, indices, rows)
            advance()
        watching.finish()
        asking.finish()
        watched = self._watched.state(self._among_watched(block))
        return {
            **{_ANSWERED + name: array for name, array in self._answers.state().items()},
            **{_WATCHED + name: array for name, array in watched.items()},
        }

    def learn(self, block: range, state: State) -> None:
        """Know the strongest images of a block before the next one."""
        self._watched.learn(self._among_watched(block), part_of(state, _WATCHED))

    def fold(self, block: range, state: State) -> None:
        """Take in the state of the next block."""
        self._answers.fold(block, part_of(state, _ANSWERED))
        self._watched.fold(self._among_watched(block), part_of(state, _WATCHED))

    def _among_watched(self, block: range) -> range:
        """Return the places of a block's images among those that are watched."""
        first, end = np.searchsorted(self._watched.images, (block.start, block.stop))
        return range(int(first), int(end))


class _Waiting:
    """Images that wait until they are a batch."""

    def __init__(self, rows: int, run: Callable[[Tensors, Array], None]) -> None:
        self._rows, self._run = rows, run
        self._inputs: Tensors = None
        self._indices = np.zeros(0, np.int64)

    def add(self, inputs: Tensors, indices: Array, chosen: Array) -> None:
        """Let some rows of a batch wait, (batch) of bool, and run what has become a batch."""
        if not chosen.any():
            return
        own = inputs if chosen.all() else keras.tree.map_structure(lambda part: np.asarray(part)[chosen], inputs)
        if len(self._indices):
            own = keras.tree.map_structure(lambda *parts: np.concatenate(parts), self._inputs, own)
        self._inputs, self._indices = own, np.concatenate([self._indices, indices[chosen]])
        if len(self._indices) >= self._rows:
            self._take(self._rows)

    def finish(self) -> None:
        """Run what is left."""
        if len(self._indices):
            self._take(len(self._indices))

    def _take(self, number: int) -> None:
        self._run(keras.tree.map_structure(lambda part: part[:number], self._inputs), self._indices[:number])
        self._inputs = keras.tree.map_structure(lambda part: part[number:], self._inputs)
        self._indices = self._indices[number:]
