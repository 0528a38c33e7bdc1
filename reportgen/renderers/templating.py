"""A template's name and plain data -> text. The only place where strings become HTML."""

from __future__ import annotations

import base64
import re
from contextlib import suppress
from functools import lru_cache
from math import exp
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from reportgen import registry
from reportgen.document import colours, lettering
from reportgen.figures.class_bars import BAR_HEIGHT, BAR_PITCH
from reportgen.language.cleaning import anchor, clean, isolated, shortened
from reportgen.language.numerals import (
    memory,
    number,
    p_value,
    percent,
    plural,
    shape,
    short,
    signed,
    size,
    unbroken,
    working,
)
from reportgen.language.vocabulary import volumes, words

if TYPE_CHECKING:
    from jinja2 import Environment


_LETTERING = {
    "family": Markup(f'font-family="{lettering.SANS}"'),
    "sans": Markup(f'font-family="{lettering.SANS}" font-size="{lettering.SIZE}"'),
    "small": Markup(f'font-family="{lettering.SANS}" font-size="{lettering.SMALL}"'),
    "large": Markup(f'font-family="{lettering.SANS}" font-size="{lettering.LARGE}"'),
    "larger": Markup(f'font-family="{lettering.SANS}" font-size="{lettering.LARGER}"'),
    "mono": Markup(f'font-family="{lettering.MONO}" font-size="{lettering.SIZE}"'),
    "below_middle": lettering.BELOW_MIDDLE,
}
# No file name has so many letters on end.
_ENDLESS = re.compile(r"\S{257,}")


def render(template: str, **context: object) -> str:
    """Fill in a template.

    Args:
        template: Its path below the template folder: "report.html".
        **context: What the template may name. A name that is not given is an error, not an empty string.
    """
    return _environment().get_template(template).render(context)


def get_ready(*templates: str) -> None:
    """Import what fills in templates, and compile some, before threads of their own do it.

    Where Ctrl-C ends an import in one thread, another that waits for the same module waits for ever; and threads that
    need the same template at the same time compile it each, at half the speed.

    Args:
        *templates: Their paths below the template folder.
    """
    from jinja2 import TemplateNotFound

    environment = _environment()
    for each in templates:
        with suppress(TemplateNotFound):  # which is told of where it is needed
            environment.get_template(each)


def render_in_sandbox(template: str, changed: tuple[tuple[str, str], ...], **context: object) -> str:
    """Fill in a template, some of them not ours, so that none gets at more than the context.

    Args:
        template: As for `render`.
        changed: Names and texts of templates that nobody here wrote, in the place of ours.
        **context: As for `render`.

    Raises:
        RenderError: Of `changed`, one has a mistake or asks for what it may not have.
    """
    from reportgen.renderers import sandbox

    with sandbox.told(tuple(name for name, _ in changed)):
        return _environment(changed).get_template(template).render(context)


def stylesheet(name: str, changed: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the text of a style sheet, its lines ended by a line feed alone.

    Args:
        name: "report.css", "print.css", or that of a chapter: "sections/channels.css".
        changed: As for `render_in_sandbox`.

    Returns:
        The text; "" for a chapter without a style sheet of its own.
    """
    if name in (given := dict(changed)):
        return given[name]
    if not name.startswith("sections/"):
        return (_folder() / name).read_text(encoding="utf-8")
    beside = [_folder() / name, *(path for path in _elsewhere(".css") if f"sections/{path.name}" == name)]
    return next((path.read_text(encoding="utf-8") for path in beside if path.is_file()), "")


def shared_rules() -> str:
    """Return what the style sheets take from the program, as custom properties: colours and measures."""
    measures = f"--bar-pitch: {BAR_PITCH}; --bar-height: {BAR_HEIGHT};"
    return f"{colours.rules()}\n:root {{ {measures} }}"


def names() -> tuple[str, ...]:
    """Return the names of all templates and style sheets."""
    files = (path for path in _folder().rglob("*") if path.suffix in {".html", ".css"})
    ours = [path.relative_to(_folder()).as_posix() for path in files]
    others = [*_elsewhere(".html"), *_elsewhere(".css")]
    return tuple(sorted([*ours, *(f"sections/{path.name}" for path in others if path.is_file())]))


def _elsewhere(suffix: str) -> list[Path]:
    """The templates or style sheets of chapters from other packages: each stands beside the chapter's module."""
    return [path.with_suffix(suffix) for path in registry.elsewhere("sections")]


@lru_cache(maxsize=1)
def _folder() -> Path:
    """The templates inside the installed package; else those beside it in the checkout."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


@lru_cache(maxsize=2)
def _environment(changed: tuple[tuple[str, str], ...] = ()) -> Environment:
    # Commands that only write numbers need no templates, and no program that fills them in.
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, PrefixLoader, StrictUndefined

    from reportgen.renderers import sandbox

    ours, texts = FileSystemLoader(_folder()), dict(changed)
    elsewhere = FileSystemLoader([path.parent for path in _elsewhere(".html")])
    environment = (sandbox.Sandbox if changed else Environment)(
        autoescape=True,
        undefined=StrictUndefined,
        # A template of the user's is called by its name in errors; ours by its file.
        loader=ChoiceLoader(
            [
                FunctionLoader(lambda name: (texts[name], name, None) if name in texts else None),
                ours,
                PrefixLoader({"sections": elsewhere}),
            ]
        ),
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalize,
    )
    environment.filters.update(
        {
            "anchor": anchor,
            "breakable": breakable,
            "bytes": memory,
            "clean": clean,
            "data_uri": data_uri,
            "exp": exp,
            "number": number,
            "p_value": p_value,
            "percent": percent,
            "plural": plural,
            "shape": shape,
            "short": short,
            "signed": signed,
            "size": size,
            "unbroken": unbroken,
            "volumes": volumes,
            "words": words,
            "working": working,
        }
    )
    environment.globals.update(colours=colours.on_light(), lettering=_LETTERING)
    return environment


def _finalize(value: object) -> object:
    """What Jinja does with a value just before it escapes and writes it."""
    # A name of thousands of letters would take the typesetter minutes; a table shows it with its title (`breakable`).
    if hasattr(value, "__html__"):
        return value
    return isolated(_ENDLESS.sub(lambda run: shortened(run.group()), clean(str(value))))


def breakable(name: str) -> Markup:
    """Let a name be broken after "/" and "_" and before a capital; the middle of a very long one is in its title only.

    >>> str(breakable("block_1/<b>"))
    'block_<wbr>1/<wbr>&lt;b&gt;'
    """
    whole = clean(name)
    shown = shortened(whole)
    pieces = re.split("(?<=[/_])(?=.)|(?<=[a-z])(?=[A-Z])", shown, flags=re.DOTALL)
    parts = Markup("<wbr>").join(escape(isolated(piece)) for piece in pieces)
    return parts if shown == whole else Markup('<span title="{}">{}</span>').format(isolated(whole), parts)


def data_uri(data: bytes, media_type: str) -> Markup:
    """Put a file's bytes into an address, so that a page needs no other file.

    >>> str(data_uri(b"GIF89a", "image/gif"))
    'data:image/gif;base64,R0lGODlh'
    """
    # As markup: it holds nothing to escape, and looking at megabytes of it for that takes time.
    return Markup("data:{};base64,{}").format(media_type, Markup(base64.b64encode(data).decode("ascii")))
