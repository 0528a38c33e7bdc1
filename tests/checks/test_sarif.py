"""SARIF before Microsoft's validator, with the rules that GitHub adds to the standard's."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.checks import tools
from tests.policy.made import verdict
from tests.verdicts.made import MADE, POLICY, random_policy, random_report, rendered

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(tools.skipped(), reason=f"{tools.SKIP}=1: no checker looks at SARIF"),
]
# It wants an address at which to read about the tool. The project has none that it could name.
NO_ADDRESS = "SARIF2005"
GITHUB, STANDARD = "Sarif;Ghas", "Sarif"


def validator() -> Path:
    """The program, which a package of Node's holds for each system; the package's own script would make it one."""
    package = f"@microsoft/sarif-multitool-{sys.platform}"
    path = tools.node_package(f"{package}/Sarif.Multitool{'.exe' if sys.platform == 'win32' else ''}")
    path.chmod(path.stat().st_mode | 0o100)
    return path


def found(files: Iterable[Path], kinds: str) -> set[tuple[str, str]]:
    """What the validator finds: the file and the rule of each error and warning."""
    shown = subprocess.run(
        [str(validator()), "validate", *map(str, files), "--rule-kind", kinds, "--level", "Error;Warning"],
        capture_output=True, text=True, check=False, env={**os.environ, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"},
    )  # fmt: skip
    assert "Analysis completed successfully." in shown.stdout, shown.stdout + shown.stderr
    rows = re.findall(r"^(.+)\(\d+,\d+\): (?:error|warning) (\w+):", shown.stdout, re.MULTILINE)
    return {(Path(file).name, rule) for file, rule in rows}


@pytest.mark.parametrize(("form", "kinds"), [("sarif", GITHUB), ("sarif-full", STANDARD)])
def test_the_validator_of_microsoft_finds_nothing_else(tmp_path: Path, form: str, kinds: str) -> None:
    generator = random.Random(11)
    many = [verdict(random_policy(generator), random_report(generator)) for _ in range(10)]
    files = [tmp_path / f"{place}.sarif" for place in range(len(many) + 1)]
    for file, each in zip(files, [verdict(POLICY, MADE), *many], strict=True):
        file.write_text(rendered(form, each), encoding="utf-8")
    assert found(files, kinds) == {(file.name, NO_ADDRESS) for file in files}


def test_the_validator_finds_a_result_without_a_place(tmp_path: Path) -> None:
    bad = json.loads(rendered("sarif", verdict(POLICY, MADE)))
    del bad["runs"][0]["results"][0]["locations"]
    (tmp_path / "bad.sarif").write_text(json.dumps(bad), encoding="utf-8")
    assert {rule for _, rule in found([tmp_path / "bad.sarif"], GITHUB)} > {NO_ADDRESS}
