"""Multipliers of a loan's own: of the speed as quoted, as a scenario's are; expected figures are worked out beside each test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection
from collateral.pools import (
    CURVES,
    CUTOFF,
    MULTIPLIERS,
    defaults,
    loans_of,
    loans_with_multipliers,
    pool_of,
    prepayments,
    project,
)

FLOWS = ("interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance")
LOAN = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 24, "amortization": "level_pay"}
ORDERS = st.sampled_from(("survivors", "sifma", "prepay_first"))
FACTORS = st.one_of(st.just(0.0), st.floats(1e-3, 4))


def test_speeds_are_multiplied_as_quoted():
    # CDR 6 % x 2 and CPR 10 % x 3 of one loan, the other as assumed
    loans = [LOAN | {"default_multiplier": 2.0, "prepayment_multiplier": 3.0}, LOAN]
    flows = project(loans, {"default": {"cdr": 0.06}, "prepayment": {"cpr": 0.10}})
    first, second = 1 - 0.88 ** (1 / 12), 1 - 0.94 ** (1 / 12)
    assert flows.default[0, 0] == pytest.approx(1000 * first + 1000 * second, rel=1e-14)
    left = 1000 - (1000 * 0.01 / (1 - 1.01**-24) - 10)  # after the first payment
    fast, slow = 1 - 0.70 ** (1 / 12), 1 - 0.90 ** (1 / 12)
    assert flows.prepayment[0, 0] == pytest.approx(left * ((1 - first) * fast + (1 - second) * slow), rel=1e-14)


def test_rates_beyond_100_percent_are_100_percent():
    flows = project([LOAN | {"default_multiplier": 4.0}], {"default": {"cdr": 0.3, "at_maturity": 0.5}})
    assert flows.default[0, 0] == 1000.0


def test_a_loan_of_multiplier_0_never_defaults():
    flows = project([LOAN | {"default_multiplier": 0.0}], {"default": {"cdr": 0.3, "at_maturity": 0.5}})
    assert not flows.default.any()


@settings(max_examples=60, deadline=None)
@given(st.lists(loans_of(), min_size=1, max_size=4), prepayments(), defaults(), ORDERS, FACTORS, FACTORS)
def test_a_multiplier_that_every_loan_has_is_the_scenarios(loans, prepayment, default, order, of_default, of_prepayment):
    assumed = {"order": order, "prepayment": prepayment, "default": default, "recovery": {"rate": 0.3}}
    scenario = {"prepayment_multiplier": of_prepayment}
    if "cumulative" not in default:  # of which multipliers say who defaults, not how much
        scenario["default_multiplier"] = of_default
    theirs = project(loans, assumed, {"up": scenario})
    own = {"default_multiplier": of_default, "prepayment_multiplier": of_prepayment}
    if "cumulative" in default and of_default == 0:
        own["default_multiplier"] = 1.0
    ours = project([loan | own for loan in loans], assumed)
    small = 1e-12 * sum(loan["balance"] for loan in loans)
    for name in FLOWS:
        np.testing.assert_allclose(getattr(ours, name)[0], getattr(theirs, name)[1], rtol=1e-12, atol=small, err_msg=name)


@settings(max_examples=40, deadline=None)
@given(st.lists(loans_with_multipliers(), min_size=1, max_size=4), prepayments(), defaults())
def test_a_multiplier_of_1_changes_nothing(loans, prepayment, default):
    assumed = {"prepayment": prepayment, "default": default}
    plain = [{key: value for key, value in loan.items() if key not in MULTIPLIERS} for loan in loans]
    given_curves = {"curves": CURVES}
    ours = project([loan | dict.fromkeys(MULTIPLIERS, 1.0) for loan in plain], assumed, **given_curves)
    theirs = project(plain, assumed, **given_curves)
    for name in FLOWS:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))


def test_of_a_cumulative_default_loans_default_in_the_ratio_of_their_multipliers():
    risky, free = LOAN | {"default_multiplier": 3.0, "segment": "A"}, LOAN | {"annual_rate": 0.0, "segment": "A"}
    flows = project([risky, free, LOAN | {"segment": "B"}], {"default": {"cumulative": 0.06, "timing": [0.5, 0.5]}})
    # 6 % of each segment's balance, half a month, whoever it is
    np.testing.assert_allclose(flows.segment_default[0, :, :2], [[60, 60], [30, 30]], rtol=1e-14)
    # 60 of 3 x 1000 + 1000: 4.5 % of the one and 1.5 % of the other, and what is left pays a first instalment
    after = 1 - (0.01 / (1 - 1.01**-24) - 0.01), 1 - 1 / 24
    left = 955 * after[0], 985 * after[1]
    assert flows.segment_balance[0, 0, 0] == pytest.approx(sum(left), rel=1e-14)
    # then 60 of 3 x the first's and the second's; interest is the first's alone, beside that of segment B
    risky_rate, other_rate = 3 * 60 / (3 * left[0] + left[1]), 30 / (970 * after[0])
    interest = 0.01 * left[0] * (1 - risky_rate) + 0.01 * 970 * after[0] * (1 - other_rate)
    assert flows.interest[0, 1] == pytest.approx(interest, rel=1e-14)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
def test_along_paths_they_multiply_the_months_rates(order, monkeypatch):
    loans = [LOAN | {"default_multiplier": 2.0, "segment": "A"}, LOAN | {"prepayment_multiplier": 3.0, "segment": "B"}, LOAN]
    loans = [loan | {"segment": loan.get("segment", "A")} for loan in loans]
    rng = np.random.default_rng(4)
    smm, mdr = rng.uniform(0, 0.4, (2, 24, 2)), rng.uniform(0, 0.4, (2, 24, 2))
    given_rates = ("prepayment", "smm", smm), ("default", "mdr", mdr)
    pool = pool_of(loans)
    given = pool, Assumptions(order=order), CUTOFF, "30/360"
    paths = Paths(("a", "b"), pool.segment_names, smm, mdr)
    ours = PathProjection.of(*given).project(paths, by_segment=True)
    monkeypatch.setattr("abs_waterfall.collateral.grouped._CURVE_CELLS", 1)  # one path at a time
    alone = PathProjection.of(*given).project(paths, by_segment=True)
    for name in (*FLOWS, "segment_balance"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(ours, name))
    for row in range(2):
        speeds = {
            name: {key: {kind: rates[row, :, k].tolist(), "by": "period"} for key, kind, rates in given_rates}
            for k, name in enumerate(pool.segment_names)
        }
        theirs = project(pool, {"order": order, "segment": speeds})
        for name in FLOWS:
            np.testing.assert_allclose(getattr(ours, name)[row], getattr(theirs, name)[0], rtol=0, atol=1e-9, err_msg=name)
