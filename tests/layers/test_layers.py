"""The table of families, and the article's network as a literal table."""

from __future__ import annotations

import pytest

from reportgen import layers, registry
from reportgen.errors import LayerError
from reportgen.layers.arithmetic import family, work_out
from reportgen.records.model import Arithmetic, Shape
from tests.layers.sums import wrong

CONV_1 = {"filters": 32, "kernel_size": (3, 3)}
CONV_2 = {"filters": 64, "kernel_size": [3, 3]}


@pytest.mark.parametrize("name", layers.NAMES)
def test_every_family_exports_kinds_and_work_out(name: str) -> None:
    module = registry.load("layers", name)
    assert all(isinstance(kind, str) for kind in module.KINDS)
    assert module.KINDS
    assert callable(module.work_out)


def test_no_kind_is_claimed_twice() -> None:
    kinds = [kind for name in layers.NAMES for kind in registry.load("layers", name).KINDS]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize("kind", ["conv2d", "MyConv2D", "Conv2DTransposed", "Convolution2D", "Lambda", ""])
def test_kind_without_a_formula_gives_none(kind: str) -> None:
    assert family(kind) is None
    assert work_out(kind, {}, ((28, 28, 1),)) is None


def test_error_names_the_layer() -> None:
    with pytest.raises(LayerError, match=r"^Layer 'conv_3' \(Conv2D\): .*window must fit"):
        work_out("Conv2D", {"name": "conv_3", "filters": 1, "kernel_size": 9}, ((4, 4, 1),))


@pytest.mark.parametrize(
    ("kind", "config", "shape", "output", "parameters", "macs"),
    [
        ("Conv2D", CONV_1, (28, 28, 1), (26, 26, 32), 320, 194_688),
        ("Conv2D", CONV_2, (26, 26, 32), (24, 24, 64), 18_496, 10_616_832),
        ("MaxPooling2D", {"pool_size": (2, 2)}, (24, 24, 64), (12, 12, 64), 0, 0),
        ("Dropout", {"rate": 0.25}, (12, 12, 64), (12, 12, 64), 0, 0),
        ("Flatten", {}, (12, 12, 64), (9216,), 0, 0),
        ("Dense", {"units": 128}, (9216,), (128,), 1_179_776, 1_179_648),
        ("Dropout", {"rate": 0.5}, (128,), (128,), 0, 0),
        ("Dense", {"units": 10}, (128,), (10,), 1_290, 1_280),
    ],
)
def test_article_network(
    kind: str, config: dict[str, object], shape: Shape, output: Shape, parameters: int, macs: int
) -> None:
    arithmetic = work_out(kind, config, (shape,))
    assert isinstance(arithmetic, Arithmetic)
    assert (arithmetic.output_shape, arithmetic.parameters, arithmetic.macs) == (output, parameters, macs)
    assert not wrong(arithmetic.steps)
