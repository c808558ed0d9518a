"""Conversions of speeds, and where the months of a list fall."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.rates import abs_smm, annual_from_monthly, cpr_from_smm, monthly_from_annual, psa_cpr, sda_cdr, smm_from_cpr
from collateral.pools import CUTOFF, project

LOAN = {"balance": 1e6, "annual_rate": 0.1, "remaining_term": 12, "age": 4}


def smm(prepayment, loan=None, **assumptions):
    """Monthly rates by which one loan prepays, in prepay_first's order where it is of the opening balance."""
    flows = project([loan or LOAN], {"order": "prepay_first", "prepayment": prepayment} | assumptions)
    return (flows.prepayment / np.where(flows.opening_balance > 0, flows.opening_balance, 1.0))[0]


@given(st.floats(0, 1))
def test_a_monthly_rate_twelve_times_is_the_annual_one(rate):
    assert (1 - float(monthly_from_annual(rate))) ** 12 == pytest.approx(1 - rate, rel=1e-12, abs=1e-15)


@given(st.floats(0, 0.999))
def test_conversions_invert(rate):
    assert float(annual_from_monthly(monthly_from_annual(rate))) == pytest.approx(rate, rel=1e-11, abs=1e-300)


@given(st.floats(0, 0.1), st.floats(0, 0.1))
def test_conversions_keep_order(low, high):
    low, high = sorted((low, high))
    assert smm_from_cpr(low) <= smm_from_cpr(high)


def test_small_rates_keep_their_digits():
    # 1 - (1 - x)^(1/12) = x / 12 + 11 x^2 / 288 + ..
    assert float(smm_from_cpr(1e-12)) == pytest.approx(1e-12 / 12, rel=1e-11)
    assert float(cpr_from_smm(1e-12)) == pytest.approx(12e-12, rel=1e-11)


def test_everything_leaves_at_100_percent():
    assert float(smm_from_cpr(1.0)) == 1
    assert float(psa_cpr(30, 5000)) == 1
    assert float(abs_smm(51, 2.0)) == 1
    assert float(sda_cdr(30, 1e9)) == 1


def test_psa_ramps_for_thirty_months():
    np.testing.assert_allclose(psa_cpr(np.array([1, 15, 30, 31, 300]), 100), [0.002, 0.03, 0.06, 0.06, 0.06])


def test_a_list_by_age_starts_at_the_first_month_of_life():
    rates = smm({"smm": [0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.07], "by": "age"})
    np.testing.assert_allclose(rates, [0.05, 0.06] + [0.07] * 10)  # aged 4: the first month paid is its fifth


def test_a_list_by_period_starts_at_cutoff():
    np.testing.assert_allclose(smm({"smm": [0.01, 0.02], "by": "period"}), [0.01] + [0.02] * 11)


def test_speeds_by_days_follow_the_calendar():
    flows_by_days = smm({"cpr": 0.1}, speed_basis="days")
    assert CUTOFF.isoformat() == "2020-01-31"
    days = np.array([29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 31])
    np.testing.assert_allclose(flows_by_days, 1 - 0.9 ** (days / 365), rtol=1e-12)


@pytest.mark.parametrize("kind", ["smm", "psa", "abs_speed"])
def test_speeds_defined_by_months_do_not_follow_the_calendar(kind):
    quote = {"smm": 0.02, "psa": 250.0, "abs_speed": 1.3}[kind]
    np.testing.assert_array_equal(smm({kind: quote}, speed_basis="days"), smm({kind: quote}))


def test_defaults_stop_before_the_end_of_each_loan():
    short = LOAN | {"remaining_term": 6}
    flows = project([LOAN, short], {"default": {"mdr": 0.1, "stop": 4}})
    np.testing.assert_array_equal(flows.default[0] > 0, [True] * 8 + [False] * 4)
    alone = project([short], {"default": {"mdr": 0.1, "stop": 4}})
    np.testing.assert_array_equal(alone.default[0] > 0, [True] * 2 + [False] * 4)
