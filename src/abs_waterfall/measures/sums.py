"""Sums over time, the last axis, that give the same bits for a scenario alone and in a block of thousands."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats


def sum_over_time(amounts: Floats) -> Floats:
    """Sum the last axis.

    NumPy adds in the order of memory, so the rows are laid out one after the other first: each is then added alone, pairwise.
    """
    return np.asarray(np.ascontiguousarray(amounts).sum(axis=-1), dtype=np.float64)


def ratio(part: Floats, whole: Floats) -> Floats:
    """`part / whole`, NaN where the whole is 0: a figure that does not exist."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole == 0, np.nan, np.divide(part, whole))


def after_settlement(times: Floats, flows: Floats) -> Floats:
    """Leave out what is paid on or before settlement: that is the seller's."""
    return flows if np.all(times > 0) else np.where(times > 0, flows, 0.0)
