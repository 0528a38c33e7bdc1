"""Findings about proportions: a note where they are usual for such a network, a warning where they are not."""

from __future__ import annotations

import pytest

from reportgen.document.report import Finding
from reportgen.findings.model.proportions import judge
from reportgen.records.model import LayerRecord, TensorRecord
from tests import made

WIDE = (TensorRecord("image", (100, 100, 1), "float32"),)


def only(*calls: LayerRecord) -> Finding:
    (finding,) = judge(made.bare(model=made.model(*calls, inputs=WIDE)))
    return finding


def convs(number: int, parameters: int) -> list[LayerRecord]:
    return [made.conv(f"conv_{place}", parameters=parameters, receptive_field=(60, 60)) for place in range(number)]


def flattening(parameters: int) -> tuple[LayerRecord, LayerRecord]:
    """Maps laid out in a row, and a dense layer that reads it."""
    row = made.layer("flat", "Flatten", index=3, input_shape=(8, 8, 4), output_shape=(256,), parameters=0)
    return row, made.dense("dense", index=4, input_shape=(256,), parameters=parameters)


@pytest.mark.parametrize(
    ("calls", "severity"),
    [
        # VGG16: 74 %. TensorFlow's tutorial on flowers: 99.4 %.
        pytest.param((*convs(4, 250), *flattening(2900)), "note", id="flattened"),
        pytest.param((*convs(4, 15), *flattening(9940)), "note", id="flattened, as in a tutorial"),
        pytest.param((*convs(4, 2), *flattening(9992)), "warning", id="flattened, huge"),
        # Four conv layers with twice the channels of that before each: 76 %.
        pytest.param(
            (*convs(4, 60), made.conv("last", parameters=760, receptive_field=(60, 60))), "note", id="doubling"
        ),
        pytest.param(
            (*convs(4, 50), made.conv("last", parameters=801, receptive_field=(60, 60))), "warning", id="one conv"
        ),
        pytest.param((*convs(4, 50), made.dense("dense", parameters=801)), "warning", id="dense after pooling"),
        pytest.param((*convs(3, 5), made.dense("dense", parameters=985)), "note", id="four layers"),
    ],
)
def test_share_of_one_layer_is_a_note_unless_no_such_network_has_it(
    calls: tuple[LayerRecord, ...], severity: str
) -> None:
    finding = only(*calls)
    assert (finding.code, finding.severity) == ("RG131", severity)
    assert ("unusual" in finding.detail) is (severity == "warning")


@pytest.mark.parametrize(
    ("field", "kind", "severity"),
    [
        ((10, 10), "Flatten", "note"),
        ((24, 24), "GlobalAveragePooling2D", "warning"),
        ((24, 24), "GlobalMaxPooling2D", "warning"),
        ((24, 25), "GlobalAveragePooling2D", "note"),
        ((40, 40), "GlobalAveragePooling2D", "note"),
    ],
)
def test_small_field_is_a_warning_where_no_later_layer_combines_the_parts(
    field: tuple[int, int], kind: str, severity: str
) -> None:
    end = made.layer("end", kind, index=3, parameters=0, output_shape=(4,))
    finding = only(made.conv(receptive_field=field), end)
    assert (finding.code, finding.severity) == ("RG132", severity)
    assert ("no layer sees how they are arranged" in finding.detail) is kind.startswith("Global")
    assert ("Only later layers combine the parts" in finding.detail) is (kind == "Flatten")
