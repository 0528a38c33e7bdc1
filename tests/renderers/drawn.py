"""Types -> reports drawn at random, and what JSON keeps of a report, for the tests that write and read them."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import re
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as some

from reportgen.document.report import Figure, Finding, PictureFile, Report, RunFacts, Section
from reportgen.records.model import ModelRecord

# Names as they come: with half a character, a zero, signs that turn or end lines, and as long as nobody writes them.
TEXTS = some.one_of(
    some.text(some.characters(), max_size=6),
    some.sampled_from(
        ["", "conv", 'a"b\\c', "half \ud800", "\x00\x1b[31m", "\u2028\u202egnp", "{{ 7*7 }}", "x" * 5000]
    ),
)
# A whole number may stand where others may, and is written without a point.
NUMBERS = some.one_of(
    some.floats(), some.integers(-3, 3), some.sampled_from([math.nan, math.inf, -0.0, 1.0, 1e-320, 5e-324, 1e22])
)
FIGURES = some.builds(
    Figure,
    name=TEXTS,
    media_type=some.sampled_from(["image/png", "image/svg+xml"]),
    data=some.binary(max_size=8),
    width_px=some.integers(),
    height_px=some.integers(),
    alt=TEXTS.map(lambda text: f"Maps {text}"),
    caption=TEXTS,
    dark_data=some.binary(max_size=8),
)


def values(kind: Any) -> some.SearchStrategy[Any]:
    """Values of a type: of a record, a tuple, one of several types, a word of a few, text, a number or None."""
    plain = {str: TEXTS, int: some.integers(), float: NUMBERS, bool: some.booleans(), type(None): some.none()}
    parts = get_args(kind)
    if kind in plain:
        return plain[kind]
    if kind is Figure:
        return FIGURES
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        return some.builds(kind, **{field.name: values(hints[field.name]) for field in dataclasses.fields(kind)})
    if get_origin(kind) is Literal:
        return some.sampled_from(parts)
    if get_origin(kind) in {Union, types.UnionType}:
        return some.one_of([values(part) for part in parts])
    if get_origin(kind) is tuple and parts[-1] is Ellipsis:
        return some.lists(values(parts[0]), max_size=2).map(tuple)
    if get_origin(kind) is tuple:
        return some.tuples(*(values(part) for part in parts))
    raise TypeError(f"A report holds plain data only, and no {kind}.")


def chapters(contents: Mapping[str, type]) -> some.SearchStrategy[tuple[Section, ...]]:
    """Some of these chapters in any order."""
    each = some.sampled_from(sorted(contents)).flatmap(
        lambda name: some.builds(Section, some.just(name), TEXTS, TEXTS, values(contents[name]))
    )
    return some.lists(each, max_size=2, unique_by=lambda section: section.name).map(tuple)


def reports(sections: some.SearchStrategy[tuple[Section, ...]]) -> some.SearchStrategy[Report]:
    """Reports with these chapters."""
    return some.builds(
        Report,
        title=TEXTS,
        subject=TEXTS,
        model=values(ModelRecord),
        run=values(RunFacts),
        findings=values(tuple[Finding, ...]),
        sections=sections,
    )


def differences(written: Any, found: Any, place: str = "report") -> list[str]:
    """Return where what was read is not what JSON keeps of what was written, types included."""
    if isinstance(written, Figure):
        described = PictureFile(len(written.data), hashlib.sha256(written.data).hexdigest())
        kept = dataclasses.replace(written, data=b"", dark_data=b"", left_out=written.left_out or described)
        return _records(kept, found, place)
    if dataclasses.is_dataclass(written):
        return _records(written, found, place)
    if isinstance(written, tuple):
        if type(found) is not tuple or len(written) != len(found):
            return [f"{place}: {found!r} instead of {written!r}"]
        pairs = enumerate(zip(written, found, strict=True))
        return [each for index, pair in pairs for each in differences(*pair, f"{place}[{index}]")]
    if isinstance(written, float) and not math.isfinite(written):
        same = found is None or (isinstance(found, float) and math.isnan(found))
    elif isinstance(written, str):
        same = found == re.sub("[\ud800-\udfff]", "\ufffd", written)
    else:
        same = type(found) is type(written) and repr(found) == repr(written)
    return [] if same else [f"{place}: {found!r} instead of {written!r}"]


def _records(written: Any, found: Any, place: str) -> list[str]:
    if type(found) is not type(written):
        return [f"{place}: a {type(found).__name__} instead of a {type(written).__name__}"]
    names = [field.name for field in dataclasses.fields(written)]
    return [
        each for name in names for each in differences(getattr(written, name), getattr(found, name), f"{place}.{name}")
    ]
