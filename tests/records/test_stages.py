"""At which places an image is shown on its way, by the record of a model alone."""

from __future__ import annotations

import pytest

from reportgen.records.model import LayerRecord, Setting, TensorRecord
from reportgen.records.stages import MOST_STAGES, way
from tests import made

RELU = (Setting("activation", "relu"),)


def chain(*calls: tuple[str, str, tuple[int, ...]]) -> tuple[LayerRecord, ...]:
    """Calls one after the other: path, kind and shape of the output of each."""
    found: list[LayerRecord] = []
    before = ""
    shape: tuple[int, ...] = (28, 28, 1)
    for index, (path, kind, output) in enumerate(calls, 1):
        role = {"Conv2D": "conv", "MaxPooling2D": "pool", "GlobalAveragePooling2D": "pool"}.get(kind, "other")
        settings = RELU if path.startswith("active") else ()
        found.append(
            made.layer(
                path, kind, index=index, role=role, input_shape=shape, output_shape=output, inputs=(before,),
                settings=settings, macs=index,
            )
        )  # fmt: skip
        before, shape = path, output
    return tuple(found)


def shown(*calls: tuple[str, str, tuple[int, ...]]) -> list[str]:
    return [stage.drawn.path for stage in way(made.model(*chain(*calls))).stages]


DIGITS = (
    ("conv_0", "Conv2D", (26, 26, 32)),
    ("conv_1", "Conv2D", (24, 24, 64)),
    ("pool_1", "MaxPooling2D", (12, 12, 64)),
    ("flat", "Flatten", (9216,)),
    ("dense_1", "Dense", (128,)),
    ("drop", "Dropout", (128,)),
    ("scores", "Dense", (10,)),
)


def test_each_resolution_is_a_stage_and_the_last_row_of_numbers_stands_before_the_answer() -> None:
    found = way(made.model(*chain(*DIGITS)))
    assert [stage.call.path for stage in found.stages] == ["conv_0", "conv_1", "pool_1"]
    assert [stage.sizes for stage in found.stages] == [(26, 26), (24, 24), (12, 12)]
    assert found.numbers is not None
    assert found.numbers.path == "dense_1"
    assert [layer.path for layer in found.joining] == ["flat", "dense_1", "drop"]
    assert [layer.path for layer in found.ending] == ["scores"]


def test_every_layer_belongs_to_one_column() -> None:
    found = way(made.model(*chain(*DIGITS)))
    inside = [layer.path for stage in found.stages for layer in stage.layers]
    assert [*inside, *(layer.path for layer in (*found.joining, *found.ending))] == [path for path, _, _ in DIGITS]


def test_the_last_activated_conv_of_a_resolution_is_shown_behind_its_activation() -> None:
    assert shown(
        ("conv_a", "Conv2D", (28, 28, 4)),
        ("norm_a", "BatchNormalization", (28, 28, 4)),
        ("relu_a", "ReLU", (28, 28, 4)),
        ("conv_b", "Conv2D", (28, 28, 4)),
        ("pool", "MaxPooling2D", (14, 14, 4)),
        ("active_c", "Conv2D", (14, 14, 8)),
        ("conv_d", "Conv2D", (7, 7, 8)),
    ) == ["relu_a", "active_c", "conv_d"]


def test_padding_before_a_stride_belongs_to_the_stage_that_it_leads_to() -> None:
    model = made.model(
        *chain(
            ("conv_a", "Conv2D", (14, 14, 4)),
            ("pad", "ZeroPadding2D", (15, 15, 4)),
            ("conv_b", "Conv2D", (7, 7, 4)),
            ("conv_c", "Conv2D", (3, 3, 4)),
        )
    )
    assert [[layer.path for layer in stage.layers] for stage in way(model).stages] == [
        ["conv_a"],
        ["pad", "conv_b"],
        ["conv_c"],
    ]


@pytest.mark.parametrize("number", [7, 20])
def test_of_many_resolutions_the_first_the_last_and_some_between_are_shown(number: int) -> None:
    found = way(made.model(*chain(*((f"conv_{n}", "Conv2D", (40 - n, 40 - n, 4)) for n in range(number)))))
    paths = [stage.call.path for stage in found.stages]
    assert len(paths) == MOST_STAGES
    assert (paths[0], paths[-1]) == ("conv_0", f"conv_{number - 1}")
    assert sum(len(stage.layers) for stage in found.stages) == number


def test_one_resolution_throughout_is_shown_at_three_places() -> None:
    assert shown(*((f"conv_{n}", "Conv2D", (8, 8, 4)) for n in range(12))) == ["conv_2", "conv_5", "conv_11"]


def test_global_pooling_is_a_row_of_numbers_and_a_lone_answer_has_none() -> None:
    body = (("conv", "Conv2D", (8, 8, 4)), ("mean", "GlobalAveragePooling2D", (4,)))
    with_head = way(made.model(*chain(*body, ("scores", "Dense", (3,)))))
    assert with_head.numbers is not None
    assert with_head.numbers.path == "mean"
    without = way(made.model(*chain(*body)))
    assert without.numbers is None
    assert [layer.path for layer in without.ending] == ["mean"]


def test_branch_of_another_input_is_no_stage() -> None:
    inputs = (TensorRecord("image", (9, 9, 1), "float32"), TensorRecord("small", (5, 5, 1), "float32"))
    own = made.layer("own", index=1, output_shape=(7, 7, 2), inputs=("",))
    other = made.layer("other", index=2, output_shape=(3, 3, 2), inputs=("/small",))
    assert [stage.call.path for stage in way(made.model(own, other, inputs=inputs)).stages] == ["own"]


def test_model_without_places_has_no_stage() -> None:
    assert way(made.model(made.layer("conv", output_shape=(1, 1, 3)))).stages == ()
