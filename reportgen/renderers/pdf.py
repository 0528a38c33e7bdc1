"""Report -> PDF, with the same report for programs inside. Has a process of its own set the document in type.

Fonts come from a folder made for that process, so that the PDF is the same on every machine, also on one without fonts,
where WeasyPrint would bring the process down.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from reportgen.budget.work import Work
from reportgen.document.report import FontFile, Report
from reportgen.errors import RenderError
from reportgen.language.cleaning import codepoint
from reportgen.language.numerals import memory
from reportgen.progress import whole
from reportgen.renderers import fonts, html
from reportgen.renderers import json as facts
from reportgen.renderers.html import templates as templates
from reportgen.renderers.tools import Tools

if TYPE_CHECKING:
    from reportgen.budget.plan import Plan

SUFFIX = ".pdf"
TIMEOUT_SECONDS = 900
MEMORY_LIMIT_BYTES = 4 << 30
# What takes as long as so many written numbers: measured as processor time, chapter by chapter, on two networks.
_NUMBERS = 1_100_000
_NUMBERS_PER_CALL = 3_000
_NUMBERS_PER_GRID = 12_000
_NUMBERS_PER_CARD = 2_800
_NUMBERS_PER_CLASS = 11_000
_MOST_CLASSES = 30

_START = (
    "import sys; folder, memory, seconds, *sys.path = sys.argv[1:]; "
    "from reportgen.renderers.typesetting_process import main; main(folder, int(memory), int(seconds))"
)
_NO_PANGO = (
    "PDF needs the library Pango, which was not found ({detail}). To install it: on Debian and Ubuntu, apt-get install "
    "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; on Fedora, dnf install pango; on macOS, brew install pango; "
    "on Windows, install MSYS2 and run pacman -S mingw-w64-ucrt-x86_64-pango. HTML and JSON do not need it."
)
_FONT_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
<dir>{folder}/fonts</dir>
<cachedir>{folder}/cache</cachedir>
{aliases}
</fontconfig>
"""
_ALIAS = '<alias binding="same"><family>{}</family><prefer><family>{}</family></prefer></alias>'
_GENERIC = {"sans-serif": "DejaVu Sans", "serif": "DejaVu Sans", "monospace": "DejaVu Sans Mono"}


def estimate(plan: Plan) -> int:
    """Return how many bytes the file takes, from above."""
    return plan.pdf_bytes


def work(plan: Plan) -> Work:
    """Return the work of setting the pages in type."""
    grids = sum(grid.shown > 0 for grid in plan.grids) * plan.has_chapter
    numbers = _NUMBERS + plan.num_calls * _NUMBERS_PER_CALL + grids * _NUMBERS_PER_GRID
    numbers += plan.num_cards * _NUMBERS_PER_CARD
    numbers += min(plan.extent.classes, _MOST_CLASSES) * _NUMBERS_PER_CLASS * plan.has_scores
    return Work("pages of the PDF", numbers=numbers)


def render(report: Report, tools: Tools | None = None) -> bytes:
    """Return the report as a tagged PDF with `report.json` attached.

    Args:
        report: The report.
        tools: With a process that was started earlier with `warm`; without one, one is started now.

    Raises:
        RenderError: Pango is missing, a character has no glyph, the document asks for something from outside, or the
            layout took too much time or memory.
    """
    tools = tools or Tools()
    with tools.typesetter or warm(report.fonts) as process:
        attachment = facts.render(report, tools)
        return process.typeset(html.document(report, "print"), attachment=attachment)


def warm(more: Sequence[FontFile] = ()) -> Worker:
    """Start a process that gets ready to set one document, which takes it a second or two.

    Args:
        more: Fonts of the user's own.
    """
    with whole():
        return Worker(more)


