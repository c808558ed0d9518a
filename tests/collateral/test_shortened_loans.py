"""Prepayments that shorten the term at an unchanged instalment (缩期); expected figures are worked out beside each test."""

from __future__ import annotations

import math

import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection
from abs_waterfall.collateral.kernels.compiling import FEW
from abs_waterfall.collateral.kernels.shapes import PREPAY_FIRST, SIFMA, SURVIVORS, Loans
from abs_waterfall.collateral.kernels.shortened import sum_shortened
from abs_waterfall.collateral.parts import Parting
from abs_waterfall.collateral.project import project_parts
from abs_waterfall.collateral.shortened import Course, add_shortened
from collateral.pools import (
    CURVES,
    CUTOFF,
    defaults,
    loans_to_shorten,
    pool_of,
    prepayments,
    project,
    random_pool,
    recoveries,
)
from reference import loans as reference

FLOWS = ("interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance")
ORDERS = st.sampled_from(("survivors", "sifma", "prepay_first"))
LOAN = {"balance": 100_000.0, "annual_rate": 0.06, "remaining_term": 120, "amortization": "level_pay"}
SHORTEN = {"prepayment_effect": "shorten"}


def once(share: float, month: int) -> dict[str, object]:
    """A share prepaid in one month."""
    return {"smm": [0.0] * (month - 1) + [share, 0.0], "by": "period"}


def left_after(payments: int) -> float:
    """What the loan owes after so many payments: B ((1 + r)^n - (1 + r)^t) / ((1 + r)^n - 1)."""
    return 100_000 * (1.005**120 - 1.005**payments) / (1.005**120 - 1)


# ---------------------------------------------------------------------------------------------------------------- by hand


def test_the_instalment_stays_and_the_term_is_what_nper_says():
    flows = project([LOAN], SHORTEN | {"prepayment": once(0.2, 12)})
    instalment = 100_000 * 0.005 / (1 - 1.005**-120)  # 1,110.21
    assert flows.prepayment[0, 11] == pytest.approx(0.2 * left_after(12), rel=1e-13)
    owed = 0.8 * left_after(12)
    # 81 whole instalments and a last, smaller one
    assert math.floor(npf.nper(0.005, -instalment, owed)) == 81
    paid = (flows.interest + flows.scheduled_principal)[0]
    np.testing.assert_allclose(paid[: 12 + 81], instalment, rtol=1e-12)
    # what is left after 81 of them, with a month's interest
    last = owed * 1.005**81 - instalment * (1.005**81 - 1) / 0.005
    assert paid[12 + 81] == pytest.approx(last * 1.005, rel=1e-9)
    assert not paid[12 + 82 :].any()


def test_recast_keeps_the_term_and_lowers_the_instalment():
    flows = project([LOAN], {"prepayment": once(0.2, 12)})
    paid = (flows.interest + flows.scheduled_principal)[0]
    np.testing.assert_allclose(paid[12:], 0.8 * paid[0], rtol=1e-12)
    assert len(paid) == 120


def test_of_equal_principal_the_principal_stays():
    loan = {"balance": 1200.0, "annual_rate": 0.12, "remaining_term": 12, "amortization": "equal_principal"}
    flows = project([loan], SHORTEN | {"prepayment": once(0.5, 2)})
    # 100 a month: 1000 after two, half of it prepaid, then five of 100
    np.testing.assert_allclose(flows.scheduled_principal[0], [100] * 7 + [0] * 5, atol=1e-12)
    np.testing.assert_allclose(flows.prepayment[0], [0, 500] + [0] * 10, atol=1e-12)
    np.testing.assert_allclose(flows.interest[0], [12, 11, 5, 4, 3, 2, 1] + [0] * 5, atol=1e-12)


