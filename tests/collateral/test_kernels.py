"""The compiled kernels do what their Python says, write all of their outputs, and give the same bits on any number of threads."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pytest

from abs_waterfall.collateral.cohorts import Grouping, group_loans
from abs_waterfall.collateral.kernels.compiling import FEW, Kernel
from abs_waterfall.collateral.kernels.loans import add_adjustable, add_loan, add_loans, first_principal, sum_chunk
from abs_waterfall.collateral.kernels.months import fall_behind, lay, leave, pay_cohorts, project_scenarios
from abs_waterfall.collateral.kernels.shapes import (
    BEHIND,
    CHUNK,
    CLOSING,
    PENALTY,
    PREPAY_FIRST,
    SIFMA,
    SURVIVORS,
    Adjusting,
    Cells,
    Flows,
    Grown,
    Leaving,
    Loans,
    OpenLines,
    Recoveries,
    Schedules,
    Vintage,
)
from abs_waterfall.collateral.kernels.shortened import sum_shortened
from abs_waterfall.collateral.kernels.vintages import add_vintage
from abs_waterfall.collateral.schedules import add_by_month
from abs_waterfall.collateral.strips import _loans as kernel_columns
from abs_waterfall.collateral.strips import sum_chunks
from abs_waterfall.collateral.threads import in_threads
from collateral.pools import pool_of, random_pool

COHORTS, MONTHS, SCENARIOS, SEGMENTS, TAIL = 7, 24, 3, 3, 6
CELLS = Cells(
    np.array([0, 0, 1, 2, 2, 2, 3]),
    np.array([0, 0, 2, 2]),
    np.array([0, 1, 0, 1]),
    np.array([0, 2, 3, 5, 6, COHORTS]),
    np.array([False, True, False, True, True]),
)
WHOLE = Cells(  # of a pool that is one part
    np.repeat([0, 2], [3, COHORTS - 3]),
    np.arange(SEGMENTS),
    np.zeros(SEGMENTS, np.int64),
    np.array([0, 3, COHORTS]),
    np.zeros(2, np.bool_),
)
WEIGHTS = 2


def unwritten(*shape):
    return np.full(shape, np.nan)


@pytest.fixture
def loans() -> Loans:
    mixed = [
        {"amortization": kind, "interest_only_months": free, "remaining_term": term, "annual_rate": rate, "segment": segment}
        for kind in ("level_pay", "equal_principal", "interest_only", "bullet", "flat_fee")
        for free in (0, 3, 30)
        for term in (1, 2, 24)
        for rate in (0.0, 0.12)
        for segment in ("A", "B")
    ]
    pool = pool_of(
        [loan | {"balance": 1000.0 + i, "amortization_term": loan["remaining_term"] + i % 5} for i, loan in enumerate(mixed)]
    )
    return kernel_columns(pool, group_loans(pool, Grouping(by_age=False, by_remaining_term=True, each_loan=False), 0))


def test_strips_kernel_does_what_its_python_says(loans):
    cohorts = len(loans.start)
    compiled = unwritten(1, cohorts, 25), unwritten(1, cohorts, 24)
    plain = unwritten(1, cohorts, 25), unwritten(1, cohorts, 24)
    sum_chunk(0, loans, compiled[0][0], compiled[1][0])
    sum_chunk.interpreted(0, loans, plain[0][0], plain[1][0])
    for ours, theirs in zip(compiled, plain, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9)
    assert not np.isnan(plain[0]).any()


def test_schedules_month_by_month_are_those_of_the_kernel(loans):
    loans = loans._replace(start=np.arange(len(loans.start)) % 3)
    shapes = (len(loans.start), 28), (len(loans.start), 27)
    ours, theirs = ([np.zeros(shape) for shape in shapes] for _ in range(2))
    add_by_month(loans, *ours)
    add_loans(0, len(loans.balance), loans, *theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-9)
    assert ours[1].any()


@pytest.fixture
def problem():
    rng = np.random.default_rng(7)
    balance = np.cumsum(rng.uniform(0, 100, (MONTHS + 1, COHORTS)), axis=0)[::-1].copy()
    balance[-1] = 0.0
    start = np.array([0, 2, 0, 0, 1, 0, 0])
    for cohort, month in enumerate(start):
        balance[:month, cohort] = 0.0
    exits, bounds = rng.uniform(0, 5, (MONTHS + 1, COHORTS)), np.array([0, 3, 3, COHORTS])
    weighted = balance * rng.uniform(0, 2, (WEIGHTS, 1, COHORTS))
    segment = np.repeat([0, 2], [3, COHORTS - 3])
    schedules = Schedules(balance, balance[:-1] * 0.01, exits, start, bounds, segment, CELLS, weighted)
    target = np.full((SCENARIOS, SEGMENTS), -1)
    target[1, 2] = 0
    leaving = Leaving(
        rng.uniform(0, 0.2, (SCENARIOS, MONTHS, COHORTS)),
        rng.uniform(0, 0.9, (SCENARIOS, MONTHS, COHORTS)),
        target,
        rng.uniform(0, 200, (1, MONTHS)),
    )
    timing = np.tile([0.5, 0.0, 0.5], (2, SEGMENTS, 1))
    lines = OpenLines(
        np.array([2, 3, 5]),
        np.array([0, 0, 0, 1, 1, 1, 2]),
        rng.uniform(0, 0.2, (SCENARIOS, MONTHS, 3)),
        rng.uniform(0, 1, (SCENARIOS, MONTHS, 3)),
        np.where(rng.uniform(0, 1, (SCENARIOS, MONTHS, 3)) < 0.5, np.nan, 0.02),
    )
    rate, lag = np.array([[0.4] * 3, [0.1, 0.9, 0.5]]), np.array([[3, 3, 3], [0, 4, 2]])
    recoveries = Recoveries(np.array([1, 0, 1]), rate, lag, timing, np.array([True, False]))
    return schedules, leaving, lines, recoveries


@pytest.fixture
def without_lines(problem):
    schedules, leaving, lines, recoveries = problem
    none = np.zeros((SCENARIOS, MONTHS, 0))
    lines = OpenLines(np.array([3, 3, COHORTS]), lines.number, none, none, none)
    return schedules._replace(cells=WHOLE), leaving, lines, recoveries


def empty_flows(schedules, names=9):
    cells = schedules.cells
    parts, by_cell = int(cells.part.max()) + 1, (SCENARIOS, MONTHS, len(cells.segment))
    weighted = unwritten(SCENARIOS, parts, WEIGHTS, MONTHS)
    return Flows(unwritten(SCENARIOS, parts, names, MONTHS + TAIL), unwritten(*by_cell), unwritten(*by_cell), weighted)


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
@pytest.mark.parametrize("advances", [0, 1])
@pytest.mark.parametrize("given", ["problem", "without_lines"])
def test_projection_kernel_does_what_its_python_says(given, order, advances, request):
    problem = request.getfixturevalue(given)
    compiled, plain = empty_flows(problem[0]), empty_flows(problem[0])
    project_scenarios(0, SCENARIOS, SCENARIOS, order, advances, *problem, compiled)
    project_scenarios.interpreted(0, SCENARIOS, SCENARIOS, order, advances, *problem, plain)
    for ours, theirs in zip(compiled, plain, strict=True):
        assert not np.isnan(theirs).any()
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-12)  # sums are added in orders of their own


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
@pytest.mark.parametrize("advances", [0, 1])
@pytest.mark.parametrize("given", ["problem", "without_lines", "seldom"])
@pytest.mark.parametrize("project", [project_scenarios.compiled, project_scenarios.interpreted], ids=["compiled", "by arrays"])
def test_a_scenario_has_the_same_bits_alone_and_beside_others(project, given, order, advances, request):
    problem = request.getfixturevalue(given)
    together, alone = (empty_flows(problem[0], 14) for _ in range(2))
    project(0, SCENARIOS, SCENARIOS, order, advances, *problem, together)
    for s in range(SCENARIOS):
        project(s, s + 1, 1, order, advances, *problem, alone)
    for ours, theirs in zip(together, alone, strict=True):
        assert not np.isnan(theirs).any()
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("project", [project_scenarios.compiled, project_scenarios.interpreted], ids=["compiled", "by arrays"])
def test_rates_may_be_of_other_months_and_columns(project, without_lines):
    schedules, leaving, lines, recoveries = without_lines
    month, column = np.minimum(np.arange(MONTHS), 4), np.arange(COHORTS)[::-1] // 2
    given = leaving._replace(month=month, column=column)
    spread = leaving._replace(mdr=leaving.mdr[:, month][:, :, column], smm=leaving.smm[:, month][:, :, column])
    ours, theirs = (empty_flows(schedules) for _ in range(2))
    project(0, SCENARIOS, SCENARIOS, SURVIVORS, 0, schedules, given, lines, recoveries, ours)
    project(0, SCENARIOS, SCENARIOS, SURVIVORS, 0, schedules, spread, lines, recoveries, theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.fixture
def seldom(problem):
    """The same with penalties, capitalised interest, and the first cohort's loans going on in the second, two months late."""
    schedules, leaving, lines, recoveries = problem
    rng = np.random.default_rng(11)
    strips = {name: rng.uniform(0, 5, (MONTHS, COHORTS)) for name in ("penalty", "charge", "capitalised")}
    balance = schedules.balance.copy()
    balance[2:, 1], balance[:2, 1] = balance[:-2, 0], 0.0
    start, returning, lag = schedules.start.copy(), np.full(COHORTS, -1), np.zeros(COHORTS, np.int64)
    start[1], returning[0], lag[0] = -1, 1, 2
    stopping = rng.uniform(0, 0.3, (SCENARIOS, MONTHS, COHORTS))
    schedules = schedules._replace(balance=balance, start=start, returning=returning, lag=lag, **strips)
    leaving = leaving._replace(stopping=stopping, default_share=rng.uniform(0, 1, (SCENARIOS, SEGMENTS)))
    return schedules, leaving, lines, recoveries


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
def test_projection_kernel_does_what_its_python_says_of_seldom_flows(seldom, order):
    compiled, plain = (empty_flows(seldom[0], 14) for _ in range(2))
    project_scenarios(0, SCENARIOS, SCENARIOS, order, 0, *seldom, compiled)
    project_scenarios.interpreted(0, SCENARIOS, SCENARIOS, order, 0, *seldom, plain)
    for ours, theirs in zip(compiled, plain, strict=True):
        assert not np.isnan(theirs).any()
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-12)
    # two months late: never three payments
    assert (plain.parts[:, 0, PENALTY : BEHIND + 2].sum(axis=2) > 0).all()


