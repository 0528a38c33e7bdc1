"""What every probe is given."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reportgen import probes, registry
from reportgen.probes.subject import BATCH_SIZE, Subject, matches
from tests import made

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("backbone/conv_1", "*", True),
        ("backbone/conv_1", "conv_*", True),
        ("backbone/conv_1", "backbone/*", True),
        ("backbone/conv_1", "backbone", False),
        ("backbone/conv_1", "conv_[2-9]", False),
        ("conv_1#2", "conv_1", False),
        ("conv_1#2", "conv_1*", True),
        ("Conv", "conv", False),
    ],
)
def test_pattern_meets_the_whole_path_or_the_last_name(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) == expected


def test_conv_and_pooling_calls_are_looked_at() -> None:
    record = made.model()
    assert [call.path for call in record.seen_calls] == ["conv", "pool"]
    assert [call.path for call in Subject(None, record).chosen_calls("p*")] == ["pool"]


@pytest.mark.parametrize(
    ("megabytes", "expected"),
    # Outputs of both layers for all images at once: 256 MiB at most, and one image in any case.
    [
        ((0, 0), BATCH_SIZE),
        ((1, 1), BATCH_SIZE),
        ((1, 3), 64),
        ((1, 4), 51),
        ((40, 24), 4),
        ((200, 0), 1),
        ((0, 300), 1),
    ],
)
def test_as_many_images_go_in_at_once_as_memory_holds_outputs(megabytes: tuple[int, int], expected: int) -> None:
    record = made.model()
    layers = tuple(
        replace(call, activation_bytes=size << 20) for call, size in zip(record.layers[:2], megabytes, strict=True)
    )
    assert Subject(None, replace(record, layers=layers)).batch_size == expected


@pytest.mark.parametrize("name", probes.NAMES)
def test_every_probe_exports_run(name: str) -> None:
    assert callable(registry.load("probes", name).run)
