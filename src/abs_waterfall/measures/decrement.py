"""How a tranche pays down: factors, decrement tables, and the window in which principal is paid.

Shapes: balances and principal (..., P), amounts after or on each payment date; initial balances (...); results as said.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.measures.sums import ratio

_DUST: Final = 1e-9  # of the balance: principal below it is rounding, not a payment


def factor_path(closing_balance: Floats, initial_balance: ArrayLike) -> Floats:
    """Divide closing by initial balance, (..., P); NaN where the initial balance is 0."""
    return ratio(closing_balance, np.asarray(initial_balance, dtype=np.float64)[..., np.newaxis])


def decrement_table(closing_balance: Floats, initial_balance: ArrayLike) -> Floats:
    """Percent of the initial balance outstanding at closing and after each payment date, (..., P + 1).

    >>> decrement_table(np.array([75.0, 0.0]), 100.0)
    array([100.,  75.,   0.])
    """
    percent = 100 * factor_path(closing_balance, initial_balance)
    start = np.where(np.isnan(percent[..., :1]), np.nan, 100.0)
    return np.concatenate([start, percent], axis=-1)


def first_principal(principal: Floats, initial_balance: ArrayLike) -> Ints:
    """Index of the first payment date with principal, -1 where there is none, (...).

    >>> int(first_principal(np.array([0.0, 10.0, 90.0]), 100.0)), int(first_principal(np.zeros(3), 100.0))
    (1, -1)
    """
    paid = principal > _DUST * np.asarray(initial_balance, dtype=np.float64)[..., np.newaxis]
    return np.where(paid.any(axis=-1), paid.argmax(axis=-1), -1)


def last_principal(principal: Floats, initial_balance: ArrayLike) -> Ints:
    """Index of the last payment date with principal, -1 where there is none, (...)."""
    from_the_end = first_principal(principal[..., ::-1], initial_balance)
    return np.where(from_the_end < 0, -1, principal.shape[-1] - 1 - from_the_end)
