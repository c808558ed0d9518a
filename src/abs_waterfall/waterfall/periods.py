"""The pool's months summed into the collection periods of the payment dates.

Shapes: S scenarios, P payment dates, T months. Here the first axis is the payment date, as the run goes date by date.
"""

from __future__ import annotations

from collections.abc import Container

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.waterfall.calendar import DealCalendar
from abs_waterfall.waterfall.state import DUST_SHARE
from abs_waterfall.waterfall.sums import nothing, to_date, total

DELINQUENT = (30, 60, 90)  # days past due, at least


@record
class PoolPeriods:
    """What formulas call pool.*, date by date, each (P, S); and the months' balances for fees by the month."""

    values: dict[str, Floats]  # by the name after "pool."
    segments: dict[str, Floats]  # closing balance by segment
    opening_by_month: Floats  # (T', S), T' the months that the payment dates collect
    last_period: Ints  # (S,) the first date after the last flow, or the last there is
    lost_recoveries: Floats  # (S,) after the last date that there is


def pool_periods(
    collateral: CollateralCashflows,
    calendar: DealCalendar,
    initial_balance: float,
    cumulative: tuple[float, float],
    segments: Container[str],
) -> PoolPeriods:
    """Sum flows and take balances by collection period, of the whole pool and of some segments.

    `cumulative` is the default and loss before cut-off of a seasoned pool; rates are over `initial_balance`.
    """
    months = calendar.first_month[-1] + calendar.months[-1]
    flows = {
        "interest": total([collateral.interest, collateral.advanced_interest, collateral.prepayment_penalty]),
        "prepayment_penalty": collateral.prepayment_penalty,
        "capitalised": collateral.capitalised,
        "scheduled_principal": total([collateral.scheduled_principal, collateral.advanced_principal]),
        "prepayment": collateral.prepayment,
        "default": collateral.default,
        "recovery": collateral.recovery,
        "loss": collateral.loss,
        "drawn": collateral.drawn,
    }
    values = {name: by_period(flow, calendar, months) for name, flow in flows.items()}
    values["principal"] = values["scheduled_principal"] + values["prepayment"]
    values["principal_due"] = values["principal"] + values["default"]
    values["balance"] = at_ends(collateral.closing_balance, calendar)
    opening = by_month(collateral.opening_balance, months)
    values["opening_balance"] = opening if months == calendar.periods else np.asarray(opening[list(calendar.first_month)])
    values["initial_balance"] = np.full_like(values["balance"], initial_balance)
    values["factor"] = values["balance"] / initial_balance
    for days in DELINQUENT:
        behind = at_ends(getattr(collateral, f"delinquent_{days}"), calendar)
        values[f"delinquency_{days}"] = behind if nothing(behind) else share_of(behind, values["balance"])
    for name, before in zip(("default", "loss"), cumulative, strict=True):
        values[f"cumulative_{name}_rate"] = rate_to_date((before + to_date(values[name].T).T) / initial_balance)
    balances = {
        name: at_ends(collateral.segment_balance[:, k], calendar)
        for k, name in enumerate(collateral.segment_names)
        if name in segments
    }
    return PoolPeriods(
        values=values,
        segments=balances,
        opening_by_month=opening,
        last_period=last_periods(collateral, calendar),
        lost_recoveries=collateral.recovery[:, months:].sum(axis=1),
    )


def share_of(part: Floats, whole: Floats) -> Floats:
    """Part over whole, 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def rate_to_date(rate: Floats) -> Floats:
    """Defaults or losses to date over a balance; what is left of the sum where all was recovered is rounding, and 0."""
    return np.where(np.abs(rate) > DUST_SHARE, rate, 0.0)


def by_month(flow: Floats, months: int) -> Floats:
    """(months, S) of a flow (S, T), cut or filled with zeros; of what the pool does not have one 0 that stands for all."""
    if nothing(flow):
        return np.broadcast_to(0.0, (months, len(flow)))
    known = min(months, flow.shape[1])
    filled = np.empty((months, len(flow)))
    filled[:known], filled[known:] = flow[:, :known].T, 0.0
    return filled


def by_period(flow: Floats, calendar: DealCalendar, months: int) -> Floats:
    """(P, S) sums of a monthly flow (S, T)."""
    flow = by_month(flow, months)
    if nothing(flow):
        return flow[: calendar.periods]
    return flow if months == calendar.periods else np.asarray(np.add.reduceat(flow, calendar.first_month))


def at_ends(balance: Floats, calendar: DealCalendar) -> Floats:
    """(P, S) closing balances at the end of each collection period; 0 after the pool's last month."""
    ends = np.array(calendar.first_month) + np.array(calendar.months)
    monthly = by_month(balance, int(ends[-1]))
    return monthly[: calendar.periods] if nothing(monthly) else np.asarray(monthly[ends - 1])


def last_periods(collateral: CollateralCashflows, calendar: DealCalendar) -> Ints:
    """(S,) index of the first payment date after the scenario's last flow, or of the last date there is."""
    alive = collateral.opening_balance > 0
    for flow in (collateral.recovery, collateral.advanced_principal, collateral.advanced_interest):
        alive = alive if nothing(flow) else alive | (flow > 0)
    months = alive.shape[1]
    last_month = np.where(alive.any(axis=1), months - 1 - np.argmax(alive[:, ::-1], axis=1), 0)
    ends = np.array(calendar.first_month) + np.array(calendar.months)
    return np.minimum(np.searchsorted(ends, last_month + 1), calendar.periods - 1).astype(np.int64)
