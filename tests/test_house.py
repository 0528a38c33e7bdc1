"""The house: floors, doors, the one convention and sizes, read from the syntax trees of all modules."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from reportgen import registry

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "reportgen"

# Floor of every room; a module that is named itself does not stand on its room's floor. A room without a star
# is its list of names, which imports nothing; the package itself is the few names that it exports.
FLOORS: dict[str, int] = {
    "errors": 0,
    "findings": 0,
    "verdicts": 0,
    "layers": 0,
    "probes": 0,
    "progress": 0,
    "renderers": 0,
    "sections": 0,
    "sources": 0,
    "language.sizes": 1,
    "language.toml": 1,
    "registry": 1,
    "records.*": 1,
    "document.*": 2,
    "language.*": 2,
    "options.*": 2,
    "evidence.*": 3,
    "layers.*": 3,
    "sources.dataset": 3,
    "budget.*": 4,
    "figures.*": 4,
    "models.*": 4,
    "sources.*": 4,
    "findings.*": 5,
    "probes.*": 5,
    "renderers.*": 5,
    "policy.*": 6,
    "sections.*": 6,
    "writing.*": 6,
    "pipeline.*": 7,
    "verdicts.*": 7,
    "": 8,
    "cluster.*": 8,
    "commands.*": 9,
    "__main__": 10,
}

# Through which modules each library from outside comes in, at the top of a file or anywhere below.
DOORS: list[tuple[str, set[str]]] = [
    ("aiohttp", {"sources.remote"}),
    ("click", {"commands"}),
    ("dask", {"cluster.scheduling"}),
    ("distributed", {"cluster.scheduling"}),
    ("fontTools", {"renderers"}),
    ("fontpkg", {"figures.charts", "renderers.fonts"}),
    ("fsspec", {"sources.remote"}),
    ("google", {"models", "sources"}),  # protobuf, for saved models and records of TensorFlow
    ("h5py", {"models"}),
    ("jinja2", {"renderers"}),
    ("keras", {"models", "pipeline.callback", "pipeline.speed", "probes", "sources"}),
    ("markupsafe", {"renderers"}),
    ("matplotlib", {"figures.charts", "figures.remaining", "figures.scores"}),
    ("numpy", {"cluster", "evidence", "figures", "models", "pipeline", "policy", "probes", "sources"}),
    ("PIL", {"figures", "sources"}),
    ("pyarrow", {"sources.parquet"}),
    ("pydantic", {"options", "renderers.parsing", "renderers.schema"}),
    ("pydantic_core", {"renderers.parsing", "renderers.schema"}),
    ("pypdf", {"pipeline.altered.pdf"}),
    ("rich", {"commands"}),
    ("tensorflow", {"models", "probes", "sources"}),
    ("tinyhtml5", {"renderers.typesetting"}),  # the parser that came with WeasyPrint
    ("tomli", {"language"}),
    ("weasyprint", {"renderers.typesetting"}),
]

# What every registered module of a folder exports.
CONVENTION: list[tuple[str, set[str]]] = [
    ("layers", {"KINDS", "work_out"}),
    ("sources", {"ACCEPTED", "IN_SHORT", "accepts", "open"}),
    ("probes", {"NEEDS", "run"}),
    ("findings", {"RULES", "judge"}),
    ("sections", {"TITLE", "PART", "NEEDS", "Content", "build"}),
    ("renderers", {"SUFFIX", "estimate", "render"}),
    ("verdicts", {"NAME", "render"}),
]


@cache
def sources() -> dict[str, Path]:
    """The file of every module, by the module's name without the package's; "" is the package itself."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def modules() -> dict[str, ast.Module]:
    """Every module as it is parsed, by the same names."""
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in sources().items()}


def imported(name: str) -> Iterator[str]:
    """Everything that a module imports, also inside functions, by its whole name."""
    for node in nodes(name):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@cache
