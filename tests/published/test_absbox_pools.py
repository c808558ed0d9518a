"""Pools of AbsBox, an open engine, as its repositories print them.

Sources: github.com/yellowbean/AbsBox at 879c75f and github.com/absbox/Hastructure at c1fec9d; each case of the data file names
its page. That engine prepays before it pays, takes a CPR or CDR by days, floors every amount to the cent and rates to six
decimals, and books a loss together with its recovery; so ours, in full precision, is compared within 0.02 + 2e-4 of the amount,
and its loss only in total. The rows between the published ones are an independent replica's that meets those to the cent.

Nothing is left out. A prepayment there is a part of one loan, charged a fixed penalty in each month that has one.
"""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from collateral.pools import project

FILE = json.loads((Path(__file__).parent / "data" / "absbox_cases.json").read_text())
CASES = {case["id"]: case for case in FILE["cases"]}
CONVENTIONS = {"order": "prepay_first", "speed_basis": "days"}
COLUMNS = {
    "end_balance": "closing_balance",
    "sched_principal": "scheduled_principal",
    "interest": "interest",
    "prepayment": "prepayment",
    "default": "default",
    "recovery": "recovery",
}


def close(amount, floored=0):
    """The file's tolerance; a cent more for each floored amount that the figure is what is left of, or the sum of."""
    return pytest.approx(amount, abs=0.02 + 2e-4 * abs(amount) + 0.01 * floored)


def check(case, flows, key):
    days = [str(day) for day in flows.dates]
    for row in case[key]:
        printed = dict(zip(case["columns"], row, strict=True))
        month = days.index(printed["date"])
        for theirs, ours in COLUMNS.items():
            if theirs in printed:
                assert getattr(flows, ours)[0, month] == close(printed[theirs]), f"{printed['date']} {theirs}"


LEVEL = {"balance": 10_000, "annual_rate": 0.075, "remaining_term": 20, "age": 10}
LEVEL_CASES = {
    "pool_level_no_stress": {},
    "pool_cdr4": {"default": {"cdr": 0.04}},
    "pool_cpr1": {"prepayment": {"cpr": 0.01}},
    "pool_cpr_vector": {"prepayment": {"cpr": [0.01, 0.0, 0.02, 0.03], "by": "period"}},
    "pool_cdr1_recovery30_lag2": {"default": {"cdr": 0.01}, "recovery": {"rate": 0.3, "lag": 2}},
}


@pytest.mark.parametrize("case", LEVEL_CASES)
def test_level_pay_loan(case):
    flows = project([LEVEL], CONVENTIONS | LEVEL_CASES[case], cutoff=dt.date(2021, 12, 1))
    check(CASES[case], flows, "published_rows")


@pytest.mark.parametrize("case", [case for case in LEVEL_CASES if "full_rows_from_replica" in CASES[case]])
def test_level_pay_loan_in_the_months_between(case):
    flows = project([LEVEL], CONVENTIONS | LEVEL_CASES[case], cutoff=dt.date(2021, 12, 1))
    check(CASES[case], flows, "full_rows_from_replica")


def test_exact_totals_of_recovery_and_loss():
    case = CASES["pool_cdr1_recovery30_lag2"]
    flows = project([LEVEL], CONVENTIONS | LEVEL_CASES[case["id"]], cutoff=dt.date(2021, 12, 1))
    # the cents it floors away leave its own recoveries and losses short; 30 % and 70 % of its defaults are what they come from
    for total, amount in (("default", 1.0), ("recovery", 0.3), ("loss", 0.7)):
        assert getattr(flows, total).sum() == close(amount * case["published_totals"]["default"], floored=20)
    assert flows.scheduled_principal.sum() == close(case["published_totals"]["principal"], floored=20)


