"""Names are labels: the model answers the same under any, and has the right ones afterwards."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.models.renaming import rename
from reportgen.models.subject import BATCH_SIZE
from reportgen.options import make
from reportgen.probes.names import run
from tests.models import toys
from tests.probes.subjects import costly, data, subject

pytestmark = pytest.mark.keras
IMAGES = np.arange(36 * (BATCH_SIZE + 8), dtype=np.float32).reshape(-1, 6, 6, 1) / 100


def names(model: Any) -> list[str]:
    return [layer.name for layer in model.layers]


@pytest.mark.parametrize(("macs", "number"), [(10**6, BATCH_SIZE), (10**11 // 5, 5), (10**12, 1)])
def test_big_network_is_compared_on_fewer_images(macs: int, number: int) -> None:
    result = run(costly(subject(toys.sequential(), data(IMAGES)), macs), make({}))
    assert result is not None
    assert (result.num_images, result.identical) == (number, True)


def test_without_renaming_every_layer_gets_another_name_for_a_trial() -> None:
    model = toys.sequential()
    result = run(subject(model, data(IMAGES)), make({}))
    assert result is not None
    assert (result.trial, result.identical, result.largest_difference) == (True, True, 0.0)
    assert result.num_images == BATCH_SIZE
    assert result.renamed == tuple((old, f"renamed_{place}") for place, old in enumerate(names(model), 1))
    assert names(model) == ["conv", "pool", "flat", "scores"]


def test_renamed_layers_have_their_new_names_afterwards() -> None:
    model = toys.sequential()
    pairs = [("conv", "free"), ("pool", "conv"), ("free", "pool")]
    rename(model, pairs)
    options = make({"rename": ["conv=free", "pool=conv", "free=pool"]})
    result = run(subject(model, data(IMAGES[:3])), options)
    assert result is not None
    assert (result.renamed, result.trial, result.num_images) == (tuple(pairs), False, 3)
    assert (result.identical, result.largest_difference) == (True, 0.0)
    assert names(model) == ["pool", "conv", "flat", "scores"]


def test_model_that_answers_by_its_names_is_caught() -> None:
    class Vain(keras.layers.Layer):  # type: ignore[misc, unused-ignore]
        def call(self, inputs: Any) -> Any:
            return inputs + len(self.name)

    model = keras.Sequential([keras.Input((6, 6, 1)), Vain(name="vain")])
    result = run(subject(model, data(IMAGES[:2])), make({}))
    assert result is not None
    assert not result.identical
    # "vain" has 4 letters, "renamed_1" has 9.
    assert result.largest_difference == pytest.approx(5)
    assert names(model) == ["vain"]


def test_no_data_gives_no_result() -> None:
    assert run(subject(toys.sequential()), make({})) is None
