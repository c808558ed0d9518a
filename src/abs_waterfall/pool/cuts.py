"""A pool cut by one column, batch by batch: sums that add up, from which bins are chosen once all loans are seen.

Numbers are summed by cell, labels by name. A cell holds the numbers that agree in their first three digits, from its edge
up to the next one, so that any bins of round edges are made of whole cells. Shapes: N loans, B cells or names.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, TypeAlias

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.pool.columns import Column, Labels, Numbers, as_labels

Bins: TypeAlias = Sequence[float] | Literal["values"] | None
Weights: TypeAlias = tuple[Floats, Floats, Floats]  # balance, and balance times rate and remaining term, of each loan

DECADES: Final = range(-9, 16)  # powers of ten; what is nearer to 0, or further, is in one cell
MANTISSA: Final = 42  # bits to drop so that of what is left no two edges share a value
SUMS: Final = 4  # loans, balance, and balance times rate and remaining term


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
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


def cut_by(column: Column, weights: Weights, bins: Bins) -> Cut:
    """Some loans cut by one column: by its labels, its years, its values, or cells of its numbers."""
    if isinstance(column, Labels) or bins == "values":
        return label_cut(as_labels(column), weights)
    return label_cut(years(column), weights) if column.kind == "date" else number_cut(column, weights, bins)


def label_cut(column: Labels, weights: Weights) -> LabelCut:
    """Sums by label; what states none comes last of the codes."""
    size = len(column.names)
    codes = column.codes if size and column.codes.min(initial=0) >= 0 else np.where(column.codes < 0, size, column.codes)
    sums = summed(codes, size + 1, weights)
    return LabelCut(column.names, sums[:, :size], sums[:, size])


def number_cut(column: Numbers, weights: Weights, bins: Sequence[float] | None) -> NumberCut:
    """Sums by bins where they are given, else by cells."""
    values, unstated = column.values, np.zeros(SUMS)
    stated = column.stated
    if not stated.all():
        unstated = summed(np.zeros(int((~stated).sum()), np.int64), 1, chosen(weights, ~stated))[:, 0]
        values, weights = values[stated], chosen(weights, stated)
    if not len(values):
        return NumberCut(0, np.zeros((SUMS, 1)), math.inf, -math.inf, whole=True, unstated=unstated)
    codes = bin_numbers(values, bins) if bins else cells(values)
    first = 0 if bins else int(codes.min())
    sums = summed(codes - first, len(bins) + 1 if bins else 0, weights)
    return NumberCut(first, sums, float(values.min()), float(values.max()), bool((values == np.floor(values)).all()), unstated)


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


def cells(values: Floats) -> Ints:
    """The cell of each number: of numbers from 0 by their first bits, as no search is as fast."""
    edges = cell_edges()
    if values.min() < 0:
        return np.searchsorted(edges, values, side="right") - 1
    table, first = cells_by_bits()
    bits = np.clip((values.view(np.int64) >> MANTISSA) - first, 0, len(table) - 1)
    found = table[bits]
    following = np.minimum(found + 1, len(edges) - 1)
    return np.asarray(found + ((values >= edges[following]) & (following > found)))
