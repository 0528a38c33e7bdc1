"""Probes that pass over all images -> the passes that are made for them; one that serves several is made once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reportgen import registry
from reportgen.models.blocks import Pass, passed
from reportgen.models.subject import Subject
from reportgen.options import Options
from reportgen.progress import Progress


def of_probes(subject: Subject, names: Iterable[str], options: Options) -> dict[str, Pass]:
    """Return the pass of each probe that has one, not made yet; errors as the probes' `passes`."""
    found = {}
    for name in names:
        module = registry.load("probes", name)
        passing = module.passes(subject, options) if hasattr(module, "passes") else None
        if passing is not None:
            found[name] = passing
    return found


def to_make(own: Mapping[str, Pass]) -> dict[str, Pass]:
    """Return the passes to make so that those of some probes have been made, by their names."""
    found = dict(own)
    for name in own:
        module = registry.load("probes", name)
        found = module.together(found) if hasattr(module, "together") else found
    return found


def made(subject: Subject, names: Iterable[str], options: Options, progress: Progress) -> dict[str, Pass]:
    """Make the passes of some probes, or put together what other processes collected; errors as the probes' `run`.

    Returns:
        The pass of each probe that has one.
    """
    own = of_probes(subject, names, options)
    for name, passing in to_make(own).items():
        passed(passing, subject.collected.get(name), progress)
    return own
