"""The state of a run at closing."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Ints
from abs_waterfall.collateral.kernels.compiling import FEW
from abs_waterfall.waterfall.gate import pay_claim
from abs_waterfall.waterfall.resolved import ResolvedDeal
from abs_waterfall.waterfall.settings import Settings
from abs_waterfall.waterfall.state import DUST_SHARE, State


def opening_state(deal: ResolvedDeal, scenario: Ints, periods: int, initial: float, settings: Settings) -> State:
    """Closing: notes issued, accounts funded, nothing due; `initial` is the pool's initial balance."""
    claims, rows = deal.claims, len(scenario)
    pots = 2 + len(deal.accounts) + claims.facilities + claims.hedges
    state = State(
        claims=claims,
        inside=2 + len(deal.accounts),
        cent=deal.deal.deal.cent,
        net=np.zeros((claims.hedges, rows)),
        dust=DUST_SHARE * initial,
        pays=pay_claim.compiled if rows * periods > FEW else None,
        cash=np.zeros((pots, rows)),
        into=np.zeros((pots, rows)),
        out=np.zeros((pots, rows)),
        owed=np.zeros((claims.count, rows)),
        initials=np.ascontiguousarray(deal.initials[:, scenario]),
        due=np.zeros((claims.count, rows)),
        paid=np.zeros((claims.count, rows)),
        accruing=np.zeros((len(deal.deal.fee), rows)),
        rounded_off=np.zeros((claims.interests.stop, rows)),
        shortfall=np.zeros((claims.interests.stop, rows)),
        accreted=np.zeros((claims.tranches, rows)),
        raised=np.zeros((claims.count, rows)),
        lowered=np.zeros((claims.count, rows)),
        written_off=np.zeros((claims.tranches, rows)),
        step_paid=np.zeros((len(deal.step_names), rows)),
        holding=np.zeros((len(deal.triggers), rows), dtype=np.bool_),
        acting=np.zeros((len(deal.triggers), rows), dtype=np.bool_),
        clean=np.zeros((len(deal.triggers), rows), dtype=np.int64),
        final=np.zeros(rows, dtype=np.bool_),
        released=np.zeros(rows, dtype=np.bool_),
        emptied=np.zeros((len(deal.accounts), rows), dtype=np.bool_),
        last_values={name: np.full(rows, -np.inf) for name, _ in deal.stopped},
        spent=np.zeros(rows),
        revolving=np.zeros(rows, dtype=np.bool_),
        pool={},
        segments={},
        indices={},
        coupons=np.zeros((claims.interests.stop, rows)),
        planned=np.zeros(len(deal.scheduled)),
        opening_means={},
        history={operand: np.full((periods, rows), np.nan) for operand, _ in deal.histories},
        period=0,
        date=0,
        months=0,
    )
    state.owed[claims.balances] = deal.sizes[:, scenario]
    for line, tranche in enumerate(deal.deal.tranche):  # a class's own line has its index
        state.owed[line] = tranche.unpaid_interest
    state.owed[claims.residuals] = np.inf
    for pot, account in enumerate(deal.deal.account, start=2):
        state.cash[pot] = settings.at_closing(f"account.{account.name}.initial", account.initial)
    return state
