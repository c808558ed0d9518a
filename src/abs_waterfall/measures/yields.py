"""Price and yield: what flows are worth at a rate, and the rate at which they are worth a price.

Shapes: times (P,), years from settlement, ascending and positive; flows (..., P), none negative; prices and yields (...).
Prices are clean, per 100 of the balance at settlement; `accrued` is interest per 100 too: dirty = clean + accrued.
A yield is nominal at `per_year` compoundings, v(t) = (1 + y/n)^(-n t). One force of interest d stands behind yields at
every compounding, v(t) = exp(-d t), so one equation is solved and d = n log1p(y/n) converts.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from abs_waterfall.arrays import Floats, record
from abs_waterfall.measures.sums import ratio, running_products, sum_over_time
from abs_waterfall.timeline import year_fraction

BOND_EQUIVALENT: Final = 2  # compoundings a year
EFFECTIVE: Final = 1

_LOWEST_FORCE: Final = float(np.log(1e-3))  # -99.9 % a year: nothing below counts as a yield
_CLOSE: Final = 1e-9  # a relative step after which the next, quadratic, one is below rounding
_MOST_STEPS: Final = 100


def accrued_interest(coupon: float, since: date, settlement: date, day_count: str) -> float:
    """Interest accrued from `since` (the dated date, or the last payment date) to settlement, per 100 of balance.

    >>> accrued_interest(0.09, date(2024, 1, 1), date(2024, 1, 8), "30/360")
    0.175
    """
    return 100 * coupon * year_fraction(since, settlement, day_count) if settlement > since else 0.0


def force_from_yield(annual_yield: ArrayLike, per_year: int) -> Floats:
    """Force of interest of a nominal yield: n log1p(y/n); NaN where y <= -n."""
    with np.errstate(divide="ignore", invalid="ignore"):
        force = per_year * np.log1p(np.asarray(annual_yield, dtype=np.float64) / per_year)
    return np.where(np.isfinite(force), force, np.nan)


def yield_from_force(force: ArrayLike, per_year: int) -> Floats:
    """Nominal yield of a force of interest: n expm1(d/n); NaN where it is too large for a number."""
    with np.errstate(over="ignore"):
        annual_yield = per_year * np.expm1(np.asarray(force, dtype=np.float64) / per_year)
    return np.where(np.isfinite(annual_yield), annual_yield, np.nan)


def equivalent_yield(annual_yield: ArrayLike, per_year: int, to_per_year: int) -> Floats:
    """Quote a yield at another compounding.

    >>> round(float(equivalent_yield(0.101875, 4, BOND_EQUIVALENT)), 7)
    0.1031723
    """
    return yield_from_force(force_from_yield(annual_yield, per_year), to_per_year)


@record
class Steps:
    """The steps to each time from the one before, the first from settlement: of few lengths, however many there are."""

    lengths: Floats  # (K,) years
    of: list[int]  # P: each step's length

    @classmethod
    def between(cls, times: Floats) -> Steps:
        """The steps of some times; those that differ by the rounding of a time are of one length."""
        steps, lengths = np.diff(times, prepend=0.0).tolist(), dict[float, float]()
        alike = [round(step, 12) for step in steps]
        for key, step in zip(alike, steps, strict=True):
            lengths.setdefault(key, step)
        place = {key: k for k, key in enumerate(lengths)}
        return cls(np.array(list(lengths.values())), [place[key] for key in alike])


def discounted(steps: Steps, flows: Floats, force: Floats) -> Floats:
    """Each flow at settlement: flow x exp(-d t), step by step, as exponentials are dear."""
    factors = running_products(np.exp(np.multiply.outer(steps.lengths, -force)), steps.of)
    return np.asarray(flows * factors.transpose(*range(1, factors.ndim), 0), dtype=np.float64)


def price_from_yield(
    times: Floats,
    flows: Floats,
    annual_yield: ArrayLike,
    *,
    balance: ArrayLike,
    accrued: float = 0.0,
    per_year: int = BOND_EQUIVALENT,
) -> Floats:
    """Clean price: 100 sum(flow (1 + y/n)^(-n t)) / balance - accrued; NaN where the balance is 0.

    >>> par = price_from_yield(np.array([0.5, 1.0]), np.array([3.0, 103.0]), 0.06, balance=100.0)
    >>> round(float(par), 12)
    100.0
    """
    value = sum_over_time(discounted(Steps.between(times), flows, force_from_yield(annual_yield, per_year)))
    return 100 * ratio(value, np.asarray(balance, dtype=np.float64)) - accrued


def force_from_price(times: Floats, flows: Floats, price: ArrayLike, *, balance: ArrayLike, accrued: ArrayLike = 0.0) -> Floats:
    """Force of interest at which the flows are worth price + accrued; NaN where there is none above -99.9 % a year."""
    paid = (
        (np.asarray(price, dtype=np.float64) + np.asarray(accrued, dtype=np.float64))
        * np.asarray(balance, dtype=np.float64)
        / 100
    )
    paid = np.broadcast_to(paid, flows.shape[:-1])
    exists = (paid > 0) & (sum_over_time(flows) > 0)
    force = np.full(paid.shape, np.nan)
    rows = flows if exists.all() else flows[exists]
    force[exists] = _solve(times, rows / paid[exists][:, np.newaxis])
    return force


def yield_from_price(
    times: Floats,
    flows: Floats,
    price: ArrayLike,
    *,
    balance: ArrayLike,
    accrued: float = 0.0,
    per_year: int = BOND_EQUIVALENT,
) -> Floats:
    """Nominal yield at which the flows are worth the clean price; NaN where nothing is paid, for it or back.

    >>> round(float(yield_from_price(np.array([0.5, 1.0]), np.array([3.0, 103.0]), 100.0, balance=100.0)), 12)
    0.06
    """
    return yield_from_force(force_from_price(times, flows, price, balance=balance, accrued=accrued), per_year)


def _solve(times: Floats, flows: Floats) -> Floats:
    """Solve sum(flow exp(-d t)) = 1 for each row of flows (N, P), by Newton on the logarithm of the sum.

    The log of the sum falls in d and is convex, so from 0 the iterates come to the root from its left and never pass it again;
    one flow takes one step. The lowest force bounds the first step. Each row stops by itself, whatever its neighbours do.
    """
    force = np.zeros(len(flows))
    open_rows = np.arange(len(flows))
    values, steps = flows, Steps.between(times)  # at a force of 0
    for _ in range(_MOST_STEPS):
        start = force[open_rows]
        end = np.maximum(start + _newton_step(times, values), _LOWEST_FORCE)
        force[open_rows] = end
        still = np.abs(end - start) > _CLOSE * (1 + np.abs(end))
        if not still.all():
            open_rows, flows = open_rows[still], flows.T[:, still].T
        if open_rows.size == 0:
            break
        values = discounted(steps, flows, force[open_rows])
    force[open_rows] = np.nan
    return np.where(force > _LOWEST_FORCE, force, np.nan)


def _newton_step(times: Floats, values: Floats) -> Floats:
    """Log of the value over its slope, the Macaulay duration."""
    value = sum_over_time(values)
    return np.log(value) * value / sum_over_time(values * times)
