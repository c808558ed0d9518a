"""Revolving lines: a month by hand in every order, closed forms, and equality with lines that are run one by one.

In the closed forms d is the default rate, m the payment rate, g the draw rate. Expected figures are worked out beside each test.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.pool.loans import AMORTIZATIONS
from collateral.pools import (
    CUTOFF,
    defaults,
    draws,
    fractions,
    loans_of,
    payments,
    pool_of,
    prepayments,
    project,
    recoveries,
    yields,
)
from reference import loans as reference

ORDERS = ("survivors", "sifma", "prepay_first")
LINE = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 60, "age": 5, "amortization": "revolving_line"}


def conserved(flows):
    """What a month's opening balance and draws miss of what they became."""
    gone = flows.default + flows.scheduled_principal + flows.prepayment + flows.closing_balance
    return flows.opening_balance + flows.drawn - gone


# --------------------------------------------------------------------------------------------------------------- by hand


@pytest.mark.parametrize(
    ("order", "interest", "paid", "drawn", "closing"),
    [
        # 990 survive: 1 % of them, 20 % of them, half of that again
        ("survivors", 9.90, 198.0, 99.0, 891.0),
        # rates of the opening 1000; interest of the 990
        ("sifma", 9.90, 200.0, 100.0, 890.0),
        # paid before interest: 1 % of 990 - 198
        ("prepay_first", 7.92, 198.0, 99.0, 891.0),
    ],
)
def test_a_month_by_hand(order, interest, paid, drawn, closing):
    assumed = {"order": order, "default": {"mdr": 0.01}, "payment": {"mpr": 0.2}, "draw": {"of_payments": 0.5}}
    flows = project([LINE], assumed)
    assert flows.default[0, 0] == pytest.approx(10.0)
    assert flows.interest[0, 0] == pytest.approx(interest)
    assert flows.scheduled_principal[0, 0] == pytest.approx(paid)
    assert flows.prepayment[0, 0] == 0
    assert flows.drawn[0, 0] == pytest.approx(drawn)
    assert flows.closing_balance[0, 0] == pytest.approx(closing)


@pytest.mark.parametrize(("order", "drawn"), [("survivors", 297.0), ("sifma", 300.0), ("prepay_first", 297.0)])
def test_a_draw_rate_is_of_the_balance_that_the_payment_rate_is_of(order, drawn):
    assumed = {"order": order, "default": {"mdr": 0.01}, "payment": {"mpr": 0.2}, "draw": {"monthly_rate": 0.3}}
    assert project([LINE], assumed).drawn[0, 0] == pytest.approx(drawn)


def test_what_is_left_at_the_end_falls_due_and_nothing_is_drawn_then():
    flows = project([LINE | {"remaining_term": 3}], {"payment": {"mpr": 0.5}, "draw": {"of_payments": 0.5}})
    # 1000 pays 500 and draws 250; 750 pays 375 and draws 187.5; 562.5 falls due
    np.testing.assert_allclose(flows.scheduled_principal[0], [500, 375, 562.5])
    np.testing.assert_allclose(flows.drawn[0], [250, 187.5, 0])
    np.testing.assert_allclose(flows.closing_balance[0], [750, 562.5, 0])


def test_draws_stop_in_a_lines_last_months():
    flows = project([LINE | {"remaining_term": 5}], {"payment": {"mpr": 0.5}, "draw": {"of_payments": 1.0, "stop": 3}})
    np.testing.assert_allclose(flows.drawn[0], [500, 500, 0, 0, 0])
    np.testing.assert_allclose(flows.closing_balance[0], [1000, 1000, 500, 250, 0])


def test_lists_run_by_the_lines_age_or_by_the_months_since_cutoff():
    line = LINE | {"remaining_term": 4, "age": 1}  # in its 2nd month at t = 1
    by_age = project([line], {"payment": {"mpr": [0.1, 0.2, 0.3], "by": "age"}})
    np.testing.assert_allclose(by_age.scheduled_principal[0], [200, 240, 168, 392])
    by_period = project([line], {"payment": {"mpr": [0.1, 0.2, 0.3], "by": "period"}})
    np.testing.assert_allclose(by_period.scheduled_principal[0], [100, 180, 216, 504])


