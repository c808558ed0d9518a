"""Loans in memory to the pool's flows, beside NumPy month by month and the practical limit in C."""

from __future__ import annotations

import numpy as np
from baselines import NAMES, CLimit, loan_by_loan, numpy_loop
from measure import shown, timed, timing_of, together
from pools import ASSUMPTIONS, CUTOFF, level_pay
from results import Topic

from abs_waterfall.collateral.project import project_pool
from abs_waterfall.pool.loans import LoanPool

KINDS = {"sorted by segment": True, "unsorted": False}
RATES = {"50 distinct rates": 50, "all rates different": None}


def flows(pool: LoanPool) -> object:
    """All of ours: loans to flows."""
    return project_pool(pool, ASSUMPTIONS, {}, CUTOFF, "30/360")


def check(pool: LoanPool) -> None:
    """Ours and the baselines project the same pool to the same flows."""
    ours, theirs = project_pool(pool, ASSUMPTIONS, {}, CUTOFF, "30/360"), numpy_loop(pool)
    for name in NAMES:
        np.testing.assert_allclose(getattr(ours, name)[0], theirs[name], rtol=1e-9, atol=1e-6, err_msg=name)


def topics(sizes: list[int], runs: int) -> tuple[list[Topic], dict[str, tuple[list[int], list[float]]]]:
    """The tables, and each kind's times by size."""
    check(level_pay(50_000))
    grown: dict[str, tuple[list[int], list[float]]] = {}
    ours = Topic("Loans to flows, in memory", ["loans", "order", "rates", "loans to flows", "million loan-months a second"])
    for size in sizes:
        for order, by_segment in KINDS.items():
            for rates, distinct in RATES.items():
                pool = level_pay(size, by_segment=by_segment, rates=distinct)
                timing = together({"ours": lambda p=pool: flows(p)}, runs)["ours"]
                speed = pool.remaining_term.sum() / timing.median / 1e6
                ours.rows.append([f"{size:,}", order, rates, str(timing), f"{speed:,.0f}"])
                at, seconds = grown.setdefault(f"{order}, {rates}", ([], []))
                at.append(size)
                seconds.append(timing.median)
    return [ours, beside(max(sizes), runs)], grown


def beside(size: int, runs: int) -> Topic:
    """The largest pool beside the baselines."""
    pool, limit = level_pay(size, by_segment=True), CLimit()
    timings = together({"ours": lambda: flows(pool), "C": lambda: limit(pool)}, runs)
    timings["NumPy"] = timing_of([timed(lambda: numpy_loop(pool))])
    few = level_pay(1_000)
    each = together({"numpy-financial": lambda: loan_by_loan(few)}, runs)["numpy-financial"]
    ours = timings["ours"].processor
    note = (
        "On the same loans, sorted by segment, all rates different. C and ours use every core, the NumPy loop one: what compares "
        "per core is processor time. C is the month loop as the machine's compiler makes it; ours sums the loans by term first."
    )
    topic = Topic("Beside the baselines", ["what", "loans", "time", "processor time", "over ours, per core"], note)
    for name, timing in timings.items():
        topic.rows.append([name, f"{size:,}", str(timing), shown(timing.processor), f"{timing.processor / ours:.2f}"])
    ratio = f"{each.processor / 1_000 / (ours / size):,.0f} a loan"
    topic.rows.append(["numpy-financial, interest alone", "1,000", str(each), shown(each.processor), ratio])
    topic.rows.append(["ours, a loan", "1", "", shown(ours / size), ""])
    topic.rows.append(
        ["an open engine's figure, 0.6 ms a loan", "1", "", "", f"{6e-4 / (timings['ours'].median / size):,.0f} a loan"]
    )
    return topic
