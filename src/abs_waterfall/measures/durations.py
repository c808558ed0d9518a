"""How a price answers to its yield: Macaulay and modified duration, and convexity, over all flows.

Shapes: times (P,), years from settlement; flows (..., P); yields (...), nominal at `per_year` compoundings; results (...).
With w(t) the share of the dirty price that the flow at t is worth, n compoundings and yield y (The Bond Market Association,
Standard Formulas, 1999, page SF-49, where n = 2):

    Macaulay = sum(w t)    modified = Macaulay / (1 + y/n)    convexity = sum(w t (t + 1/n)) / (1 + y/n)^2

so modified = -P'/P and convexity = P''/P, in years and years squared.
"""

from __future__ import annotations

from abs_waterfall.arrays import Floats
from abs_waterfall.measures.sums import ratio, sum_over_time
from abs_waterfall.measures.yields import BOND_EQUIVALENT, Steps, discounted, force_from_yield


def mean_time(times: Floats, values: Floats) -> Floats:
    """Macaulay duration of flows with these present values (..., P), in years."""
    return ratio(sum_over_time(values * times), sum_over_time(values))


def convexity_of(times: Floats, values: Floats, annual_yield: Floats, per_year: int = BOND_EQUIVALENT) -> Floats:
    """Convexity of flows with these present values (..., P) at the yield."""
    spread = ratio(sum_over_time(values * (times * (times + 1 / per_year))), sum_over_time(values))
    return spread / (1 + annual_yield / per_year) ** 2


def macaulay_duration(times: Floats, flows: Floats, annual_yield: Floats, *, per_year: int = BOND_EQUIVALENT) -> Floats:
    """Mean time of the flows, weighted by their present values, in years.

    >>> import numpy as np
    >>> macaulay_duration(np.array([1.0, 2.0]), np.array([[0.0, 100.0]]), np.array([0.05]))
    array([2.])
    """
    return mean_time(times, discounted(Steps.between(times), flows, force_from_yield(annual_yield, per_year)))


def modified_duration(times: Floats, flows: Floats, annual_yield: Floats, *, per_year: int = BOND_EQUIVALENT) -> Floats:
    """Relative fall of the dirty price per unit of yield."""
    return modified_of(macaulay_duration(times, flows, annual_yield, per_year=per_year), annual_yield, per_year=per_year)


def modified_of(macaulay: Floats, annual_yield: Floats, *, per_year: int = BOND_EQUIVALENT) -> Floats:
    """Macaulay / (1 + y/n)."""
    return macaulay / (1 + annual_yield / per_year)


def convexity(times: Floats, flows: Floats, annual_yield: Floats, *, per_year: int = BOND_EQUIVALENT) -> Floats:
    """Second derivative of the dirty price by the yield, over the price."""
    return convexity_of(
        times, discounted(Steps.between(times), flows, force_from_yield(annual_yield, per_year)), annual_yield, per_year
    )
