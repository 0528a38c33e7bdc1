"""The hash of the data, made again by hand: the printed command, run in a real shell, gives the printed hash."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from reportgen.sources import hashing
from reportgen.sources.dataset import Dataset
from reportgen.sources.memory import from_arrays
from reportgen.sources.opening import open_data
from tests.sources.examples import example, png, write

ODD = (
    *("plain.png", "two words.png", "line\nbreak.png", "Über größe.PNG", "back\\slash.jpg", "quo\"te's.png"),
    *("-dash.png", "$HOME.png", "tab\there.tiff", "*.png", "%s.bmp", "日本.webp", "a.b.gif"),
)


def paint(path: Path, value: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    kinds = {".jpg": "JPEG", ".bmp": "BMP", ".webp": "WEBP", ".gif": "GIF", ".tiff": "TIFF"}
    Image.fromarray(np.full((3, 4), value, np.uint8)).save(path, kinds.get(path.suffix.lower(), "PNG"))


def by_hand(dataset: Dataset, where: Path, locale: str = "C.UTF-8") -> str:
    """What the printed command prints in a shell."""
    folder = os.path.dirname(sys.executable)
    done = subprocess.run(
        ["bash", "-c", dataset.hash_command],
        cwd=where,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "LC_ALL": locale},
        capture_output=True,
        check=False,
    )
    assert not done.stderr or b"No such file" in done.stderr or b"Is a directory" in done.stderr, done.stderr
    return done.stdout.split()[0].decode()


def odd_folder(folder: Path) -> Path:
    """Two classes of pictures of odd names, and all that is passed over or cannot be read."""
    for value, name in enumerate(ODD):
        paint(folder / ("cat" if value % 2 else "dög one") / ("deeper" if value % 3 == 0 else "") / name, value)
    paint(folder / "cat" / ".hidden.png", 1)
    paint(folder / ".thumbs" / "small.png", 1)
    paint(folder / "cat" / ".cache" / "small.png", 1)
    (folder / "cat" / "notes.txt").write_text("no picture", encoding="utf-8")
    (folder / "cat" / "broken.png").write_text("no picture either", encoding="utf-8")
    (folder / "list.csv").write_text("a,b", encoding="utf-8")
    (folder / "cat" / "folder.png").mkdir()
    return folder


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_command_gives_the_hash_of_a_folder_of_classes(tmp_path: Path, locale: str) -> None:
    dataset = open_data(str(odd_folder(tmp_path / "my pictures")))
    assert dataset.size == len(ODD)
    assert dataset.hash_command.startswith("cd 'my pictures' && LC_ALL=C find . -mindepth 2 -type f ")
    assert by_hand(dataset, tmp_path, locale) == dataset.sha256


def test_command_gives_the_hash_of_a_flat_folder_and_not_of_its_subfolders(tmp_path: Path) -> None:
    for value, name in enumerate(ODD):
        paint(tmp_path / "set" / name, value)
    paint(tmp_path / "set" / "inner" / "other.png", 1)
    dataset = open_data(str(tmp_path / "set"))
    assert by_hand(dataset, tmp_path) == dataset.sha256
    before = dataset.sha256
    paint(tmp_path / "set" / "inner" / "other.png", 2)
    assert open_data(str(tmp_path / "set")).sha256 == before
    paint(tmp_path / "set" / "plain.png", 200)
    changed = open_data(str(tmp_path / "set"))
    assert by_hand(changed, tmp_path) == changed.sha256 != before


def test_hash_is_that_of_the_listing_line_by_line(tmp_path: Path) -> None:
    paint(tmp_path / "set" / "b" / "2.png", 2)
    paint(tmp_path / "set" / "a" / "1.png", 1)
    lines = b""
    for name in ("./a/1.png", "./b/2.png"):
        digest = hashlib.sha256((tmp_path / "set" / name).read_bytes()).hexdigest()
        lines += f"{digest}  {name}\0".encode()
    assert open_data(str(tmp_path / "set")).sha256 == hashlib.sha256(lines).hexdigest()


def test_links_inside_a_folder_are_followed_by_the_command_too(tmp_path: Path) -> None:
    paint(tmp_path / "set" / "cat" / "a.png", 1)
    (tmp_path / "set" / "cat" / "b.png").symlink_to("a.png")
    (tmp_path / "set" / "cat" / "gone.png").symlink_to("nowhere.png")
    dataset = open_data(str(tmp_path / "set"))
    assert dataset.image_names == ("cat/a.png", "cat/b.png")
    assert by_hand(dataset, tmp_path) == dataset.sha256


def test_no_command_where_none_would_give_the_hash(tmp_path: Path) -> None:
    paint(tmp_path / "set" / "cat" / "a.png", 1)
    paint(tmp_path / "other.png", 3)
    (tmp_path / "set" / "cat" / "b.png").symlink_to("a.png")
    (tmp_path / "set" / "cat" / "c.png").symlink_to(tmp_path / "other.png")
    assert open_data(str(tmp_path / "set")).hash_command == ""
    (tmp_path / "set" / "cat" / "b.png").unlink()
    without = open_data(str(tmp_path / "set"))
    assert by_hand(without, tmp_path) == without.sha256
    (tmp_path / "set").rename(tmp_path / "new\nline")
    assert open_data(str(tmp_path / "new\nline")).hash_command == ""


@pytest.mark.parametrize(
    "head",
    [(), ("file", "label"), ("label", "path")],
    ids=["no names", "path first", "path last"],
)
def test_command_gives_the_hash_of_a_list_and_its_pictures(tmp_path: Path, head: tuple[str, ...]) -> None:
    odd_folder(tmp_path)
    files = [*(f"cat/{name}" for value, name in enumerate(ODD) if value % 2 and value % 3), "cat/broken.png"]
    quoted = ['"' + name.replace('"', '""') + '"' for name in [*files, files[0], "missing.png", "cat"]]
    rows = [f"cat,{name}" if head[:1] == ("label",) else f"{name}, cat" for name in quoted]
    text = "\n\n".join([*([",".join(head)] if head else []), *rows, ""])
    (tmp_path / "my list.csv").write_text(text, encoding="utf-8-sig", newline="")
    dataset = open_data(str(tmp_path / "my list.csv"), (3, 4, 1))
    assert dataset.size == len(files)  # the broken one is left out, the first one stands there twice
    assert by_hand(dataset, tmp_path) == dataset.sha256
    (tmp_path / "my list.csv").write_text(
        text.replace("cat,", "dog,").replace(", cat", ", dog"), encoding="utf-8-sig", newline=""
    )
    assert open_data(str(tmp_path / "my list.csv"), (3, 4, 1)).sha256 != dataset.sha256


@pytest.mark.parametrize("name", ["images.npz", "-odd name.npy", "one.png"])
def test_command_gives_the_hash_of_a_file(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    images = np.arange(48, dtype=np.uint8).reshape(4, 3, 4)
    if name.endswith("npz"):
        np.savez(path, x=images)
    elif name.endswith("npy"):
        np.save(path, images)
    else:
        paint(path, 3)
    dataset = open_data(str(path))
    assert by_hand(dataset, tmp_path) == dataset.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.keras
@pytest.mark.parametrize("number", [1, 3, 12], ids=["file", "named one by one", "found in the folder"])
def test_command_gives_the_hash_of_records(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "my records"
    folder.mkdir()
    for place in range(number):
        picture = np.full((3, 4), place, np.uint8)
        write(folder / f"part $HOME-{place:05}", [example(image=png(picture), label=place)])
    if number == 3:
        (folder / "notes.txt").write_text("no records", encoding="utf-8")
    dataset = open_data(str(folder if number > 1 else folder / "part $HOME-00000"), (3, 4, 1))
    assert dataset.size == number
    assert by_hand(dataset, tmp_path if number > 1 else folder) == dataset.sha256
    before = dataset.sha256
    write(folder / "part $HOME-00000", [example(image=png(np.full((3, 4), 99, np.uint8)), label=0)])
    changed = open_data(str(folder if number > 1 else folder / "part $HOME-00000"), (3, 4, 1))
    assert by_hand(changed, tmp_path if number > 1 else folder) == changed.sha256 != before


@pytest.mark.parametrize("labels", [None, [1, 0, 2], [0.5, 1.5, 2.25]], ids=["none", "classes", "values"])
def test_line_of_python_gives_the_hash_of_arrays(labels: Any) -> None:
    images = np.random.default_rng(0).random((3, 5, 4, 1)).transpose(0, 2, 1, 3)
    dataset = from_arrays(images, labels)
    program = (
        "import numpy\nimages = numpy.random.default_rng(0).random((3, 5, 4, 1)).transpose(0, 2, 1, 3)\n"
        f"labels = {labels!r}\n{dataset.hash_command}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == dataset.sha256


def test_a_name_in_a_list_that_has_no_end_is_passed_over(tmp_path: Path) -> None:
    paint(tmp_path / "a.png", 1)
    os.mkfifo(tmp_path / "pipe.png")
    names = ["a.png", "pipe.png", "/dev/zero", "missing.png", "nul\0.png", ""]
    assert hashing.of_files(tmp_path, names) == hashing.of_files(tmp_path, ["a.png"])