def test_prepaying_loan_before_any_penalty():
    loan = {"balance": 10_000, "annual_rate": 0.08, "remaining_term": 24}
    flows = project([loan], CONVENTIONS | {"prepayment": {"cpr": 0.03}}, cutoff=dt.date(2021, 1, 1))
    check(CASES["pool_cpr3_24m_prepay_penalty"], flows, "published_rows")


PENALTIES = {
    "10% for first 3 periods then 1%": {"rate": [0.10, 0.10, 0.10, 0.01]},
    "flat 100": {"amount": 100, "each_month": True},
    "flat 100 first 2 periods only": {"amount": 100, "each_month": True, "until": 2},
    "1% of prepaid": {"rate": 0.01},
    "1% first 2 periods only": {"rate": 0.01, "until": 2},
    "sliding 10% less 1 point per period": {"rate": [point / 100 for point in range(10, -1, -1)]},
    "50% first 2 then 20%": {"rate": [0.5, 0.2], "step_months": 2},
}


@pytest.mark.parametrize("penalty", CASES["pool_cpr3_24m_prepay_penalty"]["penalties"])
def test_penalties_on_prepayment(penalty):
    case = CASES["pool_cpr3_24m_prepay_penalty"]
    loan = {"balance": 10_000, "annual_rate": 0.08, "remaining_term": 24, "prepayment_penalty": PENALTIES[penalty]}
    flows = project([loan], CONVENTIONS | {"prepayment": {"cpr": 0.03}}, cutoff=dt.date(2021, 1, 1))
    first, later = case["penalties"][penalty]
    assert (flows.prepayment_penalty[0, 0], flows.prepayment_penalty[0, 3]) == (close(first), close(later))
    check(case, flows, "published_rows")


def test_one_bucket_of_delinquency():
    """What goes on pays interest from then on, of which that engine books none: half a cent a row here.

    Its balance leaves out what is behind until the last scheduled payment, and from then on is all that is still to be paid.
    """
    case = CASES["delinquency_single_bucket"]
    loan = {"balance": 240, "annual_rate": 0.08, "remaining_term": 3, "age": 9}
    behind = {"annual_rate": 0.05, "lag": 2, "default_share": 0.3}
    flows = project([loan], CONVENTIONS | {"delinquency": behind}, cutoff=dt.date(2021, 10, 1))
    paying, held = flows.closing_balance[0] - flows.delinquent_30[0], flows.delinquent_30[0]
    second = held[1] - held[0]
    stopped = (held[0], second, held[2] - second, 0.0)  # what stopped first left the bucket in the third month
    for month, row in enumerate(case["published_rows"]):
        _, balance, principal, interest, prepaid, new, default, recovery, loss = row
        assert flows.scheduled_principal[0, month] == close(principal)
        assert flows.interest[0, month] == close(interest)
        assert stopped[month] == close(new)
        assert flows.default[0, month] == close(default)
        assert (flows.prepayment[0, month], flows.recovery[0, month]) == (prepaid, recovery)
        assert flows.loss[0, month] == close(loss)
        still_to_come = paying[month] + (0.7 * held[month] if month >= 2 else 0.0)
        assert still_to_come == close(balance, floored=3 if month >= 2 else 0)  # three returns, each rounded down
    assert flows.dates[4] == dt.date(2022, 3, 1)
    assert flows.closing_balance[0, 4] == 0.0


@pytest.mark.parametrize(
    ("rate", "payments", "payment"),
    list(zip((0.12, 0.0), (24, 12), CASES["payment_formula"]["published"], strict=True)),
)
def test_level_payment(rate, payments, payment):
    flows = project([{"balance": 1200, "annual_rate": 12 * rate, "remaining_term": payments}])
    assert flows.interest[0, 0] + flows.scheduled_principal[0, 0] == close(payment)


def test_balance_after_the_first_collection():
    published = CASES["deal_inspect_pool_balance"]["published"]
    flows = project([{"balance": 4000, "annual_rate": 0.085, "remaining_term": 60}], cutoff=dt.date(2022, 1, 1))
    assert flows.closing_balance[0, 0] == close(published["d2022_02_28"])
    assert flows.closing_balance[0, -1] == published["d2027_01_31"]


