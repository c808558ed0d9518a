"""Time of work in this process, and of whole processes: medians and ranges, interleaved with what they compare to."""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Seconds of some runs, by the clock and of the processors."""

    seconds: tuple[float, ...]
    processors: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def processor(self) -> float:
        return statistics.median(self.processors)

    def __str__(self) -> str:
        return f"{shown(self.median)} ({shown(min(self.seconds))} to {shown(max(self.seconds))})"


def shown(seconds: float) -> str:
    """Seconds with three digits.

    >>> shown(12.3456), shown(0.0123456), shown(0.00001234)
    ('12.3 s', '12.3 ms', '12.3 us')
    """
    for factor, unit in ((1, "s"), (1e3, "ms"), (1e6, "us")):
        if seconds * factor >= 1 or unit == "us":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def timed(work: Work) -> tuple[float, float]:
    """Seconds by the clock, and of the processors of this process and of those it waits for."""
    gc.collect()
    start, used = time.perf_counter(), processor_seconds()
    work()
    return time.perf_counter() - start, processor_seconds() - used


def processor_seconds() -> float:
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in used)


def together(works: dict[str, Work], runs: int) -> dict[str, Timing]:
    """Each work timed in turn, round after round after one to warm up, so that what the machine does besides falls on all."""
    for work in works.values():
        work()
    rounds = [{name: timed(work) for name, work in works.items()} for _ in range(runs)]
    return {name: timing_of([each[name] for each in rounds]) for name in works}


def timing_of(runs: Sequence[tuple[float, float]]) -> Timing:
    wall, processors = zip(*runs, strict=True)
    return Timing(wall, processors)


def process(command: Sequence[str]) -> float:
    """Seconds of a whole process, start-up included; Python keeps the bytecode it makes, whatever is said here, as anywhere."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, env=kept)
    return time.perf_counter() - start


def processes(commands: dict[str, Sequence[str]], runs: int) -> dict[str, Timing]:
    """Whole processes in turn, after one of each to warm up caches of files and compiled code."""
    return together({name: lambda command=command: process(command) for name, command in commands.items()}, runs)


def python(code: str) -> list[str]:
    """A Python process that runs some code."""
    return [sys.executable, "-c", code]


def abs_model(*arguments: str) -> list[str]:
    """The command line of this installation."""
    return [sys.executable, "-c", "from abs_waterfall.cli import main; main()", *arguments]
