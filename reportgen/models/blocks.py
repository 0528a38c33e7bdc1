"""A pass over the data -> blocks, each of which can be passed through by itself, here or elsewhere.

The images are cut into at most 64 blocks of whole batches. A block is folded from nothing, and the blocks are folded
in their order: sums of floats come out the same to the last bit, however many processes the blocks were dealt among.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Protocol, TypeAlias

from reportgen.progress import Progress, silent
from reportgen.sources.dataset import Array

MOST_BLOCKS = 64
State: TypeAlias = Mapping[str, Array]
"""What is left of a block: plain arrays by name."""


class Pass(Protocol):
    """A pass over the data of which each block leaves a state, and the states together a result.

    Attributes:
        step: What it is called while it runs.
        learns: Whether blocks that are known make later ones quicker; they never change what these leave together.
        blocks: Places of the images that are passed through, block by block.
        batch_size: How many images are put to the model at once.
        drawn: Whatever was drawn at random for it, by name, so that two machines can be seen to have drawn alike.
        memory_bytes: About what a process takes that goes through one block after the other, beside the model and the
            data: a batch, what is kept of all images, and the largest block.
    """

    step: str
    learns: bool
    blocks: tuple[range, ...]
    batch_size: int
    drawn: State
    memory_bytes: int

    def collect(self, block: range, advance: Callable[[], None]) -> State:
        """Put the images of a block to the model; `advance` is called after every batch."""

    def learn(self, block: range, state: State) -> None:
        """Take in of a block's state what makes later ones quicker, and nothing that grows with the images."""

    def fold(self, block: range, state: State) -> None:
        """Take in the state of a block, the next one in order."""


def part_of(state: State, prefix: str) -> State:
    """Return the arrays of a state whose names begin with a prefix, without it.

    >>> part_of({"0 sums": 5, "1 sums": 7}, "1 ")
    {'sums': 7}
    """
    return {name.removeprefix(prefix): array for name, array in state.items() if name.startswith(prefix)}


def cut(size: int, batch_size: int, most: int = MOST_BLOCKS) -> tuple[range, ...]:
    """Cut images into blocks of whole batches, about as long as each other.

    Args:
        size: How many images there are.
        batch_size: How many are put to the model at once.
        most: Most blocks.

    >>> cut(10, 2, most=3)
    (range(0, 2), range(2, 6), range(6, 10))
    """
    batches = -(-size // batch_size)
    number = min(most, batches)
    ends = [min(place * batches // number * batch_size, size) for place in range(number + 1)]
    return tuple(range(start, end) for start, end in pairwise(ends))


def batches(block: range, batch_size: int) -> list[range]:
    """Cut a block into batches; only the last of all images may be smaller."""
    return [block[start : start + batch_size] for start in range(0, len(block), batch_size)]


def passed(passing: Pass, collected: Sequence[State] | None, progress: Progress = silent) -> None:
    """Fold all blocks of a pass in order.

    Args:
        passing: The pass.
        collected: The state of each block, where they were collected elsewhere; each is asked for once.
        progress: Told of the pass.
    """
    if collected is not None:
        with progress("Putting blocks together", total=len(passing.blocks)) as advance:
            for number, block in enumerate(passing.blocks):
                passing.fold(block, collected[number])
                advance()
        return
    total = sum(len(batches(block, passing.batch_size)) for block in passing.blocks)
    with progress(passing.step, total=total) as advance:
        for block in passing.blocks:
            passing.fold(block, passing.collect(block, advance))
