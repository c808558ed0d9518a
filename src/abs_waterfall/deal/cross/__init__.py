"""What one table of a deal says of another: names that must exist, be distinct and make sense where they stand.

Works on the parts of a file that are valid by themselves, so that a file with other faults gets these messages too.
"""

from __future__ import annotations

from abs_waterfall.deal.cross.circles import circle_problems
from abs_waterfall.deal.cross.classes import (
    class_problems,
    exchange_problems,
    group_problems,
    ledger_problems,
    schedule_problems,
    seller_problems,
)
from abs_waterfall.deal.cross.formulas import formula_problems
from abs_waterfall.deal.cross.parts import Parts
from abs_waterfall.deal.cross.revolving import revolving_problems
from abs_waterfall.deal.cross.standing import standing_problems
from abs_waterfall.deal.cross.steps import step_problems
from abs_waterfall.deal.cross.terms import coupon_problems, date_problems, fee_problems, loan_problems, name_problems
from abs_waterfall.deal.cross.triggers import mode_problems, scenario_problems, setting_problems, trigger_problems
from abs_waterfall.errors import Problem


def cross_problems(parts: Parts) -> list[Problem]:
    """Everything that does not fit together, in the order of the file's tables."""
    return [
        *name_problems(parts),
        *date_problems(parts.dates),
        *coupon_problems(parts),
        *loan_problems(parts),
        *mode_problems(parts),
        *trigger_problems(parts),
        *scenario_problems(parts),
        *class_problems(parts),
        *seller_problems(parts),
        *group_problems(parts),
        *schedule_problems(parts),
        *ledger_problems(parts),
        *exchange_problems(parts),
        *fee_problems(parts),
        *setting_problems(parts),
        *step_problems(parts),
        *revolving_problems(parts),
        *standing_problems(parts),
        *formula_problems(parts),
        *circle_problems(parts),
    ]