def test_a_yield_stands_for_the_lines_own_rates():
    other = LINE | {"annual_rate": 0.24, "balance": 500.0}
    own = project([LINE, other], {"payment": {"mpr": 0.5}})
    np.testing.assert_allclose(own.interest[0, :2], [20, 10])
    assumed = project([LINE, other], {"payment": {"mpr": 0.5}, "yield": {"annual_rate": [0.12, 0.06], "by": "period"}})
    np.testing.assert_allclose(assumed.interest[0, :3], [15, 3.75, 1.875])
    days = project([LINE], {"yield": {"annual_rate": 0.365}}, interest_basis="ACT/365F")
    np.testing.assert_allclose(days.interest[0, :3], [29, 31, 30])  # February 2020, March, April


def test_speeds_of_loans_leave_lines_alone_and_the_other_way_round():
    loan = LINE | {"amortization": "interest_only"}
    assumed = {"prepayment": {"smm": 0.3}, "payment": {"mpr": 0.1}, "draw": {"of_payments": 1.0}, "yield": {"annual_rate": 0.6}}
    both, line, other = (project(loans, assumed) for loans in ([loan, LINE], [LINE], [loan]))
    np.testing.assert_allclose(line.closing_balance[0, :-1], 1000)
    np.testing.assert_allclose(other.closing_balance[0, :2], [700, 490])
    assert other.interest[0, 0] == pytest.approx(10)
    for name in ("interest", "scheduled_principal", "prepayment", "drawn", "closing_balance"):
        np.testing.assert_allclose(getattr(both, name), getattr(line, name) + getattr(other, name), rtol=1e-12)


def test_a_cumulative_default_is_of_loans_and_lines_together():
    loans = [LINE, LINE | {"amortization": "interest_only"}]
    flows = project(loans, {"default": {"cumulative": 0.1, "timing": [0.5, 0.5]}, "payment": {"mpr": 0.2}})
    # 100 of 2000 and 100 of the 950 + 760 that are left
    np.testing.assert_allclose(flows.default[0, :3], [100, 100, 0])


def test_scenarios_replace_and_multiply_what_is_assumed_of_lines():
    scenarios = {
        "slow": {"payment_multiplier": 0.5, "draw_multiplier": 2.0, "yield_multiplier": 0.5},
        "closed": {"draw": {"monthly_rate": 0.0}},
        "one": {"segment": {"A": {"payment": {"mpr": 0.4}, "yield_multiplier": 3.0}}},
        "most": {"payment_multiplier": 50.0},
    }
    lines = [LINE | {"segment": "A"}, LINE | {"segment": "B"}]
    base = {"payment": {"mpr": 0.2}, "draw": {"of_payments": 0.5}, "yield": {"annual_rate": 0.12}}
    flows = project(lines, base, scenarios)
    np.testing.assert_allclose(flows.scheduled_principal[:, 0], [400, 200, 400, 600, 2000])
    np.testing.assert_allclose(flows.drawn[:, 0], [200, 200, 0, 300, 1000])
    np.testing.assert_allclose(flows.interest[:, 0], [20, 10, 20, 40, 20])


