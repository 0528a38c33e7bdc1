"""The commands -> a page of Markdown that lists all their options: `reportgen/guide/options.md`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

import click

_HEAD = """\
# Options: every command, and every option it takes

This page is generated from the commands themselves. `reportgen COMMAND --help` (`-h`) prints the same for one command,
and `reportgen --version` prints the version. Most options of `build` can also stand in a TOML file (`--config FILE`)
under the same names; the command line wins. What the options mean for data is explained in [inputs](inputs.md), for the
files in [files](files.md), and for what the report says in [reading](reading.md).
"""
_DEFAULT = re.compile(r"\s+\[default: (.+)\]$")


def options_page(commands: click.Group) -> str:
    """Return the page.

    Args:
        commands: The group of all commands, whose help texts end with "[default: …]" where an option has one to tell.
    """
    parts = (_part(name, command) for name, command in sorted(commands.commands.items()))
    return "\n".join([_HEAD, *parts])


def _part(name: str, command: click.Command) -> str:
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option)]
    usage = ["reportgen", name, *(_argument(each) for each in arguments), *(["[OPTIONS]"] if options else [])]
    texts = (" ".join(text.split()) for text in (command.help or "").split("\n\n"))
    paragraphs = (textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False) for text in texts)
    lines = [f"## {name}", "", f"`{' '.join(usage)}`", "", *(line for text in paragraphs for line in (text, ""))]
    if options:
        lines += ["| option | what it does | default |", "|---|---|---|", *map(_row, options), ""]
    example = [line.strip() for line in (command.epilog or "").splitlines() if line.startswith("  ")]
    return "\n".join([*lines, "```sh", *example, "```", ""])


def _argument(argument: click.Argument) -> str:
    name = (argument.metavar or argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def _row(option: click.Option) -> str:
    text = option.help or ""
    default = _DEFAULT.search(text)
    if default:
        told = default[1]
    elif option.required:
        told = "must be given"
    else:
        told = str(option.default) if option.show_default else ""
    value = " ".join(_value(option))
    names = ", ".join(f"`{name}`" for name in sorted(option.opts, key=lambda name: not name.startswith("--")))
    cells = (f"{names} {value}".strip(), _DEFAULT.sub("", text), told)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _value(option: click.Option) -> Iterator[str]:
    """What is to be written after an option's name, as its help page shows it."""
    if option.is_flag or option.count:
        return
    if option.metavar:
        yield f"`{option.metavar}`"
    elif isinstance(option.type, click.Choice):
        yield "`" + "|".join(map(str, option.type.choices)) + "`"
    elif isinstance(option.type, click.Path):
        yield "`FILE`"
    else:
        yield "`N`" if isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType)) else "`TEXT`"
