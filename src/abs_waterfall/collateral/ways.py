"""Which way the loans of a pool are projected, and why: as strips, or a loan at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Bools
from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.collateral.clauses import adjusts
from abs_waterfall.collateral.cohorts import has_instalment, own_multipliers
from abs_waterfall.pool.loans import LoanPool

STRIPS, BY_LOAN = "strips", "loan by loan"
ADDED_UP = "what they would pay undisturbed is added up once for all scenarios"


@dataclass(frozen=True, slots=True)
class Way:
    """Some loans, rep lines among them, and how they are projected."""

    loans: int
    path: str  # STRIPS or BY_LOAN
    why: str


def ways(pool: LoanPool, assumptions: Assumptions, loans: int) -> tuple[Way, ...]:
    """The ways of a pool's loans, of which there are so many however few lines stand for them; each goes the first it can."""
    rest, found = np.ones(len(pool.balance), np.bool_), []
    for which, path, why in (
        (np.full_like(rest, assumptions.advances), BY_LOAN, "advances end by each loan's own schedule"),
        (shortened(pool, assumptions), BY_LOAN, "prepayments shorten their terms: a pass over them for each course of speeds"),
        (own_multipliers(pool), BY_LOAN, "multipliers of their own"),
        (adjusts(pool), STRIPS, "their rates adjust: a set for each distinct path of the index"),
    ):
        found.append(Way(int((which & rest).sum()), path, why))
        rest = rest & ~which
    left = loans - sum(way.loans for way in found)
    found.append(Way(left, STRIPS, ADDED_UP))
    return tuple(way for way in reversed(found) if way.loans)


def shortened(pool: LoanPool, assumptions: Assumptions) -> Bools:
    """(N,) the loans that prepayments shorten."""
    return has_instalment(pool) & (assumptions.prepayment_effect == "shorten")
