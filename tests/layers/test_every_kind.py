"""Every class in `keras.layers` has a formula, or stands here with the reason why it has none."""

from __future__ import annotations

from typing import Any

import pytest

from reportgen.layers.arithmetic import family, work_out
from tests.layers.classes import CLASSES, is_conv_or_pool

pytestmark = pytest.mark.keras

# Kinds that have no formula on purpose: the report shows Keras's own numbers and says so.
WITHOUT_FORMULA = {
    "Layer": "the base of all layers: it does nothing by itself",
    "Wrapper": "the base of layers around a layer: the layer inside has a row of its own",
    "TimeDistributed": "adds nothing to the layer inside, which has a row for every time step",
    "Lambda": "runs any code",
    "FlaxLayer": "runs another library's code",
    "JaxLayer": "runs another library's code",
    "TFSMLayer": "runs a saved graph",
    "TorchModuleWrapper": "runs another library's code",
    "Pipeline": "a list of layers in one call, which are not called one by one",
    "ReversibleEmbedding": "looks up or projects, as each call says, which its configuration does not tell",
    "CategoryEncoding": "turns categories into numbers; no image",
    "Discretization": "turns numbers into categories; no image",
    "HashedCrossing": "turns categories into categories; no image",
    "Hashing": "turns categories into categories; no image",
    "IntegerLookup": "turns categories into categories; no image",
    "StringLookup": "turns words into categories; no image",
    "TextVectorization": "turns text into categories; no image",
    "MaxNumBoundingBoxes": "keeps a number of boxes around objects; no image",
    "MelSpectrogram": "turns sound into a spectrum",
    "STFTSpectrogram": "turns sound into a spectrum",
}


def bases(each: Any) -> set[str]:
    return {base.__name__ for base in each.__mro__}


def test_every_convolution_and_pooling_of_keras_has_a_formula() -> None:
    found = [name for name in CLASSES if is_conv_or_pool(name)]
    assert [name for name in found if family(name) is None] == []
    # Conv 3, transposed 3, depthwise 2, separable 2, over time 3; max and average pooling 6, global 6, adaptive 6.
    assert len(found) >= 31


def test_every_class_of_keras_has_a_formula_or_a_reason() -> None:
    assert {name for name in CLASSES if family(name) is None} - set(WITHOUT_FORMULA) == set()


@pytest.mark.parametrize("name", sorted(WITHOUT_FORMULA))
def test_a_class_with_a_reason_has_no_formula(name: str) -> None:
    assert family(name) is None
    assert work_out(name, {}, ((4, 4, 1),)) is None
