"""The clean-up call: tested and exercised on the same date, only where it pays every fee and every note. Arrays are (R,)."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Bools
from abs_waterfall.waterfall.record import Record
from abs_waterfall.waterfall.resolved import ResolvedDeal
from abs_waterfall.waterfall.state import Claims, State
from abs_waterfall.waterfall.steps import value_of
from abs_waterfall.waterfall.sums import added


def exercise_call(deal: ResolvedDeal, state: State, record: Record, callable_now: Bools) -> Bools:
    """Point 4: where the call may be exercised and pays every fee and note, the pool is sold. Gives the rows."""
    claims, notes = deal.claims, list(deal.notes)
    if deal.call_when is None:
        return np.zeros_like(callable_now)
    wanted = callable_now & deal.call_when(state)
    due = (
        added(state.owed[claims.fees_due])
        + added(state.accruing)
        + added(state.owed[[line for note in notes for line in claims.lines(note)]])
        + added(state.owed[claims.balances][notes])
        + added(state.owed[list(deal.other_dues)])
    )
    there = added(state.held)
    if deal.call_amount is None:
        amount = np.maximum(due - there, 0.0)
    else:
        amount = np.maximum(value_of(deal.call_amount, state, wanted, "call.amount", deal.deal.file), 0.0)
    called: Bools = wanted & (amount + there >= due - state.dust)
    amount = np.where(called, amount, 0.0)
    to_principal = np.minimum(amount, state.pool["balance"])
    paid = np.array([amount - to_principal, to_principal])
    state.cash[:2] += paid
    state.into[:2] += paid
    for name in ("balance", "factor"):
        state.pool[name] = np.where(called, 0.0, state.pool[name])
    state.segments = {name: np.where(called, 0.0, balance) for name, balance in state.segments.items()}
    record.call(state.period, called, amount)
    return called


def fees_at_end(claims: Claims, state: State, final: Bools) -> None:
    """What fees accrued towards a later date falls due where the call, or the end of purchases, makes this date the last."""
    if not state.accruing.any():
        return
    fees = claims.fees_due
    accrued = np.where(final, state.accruing, 0.0)
    for what in (state.owed, state.due):
        what[fees] += accrued
    state.accruing -= accrued