@pytest.mark.parametrize(
    ("order", "interest", "scheduled", "prepaid", "closing"),
    [
        # 1 % of 1000 defaults; 990 pay 1 % interest and 1/10; 20 % of the 891 that are left
        ("survivors", 9.90, 99.0, 178.2, 712.8),
        # 20 % of the 900 that are left of 1000, defaulted or not
        ("sifma", 9.90, 99.0, 180.0, 711.0),
        # 20 % of 990, then interest on 792 and the same 99 of principal
        ("prepay_first", 7.92, 99.0, 198.0, 693.0),
    ],
)
def test_a_month_by_hand(order, interest, scheduled, prepaid, closing):
    loan = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 10, "amortization": "equal_principal"}
    flows = project([loan], SHORTEN | {"order": order, "default": {"mdr": 0.01}, "prepayment": {"smm": 0.2}})
    found = [getattr(flows, name)[0, 0] for name in ("interest", "scheduled_principal", "prepayment", "closing_balance")]
    assert found == pytest.approx([interest, scheduled, prepaid, closing], rel=1e-13)
    # whole loans default, so the instalment of those that stay is 100 a loan in the second month too
    assert flows.scheduled_principal[0, 1] == pytest.approx(99 * 0.99, rel=1e-13)


def test_a_balloon_is_what_prepayments_leave_of_it():
    flows = project([LOAN | {"remaining_term": 24, "amortization_term": 120}], SHORTEN | {"prepayment": once(0.2, 12)})
    after = 0.8 * left_after(12) * 1.005**11 - 1110.2050194164945 * (1.005**11 - 1) / 0.005
    assert flows.scheduled_principal[0, 23] == pytest.approx(after, rel=1e-12)


def test_a_penalty_is_of_what_is_prepaid():
    loan = LOAN | {"prepayment_penalty": {"rate": [0.03, 0.01], "step_months": 12}}
    flows = project([loan], SHORTEN | {"prepayment": {"smm": 0.01}, "default": {"mdr": 0.02}})
    np.testing.assert_allclose(flows.prepayment_penalty[0, :12], 0.03 * flows.prepayment[0, :12], rtol=1e-13)
    np.testing.assert_allclose(flows.prepayment_penalty[0, 12:], 0.01 * flows.prepayment[0, 12:], rtol=1e-13)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
def test_loans_that_end_in_different_months_add_up(order):
    kinds = ("level_pay", "equal_principal")
    loans = [
        {
            "balance": 100.0 * n,
            "annual_rate": 0.01 * n,
            "remaining_term": 5 + 2 * n,
            "age": 0,
            "amortization": kind,
            "segment": "A",
        }
        for n in range(1, 16)
        for kind in kinds
    ]
    speeds = {"prepayment": {"smm": 0.08}, "default": {"mdr": 0.01}, "recovery": {"rate": 0.4, "lag": 2, "timing": [1.0]}}
    ours = project(loans, SHORTEN | {"order": order, "segment": {"A": speeds}})
    theirs = reference.project(loans, {"A": speeds}, CUTOFF, order=order, effect="shorten")
    for name in FLOWS:
        np.testing.assert_allclose(getattr(ours, name)[0], theirs[name], rtol=1e-12, atol=1e-9, err_msg=name)


# ------------------------------------------------------------------------------------------------------------- theorems


@settings(max_examples=50, deadline=None)
@given(st.lists(loans_to_shorten(), min_size=1, max_size=4), defaults(), recoveries(spread=True), ORDERS)
def test_without_prepayments_nothing_is_shortened(loans, default, recovery, order):
    assumed = {
        "default": default if order != "sifma" or "cumulative" not in default else {},
        "recovery": recovery,
        "order": order,
    }
    assumed = {key: value for key, value in assumed.items() if value}
    ours, theirs = project(loans, assumed | SHORTEN, curves=CURVES), project(loans, assumed, curves=CURVES)
    small = 1e-12 * sum(loan["balance"] for loan in loans)
    for name in FLOWS:
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=small, err_msg=name)


@settings(max_examples=50, deadline=None)
@given(st.lists(loans_to_shorten(), min_size=1, max_size=4), prepayments(), ORDERS)
def test_shortened_loans_are_paid_no_later_than_recast_ones(loans, prepayment, order):
    assumed = {"prepayment": prepayment, "order": order}
    ours, theirs = project(loans, assumed | SHORTEN, curves=CURVES), project(loans, assumed, curves=CURVES)
    small = 1e-9 * sum(loan["balance"] for loan in loans)
    assert (ours.closing_balance <= theirs.closing_balance + small).all()


