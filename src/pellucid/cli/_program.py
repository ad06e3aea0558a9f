"""How every command ends: an error becomes one line on stderr and an exit code.

`PellucidError` gives 1, `OptionError` 2 (as wrong usage does), a signal 128 plus its number, which
is 130 for Ctrl-C. Any other exception is a bug and shows its traceback.
"""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

import click

from pellucid.cli._remarks import remarks_told
from pellucid.cli._signals import Stopped, heeded
from pellucid.errors import OptionError, PellucidError

FAILED, USAGE = 1, 2


class Program(click.Group):
    """A group that lists commands in the order they were added and ends as said above."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The order of the table of contents, not the alphabet's."""
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        """Run the program; a standard output that can't be written is an error, too."""
        fill_closed_streams()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if not came_from_output(error):
                raise
            say(f"cannot write to standard output: {error.strerror or error}")
            sys.exit(FAILED)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; turn what it raises on purpose into an exit code."""
        try:
            with heeded(), remarks_told(say):
                return super().invoke(ctx)
        except PellucidError as error:
            say(str(error))
            raise click.exceptions.Exit(exit_code([error])) from error
        except KeyboardInterrupt as error:
            stopped = error if isinstance(error, Stopped) else Stopped(2)
            say(stopped.reason)
            raise click.exceptions.Exit(stopped.exit_code) from error


def fill_closed_streams() -> None:
    """Keep the numbers of closed standard streams from files that are opened later.

    A closed standard error (`2>&-`) would be None, which nothing could write to.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (while it runs)


def came_from_output(error: OSError) -> bool:
    """Whether it was raised by writing to standard output, of which the rest is dropped then."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    if last is None or last.tb_frame.f_code is not click.echo.__code__:
        return False
    drop_rest(sys.stdout)
    return True


def drop_rest(stream: TextIO) -> None:
    """Send what a stream can't write, and all that follows, to nowhere."""
    try:
        stream.flush()
    except OSError:  # Python would try once more when it ends, and change the exit code
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(text: str, *, newline: bool = True) -> None:
    """Write to stderr; no work is lost because that can't be done."""
    try:
        click.echo(text, err=True, nl=newline)
    except OSError:
        drop_rest(sys.stderr)


def say(message: str) -> None:
    """One line on stderr, after the program's name."""
    tell(f"pellucid: {message}")


def exit_code(errors: list[PellucidError]) -> int:
    """2 if only options were wrong, else 1; 0 for no errors."""
    if not errors:
        return 0
    return USAGE if all(isinstance(error, OptionError) for error in errors) else FAILED


def about(source: str | os.PathLike[str], said: Exception | str) -> str:
    """`photo.png: what is wrong`, without saying the name twice."""
    name, text = os.fspath(source), str(said)
    if text.startswith((f"{name}: ", f"{name} ")):
        text = text[len(name) :].lstrip(": ")
    return f"{name}: {text}"
