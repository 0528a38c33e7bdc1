"""The article's "new model": the same input, the output of a chosen layer."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from reportgen.errors import ModelError, UnknownNameError
from reportgen.models.extraction import extract
from reportgen.models.hooks import Call, watch
from reportgen.models.loading import save
from tests.models import toys

pytestmark = pytest.mark.keras
PAIR = [toys.image(4, 4, 1), toys.image(4, 4, 1) + 1]


def watched(model: Any, images: Any, path: str) -> list[Any]:
    """What a model really computes at a call."""
    found: list[Any] = []

    def note(call: Call) -> None:
        if call.path == path:
            found.extend(np.asarray(output) for output in keras.tree.flatten(call.output))

    with watch(model, note):
        model(images, training=False)
    return found


@pytest.mark.parametrize(
    ("make", "path", "images", "name"),
    [
        (toys.sequential, "conv", toys.image(6, 6, 1), "toy_to_conv"),
        (toys.sequential, "scores", toys.image(6, 6, 1), "toy_to_scores"),
        (toys.functional, "join", toys.image(4, 4, 1), "branches_to_join"),
        (toys.nested, "middle/core/conv", toys.image(4, 4, 1), "outer_to_middle_core_conv"),
        (toys.nested, "middle", toys.image(4, 4, 1), "outer_to_middle"),
        (toys.shared, "sh#2", toys.image(4, 4, 1), "shared_to_sh_2"),
        (toys.twins, "backbone#2/c", PAIR, "twins_to_backbone_2_c"),
        (toys.two_answers, "maps", toys.image(4, 4, 1), "two_answers_to_maps"),
        (toys.over_time, "each", np.ones((1, 3, 4, 4, 1), np.float32), "over_time_to_each"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_extracted_model_answers_with_the_call(make: Callable[[], Any], path: str, images: Any, name: str) -> None:
    model = make()
    extracted = extract(model, path)
    (wanted,) = watched(model, images, path)
    assert wanted.any()
    np.testing.assert_array_equal(np.asarray(extracted(images)), wanted)
    assert extracted.name == name
    assert [tensor.name for tensor in extracted.inputs] == [tensor.name for tensor in model.inputs]
    assert "call" not in vars(model)


@pytest.mark.parametrize(
    "structure",
    [
        lambda left, right: [left],
        lambda left, right: {"left": left},
        lambda left, right: {"left": left, "right": right},
    ],
    ids=["a list of one", "a dictionary of one", "a dictionary of two"],
)
def test_extracted_model_takes_inputs_in_the_structure_of_the_whole(structure: Callable[[Any, Any], Any]) -> None:
    left, right = keras.Input((4, 4, 1), name="left"), keras.Input((4, 4, 1), name="right")
    conv = keras.layers.Conv2D(2, 3, name="conv")(left)
    both = structure(left, right)
    end = keras.layers.Concatenate(name="both")([conv, keras.layers.Conv2D(1, 3)(right)]) if len(both) > 1 else conv
    model = toys.counting(keras.Model(both, end, name="whole"))
    images = structure(*PAIR)
    extracted = extract(model, "conv")
    np.testing.assert_array_equal(np.asarray(extracted(images)), *watched(model, images, "conv"))


def test_model_inside_that_answers_twice_gives_both_answers() -> None:
    inner = toys.two_answers()
    start = keras.Input((4, 4, 1), name="start")
    maps, mean = inner(start)
    model = keras.Model(start, keras.layers.Flatten(name="flat")(maps) + mean, name="around")
    extracted = extract(model, "two_answers")
    images = toys.image(4, 4, 1)
    answers = [np.asarray(output) for output in extracted(images)]
    assert [answer.shape for answer in answers] == [(1, 2, 2, 1), (1, 1)]
    for answer, wanted in zip(answers, watched(model, images, "two_answers"), strict=True):
        np.testing.assert_array_equal(answer, wanted)


def test_original_keeps_its_weights_and_its_answer() -> None:
    model = toys.nested()
    images = toys.image(4, 4, 1)
    before = np.asarray(model(images)).tobytes()
    extracted = extract(model, "middle/core/conv")
    assert [id(weight) for weight in extracted.weights] == [id(weight) for weight in model.weights]
    assert np.asarray(model(images)).tobytes() == before


def test_saved_model_loads_in_plain_keras_with_equal_outputs(tmp_path: Path) -> None:
    model = toys.nested()
    images = toys.image(4, 4, 1)
    save(extract(model, "middle/core/conv"), tmp_path / "sub.keras")
    np.save(tmp_path / "images.npy", images)
    code = (
        "import sys, keras, numpy\n"
        "model = keras.models.load_model('sub.keras')\n"
        "numpy.save('answer.npy', numpy.asarray(model(numpy.load('images.npy'))))\n"
        "print([name for name in sys.modules if name.startswith('reportgen')])\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
    (wanted,) = watched(model, images, "middle/core/conv")
    np.testing.assert_array_equal(np.load(tmp_path / "answer.npy"), wanted)


def test_subclassed_model_is_refused() -> None:
    model = toys.subclassed()
    with pytest.raises(ModelError, match=r"'own', whose class computes in code of its own.*reportgen\.explain"):
        extract(model, "start")


def test_unknown_layer_lists_the_calls() -> None:
    with pytest.raises(UnknownNameError, match=r"no layer called 'conv1'. Expected one of: conv, pool, flat, scores\."):
        extract(toys.sequential(), "conv1")


def test_layer_inside_a_layer_that_is_no_model_is_refused() -> None:
    model = keras.Sequential([keras.Input((4, 4, 1)), toys.Branches(name="branches")])
    with pytest.raises(ModelError, match=r"'branches/first' .* stands inside a layer that is not a model"):
        extract(model, "branches/first")
