"""The package as a whole: light to import, quick to answer, and all that it can do stands in its help."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import keras
import pytest

import reportgen
from reportgen.commands.cli import main

ROOT = Path(__file__).resolve().parents[1]
CI = (ROOT / "reportgen" / "guide" / "ci.md").read_text(encoding="utf-8")
HEAVY = {"tensorflow", "keras", "matplotlib", "weasyprint"}
OF_REPORTS = {"matplotlib", "weasyprint", "PIL", "fontTools", "fontpkg", "jinja2"}


def loaded_modules(code: str) -> set[str]:
    """Names of all modules, without what is inside packages, that a new Python has loaded after some code."""
    tail = "\nimport json, sys; print('\\n' + json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    shown = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, check=True)
    return set(json.loads(shown.stdout.splitlines()[-1]))


def command_line(*arguments: str) -> str:
    return f"from reportgen.commands.cli import main\ntry:\n    main({list(arguments)!r})\nexcept SystemExit:\n    pass"


def test_importing_the_package_loads_nothing_of_others() -> None:
    assert not loaded_modules("import reportgen") & {*HEAVY, "jinja2", "pydantic", "numpy", "PIL", "click", "rich"}


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(("--help",), id="help"),
        pytest.param(("--version",), id="version"),
        pytest.param(("build", "--help"), id="build-help"),
        pytest.param(("build", "--no-such-option"), id="unknown-option"),
        pytest.param(("build", "--pick", "best:1"), id="unknown-pick"),
        pytest.param(("build", "--section", "edges", "--skip-section", "edges"), id="nothing-left"),
        pytest.param(("build", "--output", "/dev/null/folder"), id="no-folder"),
        pytest.param(("train", "--output", "model.h5"), id="no-keras-file"),
        pytest.param(("schema",), id="schema"),
        pytest.param(("guide", "inputs"), id="guide"),
        pytest.param(("rule",), id="rules"),
        pytest.param(("rule", "dead-channels"), id="rule"),
        pytest.param(("rule", "no-such-rule"), id="unknown-rule"),
    ],
)
def test_what_needs_no_model_loads_no_heavy_library(arguments: tuple[str, ...]) -> None:
    loaded = loaded_modules(command_line(*arguments))
    assert "click" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("schema",), ("guide",), ("guide", "options")])
def test_what_prints_a_text_loads_no_library_but_that_of_the_command_line(arguments: tuple[str, ...]) -> None:
    assert not loaded_modules(command_line(*arguments)) & {*HEAVY, *OF_REPORTS, "numpy", "h5py", "pydantic", "rich"}


@pytest.mark.keras
def test_summary_loads_of_the_libraries_for_reports_only_what_keras_loads_itself(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]).save(path)
    by_keras = loaded_modules(f"import keras; keras.models.load_model({str(path)!r}, compile=False)")
    loaded = loaded_modules(command_line("summary", str(path), "--quiet"))
    assert "keras" in loaded
    assert (loaded - by_keras) & OF_REPORTS == set()


def test_public_names_are_those_of_the_documentation() -> None:
    assert set(reportgen.__all__) == {"Report", "ReportCallback", "__version__", "explain", "read", "write"}
    assert reportgen.write.__module__ == "reportgen.writing"
    with pytest.raises(AttributeError, match="no attribute 'explode'"):
        reportgen.explode  # noqa: B018


def test_version_is_that_of_the_project_file() -> None:
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert reportgen.__version__ == declared.group(1)


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_command_and_option_has_help_and_an_example(command: str) -> None:
    known = main.commands[command]
    page = known.get_help(click.Context(known, info_name=f"reportgen {command}"))
    assert known.help
    assert re.search(rf"\n  Example:\n    reportgen {command}\b", page)
    assert "\\b" not in page
    assert [
        parameter.name for parameter in known.params if isinstance(parameter, click.Option) and not parameter.help
    ] == []


@pytest.mark.parametrize("command", sorted(main.commands))
def test_every_example_is_a_command_line_that_parses(command: str) -> None:
    known = main.commands[command]
    line = str(known.epilog).splitlines()[-1].partition(">")[0].split()
    assert line[:2] == ["reportgen", command]
    assert known.make_context(command, line[2:]).params.keys() == {
        parameter.name for parameter in known.params if parameter.name != "help"
    }


@pytest.mark.parametrize("code", [0, 1, 2, 3])
def test_every_exit_code_is_documented(code: int) -> None:
    documented = " ".join((main.help or "").split())
    assert re.search(rf"[ ;]{code} \w+", documented)
    assert re.search(rf"^\|\s*`?{code}`?\s*\|", CI, re.MULTILINE)
