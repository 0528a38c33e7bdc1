"""A template's name and plain data -> text. The only place where numbers become words and strings become HTML.

Every string that reaches a page is escaped and cleaned here, whoever wrote it: names of models, layers and files are
hostile until shown otherwise.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from reportgen.vocabulary import volumes, words

if TYPE_CHECKING:
    from jinja2 import Environment

_THIN = "\u202f"  # narrow no-break space
_MINUS = "\u2212"
_UNKNOWN = "–"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNPRINTABLE = re.compile(
    # C0 and C1 without tab and line feed; line separators; bidi embeddings, overrides and isolates; lone surrogates.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)

# Runs of letters that are written from right to left (Hebrew, Arabic, Syriac, Thaana, N'Ko, Adlam …), with the marks on
# them and the spaces and hyphens between their words; the ranges are those that Unicode keeps for such scripts.
_LEFTWARD = "[\u0590-\u08ff\u200f\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
_LEFTWARDS = re.compile(f"{_LEFTWARD}+(?:[ '’\\-]+{_LEFTWARD}+)*")

_LONGEST_NAME = 80
_LONGEST_ANCHOR = 200
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
    from reportgen import sandbox

    with sandbox.told(tuple(name for name, _ in changed)):
        return _environment(changed).get_template(template).render(context)


def stylesheet(name: str, changed: tuple[tuple[str, str], ...] = ()) -> str:
    """Return the text of a style sheet, its lines ended by a line feed alone.

    Args:
        name: "report.css" or "print.css".
        changed: As for `render_in_sandbox`.
    """
    return dict(changed).get(name) or (_folder() / name).read_text(encoding="utf-8")


def names() -> tuple[str, ...]:
    """Return the names of all templates and style sheets."""
    files = (path for path in _folder().rglob("*") if path.suffix in {".html", ".css"})
    return tuple(sorted(path.relative_to(_folder()).as_posix() for path in files))


@lru_cache(maxsize=1)
def _folder() -> Path:
    """The templates inside the installed package; else those beside it in the checkout."""
    package = Path(__file__).resolve().parent
    packaged = package / "templates"
    return packaged if packaged.is_dir() else package.parent / "templates"


@lru_cache(maxsize=2)
def _environment(changed: tuple[tuple[str, str], ...] = ()) -> Environment:
    # Commands that only write numbers need no templates, and no program that fills them in.
    from jinja2 import ChoiceLoader, Environment, FileSystemLoader, FunctionLoader, StrictUndefined

    from reportgen import sandbox

    ours, texts = FileSystemLoader(_folder()), dict(changed)
    environment = (sandbox.Sandbox if changed else Environment)(
        autoescape=True,
        undefined=StrictUndefined,
        # A template of the user's is called by its name in errors; ours by its file.
        loader=ChoiceLoader([FunctionLoader(lambda name: (texts[name], name, None) if name in texts else None), ours]),
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
            "number": number,
            "percent": percent,
            "plural": plural,
            "shape": shape,
            "short": short,
            "size": size,
            "unbroken": unbroken,
            "volumes": volumes,
            "words": words,
            "working": working,
        }
    )
    return environment


def _finalize(value: object) -> object:
    """What Jinja does with a value just before it escapes and writes it."""
    # A name of thousands of letters would take the typesetter minutes; a table shows it with its title (`breakable`).
    if hasattr(value, "__html__"):
        return value
    return isolated(_ENDLESS.sub(lambda run: shortened(run.group()), clean(str(value))))


def clean(text: str) -> str:
    r"""Replace characters that no page should hold by U+FFFD.

    These are control characters, noncharacters, lone surrogates, and the controls that make a text run the other way,
    with which one name can be shown as another. Tabs, line feeds and the writing direction of letters stay.

    >>> clean("conv\x1b[31m_\u202egnp.tac")
    'conv�[31m_�gnp.tac'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def isolated(text: str) -> str:
    r"""Enclose what is written from right to left, so that it cannot move the text around it.

    Characters do it (first strong isolate, pop directional isolate: Unicode Standard Annex 9), and not an element, so
    that it holds in titles and text alternatives too. None are left in the text before: `clean` takes them out.

    >>> isolated("class אב, 3")
    'class \u2068אב\u2069, 3'
    """
    return _LEFTWARDS.sub("\u2068\\g<0>\u2069", text)


