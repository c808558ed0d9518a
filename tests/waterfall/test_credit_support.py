"""Credit support and excess spread by hand, in formulas and in the results."""

from __future__ import annotations

import numpy as np
import pytest

from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.ranks import ranks
from abs_waterfall.waterfall.support import credit_support, notes_support
from waterfall.small_deals import SEQUENTIAL, Table, paying, row, run, small

FEE = [{"name": "servicing", "amount": 2.0}]


def paid_where(name: str, claim: str, **tables: Table) -> float:
    """What A is paid of principal on the first date where `claim` holds before any step but those of interest."""
    steps = [{"interest": "A"}, {"interest": "B"}, {"principal": "A", "when": claim}, {"residual": "SUB"}]
    flows = run(small(steps, **tables), paying([100.0], [20.0]))
    return round(float(flows.tranches[name].principal[0, 0]), 6)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tranche.A.credit_support", 0.4),  # 1 - 600 / (900 left in the pool + 100 collected)
        ("tranche.B.credit_support", 0.1),  # 1 - 900 / 1000
        ("tranche.SUB.credit_support", 0.1),  # it has no balance
        ("notes.credit_support", 0.1),
        ("notes.excess_spread", 0.132),  # (20 - 6 - 3) x 12 / 1000
    ],
)
def test_formulas_read_what_stands_behind_a_class(name: str, value: float) -> None:
    assert paid_where("A", f"abs({name} - {value}) < 1e-9") > 0
    assert paid_where("A", f"abs({name} - {value}) > 1e-9") == 0


def test_fees_come_off_the_excess_spread() -> None:
    flows = run(small([{"pay": "servicing"}, *SEQUENTIAL], fee=FEE), paying([100.0], [20.0]))
    assert row(flows.excess_spread)[:1] == [0.108]  # (20 - 2 - 6 - 3) x 12 / 1000


def test_support_after_the_date_rises_as_notes_are_paid() -> None:
    raw = small()
    flows = run(raw, paying([100.0, 400.0, 500.0], [9.0, 8.0, 4.0]))
    support = credit_support(flows, Deal.model_validate(raw))
    # A 500, 100, 0 and B 300, 300, 0 of pools of 900, 500 and 0
    assert support["A"][0, :2] == pytest.approx([1 - 500 / 900, 1 - 100 / 500])
    assert support["B"][0, :2] == pytest.approx([1 - 800 / 900, 1 - 400 / 500])
    assert notes_support(flows, Deal.model_validate(raw))[0, :2] == pytest.approx(support["B"][0, :2])
    assert np.isnan(support["A"][0, 2])


def test_cash_kept_in_principal_funds_backs_the_notes() -> None:
    raw = small([{"interest": ["A", "B"], "from": "interest"}, {"principal": "A", "when": "period > 1", "from": "principal"}])
    flows = run(raw, paying([100.0, 100.0], [9.0, 9.0]))
    assert credit_support(flows, Deal.model_validate(raw))["A"][0, 0] == pytest.approx(0.1)  # with B


def test_a_component_of_its_interest_pays_a_class() -> None:
    raw = small([{"interest": "B.senior"}, {"interest": "A"}, {"principal": ["A", "B"]}, {"residual": "SUB"}])
    raw["tranche"][1] |= {"component": [{"name": "senior", "coupon": 0.01}]}
    found = ranks(Deal.model_validate(raw))
    assert found["B"] < found["A"] < found["SUB"]


def test_classes_of_one_step_rank_equal_and_a_group_by_its_classes() -> None:
    raw = small([{"interest": "G"}, {"principal": ["A", "B"]}], group=[{"name": "G", "tranches": ["A", "B"]}])
    found = ranks(Deal.model_validate(raw))
    assert found["A"] == found["B"] < found["SUB"]
