"""What stands behind each class, date by date. S scenarios, P payment dates."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.ranks import ahead
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.state import DUST_SHARE


def credit_support(flows: DealCashflows, deal: Deal) -> dict[str, Floats]:
    """(S, P) of each class, after the date: 1 - the classes that rank before or with it / the pool and principal funds.

    NaN where nothing is left of either. Formulas read the same, as of the step they stand in.
    """
    backing = backing_of(flows, deal)
    closing = [tranche.closing_balance for tranche in flows.tranches.values()]
    return {name: supported([closing[i] for i in before], backing) for name, before in ahead(deal).items()}


def notes_support(flows: DealCashflows, deal: Deal) -> Floats:
    """(S, P) the same of all notes together: what the pool and principal funds hold above them."""
    notes = [flows.tranches[tranche.name].closing_balance for tranche in deal.tranche if not tranche.residual]
    return supported(notes, backing_of(flows, deal))


def backing_of(flows: DealCashflows, deal: Deal) -> Floats:
    """(S, P) the pool and principal funds, roundings aside; without the seller's interest, which ranks equal with the notes."""
    backing = flows.pool_balance + flows.funds.unspent_principal
    if any(tranche.seller for tranche in deal.tranche):
        others = sum(flows.tranches[tranche.name].closing_balance for tranche in deal.tranche if not tranche.seller)
        backing = backing - np.maximum(flows.pool_balance - others, 0.0)
    classes = sum(tranche.opening_balance[:, :1] for tranche in flows.tranches.values())
    there = backing > DUST_SHARE * np.maximum(classes, backing.max(axis=1, keepdims=True, initial=0.0))
    return np.where(there, backing, 0.0)


def supported(senior: list[Floats], backing: Floats) -> Floats:
    """(S, P) the share of the backing that is above some balances."""
    owed = np.sum(senior, axis=0) if senior else np.zeros_like(backing)
    return np.asarray(1 - np.divide(owed, backing, out=np.full_like(backing, np.nan), where=backing > 0))
