"""A subject and the names of probes -> what they saw. Each runs once, after those that it needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields, replace
from types import ModuleType
from typing import Any

from reportgen import registry
from reportgen.evidence import Evidence
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.progress import Progress


def needed_by(chapters: Iterable[str]) -> tuple[str, ...]:
    """Return the probes that some chapters read from, and those that these need, in the order in which they run.

    It is the order of their names, but for those that another one needs, which come before it.
    """
    wanted = {need for name in chapters for need in registry.load("sections", name).NEEDS}
    ordered: dict[str, None] = {}
    for name in registry.names("probes"):
        if name in wanted:
            _add(name, ordered)
    return tuple(ordered)


def _add(name: str, ordered: dict[str, None]) -> None:
    for need in registry.load("probes", name).NEEDS:
        _add(need, ordered)
    ordered.setdefault(name)


def probe(subject: Subject, chapters: Iterable[str], options: Options, progress: Progress) -> dict[str, Any]:
    """Run each probe that some chapters need, once.

    Returns:
        The fields of `Evidence` that hold what the probes saw.
    """
    results: dict[str, Any] = {}
    for name in needed_by(chapters):
        module = registry.load("probes", name)
        results[name] = module.run(replace(subject, earlier=results), options, progress)
        subject = _left(module, subject, results[name])
    known = {field.name for field in fields(Evidence)}
    further = {name: result for name, result in results.items() if name not in known}
    return {name: result for name, result in results.items() if name in known} | {"further": further}


def _left(module: ModuleType, subject: Subject, result: Any) -> Subject:
    """The subject as a probe leaves it to those after it."""
    left: Subject = module.leave(subject, result) if hasattr(module, "leave") else subject
    return left
