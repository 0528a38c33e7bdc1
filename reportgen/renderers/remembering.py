"""A line of text that is asked for again -> the answer that was given before.

WeasyPrint sets a block several times: columns until they are level, a page until the numbers of pages in it are right,
a cell of a table for its narrowest, its widest and its own width. Each time it asks Pango to break the same text in the
same style at the same width; of a page in columns, that was most of its time.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def lines(*modules: ModuleType) -> Iterator[None]:
    """Let each text be broken once at each width, and each style be asked once for the height of its lines.

    A style is known by its place in memory, and kept, so that no other can take that place. WeasyPrint changes nothing
    in it that a line depends on, once there are lines.

    Args:
        *modules: Modules of WeasyPrint that ask for lines. A function that one does not have is not remembered there.
    """
    asked = {"split_first_line": _remembered_lines, "strut": _remembered_heights}
    functions = [(module, name) for name in asked for module in modules if hasattr(module, name)]
    true = [getattr(module, name) for module, name in functions]
    shared = {(name, function): asked[name](function) for (_, name), function in zip(functions, true, strict=True)}
    for (module, name), function in zip(functions, true, strict=True):
        setattr(module, name, shared[name, function])
    try:
        yield
    finally:
        for (module, name), function in zip(functions, true, strict=True):
            setattr(module, name, function)


@contextmanager
def targets(collector: type) -> Iterator[None]:
    """Let a page be set again where a reference on it has changed, and not because all pages are counted now.

    WeasyPrint first numbers the pages and then knows how many there are, which it takes for a change of every target:
    each page with a reference was set a third time. No reference can ask for that number: WeasyPrint 70 stops there.

    Args:
        collector: WeasyPrint's class that knows on which page each target is. One that is built otherwise stays so.
    """
    true: Callable[..., Any] | None = getattr(collector, "cache_target_page_counters", None)
    if true is None:
        yield
        return

    def cache_target_page_counters(self: Any, name: str, counters: dict[str, Any], *place: Any) -> Any:
        item = self.target_lookup_items.get(name)
        known = item and item.cached_page_counter_values
        if known and {**known, "pages": 0} == {**counters, "pages": 0}:
            item.cached_page_counter_values = copy.deepcopy(counters)
        return true(self, name, counters, *place)

    collector.cache_target_page_counters = cache_target_page_counters  # type: ignore[attr-defined]
    try:
        yield
    finally:
        collector.cache_target_page_counters = true  # type: ignore[attr-defined]


def _remembered_lines(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[tuple[object, ...], tuple[Any, Any]] = {}

    def split_first_line(text: str, style: Any, context: Any, *width: Any, **minimum: Any) -> Any:
        key = (text, id(style), width, *minimum.items())
        found = known.get(key)
        if found is None:
            found = known[key] = style, ask(text, style, context, *width, **minimum)
        layout, *metrics = found[1]
        # Whoever draws a line may put dots at its end. This is `copy.copy`, four times as fast.
        twin = object.__new__(type(layout))
        twin.__dict__.update(layout.__dict__)
        return (twin, *metrics)

    return split_first_line


def _remembered_heights(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[int, tuple[Any, Any]] = {}

    def strut(style: Any) -> Any:
        found = known.get(id(style))
        if found is None:
            found = known[id(style)] = style, ask(style)
        return found[1]

    return strut
