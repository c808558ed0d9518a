"""Sums over time, the last axis, that give the same bits for a scenario alone and in a block of thousands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from abs_waterfall.arrays import Floats

MANY: Final = 64  # rows


def time_first(amounts: Floats) -> Floats:
    """Amounts (..., P) date by date in memory (P, N), as a run writes them: no copy of those."""
    dates_first = amounts.transpose(amounts.ndim - 1, *range(amounts.ndim - 1))  # moveaxis, which takes longer than a sum
    return np.ascontiguousarray(dates_first).reshape(amounts.shape[-1], -1)


def sum_over_time(amounts: Floats) -> Floats:
    """Sum the last axis, date by date; a lone row as two, because NumPy would add it by pairs."""
    rows = time_first(amounts)
    alone = rows.shape[1] == 1
    total = np.add.reduce(np.repeat(rows, 2, axis=1) if alone else rows, axis=0)
    return np.asarray((total[:1] if alone else total).reshape(amounts.shape[:-1]))


def running_products(rates: Floats, of: Sequence[int]) -> Floats:
    """(P, ...) the product, step by step, of the rates (K, ...) that each step has; of many rows one after another is faster."""
    if rates[0].size < MANY:
        return np.multiply.accumulate(rates[of], axis=0)
    product = np.empty((len(of), *rates.shape[1:]))
    product[0] = rates[of[0]]
    for t, k in enumerate(of[1:], start=1):
        np.multiply(product[t - 1], rates[k], out=product[t])
    return product


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, NaN where the whole is 0: a figure that does not exist."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole == 0, np.nan, np.divide(part, whole))


def after_settlement(times: Floats, flows: Floats) -> Floats:
    """Leave out what is paid on or before settlement: that is the seller's."""
    return flows if np.all(times > 0) else np.where(times > 0, flows, 0.0)
