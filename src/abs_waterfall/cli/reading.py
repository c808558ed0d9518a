"""How far a tape is read, shown on a terminal: a bar with the loans a second and the time left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

Told = Callable[[int, int | None], object]


@contextmanager
def reading(what: str, *, quiet: bool) -> Iterator[Told]:
    """Show that something is being done, where somebody watches; what is given is told of the rows read, and of how many."""
    if quiet or not sys.stderr.isatty():
        yield lambda _rows, _of: None
        return
    with bar() as progress:
        task = progress.add_task(what, total=None, speed="")

        def told(rows: int, of: int | None) -> None:
            seconds = progress.tasks[0].elapsed or 0.0
            speed = f"{rows / seconds:,.0f} loans/s" if seconds > 0.5 else ""
            progress.update(task, completed=rows, total=of, speed=speed)

        yield told


def bar() -> Progress:
    """A bar that is gone when it is done."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[speed]}"))
    return Progress(*columns, TimeRemainingColumn(elapsed_when_finished=True), console=Console(stderr=True), transient=True)