def ours(name: str) -> frozenset[str]:
    """The modules of the package that a module imports."""
    found = set()
    for whole in imported(name):
        if whole == "reportgen" or whole.startswith("reportgen."):
            own = whole.removeprefix("reportgen").removeprefix(".")
            found.add(own if own in modules() else own.rpartition(".")[0])
    return frozenset(found)


@cache
def theirs(name: str) -> frozenset[str]:
    """The libraries from outside that a module imports."""
    return frozenset({whole.split(".")[0] for whole in imported(name)} - set(sys.stdlib_module_names) - {"reportgen"})


@cache
def nodes(name: str) -> tuple[ast.AST, ...]:
    """All that a module is made of."""
    return tuple(ast.walk(modules()[name]))


def loads(name: str) -> list[ast.Call]:
    """Where a module has a registry load something."""
    calls = [node for node in nodes(name) if isinstance(node, ast.Call) and node.args]
    return [node for node in calls if getattr(node.func, "attr", "") == "load"
            and ast.unparse(node.func) == "registry.load"]  # fmt: skip


def loaded(name: str) -> set[str]:
    """The rooms whose modules a module has a registry load by name."""
    rooms = [node.args[0] for node in loads(name)]
    assert all(isinstance(room, ast.Constant) for room in rooms), f"{name} loads from a room that cannot be read off"
    return {str(room.value) for room in rooms if isinstance(room, ast.Constant)}


def loaded_by_name(name: str) -> set[str]:
    """The members of rooms that a module has a registry load, where the name is written out."""
    wanted = [node.args for node in loads(name) if len(node.args) == 2]
    return {f"{ast.literal_eval(room)}.{member.value!s}" for room, member in wanted if isinstance(member, ast.Constant)}


def room(name: str) -> str:
    return name.partition(".")[0]


def floor(name: str) -> int:
    return FLOORS[name] if name in FLOORS else FLOORS[f"{room(name)}.*"]


# Every rule is one test over all modules: as a test for each module they took longer than all that they look at.
def test_modules_import_only_from_floors_below_or_from_their_own_room() -> None:
    wrong = []
    for name in sources():
        strangers = {other for other in ours(name) if not (room(other) == room(name) and name)}
        wrong += [(name, other) for other in strangers if floor(other) >= floor(name)]
        rooms = {other for other in loaded(name) if other != room(name)}
        wrong += [(name, other) for other in rooms if FLOORS[f"{other}.*"] >= floor(name)]
    assert sorted(wrong) == []


def test_table_of_rooms_in_contributing_is_that_of_the_floors() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    told = {f"{name}.*": int(number) for number, name in re.findall(r"^\| (\d+) \| `(\w+)/` \|", text, re.MULTILINE)}
    assert told == {name: number for name, number in FLOORS.items() if name.endswith(".*")}


def test_root_holds_rooms_and_nothing_else() -> None:
    files = {path.name for path in PACKAGE.iterdir() if path.is_file()}
    assert files == {"__init__.py", "__main__.py", "errors.py", "registry.py", "progress.py", "schema.json"}


def test_no_modules_import_each_other_in_a_circle() -> None:
    order = list(TopologicalSorter({name: ours(name) for name in modules()}).static_order())
    assert set(order) == set(modules())


def test_every_floor_is_stood_on() -> None:
    rooms = {f"{room(name)}.*" for name in modules() if (PACKAGE / room(name)).is_dir()}
    assert [name for name in FLOORS if name not in modules() and name not in rooms] == []


@pytest.mark.parametrize("name", [name for name, height in FLOORS.items() if height == 0 and (PACKAGE / name).is_dir()])
def test_list_of_names_imports_nothing_and_does_nothing(name: str) -> None:
    # It may stand on the lowest floor for that reason.
    assert ours(name) == theirs(name) == set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    assert [node.name for node in nodes(name) if isinstance(node, kinds)] == []


def test_libraries_come_in_through_their_doors_only() -> None:
    doors = dict(DOORS)
    outside = [
        (name, library)
        for name in sources()
        for library in theirs(name)
        if not any(name == door or name.startswith(f"{door}.") for door in doors.get(library, ()))
    ]
    assert sorted(outside) == []


