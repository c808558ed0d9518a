"""The deal and the paths that scenarios are measured on: 360 segments for 36 months, four notes in order and what is left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.deal.model import Deal
from abs_waterfall.files.deals import deal_of

SEGMENTS, MONTHS, BLOCK = 360, 36, 256
FEW = 1_000  # scenarios that are run more than once
NAMES = tuple(f"s{k:03d}" for k in range(SEGMENTS))
BALANCE, FEE, RECOVERY, LAG = 2_500_000.0, 0.005, 0.3, 3
RATE, TERM = 0.08 + 0.0001 * np.arange(SEGMENTS), 25 + np.arange(SEGMENTS) % 12
NOTES = {"A1": (0.40, 0.035), "A2": (0.35, 0.04), "B": (0.10, 0.05), "C": (0.05, 0.06)}  # share of the pool, coupon


def deal() -> Deal:
    """Fees, interest in order, principal in order with all that is left, then the residual."""
    notes = [{"name": name, "share": share, "coupon": coupon, "day_count": "30/360"} for name, (share, coupon) in NOTES.items()]
    lines = [
        {"segment": name, "balance": BALANCE, "annual_rate": float(rate), "remaining_term": int(term)}
        for name, rate, term in zip(NAMES, RATE, TERM, strict=True)
    ]
    steps = [{"pay": "servicing"}, *({"interest": name} for name in NOTES), {"principal": list(NOTES)}, {"residual": "SUB"}]
    tables = {
        "deal": {"name": "Scenarios", "currency": "CNY"},
        "dates": {
            "cutoff": dt.date(2023, 12, 31),
            "closing": dt.date(2024, 1, 15),
            "first_payment": dt.date(2024, 2, 15),
            "frequency": "monthly",
            "legal_final": dt.date(2027, 6, 15),
        },
        "pool": {"line": lines},
        "assumptions": {"recovery": {"rate": RECOVERY, "lag": LAG}},
        "tranche": [*notes, {"name": "SUB", "share": 0.10, "residual": True}],
        "fee": [{"name": "servicing", "amount": f"{FEE} / 12 * pool.opening_balance"}],
        "waterfall": {"normal": steps},
    }
    return deal_of(tables, Path("scenarios.toml"))


def drawn(count: int) -> Paths:
    """Paths of every segment, all different."""
    rng = np.random.default_rng(20240115)
    shape = count, MONTHS, SEGMENTS
    level = rng.lognormal(0, 0.5, (count, 1, 1))
    names = tuple(str(number) for number in range(count))
    return Paths(names, NAMES, rng.uniform(0, 0.02, shape), np.minimum(rng.uniform(0, 0.006, shape) * level, 1))


def repeated(paths: Paths, count: int) -> Iterator[Paths]:
    """So many scenarios in blocks, the drawn ones again and again."""
    for first in range(0, count, len(paths.names)):
        some = paths.some(slice(count - first))
        yield replace(some, names=tuple(str(number) for number in range(first, first + len(some.names))))
