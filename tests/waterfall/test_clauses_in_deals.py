"""Penalties, holidays, adjusting rates and delinquency as a deal meets them: in its funds, formulas, checks and purchases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw

DEAL = """
[deal]
name = "Clauses"
currency = "USD"
starts_in = "before"
[dates]
cutoff = 2024-06-30
closing = 2024-07-15
first_payment = 2024-08-15
frequency = "monthly"
legal_final = 2034-08-15
[index.SOFR]
rates = [[2024-01-01, 0.05], [2025-01-31, 0.03]]
[assumptions]
prepayment = { cpr = 0.12 }
default = { cdr = 0.02 }
recovery = { rate = 0.4, lag = 2 }
delinquency = { annual_rate = 0.10, lag = 3, default_share = 0.4 }
[scenario.none]
delinquency_multiplier = 0.0
[scenario.up]
index_shift = 0.01
[[pool.line]]
balance = 40_000_000
annual_rate = 0.09
remaining_term = 48
prepayment_penalty = { rate = 0.02, until = 24 }
[[pool.line]]
balance = 30_000_000
annual_rate = 0.06
remaining_term = 60
age = 6
adjusts = { index = "SOFR", margin = 0.03, fixed_months = 12, reset_months = 6, periodic_cap = 0.01 }
[[pool.line]]
balance = 30_000_000
annual_rate = 0.08
remaining_term = 36
payment_holiday_months = 3
[define]
late = "pool.delinquency_60"
[[tranche]]
name = "A"
balance = 80_000_000
coupon = 0.05
day_count = "30/360"
[[tranche]]
name = "SUB"
balance = 20_000_000
residual = true
[[fee]]
name = "of_penalties"
amount = "0.5 * pool.prepayment_penalty"
[[trigger]]
name = "late_payers"
when = "late > 0.012"
{revolving}
[waterfall]
before = [{buy} { pay = "of_penalties" }, { interest = "A", from = "interest" }, { principal = "A", from = "principal" },
  { residual = "SUB", from = "interest" }, { principal = "SUB", from = "principal" }, { residual = "SUB", from = "principal" }]
after = [{ pay = "of_penalties" }, { interest = "A" }, { principal = "A" }, { principal = "SUB" }, { residual = "SUB" }]
"""
REVOLVING = '[revolving]\nmonths = 6\nthen = "after"\npurchases = "payment"'


def run(tmp_path: Path, *, revolving: bool = False) -> aw.Result:
    text = DEAL.replace("{revolving}", REVOLVING if revolving else "")
    text = text.replace("{buy}", '{ purchase = "pool", from = "principal" },' if revolving else "")
    (tmp_path / "deal.toml").write_text(text, encoding="utf-8")
    result = aw.run(aw.load(tmp_path / "deal.toml"))
    assert result.ok, [check for check in result.checks if not check.ok]
    return result


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> aw.Result:
    return run(tmp_path_factory.mktemp("static"))


def test_a_penalty_is_collected_with_interest(static: aw.Result) -> None:
    pool, funds = static.collateral, static.flows.funds
    assert pool.prepayment_penalty[0, :24].min() > 0
    assert not pool.prepayment_penalty[0, 24:].any()
    np.testing.assert_allclose(funds.interest[0, :30], (pool.interest + pool.prepayment_penalty)[0, :30])
    np.testing.assert_allclose(static.flows.fees["of_penalties"].due[0, :30], 0.5 * pool.prepayment_penalty[0, :30])


def test_capitalised_interest_is_no_cash(static: aw.Result) -> None:
    pool, funds = static.collateral, static.flows.funds
    assert (pool.capitalised[:, :3] > 0).all()
    assert (pool.capitalised[0, 3:6] > 0).all()  # of loans that fell behind in their holiday
    assert not pool.capitalised[1, 3:].any()  # nothing is behind in this scenario
    cash = pool.scheduled_principal + pool.prepayment + pool.recovery
    np.testing.assert_allclose(funds.principal[0, :30], cash[0, :30])


def test_a_trigger_reads_the_share_that_is_two_payments_behind(static: aw.Result) -> None:
    pool, trigger = static.collateral, static.flows.triggers["late_payers"]
    dates = int((pool.closing_balance[0] > 0).sum())
    share = pool.delinquent_60[0, :dates] / pool.closing_balance[0, :dates]
    assert trigger.measure is not None
    np.testing.assert_allclose(trigger.measure[0, :dates], share)
    assert trigger.active[0].any()
    assert not trigger.active[1].any()  # nothing is behind in the scenario


def test_a_deal_pays_until_what_went_on_late_has_paid(static: aw.Result) -> None:
    last = static.flows.last_period
    assert last[0] == last[1] + 3


def test_a_shift_moves_the_interest_of_loans_that_adjust(static: aw.Result) -> None:
    base, up = static.collateral.interest[[0, 2]]
    np.testing.assert_array_equal(base[:12], up[:12])  # 6 months fixed, then 7 % in both: the cap lets no more
    assert (up[12:40] > base[12:40]).all()


def test_what_is_bought_keeps_its_clauses(tmp_path: Path) -> None:
    result = run(tmp_path, revolving=True)
    pool = result.collateral
    assert result.flows.purchases is not None
    assert result.flows.purchases.bought[0, :5].min() > 0
    assert (pool.capitalised[0, 3:8] > 0).all()  # holidays begin when loans are bought
    assert (pool.prepayment_penalty[0, 24:29] > 0).all()
    opening = pool.opening_balance + pool.capitalised + pool.purchased
    gone = pool.default + pool.scheduled_principal + pool.prepayment + pool.closing_balance
    np.testing.assert_allclose(opening, gone, atol=1e-6)


def test_results_carry_what_the_pool_has(static: aw.Result) -> None:
    told = ("prepayment_penalty", "capitalised", "delinquent_30", "delinquent_60", "delinquent_90")
    assert static.collateral.seldom == told
    assert set(told) <= set(static.pool_flows().columns)
