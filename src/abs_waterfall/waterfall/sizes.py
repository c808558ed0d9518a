"""What the classes are at closing: shares of the pool as amounts."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.steps import (
    Purchase,
)
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.errors import InputError

UNDERCOLLATERALISED = 0.01  # currency units by which notes may exceed the pool


def tranche_sizes(deal: Deal, eligible_balance: float, scenario: str) -> Floats:
    """(N,) balances at closing in a scenario; a share is of the eligible balance, rounded down to `round_to`."""
    given = deal.scenario[scenario].set if scenario in deal.scenario else {}
    sizes = np.array([tranche_size(tranche, eligible_balance, given) for tranche in deal.tranche])
    notes = sum(size for size, tranche in zip(sizes, deal.tranche, strict=True) if not tranche.residual)
    closed = deal.state is not None  # what losses have made of it is no mistake
    prefunded = prefunded_cash(deal, given)
    backing = eligible_balance + prefunded
    if notes > backing + UNDERCOLLATERALISED and not (closed or deal.deal.allow_undercollateralised):
        cash = f" and {prefunded:,.2f} of cash to buy with" if prefunded else ""
        raise InputError.one(
            f"the notes add up to {notes:,.2f}, above the pool's {eligible_balance:,.2f}{cash} by {notes - backing:,.2f}; "
            "expected no more than the pool, or deal.allow_undercollateralised = true",
            f"scenario.{scenario}.set" if given else "tranche",
            deal.file,
        )
    return sizes


def prefunded_cash(deal: Deal, given: Mapping[str, float]) -> float:
    """What accounts that loans are bought from hold at closing, in a scenario that sets these numbers."""
    steps = [step for listed in deal.waterfall.values() for step in listed]
    sources = {step.source for step in steps if isinstance(step, Purchase)}
    sources |= {deal.revolving.source} if deal.revolving else set()
    accounts = [account for account in deal.account if account.name in sources]
    return sum(given.get(f"account.{account.name}.initial", account.initial) for account in accounts)


def tranche_size(tranche: Tranche, eligible_balance: float, given: Mapping[str, float]) -> float:
    """A tranche's balance at closing, of which a scenario may set the balance or the share."""
    if tranche.balance is not None:
        return given.get(f"tranche.{tranche.name}.balance", tranche.balance)
    size = given.get(f"tranche.{tranche.name}.share", tranche.share or 0.0) * eligible_balance
    return math.floor(size / tranche.round_to + 1e-9) * tranche.round_to if tranche.round_to else size
