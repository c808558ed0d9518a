"""Recoveries still to come on what has defaulted already: written into a state, and added to the pool that goes on from it.

Shapes: K segments, T months.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.assumptions.scenarios import Behaviour, behaviours
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.calendar import past_months
from abs_waterfall.waterfall.growing_pool import GrowingPool


def recoveries_after(
    deal: Deal, collateral: CollateralCashflows, bought: GrowingPool | None, plan: Plan | None, months: int, scenario: int
) -> list[float]:
    """What is still to come back, some months after the deal's cut-off, of what has defaulted by then in a scenario.

    Nothing is told where the servicer advances: what comes back then goes by each loan's own schedule.
    """
    if deal.assumptions.advances:
        return []
    past = months - past_months(deal)
    assumed = behaviours(deal.assumptions, deal.scenario, collateral.segment_names)[scenario]
    come = still_to_come(collateral.segment_default[scenario, :, :past], assumed)
    if bought is not None and plan is not None:
        come += still_to_come(bought.bought_default(months)[scenario], plan.vintages.grid[scenario])
    return together([*come, *([deal.state.recoveries[past:]] if deal.state else [])])


def still_to_come(default: Floats, behaviours: Sequence[Behaviour]) -> list[Floats]:
    """What comes back in the months after T of the defaults in them, (K, T), segment by segment."""
    return [np.convolve(of, arriving(each))[len(of) :] for of, each in zip(default, behaviours, strict=True)]


def arriving(behaviour: Behaviour) -> Floats:
    """What comes back of 1 that defaults, by month from the one of the default."""
    return np.array([*[0.0] * behaviour.recovery_lag, *(behaviour.recovery_rate * part for part in behaviour.recovery_timing)])


def together(amounts: Sequence[Sequence[float] | Floats]) -> list[float]:
    """The sum of amounts by month, up to the last that is above 0."""
    total = np.zeros(max(map(len, amounts), default=0))
    for each in amounts:
        total[: len(each)] += each
    return [float(amount) for amount in np.trim_zeros(total, "b")]