# The figures of `pool_other_amortisation` are sentences in the file; here they are as numbers: month, then amounts.
BALLOON = {"balance": 120, "annual_rate": 0.08, "remaining_term": 36, "amortization_term": 120}
OTHER = [
    (
        "equal principal",
        {"balance": 240, "annual_rate": 0.08, "remaining_term": 19, "amortization": "equal_principal"},
        {},
        2021,
        [(1, {"scheduled_principal": 12.63})],
    ),
    (
        "balloon",
        BALLOON,
        {},
        2021,
        [(2, {"scheduled_principal": 0.66, "interest": 0.79}), (36, {"scheduled_principal": 94.29, "interest": 0.62})],
    ),
    (
        "balloon prepaying at 10 % CPR",
        BALLOON,
        {"prepayment": {"cpr": 0.10}},
        2021,
        [
            (1, {"prepayment": 1.06, "scheduled_principal": 0.65, "interest": 0.79}),
            (36, {"scheduled_principal": 68.77, "interest": 0.45}),
        ],
    ),
    (
        "balloon defaulting at 5 % CDR, first month",
        BALLOON | {"remaining_term": 24, "amortization_term": 108},
        {"default": {"cdr": 0.05}},
        2022,
        [(1, {"default": 0.52, "scheduled_principal": 0.76, "interest": 0.79})],
    ),
    (
        "balloon defaulting at 5 % CDR, and at 10 % a year over the whole two in the last month",
        BALLOON | {"remaining_term": 24, "amortization_term": 108},
        {"default": {"cdr": 0.05, "at_maturity": 1 - 0.9 ** (730 / 365)}},
        2022,
        [(1, {"default": 0.52}), (24, {"default": 17.43, "scheduled_principal": 74.34, "interest": 0.49})],
    ),
    (
        "no payment for 3 months, then level",
        {"balance": 240, "annual_rate": 0.08, "remaining_term": 24, "payment_holiday_months": 3},
        {},
        2021,
        [
            (1, {"closing_balance": 241.59, "capitalised": 1.59, "interest": 0, "scheduled_principal": 0}),
            (4, {"closing_balance": 233.92, "scheduled_principal": 10.90, "interest": 1.63}),
        ],
    ),
    (
        "interest only",
        {"balance": 240, "annual_rate": 0.08, "remaining_term": 2, "amortization": "interest_only"},
        {},
        2022,
        [(1, {"interest": 1.59}), (2, {"interest": 1.59, "scheduled_principal": 240})],
    ),
    (
        "interest only, then level",
        {"balance": 240, "annual_rate": 0.08, "remaining_term": 24, "interest_only_months": 3},
        {},
        2021,
        [(1, {"interest": 1.59}), (4, {"closing_balance": 229.31, "scheduled_principal": 10.69, "interest": 1.59})],
    ),
    (
        "flat fee",
        {"balance": 1000, "original_balance": 1000, "fee_rate": 0.01, "remaining_term": 12, "amortization": "flat_fee"},
        {},
        2022,
        [(1, {"closing_balance": 916.67, "scheduled_principal": 83.33, "interest": 10})],
    ),
    (
        "flat fee on half",
        {"balance": 500, "original_balance": 500, "fee_rate": 0.01, "remaining_term": 12, "amortization": "flat_fee"},
        {},
        2022,
        [(1, {"closing_balance": 458.33, "scheduled_principal": 41.66, "interest": 5})],
    ),
]


