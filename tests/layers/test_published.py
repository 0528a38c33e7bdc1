"""Whole networks against published numbers, to every printed digit. None of the expected numbers was computed here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import keras
import pytest

from reportgen.layers.arithmetic import work_out
from reportgen.records.model import Shape
from tests.layers.graphs import made, total, walk

pytestmark = [pytest.mark.keras, pytest.mark.slow]

applications = keras.applications
IMAGE: Shape = (224, 224, 3)


@pytest.fixture(autouse=True)
def _forget_the_models() -> Iterator[None]:
    yield
    keras.utils.clear_session()


# Receptive field, effective stride and effective padding: Araujo, Norris & Sim 2019, "Computing receptive fields of
# convolutional neural networks", Distill; every end point: github.com/google-research/receptive_field,
# RECEPTIVE_FIELD_TABLE.md, whose networks are those of TF-Slim, at 224 × 224. Left: the layer's name in Keras.
VGG16 = {
    "block1_conv1": (3, 1, 1),
    "block1_pool": (6, 2, 2),
    "block2_conv1": (10, 2, 4),
    "block2_pool": (16, 4, 6),
    "block3_conv1": (24, 4, 10),
    "block3_conv2": (32, 4, 14),
    "block3_pool": (44, 8, 18),
    "block4_conv1": (60, 8, 26),
    "block4_conv2": (76, 8, 34),
    "block4_pool": (100, 16, 42),
    "block5_conv1": (132, 16, 58),
    "block5_conv2": (164, 16, 74),
    "block5_pool": (212, 32, 90),
}
MOBILENET = {
    "conv1_relu": (3, 2, 0),
    "conv_pw_1_relu": (7, 2, 2),
    "conv_pw_2_relu": (11, 4, 2),
    "conv_pw_3_relu": (19, 4, 6),
    "conv_pw_4_relu": (27, 8, 6),
    "conv_pw_5_relu": (43, 8, 14),
    "conv_pw_6_relu": (59, 16, 14),
    "conv_pw_7_relu": (91, 16, 30),
    "conv_pw_8_relu": (123, 16, 46),
    "conv_pw_9_relu": (155, 16, 62),
    "conv_pw_10_relu": (187, 16, 78),
    "conv_pw_11_relu": (219, 16, 94),
    "conv_pw_12_relu": (251, 32, 94),
    "conv_pw_13_relu": (315, 32, 126),
}
INCEPTION_V3 = {
    "mixed0": (63, 8, 18),
    "mixed1": (95, 8, 34),
    "mixed2": (127, 8, 50),
    "mixed3": (159, 16, 58),
    "mixed4": (351, 16, 154),
    "mixed5": (543, 16, 250),
    "mixed6": (735, 16, 346),
    "mixed7": (927, 16, 442),
    "mixed8": (1055, 32, 490),
    "mixed9": (1183, 32, 554),
    "mixed10": (1311, 32, 618),
}
INCEPTION_RESNET_V2 = {
    "mixed_5b": (63, 8, 18),
    "mixed_6a": (415, 16, 186),
    "block17_20_ac": (2335, 16, 1146),
    "mixed_7a": (2399, 32, 1162),
    "conv_7b_ac": (3039, 32, 1482),
}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("VGG16", VGG16),
        ("MobileNet", MOBILENET),
        ("InceptionV3", INCEPTION_V3),
        ("InceptionResNetV2", INCEPTION_RESNET_V2),
    ],
)
def test_receptive_fields_are_the_published_ones(name: str, expected: dict[str, tuple[int, int, int]]) -> None:
    model = made(getattr(applications, name), include_top=False, input_shape=IMAGE)
    found = walk(model, IMAGE)
    assert {layer: found[layer].field for layer in expected} == expected


# Of each kind one by default; all of them with -m exhaustive.
BY_DEFAULT = {"VGG16", "InceptionV3", "MobileNetV2", "EfficientNetB0", "ConvNeXtTiny", "MobileNet", "ResNet50"}


def drawn(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*row, marks=[] if row[0] in BY_DEFAULT else pytest.mark.exhaustive) for row in rows]


# TF-Slim pools with "SAME" behind conv1: at 224 × 224 the map is 112 wide, its padding is one position in all, and that
# one is put at the far side; at 321 × 321 it is 161 wide, and one position is put at each side. Keras puts one at each
# side whatever the size (`pool1_pad`), so its network has the effective padding that is published for 321.
RESNETS = [
    ("ResNet50", 483, 239, 241),
    ("ResNet101", 1027, 511, 513),
    ("ResNet152", 1507, 751, 753),
    ("ResNet50V2", 483, 239, 241),
]
POOLED_AS_PUBLISHED: dict[str, dict[str, object]] = {"pool1_pad": {"padding": 0}, "pool1_pool": {"padding": "same"}}


@pytest.mark.parametrize(("name", "size", "padding_at_224", "padding_at_321"), drawn(RESNETS))
def test_receptive_fields_of_resnets_are_the_published_ones(
    name: str, size: int, padding_at_224: int, padding_at_321: int
) -> None:
    model = made(getattr(applications, name), include_top=False, input_shape=IMAGE)
    last = model.operations[-1].name
    for side, padding in ((224, padding_at_224), (321, padding_at_321)):
        published = walk(model, (side, side, 3), POOLED_AS_PUBLISHED)
        assert published[last].field == (size, 32, padding)
        assert walk(model, (side, side, 3))[last].field == (size, 32, padding_at_321)


# Hu et al. 2018, "Squeeze-and-excitation networks": from the first squeeze on, every value is scaled by a number that
# is worked out from the whole map. arXiv:1709.01507.
@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("EfficientNetB0", "block1a_activation", "block1a_se_excite"),
        ("MobileNetV3Small", "expanded_conv_depthwise_bn", "expanded_conv_squeeze_excite_mul"),
    ],
)
def test_behind_a_squeeze_every_value_depends_on_the_whole_image(name: str, before: str, after: str) -> None:
    found = walk(made(getattr(applications, name), input_shape=IMAGE), IMAGE)
    names = list(found)
    assert not any(found[layer].reach.whole for layer in names[: names.index(before) + 1])
    assert found[after].reach.whole
    assert found[names[-1]].reach.whole


# Parameters: the Keras Applications page. Multiply-adds, in thousand millions: torchvision's `_ops`, or as named.
COSTS: list[tuple[str, int, int, float]] = [
    ("VGG16", 224, 138_357_544, 15.47),
    ("VGG19", 224, 143_667_240, 19.632),
    ("InceptionV3", 299, 23_851_784, 5.713),
    ("DenseNet121", 224, 8_062_504, 2.834),
    ("DenseNet169", 224, 14_307_880, 3.36),
    ("DenseNet201", 224, 20_242_984, 4.291),
    ("MobileNetV2", 224, 3_538_984, 0.301),
    ("EfficientNetB0", 224, 5_330_571, 0.386),
    ("EfficientNetB1", 240, 7_856_239, 0.687),
    ("EfficientNetV2S", 384, 21_612_360, 8.366),
    ("ConvNeXtTiny", 224, 28_589_128, 4.456),
    # Howard et al. 2017, "MobileNets", table 8: 569 million. arXiv:1704.04861.
    ("MobileNet", 224, 4_253_864, 0.569),
    # Zoph et al. 2018, "Learning transferable architectures", NASNet-A (4 @ 1056): 564 million. arXiv:1707.07012.
    ("NASNetMobile", 224, 5_326_716, 0.564),
]


@pytest.mark.parametrize(("name", "side", "parameters", "gmacs"), drawn(COSTS))
def test_costs_by_formula_are_the_published_ones(name: str, side: int, parameters: int, gmacs: float) -> None:
    model = made(getattr(applications, name))
    own, macs = total(walk(model, (side, side, 3)))
    assert own == parameters == model.count_params()
    assert round(macs / 1e9, 3) == gmacs


# torchvision's metadata of ViT-B/16 (Dosovitskiy et al. 2021, arXiv:2010.11929): 86 567 656 parameters, 17.564 thousand
# million multiply-adds. The products of queries with keys and of scores with values are among them.
def test_costs_of_a_vision_transformer_are_the_published_ones() -> None:
    positions, width = (224 // 16) ** 2 + 1, 768
    row: Shape = (positions, width)
    heads = {"num_heads": 12, "key_dim": width // 12, "value_dim": width // 12}
    block: list[tuple[str, dict[str, Any], tuple[Shape, ...]]] = [
        ("LayerNormalization", {}, (row,)),
        ("MultiHeadAttention", heads, (row, row)),
        ("LayerNormalization", {}, (row,)),
        ("Dense", {"units": 4 * width}, (row,)),
        ("Dense", {"units": width}, ((positions, 4 * width),)),
    ]
    ends: list[tuple[str, dict[str, Any], tuple[Shape, ...]]] = [
        ("Conv2D", {"filters": width, "kernel_size": 16, "strides": 16}, (IMAGE,)),
        ("LayerNormalization", {}, (row,)),
        ("Dense", {"units": 1000}, ((width,),)),
    ]
    worked = [work_out(*layer) for layer in block * 12 + ends]
    # The class token and the positions' own numbers are weights of the model and of none of its layers.
    parameters = sum(each.parameters for each in worked if each) + width + positions * width
    assert parameters == 86_567_656
    assert round(sum(each.macs for each in worked if each) / 1e9, 3) == 17.564
