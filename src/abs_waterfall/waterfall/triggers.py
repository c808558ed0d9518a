"""Triggers: tested, held, cured; and the mode that follows from those that hold. R rows."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.waterfall.record import Record
from abs_waterfall.waterfall.resolve import ResolvedDeal
from abs_waterfall.waterfall.state import State


def test_triggers(deal: ResolvedDeal, state: State, alive: Bools, record: Record, *, before: bool) -> None:
    """Test the triggers of one moment of the date, in the file's order, and write down what each shows."""
    for i, trigger in enumerate(deal.triggers):
        if trigger.before != before:
            continue
        tested = alive & (state.period >= trigger.first)
        breached = tested & trigger.when(state)
        state.clean[i] = np.where(breached, 0, state.clean[i] + tested)
        cured = (state.clean[i] >= trigger.cure) & (trigger.cure > 0)
        state.holding[i] = breached | (state.holding[i] & ~cured)
        record.trigger(i, trigger, state, alive, tested, breached)


def derive_mode(deal: ResolvedDeal, state: State) -> Ints:
    """(R,) the mode of the holding trigger listed last, else the one the deal starts in."""
    mode = np.full(state.rows, deal.starts_in, dtype=np.int64)
    for i, trigger in enumerate(deal.triggers):
        if trigger.mode >= 0:
            mode = np.where(state.holding[i], trigger.mode, mode)
    return mode
