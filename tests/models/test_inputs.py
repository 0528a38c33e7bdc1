from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelError
from reportgen.models.inputs import arrange, declared_inputs, declared_outputs, input_records, zero_inputs
from reportgen.records.model import TensorRecord
from tests.models import toys

layers = keras.layers
pytestmark = pytest.mark.keras


def two(structure: str) -> Any:
    """An image and a table; the structure in which they come and in which both answers go."""
    picture, table = keras.Input((4, 4, 1), name="picture"), keras.Input((3,), name="table")
    seen = layers.Dense(2, name="seen")(layers.Flatten()(picture))
    told = layers.Dense(1, name="told")(table)
    if structure == "dictionary":
        return keras.Model({"picture": picture, "table": table}, {"z": seen, "a": told})
    return keras.Model([picture, table], [seen, told])


class Free(keras.Model):  # type: ignore[misc, unused-ignore]
    """A model that does not say what it takes."""

    def call(self, inputs: Any) -> Any:
        return inputs


def test_declared_inputs_have_names_shapes_and_number_formats() -> None:
    assert declared_inputs(two("list")) == (
        TensorRecord("picture", (4, 4, 1), "float32"),
        TensorRecord("table", (3,), "float32"),
    )
    assert declared_inputs(Free()) == ()


def test_outputs_are_called_as_the_model_hands_them_out() -> None:
    assert declared_outputs(two("list")) == ("seen", "told")
    assert declared_outputs(two("dictionary")) == ("a", "z")
    assert declared_outputs(Free()) == ()


@pytest.mark.parametrize("structure", ["list", "dictionary"])
def test_tensors_come_in_the_structure_that_the_model_takes_without_a_warning(structure: str) -> None:
    model = two(structure)
    tensors = {"table": np.ones((1, 3), np.float32), "picture": np.ones((1, 4, 4, 1), np.float32)}
    arranged = arrange(model, tensors)
    assert isinstance(arranged, dict if structure == "dictionary" else list)
    found = arranged["table"] if isinstance(arranged, dict) else arranged[1]
    assert found is tensors["table"]
    model(arranged)  # a warning would be an error


def test_a_model_that_says_nothing_gets_a_list_of_numbered_and_a_dictionary_of_named_tensors() -> None:
    model = Free()
    assert arrange(model, {"input_0": 1}) == 1
    assert arrange(model, {"input_0": 1, "input_1": 2}) == [1, 2]
    assert arrange(model, {"left": 1, "input_1": 2}) == {"left": 1, "input_1": 2}


def test_the_main_inputs_size_may_be_given_without_its_name() -> None:
    picture, table = keras.Input((None, None, 1), name="picture"), keras.Input((3,), name="table")
    model = keras.Model([table, picture], [layers.Dense(1)(table), layers.GlobalMaxPooling2D()(picture)])
    assert [record.shape for record in input_records(model, {"": (5, 6, 1)})] == [(3,), (5, 6, 1)]
    assert [record.shape for record in input_records(model, {"picture": (5, 6, 1)})] == [(3,), (5, 6, 1)]
    with pytest.raises(ModelError, match="'picture' open"):
        input_records(model)


def test_zeros_fit_every_input() -> None:
    zeros = zero_inputs(toys.twins())
    assert [tuple(zero.shape) for zero in zeros] == [(1, 4, 4, 1), (1, 4, 4, 1)]
