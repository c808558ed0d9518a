"""`abs-model synth`: a tape of synthetic loans, written whole; a progress bar where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from abs_waterfall.cli.messages import say
from abs_waterfall.errors import InputError


def write_synthetic(path: Path, *, loans: int, seed: int, style: str, quiet: bool, parts: int | None = None) -> None:
    """Write the tape, as one file or as a folder of parts. InputError where it cannot be put there."""
    if parts is None and path.suffix.lower() != ".parquet":
        raise InputError.one("expected a name that ends in .parquet", file=str(path))
    from abs_waterfall.report.output import write_whole
    from abs_waterfall.report.synthetic_tape import write_tape

    with progress(loans, quiet=quiet) as written:
        if parts is None:
            write_whole(path, lambda file: write_tape(file, style, seed, loans, written))
        else:
            write_parts(path, parts, loans, lambda file, low, high: write_tape(file, style, seed, high, written, low))
    if not quiet:
        of_parts = "" if parts is None else f" in {parts} part{'s' * (parts > 1)}"
        say(f"wrote {path}: {loans:,} synthetic loans{of_parts}, style {style}, seed {seed}; none is real")


def write_parts(folder: Path, parts: int, loans: int, write: Callable[[BinaryIO, int, int], object]) -> None:
    """Write as many parts of the same length, to a loan, into a folder that is new; `write` gets a file and which loans."""
    if parts > loans:
        raise InputError.one(f"expected at most {loans:,}, a loan in each", "--parts", str(parts))
    if folder.exists():
        raise InputError.one("is there already; expected a folder to make", "--parts", str(folder))
    from abs_waterfall.report.output import write_folder

    bounds = [loans * number // parts for number in range(parts + 1)]
    digits = len(str(parts - 1))
    writers = {
        f"part-{number:0{digits}}.parquet": partial(write_between, write, low, high)
        for number, (low, high) in enumerate(pairwise(bounds))
    }
    write_folder(folder, writers)


def write_between(write: Callable[[BinaryIO, int, int], object], low: int, high: int, file: BinaryIO) -> object:
    """Write the loans from one to before another to a file."""
    return write(file, low, high)


@contextmanager
def progress(loans: int, *, quiet: bool) -> Iterator[Callable[[int], object]]:
    """Something to tell how many loans more are written."""
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Writing loans", total=loans)
        yield lambda rows: bar.advance(task, rows)
