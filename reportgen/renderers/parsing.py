"""JSON -> the report that it was written from, without what JSON leaves out: the inverse of `json`.

pydantic builds the records from their types; what it would take besides is turned off: every key has to be there and no
other, and nothing is converted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, SchemaValidator, core_schema, from_json

from reportgen.document.report import Figure, Finding, Part, PictureFile, Report, RunFacts, Section
from reportgen.errors import RenderError
from reportgen.records.model import ModelRecord
from reportgen.renderers.json import SCHEMA_NAME

_KEYS = ("schema", "title", "subject", "model", "run", "findings", "sections")
_ADVICE = "Give a report.json as this version of reportgen wrote it, or make the report again."
# What pydantic calls a mistake -> what was expected, in JSON's words rather than Python's.
_WORDS = {
    "bool_type": "true or false", "dataclass_type": "an object", "dict_type": "an object", "int_type": "a whole number",
    "string_type": "text", "tuple_type": "a list",
}  # fmt: skip
_LONGEST_VALUE = 60
_MOST_MISTAKES = 20

# What `json` writes of a picture. The picture itself is not there.
_FIGURE: Mapping[str, type] = {
    "name": str, "media_type": str, "width_px": int, "height_px": int, "caption": str, "alt": str, "size_bytes": int,
    "sha256": str,
}  # fmt: skip


def parse(data: bytes, contents: Mapping[str, type], name: str = "The JSON") -> Report:
    """Return the report that JSON was written from.

    Equal to it, but for what JSON leaves out:

    - a picture has no bytes, and says in `left_out` how large its file is and what its hash;
    - NaN and infinity, which are written as null, are NaN, or None where a number may be missing;
    - `fonts`, `templates` and `scores` are (), `max_size_bytes` is 0, `pdf_annexes` is ("all",), `verdict_code`
      is 0;
    - half a character, which UTF-8 cannot hold, is U+FFFD.

    Written again, it gives the same bytes.

    Args:
        data: What `json.render` returned.
        contents: For each section, by name, the dataclass of its content.
        name: What the JSON is called in a message.

    Raises:
        RenderError: It is no JSON, or not that of a report in this version of the format.
    """
    plain = _document(data, name)
    sections = plain["sections"]
    if not isinstance(sections, dict):
        _refuse(name, f"has {_in_quotes(sections)} at sections", "chapters by name")
    unknown = next((each for each in sections if each not in contents), None)
    if unknown is not None:
        _refuse(name, f"has a chapter {_in_quotes(unknown)}", f"chapters among {', '.join(contents)}")
    return Report(
        title=_built(str, plain, ("title",), name),
        subject=_built(str, plain, ("subject",), name),
        model=_built(ModelRecord, plain, ("model",), name),
        run=_built(RunFacts, plain, ("run",), name),
        findings=_built(tuple[Finding, ...], plain, ("findings",), name),
        sections=tuple(_section(each, contents[each], plain, name) for each in sections),
    )


def _document(data: bytes, name: str) -> dict[str, Any]:
    """The JSON as Python's own records, if it is a report in this version of the format."""
    try:
        plain = from_json(data, allow_inf_nan=False)
    except ValueError as error:
        # Also raised for what is nested too deeply and for numbers with too many digits.
        _refuse(name, f"cannot be read as JSON ({error})", "the whole file", error)
    if not isinstance(plain, dict):
        _refuse(name, f"holds {_in_quotes(plain)}", "an object with the key 'schema'")
    if plain.get("schema") != SCHEMA_NAME:
        came = f"has the format {_in_quotes(plain['schema'])}" if "schema" in plain else "does not name its format"
        _refuse(name, came, f"a report in the format {SCHEMA_NAME!r}")
    missing = [key for key in _KEYS if key not in plain]
    if missing:
        _refuse(name, f"has no {missing[0]!r}", f"the keys {', '.join(_KEYS)}")
    unknown = [key for key in plain if key not in _KEYS]
    if unknown:
        _refuse(name, f"has a key {_in_quotes(unknown[0])}", f"the keys {', '.join(_KEYS)}")
    return plain


def _section(key: str, content: type, plain: dict[str, Any], name: str) -> Section:
    place = ("sections", key)
    parts = plain["sections"][key]
    keys = ("title", "part", "headline", "answer", "content")
    if not isinstance(parts, dict) or set(parts) != set(keys):
        _refuse(
            name, f"has {_in_quotes(parts)} at sections.{key}", f"one with the keys {', '.join(keys)}, and no other"
        )
    return Section(
        name=key,
        title=_built(str, plain, (*place, "title"), name),
        answer=_built(str, plain, (*place, "answer"), name),
        content=_built(content, plain, (*place, "content"), name),
        headline=_built(str, plain, (*place, "headline"), name),
        part=_built(Part, plain, (*place, "part"), name),
    )


