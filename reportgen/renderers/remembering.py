"""What WeasyPrint asks for again -> the answer that was given before.

WeasyPrint sets a block several times: columns until they are level, a page until the numbers of pages in it are right,
a cell of a table for its narrowest, its widest and its own width. Each time it works out the same lengths of the same
style, and asks Pango to break the same text in the same style at the same width; of a page in columns, that was most
of its time.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

_LINE_BOX = (
    *("context", "linebox", "position_y", "bottom_space", "skip_stack", "containing_block"),
    *("absolute_boxes", "fixed_boxes", "first_letter_style", "first_line_style"),
)

_COLUMN = (
    *("context", "box", "bottom_space", "skip_stack", "containing_block", "page_is_empty", "absolute_boxes"),
    *("fixed_boxes", "adjoining_margins", "first_letter_style", "first_line_style", "discard", "max_lines"),
)


@contextmanager
def lines(*modules: ModuleType) -> Iterator[None]:
    """Let each text be broken once at each width, and each style be asked once for its font and its lines' height.

    A style is known by its place in memory, and kept, so that no other can take that place. WeasyPrint changes nothing
    in it that a line depends on, once there are lines.

    Args:
        *modules: Modules of WeasyPrint that ask for lines. A function that one does not have is not remembered there.
    """
    makers = {
        "split_first_line": _remembered_lines,
        "strut": _remembered_styles,
        "get_font_description": _remembered_styles,
        "get_next_linebox": _remembered_boxes,
    }
    with _instead(modules, **makers):
        yield


@contextmanager
def lengths(*modules: ModuleType) -> Iterator[None]:
    """Let each style be asked once for its margins, borders, widths and heights inside blocks of one size.

    Args:
        *modules: Modules of WeasyPrint that ask for lengths. One that does so otherwise stays as it is.
    """
    with _instead(modules, resolve_percentages=_remembered_lengths):
        yield


@contextmanager
def columns(blocks: ModuleType) -> Iterator[None]:
    """Take a column as it was measured last, where it is set at the height that was found.

    Args:
        blocks: WeasyPrint's module that sets blocks. One that is built otherwise stays so.
    """
    around, ask = (getattr(blocks, name, None) for name in ("columns_layout", "block_box_layout"))
    if around is None or ask is None or not _takes(ask, *_COLUMN):
        yield
        return
    measured: list[dict[tuple[object, ...], Any]] = []

    def columns_layout(*given: Any, **named: Any) -> Any:
        measured.append({})
        try:
            return around(*given, **named)
        finally:
            measured.pop()

    def block_box_layout(context: Any, box: Any, bottom: float, resumed: Any, *more: Any, **named: Any) -> Any:
        if not box.is_column or context.footnotes or any(more[5:7]):
            return ask(context, box, bottom, resumed, *more, **named)
        # Heights are worked out again with other rounding. Without margins before it, a column is set for good.
        key = (*map(id, box.children), box.width, box.position_y, round(bottom, 6), str(resumed), bool(more[1]))
        found = measured[-1].pop(key, None)
        if found is None or more[4] is not None:
            found = ask(context, box, bottom, resumed, *more, **named)
            if more[4] is not None and not any(more[2:4]) and found[0] is not None:
                measured[-1][key] = found
        elif all(map(_is_copied, found[0].descendants(placeholders=True))):
            found[0].translate(box.position_x - found[0].position_x)
        else:
            found = ask(context, box, bottom, resumed, *more, **named)
        return found

    with _instead((blocks,), columns_layout=lambda _: columns_layout, block_box_layout=lambda _: block_box_layout):
        yield


def _is_copied(box: Any) -> bool:
    """Whether a box is made anew whenever it is set: a picture is one and the same, and may have been moved since."""
    kinds = {kind.__name__ for kind in type(box).__mro__}
    return not kinds & {"ReplacedBox", "AbsolutePlaceholder"} and box.is_in_normal_flow()


@contextmanager
def patterns(streams: ModuleType) -> Iterator[None]:
    """Let a pattern for letters up to certain others be made once.

    tinyhtml5 2.1 stores each where it never looks again, and makes it anew for every piece of a page.

    Args:
        streams: tinyhtml5's module that reads a page. One that is built otherwise stays so.
    """
    kept = getattr(streams, "characters_until_regex", None)
    if not isinstance(kept, dict):
        yield
        return
    streams.__dict__["characters_until_regex"] = _Patterns()
    try:
        yield
    finally:
        streams.__dict__["characters_until_regex"] = kept


class _Patterns(dict[tuple[Iterable[str], bool], re.Pattern[str]]):
    """(letters, whether to go on over them, and not up to them) -> the pattern that is asked for."""

    def __missing__(self, wanted: tuple[Iterable[str], bool]) -> re.Pattern[str]:
        letters, over = wanted
        among = "".join(f"\\x{ord(letter):02x}" for letter in letters)
        found = self[wanted] = re.compile(f"[{among}]+" if over else f"[^{among}]+")
        return found


@contextmanager
def _instead(modules: tuple[ModuleType, ...], **makers: Callable[..., Any]) -> Iterator[None]:
    """Put what a maker makes of it in the place of each function, one for all modules that have the same."""
    functions = [(module, name) for name in makers for module in modules if hasattr(module, name)]
    true = [getattr(module, name) for module, name in functions]
    shared = {(name, function): makers[name](function) for (_, name), function in zip(functions, true, strict=True)}
    for (module, name), function in zip(functions, true, strict=True):
        setattr(module, name, shared[name, function])
    try:
        yield
    finally:
        for (module, name), function in zip(functions, true, strict=True):
            setattr(module, name, function)


def _takes(function: Callable[..., Any], *names: str) -> bool:
    return tuple(inspect.signature(function).parameters) == names


@contextmanager
def references(pages: ModuleType) -> Iterator[None]:
    """Write the numbers of pages into a page before it is set again, and not after.

    WeasyPrint sets all pages, and those with references again, with the numbers that it knew the first time; then it
    writes the right ones, and sets these pages a third time.

    Args:
        pages: WeasyPrint's module that makes pages. One that is built otherwise stays so.
    """
    make: Callable[..., Any] | None = getattr(pages, "make_page", None)
    if make is None:
        yield
        return

    def make_page(context: Any, root: Any, kind: Any, resumed: Any, number: int, state: Any, *more: Any) -> Any:
        for reference in context.target_collector.counter_lookup_items.values():
            counters = reference.cached_page_counter_values
            if counters and reference.page_maker_index == number - 1 and "pages" not in reference.missing_counters:
                counters["pages"] = list(state[1]["pages"])
                reference.parse_again(counters)
        return make(context, root, kind, resumed, number, state, *more)

    pages.__dict__["make_page"] = make_page
    try:
        yield
    finally:
        pages.__dict__["make_page"] = make


def _remembered_lines(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[tuple[object, ...], tuple[Any, Any]] = {}

    def split_first_line(text: str, style: Any, context: Any, *width: Any, **minimum: Any) -> Any:
        key = (text, id(style), width, *minimum.items())
        found = known.get(key)
        if found is None:
            found = known[key] = style, ask(text, style, context, *width, **minimum)
        layout, *metrics = found[1]
        # Whoever draws a line may put dots at its end.
        return (_twin(layout), *metrics)

    return split_first_line


def _remembered_boxes(ask: Callable[..., Any]) -> Callable[..., Any]:
    """A line with all boxes in it, moved to where it is asked for."""
    known: dict[tuple[object, ...], tuple[Any, Any, Any, Any]] = {}
    plain: dict[int, tuple[Any, bool]] = {}
    if not _takes(ask, *_LINE_BOX):
        return ask

    def get_next_linebox(context: Any, source: Any, y: float, bottom: Any, resumed: Any, block: Any, *more: Any) -> Any:
        if any(more[2:]):
            # For a first letter of another style, what the lines are made of is changed.
            plain[id(source)] = source, False
        elif id(source) not in plain:
            plain[id(source)] = source, all(map(_is_plain, source.descendants(placeholders=True)))
        if not plain[id(source)][1] or context.excluded_shapes:
            return ask(context, source, y, bottom, resumed, block, *more)
        x = block.content_box_x()
        key = (id(source), str(resumed), source.text_indent, block.width)
        found = known.get(key)
        if found is None:
            line, resume = ask(context, source, y, bottom, resumed, block, *more)
            if line is not None:
                known[key] = _moved(line, 0, 0), resume, x, line.position_y
            return line, resume
        line = _moved(found[0], x - found[2], y - found[3])
        line.position_y = y
        return line, found[1]

    return get_next_linebox


def _is_plain(box: Any) -> bool:
    """Whether a box in a line is text that stays as it is: in `::before` and others, numbers of pages may change."""
    kind = type(box).__name__ in {"LineBox", "InlineBox", "TextBox"} and box.is_in_normal_flow()
    return kind and "::" not in (box.element_tag or "::") and box.missing_link is None


def _moved(box: Any, right: float, down: float) -> Any:
    """A copy of a box, and of all in it, elsewhere."""
    twin = _twin(box)
    twin.position_x += right
    twin.position_y += down
    if "pango_layout" in vars(twin):
        twin.pango_layout = _twin(twin.pango_layout)
    twin.children = [_moved(child, right, down) for child in box.children]
    return twin


def _twin(known: Any) -> Any:
    """A copy: as `copy.copy` makes it, in a quarter of the time."""
    twin = object.__new__(type(known))
    vars(twin).update(vars(known))
    return twin


def _remembered_styles(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[int, tuple[Any, Any]] = {}

    def answer(style: Any) -> Any:
        found = known.get(id(style))
        if found is None:
            found = known[id(style)] = style, ask(style)
        return found[1]

    return answer


def _remembered_lengths(ask: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[tuple[object, ...], tuple[Any, dict[str, Any]]] = {}
    if not _takes(ask, "box", "containing_block"):
        return ask

    def resolve_percentages(box: Any, containing_block: Any) -> None:
        style = box.style
        size = containing_block if isinstance(containing_block, tuple) else _size(containing_block)
        key = (id(style), type(box), size)
        found = known.get(key)
        if found is None:
            # Borders of cells that share them are known to each box alone.
            if style["border_collapse"] == "collapse":
                ask(box, containing_block)
                return
            blank = object.__new__(type(box))
            blank.style = style
            ask(blank, containing_block)
            found = known[key] = vars(blank).pop("style"), vars(blank)
        vars(box).update(found[1])

    return resolve_percentages


def _size(block: Any) -> tuple[Any, Any]:
    return block.width, block.height
