"""Two trained networks: what is known of pruning, rounding, training on and training anew comes out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from reportgen.document.difference import Difference
from reportgen.document.likeness import MatchedLayer
from reportgen.models.convnet import INPUT_SHAPE, convnet
from reportgen.options import make
from reportgen.pipeline import differing, origins
from reportgen.sources import fitting
from reportgen.sources.dataset import Manner
from reportgen.sources.opening import training_source

pytestmark = [pytest.mark.keras, pytest.mark.exhaustive]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the default network from two seeds."""
    folder = tmp_path_factory.mktemp("trained")
    for seed in (0, 1):
        origins.train(make({"seed": seed})).model.save(folder / f"{seed}.keras")
    return folder


def rounded(model: keras.Model) -> None:
    for weight in model.weights:
        values = np.array(weight)
        if values.ndim > 1:
            step = np.abs(values).max(axis=tuple(range(values.ndim - 1))) / 127
            weight.assign(np.rint(values / step) * step)


def halved(model: keras.Model) -> None:
    for weight in model.weights:
        weight.assign(np.array(weight).astype(np.float16).astype(np.float32))


def pruned(share: float) -> Callable[[keras.Model], None]:
    def prune(model: keras.Model) -> None:
        for weight in model.weights:
            values = np.array(weight)
            if values.ndim > 1:
                weight.assign(np.where(np.abs(values) < np.quantile(np.abs(values), share), 0, values))

    return prune


def permuted(model: keras.Model) -> None:
    first, second, dense = (model.get_layer(name) for name in ("input_layer", "conv_1", "dense_1"))
    draws = np.random.default_rng(3)
    one, two = draws.permutation(32), draws.permutation(64)
    kernel, bias = first.get_weights()
    first.set_weights([kernel[..., one], bias[one]])
    kernel, bias = second.get_weights()
    second.set_weights([kernel[:, :, one][..., two], bias[two]])
    kernel, bias = dense.get_weights()
    dense.set_weights([kernel.reshape(12, 12, 64, 128)[:, :, two].reshape(-1, 128), bias])


def further(model: keras.Model) -> None:
    data = fitting.fit(training_source().training_set(), INPUT_SHAPE, "float32", Manner(rescales=False))
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="sparse_categorical_crossentropy")
    images = np.asarray(data.read(range(data.size)), np.float32)
    model.fit(images, data.labels, batch_size=64, epochs=1, verbose=0)


def found(trained: Path, change: Callable[[keras.Model], None]) -> tuple[Difference, MatchedLayer]:
    """What changed, and how alike `conv_1` is."""
    model = keras.models.load_model(trained / "1.keras")
    change(model)
    model.save(trained / "new.keras")
    return of(trained / "1.keras", trained / "new.keras")


def of(old: Path, new: Path) -> tuple[Difference, MatchedLayer]:
    difference = differing.differ(old, new, make({"data": "digits"}))
    assert difference.matching is not None
    first, second = difference.matching.layers
    assert (first.path, second.path) == ("input_layer", "conv_1")
    # The first layer cannot tell training from none.
    assert (first.similarity_untrained or 0) > 0.9
    assert 0.45 < second.correlation_untrained < 0.7
    assert 0.2 < (second.similarity_untrained or 0) < 0.5
    return difference, second


@pytest.mark.parametrize(("change", "most"), [(rounded, 2), (halved, 0)], ids=["8 bits", "float16"])
def test_rounding_changes_nothing_to_speak_of(trained: Path, change: Callable[[keras.Model], None], most: int) -> None:
    difference, layer = found(trained, change)
    assert difference.answers is not None
    assert (difference.answers.accuracy.lost or 0) <= most
    assert (difference.answers.accuracy.won or 0) <= most
    assert layer.at_their_number == layer.matched
    assert min(layer.correlation, layer.similarity or 0) > 0.995


def test_one_more_epoch_leaves_nearly_all_partners_where_they_were(trained: Path) -> None:
    _, layer = found(trained, further)
    assert 0.9 < layer.correlation < 0.995
    assert 0.95 < (layer.similarity or 0) < 0.995
    assert (layer.at_their_number or 0) >= 0.9 * layer.matched


def test_alignment_stays_high_while_the_accuracy_falls(trained: Path) -> None:
    half, _ = found(trained, pruned(0.5))
    most, layer = found(trained, pruned(0.8))
    assert half.answers is not None
    assert most.answers is not None
    assert not half.answers.accuracy.told or half.answers.accuracy.low > -0.02
    assert most.answers.accuracy.high < -0.04
    assert most.answers.calibration is not None
    assert most.answers.calibration[1] > 0.3
    assert (layer.similarity or 0) > 0.85


def test_channels_in_another_order_are_all_found(trained: Path) -> None:
    difference, layer = found(trained, permuted)
    assert difference.answers is not None
    assert difference.answers.changed == 0
    assert min(layer.correlation, layer.correlations[0], layer.similarity or 0) > 0.999
    assert abs(layer.same_number or 0) < 0.3


def test_another_seed_has_partners_of_other_numbers(trained: Path) -> None:
    difference, layer = of(trained / "1.keras", trained / "0.keras")
    assert difference.answers is not None
    assert (difference.answers.accuracy.lost or 0) < 25
    assert 0.7 < layer.correlation < 0.9
    assert abs(layer.same_number or 0) < 0.3
    assert 0.8 < (layer.similarity or 0) < 0.95


def test_an_untrained_network_has_partners_too_but_no_closer_ones(trained: Path) -> None:
    keras.utils.set_random_seed(5)
    convnet().save(trained / "bare.keras")
    _, layer = of(trained / "1.keras", trained / "bare.keras")
    assert abs(layer.correlation - layer.correlation_untrained) < 0.1
    assert (layer.similarity or 0) < 0.5
