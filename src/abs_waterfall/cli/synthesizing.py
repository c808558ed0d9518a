"""`abs-model synth`: a tape of synthetic loans, written whole; a progress bar where somebody watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from abs_waterfall.cli.messages import say
from abs_waterfall.errors import InputError


def write_synthetic(path: Path, *, loans: int, seed: int, style: str, quiet: bool) -> None:
    """Write the tape. InputError where it cannot be put there."""
    if path.suffix.lower() != ".parquet":
        raise InputError.one("expected a name that ends in .parquet", file=str(path))
    from abs_waterfall.report.output import write_whole
    from abs_waterfall.report.synthetic_tape import write_tape

    with progress(loans, quiet=quiet) as written:
        write_whole(path, lambda file: write_tape(file, style, seed, loans, written))
    if not quiet:
        say(f"wrote {path}: {loans:,} synthetic loans, style {style}, seed {seed}; none is real")


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
