"""What was typed, and a file -> options: the command line lies over the file, the file over the defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from reportgen.options import Options


def chosen(context: click.Context, config: Path | None, given: dict[str, object]) -> Options:
    """Return the options of a command.

    Args:
        context: The command that runs, and where each of its values comes from.
        config: A TOML file with options, or None.
        given: The values of the command's own options by name.

    Raises:
        OptionsError: The file cannot be used, or a value is not allowed.
    """
    from reportgen.options import make
    from reportgen.options.config import read_config

    values = read_config(config, _elsewhere(context)) if config else {}
    for name, value in given.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            values[name] = value
    return make(values).read_from(config)


def _elsewhere(context: click.Context) -> dict[str, str]:
    """For every option that no file can hold, by name: where it belongs."""
    known: dict[str, str] = {}
    group = context.find_root().command
    commands = group.commands if isinstance(group, click.Group) else {}
    for name, command in commands.items():
        for option in _long(command):
            known[option] = (
                f"{option!r} is an option of 'reportgen {name}'. Expected options of 'reportgen build'. Leave it out of"
                " the file."
            )
    for option in _long(context.command):
        known[option] = f"{option!r} works on the command line only. Leave it out of the file and type --{option}."
    return known


def _long(command: click.Command) -> list[str]:
    """The names of a command's options, without their dashes."""
    return [word[2:] for each in command.params for word in each.opts if word.startswith("--")]
