"""What the command line says on standard error, and the exit status each ending has."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from abs_waterfall.errors import InputError, Problem

FAULT_OF_OURS, WRONG_INPUT, FAILED_CHECK, INTERRUPTED, NOBODY_READS = 1, 2, 3, 130, 141
"""Exit statuses beside 0."""


def coloured() -> bool:
    """Whether standard error is a terminal that wants colours."""
    return sys.stderr.isatty() and "NO_COLOR" not in os.environ


def say(message: str, colour: str | None = None) -> None:
    """One message on standard error; on a terminal wrapped to its width and coloured, else one line."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns
        message = textwrap.fill(message, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    typer.echo(typer.style(message, fg=colour) if colour and coloured() else message, err=True, color=coloured())


def tell(problem: Problem) -> None:
    """One problem, on one line: file, place, message."""
    say(" ".join(str(problem).split()))


@contextmanager
def answering(*, debug: bool) -> Iterator[None]:
    """Turn the ways a command can end early into a message and an exit status."""
    try:
        yield
    except InputError as error:
        for problem in error.problems:
            tell(problem)
        count = len(error.problems)
        say(f"{count} problem{'s' * (count > 1)}; nothing was written", "red")
        raise typer.Exit(WRONG_INPUT) from None
    except KeyboardInterrupt:
        say("interrupted")
        raise typer.Exit(INTERRUPTED) from None
    except BrokenPipeError:  # `abs-model ... | head`: whoever read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(NOBODY_READS) from None
    except Exception as fault:
        if debug or isinstance(fault, typer.Exit):
            raise
        kind = type(fault).__name__
        say(f"a fault of ours: {kind}: {' '.join(str(fault).split())[:300]}", "red")
        say("please report it with the deal file, and what --debug shows: the input is not to blame")
        raise typer.Exit(FAULT_OF_OURS) from None
