"""Chosen samples: their pictures, labels and first answers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.evidence.samples import Answer, SampleRecord
from reportgen.options import make
from reportgen.probes import predictions, samples
from tests.probes.subjects import data, subject

pytestmark = pytest.mark.keras


def chosen(model: Any, pick: list[str], *args: Any, **others: Any) -> tuple[SampleRecord, ...]:
    options = make({"pick": pick})
    asked = subject(model, data(*args, **others))
    result = predictions.run(asked, options)
    assert result is not None
    return samples.run(replace(asked, earlier={"predictions": result}), options)


def ending(activation: str, size: int) -> Any:
    return keras.Sequential([keras.Input((size,)), keras.layers.Activation(activation, name="end")])


def test_sample_is_told_with_its_label_and_its_first_answers() -> None:
    images = np.log([[0.5, 0.25, 0.125, 0.125], [0.1, 0.2, 0.3, 0.4]])
    names = ("ant", "bee", "cat", "dog")
    first, second = chosen(ending("softmax", 4), ["index:1,0"], images, [3, 2], names, image_names=("a.png", "b.png"))
    assert (first.index, first.name, first.reason) == (1, "b.png", "chosen by its index")
    assert (first.label, first.label_index, first.correct) == ("cat", 2, False)
    assert [(answer.class_index, answer.name) for answer in first.answers] == [(3, "dog"), (2, "cat"), (1, "bee")]
    assert [answer.value for answer in first.answers] == [pytest.approx(value) for value in (0.4, 0.3, 0.2)]
    assert (second.index, second.name, second.correct, second.answers[0].name) == (0, "a.png", False, "ant")


def test_equal_answers_keep_the_order_of_the_classes() -> None:
    (only,) = chosen(ending("softmax", 3), ["index:0"], [[0.0, 0.0, 0.0]], [0])
    assert [answer.name for answer in only.answers] == ["0", "1", "2"]
    assert only.correct is True


def test_logits_are_shown_as_they_are_in_the_order_of_their_softmax() -> None:
    (only,) = chosen(ending("linear", 3), ["index:0"], [[-2.0, 5.0, 1.0]])
    assert only.answers == (Answer(1, "1", 5.0), Answer(2, "2", 1.0), Answer(0, "0", -2.0))
    assert (only.label, only.correct) == (None, None)


def test_one_sigmoid_unit_answers_with_two_classes() -> None:
    (only,) = chosen(ending("sigmoid", 1), ["index:0"], [[0.0]], [1], ("no", "yes"))
    assert only.answers == (Answer(0, "no", 0.5), Answer(1, "yes", 0.5))


def test_values_are_shown_in_their_order_and_are_neither_right_nor_wrong() -> None:
    (only,) = chosen(ending("linear", 1), ["index:0"], [[7.0]], [0])
    assert (only.answers, only.correct) == ((Answer(0, "value", 7.0),), None), "one needs no number"


def test_answer_that_is_no_number_is_neither_shown_nor_right() -> None:
    (only,) = chosen(ending("softmax", 3), ["index:0"], [[float("nan"), 0.0, 0.0]], [0])
    assert (only.answers, only.correct) == ((), None)


def test_array_as_output_has_no_first_answers() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.MaxPooling2D(2)])
    (only,) = chosen(model, ["index:0"], np.ones((1, 4, 4, 1)), [0])
    assert (only.answers, only.correct) == ((), None)


def test_value_range_is_that_of_the_image() -> None:
    (only,) = chosen(ending("linear", 2), ["index:0"], [[-3.0, 8.0]])
    assert only.value_range == (-3.0, 8.0)
