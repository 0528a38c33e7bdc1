"""This machine -> what of all that a report needs is there, what is missing, and the command that mends it.

Whatever can crash or take long is tried in a process of its own, and really tried: TensorFlow is imported, and a page
is set in type.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

TIMEOUT_SECONDS = 180
_LEAST_ROOM_BYTES = 50 << 20

_PATH = "import json, sys; sys.path[:] = sys.argv[1:]; "
_MODELS = _PATH + (
    "from reportgen.models import environment as seen; "
    "print(json.dumps({fact.name: fact.value for fact in (*seen.versions(), *seen.machine())}))"
)
_LIBRARIES = _PATH + "from reportgen.renderers import typesetting; print(json.dumps(typesetting.libraries()))"
_PAGE = _PATH + (
    "from reportgen.renderers import pdf; "
    "page = pdf.warm().typeset('<!DOCTYPE html><html lang=en><title>t</title><h1>h</h1>'); "
    "print(json.dumps({'size': len(page)}))"
)
_PANGO = {
    "apt": "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "dnf": "dnf install -y pango harfbuzz",
    "zypper": "zypper install -y libpango-1_0-0 libharfbuzz-subset0",
    "apk": "apk add pango harfbuzz-subset",
    "pacman": "pacman -S pango harfbuzz",
    "brew": "brew install pango",
    "msys2": "pacman -S mingw-w64-ucrt-x86_64-pango (in MSYS2, https://www.msys2.org)",
}
_FAMILIES = {
    "debian": "apt", "ubuntu": "apt", "fedora": "dnf", "rhel": "dnf", "centos": "dnf", "suse": "zypper",
    "opensuse": "zypper", "alpine": "apk", "arch": "pacman",
}  # fmt: skip

State = Literal["found", "missing", "not needed"]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that was looked for.

    Attributes:
        name: What.
        state: "found", "missing", or "not needed": missing, and a whole report can be made without it.
        detail: Its version, or what is wrong.
        remedy: The command or the step that mends it on this system, "" where nothing is to be mended.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def examine() -> tuple[Item, ...]:
    """Look for everything that a report needs. It takes as long as TensorFlow takes to be imported."""
    with ThreadPoolExecutor(3) as trials:
        models, libraries, page = trials.map(_tried, (_MODELS, _LIBRARIES, _PAGE))
    return (
        Item("Python", "found", f"{platform.python_version()} on {platform.system()} {platform.machine()}"),
        *_packages(),
        *_of_models(models),
        *_of_type(libraries, page),
        _temporary_folder(),
        _not_needed("Java", "java"),
        _not_needed("Chromium", "chromium", "chromium-browser", "google-chrome"),
    )


def sound(items: tuple[Item, ...]) -> bool:
    """Whether a whole report, with its PDF, can be made."""
    return not any(item.state == "missing" for item in items)


def pango_remedy(system: str, os_release: str) -> str:
    """Return the command that installs Pango.

    Args:
        system: As `platform.system` calls it.
        os_release: Text of /etc/os-release, "" where there is none.

    >>> pango_remedy("Darwin", ""), pango_remedy("Linux", "ID=alpine")
    ('brew install pango', 'apk add pango harfbuzz-subset')
    """
    if system in {"Darwin", "Windows"}:
        return _PANGO["brew" if system == "Darwin" else "msys2"]
    named = dict(re.findall(r'^(ID|ID_LIKE)="?([^"\n]*)"?$', os_release, re.MULTILINE))
    for name in f"{named.get('ID', '')} {named.get('ID_LIKE', '')}".lower().split():
        # openSUSE calls itself opensuse-leap and opensuse-tumbleweed.
        family = _FAMILIES.get(name.partition("-")[0])
        if family:
            return _PANGO[family]
    return "install the libraries Pango (with pangoft2) and HarfBuzz-Subset with the system's package manager"


def _tried(code: str) -> dict[str, Any] | str:
    """What some code prints as JSON in a process of its own, or why it does not."""
    path = [os.path.abspath(entry) for entry in sys.path]
    try:
        shown = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", code, *path],
            capture_output=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONUTF8": "1"},
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took more than {TIMEOUT_SECONDS} s"
    if shown.returncode < 0:
        return f"it was ended by {signal.Signals(-shown.returncode).name}"
    if shown.returncode:
        said = shown.stderr.decode("utf-8", "replace").strip().splitlines()
        return said[-1].partition(": ")[2] or said[-1] if said else f"it ended with exit code {shown.returncode}"
    answer: dict[str, Any] = json.loads(shown.stdout.decode("utf-8").strip().splitlines()[-1])
    return answer


def _packages() -> Iterator[Item]:
    """The Python packages that reportgen declares, with the versions that it asks for."""
    for line in importlib.metadata.requires("reportgen") or ():
        found = re.match(r"([\w.-]+)(?:\[[^\]]*\])?([^;]*)(;.*)?$", line)
        if found is None or "extra ==" in (found[3] or "") or "python_version" in (found[3] or ""):
            continue
        name, wanted = found[1], found[2].strip()
        try:
            version = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield Item(name, "missing", "not installed", f"pip install '{name}{wanted}'")
            continue
        if _fits(version, wanted):
            yield Item(name, "found", version)
        else:
            yield Item(name, "missing", f"{version}, but {wanted} is needed", f"pip install '{name}{wanted}'")


def _fits(version: str, wanted: str) -> bool:
    """Whether a version is within bounds such as ">=70,<71".

    >>> _fits("70.1", ">=70,<71"), _fits("71.0", ">=70,<71"), _fits("3.9", ">=3.10")
    (True, False, False)
    """
    has = _numbers(version)
    bounds = re.findall(r"(>=|<)\s*([\d.]+)", wanted)
    return all(has >= _numbers(bound) if sign == ">=" else has < _numbers(bound) for sign, bound in bounds)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])


def _of_models(tried: Mapping[str, Any] | str) -> Iterator[Item]:
    if isinstance(tried, str):
        yield Item(
            "TensorFlow and Keras at work",
            "missing",
            f"they cannot be imported: {tried}",
            "pip install --force-reinstall tensorflow keras; where the processor is too old for them, another machine",
        )
        return
    yield Item("TensorFlow and Keras at work", "found", f"{tried['tensorflow']}, {tried['keras']}")
    features = ", ".join(tried["processor features"]) or "none known"
    yield Item("processors", "found", f"{tried['processors usable']} usable; features: {features}")


def _of_type(libraries: Mapping[str, Any] | str, page: Mapping[str, Any] | str) -> Iterator[Item]:
    """Pango, HarfBuzz-Subset and the fonts: first by name, then at work."""
    remedy = pango_remedy(platform.system(), _os_release())
    if isinstance(libraries, str):
        yield Item("Pango", "missing", libraries, remedy)
    else:
        yield Item("Pango", "found", libraries["pango"])
        if libraries["subset"]:
            yield Item("HarfBuzz-Subset", "found", "cuts the fonts of the PDF")
        else:
            yield Item("HarfBuzz-Subset", "not needed", "not found; fontTools cuts the fonts of the PDF", remedy)
    if isinstance(page, str):
        yield Item("a page of PDF", "missing", page, remedy if isinstance(libraries, str) else "see what is missing")
    else:
        yield Item("a page of PDF", "found", "made with the report's own fonts")


def _os_release() -> str:
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _temporary_folder() -> Item:
    remedy = "set TMPDIR to a folder with room that can be written to"
    try:
        with tempfile.TemporaryFile(prefix="reportgen-") as file:
            file.write(b"x")
        folder = tempfile.gettempdir()
        room = shutil.disk_usage(folder).free
    except OSError as error:
        return Item("temporary folder", "missing", error.strerror or str(error), remedy)
    if room < _LEAST_ROOM_BYTES:
        return Item("temporary folder", "missing", f"{folder} has only {room >> 20} MB of room", remedy)
    return Item("temporary folder", "found", f"{folder}, {room >> 20} MB of room")


def _not_needed(name: str, *programs: str) -> Item:
    for program in programs:
        place = shutil.which(program)
        if place:
            return Item(name, "found", f"{place}; only the tests of reportgen itself use it")
    return Item(name, "not needed", "not found; only the tests of reportgen itself use it")
