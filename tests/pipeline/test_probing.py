"""Which probes run for which chapters, and in which order."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from reportgen import registry
from reportgen.language.vocabulary import words
from reportgen.pipeline import probing
from reportgen.pipeline.probing import needed_by
from reportgen.records.model import TensorRecord
from tests import made
from tests.probes.subjects import data

pytestmark = pytest.mark.keras


@pytest.mark.parametrize(
    ("chapters", "expected"),
    [
        (("names", "glossary"), ("names",)),
        (("architecture",), ("predictions", "pixels", "samples", "views")),
        (("names",), ("names",)),
        (("pooling",), ("predictions", "pixels", "samples", "pooling")),
        (
            ("pooling", "names", "summary"),
            ("predictions", "pixels", "samples", "performance", "pooling", "watching", "journey", "names"),
        ),
        (("activations",), ("predictions", "pixels", "samples", "activations")),
        (
            ("activations", "why"),
            ("predictions", "pixels", "samples", "watching", "why", "activations", "shortcuts"),
        ),
    ],
)
def test_what_chapters_need_runs_and_what_that_needs_before_it(
    chapters: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert needed_by(chapters) == expected


def test_a_probe_that_another_needs_comes_before_it_wherever_it_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {"one": ("three",), "two": (), "three": ()}
    members = {
        "sections": {"all": SimpleNamespace(NEEDS=("two", "one"))},
        "probes": {name: SimpleNamespace(NEEDS=each) for name, each in needs.items()},
    }
    monkeypatch.setattr(registry, "names", lambda room: tuple(members[room]))
    monkeypatch.setattr(registry, "load", lambda room, name: members[room][name])
    assert needed_by(["all"]) == ("three", "one", "two")


@pytest.mark.parametrize(
    ("shape", "name", "called"),
    [
        ((400, 1), "1\u202f200 images given in memory", "1\u202f200 signals given in memory"),
        ((400, 1), "1 image from a.npy", "1 signal from a.npy"),
        ((8, 8, 1), "2 images from a.npy", "2 images from a.npy"),
        ((400, 1), "MNIST images", "MNIST images"),
    ],
)
def test_data_are_called_what_the_model_reads(shape: tuple[int, ...], name: str, called: str) -> None:
    dataset = data(np.zeros((2, *shape), np.float32))
    model = made.model(inputs=(TensorRecord("x", shape, "float32"),))
    assert probing._described(replace(dataset, name=name), words(model)).name == called