@pytest.mark.parametrize(("loan", "assumptions", "year", "rows"), [case[1:] for case in OTHER], ids=[case[0] for case in OTHER])
def test_other_amortization(loan, assumptions, year, rows):
    flows = project([loan], CONVENTIONS | assumptions, cutoff=dt.date(year, 1, 1))
    for month, amounts in rows:
        for name, amount in amounts.items():
            floored = month - 1 if month > 12 and name in ("scheduled_principal", "default") else 0  # what so many payments left
            assert getattr(flows, name)[0, month - 1] == close(amount, floored), f"month {month} {name}"


def test_a_rate_that_adjusts():
    """The index there is read on the day of the first payment at the new rate, 31 days after the reset: lookback_days = -31."""
    adjusts = {
        "index": "SOFR3M", "margin": 0.01, "fixed_months": 12, "reset_months": 2, "lookback_days": -31,
        "first_cap": 0.015, "periodic_cap": 0.01, "cap": 0.09, "floor": 0.02,
    }  # fmt: skip
    index = [
        (dt.date(2024, 5, 1), 0.05),
        (dt.date(2024, 9, 1), 0.065),
        (dt.date(2024, 12, 15), 0.07),
        (dt.date(2025, 3, 15), 0.10),
        (dt.date(2025, 10, 1), 0.12),
    ]
    loan = {"balance": 240, "annual_rate": 0.03, "remaining_term": 19, "age": 11, "adjusts": adjusts}
    flows = project([loan], CONVENTIONS, cutoff=dt.date(2024, 4, 1), curves={"SOFR3M": index})
    for date, balance, principal, interest, rate in ADJUSTING:
        month = [str(day) for day in flows.dates].index(date)
        assert flows.closing_balance[0, month] == close(balance)
        assert flows.scheduled_principal[0, month] == close(principal)
        assert flows.interest[0, month] == close(interest)
        assert 12 * flows.interest[0, month] / flows.opening_balance[0, month] == pytest.approx(rate, abs=1e-12)


ADJUSTING = [
    ("2024-05-01", 227.66, 12.34, 0.60, 0.03),
    ("2024-06-01", 215.41, 12.25, 0.85, 0.045),
    ("2024-08-01", 190.85, 12.26, 0.93, 0.055),
    ("2024-12-01", 141.47, 12.38, 0.96, 0.075),
    ("2025-02-01", 116.49, 12.52, 0.85, 0.08),
    ("2025-04-01", 91.24, 12.65, 0.77, 0.09),
]


@pytest.mark.parametrize(
    ("age", "months", "implied"),
    [
        (0, 80, [0.002 * month for month in range(1, 31)] + [0.06] * 50),
        (20, 60, [0.042 + 0.002 * month for month in range(10)] + [0.06] * 50),
        (70, 10, [0.06] * 10),
    ],
)
def test_psa_ramp_is_by_months_even_where_speeds_are_by_days(age, months, implied):
    loan = {"balance": 10_000, "annual_rate": 0.075, "remaining_term": months, "age": age}
    flows = project([loan], CONVENTIONS | {"prepayment": {"psa": 100}}, cutoff=dt.date(2021, 2, 1))
    smm = flows.prepayment[0] / flows.opening_balance[0]
    np.testing.assert_allclose(smm, 1 - (1 - np.array(implied)) ** (1 / 12), rtol=1e-9)


@pytest.mark.parametrize(
    ("vector", "age", "implied"),
    [([0.01] * 9 + [0.02] * 9, 6, [0.01] * 3 + [0.02] * 9), ([0.02] * 6 + [0.03] * 6, 3, [0.02] * 3 + [0.03] * 6)],
)
def test_vectors_by_age(vector, age, implied):
    loan = {"balance": 10_000, "annual_rate": 0.075, "remaining_term": len(implied), "age": age, "segment": str(len(vector))}
    own = {str(len(vector)): {"default": {"mdr": vector, "by": "age"}}}
    flows = project([loan], CONVENTIONS | {"segment": own})
    np.testing.assert_allclose(flows.default[0] / flows.opening_balance[0], implied, rtol=1e-12)
