"""Commands that end well: every error that is the user's to mend becomes one line and the documented exit code."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click

from reportgen.commands.alphabet import fitted
from reportgen.errors import OptionsError, ReportgenError
from reportgen.progress import asked_to_end, end


class _Plain(click.Command):
    """Prints its help in the characters that the terminal has: Click writes UTF-8 where it is told of ASCII."""

    def get_help(self, context: click.Context) -> str:
        """Return the help page."""
        return fitted(super().get_help(context), getattr(sys.stdout, "encoding", None))


class Step(_Plain):
    """Turns every error that is the user's to mend into one line and the documented exit code."""

    def invoke(self, context: click.Context) -> object:
        """Run the command, and clear up after whatever ends it."""
        stopped = "Ctrl-C"

        def stop(number: int, _: object) -> None:
            nonlocal stopped
            stopped = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
            if number != signal.SIGINT:
                # Once is enough: what clears up is not to be stopped in its turn. Whoever types may insist.
                signal.signal(number, signal.SIG_IGN)
            end()

        asked_to_end.clear()
        try:
            with _signals(stop):
                return super().invoke(context)
        except KeyboardInterrupt as error:
            raise click.ClickException(
                f"Stopped by {stopped} before the end. Files that were finished before are there, and no other."
                " Start again when you like."
            ) from error
        except OptionsError as error:
            raise click.UsageError(one_line(error), context) from error
        except ReportgenError as error:
            raise click.ClickException(one_line(error)) from error
        finally:
            asked_to_end.clear()


class Group(_Plain, click.Group):
    """Makes every command one of the above."""

    command_class = Step


@contextmanager
def _signals(stop: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let the signals that ask a program to end be answered like Ctrl-C, so that nothing is left lying about."""
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {getattr(signal, name): signal.getsignal(getattr(signal, name)) for name in names}
    # Another answer, such as that of nohup, is somebody's will.
    usual = (signal.SIG_DFL, signal.default_int_handler)
    ours = [number for number, answer in before.items() if answer in usual]
    if threading.current_thread() is not threading.main_thread():
        ours = []
    try:
        for number in ours:
            signal.signal(number, stop)
        yield
    finally:
        for number in ours:
            signal.signal(number, before[number])


def one_line(error: Exception) -> str:
    """The sentence on one line, in its characters, without what a name in it could do to a terminal."""
    from reportgen.language.cleaning import clean

    return fitted(" ".join(clean(str(error)).split()), getattr(sys.stderr, "encoding", None))
