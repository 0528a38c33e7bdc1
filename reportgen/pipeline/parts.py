"""Parts of the way, for what needs no report: a model's record, a model cut at a layer, how often it is right."""

from __future__ import annotations

from pathlib import Path

from reportgen.models import extraction, loading
from reportgen.models.compiling import runnable
from reportgen.models.inspection import inspect
from reportgen.options import Options
from reportgen.pipeline import feeding, origins
from reportgen.pipeline.origins import Origin
from reportgen.pipeline.preparing import input_shapes, prepared
from reportgen.pipeline.probing import scored
from reportgen.progress import Progress, silent
from reportgen.records.model import ModelRecord


def inspect_file(path: Path, options: Options, progress: Progress = silent) -> ModelRecord:
    """Return the record of a model in a file; errors as `origins.load` and `models.inspection.inspect`."""
    origin = origins.load(path, options, progress)
    with progress("Inspecting the network"), runnable(origin.model):
        return inspect(origin.model, input_shapes(None, options))


def extract_layer(path: Path, layer: str, output: Path, options: Options, progress: Progress = silent) -> None:
    """Cut a model at a layer and save the new one; errors as `origins.load`, `extract` and `loading.save`."""
    origin = origins.load(path, options, progress)
    with progress("Cutting the network"), runnable(origin.model):
        loading.save(extraction.extract(origin.model, layer, input_shapes(None, options)), output)


def score_held_out(origin: Origin, progress: Progress = silent) -> tuple[int, int, str]:
    """Return how many held-out images the default network answers rightly, how many there are, and what they are."""
    dataset = feeding.opened(origin.model, origin.data, Options())
    (score,) = scored(prepared(origin.model, dataset, Options()), Options(), progress)
    assert score.right is not None, "the images have labels"
    return score.right, score.num_images, dataset.split
