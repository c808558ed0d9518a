"""Price and yield: one is the inverse of the other, for any flows."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from abs_waterfall.measures import yields
from abs_waterfall.measures.yields import (
    BOND_EQUIVALENT,
    EFFECTIVE,
    accrued_interest,
    equivalent_yield,
    price_from_yield,
    yield_from_price,
)

COMPOUNDINGS = st.sampled_from([1, 2, 4, 12])


@st.composite
def dated_flows(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Days from settlement, up to 40 years, and flows of which the last is paid."""
    days = sorted(draw(st.sets(st.integers(1, 14_600), min_size=1, max_size=40)))
    flows = draw(st.lists(st.floats(0, 1e9), min_size=len(days), max_size=len(days)))
    flows[-1] += 1.0
    return np.array(days), np.array(flows)


def plain_value(years: np.ndarray, flows: np.ndarray, annual_yield: float, per_year: int) -> float:
    return sum(flow * (1 + annual_yield / per_year) ** (-per_year * year) for year, flow in zip(years, flows, strict=True))


@given(dated_flows(), st.floats(-0.5, 2.0), COMPOUNDINGS)
def test_price_is_the_discounted_sum(dated: tuple[np.ndarray, np.ndarray], annual_yield: float, per_year: int) -> None:
    years, flows = dated[0] / 365, dated[1]
    price = price_from_yield(years, flows, annual_yield, balance=1e6, accrued=1.5, per_year=per_year)
    expected = plain_value(years, flows, annual_yield, per_year) / 1e4
    assert float(price) + 1.5 == pytest.approx(expected, rel=1e-10, abs=1e-12)


@given(dated_flows(), st.floats(-0.5, 5.0), COMPOUNDINGS)
def test_the_yield_of_a_price_is_the_yield_it_came_from(
    dated: tuple[np.ndarray, np.ndarray], annual_yield: float, per_year: int
) -> None:
    years, flows = dated[0] / 365, dated[1]
    price = price_from_yield(years, flows, annual_yield, balance=1e6, per_year=per_year)
    found = yield_from_price(years, flows, price, balance=1e6, per_year=per_year)
    # A price known to the last bit leaves eps / duration of yield open.
    assert float(found) == pytest.approx(annual_yield, abs=1e-14 / years[0] + 1e-12)


@given(dated_flows(), st.floats(0.01, 1000.0))
def test_the_price_of_a_yield_is_the_price_it_came_from(dated: tuple[np.ndarray, np.ndarray], dearness: float) -> None:
    years, flows = dated[0] / 365, dated[1]
    price = 100 * flows.sum() / dearness
    found = yield_from_price(years, flows, price, balance=100.0, per_year=12)
    if np.isnan(found):
        assert plain_value(years, flows, -0.999, EFFECTIVE) < price * (1 + 1e-9)
    else:
        assert float(price_from_yield(years, flows, found, balance=100.0, per_year=12)) == pytest.approx(price, rel=1e-9)


@given(dated_flows(), st.floats(-0.5, 2.0), st.floats(1e-4, 1.0))
def test_a_higher_yield_is_a_lower_price(dated: tuple[np.ndarray, np.ndarray], annual_yield: float, more: float) -> None:
    years, flows = dated[0] / 365, dated[1]
    dear, cheap = (float(price_from_yield(years, flows, y, balance=1.0)) for y in (annual_yield, annual_yield + more))
    assert cheap < dear


@given(dated_flows(), st.floats(0.2, 5.0))
def test_yields_are_those_of_scipy(dated: tuple[np.ndarray, np.ndarray], dearness: float) -> None:
    years, flows = (dated[0] + 365) / 365, dated[1]
    price = flows.sum() / dearness
    theirs = brentq(lambda y: plain_value(years, flows, y, 1) / price - 1, -0.9, 9.0, xtol=1e-15, rtol=1e-15)
    ours = float(yield_from_price(years, flows, 100.0, balance=price, per_year=EFFECTIVE))
    assert ours == pytest.approx(theirs, abs=1e-12)