def _built(kind: Any, plain: dict[str, Any], place: tuple[str, ...], name: str) -> Any:
    """What stands at a place of the document, as a value of its type."""
    value: Any = plain
    for key in place:
        value = value[key]
    try:
        return _validator(kind).validate_python(value)
    except ValidationError as error:
        mistakes = error.errors(include_url=False, include_input=False)[:_MOST_MISTAKES]
        _refuse(name, *_mistake(mistakes, place, value), error)


def _mistake(mistakes: Sequence[ErrorDetails], place: Sequence[str], value: Any) -> tuple[str, str]:
    """What came and what was expected at the place of the first mistake."""
    places = [_place_of_mistake(place, each["loc"], value) for each in mistakes]
    where, found = places[0]
    kind, key = mistakes[0]["type"], mistakes[0]["loc"][-1:]
    if kind in {"missing", "missing_argument"}:
        return f"lacks {key[0]!r} at {where}", "all keys of the format, and all entries"
    if kind in {"unexpected_keyword_argument", "extra_forbidden"}:
        return f"has an unknown key at {where}", "no keys but those of the format"
    # Where several types are possible, pydantic has a mistake for each.
    words = [_expected(each) for each, (other, _) in zip(mistakes, places, strict=True) if other == where]
    return f"has {_in_quotes(found)} at {where}", " or ".join(dict.fromkeys(words))


def _place_of_mistake(place: Sequence[str], location: Sequence[int | str], value: Any) -> tuple[str, Any]:
    """The place of a mistake in the words of the JSON, and what stands there."""
    where = ".".join(place)
    for key in location:
        # pydantic also names the alternatives that it tried, which are no places.
        if isinstance(value, dict) and key in value:
            where, value = f"{where}.{_cut_short(str(key))}", value[key]
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            where, value = f"{where}[{key}]", value[key]
    return where, value


def _expected(mistake: ErrorDetails) -> str:
    kind = mistake["type"]
    if kind == "too_long":
        return f"a list of at most {mistake['ctx']['max_length']}"
    return _WORDS.get(kind, mistake["msg"].removeprefix("Input should be ").removeprefix("Value error, "))


def _in_quotes(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return _cut_short(repr(value))


def _cut_short(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def _refuse(name: str, came: str, expected: str, error: Exception | None = None) -> NoReturn:
    raise RenderError(f"{name} {came}. Expected {expected}. {_ADVICE}") from error


@cache
def _validator(kind: Any) -> SchemaValidator:
    return SchemaValidator(_strict(TypeAdapter(kind).core_schema))


def _strict(schema: Any) -> Any:
    """A schema of pydantic's that takes what `json` writes, and nothing else."""
    if isinstance(schema, list):
        return [_strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if kind == "float":
        return core_schema.no_info_plain_validator_function(_number)
    if kind == "dataclass" and schema["cls"] is Figure:
        return _figure_schema(schema.get("ref"))
    if kind == "default":
        # `json` leaves no key out.
        return _strict(schema["schema"])
    inner = {key: each if key in {"metadata", "serialization"} else _strict(each) for key, each in schema.items()}
    if kind in {"int", "str", "bool"}:
        inner["strict"] = True
    elif kind == "dataclass-args":
        inner["extra_behavior"] = "forbid"
    elif kind == "tuple":
        # One mistake is told, so that it is no use to look for a million.
        inner["fail_fast"] = True
    return inner


def _number(value: object) -> float:
    """A number as it stands there: a whole one stays whole, so that it is written as before; null is NaN."""
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("a number or null")
    return value


def _figure_schema(reference: str | None) -> core_schema.CoreSchema:
    fields = {
        key: core_schema.typed_dict_field(_strict(TypeAdapter(kind).core_schema)) for key, kind in _FIGURE.items()
    }
    described = core_schema.typed_dict_schema(fields, extra_behavior="forbid")
    return core_schema.no_info_after_validator_function(_figure, described, ref=reference)


def _figure(parts: dict[str, Any]) -> Figure:
    if not parts["alt"].strip():
        raise ValueError("a picture with a text alternative")
    left_out = PictureFile(parts.pop("size_bytes"), parts.pop("sha256"))
    return Figure(data=b"", left_out=left_out, **parts)
