"""A plan and a shard of it -> what the blocks of that shard leave, in a file."""

from __future__ import annotations

from pathlib import Path

from reportgen.cluster import parts
from reportgen.cluster.plan import Plan, Ready, ready
from reportgen.models.blocks import State, batches
from reportgen.progress import Progress, silent
from reportgen.writing.folders import held, make_folder


def collect(
    plan: Plan,
    shard: tuple[int, int],
    output: Path,
    model: Path | None = None,
    data: str | None = None,
    progress: Progress = silent,
) -> int:
    """Go through the blocks of a shard that are not finished yet, and write the part.

    Blocks that were finished before an interruption are kept in a hidden folder beside the part, and taken from there.

    Args:
        plan: The plan.
        shard: Its number, from 1, and how many there are.
        output: The part.
        model: Where the model is; None for where the plan was made.
        data: Where the data are; None for where they were.
        progress: Told of every long step.

    Returns:
        How many blocks had been finished before.

    Raises:
        RenderError: The part cannot be written, or another process is writing it.
        ReportgenError: The model or the data cannot be used, or are others than those of the plan.
    """
    folder = output.parent / f".{output.name}.blocks"
    make_folder(output.parent)
    blocks = plan.blocks(*shard)
    with held(folder):
        finished = parts.Finished(folder, plan)
        left = [each for each in blocks if not finished.has(*each)]
        if left:
            with ready(plan, model, data, progress) as found:
                _collect(found, blocks, left, finished, progress)
        parts.write(output, plan, shard, finished)
        finished.clear()
    return len(blocks) - len(left)


def _collect(
    found: Ready,
    blocks: list[tuple[str, int]],
    left: list[tuple[str, int]],
    finished: parts.Finished,
    progress: Progress,
) -> None:
    """Go through the blocks that are left, and keep each as soon as it is finished."""
    for name, passing in found.passes.items():
        cut = {number: batches(passing.blocks[number], passing.batch_size) for probe, number in blocks if probe == name}
        with progress(passing.step, total=sum(len(cut[number]) for probe, number in left if probe == name)) as advance:
            for number in cut:
                if (name, number) in left:
                    finished.keep(name, number, passing.collect(passing.blocks[number], advance))
                if passing.learns:
                    passing.learn(passing.blocks[number], finished.read(name, number))


def block(found: Ready, probe: str, number: int) -> State:
    """Return what one block leaves; errors as `probes.…run`."""
    passing = found.passes[probe]
    state = passing.collect(passing.blocks[number], lambda: None)
    return {name: array.copy() for name, array in state.items()}