@given(dated_flows(), st.floats(0.8, 5.0))
def test_effective_yields_are_those_of_pyxirr(dated: tuple[np.ndarray, np.ndarray], dearness: float) -> None:
    days, flows = np.maximum(dated[0], 180) + np.arange(len(dated[0])), dated[1]
    price = float(flows.sum() / dearness)
    settlement = date(2024, 1, 15)
    theirs = pyxirr.xirr([settlement, *(settlement + timedelta(int(day)) for day in days)], [-price, *flows])
    ours = float(yield_from_price(days / 365, flows, 100.0, balance=price, per_year=EFFECTIVE))
    assert ours == pytest.approx(theirs, abs=1e-7, rel=1e-7)


@given(st.floats(-0.9, 5.0), COMPOUNDINGS, COMPOUNDINGS)
def test_a_yield_quoted_at_another_compounding_comes_back(annual_yield: float, per_year: int, other: int) -> None:
    there = equivalent_yield(annual_yield, per_year, other)
    assert float(equivalent_yield(there, other, per_year)) == pytest.approx(annual_yield, abs=1e-12)


@given(dated_flows(), st.floats(0.01, 1.0))
def test_the_yield_is_higher_the_less_often_it_is_compounded(dated: tuple[np.ndarray, np.ndarray], cheapness: float) -> None:
    years, flows = (dated[0] + 365) / 365, dated[1]
    price = flows.sum() * cheapness
    monthly, bey, effective = (
        float(yield_from_price(years, flows, 100.0, balance=price, per_year=n)) for n in (12, BOND_EQUIVALENT, EFFECTIVE)
    )
    assert monthly <= bey + 1e-12
    assert bey <= effective + 1e-12


ONE_YEAR = np.array([1.0])


def test_half_the_money_back_is_a_yield_of_minus_50_percent() -> None:
    found = yield_from_price(ONE_YEAR, np.array([50.0]), 100.0, balance=100.0, per_year=EFFECTIVE)
    assert float(found) == pytest.approx(-0.5, abs=1e-15)


def test_a_yield_of_minus_99_percent_exists_and_one_below_minus_99_9_does_not() -> None:
    flows = np.array([[1.0], [0.11], [0.09], [0.0]])
    found = yield_from_price(ONE_YEAR, flows, 100.0, balance=100.0, per_year=EFFECTIVE)
    assert found == pytest.approx([-0.99, -0.9989, np.nan, np.nan], abs=1e-12, nan_ok=True)


def test_nothing_paid_for_it_has_no_yield() -> None:
    flows = np.array([10.0])
    assert np.isnan(yield_from_price(ONE_YEAR, flows, 100.0, balance=0.0))
    assert np.isnan(yield_from_price(ONE_YEAR, flows, 0.0, balance=100.0))
    assert np.isnan(yield_from_price(ONE_YEAR, flows, -1.0, balance=100.0))
    assert np.isnan(yield_from_price(ONE_YEAR, flows, np.nan, balance=100.0))
    assert np.isnan(price_from_yield(ONE_YEAR, flows, 0.05, balance=0.0))


def test_a_cheap_residual_has_a_very_high_yield() -> None:
    """1 buys 20 a month for five years: each month pays for itself twentyfold."""
    years = np.arange(1, 61) / 12
    monthly = float(yield_from_price(years, np.full(60, 20.0), 1.0, balance=100.0, per_year=12)) / 12
    assert monthly == pytest.approx(20.0, abs=1e-12)


def test_a_yield_too_high_for_a_number_is_none() -> None:
    assert np.isnan(yield_from_price(np.array([1 / 360]), np.array([1e6]), 1e-6, balance=100.0, per_year=EFFECTIVE))
    assert np.isnan(price_from_yield(ONE_YEAR, np.array([100.0]), -2.0, balance=100.0, per_year=BOND_EQUIVALENT))


def test_a_search_that_does_not_settle_gives_no_yield(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yields, "_MOST_STEPS", 2)
    years, flows = np.arange(1, 61) / 12, np.full(60, 20.0)
    assert np.isnan(yield_from_price(years, flows, 1.0, balance=100.0))


def test_prices_may_differ_by_scenario() -> None:
    flows = np.array([[105.0], [105.0]])
    found = yield_from_price(ONE_YEAR, flows, np.array([100.0, 105.0]), balance=np.array([100.0, 100.0]), per_year=EFFECTIVE)
    assert found == pytest.approx([0.05, 0.0], abs=1e-15)


def test_nothing_accrues_before_the_dated_date() -> None:
    assert accrued_interest(0.06, date(2024, 1, 15), date(2024, 1, 10), "30/360") == 0.0