def test_every_door_is_used() -> None:
    used = {library for name in modules() for library in theirs(name)}
    # Readers of further model formats may come and go.
    assert {library for library, _ in DOORS} - used <= {"google", "h5py"}


def test_first_line_of_a_module_says_what_it_is() -> None:
    first = {name: (ast.get_docstring(module) or "").partition("\n\n")[0] for name, module in modules().items()}
    assert [name for name, line in first.items() if not line.rstrip().endswith((".", "?"))] == []


def test_files_have_at_most_400_lines_and_functions_at_most_60() -> None:
    lines = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in sources().items()}
    assert [name for name, number in lines.items() if number > 400] == []
    functions = [(name, node) for name in modules() for node in nodes(name) if isinstance(node, ast.FunctionDef)]
    assert [(name, node.name) for name, node in functions if (node.end_lineno or 0) - node.lineno + 1 > 60] == []


def test_what_catches_every_error_says_why() -> None:
    silent = []
    for name, path in sources().items():
        lines = path.read_text(encoding="utf-8").splitlines()
        for node in nodes(name):
            if isinstance(node, ast.ExceptHandler):
                names = {each.id for each in ast.walk(node.type) if isinstance(each, ast.Name)} if node.type else {None}
                told = "".join(lines[node.lineno - 1 : node.body[0].lineno])
                if names & {None, "Exception", "BaseException"} and "#" not in told:
                    silent.append((name, node.lineno))
    assert silent == []


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


@pytest.mark.keras
def test_every_module_among_the_probes_is_a_probe_and_needs_earlier_ones_only() -> None:
    names = registry.names("probes")
    assert set(names) == {name.split(".")[1] for name in modules() if name.startswith("probes.")}
    for place, name in enumerate(names):
        assert set(registry.load("probes", name).NEEDS) <= set(names[:place]), name


def test_every_module_among_the_chapters_is_a_chapter_with_a_template() -> None:
    names = set(registry.names("sections"))
    assert names == {name.split(".")[1] for name in modules() if name.startswith("sections.")}
    assert names == {path.stem for path in (ROOT / "templates" / "sections").glob("*.html")}


def test_nobody_outside_a_room_asks_for_one_of_its_names() -> None:
    members = {f"{package}.{each.replace('-', '_')}" for package, _ in CONVENTION for each in registry.names(package)}
    asked = {
        (name, member)
        for name in modules()
        for other in ours(name) | loaded_by_name(name)
        for member in members
        if room(name) != room(member) and f"{other}.".startswith(f"{member}.")
    }
    assert asked == set()


def test_nobody_outside_a_room_compares_something_with_one_of_its_names() -> None:
    """Names in a comparison; of words that mean something else, too, those beside which no chapter or format stands."""
    found = []
    for name in modules():
        own = set(registry.names(room(name))) if room(name) in dict(CONVENTION) else set()
        known = {each for package, _ in CONVENTION for each in registry.names(package)} - own
        for node in nodes(name):
            if not isinstance(node, ast.Compare):
                continue
            words = {each.value for each in ast.walk(node) if isinstance(each, ast.Constant)} & known
            if words and re.search(
                r"(?<!')\b(section\.name|chapters|chosen|formats?|sources?|probes?)\b", ast.unparse(node)
            ):
                found.append((name, ast.unparse(node)))
    assert found == []


@pytest.mark.parametrize("name", [name for name, _ in CONVENTION])
def test_package_of_registered_modules_loads_none_of_them(name: str) -> None:
    package = importlib.import_module(f"reportgen.{name}")
    assert isinstance(package.NAMES, tuple)
    assert not ours(name) & {f"{name}.{each.replace('-', '_')}" for each in package.NAMES}


def test_no_test_module_imports_another() -> None:
    """What several tests use stands in modules of its own, so that each test module runs, and moves, alone."""
    found = []
    for path in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            found += [(path.name, name) for name in names if re.match(r"tests\..*\btest_\w+", name)]
    assert found == []
