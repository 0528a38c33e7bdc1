"""Model files that are cut, empty, emptied or something else: refused in one sentence, and no report is begun."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.models import hostile
from tests.models.refusing import refused

pytestmark = pytest.mark.keras


def empty(good: Path, path: Path) -> None:
    del good
    path.write_bytes(b"")


def text(good: Path, path: Path) -> None:
    del good
    path.write_text("a model\n", encoding="utf-8")


def cut_archive(good: Path, path: Path) -> None:
    whole = (good / "good.keras").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def cut_h5(good: Path, path: Path) -> None:
    whole = (good / "good.h5").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def without_configuration(good: Path, path: Path) -> None:
    hostile.with_members(good / "good.keras", {"config.json": None}, path)


def without_weights(good: Path, path: Path) -> None:
    hostile.with_members(good / "good.keras", {"model.weights.h5": None}, path)


def configuration_cut(good: Path, path: Path) -> None:
    with zipfile.ZipFile(good / "good.keras") as archive:
        whole = archive.read("config.json")
    hostile.with_members(good / "good.keras", {"config.json": whole[: len(whole) // 2]}, path)


def configuration_of_a_list(good: Path, path: Path) -> None:
    hostile.with_members(good / "good.keras", {"config.json": json.dumps([1, 2]).encode()}, path)


def weights_only(good: Path, path: Path) -> None:
    with zipfile.ZipFile(good / "good.keras") as archive:
        path.write_bytes(archive.read("model.weights.h5"))


def folder(good: Path, path: Path) -> None:
    del good
    path.mkdir()


def pickle(good: Path, path: Path) -> None:
    del good
    path.write_bytes(b"\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94.")


@pytest.mark.parametrize(
    ("damage", "name", "message"),
    [
        (empty, "bad.keras", "bad.keras"),
        (text, "bad.h5", "bad.h5"),
        (cut_archive, "bad.keras", "bad.keras"),
        (cut_h5, "bad.h5", "bad.h5"),
        (without_configuration, "bad.keras", "config"),
        (without_weights, "bad.keras", "weights"),
        (configuration_cut, "bad.keras", "config"),
        (configuration_of_a_list, "bad.keras", "config"),
        (weights_only, "bad.h5", "weights"),
        (folder, "bad.keras", "bad.keras"),
        (pickle, "bad.keras", "[Pp]ickle"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_damaged_file_is_refused_and_nothing_is_begun(
    good: Path, tmp_path: Path, damage: Callable[[Path, Path], None], name: str, message: str
) -> None:
    path = tmp_path / name
    damage(good, path)
    refused(path, rf"{message}.* Expected .*\.")