def test_a_line_of_an_earlier_cutoff_has_drawn_since_and_a_later_one_waits():
    assumed = {"payment": {"mpr": 0.2}, "draw": {"of_payments": 0.5}, "default": {"mdr": 0.01}}
    now, earlier, later = (project([LINE | {"months_before_cutoff": m}], assumed) for m in (0, 3, -2))
    assert earlier.drawn[0, 0] == pytest.approx(now.drawn[0, :4].sum())
    np.testing.assert_allclose(earlier.closing_balance[0], now.closing_balance[0, 3:], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(later.drawn[0], [0, 0, *now.drawn[0]], rtol=1e-12)
    np.testing.assert_allclose(later.interest[0], [0, 0, *now.interest[0]], rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------- closed forms


@settings(max_examples=40)
@given(st.sampled_from(ORDERS), fractions(0.4), fractions(0.5), st.integers(2, 80))
def test_without_draws_the_balance_is_a_power(order, d, m, term):
    flows = project([LINE | {"remaining_term": term}], {"order": order, "default": {"mdr": d}, "payment": {"mpr": m}})
    kept = 1 - d - m if order == "sifma" else (1 - d) * (1 - m)
    expected = 1000 * kept ** np.arange(1.0, term)
    np.testing.assert_allclose(flows.closing_balance[0, :-1], expected, rtol=1e-9, atol=1e-9)
    assert not flows.drawn.any()
    assert flows.closing_balance[0, -1] == 0


@settings(max_examples=40)
@given(st.sampled_from(ORDERS), fractions(0.3), fractions(0.3))
def test_the_balance_stays_where_draws_make_up_for_payments_and_charge_offs(order, d, m):
    draw = m + (d if order == "sifma" else d / (1 - d))
    flows = project([LINE], {"order": order, "default": {"mdr": d}, "payment": {"mpr": m}, "draw": {"monthly_rate": draw}})
    np.testing.assert_allclose(flows.closing_balance[0, :-1], 1000, rtol=1e-12)
    np.testing.assert_allclose(flows.drawn[0, :-1], (flows.scheduled_principal + flows.default)[0, :-1], rtol=1e-12)


@settings(max_examples=40)
@given(fractions(0.3), fractions(0.5), fractions(0.4))
def test_the_balance_grows_as_a_power_where_more_is_drawn(d, m, g):
    flows = project([LINE], {"default": {"mdr": d}, "payment": {"mpr": m}, "draw": {"monthly_rate": g}})
    expected = 1000 * ((1 - d) * (1 - m + g)) ** np.arange(1.0, 60)
    np.testing.assert_allclose(flows.closing_balance[0, :-1], expected, rtol=1e-11, atol=1e-9)


# ------------------------------------------------------------------------------------------------------------ properties


LINES = st.lists(loans_of().map(lambda loan: loan | {"amortization": "revolving_line"}), min_size=1, max_size=5)
MIXED = st.lists(loans_of(), min_size=1, max_size=5)
ASSUMED = st.fixed_dictionaries(
    {"order": st.sampled_from(ORDERS), "payment": payments(), "draw": draws(), "default": defaults()},
    optional={"yield": yields(), "prepayment": prepayments()},
)


@settings(max_examples=80)
@given(st.one_of(LINES, MIXED), ASSUMED, recoveries(spread=True))
def test_balances_roll_and_nothing_is_negative(loans, assumed, recovery):
    flows = project(loans, assumed | {"recovery": recovery})
    most = max(sum(loan["balance"] for loan in loans), flows.closing_balance.max())
    np.testing.assert_allclose(conserved(flows), 0, atol=1e-12 * most)
    named = (flows.interest, flows.scheduled_principal, flows.prepayment, flows.default, flows.drawn, flows.closing_balance)
    assert min(flow.min() for flow in named) >= 0
    assert flows.closing_balance[0, -1] == 0
    assert flows.recovery.sum() == pytest.approx(flows.default.sum() * recovery["rate"], abs=1e-11 * most)


@settings(max_examples=40)
@given(LINES, fractions(0.5), fractions(0.5), fractions(0.3))
def test_the_faster_it_is_paid_the_less_is_left(loans, low, high, draw):
    low, high = sorted((low, high))
    flows = project(
        loans, {"draw": {"monthly_rate": draw}}, {"low": {"payment": {"mpr": low}}, "high": {"payment": {"mpr": high}}}
    )
    assert (flows.closing_balance[2] <= flows.closing_balance[1] * (1 + 1e-12)).all()
    assert flows.interest[2].sum() <= flows.interest[1].sum() * (1 + 1e-12)


@settings(max_examples=40)
@given(MIXED, st.lists(ASSUMED, min_size=1, max_size=3))
def test_a_scenario_of_lines_alone_is_itself_in_a_block(loans, cases):
    base = {"payment": {"mpr": 0.1}, "draw": {"of_payments": 0.9}}
    scenarios = {str(i): {key: value for key, value in case.items() if key != "order"} for i, case in enumerate(cases)}
    block = project(loans, base, scenarios)
    for row, (name, scenario) in enumerate(scenarios.items(), start=1):
        alone = project(loans, base, {name: scenario})
        for flow in ("interest", "scheduled_principal", "default", "drawn", "closing_balance"):
            np.testing.assert_array_equal(getattr(alone, flow)[1], getattr(block, flow)[row])


def test_equal_lines_add_up_to_one():
    assumed = {"payment": {"mpr": 0.3}, "draw": {"of_payments": 0.9}, "default": {"cdr": 0.1}, "yield": {"annual_rate": 0.2}}
    many, one = project([LINE] * 8, assumed), project([LINE | {"balance": 8000.0}], assumed)
    for name in ("interest", "scheduled_principal", "default", "drawn", "closing_balance"):
        np.testing.assert_allclose(getattr(many, name), getattr(one, name), rtol=1e-12)


# ------------------------------------------------------------------------------------------------------------- reference


def random_loans(count, seed):
    """Loans of every kind, half of them lines."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        term = int(rng.integers(1, 40))
        loan = {
            "balance": float(rng.uniform(100, 50_000)),
            "annual_rate": float(rng.uniform(0, 0.3)),
            "remaining_term": term,
            "age": int(rng.integers(0, 30)),
            "amortization": AMORTIZATIONS[i % 5] if i % 2 else "revolving_line",
            "segment": "ABC"[int(rng.integers(0, 3))],
            "months_before_cutoff": int(rng.choice([0, 0, 0, 2, -2])),
        }
        if loan["amortization"] == "flat_fee":
            loan |= {"original_balance": loan["balance"], "fee_rate": 0.01, "fee_on_prepayment": bool(rng.integers(0, 2))}
        yield loan


ASSUMED_OF = {
    "A": {
        "prepayment": {"cpr": 0.1},
        "default": {"cdr": [0.02, 0.05, 0.1], "by": "age", "stop": 2},
        "recovery": {"rate": 0.3, "lag": 3, "timing": [0.5, 0.5]},
        "payment": {"mpr": [0.1, 0.2, 0.15], "by": "age"},
        "draw": {"of_payments": [1.05, 0.9], "by": "period", "stop": 3},
        "yield": {"annual_rate": [0.2, 0.18], "by": "period"},
    },
    "B": {
        "prepayment": {"psa": 200.0},
        "default": {"cumulative": 0.08, "timing": [0.2, 0.3, 0.3, 0.2]},
        "recovery": {"rate": 0.1, "lag": 0, "timing": [1.0]},
        "payment": {"mpr": 0.35},
        "draw": {"monthly_rate": [0.3, 0.35, 0.36], "by": "age"},
    },
    "C": {
        "prepayment": {"smm": 0.02},
        "default": {"mdr": 0.004},
        "recovery": {"rate": 0.5, "lag": 1, "timing": [1.0]},
        "payment": {"mpr": 0.05},
        "yield": {"annual_rate": 0.3},
    },
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("interest_basis", ["30/360", "ACT/365F"])
def test_a_mixed_pool_is_the_sum_of_its_loans_and_lines(order, interest_basis):
    loans = list(random_loans(1200, seed=21))
    ours = project(pool_of(loans), {"order": order, "segment": ASSUMED_OF}, interest_basis=interest_basis)
    theirs = reference.project(loans, ASSUMED_OF, CUTOFF, interest_basis, order)
    pool = sum(loan["balance"] for loan in loans)
    for name, amounts in theirs.items():
        np.testing.assert_allclose(getattr(ours, name)[0], amounts, rtol=0, atol=1e-12 * pool, err_msg=name)
    assert ours.drawn.sum() > 0.5 * pool
