"""The house: floors, doors, the one convention and sizes, read from the syntax trees of all modules."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from reportgen import registry

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "reportgen"

# Floor of every module and folder; a module that is named itself does not stand on its folder's floor. `sections` alone
# is the list of chapter names, and `reportgen` alone the few names that the package exports.
FLOORS: list[tuple[str, int]] = [
    ("errors", 0),
    ("memory", 0),
    ("progress", 0),
    ("sections", 0),
    ("shapes", 1),
    ("folders", 1),
    ("registry", 1),
    ("sandbox", 1),
    ("grid", 2),
    ("plots", 2),
    ("vocabulary", 2),
    ("records", 1),
    ("answers", 2),
    ("document", 2),
    ("drawing", 2),
    ("options", 2),
    ("option_forms", 2),
    ("numerals", 2),
    ("templating", 2),
    ("evidence", 3),
    ("scalings", 3),
    ("scores", 3),
    ("ties", 2),
    ("confusions", 4),
    ("responses", 3),
    ("picking", 3),
    ("plan", 3),
    ("most_active", 4),
    ("layers", 3),
    ("layers.*", 3),
    ("sources.dataset", 3),
    ("feeding", 5),
    ("channels", 3),
    ("channel_lines", 3),
    ("channel_words", 3),
    ("findings", 4),
    ("models", 4),
    ("models.*", 4),
    ("sources", 4),
    ("sources.*", 4),
    ("figures", 4),
    ("figures.*", 4),
    ("renderers", 4),
    ("renderers.*", 4),
    ("probes", 5),
    ("probes.*", 5),
    ("sections.*", 6),
    ("budget", 6),
    ("pipeline", 7),
    ("forecast", 7),
    ("writing", 7),
    ("doctor", 7),
    ("callback", 8),
    ("terminal", 8),
    ("choices", 8),
    ("outcome", 8),
    ("steps", 8),
    ("cli", 8),
    ("", 8),
    ("__main__", 9),
]

# Through which modules each library from outside comes in, at the top of a file or anywhere below.
DOORS: list[tuple[str, set[str]]] = [
    ("click", {"choices", "cli", "steps"}),
    ("fontTools", {"renderers"}),
    ("fontpkg", {"figures.charts", "renderers.fonts"}),
    ("google", {"models", "sources"}),  # protobuf, for saved models and records of TensorFlow
    ("h5py", {"models"}),
    ("jinja2", {"sandbox", "templating"}),
    ("keras", {"callback", "models", "probes", "sources"}),
    ("markupsafe", {"templating", "renderers.html"}),
    ("matplotlib", {"figures.charts", "figures.scores"}),
    (
        "numpy",
        {"answers", "evidence", "feeding", "figures", "grid", "models", "picking", "pipeline", "probes", "sources"},
    ),
    ("PIL", {"figures", "sources"}),
    ("pydantic", {"options", "renderers.json", "renderers.schema"}),
    ("pydantic_core", {"renderers.schema"}),
    ("rich", {"terminal"}),
    ("tensorflow", {"models", "probes", "sources"}),
    ("tomli", {"options"}),
    ("weasyprint", {"renderers.typesetting"}),
]

# What every registered module of a folder exports.
CONVENTION: list[tuple[str, set[str]]] = [
    ("layers", {"KINDS", "work_out"}),
    ("sources", {"accepts", "open"}),
    ("probes", {"run"}),
    ("sections", {"TITLE", "NEEDS", "Content", "build"}),
    ("renderers", {"SUFFIX", "render"}),
]


@cache
def modules() -> dict[str, ast.Module]:
    """Every module by its name without the package's; "" is the package itself."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imported(name: str) -> Iterator[str]:
    """Everything that a module imports, also inside functions, by its whole name."""
    for node in ast.walk(modules()[name]):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def ours(name: str) -> set[str]:
    """The modules of the package that a module imports."""
    found = set()
    for whole in imported(name):
        if whole == "reportgen" or whole.startswith("reportgen."):
            own = whole.removeprefix("reportgen").removeprefix(".")
            found.add(own if own in modules() else own.rpartition(".")[0])
    return found


