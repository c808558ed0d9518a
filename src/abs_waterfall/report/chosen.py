"""Which scenarios a report shows, up to which payment date each runs, and when its triggers are first breached."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.errors import InputError, did_you_mean
from abs_waterfall.result import Result


def scenario_index(result: Result, name: str) -> int:
    """The row of a scenario in every array; InputError offers the nearest name."""
    names = result.scenarios
    if name not in names:
        raise InputError.one(f'no scenario "{name}"; the deal has {", ".join(names)}.{did_you_mean(name, names)}')
    return names.index(name)


def chosen(result: Result, names: Sequence[str] | None) -> tuple[int, ...]:
    """Rows of the scenarios named, in the deal's order; all of them where none is named."""
    if not names:
        return tuple(range(len(result.scenarios)))
    return tuple(sorted({scenario_index(result, name) for name in names}))


def dates_run(result: Result, scenario: int) -> int:
    """How many payment dates a scenario has: its last one, counted from 1."""
    return int(result.flows.last_period[scenario]) + 1


def months_run(pool: CollateralCashflows, scenario: int) -> int:
    """How many months a scenario's collateral has anything in: trailing months of nothing belong to other scenarios."""
    alive = pool.opening_balance[scenario] + pool.recovery[scenario] + pool.advanced_interest[scenario] != 0
    return int(alive.nonzero()[0][-1]) + 1 if alive.any() else 0


def first_breach(result: Result, trigger: str, scenario: int) -> dt.date | None:
    """The first payment date on which a trigger's condition was met when tested."""
    flows = result.flows.triggers[trigger]
    met = (flows.breached & flows.tested)[scenario, : dates_run(result, scenario)].nonzero()[0]
    return result.flows.dates[int(met[0])] if met.size else None
