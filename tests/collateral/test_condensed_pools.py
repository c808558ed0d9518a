"""Loans condensed into lines pay what the loans pay, whatever they are, and give the same bits however they were cut."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.collateral import condense
from abs_waterfall.collateral.cashflows import SELDOM
from abs_waterfall.collateral.condense import BLOCK, added, alike, condensed, lines, sums
from abs_waterfall.collateral.kernels import grouping
from abs_waterfall.collateral.kernels.grouping import MOMENTS
from abs_waterfall.collateral.kernels.shapes import CHUNK
from abs_waterfall.collateral.vintages import original_terms
from abs_waterfall.pool.build import rows_of
from collateral.pools import (
    CURVES,
    CUTOFF,
    defaults,
    delinquencies,
    loans_of,
    loans_with_multipliers,
    pool_of,
    prepayments,
    project,
    random_pool,
    recoveries,
)
from reference import loans as reference

BASES = ("30/360", "ACT/365F", "ACT/360")


@st.composite
def books(draw):
    """Loans of a few kinds, each at several rates."""
    kinds = draw(st.lists(loans_of(), min_size=1, max_size=4))
    rate = st.one_of(st.just(0.0), st.just(1.0), st.floats(1e-9, 1))
    return [
        kind | {"annual_rate": draw(rate), "balance": draw(st.floats(1, 1e6))}
        for kind in kinds
        for _ in range(draw(st.integers(1, 4)))
    ]


@settings(max_examples=150)
@given(books(), st.sampled_from(("survivors", "sifma", "prepay_first")), st.sampled_from(BASES), st.data())
def test_lines_pay_what_the_loans_pay_one_by_one(loans, order, basis, data):
    segments = {
        name: {
            "prepayment": data.draw(prepayments()),
            "default": data.draw(defaults()),
            "recovery": data.draw(recoveries(spread=True)),
        }
        for name in sorted({loan["segment"] for loan in loans})
    }
    ours = project(condensed(pool_of(loans)), {"order": order, "segment": segments}, interest_basis=basis)
    theirs = reference.project(loans, segments, CUTOFF, basis, order, "months", False)
    small = 1e-12 * sum(loan["balance"] for loan in loans)
    assert len(ours.dates) == len(theirs["interest"])
    for name, amounts in theirs.items():
        np.testing.assert_allclose(getattr(ours, name)[0], amounts, rtol=1e-12, atol=small, err_msg=name)


@settings(max_examples=60)
@given(st.lists(loans_with_multipliers(), min_size=1, max_size=6), books(), delinquencies())
def test_loans_with_clauses_and_multipliers_stand_beside_the_lines_as_they_are(special, plain, behind):
    assumed = {"prepayment": {"cpr": 0.1}, "default": {"cdr": 0.03}, "delinquency": behind}
    whole = pool_of(special + plain)
    parts = [rows_of(whole, slice(0, len(special))), rows_of(whole, slice(len(special), None))]
    ours = project(lines(added(map(sums, parts))), assumed, curves=CURVES)
    theirs = project(whole, assumed, curves=CURVES)
    small = 1e-11 * whole.total_balance
    for name in ("interest", "scheduled_principal", "default", "closing_balance", *SELDOM):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=1e-11, atol=small, err_msg=name)


@pytest.mark.parametrize("rate", [0.0, 1e-6, 0.0333, 0.15, 0.2, 0.36, 1.0])
@pytest.mark.parametrize("term", [1, 2, 3, 12, 60, 360, 1200])
def test_one_loan_of_any_rate_and_term_keeps_its_digits(rate, term):
    loan = {"balance": 1e6, "annual_rate": rate, "remaining_term": term, "segment": "A"}
    ours = project(condensed(pool_of([loan])))
    theirs = project([loan])
    for name in ("interest", "scheduled_principal", "closing_balance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-6, err_msg=name)


@settings(max_examples=60)
@given(books())
def test_original_terms_of_the_lines_are_those_of_the_loans(loans):
    ours, theirs = project(original_terms(condensed(pool_of(loans)))), project(original_terms(pool_of(loans)))
    small = 1e-12 * sum(loan["balance"] for loan in loans)
    for name in ("interest", "scheduled_principal", "closing_balance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=small, err_msg=name)


def test_a_large_pool_pays_what_its_loans_pay():
    pool = random_pool(2 * CHUNK + 10, seed=17)
    assumptions = {"prepayment": {"psa": 150.0}, "default": {"cdr": 0.04, "stop": 6}, "recovery": {"rate": 0.3}}
    ours, plain = project(condensed(pool), assumptions), project(pool, assumptions)
    small = 1e-12 * pool.total_balance
    for name in ("interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(plain, name), rtol=0, atol=small, err_msg=name)


def assert_same_bits(ours, theirs):
    for field in dataclasses.fields(ours):
        np.testing.assert_array_equal(getattr(ours, field.name), getattr(theirs, field.name), err_msg=field.name)


def test_threads_and_what_is_held_do_not_change_a_bit(monkeypatch):
    pool = random_pool(3 * CHUNK + 1000, seed=3)
    monkeypatch.setattr(condense, "BLOCK", CHUNK)
    once = condensed(pool, 1)
    assert_same_bits(once, condensed(pool, 3))
    monkeypatch.setattr(condense, "_HELD", 1)
    assert_same_bits(once, condensed(pool, 2))


def test_ages_are_told_apart_only_where_they_are_asked_for():
    pool = random_pool(5_000, seed=23)
    few, every = condensed(pool, by_age=False), condensed(pool)
    assert len(few.balance) < len(every.balance)
    ours, theirs = project(few), project(pool)
    for name in ("interest", "scheduled_principal", "closing_balance"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), rtol=0, atol=1e-12 * pool.total_balance)


@pytest.mark.parametrize("speed", [{"cpr": 0.2}, {"psa": 150.0}, {"smm": [0.0, 0.02, 0.01], "by": "age"}])
def test_many_loans_in_memory_pay_what_they_pay_a_few_at_a_time(speed):
    pool = random_pool(condense.FEW + 1, seed=29)
    assumed = {"prepayment": speed, "default": {"cdr": 0.04}, "recovery": {"rate": 0.3, "lag": 3}}
    cuts = (slice(0, condense.FEW), slice(condense.FEW, None))
    parts = [project(rows_of(pool, rows), assumed) for rows in cuts]
    ours = project(pool, assumed)
    for name in ("interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance"):
        theirs = np.zeros_like(getattr(ours, name))
        for part in parts:
            flow = getattr(part, name)
            theirs[:, : flow.shape[1]] += flow
        np.testing.assert_allclose(getattr(ours, name), theirs, rtol=0, atol=1e-12 * pool.total_balance, err_msg=name)


def test_sums_of_parts_are_the_sums_of_the_whole():
    pool = random_pool(BLOCK + 1000, seed=9)
    parts = [sums(rows_of(pool, rows)) for rows in (slice(0, BLOCK), slice(BLOCK, None))]
    assert_same_bits(lines(added(parts)), condensed(pool))


def test_many_loans_alike_come_to_a_line_a_moment():
    pool = dataclasses.replace(
        random_pool(5_000, seed=1), remaining_term=np.full(5_000, 12), amortization_term=np.full(5_000, 12)
    )
    few = condensed(dataclasses.replace(pool, age=np.zeros(5_000, np.int64)))
    assert len(few.balance) == 4 * MOMENTS
    assert few.total_balance == pytest.approx(pool.total_balance, rel=1e-14)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2**40), st.sampled_from([0.1, 0.2, -1.5])), min_size=1))
def test_rows_are_alike_where_every_key_is(rows):
    group, firsts = alike([np.array(key) for key in zip(*rows, strict=True)])
    seen = list(dict.fromkeys(rows))
    assert [seen.index(row) for row in rows] == group.tolist()
    assert [rows.index(row) for row in seen] == firsts.tolist()


def test_keys_of_more_values_than_a_number_holds_are_told_apart():
    rng = np.random.default_rng(5)
    keys = [rng.integers(0, 2**40, 200) for _ in range(4)]
    group, firsts = alike([np.append(key, key[0]) for key in keys])
    assert group.tolist() == [*range(200), 0]
    assert firsts.tolist() == list(range(200))


def test_grouping_kernels_do_what_their_python_says():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 2**40, 300)[rng.integers(0, 300, 1000)]
    weight, place = rng.uniform(1, 100, 1000), rng.uniform(-1, 1, 1000)
    results = []
    for kernel in (lambda name: getattr(grouping, name), lambda name: getattr(grouping, name).interpreted):
        group, known, firsts = (np.full(1000, -9) for _ in range(3))
        count, slots = 0, np.full(2048, -1, np.int32)
        for first in (0, 400):
            rows = slice(first, first + 400) if first == 0 else slice(400, 1000)
            count = kernel("number_codes")(codes[rows], first, count, slots, known, firsts, group[rows])
        moments, total = np.zeros((count, MOMENTS)), np.zeros((1, MOMENTS))
        kernel("add_moments")(group, place, weight, moments)
        kernel("add_rows")(np.zeros(count, np.int64), moments, total)
        results.append((group, firsts[:count], moments, total))
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-9)
    chebyshev = np.polynomial.chebyshev.chebvander(place, MOMENTS - 1).T @ weight
    np.testing.assert_allclose(total[0], chebyshev, rtol=1e-12)
