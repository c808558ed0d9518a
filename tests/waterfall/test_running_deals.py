"""Deals that are under way: classes partly paid, interest unpaid before, classes with a legal final of their own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from abs_waterfall.result import Result
from waterfall.small_deals import POOL, paying, row, run, small

DEAL = """\
[deal]
name = "Under way"
currency = "USD"
[dates]
cutoff = 2024-12-31
closing = 2025-01-15
first_payment = 2025-02-15
frequency = "monthly"
legal_final = 2027-02-15
[[pool.line]]
balance = 1000
annual_rate = 0
remaining_term = 10
amortization = "equal_principal"
[[tranche]]
name = "A"
balance = 600
initial_balance = 800
coupon = 0.0
day_count = "30/360"
legal_final = 2025-06-20
[[tranche]]
name = "B"
balance = 400
coupon = 0.0
day_count = "30/360"
[[exchange]]
name = "AB"
of = { A = 0.5, B = 0.25 }
[waterfall]
only = [{ principal = ["A", "B"] }]
"""


@pytest.fixture
def under_way(tmp_path: Path) -> Result:
    (tmp_path / "deal.toml").write_text(DEAL, encoding="utf-8")
    return aw.run(aw.load(tmp_path / "deal.toml"))


def test_interest_unpaid_before_is_due_with_the_first_interest() -> None:
    raw = small()
    raw["tranche"][0] |= {"unpaid_interest": 10.0, "interest_on_shortfall": "coupon"}
    flows = run(raw, paying([0.0, 1000.0], [12.0, 30.0])).tranches["A"]
    assert row(flows.interest_due)[:2] == [16.1, 10.141]  # 10 + 6 + 0.1; then 4.1 + 6 + 0.041
    assert row(flows.interest)[:2] == [12.0, 10.141]
    assert Deal.model_validate(raw).tranche[0].unpaid_interest == 10.0


def test_every_check_holds_with_interest_unpaid_before() -> None:
    raw = small()
    raw["tranche"][0] |= {"unpaid_interest": 10.0}
    flows = run(raw, paying([0.0, 1000.0], [12.0, 30.0]))
    assert all(check.ok for check in flows.checks if "undistributed" not in check.name)


def test_factors_are_of_the_balance_at_closing() -> None:
    raw = small([{"principal": "A", "amount": "1000 * tranche.A.factor - tranche.A.initial_balance + notes.initial_balance"}])
    raw["tranche"][0] |= {"initial_balance": 1200.0}
    flows = run(raw, paying([POOL]))
    # 1000 x 600 / 1200 - 1200 + (1200 + 300) = 800: all of A's 600
    assert row(flows.tranches["A"].principal)[0] == 600.0
    raw["tranche"][0]["initial_balance"] = 6000.0  # 100 - 6000 + 6300 = 400
    assert row(run(raw, paying([POOL])).tranches["A"].principal)[0] == 400.0


def test_what_is_unpaid_at_a_class_s_own_legal_final_is_lost(under_way: Result) -> None:
    """100 a month: 500 are paid by 15 June, so 100 are left on 20 June, and paid in July."""
    assert under_way.measures["A"].principal_loss.tolist() == pytest.approx([100.0])
    assert under_way.measures["B"].principal_loss.tolist() == [0.0]
    assert under_way.tranche("A").closing_balance.iloc[5] == 0
    assert 'base: "A" has 100.00 unpaid at its legal final 2025-06-20, a loss' in under_way.warnings
    assert under_way.ok


def test_the_original_balance_is_that_of_closing(under_way: Result) -> None:
    assert under_way.original_balances == {"A": 800.0, "B": 400.0}


def test_an_exchangeable_class_is_its_shares_of_others(under_way: Result) -> None:
    """Half of A's 100 a month for six months, then a quarter of B's for four."""
    flows = under_way.exchange("AB")
    assert flows.principal.tolist() == pytest.approx([50.0] * 6 + [25.0] * 4)
    assert flows.opening_balance.iloc[0] == 400.0
    measures = under_way.exchanges["AB"].measures
    months = np.arange(1, 11)
    life = (50 * months[:6].sum() + 25 * months[6:].sum()) / 400 / 12
    assert measures.wal.tolist() == pytest.approx([life])
    assert measures.principal_loss.tolist() == pytest.approx([50.0])  # half of A's


def test_an_exchange_of_a_whole_class_is_the_class(under_way: Result, tmp_path: Path) -> None:
    text = DEAL.replace("of = { A = 0.5, B = 0.25 }", "of = { A = 1.0 }\nprice = 97.5").replace("coupon = 0.0", "coupon = 0.06")
    text = text.replace('name = "A"', 'name = "A"\nprice = 97.5').replace("annual_rate = 0\n", "annual_rate = 0.08\n")
    text = text.replace("only = [", 'only = [{ interest = ["A", "B"] }, ')
    (tmp_path / "whole.toml").write_text(text.replace("closing = 2025-01-15", "closing = 2025-01-05"), encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "whole.toml"))
    whole, made = result.measures["A"], result.exchanges["AB"].measures
    assert made.yield_bey.tolist() == whole.yield_bey.tolist()
    assert made.modified_duration.tolist() == whole.modified_duration.tolist()
    assert dt.date(2025, 2, 15) == result.flows.dates[0]