def theirs(name: str) -> set[str]:
    """The libraries from outside that a module imports."""
    return {whole.split(".")[0] for whole in imported(name)} - set(sys.stdlib_module_names) - {"reportgen"}


def floor(name: str) -> int:
    table = dict(FLOORS)
    return table[name] if name in table else table[f"{name.rpartition('.')[0]}.*"]


def folder(name: str) -> str:
    return name if (PACKAGE / name.replace(".", "/")).is_dir() else name.rpartition(".")[0]


@pytest.mark.parametrize("name", list(modules()))
def test_module_imports_only_from_floors_below_or_from_its_own_folder(name: str) -> None:
    higher = [
        other
        for other in ours(name)
        if not (floor(other) < floor(name) or (floor(other) == floor(name) and folder(other) == folder(name)))
    ]
    assert higher == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    order = list(TopologicalSorter({name: ours(name) for name in modules()}).static_order())
    assert set(order) == set(modules())


def test_every_floor_is_stood_on() -> None:
    folders = {f"{name.rpartition('.')[0]}.*" for name in modules() if "." in name}
    assert [name for name, _ in FLOORS if name not in modules() and name not in folders] == []


def test_list_of_chapters_imports_nothing() -> None:
    # It may stand on the lowest floor for that reason.
    assert ours("sections") == theirs("sections") == set()


@pytest.mark.parametrize("name", list(modules()))
def test_library_comes_in_through_its_door_only(name: str) -> None:
    doors = dict(DOORS)
    strangers = {library for library in theirs(name) if library not in doors}
    assert strangers == set()
    outside = [
        library
        for library in theirs(name)
        if not any(name == door or name.startswith(f"{door}.") for door in doors[library])
    ]
    assert outside == []


def test_every_door_is_used() -> None:
    used = {library for name in modules() for library in theirs(name)}
    # Readers of further model formats may come and go.
    assert {library for library, _ in DOORS} - used <= {"google", "h5py"}


@pytest.mark.parametrize("name", list(modules()))
def test_first_line_of_a_module_says_what_it_is(name: str) -> None:
    text = ast.get_docstring(modules()[name])
    assert text
    first = text.partition("\n\n")[0]
    assert first.rstrip().endswith((".", "?"))


@pytest.mark.parametrize("name", list(modules()))
def test_files_have_at_most_400_lines_and_functions_at_most_60(name: str) -> None:
    stem = PACKAGE / name.replace(".", "/")
    path = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
    functions = [node for node in ast.walk(modules()[name]) if isinstance(node, ast.FunctionDef)]
    assert [node.name for node in functions if (node.end_lineno or 0) - node.lineno + 1 > 60] == []


@pytest.mark.keras
@pytest.mark.parametrize(("package", "exports"), CONVENTION)
def test_registered_modules_export_the_same_names(package: str, exports: set[str]) -> None:
    names = registry.names(package)
    assert names
    assert len(set(names)) == len(names)
    for name in names:
        module = registry.load(package, name)
        assert exports <= set(vars(module)), name
        assert module.__name__ == f"reportgen.{package}.{name.replace('-', '_')}"


def test_every_module_among_the_chapters_is_a_chapter_with_a_template() -> None:
    names = set(registry.names("sections"))
    assert names == {name.removeprefix("sections.") for name in modules() if name.startswith("sections.")}
    assert names == {path.stem for path in (ROOT / "templates" / "sections").glob("*.html")}


@pytest.mark.parametrize("name", [name for name, _ in CONVENTION])
def test_package_of_registered_modules_loads_none_of_them(name: str) -> None:
    package = importlib.import_module(f"reportgen.{name}")
    assert isinstance(package.NAMES, tuple)
    assert not ours(name) & {f"{name}.{each.replace('-', '_')}" for each in package.NAMES}
