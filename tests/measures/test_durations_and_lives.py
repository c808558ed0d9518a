"""Weighted average life, durations and convexity."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.measures.durations import convexity, macaulay_duration, modified_duration
from abs_waterfall.measures.wal import times, wal
from abs_waterfall.measures.yields import price_from_yield

YEARS = np.arange(1, 61) / 12
AMOUNTS = st.lists(st.floats(0, 1e6), min_size=60, max_size=60).map(np.array)
PAID = AMOUNTS.filter(lambda flows: flows.sum() > 1.0)
YIELDS = st.floats(-0.3, 1.0).map(np.float64)


@given(PAID)
def test_a_wal_lies_between_the_first_and_the_last_payment_of_principal(principal: np.ndarray) -> None:
    paid = YEARS[principal > 0]
    assert paid[0] - 1e-12 <= float(wal(YEARS, principal)) <= paid[-1] + 1e-12


@given(PAID, st.floats(0.001, 1000))
def test_a_wal_does_not_depend_on_the_size_of_the_tranche(principal: np.ndarray, size: float) -> None:
    assert float(wal(YEARS, principal * size)) == pytest.approx(float(wal(YEARS, principal)), rel=1e-12)


def test_a_tranche_never_repaid_has_no_wal() -> None:
    assert np.isnan(wal(YEARS, np.zeros(60)))


def test_times_count_30_360_for_30_360_notes_and_actual_days_for_others() -> None:
    settlement, dates = date(2024, 1, 31), [date(2024, 2, 29), date(2024, 7, 31)]
    assert times(settlement, dates, "30/360") == pytest.approx([29 / 360, 0.5], abs=1e-15)
    for day_count in ("ACT/360", "ACT/365F", "ACT/ACT ISDA"):
        assert times(settlement, dates, day_count) == pytest.approx([29 / 365, 182 / 365], abs=1e-15)


@given(PAID, YIELDS)
def test_a_duration_lies_between_the_first_and_the_last_flow(flows: np.ndarray, annual_yield: np.float64) -> None:
    paid = YEARS[flows > 0]
    assert paid[0] - 1e-12 <= float(macaulay_duration(YEARS, flows, annual_yield)) <= paid[-1] + 1e-12


@given(PAID)
def test_at_a_yield_of_nothing_the_duration_is_the_life_of_all_flows(flows: np.ndarray) -> None:
    assert float(macaulay_duration(YEARS, flows, np.float64(0.0))) == pytest.approx(float(wal(YEARS, flows)), rel=1e-12)


@given(PAID, YIELDS, st.sampled_from([1, 2, 12]))
def test_duration_and_convexity_are_the_derivatives_of_the_price(flows: np.ndarray, at: np.float64, per_year: int) -> None:
    """Central differences; for a step h they are off by h^2 and by rounding over h^2."""
    step = 1e-4
    down, middle, up = (
        float(price_from_yield(YEARS, flows, at + shift, balance=flows.sum(), per_year=per_year)) for shift in (-step, 0, step)
    )
    slope, curve = (up - down) / (2 * step), (up - 2 * middle + down) / step**2
    assert float(modified_duration(YEARS, flows, at, per_year=per_year)) == pytest.approx(-slope / middle, rel=1e-5)
    assert float(convexity(YEARS, flows, at, per_year=per_year)) == pytest.approx(curve / middle, rel=1e-4)


@given(PAID, YIELDS)
def test_convexity_is_at_least_that_of_a_single_payment_at_the_duration(flows: np.ndarray, annual_yield: np.float64) -> None:
    """Jensen: spreading the flows about their mean time only adds convexity."""
    mean = float(macaulay_duration(YEARS, flows, annual_yield))
    single = mean * (mean + 0.5) / (1 + annual_yield / 2) ** 2
    assert float(convexity(YEARS, flows, annual_yield)) >= single * (1 - 1e-12)


def test_flows_that_never_come_have_no_duration() -> None:
    flows, at = np.zeros((1, 60)), np.array([0.05])
    assert np.isnan([macaulay_duration(YEARS, flows, at), modified_duration(YEARS, flows, at), convexity(YEARS, flows, at)]).all()
