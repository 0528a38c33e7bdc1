"""A rule, or the list of all -> a page set for a terminal, or plain Markdown for a pipe or a file."""

from __future__ import annotations

import click
from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text

from reportgen.document.rules import Rule
from reportgen.findings.families import rule, rules
from reportgen.findings.pages import page, table

_WIDEST = 100
"""Columns of a line of text that is still easy to read."""


def show(word: str | None, console: Console) -> None:
    """Print the page of a rule, or the list of all rules.

    Args:
        word: Code or name of the rule, or None for the list.
        console: Where to print; what is no terminal is standard output.

    Raises:
        UnknownNameError: There is no such rule.
    """
    if not console.is_terminal:
        # A file is UTF-8, whatever the terminal's alphabet is.
        click.echo((table(rules()) if word is None else page(rule(word))).encode(), nl=False)
    elif word is None:
        console.print(_table_of(rules()))
        console.print(Text("reportgen rule CODE explains one of them."))
    else:
        console.print(Markdown(page(rule(word))), width=min(console.width, _WIDEST))


def _table_of(every: tuple[Rule, ...]) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("code", "name", "what it finds"):
        shown.add_column(head, no_wrap=head == "code")
    for each in every:
        shown.add_row(each.code, each.name, each.title)
    return shown
