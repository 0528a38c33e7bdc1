"""`reportgen doctor` finds what is there, notices what is missing or crashes, and names the command that mends it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from pathlib import Path
from typing import Any

import pytest

from reportgen.commands import doctor
from tests import nursery
from tests.commands import here, run

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="masks a library as the loader of Linux does")


def examined(folder: Path, start: Any = run, **changes: str) -> tuple[int, bool, dict[str, Any]]:
    """Exit code, verdict and items by name, in an environment that is changed."""
    shown = start("doctor", "--json", cwd=folder, **changes)
    assert shown.stderr == ""
    answer = json.loads(shown.stdout)
    return shown.returncode, answer["sound"], {item["name"]: item for item in answer["items"]}


@pytest.fixture
def at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have TensorFlow tried in a process that is forked from one that has it, for tests of something else."""
    if nursery.Nursery.possible:
        monkeypatch.setattr(doctor, "_MODELS", nursery.having(*nursery.TENSORFLOW).program(doctor._MODELS))


@pytest.mark.parametrize(
    ("system", "release", "remedy"),
    [
        ("Linux", 'ID=debian\nVERSION_ID="12"', "apt-get install -y libpango-1.0-0"),
        ("Linux", 'ID=linuxmint\nID_LIKE="ubuntu debian"', "apt-get install -y libpango-1.0-0"),
        ("Linux", 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"', "dnf install -y pango"),
        ("Linux", 'ID="opensuse-leap"\nID_LIKE="suse opensuse"', "zypper install"),
        ("Linux", "ID=alpine", "apk add pango"),
        ("Linux", "ID=arch", "pacman -S pango"),
        ("Linux", "ID=plan9", "with the system's package manager"),
        ("Linux", "", "with the system's package manager"),
        ("Darwin", "", "brew install pango"),
        ("Windows", "", "mingw-w64-ucrt-x86_64-pango"),
    ],
)
def test_the_remedy_is_that_of_the_system(system: str, release: str, remedy: str) -> None:
    assert remedy in doctor.pango_remedy(system, release)


@pytest.mark.slow
@pytest.mark.keras
@pytest.mark.pdf
class TestDoctor:
    def test_a_sound_machine_is_called_sound(self, tmp_path: Path) -> None:
        shown = run("doctor", cwd=tmp_path)
        assert (shown.returncode, shown.stderr) == (0, "")
        lines = shown.stdout.splitlines()
        assert lines[-1] == "A whole report can be made."
        found = {line[11:].split("  ")[0]: line for line in lines[:-1]}
        assert platform.python_version() in found["Python"]
        for package in ("tensorflow", "keras", "numpy", "jinja2", "weasyprint"):
            assert found[package].split() == ["found", package, importlib.metadata.version(package)]
        assert found["a page of PDF"].startswith("found ")

    @linux
    @pytest.mark.usefixtures("at_hand")
    def test_a_missing_library_is_named_with_its_remedy(self, tmp_path: Path) -> None:
        (tmp_path / "libpango-1.0.so.0").write_bytes(b"not a library")
        code, sound, items = examined(tmp_path, here, LD_LIBRARY_PATH=str(tmp_path))
        assert (code, sound) == (1, False)
        assert {name for name, item in items.items() if item["state"] == "missing"} == {"Pango", "a page of PDF"}
        assert "pango" in items["Pango"]["detail"]
        assert items["Pango"]["remedy"] == doctor.pango_remedy(platform.system(), doctor._os_release())

    @linux
    @pytest.mark.usefixtures("at_hand")
    def test_a_library_that_reports_do_without_is_told_and_not_missed(self, tmp_path: Path) -> None:
        (tmp_path / "libharfbuzz-subset.so.0").write_bytes(b"not a library")
        code, sound, items = examined(tmp_path, here, LD_LIBRARY_PATH=str(tmp_path))
        assert (code, sound) == (0, True)
        assert items["HarfBuzz-Subset"]["state"] == "not needed"
        assert items["HarfBuzz-Subset"]["remedy"]

    @pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
    def test_a_library_that_crashes_takes_nothing_with_it(self, tmp_path: Path) -> None:
        (tmp_path / "tensorflow.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
        paths = [str(tmp_path), *filter(None, sys.path)]
        code, sound, items = examined(tmp_path, PYTHONPATH=":".join(paths))
        assert (code, sound) == (1, False)
        assert items["TensorFlow and Keras at work"]["state"] == "missing"
        assert "ended by SIGSEGV" in items["TensorFlow and Keras at work"]["detail"]
        assert items["a page of PDF"]["state"] == "found"
