"""Flows on the months of the axis as cash flows by month since the deal's cut-off.

Shapes: S scenarios (0 is the base case), K segments, G parts, Q cells (what a part has of a segment), C cohorts, H months of the
axis, T months since cut-off.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.cashflows import SELDOM, CollateralCashflows
from abs_waterfall.collateral.cohorts import (
    cells_of,
    segment_initial,
)
from abs_waterfall.collateral.kernels.shapes import (
    BEHIND,
    CLOSING,
    PENALTY,
    Flows,
)
from abs_waterfall.collateral.parts import PartFlows, Parting
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.timeline import month_dates


def _since_cutoff(flows: Floats, lead: int) -> Floats:
    """Flows by deal month: what came before the deal's cut-off is in the first."""
    if lead == 0:
        return flows
    kept = flows[..., lead:].copy()
    for month in range(lead):
        kept[..., 0] += flows[..., month]
    return kept


def _to_horizon(flows: Floats, horizon: int) -> Floats:
    return np.concatenate((flows, np.zeros((*flows.shape[:-1], horizon - flows.shape[-1]))), axis=-1)


def _by_month(parts: Floats, lead: int) -> Floats:
    """The parts' flows (S, G, 9 or 14, T) by deal month, balances as they are at month ends."""
    by_month = _since_cutoff(parts, lead)
    if lead == 0:
        return by_month
    for balances in (slice(CLOSING, CLOSING + 1), slice(BEHIND, None)):
        by_month[:, :, balances] = parts[:, :, balances, lead:]
    return by_month


def part_flows(pool: LoanPool, parting: Parting, axis: MonthAxis, flows: Flows) -> PartFlows:
    """What each part pays."""
    segment, part, cell = cells_of(pool.segment, parting.part, len(pool.segment_names), parting.count)
    default = _since_cutoff(flows.default.swapaxes(1, 2), axis.lead).swapaxes(1, 2)
    return PartFlows(
        parts=_by_month(flows.parts, axis.lead),
        default=np.ascontiguousarray(default),
        closing=flows.closing[:, axis.lead :].copy(),
        weighted=flows.weighted[..., axis.lead :].copy(),
        initial=np.bincount(cell, pool.balance, len(segment)).astype(np.float64),
        segment=segment,
        part=part,
    )


def cashflows_of(pool: LoanPool, axis: MonthAxis, flows: Flows) -> CollateralCashflows:
    """What a pool of one part pays."""
    by_month = _by_month(flows.parts, axis.lead)[:, 0]
    horizon = by_month.shape[2]
    given = np.moveaxis(by_month[:, :PENALTY], 1, 0)
    interest, scheduled, prepayment, recovery, advanced_interest, advanced_principal, drawn, default, closing = given
    advanced_interest, advanced_principal, drawn = (
        flow if flow.any() else np.broadcast_to(0.0, flow.shape) for flow in (advanced_interest, advanced_principal, drawn)
    )
    seldom = dict(zip(SELDOM, np.moveaxis(by_month[:, PENALTY:], 1, 0), strict=False))
    segment_default = _to_horizon(_since_cutoff(flows.default.swapaxes(1, 2), axis.lead), horizon)
    segment_balance = _to_horizon(flows.closing.swapaxes(1, 2)[..., axis.lead :], horizon)
    initial = segment_initial(pool)
    opening = np.concatenate((np.full((len(closing), 1), initial.sum()), closing[:, :-1]), axis=1)
    return CollateralCashflows(
        dates=month_dates(axis.cutoff, horizon),
        segment_names=pool.segment_names,
        opening_balance=opening,
        interest=interest,
        scheduled_principal=scheduled,
        prepayment=prepayment,
        default=default,
        recovery=recovery,
        loss=default - recovery - advanced_principal,
        closing_balance=closing,
        advanced_interest=advanced_interest,
        advanced_principal=advanced_principal,
        segment_initial=initial,
        segment_balance=segment_balance,
        segment_default=segment_default,
        drawn=drawn,
        **{name: flow for name, flow in seldom.items() if flow.any()},
    )
