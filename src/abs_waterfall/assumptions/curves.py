"""Monthly curves: the rates at which a segment's loans leave, month by month, in every scenario.

Shapes: S scenarios, H months, C cohorts (loans of one segment that share their curves). Rates are fractions a month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.scenarios import NOT_RATES, Quote
from abs_waterfall.rates import abs_smm, clamp, monthly_from_annual, psa_cpr, sda_cdr


@record
class CurveAxes:
    """Where each month of each cohort stands."""

    age: Ints  # (H, C) months since origination, counting the month being paid
    remaining: Ints  # (H, C) payments left, counting the month's own; 0 outside the cohort's life
    period: Ints  # (H,) months since the deal's cut-off, 1 for the first
    year_share: Floats  # (H,) share of the year that the month is, for speeds quoted a year


def _annual(values: Floats, axes: CurveAxes) -> Floats:
    shares = axes.year_share[:1] if (axes.year_share == axes.year_share[0]).all() else axes.year_share
    return monthly_from_annual(values, shares[:, None])  # a number that holds is converted once, not month by month


def _monthly(values: Floats, _axes: CurveAxes) -> Floats:
    return clamp(values)


def _psa(values: Floats, axes: CurveAxes) -> Floats:
    # defined by months, whatever the speed basis
    return monthly_from_annual(psa_cpr(axes.age, values))


def _sda(values: Floats, axes: CurveAxes) -> Floats:
    return monthly_from_annual(sda_cdr(axes.age, values))


def _as_said(values: Floats, _axes: CurveAxes) -> Floats:
    return values


def _abs_speed(values: Floats, axes: CurveAxes) -> Floats:
    return abs_smm(axes.age, values)


_CONVERSIONS: Mapping[str, Callable[[Floats, CurveAxes], Floats]] = MappingProxyType(
    {
        "smm": _monthly,
        "mdr": _monthly,
        "cpr": _annual,
        "cdr": _annual,
        "psa": _psa,
        "sda": _sda,
        "abs_speed": _abs_speed,
        "mpr": _monthly,
        "monthly_rate": _monthly,
        "of_payments": _as_said,
        "annual_rate": _as_said,
    }
)


def monthly_rates(quotes: Sequence[Quote], axes: CurveAxes, multiplier: Floats | float = 1.0) -> Floats:
    """Monthly rates (S, H, C) of the quotes of S scenarios; 0 outside a cohort's life and for cumulative defaults.

    `multiplier` (C,) are the cohorts' own, of the number as it is quoted.
    """
    rates = np.zeros((len(quotes), *axes.age.shape))
    for (kind, by, stop), rows in _alike(quotes).items():
        if kind == "cumulative":
            continue
        values = _times(_at(_stack([quotes[row].values for row in rows]), by, axes), kind, multiplier)
        rates[rows] = np.where(axes.remaining > stop, _CONVERSIONS[kind](values, axes), 0.0)
    for row, quote in enumerate(quotes):
        if quote.at_maturity is not None:
            rates[row] = np.where(axes.remaining == 1, _times(np.array(quote.at_maturity), "mdr", multiplier), rates[row])
    return rates


def _times(values: Floats, kind: str, multiplier: Floats | float) -> Floats:
    """Values as quoted, times the cohorts' own multipliers (C,): no more than 100 % where they are rates."""
    if np.all(multiplier == 1.0):
        return values
    return values * multiplier if kind in NOT_RATES else np.minimum(values * multiplier, 1.0)


def _alike(quotes: Sequence[Quote]) -> dict[tuple[str, str | None, int], list[int]]:
    """Scenarios that are converted together: same kind, same axis."""
    rows: dict[tuple[str, str | None, int], list[int]] = defaultdict(list)
    for row, quote in enumerate(quotes):
        rows[quote.kind, quote.by, quote.stop].append(row)
    return rows


def _stack(values: Sequence[tuple[float, ...]]) -> Floats:
    """One row a scenario, the last value held."""
    length = max(map(len, values))
    return np.array([row + row[-1:] * (length - len(row)) for row in values])


def _at(values: Floats, by: str | None, axes: CurveAxes) -> Floats:
    """Values (S, H, C), or axes of 1 where they do not vary. Months before the deal's cut-off use the first."""
    months = {"age": axes.age, "period": axes.period[:, None], None: np.ones((1, 1), np.int64)}[by]
    return values[:, np.clip(months - 1, 0, values.shape[1] - 1)]
