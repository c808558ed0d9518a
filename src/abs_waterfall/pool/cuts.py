"""A pool cut by one column, batch by batch: sums that add up, from which bins are chosen once all loans are seen.

Numbers are summed by cell, labels by name. A cell holds the numbers that agree in their first three digits, from its edge
up to the next one, so that any bins of round edges are made of whole cells. Shapes: N loans, B cells or names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.pool.columns import Column, Labels, Numbers, as_labels
from abs_waterfall.pool.model import MAX_MONTHS

Bins: TypeAlias = Sequence[float] | Literal["values"] | None
Weights: TypeAlias = tuple[Floats, Floats, Floats]  # balance, and balance times rate and remaining term, of each loan

DECADES: Final = range(-9, 16)  # powers of ten; what is nearer to 0, or further, is in one cell
MANTISSA: Final = 42  # bits to drop so that of what is left no two edges share a value
MOST_PAIRS: Final = 20_000  # of values of two columns that are summed at once
SUMS: Final = 4  # loans, balance, and balance times rate and remaining term


@record
class NumberCut:
    """Sums by cell, or by given bins."""

    first: int  # the number of the first cell summed
    sums: Floats  # (SUMS, B)
    low: float  # the least and the greatest number stated
    high: float
    whole: bool  # every number is a whole one
    unstated: Floats  # (SUMS,)

    def plus(self, other: NumberCut) -> NumberCut:
        """Both pools' sums, this one's first."""
        first = min(self.first, other.first)
        end = max(cut.first + cut.sums.shape[1] for cut in (self, other))
        sums = np.zeros((SUMS, end - first))
        for cut in (self, other):
            sums[:, cut.first - first : cut.first - first + cut.sums.shape[1]] += cut.sums
        low, high = min(self.low, other.low), max(self.high, other.high)
        return NumberCut(first, sums, low, high, self.whole and other.whole, self.unstated + other.unstated)


@record
class LabelCut:
    """Sums by label."""

    names: tuple[str, ...]
    sums: Floats  # (SUMS, B)
    unstated: Floats  # (SUMS,)

    def plus(self, other: LabelCut) -> LabelCut:
        """Both pools' sums, this one's first."""
        unstated = self.unstated + other.unstated
        if self.names == other.names:
            return LabelCut(self.names, self.sums + other.sums, unstated)
        at = {name: number for number, name in enumerate(dict.fromkeys((*self.names, *other.names)))}
        sums = np.zeros((SUMS, len(at)))
        sums[:, : len(self.names)] = self.sums
        sums[:, [at[name] for name in other.names]] += other.sums
        return LabelCut(tuple(at), sums, unstated)


Cut: TypeAlias = NumberCut | LabelCut


def added(one: Cut, other: Cut) -> Cut:
    """Two cuts by the same column."""
    if isinstance(one, NumberCut) and isinstance(other, NumberCut):
        return one.plus(other)
    if isinstance(one, LabelCut) and isinstance(other, LabelCut):
        return one.plus(other)
    raise TypeError("a column is of numbers or of labels, in every batch the same")


@dataclass(frozen=True, slots=True)
class Summing:
    """How batches are summed: as here in NumPy, or by compiled kernels."""

    cells: Callable[[Floats], Ints]  # the cell of each number, none of them below 0
    by_code: Callable[[Ints, int, Weights], Floats]  # sums of the loans of each code below a number: (SUMS, B)


def cut_by(column: Column, weights: Weights, bins: Bins, summing: Summing) -> Cut:
    """Some loans cut by one column: by its labels, its years, its values, or cells of its numbers."""
    if isinstance(column, Labels) or bins == "values":
        return label_cut(as_labels(column), weights, summing)
    if column.kind == "date":
        return label_cut(years(column), weights, summing)
    return number_cut(column, weights, bins, summing)


def label_cut(column: Labels, weights: Weights, summing: Summing) -> LabelCut:
    """Sums by label; what states none comes last of the codes."""
    size = len(column.names)
    codes = column.codes if size and column.codes.min(initial=0) >= 0 else np.where(column.codes < 0, size, column.codes)
    sums = summing.by_code(codes, size + 1, weights)
    return LabelCut(column.names, sums[:, :size], sums[:, size])


def number_cut(column: Numbers, weights: Weights, bins: Sequence[float] | None, summing: Summing) -> NumberCut:
    """Sums by bins where they are given, else by cells."""
    values, unstated = column.values, np.zeros(SUMS)
    if math.isnan(values.min(initial=0)):
        stated = column.stated
        nothing = np.zeros(int((~stated).sum()), np.int64)
        unstated = summing.by_code(nothing, 1, chosen(weights, ~stated))[:, 0]
        values, weights = values[stated], chosen(weights, stated)
    if not len(values):
        return NumberCut(0, np.zeros((SUMS, 1)), math.inf, -math.inf, whole=True, unstated=unstated)
    low, high, whole = float(values.min()), float(values.max()), all_whole(values[:100]) and all_whole(values)
    if bins:
        return NumberCut(0, summing.by_code(bin_numbers(values, bins), len(bins) + 1, weights), low, high, whole, unstated)
    codes = summing.cells(values) if low >= 0 else found_cells(values)
    first, last = (int(found_cells(np.array([edge]))[0]) for edge in (low, high))
    return NumberCut(first, summing.by_code(codes - first, last - first + 1, weights), low, high, whole, unstated)


def all_whole(values: Floats) -> bool:
    """Whether every number is a whole one."""
    return bool((values == np.floor(values)).all())


def months_cuts(one: Ints, other: Ints, weights: Weights, summing: Summing) -> tuple[NumberCut, NumberCut]:
    """Cuts by two columns of whole months, all of them stated, summed at once where they take few values together."""
    (low, span), (other_low, other_span) = spanned(one), spanned(other)
    if span * other_span > MOST_PAIRS:
        sums, other_sums = (
            summing.by_code(x - x0, n, weights) for x, x0, n in ((one, low, span), (other, other_low, other_span))
        )
        return of_months(low, sums), of_months(other_low, other_sums)
    pairs = summing.by_code((one - low) * other_span + (other - other_low), span * other_span, weights)
    pairs = pairs.reshape(SUMS, span, other_span)
    return of_months(low, pairs.sum(axis=2)), of_months(other_low, pairs.sum(axis=1))


def spanned(months: Ints) -> tuple[int, int]:
    """The least, and how many there may be from it on."""
    if not len(months):
        return 0, 1
    low = int(months.min())
    return low, int(months.max()) - low + 1


def of_months(low: int, by_month: Floats) -> NumberCut:
    """Sums by whole months from `low` on, by cell."""
    held = np.flatnonzero(by_month[0]) + low
    if not len(held):
        return NumberCut(0, np.zeros((SUMS, 1)), math.inf, -math.inf, whole=True, unstated=np.zeros(SUMS))
    cell = cells_of_months()[held]
    sums = np.stack([np.bincount(cell - cell[0], row[held - low]).astype(np.float64) for row in by_month])
    return NumberCut(int(cell[0]), sums, float(held[0]), float(held[-1]), whole=True, unstated=np.zeros(SUMS))


def chosen(weights: Weights, rows: Bools) -> Weights:
    """The weights of some loans."""
    balance, rate, term = (weight[rows] for weight in weights)
    return balance, rate, term


def summed(codes: Ints, size: int, weights: Weights) -> Floats:
    """Loans, balance and balance times rate and remaining term, by code: (SUMS, B)."""
    return np.stack([np.bincount(codes, minlength=size), *(np.bincount(codes, weight, size) for weight in weights)])


def years(column: Numbers) -> Labels:
    """Dates by their year."""
    days = np.where(column.stated, column.values, 719_163).astype(np.int64) - 719_163
    found = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return as_labels(Numbers(np.where(column.stated, found, np.nan)))


def bin_numbers(values: Floats, edges: Sequence[float] | Floats) -> Ints:
    """How many edges lie at or below each value: faster for a few edges than searching them for every value."""
    found = np.zeros(len(values), dtype=np.int16)
    for edge in edges:
        found += values >= edge
    return found.astype(np.int64)


# ----------------------------------------------------------------------------------------------------------------- cells


@cache
def cell_edges() -> Floats:
    """The lower edge of each cell, in order; that of all that is too small is -inf."""
    digits = np.arange(100.0, 1000.0)
    positive = np.concatenate([digits * 10.0 ** (k - 2) if k >= 2 else digits / 10.0 ** (2 - k) for k in DECADES])
    return np.concatenate([[-math.inf], -positive[::-1], [0.0], positive])


@cache
def cells_by_bits() -> tuple[Ints, int]:
    """The cell of the least number with each first bits, from those of the least positive edge on, and what these are."""
    edges = cell_edges()
    first, last = (int(edge.view(np.int64)) >> MANTISSA for edge in (edges[len(edges) // 2 + 1], edges[-1]))
    least = (np.arange(first, last + 1) << MANTISSA).view(np.float64)
    return np.searchsorted(edges, least, side="right") - 1, first


@cache
def cells_of_months() -> Ints:
    """The cell of each number of months."""
    return found_cells(np.arange(MAX_MONTHS + 1.0))


def found_cells(values: Floats) -> Ints:
    """The cell of each number."""
    return np.searchsorted(cell_edges(), values, side="right") - 1


def cells(values: Floats) -> Ints:
    """The cell of each number from 0, by its first bits, as no search is as fast."""
    edges = cell_edges()
    table, first = cells_by_bits()
    bits = np.clip((values.view(np.int64) >> MANTISSA) - first, 0, len(table) - 1)
    found = table[bits]
    following = np.minimum(found + 1, len(edges) - 1)
    return np.asarray(found + ((values >= edges[following]) & (following > found)))


IN_NUMPY: Final = Summing(cells, summed)
