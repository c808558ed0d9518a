"""Prices and WALs printed in pricing term sheets of auto ABS (SEC Rule 433 free writing prospectuses, cited row by row).

The classes pay principal on one date, so price follows from coupon and yield. Convention: monthly coupons on the nominal 15th,
30/360 from settlement, which is the dated date, and a semiannual bond-equivalent yield.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from abs_waterfall.measures.wal import times, wal
from abs_waterfall.measures.yields import price_from_yield, yield_from_price
from abs_waterfall.timeline import add_months, payment_dates

ROWS = json.loads((Path(__file__).parent / "data" / "price_yield_auto_abs.json").read_text())["rows"]


def bullet(row: dict) -> tuple[np.ndarray, np.ndarray]:
    """Give times, and principal of the class per 100 of balance."""
    first = date.fromisoformat(row["first_payment_nominal"])
    dates = payment_dates(first, 1, add_months(first, row["n_payments"] - 1))
    principal = np.zeros(len(dates))
    principal[-1] = 100.0
    return times(date.fromisoformat(row["settle"]), dates, "30/360"), principal


def with_interest(years: np.ndarray, principal: np.ndarray, row: dict) -> np.ndarray:
    return principal + row["coupon_pct"] * np.diff(years, prepend=0.0)


def of_each_class(function):
    return pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['deal']}-{row['cls']}")(function)


def test_there_are_fourteen_prices() -> None:
    assert len(ROWS) == 14


@of_each_class
def test_the_price_is_the_printed_one(row: dict) -> None:
    years, principal = bullet(row)
    price = price_from_yield(years, with_interest(years, principal, row), row["yield_pct"] / 100, balance=100.0)
    assert float(price) == pytest.approx(row["price"], abs=5e-6)


@of_each_class
def test_the_yield_of_the_printed_price_is_the_printed_yield(row: dict) -> None:
    """To what the price's fifth decimal leaves open: 5e-6 of 100 over a duration above 3 years."""
    years, principal = bullet(row)
    found = yield_from_price(years, with_interest(years, principal, row), row["price"], balance=100.0)
    assert float(found) == pytest.approx(row["yield_pct"] / 100, abs=5e-8 / 3)


@of_each_class
def test_the_wal_is_the_printed_one(row: dict) -> None:
    assert float(wal(*bullet(row))) == pytest.approx(row["wal_years"], abs=0.005)
