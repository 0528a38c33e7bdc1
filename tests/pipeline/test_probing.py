"""Which probes run for which chapters, and in which order."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from reportgen import registry
from reportgen.pipeline.probing import needed_by

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
