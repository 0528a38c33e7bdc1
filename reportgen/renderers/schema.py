"""The types of a report -> the JSON Schema of its JSON. The only renderer that needs pydantic.

Run when the package is developed, not when it is used: the result is published as `schema.json`.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from reportgen.document.report import Figure, Finding, Part, Report, RunFacts, Section
from reportgen.records.model import ModelRecord
from reportgen.renderers.json import SCHEMA_NAME

Schema = dict[str, Any]

_FIGURE = {
    "name": ("string", "Stable id, also its anchor in the page."),
    "media_type": ("string", 'Kind of picture: "image/png", "image/jpeg" or "image/svg+xml".'),
    "width_px": ("integer", "Width, pixels."),
    "height_px": ("integer", "Height, pixels."),
    "caption": ("string", "What it shows, which sample, which layer, which scale, what to notice."),
    "alt": ("string", "What it shows, for someone who cannot see it."),
    "size_bytes": ("integer", "Size of the picture's file, bytes."),
    "sha256": ("string", "Hash of the picture's file."),
}


def schema(contents: Mapping[str, type]) -> Schema:
    """Return the JSON Schema (2020-12) of a report.

    Args:
        contents: For each section, by name, the dataclass of its content.
    """
    parts: dict[str, Any] = {"model": ModelRecord, "run": RunFacts, "findings": tuple[Finding, ...], **_keyed(contents)}
    schemas, definitions = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(part)) for name, part in parts.items()],
        schema_generator=_Generator,
    )
    by_name = {str(name): each for (name, _), each in schemas.items()}
    properties = {
        "schema": {"const": SCHEMA_NAME, "description": "Name and version of this format."},
        **{name: {"type": "string", "description": _fields(Report)[name]} for name in ("title", "subject")},
        **{name: {**by_name[name], "description": _fields(Report)[name]} for name in ("model", "run", "findings")},
        "sections": {
            **_object({name: _section(by_name[key]) for name, key in zip(contents, _keyed(contents), strict=True)}),
            "required": [],
            "description": _fields(Report)["sections"],
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The JSON file of a reportgen report",
        **_object(properties),
        "$defs": definitions.get("$defs", {}),
    }


def _keyed(contents: Mapping[str, type]) -> dict[str, type]:
    """The sections under keys that nothing else has."""
    return {f"sections.{name}": content for name, content in contents.items()}


def _section(content: Schema) -> Schema:
    told = _fields(Section)
    return _object(
        {
            "title": {"type": "string", "description": told["title"]},
            "part": {"enum": list(get_args(Part)), "description": told["part"]},
            "headline": {"type": "string", "description": told["headline"]},
            "answer": {"type": "string", "description": told["answer"]},
            "content": content,
        }
    )


def _object(properties: Schema) -> Schema:
    """An object that has these keys, all of them and no others."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


class _Generator(GenerateJsonSchema):
    """Knows how `json` writes pictures, numbers that are no numbers, and what the docstrings say."""

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Describe a record: all of its keys are there, and no others."""
        kind = schema["cls"]
        if kind is Figure:
            written = _object({name: {"type": type_, "description": told} for name, (type_, told) in _FIGURE.items()})
        else:
            written = super().dataclass_schema(schema)
            told = _fields(kind)
            properties = {
                name: {**each, "description": told[name]} if name in told else each
                for name, each in written["properties"].items()
            }
            written = {**written, **_object(_without_titles_and_defaults(properties))}
        return {**written, "title": kind.__name__, "description": _summary(kind)}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """Describe a number: NaN and infinity are written as null."""
        return {"type": ["number", "null"]}


def _without_titles_and_defaults(properties: Schema) -> Schema:
    """A key's title only repeats it, and a key is never left out, so that its default says nothing."""
    return {
        name: {key: each for key, each in property_.items() if key not in ("title", "default")}
        for name, property_ in properties.items()
    }


def _summary(kind: type) -> str:
    """The first paragraph of a docstring."""
    return " ".join(inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split())


def _fields(kind: type) -> dict[str, str]:
    """What the docstrings of a record and of those that it builds on say about each attribute."""
    names = "|".join(field.name for field in dataclasses.fields(kind))
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        _, _, told = inspect.cleandoc(each.__doc__ or "").partition("\nAttributes:\n")
        pieces = re.split(rf"^    ({names}): ", told.split("\n\n")[0], flags=re.MULTILINE)
        found |= {name: " ".join(text.split()) for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    return found
