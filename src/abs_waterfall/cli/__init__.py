"""The command line: parse, call, print. No arithmetic, and nothing heavy imported before a command needs it."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from abs_waterfall.cli.app import COMMANDS, app
from abs_waterfall.cli.messages import say
from abs_waterfall.errors import did_you_mean

GARBAGE = 200_000  # new objects between searches for what is no longer used: imports make many, and keep them all


def main(arguments: Sequence[str] | None = None) -> None:
    """Run `abs-model` with the command line's arguments, or those given; ends in SystemExit."""
    gc.set_threshold(GARBAGE)
    atexit.register(gc.freeze)  # the interpreter would search all there is once more, only to end
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")  # it would look for some among all that is installed
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy would begin threads for linear algebra, which we have none of
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names in any language, on any terminal
    app(args=with_command(list(sys.argv[1:] if arguments is None else arguments)), prog_name="abs-model")


def with_command(arguments: list[str]) -> list[str]:
    """Put `run` before arguments that begin with a deal file; a command's name is always the command.

    >>> with_command(["deal.toml", "--quiet"])
    ['run', 'deal.toml', '--quiet']
    >>> with_command(["check", "deal.toml"])
    ['check', 'deal.toml']
    """
    if not arguments or arguments[0] in (*COMMANDS, "--help", "-h", "--version"):
        return arguments
    first = arguments[0]
    if first.isalpha() and not Path(first).exists() and (near := did_you_mean(first, COMMANDS)):
        say(f'no command and no file "{first}".{near}', "red")
        raise SystemExit(2)
    return ["run", *arguments]
