"""Planned balances: what classes should have left after each payment date.

Shapes: K schedules, P payment dates, V speeds, T months. Amounts in currency units.
"""

from __future__ import annotations

from collections.abc import Sequence
from graphlib import TopologicalSorter

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.classes import BalanceSchedule, planned_speeds
from abs_waterfall.deal.standing import Standing
from abs_waterfall.waterfall.calendar import DealCalendar
from abs_waterfall.waterfall.periods import by_period


def planned_balances(
    schedules: Sequence[BalanceSchedule],
    initial: Sequence[float],
    calendar: DealCalendar,
    at_speeds: CollateralCashflows | None,
    state: Standing | None = None,
) -> Floats:
    """(K, P) every schedule's balance after each payment date, 0 after its end.

    `initial` are the balances that the schedules start at, `at_speeds` the pool at each of `planned_speeds`. Of a deal that
    goes on from a state, that says what is left of those that were derived.
    """
    planned: dict[str, Floats] = {}
    falls: dict[str, Floats] = {}
    started = {schedule.name: (schedule, balance) for schedule, balance in zip(schedules, initial, strict=True)}
    order = TopologicalSorter({schedule.name: schedule.after for schedule in schedules}).static_order()
    for name in order:
        schedule, balance = started[name]
        if schedule.speeds is None:
            planned[name] = to_periods(schedule.listed, calendar.periods)
        elif state is not None:
            planned[name] = to_periods([*[0.0] * state.period, *state.planned[name]], calendar.periods)
        else:
            taken = [falls[other] for other in schedule.after]
            slowest = least_principal(schedule, planned_speeds(schedules), calendar, at_speeds)
            planned[name] = derived(balance, slowest - np.sum(taken, axis=0), schedule.lockout)
        falls[name] = -np.diff(planned[name], prepend=balance)
    return np.array([planned[schedule.name] for schedule in schedules]).reshape(-1, calendar.periods)


def to_periods(listed: Sequence[float], periods: int) -> Floats:
    """(P,) listed balances, cut off or continued with zeros."""
    kept = np.array(listed[:periods])
    return np.concatenate((kept, np.zeros(periods - len(kept))))


def least_principal(
    schedule: BalanceSchedule, speeds: Sequence[object], calendar: DealCalendar, at_speeds: CollateralCashflows | None
) -> Floats:
    """(P,) the smallest of the speeds' pool principal month by month, summed over each collection period."""
    if at_speeds is None:
        raise ValueError(f"the schedule {schedule.name} is derived from speeds; expected the pool at those speeds")
    rows = [speeds.index(speed) for speed in schedule.speeds or ()]
    principal = (at_speeds.scheduled_principal + at_speeds.prepayment)[rows].min(axis=0)
    months = calendar.first_month[-1] + calendar.months[-1]
    return by_period(principal[None], calendar, months)[:, 0]


def derived(initial: float, falls: Floats, lockout: int) -> Floats:
    """(P,) a balance that falls after the lockout, each time by no less than 0, and not below 0."""
    falls = np.maximum(falls, 0.0)
    falls[:lockout] = 0.0
    return np.maximum(initial - np.cumsum(falls), 0.0)
