"""What is wrong with one cell of a tape on its own. Shapes: N rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.pool.columns import Column, Numbers, differing
from abs_waterfall.pool.loans import MULTIPLIERS
from abs_waterfall.pool.model import MAX_MONTHS, MAX_MULTIPLIER
from abs_waterfall.timeline import whole_months

NEVER_BLANK = ("balance", "remaining_term", "age")
PERCENTAGE = "looks like a percentage; expected a fraction such as 0.125"
DAILY_PERCENTAGE = "is above 100 % a year; expected a fraction a day such as 0.0005"


@dataclass(frozen=True, slots=True)
class RowRules:
    """What the rows of one tape are read by."""

    cutoff: dt.date  # the deal's
    rate: str  # annual_rate or daily_rate, whichever the tape has
    days: float  # of a year that a daily rate is multiplied by
    segment_by: tuple[str, ...]
    defaults: Mapping[str, float | bool | str]


@record
class Fault:
    """One thing wrong with some rows."""

    column: str
    reason: str
    rows: Ints  # positions


def fault(column: str, reason: str, wrong: Bools) -> Iterator[Fault]:
    """The fault, if any row has it."""
    if wrong.any():
        yield Fault(column, reason, np.flatnonzero(wrong))


def cell_faults(name: str, column: Column, rules: RowRules) -> Iterator[Fault]:
    """The faults that a number has on its own, each cell told of the first."""
    if not isinstance(column, Numbers):
        return
    if not len(column.unread_rows) and all_well(name, differing(column.held), rules):
        return
    values = column.values
    unread = np.zeros(len(values), dtype=bool)
    unread[column.unread_rows] = True
    yield from fault(name, f"is not a {'date' if name == 'cutoff' else 'number'}", unread)
    blank = np.isnan(values) & ~unread
    if name in NEVER_BLANK or name == rules.rate:
        yield from fault(name, "is empty", blank)
    told = unread | blank
    for reason, wrong in TESTS[name](values, rules):
        yield from fault(name, reason, wrong & ~told)
        told = told | wrong


def all_well(name: str, values: Floats | Ints, rules: RowRules) -> bool:
    """Whether every cell is as its tests want it, told from the least and the greatest where these say it."""
    most = {"daily_rate": 1 / rules.days}.get(name, MOST.get(name))
    if most is None or not len(values):
        return False
    least = 1.0 if name in FROM_ONE else TINY if name == "balance" else 0.0
    within = bool(values.min() >= least and values.max() <= most)  # neither is where a value is NaN
    return within and (name not in WHOLE or values.dtype == np.int64 or bool((values == np.floor(values)).all()))


MOST = {
    **dict.fromkeys(("remaining_term", "age", "interest_only_months", "amortization_term"), float(MAX_MONTHS)),
    **dict.fromkeys(("annual_rate", "fee_rate"), 1.0),
    "fee_on_prepayment": 1.0,
    **dict.fromkeys(MULTIPLIERS, MAX_MULTIPLIER),
    "balance": float(np.finfo(np.float64).max),
}
WHOLE = ("remaining_term", "age", "interest_only_months", "amortization_term", "fee_on_prepayment")
FROM_ONE = ("remaining_term", "amortization_term")
TINY = float(np.nextafter(0, 1))
CellTests = Callable[[Floats, RowRules], Iterator[tuple[str, Bools]]]


def amount_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """A balance, above 0."""
    yield "is not finite", np.isinf(values)
    yield "is not above 0", values <= 0


def annual_rate_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """A fraction a year."""
    yield "is negative", values < 0
    yield PERCENTAGE, values > 1


def daily_rate_tests(values: Floats, rules: RowRules) -> Iterator[tuple[str, Bools]]:
    """A fraction a day that comes to no more than 100 % a year."""
    yield "is negative", values < 0
    yield DAILY_PERCENTAGE, values * rules.days > 1


def months_tests(least: int) -> CellTests:
    """Whole months within reason."""

    def tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
        yield f"is below {least}", values < least
        yield f"is above {MAX_MONTHS} months", values > MAX_MONTHS
        yield "is not a whole number of months", values != np.floor(values)

    return tests


def flag_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """Yes or no."""
    yield "is neither true nor false", (values != 0) & (values != 1)


def margin_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """A fraction a year, either way."""
    yield PERCENTAGE, np.abs(values) > 1


def multiplier_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """A factor, from 0."""
    yield "is negative", values < 0
    yield f"is above {MAX_MULTIPLIER:g}; expected a factor such as 1.5", values > MAX_MULTIPLIER


def lookback_tests(values: Floats, _: RowRules) -> Iterator[tuple[str, Bools]]:
    """Days before a reset, or a month after it at most."""
    yield "is not from -31 to 366 whole days", (values < -31) | (values > 366) | (values != np.floor(values))


def cutoff_tests(values: Floats, rules: RowRules) -> Iterator[tuple[str, Bools]]:
    """Whole months before the deal's."""
    months = months_before(values, rules.cutoff)
    yield f"is later than the deal's cut-off {rules.cutoff}", values > rules.cutoff.toordinal()
    yield f"is not whole months before the deal's cut-off {rules.cutoff}", months < 0


TESTS: dict[str, CellTests] = {
    "balance": amount_tests,
    "annual_rate": annual_rate_tests,
    "daily_rate": daily_rate_tests,
    "fee_rate": annual_rate_tests,
    "remaining_term": months_tests(1),
    "age": months_tests(0),
    "interest_only_months": months_tests(0),
    "amortization_term": months_tests(1),
    "fee_on_prepayment": flag_tests,
    "cutoff": cutoff_tests,
    "payment_holiday_months": months_tests(0),
    "capitalises": flag_tests,
    "prepayment_penalty": annual_rate_tests,
    "prepayment_penalty_months": months_tests(0),
    "rate_margin": margin_tests,
    "fixed_months": months_tests(0),
    "reset_months": months_tests(1),
    "first_cap": annual_rate_tests,
    "periodic_cap": annual_rate_tests,
    "rate_cap": annual_rate_tests,
    "rate_floor": annual_rate_tests,
    "lookback_days": lookback_tests,
    **dict.fromkeys(MULTIPLIERS, multiplier_tests),
}


def months_before(ordinals: Floats, cutoff: dt.date) -> Ints:
    """Whole months from each date to the cut-off; -1 where they are not whole or the date is later, 0 where there is none."""
    dates, which = np.unique(ordinals, return_inverse=True)
    months = [0 if np.isnan(date) else whole_months(dt.date.fromordinal(int(date)), cutoff) for date in dates]
    return np.array([-1 if count is None or count < 0 else count for count in months], dtype=np.int64)[which]
