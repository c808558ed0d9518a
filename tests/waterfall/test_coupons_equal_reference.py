"""Floating coupons of any terms against the day-by-day reference."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reference.coupons import coupon
from waterfall.small_deals import Table, paying, run, small

CLOSING = dt.date(2020, 1, 15)
PERIODS = 8
QUIET = paying([0.0] * (PERIODS - 1) + [1000.0], interest=[50.0] * PERIODS)
ROUNDING = 1e-12  # growth of 1 and a little over a month, less 1, twelve times and up to 3.5 times
THOUSANDTHS = st.integers(0, 120).map(lambda n: n / 1000)


@st.composite
def dated(draw: st.DrawFn, first: dt.date, lowest: int) -> list[tuple[dt.date, float]]:
    """Rates by date, the first one there when interest starts."""
    days = sorted(draw(st.sets(st.integers(1, 260), max_size=6)))
    rates = st.integers(lowest, 100).map(lambda n: n / 1000)
    return [(first, draw(rates)), *((first + dt.timedelta(n), draw(rates)) for n in days)]


@st.composite
def floating(draw: st.DrawFn) -> dict[str, Any]:
    """Terms of a floating coupon."""
    floor = draw(THOUSANDTHS)
    return {
        "multiplier": draw(st.sampled_from([1.0, 0.5, 2.0, -1.0, -3.5])),
        "margin": draw(st.one_of(THOUSANDTHS, dated(CLOSING, -50))),
        "floor": floor,
        "cap": floor + draw(THOUSANDTHS),
        "reset": draw(
            st.one_of(
                st.sampled_from(["payment", "arrears"]),
                st.integers(1, 5),
                st.lists(st.dates(dt.date(2020, 1, 1), dt.date(2020, 8, 1)), min_size=1, max_size=3),
            )
        ),
    }


def as_terms(terms: dict[str, Any]) -> Table:
    """The terms as a deal file has them."""
    margin = terms["margin"]
    stepped = margin if isinstance(margin, float) else {"steps": [list(pair) for pair in margin]}
    return {"index": "I", "carry_over": True} | terms | {"margin": stepped}


@settings(max_examples=60)
@given(floating(), dated(dt.date(2019, 12, 1), -20), st.sampled_from([("ACT/360", 360), ("ACT/365F", 365)]))
def test_any_floating_coupon_is_the_day_by_day_one(
    terms: dict[str, Any], rates: list[tuple[dt.date, float]], basis: tuple[str, int]
) -> None:
    principal = [{"principal": ["A", "B"], "from": "principal"}, {"residual": "SUB", "from": "available"}]
    raw = small([{"interest": "A"}, *principal], index={"I": {"rates": [list(pair) for pair in rates]}})
    raw["tranche"][0] |= {"coupon": as_terms(terms), "day_count": basis[0]}
    flows = run(raw, QUIET)
    turns = [CLOSING, *flows.nominal_dates]
    expected = np.array([coupon(terms, rates, turns, period, basis[1], 0.0) for period in range(PERIODS)])
    a = flows.tranches["A"]
    np.testing.assert_allclose(a.coupon[0], expected[:, 0], rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(a.lines["A.carry_over"].coupon[0], expected[:, 1], rtol=0, atol=ROUNDING)
