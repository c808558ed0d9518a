"""The pool's cash flows."""

from __future__ import annotations

import datetime as dt
from random import Random

import numpy as np

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.timeline import month_dates

FLOWS = ("opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "drawn", "closing_balance")
SEGMENTS = ("36/A", "60")


def pool_flows(rnd: Random, balance: float, months: int, scenarios: int, cutoff: dt.date) -> CollateralCashflows:
    """Cash flows of a pool that pays, prepays, defaults and recovers at random, and is gone at the end or is not."""
    lag = rnd.choice((0, 1, 4))
    rows = [pool_row(rnd, balance, rnd.randint(1 + months // 2, months), months + lag, lag) for _ in range(scenarios)]
    flows = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    share = np.array([rnd.choice((0.25, 0.5)), 0.0])
    share[1] = 1 - share[0]
    return CollateralCashflows(
        dates=month_dates(cutoff, months + lag),
        segment_names=SEGMENTS,
        **flows,
        loss=flows["default"] - flows["recovery"],
        advanced_interest=np.zeros_like(flows["default"]),
        advanced_principal=np.zeros_like(flows["default"]),
        segment_initial=share * balance,
        segment_balance=flows["closing_balance"][:, None, :] * share[:, None],
        segment_default=flows["default"][:, None, :] * share[:, None],
    )


def pool_row(rnd: Random, balance: float, alive: int, months: int, lag: int) -> dict[str, list[float]]:
    """One scenario: `alive` months of flows, then zeros but for recoveries."""
    flows: dict[str, list[float]] = {name: [0.0] * months for name in FLOWS}
    rate, recovered, stays = rnd.choice((0.0, 0.08, 0.3)), rnd.choice((0.0, 0.4, 1.0)), rnd.random() < 0.1
    speeds = (rnd.choice((0.0, 0.02, 0.1)), rnd.choice((0.0, 0.01, 0.05)))
    for t in range(alive):
        prepaid, defaulted = (speed * rnd.choice((0.0, 1.0, 1.7)) * balance for speed in speeds)
        rest = balance - prepaid - defaulted
        scheduled = rest if t == alive - 1 and not stays else rest / (alive - t)
        flows["opening_balance"][t], flows["interest"][t] = balance, balance * rate / 12
        flows["prepayment"][t], flows["default"][t], flows["scheduled_principal"][t] = prepaid, defaulted, scheduled
        if t + lag < months:
            flows["recovery"][t + lag] = defaulted * recovered
        balance = 0.0 if t == alive - 1 and not stays else rest - scheduled
        flows["closing_balance"][t] = balance
    return flows
