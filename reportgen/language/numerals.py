"""Numbers -> words, the same in every report: thousands apart, typographer's signs, a dash for the unknown."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from numbers import Integral

_THIN = "\u202f"  # narrow no-break space
_MINUS = "\u2212"
_UNKNOWN = "–"
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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


def signed(value: float) -> str:
    r"""Write what is added or taken away, with its sign and the same decimals below each other.

    >>> signed(2.149), signed(-0.5), signed(0.004), signed(0.0), signed(1234.5)
    ('+2.15', '−0.50', '+0.004', '0.00', '+1\u202f234')
    """
    size = abs(value)
    if not math.isfinite(value) or 0 < size < 0.005 or size >= 1000:
        return number(value, 1 if 0 < size < 0.005 else 4) if value < 0 else f"+{number(value, 1 if size < 1 else 4)}"
    return f"{'+' if value > 0 else _MINUS if value < 0 else ''}{size:.2f}"


def alike(value: float, largest: float) -> str:
    r"""Write a part of a sum, or the whole, with as many decimals as its largest number asks for.

    Args:
        value: What is written.
        largest: The largest number of the sum: two decimals from 1 on, three digits of a smaller one.

    >>> alike(24.85, 25.705), alike(0.855, 25.705), alike(25.705, 25.705), alike(0.0151, 0.0742), alike(-0.003, 4.0)
    ('24.85', '0.85', '25.70', '0.0151', '0.00')
    >>> alike(1234.5, 2000.0), alike(float("nan"), 1.0)
    ('1\u202f234.5', 'not a number')
    """
    size = abs(largest)
    if not (math.isfinite(value) and math.isfinite(size)):
        return number(value)
    power = math.floor(math.log10(size)) if size else 0
    if size and not -4 <= power < 15:
        return number(value)
    digits = 2 - power if power < 0 else 2 if power < 3 else 1
    written = f"{value:,.{digits}f}"
    return _signed(written if float(written.replace(",", "")) else f"{0:.{digits}f}")


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


def decimal(value: float | None) -> str:
    """Write a correlation or the like, with two decimals; "–" where it is not known.

    >>> decimal(-0.254), decimal(1), decimal(None)
    ('−0.25', '1.00', '–')
    """
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


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


def p_value(value: float, trials: int) -> str:
    r"""Write how likely chance is, with the sign in front: one that no trial but the given one reached is a bound.

    Args:
        value: 0..1.
        trials: How many trials by chance it was counted over, the given one not among them; 0 where it was not counted.

    >>> p_value(0.001, 999), p_value(0.025, 999), p_value(0.00021, 0), p_value(1.0, 19)
    ('p ≤ 0.001', 'p = 0.025', 'p = 0.00021', 'p = 1')
    """
    sign = "≤" if trials and value * (trials + 1) < 1.5 else "="
    return f"p{_THIN}{sign}{_THIN}{number(value, 2)}"


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


def times(count: int) -> str:
    r"""Write how often something happened.

    >>> times(1), times(2), times(1200)
    ('once', 'twice', '1\u202f200\xa0times')
    """
    return {1: "once", 2: "twice"}.get(count) or plural(count, "time")