def number(value: float | None, digits: int = 3) -> str:
    r"""Write a number with its thousands apart.

    Args:
        value: An integer is written in full; None is a dash.
        digits: Significant digits of a number that is no integer. Digits before the point are never rounded away.

    >>> number(1199882), number(-3), number(0.98765), number(1234.56), number(0.5), number(None)
    ('1\u202f199\u202f882', '−3', '0.988', '1\u202f235', '0.5', '–')
    >>> number(0.0000123), number(6.02e23), number(float("nan")), number(float("-inf"))
    ('1.23\u202f×\u202f10⁻⁵', '6.02\u202f×\u202f10²³', 'not a number', '−∞')
    """
    if value is None:
        return _UNKNOWN
    if _is_integer(value):
        return _signed(f"{int(value):,}")
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "∞" if value > 0 else f"{_MINUS}∞"
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if value and not -4 <= power < 15:
        return f"{_signed(_without_zeros(mantissa))}{_THIN}×{_THIN}10{str(power).translate(_SUPERSCRIPTS)}"
    return _signed(_without_zeros(f"{value:,.{max(0, digits - 1 - power)}f}"))


def _is_integer(value: object) -> bool:
    """Whether it is an integer, of Python or of NumPy."""
    return isinstance(value, Integral)


def _signed(digits: str) -> str:
    """Put the typographer's signs in the place of Python's; there is no minus zero."""
    return digits.replace(",", _THIN).replace("-", "" if digits == "-0" else _MINUS)


