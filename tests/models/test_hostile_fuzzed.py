"""Model files with random faults: they load, or are told in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reportgen.errors import ModelError
from reportgen.models import trial
from reportgen.models.loading import load
from tests.models import hostile

pytestmark = pytest.mark.keras
Config = dict[str, Any]


def places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a configuration."""
    children = item.items() if isinstance(item, dict) else enumerate(item) if isinstance(item, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def put(config: Config, place: tuple[Any, ...], value: Any) -> Any:
    if not place:
        return value
    item: Any = config
    for key in place[:-1]:
        item = item[key]
    item[place[-1]] = value
    return config


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what cannot be judged be loaded here at once: a process for each of hundreds of files would take an hour."""
    monkeypatch.setattr(trial, "hold", lambda *arguments, **named: None)


def loads_or_is_told(path: Path) -> None:
    said = ""
    try:
        load(path)
    except ModelError as error:
        said = str(error)
    assert said.isprintable()
    assert len(said) < 1000


WRONG = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [[], {}, [[]], [None], {"class_name": []}, {"class_name": "Dense", "config": None}, "a/b", "\ud800"]
    ),
)


@pytest.mark.usefixtures("at_once")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.sampled_from(["good.keras", "good.h5", "graph.keras", "graph.h5"]), at=st.integers(0, 999), wrong=WRONG)
def test_configuration_of_wrong_types_loads_or_is_told(
    good: Path, tmp_path: Path, name: str, at: int, wrong: Any
) -> None:
    config = hostile.config_of(good / name)
    everywhere = places(config)
    changed = put(config, everywhere[at % len(everywhere)], wrong)
    loads_or_is_told(hostile.with_config(good / name, json.dumps(changed).encode(), tmp_path / name))


@pytest.mark.usefixtures("at_once")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["good.keras", "good.h5"]),
    place=st.floats(0, 1, exclude_max=True),
    new=st.binary(min_size=1, max_size=8),
    cut=st.booleans(),
)
@example(name="good.keras", place=0.0, new=b"PK\x05\x06", cut=True)
def test_damaged_file_loads_or_is_told(
    good: Path, tmp_path: Path, name: str, place: float, new: bytes, cut: bool
) -> None:
    data = bytearray((good / name).read_bytes())
    at = int(place * len(data))
    data[at : at + len(new)] = new
    (tmp_path / name).write_bytes(data[: at + len(new)] if cut and place < 0.9 else data)
    loads_or_is_told(tmp_path / name)
