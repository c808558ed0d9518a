"""LoanPool: the eligible loans as columns, the one form every tape and rep line is read into.

Shapes: N loans. Amounts in the deal's currency, as of each loan's own cut-off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.pool.clauses import Clauses
from abs_waterfall.pool.columns import Column, constant

AMORTIZATIONS = ("level_pay", "equal_principal", "interest_only", "bullet", "flat_fee", "revolving_line", "custom")

REVOLVING_LINE = AMORTIZATIONS.index("revolving_line")
"""An account that stays open: it pays and is drawn as the assumptions say, and what is left at its end falls due."""


MULTIPLIERS = ("default_multiplier", "prepayment_multiplier")
"""Of the speeds that are assumed: a loan's own."""

NOWHERE: Ints = np.zeros(0, np.int64)
UNSAID: Floats = np.zeros(0)


@record
class LoanPool:
    """Loans as columns; valid by construction (files and lines are checked before one is made)."""

    balance: Floats  # (N,) > 0
    annual_rate: Floats  # (N,) fraction a year; schedules use annual_rate / 12
    remaining_term: Ints  # (N,) months, >= 1
    age: Ints  # (N,) months since origination
    amortization: Ints  # (N,) index into AMORTIZATIONS
    interest_only_months: Ints  # (N,) payments of interest alone before it amortizes
    amortization_term: Ints  # (N,) months from cut-off it would amortize over; > remaining_term: a balloon
    original_balance: Floats  # (N,) for flat_fee
    fee_rate: Floats  # (N,) a month, on the original balance
    fee_on_prepayment: Bools  # (N,) a prepayment is charged the rest of the flat fee
    months_before_cutoff: Ints  # (N,) from the loan's own cut-off to the deal's; negative: it pays nothing until later
    segment: Ints  # (N,) index into segment_names
    segment_names: tuple[str, ...]
    schedule: Ints  # (N,) index into schedules for `custom`, else -1
    schedules: tuple[Floats, ...]  # shares of the balance by month, each summing to 1
    clause: Ints = field(default_factory=lambda: NOWHERE)  # (N,) index into clauses, else -1
    clauses: tuple[Clauses, ...] = ()  # what few loans agree beside
    default_multiplier: Floats = field(default_factory=lambda: UNSAID)  # (N,) of the default speed as quoted; nothing said: 1
    prepayment_multiplier: Floats = field(default_factory=lambda: UNSAID)  # (N,) of the prepayment speed
    traits: Mapping[str, Column] = field(default_factory=dict)  # what else limits and criteria on purchases look at, each (N,)

    def __post_init__(self) -> None:
        """Where no loan has a clause or a multiplier, none needs to be told so."""
        if not self.clauses and len(self.clause) != len(self.balance):
            object.__setattr__(self, "clause", np.full(len(self.balance), -1, np.int64))
        for name in MULTIPLIERS:
            if len(getattr(self, name)) != len(self.balance):
                object.__setattr__(self, name, constant(1.0, len(self.balance)))

    @property
    def total_balance(self) -> float:
        """The pool's balance, in currency units."""
        return float(self.balance.sum())
