"""Stratifications: a pool cut by its columns into bins that add up to it. Shapes: N loans, B bins.

A bin of amounts, rates or scores holds its lower edge and not its upper one; bins of whole numbers are named by the first
and last number they hold. A column of labels has a row a label, the smallest gathered where there are too many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

import numpy as np

from abs_waterfall.arrays import Floats, record
from abs_waterfall.pool.columns import Column, Labels, Numbers, natural_order, shown_number
from abs_waterfall.pool.cuts import (
    IN_NUMPY,
    SUMS,
    Bins,
    Cut,
    LabelCut,
    NumberCut,
    Summing,
    Weights,
    added,
    bin_numbers,
    cell_edges,
    cut_by,
    label_cut,
    months_cuts,
)
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import PoolTotals, Stratification, Stratum

BINS = 12
FINEST = 1e-8  # the narrowest bin
MAX_LABELS = 60
TINY = np.finfo(np.float64).tiny
FAR = 0.005  # share of the loans that may lie beyond the bins at either end
NOT_STATED = "not stated"
TITLES = {
    "balance": "Outstanding balance",
    "annual_rate": "Annual rate",
    "remaining_term": "Remaining term (months)",
    "age": "Age (months)",
}
MONTHS = ("remaining_term", "age", "original_term", "term")


def totals(pool: LoanPool) -> PoolTotals:
    """The pool in one line."""
    return totals_of(total_sums(pool, weights_of(pool)))


def weights_of(pool: LoanPool) -> Weights:
    """What the sums of loans are made of."""
    return pool.balance, pool.balance * pool.annual_rate, pool.balance * pool.remaining_term


def total_sums(pool: LoanPool, weights: Weights) -> Floats:
    """What the totals are made of, which adds up: loans, balance, and balance times rate, remaining term and age: (5,)."""
    return np.array([len(pool.balance), *(weight.sum() for weight in weights), (pool.balance * pool.age).sum()])


def totals_of(sums: Floats) -> PoolTotals:
    """The totals that sums come to."""
    loans, balance, *averaged = sums.tolist()
    return PoolTotals(int(loans), balance, *(amount / balance if balance else math.nan for amount in averaged))


@record
class Cuts:
    """A pool cut by several columns, and by segment."""

    columns: Mapping[str, Cut]
    segments: LabelCut

    def plus(self, other: Cuts) -> Cuts:
        """Both pools' cuts, this one's loans first."""
        columns = {name: added(cut, other.columns[name]) for name, cut in self.columns.items()}
        return Cuts(columns, self.segments.plus(other.segments))


def cuts(
    pool: LoanPool,
    weights: Weights,
    columns: Mapping[str, Column] | None,
    bins: Mapping[str, Bins],
    summing: Summing = IN_NUMPY,
) -> Cuts:
    """The pool cut by segment, and by balance, rate, remaining term, age, then by each column, where there are any to cut by.

    `bins` says how, where not automatic.
    """
    segments = label_cut(Labels(pool.segment, pool.segment_names), weights, summing)
    if columns is None:
        return Cuts({}, segments)
    every: dict[str, Column] = {"balance": Numbers(pool.balance), "annual_rate": Numbers(pool.annual_rate)}
    every |= {name: Numbers(getattr(pool, name).astype(np.float64)) for name in MONTHS[:2] if bins.get(name)}
    every |= {name: column for name, column in columns.items() if name not in TITLES}
    found = {
        name: segments if names_segments(column, pool) else cut_by(column, weights, bins.get(name), summing)
        for name, column in every.items()
    }
    months = months_cuts(pool.remaining_term, pool.age, weights, summing)
    found = {**dict(zip(MONTHS[:2], months, strict=True)), **found}
    found = {name: found[name] for name in (*TITLES, *(name for name in found if name not in TITLES))}
    return Cuts(found, segments)


def names_segments(column: Column, pool: LoanPool) -> bool:
    """Whether a column is the pool's segments themselves."""
    return isinstance(column, Labels) and column.codes is pool.segment


def stratifications(cut: Cuts, bins: Mapping[str, Bins]) -> tuple[Stratification, ...]:
    """The tables of a pool's cuts."""
    return tuple(stratified(name, by, bins.get(name)) for name, by in cut.columns.items())


def by_segment(cut: Cuts) -> tuple[Stratum, ...]:
    """The pool by segment, in the natural order of their names."""
    segments = in_order(cut.segments)
    return strata(segments.sums, segments.names)


def stratified(name: str, cut: Cut, bins: Bins) -> Stratification:
    """The table of one cut."""
    edges = bins if bins != "values" else None
    names, sums = in_bins(name, cut, edges) if isinstance(cut, NumberCut) else of_labels(cut)
    return Stratification(title(name), name, strata(np.column_stack([sums, cut.unstated]), (*names, NOT_STATED)))


def title(name: str) -> str:
    """What a table is called: "Credit score" for credit_score."""
    return TITLES.get(name, name[:1].upper() + name[1:].replace("_", " "))


def strata(sums: Floats, names: Sequence[str]) -> tuple[Stratum, ...]:
    """Loans, balance and averages by name; one that no loan has gives no row."""
    loans, balance, rate, term = sums
    share, wac, wam = balance / balance.sum(), rate / np.maximum(balance, TINY), term / np.maximum(balance, TINY)
    return tuple(
        Stratum(names[i], int(loans[i]), float(balance[i]), float(share[i]), float(wac[i]), float(wam[i]))
        for i in np.flatnonzero(loans).tolist()
    )


# ---------------------------------------------------------------------------------------------------------------- labels


