"""A template of someone else's -> text, and nothing but text: no code, no file, no way out.

Jinja's immutable sandbox keeps templates from names with underscores and from changing what they are given. Here they
also get at nothing but plain data: fields and properties of records, texts, numbers and lists; no method of a record,
no module, no function of ours but the filters. What is random is taken away, so that a report stays the same every
time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import FunctionType

from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError, Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from reportgen.errors import RenderError

_PLAIN = (str, int, float, bytes, tuple, list, dict)
_OF_JINJA = (LoopContext, Macro, TemplateModule, TemplateReference, Cycler, Joiner, Namespace, Undefined)
# What a mistake in a template, or an attack, ends in, besides Jinja's own errors.
_MISTAKES = (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
_EXPECTED = "Expected a template that shows the report's plain data. Fix it, or take it out of the folder."


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for templates that nobody here wrote."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        del self.globals["lipsum"], self.filters["random"]

    def is_safe_attribute(self, obj: object, attr: str, value: object) -> bool:
        """Whether a template may read something of an object: of a record, its fields and properties alone."""
        if is_dataclass(obj) and not isinstance(obj, type):
            return attr in _readable(type(obj)) or _is_of_a_page(type(obj), attr)
        return isinstance(obj, (*_PLAIN, *_OF_JINJA)) and super().is_safe_attribute(obj, attr, value)


def _is_of_a_page(kind: type, attr: str) -> bool:
    """Whether a method only says where something lies on a page, or how it is written: those of chapters do no more."""
    own = kind.__module__.startswith(("reportgen.sections.", "reportgen.document."))
    return own and not attr.startswith("_") and isinstance(vars(kind).get(attr), FunctionType)


@lru_cache(maxsize=256)
def _readable(kind: type) -> frozenset[str]:
    """The fields and properties of a record."""
    properties = {name for each in kind.__mro__ for name, value in vars(each).items() if isinstance(value, property)}
    return frozenset(field.name for field in fields(kind)) | properties


@contextmanager
def told(names: tuple[str, ...]) -> Iterator[None]:
    """Say in a sentence what goes wrong inside, in which template and in which line.

    Args:
        names: The templates that are not ours.

    Raises:
        RenderError: A template has a mistake, or asks for what it may not have.
    """
    try:
        yield
    except TemplateSyntaxError as error:
        raise _refused(error.name or names[0], error.lineno, error.message or "") from error
    except TemplateNotFound as error:
        raise _refused(*_innermost(error, names), f"there is no template {error.name!r} to include") from error
    except MemoryError as error:
        raise _refused(*_innermost(error, names), "it takes too much memory") from error
    except RecursionError as error:
        raise _refused(*_innermost(error, names), "it includes itself without end") from error
    except (TemplateError, *_MISTAKES) as error:
        raise _refused(*_innermost(error, names), str(error) or type(error).__name__) from error


def _refused(name: str, line: int, why: str) -> RenderError:
    return RenderError(f"The template {name} cannot be used (line {line}): {why.strip().rstrip('.')}. {_EXPECTED}")


def _innermost(error: BaseException, names: tuple[str, ...]) -> tuple[str, int]:
    """The innermost line of a template that an error came through; of the user's templates, where there is one."""
    found: list[tuple[str, int]] = []
    trace = error.__traceback__
    while trace is not None:
        found.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in found if place[0] in names]
    return own[-1] if own else (names[0], 1)