def test_adjusting_kernel_does_what_its_python_says(loans):
    count, cohorts = len(loans.balance), len(loans.start)
    rng = np.random.default_rng(5)
    terms = Adjusting(
        path=rng.integers(0, 2, count),
        first=rng.integers(0, 12, count),
        every=rng.integers(1, 7, count),
        capped_first=rng.random(count) < 0.5,
        margin=rng.uniform(-0.02, 0.05, count),
        multiplier=rng.choice([1.0, 0.5], count),
        first_cap=rng.choice([0.01, np.inf], count),
        periodic_cap=rng.choice([0.005, np.inf], count),
        cap=rng.choice([0.06, np.inf], count),
        floor=rng.choice([0.0, 0.04], count),
    )
    paths = rng.uniform(-0.01, 0.1, (2, 25))
    compiled, plain = ((np.zeros((cohorts, 25)), np.zeros((cohorts, 24))) for _ in range(2))
    add_adjustable(loans, terms, paths, *compiled)
    add_adjustable.interpreted(loans, terms, paths, *plain)
    for ours, theirs in zip(compiled, plain, strict=True):
        assert theirs.any()
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9)


def test_a_vintage_joins_the_pool_as_its_python_says_and_as_sums_do():
    rng = np.random.default_rng(11)
    life, months, month, rows = 10, 14, 6, 4  # the last months of the vintage lie beyond the pool's
    scenario = np.array([0, 1, 0, 1])
    vintage = Vintage(
        *(rng.uniform(0, 1, shape) for shape in ((2, 2, 9, life + 2), (2, life, 3), (2, life, 3), (2, 2, 1, life))),
        np.array([float(month)]), np.array([0, 0, 2]), np.array([0, 1, 1]),
    )  # fmt: skip
    shares = rng.uniform(0, 5, (rows, 2))
    shares[0] = 0.0
    shapes = (rows, 9, months), (rows, 3, months), (rows, 3, months), (rows, 2, months), (rows, 1, months)
    before = [rng.uniform(0, 9, shape) for shape in shapes]
    compiled, plain = (Grown(*(flow.copy() for flow in before)) for _ in range(2))
    add_vintage(0, rows, month, scenario, shares, vintage, compiled)
    add_vintage.interpreted(0, rows, month, scenario, shares, vintage, plain)
    for ours, theirs in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    flows = np.einsum("rg,rgft->rgft", shares, vintage.parts[scenario])[..., : months - month]
    closing = flows[:, :, CLOSING]
    of_first = np.einsum("rq,rtq->rt", shares[:, [0, 1]], vintage.closing[scenario][:, :, :2])[:, : months - month]
    added = [flow - old for flow, old in zip(compiled, before, strict=True)]
    np.testing.assert_allclose(added[0][:, :, month:], flows.sum(axis=1), atol=1e-12)
    np.testing.assert_allclose(added[2][:, 0, month:], of_first, atol=1e-12)
    np.testing.assert_allclose(added[3][:, :, month:], closing, atol=1e-12)
    weighted = np.einsum("rg,rgt->rt", shares, vintage.weighted[scenario][:, :, 0])[:, : months - month]
    np.testing.assert_allclose(added[4][:, 0, month:], weighted + month * closing.sum(axis=1), atol=1e-12)
    assert not any(flow[..., :month].any() for flow in added)


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
@pytest.mark.parametrize("count", [1, 3, 4, 19, 361])
def test_what_cohorts_pay_is_the_sum_of_what_each_pays(count, order):
    rng = np.random.default_rng(count)
    opening, interest, exits, mdr, smm, alive = rng.uniform(0, 1, (6, count))
    closing = opening * rng.uniform(0, 1, count)
    shares = np.array([leave.interpreted(order, *each) for each in zip(alive, mdr, smm, strict=True)])
    paying, prepaid, staying = shares.T
    leaving = opening if order == PREPAY_FIRST else closing
    expected = [
        math.fsum((*(interest * paying), *(exits * prepaid))),
        math.fsum((opening - closing) * paying),
        math.fsum(leaving * prepaid),
        math.fsum(opening * alive * mdr),
        math.fsum(closing * staying),
    ]
    defaulted = alive * mdr
    lost, early = unwritten(2, count)
    sums = pay_cohorts(order, opening, closing, interest, exits, mdr, smm, alive, lost, early)
    assert sums == pytest.approx(expected, rel=1e-14)
    for found, share in ((lost, defaulted), (early, prepaid), (alive, staying)):
        np.testing.assert_allclose(found, share, rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("order", [SURVIVORS, SIFMA, PREPAY_FIRST])
@pytest.mark.parametrize(("default", "prepay"), [(0.0, 0.0), (0.3, 0.2), (0.7, 0.6), (1.0, 1.0), (0.0, 1.0), (1.0, 0.0)])
def test_every_share_of_a_loan_goes_somewhere(order, default, prepay):
    paying, prepaid, staying = leave(order, 1.0, default, prepay)
    assert default + prepaid + staying == pytest.approx(1, abs=1e-15)
    assert min(paying, prepaid, staying) >= 0


def test_level_payment_keeps_its_digits_at_small_rates():
    # the first principal is B / n (1 - r (n - 1) / 2 + ..), and a formula in powers of 1 + r would lose it
    principal = first_principal(1200.0, 1e-13, 12, np.bool_(True))
    assert principal == pytest.approx(100 * (1 - 1e-13 * 11 / 2), rel=1e-15)


def test_threads_do_not_change_a_bit():
    pool = random_pool(3 * CHUNK + 1000, seed=3)
    columns = kernel_columns(pool, group_loans(pool, Grouping(by_age=False, by_remaining_term=False, each_loan=False), 0))
    one, many = ((unwritten(4, 4, 61), unwritten(4, 4, 60)) for _ in range(2))
    sum_chunks(0, 4, columns, *one, processors=1)
    sum_chunks(0, 4, columns, *many, processors=4)
    for ours, theirs in zip(one, many, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_only_three_fast_math_flags_and_only_where_loans_or_cohorts_are_added_up():
    for kernel in (sum_chunk, add_loan, pay_cohorts):
        assert set(kernel.compiled.targetoptions["fastmath"]) == {"reassoc", "contract", "nsz"}
    for kernel in (project_scenarios, lay, fall_behind):
        assert kernel.compiled.targetoptions["fastmath"] is False


@pytest.mark.parametrize("name", ["grouping", "loans", "months", "shortened", "vintages"])
def test_a_kernel_calls_only_kernels_of_its_own_module(name):
    module = importlib.import_module(f"abs_waterfall.collateral.kernels.{name}")
    found = [value for value in vars(module).values() if isinstance(value, Kernel)]
    assert found
    assert {kernel.written.__module__ for kernel in found} == {module.__name__}


def test_little_work_is_interpreted_and_much_is_compiled():
    assert sum_shortened.fit(FEW) is sum_shortened.interpreted
    assert sum_shortened.fit(FEW + 1) is sum_shortened


@pytest.mark.parametrize("count", [0, 1, 2, 7, 100])
@pytest.mark.parametrize("processors", [1, 2, 3, 16])
def test_every_piece_of_work_is_done_once(count, processors):
    done = []
    in_threads(lambda low, high: done.extend(range(low, high)), count, processors)
    assert sorted(done) == list(range(count))


def test_a_fault_in_a_thread_is_the_callers():
    def faulty(low, high):
        raise MemoryError

    with pytest.raises(MemoryError):
        in_threads(faulty, 4, 2)
