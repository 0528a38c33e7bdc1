"""Reports and policies that somebody damaged, by chance or on purpose: a verdict, or one sentence."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reportgen import registry
from reportgen.errors import ReportgenError
from reportgen.policy.checking import check
from tests.policy.made import TODAY, finding, head, report
from tests.verdicts.made import POLICY

WHOLE = report(head("main"), findings=[finding("RG401", where="conv")], card={"model.name": ["x"]})
WHOLE["sections"]["samples"] = {
    "content": {"head": "number", "mean_error": 0.5, "others": [], "errors": {
        "count": 40, "mean": 0.5, "deviation": 0.1, "skewness": 0.2}},
}  # fmt: skip
MORE = """
[data]
labels = "required"
min-images = 500
max-unreadable-share = 0.01
[channels]
dead = { max-share = 0.05 }
[card]
required = ["model.name"]
"""
NUMBERS = "[performance]\ncalibration-error = { max = 0.5 }\nmean-error = { max = 2 }\n"
ASKED = POLICY.replace("[performance]\n", NUMBERS, 1)
ASKED = f"version = 1\n{ASKED}".replace("[[waiver]]", f"{MORE}[[waiver]]")
ODD = (b"nan", b"inf", b"1e999", b"9" * 500, b"[[", b'"""', b"\\u0000")
STRANGE: list[Any] = [
    None, -1, 0, 0.5, 1e308, float("nan"), float("inf"), "x", "", [], {}, [[]], True, 10**400, -(10**400), 10**15,
    "a\x00\ud800b\x1b[2J", {"a": 1}, 1e-320, "9" * 5000,
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every leaf and every branch of a report."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield from places(each, (*path, key))


def damaged(path: tuple[Any, ...], value: Any, *, gone: bool = False) -> bytes:
    made = copy.deepcopy(WHOLE)
    place: Any = made
    for key in path[:-1]:
        place = place[key]
    if gone:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(made).encode()


def looked_at(folder: Path, data: bytes, policy: bytes) -> bool:
    """Whether a verdict came of it, which every format can write; else there was one sentence of some words."""
    (folder / "report.json").write_bytes(data)
    (folder / "policy.toml").write_bytes(policy)
    said = ""
    try:
        verdict = check(folder / "report.json", folder / "policy.toml", TODAY)
    except ReportgenError as error:
        said = str(error)
    if said:
        assert "Expected" in said
        assert len(said) < 1500
        return False
    for name in registry.names("verdicts"):
        assert registry.load("verdicts", name).render(verdict).encode("utf-8")
    return True


def test_the_whole_report_gives_a_verdict(tmp_path: Path) -> None:
    assert looked_at(tmp_path, json.dumps(WHOLE).encode(), ASKED.encode())


@pytest.mark.parametrize("share", [pytest.param(6, id="some"), pytest.param(1, id="all", marks=pytest.mark.exhaustive)])
def test_a_report_with_a_strange_value_anywhere_or_a_part_less(tmp_path: Path, share: int) -> None:
    cases = [(path, place) for path in places(WHOLE) for place in range(len(STRANGE) + 1)]
    random.Random(share).shuffle(cases)
    found = [
        looked_at(
            tmp_path,
            damaged(path, STRANGE[min(place, len(STRANGE) - 1)], gone=place == len(STRANGE)),
            ASKED.encode(),
        )
        for path, place in cases[::share]
    ]
    assert 0.2 < sum(found) / len(found) < 0.8


def test_a_report_that_is_cut_or_no_json(tmp_path: Path) -> None:
    whole = json.dumps(WHOLE).encode()
    for data in (b"", b"{", whole[:-1], b"\xff" + whole, b"[" * 100_000, b'{"schema": "reportgen/2"}', b"null", b"1"):
        assert not looked_at(tmp_path, data, ASKED.encode())


def test_policies_that_are_damaged_by_chance(tmp_path: Path) -> None:
    whole, generator, refused = json.dumps(WHOLE).encode(), random.Random(5), 0
    for _ in range(300):
        policy = bytearray(ASKED.encode())
        for _ in range(generator.randint(1, 4)):
            place = generator.randrange(len(policy))
            kind = generator.randrange(4)
            if kind == 0:
                policy[place] = generator.randrange(256)
            elif kind == 1:
                del policy[place : place + generator.randrange(30)]
            elif kind == 2:
                policy[place:place] = policy[generator.randrange(len(policy)) :][: generator.randrange(40)]
            else:
                policy[place:place] = generator.choice(ODD)
        refused += not looked_at(tmp_path, whole, bytes(policy))
    assert 100 < refused < 300


def test_a_policy_whose_name_is_no_text_gives_a_verdict(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_bytes(json.dumps(WHOLE).encode())
    policy = tmp_path / "caf\udce9.toml"
    try:
        policy.write_text(ASKED, encoding="utf-8")
    except (OSError, UnicodeError):
        pytest.skip("this file system keeps no such name")
    verdict = check(tmp_path / "report.json", policy, TODAY)
    for name in registry.names("verdicts"):
        assert registry.load("verdicts", name).render(verdict).encode("utf-8")
