"""Sums and shares over scenarios, one by one, so that a row's bits do not depend on how many rows there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from abs_waterfall.arrays import Bools, Floats

MANY: Final = 64  # rows


def added(parts: Floats) -> Floats:
    """The sum over the first axis, one by one, so that a row's bits do not depend on how many rows there are."""
    if not len(parts):
        return np.zeros(parts.shape[1:])
    total: Floats = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


def nothing(amounts: Floats) -> bool:
    """Whether an array (S, P) is one 0 that stands for all: what a pool or a deal never has."""
    return (amounts.size == 1 or not any(amounts.strides)) and not amounts[:1, :1].any()


def total(parts: Sequence[Floats]) -> Floats:
    """The sum of some arrays, one by one; of one array, itself."""
    first, *others = [part for part in parts if not nothing(part)] or parts[:1]
    for part in others:
        first = first + part
    return first


def everywhere(mask: Bools) -> bool:
    """Whether a mask holds in all rows; counting takes a tenth of what `all` does."""
    return bool(np.count_nonzero(mask) == mask.size)


def where(mask: Bools, amount: Floats) -> Floats:
    """An amount (..., R), 0 outside the rows of a mask; itself where these are all."""
    return amount if everywhere(mask) else np.where(mask, amount, 0.0)


def together(amounts: Floats, lines: list[int]) -> Floats:
    """The sum of some lines' amounts."""
    return amounts[lines[0]] if len(lines) == 1 else added(amounts[lines])


def share_of(part: Floats, whole: Floats) -> Floats:
    """(R,) part / whole; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def over_dates(verb: str, history: Floats, period: int, dates: int) -> Floats:
    """A lookback on date `period` (an index), over the last `dates` (0: all) of a history (P, R)."""
    if verb == "previous":
        return history[period - dates] if period >= dates else np.full(history.shape[1], np.nan)
    first = max(0, period + 1 - dates) if dates else 0
    window = history[first : period + 1]
    if verb == "max_over":
        return np.asarray(window.max(axis=0))
    total = added(window)
    return total / len(window) if verb == "average" else total


def to_date(amounts: Floats) -> Floats:
    """(R, P) running totals over the last axis; of many rows date by date, as NumPy would add one row after another."""
    if len(amounts) < MANY:
        return np.cumsum(amounts, axis=1)
    total = np.ascontiguousarray(amounts.T).copy()
    for t in range(1, len(total)):
        total[t] += total[t - 1]
    return total.T
