"""All measures of one tranche, over all scenarios at once.

Shapes: S scenarios, P payment dates. Amounts in currency units, times in years, yields fractions a year. A figure that does
not exist is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.measures.decrement import first_principal, last_principal
from abs_waterfall.measures.durations import convexity_of, mean_time, modified_of
from abs_waterfall.measures.sums import after_settlement
from abs_waterfall.measures.wal import wal
from abs_waterfall.measures.yields import BOND_EQUIVALENT, EFFECTIVE, Steps, discounted, force_from_price, yield_from_force
from abs_waterfall.waterfall.sums import total

_PAID: Final = ("interest", "principal", "residual", "principal_to_maturity", "principal_to_call")


@record
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
        return total([self.interest, self.principal, self.residual])


@record
class TrancheReturns:
    """What a tranche comes to, each (S,): the measures that are kept of thousands of scenarios."""

    wal: Floats  # years, to maturity
    wal_to_call: Floats  # years
    yield_nominal: Floats  # at the payment frequency
    yield_bey: Floats  # semiannual bond-equivalent
    principal_loss: Floats  # currency units


@record
class TrancheMeasures(TrancheReturns):
    """The summary of a tranche, each (S,)."""

    yield_effective: Floats
    price: Floats  # clean, per 100 of balance at settlement
    macaulay_duration: Floats  # years
    modified_duration: Floats  # years, per unit of bond-equivalent yield
    convexity: Floats  # years squared, per unit of bond-equivalent yield
    first_principal: Ints  # index of a payment date, -1 where no principal is paid
    last_principal: Ints


@dataclass(frozen=True, slots=True)
class Terms:
    """What a tranche is bought at, per 100 of its balance, and how often it pays."""

    price: ArrayLike  # clean
    accrued: ArrayLike  # interest, on top
    payments_per_year: int


def force_of(flows: TrancheReceipts, total: Floats, terms: Terms) -> Floats:
    """(S,) the force of interest at which all that is paid after settlement is worth what was paid for it."""
    return force_from_price(flows.times, total, terms.price, balance=flows.balance, accrued=terms.accrued)


def returns(flows: TrancheReceipts, force: Floats, terms: Terms) -> dict[str, Floats]:
    """The fields of TrancheReturns."""
    to_maturity, to_call = flows.principal_to_maturity, flows.principal_to_call
    life = wal(flows.times, to_maturity)
    return {
        "wal": life,
        "wal_to_call": life if to_call is to_maturity else wal(flows.times, to_call),
        "yield_nominal": yield_from_force(force, terms.payments_per_year),
        "yield_bey": yield_from_force(force, BOND_EQUIVALENT),
        "principal_loss": flows.principal_loss,
    }


def tranche_returns(flows: TrancheReceipts, terms: Terms) -> TrancheReturns:
    """Measure what a tranche comes to."""
    flows = flows.after_settlement()
    return TrancheReturns(**returns(flows, force_of(flows, flows.total, terms), terms))


def measure_tranche(flows: TrancheReceipts, terms: Terms) -> TrancheMeasures:
    """Measure a tranche."""
    flows = flows.after_settlement()
    total = flows.total
    force = force_of(flows, total, terms)
    came = returns(flows, force, terms)
    values = discounted(Steps.between(flows.times), total, force)
    macaulay, bey = mean_time(flows.times, values), came["yield_bey"]
    return TrancheMeasures(
        **came,
        yield_effective=yield_from_force(force, EFFECTIVE),
        price=np.where(flows.balance > 0, terms.price, np.nan),
        macaulay_duration=macaulay,
        modified_duration=modified_of(macaulay, bey),
        convexity=convexity_of(flows.times, values, bey),
        first_principal=first_principal(flows.principal, flows.balance),
        last_principal=last_principal(flows.principal, flows.balance),
    )
