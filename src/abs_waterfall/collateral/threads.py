"""Work on several processors at once: a thread for each, running compiled kernels, which need no lock."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from abs_waterfall.collateral.kernels.compiling import PROCESSORS


def in_threads(work: Callable[[int, int], None], count: int, processors: int = PROCESSORS) -> None:
    """Run `work(low, high)` on ranges that together are 0 up to `count`, in no order, one of them in the thread that asks.

    What each writes is its own.
    """
    at_once = min(processors, count)
    if at_once <= 1:
        work(0, count)
        return
    bounds = [count * i // at_once for i in range(at_once + 1)]
    with ThreadPoolExecutor(at_once - 1) as threads:
        others = threads.map(work, bounds[1:-1], bounds[2:])
        work(bounds[0], bounds[1])
        list(others)