@settings(max_examples=50, deadline=None)
@given(st.lists(loans_to_shorten(max_term=12), min_size=1, max_size=6), prepayments(), st.data())
def test_parts_of_shortened_loans_add_up_to_the_pool(loans, prepayment, data):
    part = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(loans), max_size=len(loans))))
    assumed = SHORTEN | {
        "prepayment": prepayment,
        "default": {"cumulative": 0.2, "timing": [0.5, 0.5]},
        "recovery": {"rate": 0.4},
    }
    whole = project(loans, assumed, curves=CURVES)
    parting = Parting(part, 3, np.array([part + 1.0]))
    ours = project_parts(pool_of(loans), Assumptions.model_validate(assumed), {}, CUTOFF, "30/360", parting, curves=CURVES)
    small = 1e-11 * sum(loan["balance"] for loan in loans)
    for row, name in ((0, "interest"), (1, "scheduled_principal"), (2, "prepayment"), (3, "recovery"), (7, "default")):
        np.testing.assert_allclose(ours.parts.sum(axis=1)[:, row], getattr(whole, name), rtol=0, atol=small, err_msg=name)
    weighted = ours.parts[:, :, 8, : ours.weighted.shape[3]] * np.arange(1.0, 4)[:, None]
    np.testing.assert_allclose(ours.weighted[:, :, 0], weighted, rtol=0, atol=3 * small)


@pytest.mark.parametrize("order", ["survivors", "sifma", "prepay_first"])
def test_along_paths_loans_are_shortened_by_each(order):
    pool = random_pool(60, seed=3, segments=2)
    rng = np.random.default_rng(3)
    smm, mdr = rng.uniform(0, 0.1, (3, 60, 2)), rng.uniform(0, 0.1, (3, 60, 2))
    assumed = SHORTEN | {"order": order, "recovery": {"rate": 0.3, "lag": 2}}
    given_paths = Paths(("a", "b", "c"), pool.segment_names, smm, mdr)
    ours = PathProjection.of(pool, Assumptions.model_validate(assumed), CUTOFF, "30/360").project(given_paths, by_segment=True)
    for row in range(3):
        kinds = ("prepayment", "smm", smm), ("default", "mdr", mdr)
        speeds = {
            name: {key: {kind: rates[row, :, k].tolist(), "by": "period"} for key, kind, rates in kinds}
            for k, name in enumerate(pool.segment_names)
        }
        theirs = project(pool, assumed | {"segment": speeds})
        for name in (*FLOWS, "segment_balance"):
            np.testing.assert_allclose(getattr(ours, name)[row], getattr(theirs, name)[0], rtol=1e-12, atol=1e-6, err_msg=name)


# --------------------------------------------------------------------------------------------------------------- kernels


def columns(count: int, seed: int) -> tuple[Loans, Course]:
    """Loans of three cohorts, and the speeds of these."""
    rng = np.random.default_rng(seed)
    months = rng.integers(1, 40, count)
    free = np.minimum(rng.integers(0, 5, count), months - 1)
    loans = Loans(
        balance=rng.uniform(1, 1e5, count),
        rate=np.where(rng.random(count) < 0.1, 0.0, rng.uniform(0, 0.03, count)),
        interest_rate=np.zeros(count),
        months=months,
        free=free,
        payments=months + rng.integers(0, 50, count) - free,
        grows=rng.random(count) < 0.5,
        cohort=rng.integers(0, 3, count),
        start=np.array([0, 2, 5]),
    )
    return loans, Course(SURVIVORS, rng.uniform(0, 0.2, (3, 45)))


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
def test_the_compiled_kernel_does_what_its_python_says_and_writes_every_cell(order):
    loans, given_course = columns(300, seed=5)
    results = []
    for kernel in (sum_shortened.compiled, sum_shortened.interpreted):
        strips = [np.full(shape, np.nan) for shape in ((3, 46), (3, 45), (3, 45))]
        kernel(0, order, loans, given_course.speeds, *strips)
        results.append(strips)
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9)


def test_any_number_of_threads_gives_the_same_bits():
    loans, given_course = columns(FEW, seed=6)
    large = Loans(*(np.tile(column, 8) if name != "start" else column for name, column in loans._asdict().items()))
    results = []
    for processors in (1, 3):
        strips = np.zeros((3, 46)), np.zeros((3, 45))
        results.append((*strips, add_shortened(*strips, large, given_course, processors)))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert results[0][0][:, 0].sum() > 0


def test_only_the_fast_math_of_sums():
    assert set(sum_shortened.compiled.targetoptions["fastmath"]) == {"reassoc", "contract", "nsz"}
