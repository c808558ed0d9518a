"""Loans whose own cut-off lies after the deal's."""

from __future__ import annotations

import numpy as np
import pytest

from collateral.pools import project

LOAN = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 6, "age": 2}
SPEEDS = {"default": {"cdr": [0.1, 0.2, 0.3], "by": "age"}, "prepayment": {"cpr": 0.2}, "recovery": {"rate": 0.3, "lag": 2}}


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
def test_a_loan_that_starts_later_pays_the_same_later(order: str) -> None:
    now = project([LOAN], SPEEDS | {"order": order})
    later = project([LOAN | {"months_before_cutoff": -2}], SPEEDS | {"order": order})
    for name in ("interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance"):
        shifted = getattr(later, name)[0]
        np.testing.assert_allclose(shifted[2:], getattr(now, name)[0], rtol=1e-12)
        assert shifted[:2].sum() == (2000.0 if name == "closing_balance" else 0.0)


def test_it_stands_in_the_pool_beside_loans_that_already_pay() -> None:
    both = project([LOAN, LOAN | {"months_before_cutoff": -3}, LOAN | {"months_before_cutoff": 1}], SPEEDS)
    apart = [project([LOAN | {"months_before_cutoff": m}], SPEEDS) for m in (0, -3, 1)]
    months = both.closing_balance.shape[1]
    for name in ("interest", "scheduled_principal", "default", "closing_balance", "opening_balance"):
        total = sum(np.pad(getattr(flows, name)[0], (0, months - flows.closing_balance.shape[1])) for flows in apart)
        np.testing.assert_allclose(getattr(both, name)[0], total, rtol=1e-12, atol=1e-9)
