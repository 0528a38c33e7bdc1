"""The name of a format -> what it says of itself. Each module of a format is read here, and nowhere else.

`SUFFIX`, `estimate` and `render` are there in every format. The rest has a default:

- `check(chapters)` refuses a report of these chapters, before any work is done for it.
- `templates(report)` names the templates that this process fills in.
- `warm(fonts)` starts a process that sets type. Such a format is made in a thread of its own, after all others.
- `work(plan)` says what there is to do besides the charts and the page.
- `check_size(report, size_bytes)` refuses a file above `--max-size`; the report is made so that it keeps to that.
- `parted(report, folder, tools)` makes the file with its style sheet and its pictures beside it.
- `framed(report)` makes a frame for a notebook.
- `LAST` is True where the file names the others: it is made after them, with their hashes in `tools.written`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any

from reportgen import registry
from reportgen.document.report import FontFile, Report
from reportgen.errors import UnknownNameError
from reportgen.renderers.assets import Parts
from reportgen.renderers.tools import Tools, Typesetter

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan
    from reportgen.budget.work import Work


@dataclass(frozen=True, slots=True)
class Format:
    """A format.

    Attributes:
        suffix: End of the file's name, ".html".
        estimate: How many bytes the file takes, from above.
        render: Makes the file.
        check: Refuses chapters.
        templates: Names of the templates that this process fills in.
        warm: Starts a process that sets type, or None where the format needs none.
        work: What there is to do besides, or None.
        check_size: Refuses a file of so many bytes.
        parted: Makes the file and the folder beside it, or None where the format has no such folder.
        is_last: Whether it is made when the files of all others are written.
    """

    suffix: str
    estimate: Callable[[Plan], int]
    render: Callable[[Report, Tools], bytes]
    check: Callable[[tuple[str, ...]], None]
    templates: Callable[[Report], tuple[str, ...]]
    warm: Callable[[Sequence[FontFile]], Typesetter] | None
    work: Callable[[Plan], Work] | None
    check_size: Callable[[Report, int], None]
    parted: Callable[[Report, str, Tools], Parts] | None
    is_last: bool


def form(name: str) -> Format:
    """Return what a format says of itself.

    Raises:
        UnknownNameError: There is no such format.
    """
    known = registry.names("renderers")
    if name not in known:
        raise UnknownNameError("format", name, known)
    module = registry.load("renderers", name)
    return Format(
        suffix=module.SUFFIX,
        estimate=module.estimate,
        render=module.render,
        check=_of(module, "check", _nothing),
        templates=_of(module, "templates", _none),
        warm=_of(module, "warm", None),
        work=_of(module, "work", None),
        check_size=_of(module, "check_size", _nothing),
        parted=_of(module, "parted", None),
        is_last=_of(module, "LAST", False),
    )


def kept_to_budget() -> tuple[Format, ...]:
    """Return the formats whose files keep to the budget of a report: those that refuse a larger one."""
    return tuple(form(name) for name in registry.names("renderers") if _has(name, "check_size"))


def framed(report: Report) -> str:
    """Return a report as HTML for a notebook, made by the first format that can.

    Raises:
        RenderError: The report cannot be made.
    """
    name = next(name for name in registry.names("renderers") if _has(name, "framed"))
    made: str = registry.load("renderers", name).framed(report)
    return made


def ending_in(suffix: str) -> Format:
    """Return the format whose files end in ".html", ".pdf" or ".json".

    Raises:
        UnknownNameError: There is none.
    """
    known = {each.suffix: each for each in map(form, registry.names("renderers"))}
    if suffix not in known:
        raise UnknownNameError("kind of file", suffix, known)
    return known[suffix]


def warm(formats: Sequence[str], fonts: Sequence[FontFile]) -> Typesetter | None:
    """Start the process that the first of some formats needs, if one does.

    Args:
        formats: The formats, in order.
        fonts: Fonts of the user's own.
    """
    start = next((start for start in (form(name).warm for name in formats) if start is not None), None)
    return start(fonts) if start else None


def _has(name: str, export: str) -> bool:
    return hasattr(registry.load("renderers", name), export)


def _of(module: ModuleType, name: str, default: Any) -> Any:
    return getattr(module, name, default)


def _nothing(*_: object) -> None:
    """Refuse nothing."""


def _none(_: Report) -> tuple[str, ...]:
    return ()
