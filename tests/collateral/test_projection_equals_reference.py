"""The engine equals the loan-by-loan projection, for any mixed pool, order, speed and recovery."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.collateral import pieces
from abs_waterfall.collateral.parts import Parting
from abs_waterfall.collateral.project import project_parts
from collateral.pools import (
    CURVES,
    CUTOFF,
    defaults,
    delinquencies,
    draws,
    loans_of,
    loans_to_shorten,
    loans_with_clauses,
    loans_with_multipliers,
    payments,
    prepayments,
    project,
    random_pool,
    recoveries,
    yields,
)
from reference import loans as reference

LINES = {"payment": payments(), "draw": draws(), "yield": yields()}
BASES = ("30/360", "ACT/365F", "ACT/360")


@st.composite
def assumed(draw, loans, *, advances, behind=False):
    """Assumptions of each segment that has loans."""
    return {
        name: {
            "prepayment": draw(prepayments()),
            "default": draw(defaults()),
            "recovery": draw(recoveries(spread=not advances)),
            **({"delinquency": draw(delinquencies())} if behind and draw(st.booleans()) else {}),
        }
        | ({} if advances else draw(st.fixed_dictionaries({}, optional=LINES)))
        for name in sorted({loan["segment"] for loan in loans})
    }


def check(loans, segments, *, order, speed_basis="months", interest_basis="30/360", advances=False, shift=0.0, effect="recast"):
    ours = project(
        loans,
        {"order": order, "speed_basis": speed_basis, "advances": advances, "segment": segments, "prepayment_effect": effect},
        {"shifted": {"index_shift": shift}},
        interest_basis=interest_basis,
        curves=CURVES,
    )
    theirs = reference.project(loans, segments, CUTOFF, interest_basis, order, speed_basis, advances, CURVES, shift, effect)
    most = max([sum(loan["balance"] for loan in loans), *theirs["closing_balance"]])  # draws may make it more than it was
    small = 1e-12 * most
    assert len(ours.dates) == len(theirs["interest"])
    for name, amounts in theirs.items():
        np.testing.assert_allclose(getattr(ours, name)[1], amounts, rtol=1e-9, atol=small, err_msg=name)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
@pytest.mark.parametrize("advances", [False, True])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_pool_is_the_sum_of_its_loans(order, advances, data):
    loans = data.draw(st.lists(loans_of(lines=not advances), min_size=1, max_size=8))
    segments = data.draw(assumed(loans, advances=advances))
    speed_basis = data.draw(st.sampled_from(("months", "days")))
    interest_basis = data.draw(st.sampled_from(BASES))
    check(loans, segments, order=order, speed_basis=speed_basis, interest_basis=interest_basis, advances=advances)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_pool_of_holidays_penalties_adjusting_rates_and_delinquency_is_the_sum_of_its_loans(order, data):
    loans = data.draw(st.lists(loans_with_clauses(), min_size=1, max_size=6))
    segments = data.draw(assumed(loans, advances=False, behind=True))
    speed_basis = data.draw(st.sampled_from(("months", "days")))
    interest_basis = data.draw(st.sampled_from(BASES))
    shift = data.draw(st.sampled_from((0.0, 0.02, -0.01)))
    check(loans, segments, order=order, speed_basis=speed_basis, interest_basis=interest_basis, shift=shift)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_pool_of_loans_with_multipliers_of_their_own_is_the_sum_of_its_loans(order, data):
    loans = data.draw(st.lists(loans_with_multipliers(), min_size=1, max_size=6))
    advances = data.draw(st.booleans()) and not any(loan.get("payment_holiday_months") for loan in loans)
    advances = advances and not any(loan["amortization"] == "revolving_line" for loan in loans)
    segments = data.draw(assumed(loans, advances=advances, behind=not advances))
    basis = {"speed_basis": data.draw(st.sampled_from(("months", "days"))), "interest_basis": data.draw(st.sampled_from(BASES))}
    check(loans, segments, order=order, advances=advances, **basis)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_a_pool_of_loans_that_prepayments_shorten_is_the_sum_of_its_loans(order, data):
    loans = data.draw(st.lists(loans_to_shorten(), min_size=1, max_size=6))
    segments = data.draw(assumed(loans, advances=False))
    for table in segments.values():
        if order == "sifma" and "cumulative" in table["default"]:
            table["default"] = {"mdr": table["default"]["cumulative"]}
    basis = {"speed_basis": data.draw(st.sampled_from(("months", "days"))), "interest_basis": data.draw(st.sampled_from(BASES))}
    check(loans, segments, order=order, effect="shorten", **basis)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
def test_thirty_year_loans_keep_their_digits(order):
    loans = [
        {"balance": 1e8, "annual_rate": 0.08, "remaining_term": 360, "age": 0, "amortization": "level_pay", "segment": "A"},
        {"balance": 5e7, "annual_rate": 0.0, "remaining_term": 359, "age": 1, "amortization": "level_pay", "segment": "A"},
        {
            "balance": 2e7,
            "annual_rate": 0.05,
            "remaining_term": 120,
            "age": 7,
            "amortization": "level_pay",
            "amortization_term": 300,
            "interest_only_months": 24,
            "segment": "B",
        },
    ]
    quotes = {
        "A": {
            "prepayment": {"psa": 165.0},
            "default": {"sda": 200.0, "stop": 12},
            "recovery": {"rate": 0.6, "lag": 12, "timing": [1.0]},
        },
        "B": {
            "prepayment": {"abs_speed": 0.5},
            "default": {"cdr": [0.01, 0.02, 0.03], "by": "age"},
            "recovery": {"rate": 0.4, "lag": 3, "timing": [0.25, 0.75]},
        },
    }
    check(loans, quotes, order=order)


@pytest.mark.parametrize("processors", [1, 3])
def test_pools_of_many_cohorts_are_projected_a_piece_at_a_time(monkeypatch, processors):
    rng = np.random.default_rng(11)
    pool = random_pool(2_000, seed=11)
    pool = replace(pool, default_multiplier=rng.uniform(0, 3, 2_000), prepayment_multiplier=rng.uniform(0, 3, 2_000))
    assumptions = {"prepayment": {"psa": 200.0}, "default": {"cdr": 0.05}, "recovery": {"rate": 0.3, "lag": 2}}
    parting = Parting(rng.integers(0, 3, 2_000), 3, pool.annual_rate[None, :])
    given = pool, Assumptions.model_validate(assumptions), {"up": Scenario(default_multiplier=2.0)}, CUTOFF, "30/360", parting
    whole = project_parts(*given)
    monkeypatch.setattr(pieces, "PIECE", 300)
    ours = project_parts(*given)
    for name in ("parts", "default", "closing", "weighted", "initial"):
        small = 1e-13 * pool.total_balance
        np.testing.assert_allclose(getattr(ours, name), getattr(whole, name), rtol=0, atol=small, err_msg=name)
    monkeypatch.setattr("abs_waterfall.collateral.project.add_pieces", partial(pieces.add_pieces, processors=processors))
    again = project_parts(*given)
    np.testing.assert_array_equal(ours.parts, again.parts)