def in_order(cut: LabelCut) -> LabelCut:
    """The labels that loans have, in natural order."""
    held = [number for number in range(len(cut.names)) if cut.sums[0, number]]
    order = sorted(held, key=lambda number: natural_order(cut.names[number]))
    return LabelCut(tuple(cut.names[number] for number in order), cut.sums[:, order], cut.unstated)


def of_labels(cut: LabelCut) -> tuple[tuple[str, ...], Floats]:
    """The labels in natural order; where there are too many, those of the smallest balances are one, at the end."""
    ordered = in_order(cut)
    if len(ordered.names) <= MAX_LABELS:
        return ordered.names, ordered.sums
    by_balance = np.argsort(-ordered.sums[1], kind="stable")
    large, small = np.sort(by_balance[: MAX_LABELS - 1]), np.sort(by_balance[MAX_LABELS - 1 :])
    names = (*(ordered.names[number] for number in large), f"other ({len(small)} values)")
    return names, np.column_stack([ordered.sums[:, large], ordered.sums[:, small].sum(axis=1)])


# ------------------------------------------------------------------------------------------------------------------ bins


def in_bins(name: str, cut: NumberCut, bins: Sequence[float] | None) -> tuple[tuple[str, ...], Floats]:
    """The bins given, or round ones over the range of the numbers, made of the cells."""
    if cut.high < cut.low:
        return (), np.zeros((SUMS, 0))
    if bins:
        return bin_names(name, bins, whole=cut.whole), cut.sums
    least = cell_edges()[cut.first : cut.first + cut.sums.shape[1]]
    edges = round_edges(name, cut, least)
    bins_of_cells = bin_numbers(least, edges)
    sums = np.stack([np.bincount(bins_of_cells, row, len(edges) + 1).astype(np.float64) for row in cut.sums])
    return bin_names(name, edges, whole=cut.whole), sums


def round_edges(name: str, cut: NumberCut, least: Floats) -> list[float]:
    """About ten round bins over all but far values, which fall below the first edge or above the last; `least`: the cells'."""
    finite = np.flatnonzero((cut.sums[0] > 0) & np.isfinite(least) & (least < cell_edges()[-1]))
    if not len(finite):
        return [0.0]
    up_to = np.cumsum(cut.sums[0, finite])
    low, high = (float(least[finite[np.searchsorted(up_to, share * up_to[-1])]]) for share in (FAR, 1 - FAR))
    low, high = max(low, cut.low), min(high, cut.high)
    width = max(high - low, 1e-9 * max(abs(low), abs(high))) if high > low else abs(high)
    for wider in range(12):
        edges = edges_by(name, cut, (low, high), round_step(width * 2**wider, months=name in MONTHS, whole=cut.whole))
        if are_edges(edges):
            break
    return edges


def are_edges(values: Sequence[float]) -> bool:
    """Whether each is the edge of a cell."""
    edges = cell_edges()
    return bool((edges[np.searchsorted(edges[:-1], values)] == values).all())


def edges_by(name: str, cut: NumberCut, between: tuple[float, float], step: float) -> list[float]:
    """Multiples of a step over a range, and over what is little beyond it."""
    offset = 1.0 if name in MONTHS and name != "age" else 0.0
    most = min(max(cut.low, cell_edges()[1]), between[0]), max(min(cut.high, cell_edges()[-1]), between[1])
    first, last = (math.floor((edge - offset) / step) for edge in between)
    least, greatest = (math.floor((edge - offset) / step) for edge in most)
    first, last = least if first - least <= 2 else first, greatest if greatest - last <= 2 else last
    return [round(count * step, 10) + offset for count in range(first, last + 2)]


def round_step(width: float, *, months: bool, whole: bool) -> float:
    """The width of a bin: 1, 2 or 5 times a power of ten, or 1, 2, 3, 6 or whole years of months.

    >>> round_step(33_000, months=False, whole=False), round_step(0.13, months=False, whole=False)
    (5000.0, 0.02)
    >>> round_step(59, months=True, whole=True)
    6.0
    """
    wanted = max(width / BINS, FINEST)
    if months:
        return float(next((step for step in (1, 2, 3, 6, 12, 24, 36, 60) if step >= wanted), 120))
    power = 10.0 ** math.floor(math.log10(wanted))
    step = next(round(times * power, 20) for times in (1, 2, 5, 10) if times * power >= wanted * (1 - 1e-9))
    return max(1.0, step) if whole else step


def bin_names(name: str, edges: Sequence[float], *, whole: bool) -> tuple[str, ...]:
    """What the bins below, between and above the edges are called.

    >>> bin_names("annual_rate", [0.1, 0.12], whole=False)
    ('below 10 %', '10 % – 12 %', '12 % and over')
    >>> bin_names("remaining_term", [1, 13, 14], whole=True)
    ('below 1', '1 – 12', '13', '14 and over')
    """
    shown = percent if name.endswith("rate") else grouped
    exact = whole and all(edge == math.floor(edge) for edge in edges)
    between = [bin_name(low, high, shown, whole=exact) for low, high in pairwise(edges)]
    return (f"below {shown(edges[0])}", *between, f"{shown(edges[-1])} and over")


def bin_name(low: float, high: float, shown: Callable[[float], str], *, whole: bool) -> str:
    """One bin's name."""
    last = high - 1 if whole and shown is grouped and high - low < 1000 else high
    return shown(low) if last == low else f"{shown(low)} – {shown(last)}"


def grouped(value: float) -> str:
    """A number with its thousands grouped."""
    return f"{value:,.0f}" if value == math.floor(value) else shown_number(value)


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{100 * value:.10g} %"
