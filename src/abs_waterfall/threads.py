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


def in_order(work: Callable[[Item], Done], items: Iterable[Item], threads: int, ahead: int) -> Iterator[Done]:
    """What `work` makes of each item, in their order.

    The items come in a thread of their own, and so go on coming while work waits; memory holds no more than `ahead` of them.
    """
    if threads <= 1:
        yield from map(work, items)
        return
    with ThreadPoolExecutor(threads) as pool, ThreadPoolExecutor(1) as reader:
        works = (pool.submit(work, item) for item in items)
        coming: deque[Future[Future[Done] | None]] = deque(reader.submit(next, works, None) for _ in range(ahead))
        try:
            while (done := coming.popleft().result()) is not None:
                yield done.result()
                coming.append(reader.submit(next, works, None))
        finally:
            reader.shutdown(wait=False, cancel_futures=True)
            pool.shutdown(wait=False, cancel_futures=True)