def _without_zeros(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def short(value: float | None) -> str:
    r"""Write a large number with one decimal and a word; one below 100 000 in full.

    >>> short(11992448), short(3.4e9), short(421642), short(999999), short(18496), short(None)
    ('12.0\xa0million', '3.4\xa0billion', '421.6\xa0thousand', '1.0\xa0million', '18\u202f496', '–')
    """
    if value is None or not math.isfinite(value) or abs(value) < 100_000:
        return number(value)
    scaled, words = value / 1000, ["trillion", "billion", "million"]
    word = "thousand"
    while words and abs(round(scaled, 1)) >= 1000:
        scaled, word = scaled / 1000, words.pop()
    return f"{_signed(f'{scaled:,.1f}')}\u00a0{word}"


def percent(share: float | None, digits: int = 1) -> str:
    r"""Write a share of one as a percentage.

    Args:
        share: 0..1; None is a dash.
        digits: Digits after the point. What would be rounded to all or to nothing, and is neither, is said to be more
            or less than the last step before it.

    >>> percent(0.962), percent(1, digits=0), percent(None)
    ('96.2\u202f%', '100\u202f%', '–')
    >>> percent(0.99968), percent(0.997, digits=0), percent(0.0001), percent(0)
    ('>99.9\u202f%', '>99\u202f%', '<0.1\u202f%', '0.0\u202f%')
    """
    if share is None:
        return _UNKNOWN
    if not math.isfinite(share):
        return number(share)
    written = f"{share * 100:,.{digits}f}"
    bound = ""
    if 0 < share < 1 and float(written.replace(",", "")) in {0.0, 100.0}:
        step = 10.0**-digits
        bound, written = ("<", f"{step:.{digits}f}") if share < 0.5 else (">", f"{100 - step:.{digits}f}")
    return f"{bound}{_signed(written)}{_THIN}%"


def shape(axes: Sequence[int | None] | None) -> str:
    r"""Write the axes of a tensor; an unknown one is a question mark.

    >>> shape((26, 26, 32)), shape((None, 8)), shape(()), shape(None)
    ('26\u202f×\u202f26\u202f×\u202f32', '?\u202f×\u202f8', '–', '?')
    """
    if axes is None:
        return "?"
    return f"{_THIN}×{_THIN}".join("?" if axis is None else number(axis) for axis in axes) or _UNKNOWN


def unbroken(sentence: str) -> str:
    r"""Keep the shapes in a sentence whole at the end of a line.

    >>> unbroken("28 × 28 became 28 × 28 × 1.")
    '28\u202f×\u202f28 became 28\u202f×\u202f28\u202f×\u202f1.'
    """
    return re.sub(r"(?<=\d) × (?=\d)", f"{_THIN}×{_THIN}", sentence)


def size(axes: Sequence[int | None] | None) -> str:
    r"""Write the first two axes of a tensor: height and width of an image or a window.

    >>> size((28, 28, 1)), size((3, 3)), size((7,))
    ('28\u202f×\u202f28', '3\u202f×\u202f3', '7')
    """
    return shape(axes if axes is None else axes[:2])


def memory(count: int | None) -> str:
    r"""Write a number of bytes. The filter is called `bytes`.

    >>> memory(4799528), memory(2048), memory(1), memory(None)
    ('4.6\u202fMiB', '2.0\u202fKiB', '1\u202fbyte', '–')
    """
    if count is None:
        return _UNKNOWN
    if abs(count) < 1024:
        return f"{number(count)}{_THIN}{'byte' if count == 1 else 'bytes'}"
    scaled, units = count / 1024, ["PiB", "TiB", "GiB", "MiB"]
    unit = "KiB"
    while units and round(scaled, 1) >= 1024:
        scaled, unit = scaled / 1024, units.pop()
    return f"{_signed(f'{scaled:,.1f}')}{_THIN}{unit}"


def megabytes(count: int) -> str:
    r"""Write the size of a file as mail programs count it: a megabyte is a million bytes.

    >>> megabytes(3_461_000), megabytes(41_200), megabytes(0)
    ('3.5\u202fMB', '0.041\u202fMB', '0\u202fMB')
    """
    return f"{number(count / 1e6, 2)}{_THIN}MB"


def working(text: str) -> str:
    r"""Put the thousands apart in the long numbers of a calculation, and leave all else as it is.

    >>> working("1179776 + 9216 · 128 / 0.123456")
    '1\u202f179\u202f776 + 9216 · 128 / 0.123456'
    """
    return re.sub(r"(?<![\d.])\d{5,}", lambda run: _signed(f"{int(run.group()):,}"), text)


def plural(count: int, noun: str, nouns: str = "") -> str:
    r"""Write a count and what it counts.

    Args:
        count: How many.
        noun: What, in the singular.
        nouns: The plural, where it does not end in a plain "s".

    >>> plural(1, "map"), plural(0, "map"), plural(1024, "entry", "entries")
    ('1\xa0map', '0\xa0maps', '1\u202f024\xa0entries')
    """
    return f"{number(count)}\u00a0{noun if count == 1 else nouns or noun + 's'}"


def shortened(name: str, limit: int = _LONGEST_NAME) -> str:
    """Leave the middle of a long name out.

    Args:
        name: Any text.
        limit: How many characters it may have, the "…" in its middle counted.

    >>> shortened("block_1_conv_1_relu", 11)
    'block…_relu'
    """
    if len(name) <= limit:
        return name
    half = (limit - 1) // 2
    return f"{name[: limit - 1 - half]}…{name[len(name) - half :]}"


def anchor(name: str) -> str:
    """Turn any name into an id of a-z, 0-9, "-" and "_"; different names give different ids.

    A "/" becomes "--", any other character its number in hexadecimal between two "-". A very long name becomes its
    SHA-256.

    >>> anchor("backbone/conv_1#2"), anchor("Conv-1"), anchor("")
    ('backbone--conv_1-23-2', '-43-onv-2d-1', '-empty')
    """
    # What follows a single "-" is closed by another one, so that neither "-empty" nor "-sha" can come from a name.
    written = re.sub("[^a-z0-9_]", lambda odd: "--" if odd.group() == "/" else f"-{ord(odd.group()):x}-", name)
    if len(written) > _LONGEST_ANCHOR:
        return f"-sha{hashlib.sha256(written.encode('ascii')).hexdigest()}"
    return written or "-empty"


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


def codepoint(character: str) -> str:
    """Write the number of a character.

    >>> codepoint("A"), codepoint("😀")
    ('U+0041', 'U+1F600')
    """
    return f"U+{ord(character):04X}"


def data_uri(data: bytes, media_type: str) -> Markup:
    """Put a file's bytes into an address, so that a page needs no other file.

    >>> str(data_uri(b"GIF89a", "image/gif"))
    'data:image/gif;base64,R0lGODlh'
    """
    # As markup: it holds nothing to escape, and looking at megabytes of it for that takes time.
    return Markup("data:{};base64,{}").format(media_type, Markup(base64.b64encode(data).decode("ascii")))
