"""What prepayments are charged, cohort by cohort: loans of one cohort have the same penalty and age, so no loan is touched.

Shapes: C cohorts, H months of the axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.assumptions.curves import CurveAxes
from abs_waterfall.collateral.cohorts import Cohorts
from abs_waterfall.collateral.kernels.shapes import PREPAY_FIRST, Schedules
from abs_waterfall.collateral.strips import Strips
from abs_waterfall.pool.clauses import PrepaymentPenalty


def with_penalties(
    schedules: Schedules, strips: Strips, cohorts: Cohorts, axes: CurveAxes, penalties: Sequence[PrepaymentPenalty], order: int
) -> Schedules:
    """The schedules with what prepaying all of a cohort in a month is charged, and what any prepayment is."""
    if not penalties:
        return schedules
    prepaid = slice(None, -1) if order == PREPAY_FIRST else slice(1, None)  # the balance that prepayments are taken from
    balance, loans = schedules.balance[prepaid], strips.loans.T[prepaid]
    penalty, charge = np.zeros_like(balance), np.zeros_like(balance)
    for number, terms in enumerate(penalties):
        of = cohorts.penalty == number
        base = balance[:, of] if terms.rate is not None else loans[:, of]
        if schedules.prepaid.size:
            base = np.where(cohorts.shortens[of], schedules.prepaid[:, of], base)
        charged = terms.at(axes.age[:, of]) * base
        (charge if terms.each_month else penalty)[:, of] = charged
    return schedules._replace(penalty=penalty, charge=charge)
