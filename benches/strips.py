"""A tape's projection beside the naive way: every loan through every month in NumPy.

    python benches/strips.py --loans 1000000

Both run in this process on the same seeded pool of level-pay loans of 12 to 60 months; medians after one
run to warm up.
"""

from __future__ import annotations

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable

import numpy as np

from abs_waterfall.assumptions.model import Assumptions, Default, Prepayment, Recovery
from abs_waterfall.collateral.project import project_pool
from abs_waterfall.pool.loans import LoanPool

CUTOFF = dt.date(2020, 1, 31)
CPR, CDR, RATE, LAG = 0.10, 0.04, 0.3, 6
ASSUMPTIONS = Assumptions(prepayment=Prepayment(cpr=CPR), default=Default(cdr=CDR), recovery=Recovery(rate=RATE, lag=LAG))


def tape(loans: int, segments: int = 14) -> LoanPool:
    rng = np.random.default_rng(20200131)
    term, zeros = rng.integers(12, 61, loans), np.zeros(loans, np.int64)
    return LoanPool(
        balance=rng.uniform(500, 30_000, loans),
        annual_rate=rng.uniform(0.05, 0.25, loans),
        remaining_term=term,
        age=rng.integers(0, 24, loans),
        amortization=zeros,
        interest_only_months=zeros,
        amortization_term=term,
        original_balance=np.zeros(loans),
        fee_rate=np.zeros(loans),
        fee_on_prepayment=np.zeros(loans, np.bool_),
        months_before_cutoff=zeros,
        segment=rng.integers(0, segments, loans),
        segment_names=tuple(str(k) for k in range(segments)),
        schedule=zeros - 1,
        schedules=(),
    )


def naive(pool: LoanPool) -> dict[str, np.ndarray]:
    """All loans at once, month by month."""
    smm, mdr = 1 - (1 - CPR) ** (1 / 12), 1 - (1 - CDR) ** (1 / 12)
    rate, balance = pool.annual_rate / 12, pool.balance.copy()
    months = int(pool.remaining_term.max())
    flows = {name: np.zeros(months + LAG) for name in ("interest", "scheduled_principal", "prepayment", "default", "recovery")}
    for month in range(months):
        left = pool.remaining_term - month
        growth = (1 + rate) ** np.maximum(left, 1)
        default = balance * mdr
        survivors = balance - default
        interest = survivors * rate
        scheduled = np.where(left > 1, survivors * rate / (growth - 1), survivors)
        prepayment = (survivors - scheduled) * smm
        balance = survivors - scheduled - prepayment
        for name, flow in (
            ("interest", interest),
            ("scheduled_principal", scheduled),
            ("prepayment", prepayment),
            ("default", default),
        ):
            flows[name][month] = flow.sum()
        flows["recovery"][month + LAG] = RATE * default.sum()
    return flows


def median_seconds(work: Callable[[], object], runs: int) -> float:
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    pool = tape(options.loans)

    ours = project_pool(pool, ASSUMPTIONS, {}, CUTOFF, "30/360")
    for name, flow in naive(pool).items():
        np.testing.assert_allclose(getattr(ours, name)[0], flow, rtol=1e-8, atol=1e-6, err_msg=name)

    fast = median_seconds(lambda: project_pool(pool, ASSUMPTIONS, {}, CUTOFF, "30/360"), options.runs)
    slow = median_seconds(lambda: naive(pool), 2)
    print(f"{options.loans:,} loans, {int(pool.remaining_term.sum()):,} loan-months, flows equal")
    print(f"strips and curves  {fast:8.3f} s")
    print(f"naive month-loop   {slow:8.3f} s   ({slow / fast:.0f} times as long)")


if __name__ == "__main__":
    main()
