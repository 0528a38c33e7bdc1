"""All maps of a network, from the loaded model to pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from tests.benchmark.programs import median, saved
from tests.benchmark.table import Row


def maps(folder: Path) -> Iterator[Row]:
    """All maps of the default network for one sample, from the loaded model to PNG bytes."""
    import keras
    import matplotlib
    import numpy as np

    from reportgen.figures import mosaic
    from reportgen.models.inspection import inspect
    from reportgen.options import Options
    from reportgen.probes import activations, samples
    from reportgen.probes.predictions import run as predict
    from reportgen.probes.subject import Subject
    from reportgen.sources.memory import from_arrays

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    model = keras.models.load_model(saved(folder, "default"), compile=False)
    images = np.random.default_rng(0).random((1, 28, 28, 1), dtype=np.float32)
    subject = Subject(model, inspect(model), from_arrays(images))
    answers = predict(subject, Options())
    assert answers is not None
    subject = samples.choose(subject, answers, Options())

    def ours() -> None:
        result = activations.run(subject, Options())
        assert result is not None
        for call in result.samples[0].calls:
            mosaic.contact_sheet(call.path, call.levels, alt="maps", caption="")

    def the_articles_way() -> None:
        for name, rows in (("input_layer", 4), ("conv_1", 8), ("pool_1", 8)):
            middle = keras.Model(model.inputs, model.get_layer(name).output)
            maps = middle.predict(images, verbose=0)
            figure, axes = plt.subplots(rows, 8, figsize=(10, 8))
            for channel, axis in enumerate(axes.ravel()):
                axis.imshow(maps[0, :, :, channel], cmap="gray")
            figure.savefig(io.BytesIO(), format="png")
            plt.close(figure)

    ours()
    fast, slow = median(ours, 9), median(the_articles_way, 1)
    what = "all 160 maps of the default network, one sample, loaded model to PNG"
    yield Row(what, fast, "one imshow per channel", slow, slow / fast, "at least 100 times faster")
