"""Work on batches in threads, given back in the order of the batches."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Done = TypeVar("Done")


def processors() -> int:
    """How many may be used at once: those of this process, unless NUMBA_NUM_THREADS says otherwise."""
    asked = os.environ.get("NUMBA_NUM_THREADS", "")
    return (
        int(asked)
        if asked.isdecimal() and int(asked)
        else len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count() or 1
    )


def in_order(work: Callable[[Item], Done], items: Iterable[Item], threads: int) -> Iterator[Done]:
    """What `work` makes of each item, in their order; a few items are read ahead, so memory stays bounded."""
    if threads <= 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Done]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
