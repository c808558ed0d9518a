"""All measures of one tranche, over all scenarios at once.

Shapes: S scenarios, P payment dates. Amounts in currency units, times in years, yields fractions a year. A figure that does
not exist is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.measures.decrement import first_principal, last_principal
from abs_waterfall.measures.durations import convexity_of, mean_time, modified_of
from abs_waterfall.measures.sums import after_settlement
from abs_waterfall.measures.wal import wal
from abs_waterfall.measures.yields import BOND_EQUIVALENT, EFFECTIVE, discounted, force_from_price, yield_from_force

_PAID: Final = ("interest", "principal", "residual", "principal_to_maturity", "principal_to_call")


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheReceipts:
    """What a tranche is paid, as measures need it; the first five are (S, P), never negative."""

    interest: Floats
    principal: Floats
    residual: Floats
    principal_to_maturity: Floats
    principal_to_call: Floats
    times: Floats  # (P,), years from settlement, ascending
    balance: Floats  # (S,), at settlement
    principal_loss: Floats  # (S,), balance never repaid

    def after_settlement(self) -> TrancheReceipts:
        """Leave out what the seller still received."""
        return replace(self, **{name: after_settlement(self.times, getattr(self, name)) for name in _PAID})

    @property
    def total(self) -> Floats:
        """Interest, principal and residual together, (S, P)."""
        return self.interest + self.principal + self.residual


@dataclass(frozen=True, slots=True, kw_only=True)
class TrancheMeasures:
    """The summary of a tranche, each (S,)."""

    wal: Floats  # years, to maturity
    wal_to_call: Floats  # years
    yield_nominal: Floats  # at the payment frequency
    yield_bey: Floats  # semiannual bond-equivalent
    yield_effective: Floats
    price: Floats  # clean, per 100 of balance at settlement
    macaulay_duration: Floats  # years
    modified_duration: Floats  # years, per unit of bond-equivalent yield
    convexity: Floats  # years squared, per unit of bond-equivalent yield
    first_principal: Ints  # index of a payment date, -1 where no principal is paid
    last_principal: Ints
    principal_loss: Floats  # currency units


def measure_tranche(flows: TrancheReceipts, *, price: ArrayLike, accrued: ArrayLike, payments_per_year: int) -> TrancheMeasures:
    """Measure a tranche bought at a clean `price`, with `accrued` interest on top, both per 100 of balance."""
    flows = flows.after_settlement()
    total = flows.total
    force = force_from_price(flows.times, total, price, balance=flows.balance, accrued=accrued)
    bey = yield_from_force(force, BOND_EQUIVALENT)
    values = discounted(flows.times, total, force)
    macaulay = mean_time(flows.times, values)
    return TrancheMeasures(
        wal=wal(flows.times, flows.principal_to_maturity),
        wal_to_call=wal(flows.times, flows.principal_to_call),
        yield_nominal=yield_from_force(force, payments_per_year),
        yield_bey=bey,
        yield_effective=yield_from_force(force, EFFECTIVE),
        price=np.where(flows.balance > 0, price, np.nan),
        macaulay_duration=macaulay,
        modified_duration=modified_of(macaulay, bey),
        convexity=convexity_of(flows.times, values, bey),
        first_principal=first_principal(flows.principal, flows.balance),
        last_principal=last_principal(flows.principal, flows.balance),
        principal_loss=flows.principal_loss,
    )
