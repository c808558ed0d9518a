"""Scenarios along paths in a process that uses one core: prints the seconds of each number of them.

NUMBA_NUM_THREADS=1 python benches/one_core.py 1 100 10000
"""

from __future__ import annotations

import json
import sys

import scenarios
from measure import timed

from abs_waterfall.pipeline import read_deal_pool
from abs_waterfall.simulation import simulate


def main() -> None:
    deal, paths = scenarios.deal(), scenarios.drawn(scenarios.BLOCK)
    pool, _ = read_deal_pool(deal)

    def run(count: int) -> float:
        return timed(lambda: simulate(deal, pool, scenarios.repeated(paths, count)))[0]

    run(10 * scenarios.BLOCK)  # to warm up
    print(json.dumps({count: min(run(count) for _ in range(3)) if count <= scenarios.FEW else run(count) for count in numbers()}))


def numbers() -> list[int]:
    return [int(given) for given in sys.argv[1:]]


if __name__ == "__main__":
    main()
