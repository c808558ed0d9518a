"""Loans whose prepayments shorten their term, `prepayment_effect = "shorten"`: the instalment stays as it was.

What such a loan pays depends on how fast it prepays, and not on who defaults, for defaults take whole loans. So each distinct
course of speeds has strips of its own, which hold the prepayments, and from there the projection is that of any other loan.
Shapes: N loans, C cohorts, H months of the axis, G chunks of loans.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, record
from abs_waterfall.assumptions.curves import CurveAxes, monthly_rates
from abs_waterfall.assumptions.scenarios import Quote
from abs_waterfall.collateral.clauses import clause_of, of_loans
from abs_waterfall.collateral.cohorts import Cohorts, has_instalment
from abs_waterfall.collateral.kernels.compiling import PROCESSORS
from abs_waterfall.collateral.kernels.shapes import CHUNK, SIFMA, Loans
from abs_waterfall.collateral.kernels.shortened import sum_shortened
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.errors import Problem
from abs_waterfall.pool.clauses import Clauses
from abs_waterfall.pool.loans import LoanPool

_PARTIAL_BYTES = 128 * 1024**2  # of chunk sums held at a time


@record
class Course:
    """How fast loans prepay in one scenario, where that makes their strips."""

    order: int
    speeds: Floats  # (C, H) share of what there is to prepay


Pace: TypeAlias = Callable[[Cohorts, CurveAxes], Course]
"""How fast cohorts prepay, once it is known what they are."""


def course(order: int, smm: Floats, mdr: Floats) -> Course:
    """The course of speeds (H, C); `sifma` takes them of the balance before defaults, so that survivors prepay more."""
    if order == SIFMA:
        smm = np.divide(np.minimum(smm, 1.0 - mdr), 1.0 - mdr, out=np.zeros_like(smm), where=mdr < 1.0)
    return Course(order, np.ascontiguousarray(smm.T))


def known(given: Course, _cohorts: Cohorts, _axes: CurveAxes) -> Course:
    """A course that is worked out already."""
    return given


def quoted(speeds: Sequence[tuple[Quote, Quote | None]], order: int, cohorts: Cohorts, axes: CurveAxes) -> Course:
    """The course of cohorts whose segments prepay, and for `sifma` default, at some speeds (K,)."""
    smm, mdr = np.zeros(axes.age.shape), np.zeros(axes.age.shape)
    bounds = cohorts.bounds(len(speeds))
    for (prepayment, default), low, end in zip(speeds, bounds[:-1], bounds[1:], strict=True):
        of = slice(low, end)
        own = CurveAxes(axes.age[:, of], axes.remaining[:, of], axes.period, axes.year_share)
        smm[:, of] = monthly_rates([prepayment], own, cohorts.prepayment_multiplier[of])[0]
        if default is not None:
            mdr[:, of] = monthly_rates([default], own, cohorts.default_multiplier[of])[0]
    return course(order, smm, mdr)


def shortened_problems(pool: LoanPool) -> list[Problem]:
    """Clauses of loans that do not go with an instalment that stays."""
    unlike: Mapping[str, Callable[[Clauses], bool]] = {
        "payment holidays": lambda each: each.holiday > 0,
        "rates that adjust": lambda each: each.adjusts is not None,
        "penalties by amount": lambda each: each.penalty is not None and each.penalty.amount is not None,
    }
    kept = has_instalment(pool)
    counts = {
        what: int((of_loans(pool, [is_so(each) for each in clause_of(pool)]) * kept).sum()) for what, is_so in unlike.items()
    }
    place = "assumptions.prepayment_effect"
    return [
        Problem(f'"shorten" does not go with {what}, which {count:,} loan{"s have" if count > 1 else " has"}', place)
        for what, count in counts.items()
        if count
    ]


def add_shortened(balance: Floats, interest: Floats, loans: Loans, given: Course, processors: int = PROCESSORS) -> Floats:
    """Add loans to the strips (C, H + 1) and (C, H), chunk by chunk in their order; the prepayments in them (C, H)."""
    prepaid = np.zeros_like(interest)
    strips = balance, interest, prepaid
    chunks = -(-len(loans.balance) // CHUNK)
    held = max(1, min(chunks, _PARTIAL_BYTES // sum(strip.nbytes for strip in strips)))
    partial = [np.empty((held, *strip.shape)) for strip in strips]
    sum_one = sum_shortened.fit(int(loans.months.sum()))
    for first in range(0, chunks, held):
        count = min(held, chunks - first)

        def some(low: int, high: int, first: int = first) -> None:
            for g in range(low, high):
                sum_one(first + g, given.order, loans, given.speeds, *(sums[g] for sums in partial))

        in_threads(some, count, processors)
        for g in range(count):
            for sums, strip in zip(partial, strips, strict=True):
                np.add(strip, sums[g], out=strip)
    return prepaid
