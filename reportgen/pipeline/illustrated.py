"""What a `report.json` says, and a report of the same with pictures -> that report with the words of the file.

So it can be seen on another machine, too, whether a page or a PDF says what its `report.json` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from reportgen.document.report import Figure, Report
from reportgen.pipeline.read import contents
from reportgen.renderers import parsing


def illustrated(data: bytes, again: Report, name: str) -> Report:
    """Return the report that a file describes, with pictures that were made again.

    Args:
        data: The bytes of `report.json`.
        again: The same report, made again; what a JSON leaves out comes from it.
        name: What the file is called in messages.

    Raises:
        RenderError: The file is no report.
    """
    found = parsing.parse(data, contents(), name)
    pictures = {figure.name: figure for figure in _figures(again.sections)}
    return replace(
        again,
        title=found.title,
        subject=found.subject,
        model=found.model,
        run=found.run,
        findings=found.findings,
        sections=_with(found.sections, pictures),
        made=(),
    )


def _figures(value: object) -> Iterator[Figure]:
    if isinstance(value, Figure):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _figures(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _figures(getattr(value, field.name))


def _with(value: Any, pictures: Mapping[str, Figure]) -> Any:
    """The same with the bytes of its pictures."""
    if isinstance(value, Figure):
        made = pictures.get(value.name)
        return value if made is None else replace(value, data=made.data, dark_data=made.dark_data, left_out=None)
    if isinstance(value, tuple):
        return tuple(_with(each, pictures) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _with(getattr(value, each.name), pictures) for each in fields(value)})
    return value
