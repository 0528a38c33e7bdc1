"""One trace serves all probes: how often the Python code of a model runs to make a graph, over a whole report."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from reportgen import registry
from reportgen.errors import ModelError
from reportgen.models.inspection import inspect
from reportgen.models.subject import Subject
from reportgen.options import make
from reportgen.pipeline.probing import gathered
from reportgen.progress import silent
from reportgen.sources.memory import from_arrays

pytestmark = pytest.mark.keras
SIDE, CLASSES, IMAGES = 16, 3, 96


class Counting(keras.layers.Layer):  # type: ignore[misc]
    """Hands on what it is given, and counts how often it is called while a graph is made."""

    def __init__(self, *, takes_any_size: bool) -> None:
        super().__init__(name="counting")
        self.takes_any_size, self.num_traced = takes_any_size, 0

    def compute_output_spec(self, values: Any) -> Any:
        return keras.KerasTensor(values.shape, values.dtype)

    def call(self, values: Any) -> Any:
        if not tf.executing_eagerly():
            self.num_traced += 1
            if values.shape[0] is None and not self.takes_any_size:
                raise ValueError("How many images are there?")
        return values


def network(counting: Counting) -> Any:
    keras.utils.set_random_seed(0)
    layers = keras.layers
    given = keras.Input((SIDE, SIDE, 3))
    found = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(4, 3, name="first")(given)))
    found = layers.MaxPooling2D()(found)
    beside = layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same", name="second")(found))
    found = layers.Add()([layers.ReLU()(beside), layers.Conv2D(6, 1, name="around")(found)])
    found = layers.GlobalAveragePooling2D()(layers.Activation("silu")(found))
    scores = layers.Dense(CLASSES, activation="softmax")(found)
    return keras.Model(given, counting(scores))


def test_a_report_with_all_probes_traces_the_model_once() -> None:
    counting = Counting(takes_any_size=True)
    model = network(counting)
    images = np.random.default_rng(0).random((IMAGES, SIDE, SIDE, 3)).astype(np.float32)
    data = from_arrays(images, (images.mean(axis=(1, 2)) @ [1, 2, 3] * 7).astype(int) % CLASSES)
    subject = Subject(model, inspect(model), data)
    counting.num_traced = 0
    options = make({"dream": (("first", 0),), "dream_steps": 2})
    found = gathered(subject, registry.names("sections"), options, silent)
    assert counting.num_traced == 1
    # All of these came from it.
    assert found.predictions is not None
    assert found.responses is not None
    assert found.ablation is not None
    assert found.ablation.channels
    assert found.views is not None
    assert found.views.views
    assert found.why is not None
    assert found.why.explanations
    assert found.journey is not None
    assert any(stage.maps for stage in found.journey.stages)
    assert found.dreams is not None
    assert len(found.dreams.dreams) == 1


def test_a_model_of_one_size_is_traced_once_for_each_size_that_is_asked_for() -> None:
    counting = Counting(takes_any_size=False)
    model = network(counting)
    subject = Subject(model, inspect(model))
    counting.num_traced = 0
    found = [subject.trace(rows) for rows in (3, 5, 3)]
    assert counting.num_traced == 1 + 2  # any size is tried first
    assert [each.rows for each in found] == [3, 5, 3]
    assert found[0] is found[2]


def test_a_model_that_cannot_be_traced_is_tried_once_for_each_size() -> None:
    class Careful(Counting):
        def call(self, values: Any) -> Any:
            super().call(values)
            return values * float(np.asarray(values).max() > 0)

    counting = Careful(takes_any_size=True)
    subject = Subject(model := network(counting), inspect(model))
    counting.num_traced = 0
    for _ in range(3):
        with pytest.raises(ModelError, match="cannot be traced into a graph"):
            subject.trace(4)
    assert counting.num_traced == 2