class Worker:
    """A process that sets one document in type. Its end, or that of the program, ends the process.

    Attributes:
        process: The process.
    """

    def __init__(self, more: Sequence[FontFile] = ()) -> None:
        folder = _folder()
        try:
            self.process = _start(folder, more)
        except BaseException as error:  # which goes on, and leaves no folder behind
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(error, OSError):
                raise _no_room(error) from error
            raise
        self._stop = weakref.finalize(self, _stop, self.process, folder)

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process, whatever it does, and remove its files."""
        with whole():
            self._stop()

    def typeset(self, document: str, *shorter: str, attachment: bytes = b"") -> bytes:
        """Return a document as PDF.

        Args:
            document: HTML, with all that it needs inside.
            *shorter: The same, shorter and shorter, for what has to fit on one page: the first that does is taken.
            attachment: The file that goes into the PDF as `report.json`; none where it is empty.

        Raises:
            RenderError: As for `render`.
        """
        documents = [each.encode("utf-8") for each in (document, *shorter)]
        head = " ".join(str(len(each)) for each in documents).encode("ascii")
        try:
            answer, noise = self.process.communicate(b"".join([head, b"\n", *documents, attachment]), TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise RenderError(
                f"The PDF was stopped after {TIMEOUT_SECONDS} s of layout. Expected a report of a few hundred "
                "pages at most. Choose fewer samples or layers, or do without PDF."
            ) from error
        finally:
            self.close()
        line, _, pdf = answer.partition(b"\n")
        if self.process.returncode or not line:
            raise RenderError(_crash(self.process.returncode, noise.decode("utf-8", "replace")))
        problem = _problem(json.loads(line))
        if problem:
            raise RenderError(problem)
        return pdf


def _folder() -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="reportgen-")).resolve()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> RenderError:
    return RenderError(
        f"The PDF cannot be made: its fonts cannot be put into a temporary folder ({error.strerror or error}). Expected"
        " some 5 MB of room there. Free some, set TMPDIR to another folder, or do without PDF: --format html --format"
        " json."
    )


def _start(folder: Path, more: Sequence[FontFile]) -> subprocess.Popen[bytes]:
    # The same modules as here, wherever they come from, and nothing from the folder that the user is in.
    path = [os.path.abspath(entry) for entry in sys.path]
    arguments = [str(folder), str(MEMORY_LIMIT_BYTES), str(TIMEOUT_SECONDS)]
    return subprocess.Popen(
        # The child's warnings are not the user's.
        [sys.executable, "-W", "ignore", "-c", _START, *arguments, *path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(folder, more),
    )


def _stop(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    shutil.rmtree(folder, ignore_errors=True)


def environment(folder: Path, more: Sequence[FontFile] = ()) -> dict[str, str]:
    """Put fonts into a folder, and return the environment in which WeasyPrint sees these and no others.

    Temporary files go into the folder as well.

    Args:
        folder: An empty folder, its path absolute.
        more: Fonts of the user's own.
    """
    (folder / "fonts").mkdir()
    for file in fonts.files():
        shutil.copyfile(file, folder / "fonts" / file.name)
    for place, font in enumerate(more):
        # Numbered, because fontconfig prefers fonts by the order of their names, and files may share a name.
        _link(font.path, folder / "fonts" / f"given-{place:04}{font.path.suffix.lower()}")
    aliases = "\n".join(_ALIAS.format(generic, family) for generic, family in _GENERIC.items())
    configuration = folder / "fonts.conf"
    configuration.write_text(
        _FONT_CONFIGURATION.format(folder=escape(folder.as_posix()), aliases=aliases), encoding="utf-8"
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("FONTCONFIG_", "PANGO_"))}
    return {
        **inherited,
        "FONTCONFIG_FILE": str(configuration),
        # What libraries leave there when the process is ended goes with the folder.
        "TMPDIR": str(folder),
        # fontTools, which cuts variable fonts, would write the time of day into them.
        "SOURCE_DATE_EPOCH": "0",
        # Pango chooses fonts by the language of the user where it has no better reason.
        "LC_ALL": "C.UTF-8",
        "PYTHONUTF8": "1",
    }


def _link(file: Path, place: Path) -> None:
    """Let a large file be found at another place, without copying it where the system can do that."""
    try:
        place.symlink_to(file.resolve())
    except OSError:
        shutil.copyfile(file, place)


def _problem(status: dict[str, list[str]]) -> str:
    """The sentence for what stands against a document, or nothing."""
    if library := status.get("library"):
        return _NO_PANGO.format(detail=library[0])
    if refused := status["refused"]:
        return (
            f"The PDF was refused because the document asks for something from outside: {_quoted(refused)}. "
            "A report holds all that it shows. This is a defect of reportgen or of a template; please report it."
        )
    if missing := status["missing"]:
        return (
            f"The PDF cannot show {_quoted(missing)}: its fonts (IBM Plex, DejaVu and those of --font-dir) have no"
            " glyph for that in its place. Expected text that its fonts can show. Give another font, or do without"
            " PDF: HTML and JSON show it."
        )
    if errors := status["errors"]:
        return (
            f"The PDF was refused because WeasyPrint could not make it as it must be: {_quoted(errors)}. Expected "
            "a document without errors. This is a defect of reportgen or of a template; please report it."
        )
    return ""


def _quoted(texts: list[str], most: int = 5) -> str:
    """Some texts, cut short, each in quotes and, where it is one character, with its number."""
    shown = [f"{text!r} ({codepoint(text)})" if len(text) == 1 else repr(text[:120]) for text in texts[:most]]
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return ", ".join(shown) + more


def _crash(code: int, noise: str) -> str:
    """The sentence for a process that gave no answer."""
    try:
        how = f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        how = f"ended with exit code {code}"
    last = (noise.strip().splitlines() or ["it said nothing"])[-1]
    return (
        f"The PDF was not made: the process that lays it out {how} ({last[:300]}). It may take "
        f"{memory(MEMORY_LIMIT_BYTES)} of memory and {TIMEOUT_SECONDS} s. Choose fewer samples or layers, or do "
        "without PDF; if the report is small, please report this as a defect."
    )
