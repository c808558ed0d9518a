"""A small deal whose every figure can be worked out by hand, and pools that pay what a test says.

Collections are months, payments follow on the 15th. Coupons of 12 % on 30/360 are 1 % a month.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.timeline import month_dates
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall

Table = dict[str, Any]
CUTOFF = dt.date(2019, 12, 31)
POOL = 1_000.0

SEQUENTIAL: list[Table] = [
    {"interest": "A"},
    {"interest": "B"},
    {"principal": ["A", "B"]},
    {"residual": "SUB"},
]


def small(waterfall: list[Table] | dict[str, list[Table]] = SEQUENTIAL, **tables: Any) -> Table:
    """Notes A 600 and B 300 at 1 % a month and a residual class, on a pool of 1,000; tables given replace ours."""
    raw: Table = {
        "deal": {"name": "small", "currency": "USD"},
        "dates": {
            "cutoff": CUTOFF,
            "closing": dt.date(2020, 1, 15),
            "first_payment": dt.date(2020, 2, 15),
            "frequency": "monthly",
            "legal_final": dt.date(2022, 1, 15),
        },
        "pool": {"line": [{"balance": POOL, "annual_rate": 0.12, "remaining_term": 12}]},
        "tranche": [
            {"name": "A", "balance": 600.0, "coupon": 0.12, "day_count": "30/360"},
            {"name": "B", "balance": 300.0, "coupon": 0.12, "day_count": "30/360"},
            {"name": "SUB", "balance": 0.0, "residual": True},
        ],
        "waterfall": waterfall if isinstance(waterfall, dict) else {"only": waterfall},
    }
    if isinstance(waterfall, dict):
        raw["deal"]["starts_in"] = next(iter(waterfall))
    raw = copy.deepcopy(raw)
    for key, table in tables.items():
        raw[key] = raw[key] | table if isinstance(table, dict) and key in raw else table
    return raw


def paying(
    principal: Sequence[float], interest: Sequence[float] = (), default: Sequence[float] = (), recovery: Sequence[float] = ()
) -> CollateralCashflows:
    """A pool of 1,000 with these monthly flows; they need not use it up."""
    length = max(map(len, (principal, interest, default, recovery)))
    paid, earned, lost, recovered = (filled(flow, length) for flow in (principal, interest, default, recovery))
    closing = POOL - np.cumsum(paid + lost, axis=1)
    return CollateralCashflows(
        dates=month_dates(CUTOFF, length),
        segment_names=("all",),
        opening_balance=np.hstack([[[POOL]], closing[:, :-1]]),
        interest=earned,
        scheduled_principal=paid,
        prepayment=np.zeros_like(paid),
        default=lost,
        recovery=recovered,
        loss=lost - recovered,
        closing_balance=closing,
        advanced_interest=np.zeros_like(paid),
        advanced_principal=np.zeros_like(paid),
        segment_initial=np.array([POOL]),
        segment_balance=closing[:, None, :],
        segment_default=lost[:, None, :],
    )


def filled(flow: Sequence[float], length: int) -> Floats:
    """(1, length): a flow and zeros after it."""
    return np.array([[*flow, *[0.0] * (length - len(flow))]])


def run(raw: Table, collateral: CollateralCashflows) -> DealCashflows:
    """The deal's flows, as its call assumes."""
    return run_waterfall(Deal.model_validate(raw), POOL, collateral)[0]


def row(flow: Floats) -> list[float]:
    """The only scenario's figures, to the millionth."""
    return [round(float(value), 6) + 0.0 for value in flow[0]]
