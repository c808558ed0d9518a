"""What the pool pays, month by month. Shapes: S scenarios, K segments, T months. Amounts in currency units."""

from __future__ import annotations

import datetime as dt
from dataclasses import field

import numpy as np

from abs_waterfall.arrays import Floats, record


def no_flow() -> Floats:
    """A flow that nobody gave."""
    return np.zeros((0, 0))


SELDOM = ("prepayment_penalty", "capitalised", "delinquent_30", "delinquent_60", "delinquent_90")
"""Flows that few pools have: all zeros in others, without memory of their own."""


@record
class CollateralCashflows:
    """Flows of the whole pool; month t is the t-th after cut-off.

    opening + purchased + drawn + capitalised = default + scheduled_principal + prepayment + closing, in every month. What is
    behind is in closing, what revolving lines pay is scheduled principal, and what the servicer advances on defaulted loans comes
    beside the performing loans' own flows.
    """

    dates: tuple[dt.date, ...]  # (T,) cut-off + n months
    segment_names: tuple[str, ...]
    opening_balance: Floats  # (S, T)
    interest: Floats  # (S, T) of performing loans, flat fees included
    scheduled_principal: Floats  # (S, T)
    prepayment: Floats  # (S, T)
    default: Floats  # (S, T)
    recovery: Floats  # (S, T) as it arrives
    loss: Floats  # (S, T) default - recovery - advanced principal, as each occurs
    closing_balance: Floats  # (S, T)
    advanced_interest: Floats  # (S, T)
    advanced_principal: Floats  # (S, T)
    segment_initial: Floats  # (K,)
    segment_balance: Floats  # (S, K, T) closing
    segment_default: Floats  # (S, K, T)
    purchased: Floats = field(default_factory=lambda: np.zeros((1, 1)))  # (S, T) bought in the month; collects from the next
    drawn: Floats = field(
        default_factory=lambda: np.zeros((1, 1))
    )  # (S, T) on revolving lines in the month; funded by the seller
    prepayment_penalty: Floats = field(default_factory=no_flow)  # (S, T) beside interest
    capitalised: Floats = field(default_factory=no_flow)  # (S, T) interest of payment holidays, which joins the balance
    delinquent_30: Floats = field(default_factory=no_flow)  # (S, T) balance that has missed a payment or more by the month's end
    delinquent_60: Floats = field(default_factory=no_flow)  # (S, T) two or more
    delinquent_90: Floats = field(default_factory=no_flow)  # (S, T) three or more

    def __post_init__(self) -> None:
        """Flows that the pool does not have are zeros."""
        for name in SELDOM:
            if not getattr(self, name).size:
                object.__setattr__(self, name, np.broadcast_to(0.0, self.opening_balance.shape))

    @property
    def seldom(self) -> tuple[str, ...]:
        """The flows of SELDOM that the pool has."""
        return tuple(name for name in SELDOM if any(getattr(self, name).strides))

    @property
    def realised_cumulative_default(self) -> Floats:
        """Share of each segment's initial balance that defaults (S, K); 0 for a segment without loans.

        It is below the cumulative default asked for where the timing outlives the segment.
        """
        initial = np.where(self.segment_initial > 0, self.segment_initial, 1.0)
        return np.asarray(self.segment_default.sum(axis=2) / initial)
