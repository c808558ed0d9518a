"""What holds of every projection: conservation, monotonicity, and sums that do not depend on how they were cut."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from itertools import pairwise

import numba
import numpy as np
import numpy_financial as npf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.collateral import cohorts, grouped, strips
from abs_waterfall.collateral.cashflows import SELDOM
from abs_waterfall.collateral.kernels.shapes import CHUNK
from collateral.pools import (
    CURVES,
    defaults,
    delinquencies,
    fractions,
    loans_of,
    loans_with_clauses,
    pool_of,
    prepayments,
    project,
    random_pool,
    recoveries,
)

ORDERS = ("survivors", "sifma", "prepay_first")
FLOWS = ("interest", "scheduled_principal", "prepayment", "default", "recovery", "loss", "closing_balance", "segment_default")
LOANS = st.lists(loans_of(), min_size=1, max_size=6)


def assert_same_bits(ours, theirs, rows=slice(None)):
    for name in FLOWS:
        left = getattr(ours, name)
        np.testing.assert_array_equal(left, getattr(theirs, name)[rows][..., : left.shape[-1]], err_msg=name)


@settings(max_examples=60)
@given(LOANS, st.sampled_from(ORDERS), prepayments(), defaults(), recoveries(spread=True))
def test_balance_is_conserved_every_month(loans, order, prepayment, default, recovery):
    flows = project(loans, {"order": order, "prepayment": prepayment, "default": default, "recovery": recovery})
    total = sum(loan["balance"] for loan in loans)
    gone = flows.default + flows.scheduled_principal + flows.prepayment + flows.closing_balance
    np.testing.assert_allclose(gone, flows.opening_balance, rtol=0, atol=1e-12 * total)
    assert flows.opening_balance[0, 0] == pytest.approx(total)
    assert flows.closing_balance[0, -1] == 0
    assert flows.recovery.sum() == pytest.approx(flows.default.sum() * recovery["rate"], abs=1e-12 * total)
    assert flows.loss.sum() == pytest.approx(flows.default.sum() - flows.recovery.sum(), abs=1e-12 * total)
    assert min(flow.min() for flow in (flows.interest, flows.scheduled_principal, flows.prepayment, flows.default)) >= 0


@settings(max_examples=60)
@given(
    st.lists(loans_with_clauses(), min_size=1, max_size=5), st.sampled_from(ORDERS), prepayments(), defaults(), delinquencies()
)
def test_balance_is_conserved_with_capitalised_interest_and_what_is_behind(loans, order, prepayment, default, behind):
    assumed = {"order": order, "prepayment": prepayment, "default": default, "delinquency": behind}
    flows = project(loans, assumed, curves=CURVES)
    total = sum(loan["balance"] for loan in loans) + flows.capitalised.sum()
    gone = flows.default + flows.scheduled_principal + flows.prepayment + flows.closing_balance
    np.testing.assert_allclose(gone, flows.opening_balance + flows.capitalised, rtol=0, atol=1e-12 * total)
    assert flows.closing_balance[0, -1] == 0
    assert (flows.delinquent_30 <= flows.closing_balance + 1e-12 * total).all()
    assert (flows.delinquent_60 <= flows.delinquent_30).all()
    assert (flows.delinquent_90 <= flows.delinquent_60).all()
    assert flows.scheduled_principal.min() >= -1e-12 * total
    assert min(flows.capitalised.min(), flows.prepayment_penalty.min(), flows.delinquent_90.min()) >= 0


@settings(max_examples=30)
@given(st.lists(loans_with_clauses(), min_size=1, max_size=5), st.sampled_from(ORDERS), delinquencies(), delinquencies())
def test_a_scenario_of_shifted_indices_and_delinquency_alone_is_itself_in_a_block(loans, order, one, two):
    base = {"order": order, "prepayment": {"cpr": 0.1}, "default": {"cdr": 0.05}, "recovery": {"rate": 0.4, "lag": 2}}
    scenarios = {"one": {"delinquency": one}, "up": {"index_shift": 0.01}, "both": {"delinquency": two, "index_shift": 0.01}}
    block = project(loans, base, scenarios, curves=CURVES)
    for row, (name, scenario) in enumerate(scenarios.items(), start=1):
        alone = project(loans, base, {name: scenario}, curves=CURVES)
        assert_same_bits(alone, block, [0, row])
        for flow in SELDOM:
            ours = getattr(alone, flow)
            np.testing.assert_array_equal(ours, getattr(block, flow)[[0, row]][..., : ours.shape[-1]], err_msg=flow)


def test_scenarios_that_shift_indices_alike_share_their_strips(monkeypatch):
    built = []
    monkeypatch.setattr(grouped, "build_strips", lambda *given: built.append(given[-2].shift) or strips.build_strips(*given))
    loan = {"balance": 1000.0, "annual_rate": 0.05, "remaining_term": 24, "adjusts": {"index": "ONE", "margin": 0.01}}
    shifts = {f"{n}/{shift}": {"index_shift": shift, "default": {"cdr": n / 100}} for shift in (0.01, -0.01) for n in range(1, 6)}
    project([loan], {}, shifts, curves=CURVES)
    assert sorted(built) == [-0.01, 0.0, 0.01]
    built.clear()
    project([{**loan, "adjusts": None}], {}, shifts, curves=CURVES)
    assert built == [0.0]


@settings(max_examples=40)
@given(st.lists(loans_of(lines=False), min_size=1, max_size=6), st.sampled_from(ORDERS), prepayments(), recoveries(spread=False))
def test_advances_are_what_the_recovery_gives_up(loans, order, prepayment, recovery):
    assumptions = {"order": order, "advances": True, "prepayment": prepayment, "default": {"cdr": 0.2}, "recovery": recovery}
    flows = project(loans, assumptions)
    plain = project(loans, assumptions | {"advances": False})
    small = 1e-12 * sum(loan["balance"] for loan in loans)
    np.testing.assert_allclose(flows.default, plain.default, rtol=1e-12, atol=small)
    assert flows.loss.sum() == pytest.approx((flows.default - flows.recovery - flows.advanced_principal).sum(), abs=small)
    # what is advanced beyond the recovery rate is not paid back here, so the loss is at most the severity
    assert flows.loss.sum() <= flows.default.sum() * (1 - recovery["rate"]) + small


@settings(max_examples=40)
@given(
    LOANS, st.sampled_from(ORDERS), st.lists(prepayments(), min_size=1, max_size=3), st.lists(defaults(), min_size=1, max_size=3)
)
def test_a_scenario_alone_is_itself_in_a_block(loans, order, speeds, losses):
    base = {"order": order, "prepayment": {"cpr": 0.1}, "recovery": {"rate": 0.4, "lag": 2}}
    scenarios = {
        f"{i}/{j}": {"prepayment": speed, "default": loss} for i, speed in enumerate(speeds) for j, loss in enumerate(losses)
    }
    block = project(loans, base, scenarios)
    assert_same_bits(project(loans, base), block, [0])
    for row, (name, scenario) in enumerate(scenarios.items(), start=1):
        assert_same_bits(project(loans, base, {name: scenario}), block, [0, row])


@pytest.mark.parametrize("threads", sorted({1, numba.config.NUMBA_NUM_THREADS}))
def test_threads_and_memory_do_not_change_a_bit(monkeypatch, threads):
    pool = random_pool(200_000, seed=11)
    assumptions = {"prepayment": {"psa": 200.0}, "default": {"cdr": 0.05}, "recovery": {"rate": 0.3, "lag": 4}}
    scenarios = {str(n): {"default_multiplier": float(n)} for n in range(5)}
    whole = project(pool, assumptions, scenarios)
    monkeypatch.setattr(strips, "_PARTIAL_BYTES", 1)
    monkeypatch.setattr(grouped, "_CURVE_CELLS", 1)
    before = numba.get_num_threads()
    numba.set_num_threads(threads)
    piecewise = project(pool, assumptions, scenarios)
    numba.set_num_threads(before)
    assert_same_bits(whole, piecewise)


def test_a_tape_is_the_sum_of_its_parts():
    # parts that end beside the ends of chunks
    pool = random_pool(2 * CHUNK + 10, seed=13)
    cuts = [0, CHUNK - 5, 2 * CHUNK + 5, len(pool.balance)]
    assumptions = {"prepayment": {"cpr": 0.1}, "default": {"mdr": 0.01}, "recovery": {"rate": 0.3}}
    columns = [field.name for field in dataclasses.fields(pool) if isinstance(getattr(pool, field.name), np.ndarray)]
    parts = [
        project(dataclasses.replace(pool, **{name: getattr(pool, name)[low:high] for name in columns}), assumptions)
        for low, high in pairwise(cuts)
    ]
    whole = project(pool, assumptions)
    for name in FLOWS:
        total = np.zeros_like(getattr(whole, name))
        for part in parts:
            total[..., : len(part.dates)] += getattr(part, name)
        np.testing.assert_allclose(getattr(whole, name), total, rtol=1e-11, atol=1e-6)


def test_sorting_cohorts_and_looking_them_up_agree(monkeypatch):
    pool = random_pool(5_000, seed=5)
    grouping = cohorts.Grouping(by_age=True, by_remaining_term=True, each_loan=False)
    looked_up = cohorts.group_loans(pool, grouping, 0)
    monkeypatch.setattr(cohorts, "_TABLE_SIZE", 0)
    by_sort = cohorts.group_loans(pool, grouping, 0)
    for name in ("of_loan", "segment", "age", "term", "start"):
        np.testing.assert_array_equal(getattr(looked_up, name), getattr(by_sort, name))


@settings(max_examples=40)
@given(LOANS, fractions(0.5), fractions(0.5))
def test_more_default_never_gives_more_interest_or_less_loss(loans, low, high):
    low, high = sorted((low, high))
    flows = project(loans, {"recovery": {"rate": 0.4}}, {"low": {"default": {"cdr": low}}, "high": {"default": {"cdr": high}}})
    small = 1e-9 * sum(loan["balance"] for loan in loans)
    assert flows.interest[2].sum() <= flows.interest[1].sum() + small
    assert flows.loss[2].sum() >= flows.loss[1].sum() - small
    assert (flows.closing_balance[2] <= flows.closing_balance[1] + small).all()


@settings(max_examples=40)
@given(LOANS, st.sampled_from(ORDERS), fractions(), fractions())
def test_faster_prepayment_never_leaves_more_balance(loans, order, slow, fast):
    slow, fast = sorted((slow, fast))
    flows = project(
        loans,
        {"order": order, "default": {"cdr": 0.03}},
        {"slow": {"prepayment": {"cpr": slow}}, "fast": {"prepayment": {"cpr": fast}}},
    )
    small = 1e-9 * sum(loan["balance"] for loan in loans)
    assert (flows.closing_balance[2] <= flows.closing_balance[1] + small).all()
    assert flows.default[2].sum() <= flows.default[1].sum() + small


def test_equal_loans_add_up_to_one_rep_line():
    loan = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 24, "age": 3}
    assumptions = {"prepayment": {"psa": 300}, "default": {"cumulative": 0.1, "timing": [0.5, 0.5]}, "recovery": {"rate": 0.2}}
    many, one = project([loan] * 8, assumptions), project([loan | {"balance": 8000.0}], assumptions)
    for name in FLOWS:
        np.testing.assert_allclose(getattr(many, name), getattr(one, name), rtol=1e-12, atol=1e-9)


def test_an_earlier_cutoff_folds_what_was_paid_since_into_the_first_month():
    loan = {"balance": 1000.0, "annual_rate": 0.12, "remaining_term": 24, "age": 3}
    assumptions = {"prepayment": {"cpr": 0.1}, "default": {"cdr": 0.05}}
    now, earlier = project([loan], assumptions), project([loan | {"months_before_cutoff": 3}], assumptions)
    assert earlier.opening_balance[0, 0] == 1000
    assert earlier.interest[0, 0] == pytest.approx(now.interest[0, :4].sum(), rel=1e-12)
    np.testing.assert_allclose(earlier.closing_balance[0], now.closing_balance[0, 3:], rtol=1e-12)


@pytest.mark.parametrize("rate", [0.0, 1e-9, 0.0635, 0.24])
@pytest.mark.parametrize("term", [1, 12, 60, 360])
def test_level_pay_is_numpy_financials(rate, term):
    flows = project([{"balance": 25_000.0, "annual_rate": rate, "remaining_term": term}])
    months = np.arange(1, term + 1)
    interest = -npf.ipmt(rate / 12, months, term, 25_000.0) if rate else np.zeros(term)
    tolerance = 1e-6 if 0 < rate < 1e-6 else 1e-9  # its powers of 1 + r lose digits at small rates
    payment = np.full(term, -float(npf.pmt(rate / 12, term, 25_000.0)))
    np.testing.assert_allclose(flows.interest[0], interest, rtol=1e-9, atol=tolerance * 25_000)
    np.testing.assert_allclose(flows.interest[0] + flows.scheduled_principal[0], payment, rtol=tolerance)


def test_a_cumulative_default_is_of_the_segment_and_its_shortfall_is_told():
    loans = [{"balance": 1000.0, "annual_rate": 0.1, "remaining_term": term, "segment": "A"} for term in (2, 4)]
    loans.append({"balance": 500.0, "annual_rate": 0.1, "remaining_term": 6, "segment": "B"})
    flows = project(loans, {"default": {"cumulative": 0.1, "timing": [0.5, 0.2, 0.2, 0, 0, 0.05, 0.05]}})
    np.testing.assert_allclose(flows.segment_default[0, 0, :3], [100, 40, 40])
    np.testing.assert_allclose(flows.segment_default[0, 1, :6], [25, 10, 10, 0, 0, 2.5])
    # the weights of months 6 and 7 fall after A has run off, the last one after B has too
    np.testing.assert_allclose(flows.realised_cumulative_default[0], [0.09, 0.095])


def test_segments_without_loans_have_no_flows():
    pool = pool_of([{"balance": 1000.0, "annual_rate": 0.1, "remaining_term": 5, "segment": "B"}], ("A", "B", "C"))
    flows = project(pool, {"default": {"cumulative": 0.1}})
    np.testing.assert_array_equal(flows.segment_initial, [0, 1000, 0])
    np.testing.assert_allclose(flows.realised_cumulative_default, [[0, 0.1, 0]])


def test_output_lasts_until_the_last_recovery():
    flows = project(
        [{"balance": 1000.0, "annual_rate": 0.1, "remaining_term": 5}],
        {"default": {"mdr": 0.1}, "recovery": {"rate": 0.5, "lag": 3, "timing": [0.5, 0.5]}},
    )
    assert len(flows.dates) == 5 + 3 + 1
    assert flows.recovery[0, -1] == pytest.approx(0.25 * flows.default[0, 4])


@pytest.mark.parametrize(
    "nowhere",
    [
        {"NUMBA_CACHE_LOCATOR_CLASSES": "ZipCacheLocator"},  # which finds no folder for a plain file
        {"NUMBA_CACHE_LOCATOR_CLASSES": "UserProvidedCacheLocator", "NUMBA_CACHE_DIR": "/dev/null/cache"},  # cannot be written
    ],
)
def test_where_nothing_can_be_kept_a_run_warns_once_and_goes_on(nowhere):
    done = subprocess.run(
        [sys.executable, "-c", "from abs_waterfall.collateral.kernels.months import leave; print(leave(0, 1.0, 0.5, 0.5))"],
        env=os.environ | nowhere,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "(0.5, 0.25, 0.25)"
    assert done.stderr.count("every run compiles anew") == 1


def test_a_projection_imports_no_scipy():
    code = (
        "import sys; sys.path.insert(0, 'tests'); from collateral.pools import project;"
        "project([{'balance': 1.0, 'remaining_term': 3}]);"
        "print([name for name in ('scipy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
