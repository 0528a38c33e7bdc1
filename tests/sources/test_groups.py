from __future__ import annotations

from pathlib import Path

import pytest

from reportgen.errors import DataError
from reportgen.sources import groups

KINDS = {"robin": "birds", "jay": "birds", "tench": "fish"}


def written(folder: Path, text: str) -> Path:
    path = folder / "kinds.txt"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        "robin,birds\njay,birds\ntench,fish\n",
        "class,kind\nrobin, birds\n\njay,birds\ntench,fish",
        '\ufeffrobin,"birds"\r\njay,birds\r\ntench,fish\r\n',
        'birds = ["robin", "jay"]\nfish = ["tench"]',
        'robin = "birds"\njay = "birds"\ntench = "fish"',
        '# mixed\nrobin = "birds"\njay = "birds"\nfish = ["tench"]',
    ],
    ids=["csv", "header", "windows", "toml", "toml-by-class", "toml-mixed"],
)
def test_kinds_are_read_by_class(tmp_path: Path, text: str) -> None:
    assert groups.read(written(tmp_path, text)) == KINDS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no class"),
        ("robin,birds\njay\n", r"line 2: 'jay' is no class with its kind"),
        ("robin,birds,red", r"line 1: 'robin,birds,red' is no class with its kind"),
        ("robin,", r"line 1: 'robin,' is no class with its kind"),
        ("robin,birds\nrobin,fish", "of the kind 'birds' and of the kind 'fish'"),
        ("birds = 3", "neither a kind nor a list of classes"),
        ('birds = [["robin"]]', "neither a kind nor a list of classes"),
        ('robin,"birds', "cannot be read as kinds of classes"),
    ],
)
def test_what_sorts_no_classes_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        groups.read(written(tmp_path, text))


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"There is no file .* Check --groups"):
        groups.read(tmp_path / "none.csv")
    with pytest.raises(DataError, match="cannot be read as kinds of classes"):
        groups.read(tmp_path)


def test_each_class_gets_its_kind_and_others_none() -> None:
    assert groups.kinds(("tench", "robin", "emu", "jay"), KINDS) == ("fish", "birds", "", "birds")


def test_classes_without_names_are_called_by_their_numbers() -> None:
    assert groups.kinds((), {"0": "round", "2": "open"}, 3) == ("round", "", "open")


def test_class_that_is_not_there_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"names 'robbin', and 1 other, which is no class here. Did you mean 'robin'\?"):
        groups.kinds(("tench", "robin"), {"robbin": "birds", "tench": "fish", "yak": "cattle"})
    with pytest.raises(DataError, match="no classes are known here"):
        groups.kinds((), {"robin": "birds"})
