"""Stratifications: a pool cut by its columns into bins that add up to it. Shapes: N loans, B bins.

A bin of amounts, rates or scores holds its lower edge and not its upper one; bins of whole numbers are named by the first
and last number they hold. A column of labels has a row a label, the smallest gathered where there are too many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.pool.columns import Column, Labels, Numbers, as_labels, dense, natural_order, shown_number
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import PoolTotals, Stratification, Stratum

BINS = 12
FINEST = 1e-8  # the narrowest bin
MAX_LABELS = 60
TINY = np.finfo(np.float64).tiny
SAMPLE = 65_536  # values that bins are chosen by
NOT_STATED = "not stated"
TITLES = {
    "balance": "Outstanding balance",
    "annual_rate": "Annual rate",
    "remaining_term": "Remaining term (months)",
    "age": "Age (months)",
}
MONTHS = ("remaining_term", "age", "original_term", "term")
Bins = Sequence[float] | Literal["values"] | None


def totals(pool: LoanPool) -> PoolTotals:
    """The pool in one line."""
    balance = pool.total_balance
    averages = [float((pool.balance * column).sum()) / balance if balance else math.nan for column in averaged(pool)]
    return PoolTotals(len(pool.balance), balance, *averages)


def averaged(pool: LoanPool) -> tuple[Floats, Ints, Ints]:
    """The columns that are averaged by balance."""
    return pool.annual_rate, pool.remaining_term, pool.age


def stratifications(pool: LoanPool, columns: Mapping[str, Column], bins: Mapping[str, Bins]) -> tuple[Stratification, ...]:
    """The pool by balance, rate, remaining term and age, then by each column; `bins` says how, where not automatic."""
    own: dict[str, Column] = {name: Numbers(getattr(pool, name).astype(np.float64)) for name in TITLES}
    every = {**own, **{name: column for name, column in columns.items() if name not in own}}
    weights = weights_of(pool)
    return tuple(stratified(name, column, weights, bins.get(name)) for name, column in every.items())


def by_segment(pool: LoanPool) -> tuple[Stratum, ...]:
    """The pool by segment, in the order of its segments."""
    return strata(weights_of(pool), pool.segment, pool.segment_names)


Weights: TypeAlias = tuple[Floats, Floats, Floats]


def weights_of(pool: LoanPool) -> Weights:
    """What is summed in every table: balance, and balance times rate and remaining term."""
    return pool.balance, pool.balance * pool.annual_rate, pool.balance * pool.remaining_term


def stratified(name: str, column: Column, weights: Weights, bins: Bins) -> Stratification:
    """The pool cut by one column."""
    labels = in_bins(name, column, bins) if isinstance(column, Numbers) else of_values(column, weights[0])
    if bins == "values":
        labels = of_values(as_labels(column), weights[0])
    codes = labels.codes if (labels.codes >= 0).all() else np.where(labels.codes < 0, len(labels.names), labels.codes)
    return Stratification(title(name), name, strata(weights, codes, (*labels.names, NOT_STATED)))


def title(name: str) -> str:
    """What a table is called: "Credit score" for credit_score."""
    return TITLES.get(name, name[:1].upper() + name[1:].replace("_", " "))


def strata(weights: Weights, codes: Ints, names: Sequence[str]) -> tuple[Stratum, ...]:
    """Loans, balance and averages by code; a code that no loan has gives no row."""
    size = len(names)
    loans = np.bincount(codes, minlength=size)
    balance, rate, term = (np.bincount(codes, weights=weight, minlength=size) for weight in weights)
    share, wac, wam = balance / balance.sum(), rate / np.maximum(balance, TINY), term / np.maximum(balance, TINY)
    return tuple(
        Stratum(names[i], int(loans[i]), float(balance[i]), float(share[i]), float(wac[i]), float(wam[i]))
        for i in np.flatnonzero(loans).tolist()
    )


# ---------------------------------------------------------------------------------------------------------------- labels


def of_values(column: Labels, balance: Floats) -> Labels:
    """The column's labels in natural order; where there are too many, those of the smallest balances are one."""
    codes, present = dense(column.codes, len(column.names))
    order = sorted(range(len(present)), key=lambda code: natural_order(column.names[present[code]]))
    position = np.full(len(order) + 1, -1, dtype=np.int64)
    position[order] = np.arange(len(order))
    labels = Labels(position[codes], tuple(column.names[present[code]] for code in order))
    return labels if len(order) <= MAX_LABELS else gathered(labels, balance)


def gathered(labels: Labels, balance: Floats) -> Labels:
    """The labels of the largest balances, and a last one for all the others."""
    stated = labels.stated
    sizes = np.bincount(labels.codes[stated], weights=balance[stated], minlength=len(labels.names))
    large = np.sort(np.argsort(-sizes, kind="stable")[: MAX_LABELS - 1])
    renumber = np.full(len(labels.names) + 1, len(large), dtype=np.int64)
    renumber[large] = np.arange(len(large))
    renumber[-1] = -1
    others = f"other ({len(labels.names) - len(large)} values)"
    return Labels(renumber[labels.codes], (*(labels.names[code] for code in large), others))


# ------------------------------------------------------------------------------------------------------------------ bins


def in_bins(name: str, column: Numbers, bins: Bins) -> Labels:
    """The column's bins: those given, or round ones over its range."""
    stated = column.stated
    every = bool(stated.all())
    values = column.values if every else column.values[stated]
    if not len(values):
        return Labels(np.full(len(column), -1, dtype=np.int64), ())
    if column.kind == "date":
        return of_years(column)
    whole = bool((values == np.floor(values)).all())
    edges = list(bins) if bins and bins != "values" else round_edges(name, values, whole=whole)
    found = bin_numbers(values, edges)
    codes = found if every else np.full(len(column), -1, dtype=np.int64)
    codes[stated] = found
    return Labels(codes, bin_names(name, edges, whole=whole))


def bin_numbers(values: Floats, edges: Sequence[float]) -> Ints:
    """How many edges lie at or below each value: faster for a few edges than searching them for every value."""
    found = np.zeros(len(values), dtype=np.int16)
    for edge in edges:
        found += values >= edge
    return found.astype(np.int64)


def of_years(column: Numbers) -> Labels:
    """Dates by their year."""
    days = np.where(column.stated, column.values, 719_163).astype(np.int64) - 719_163
    years = days.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return as_labels(Numbers(np.where(column.stated, years, np.nan)))


def round_edges(name: str, values: Floats, *, whole: bool) -> list[float]:
    """About ten round bins over all but far values, which fall below the first edge or above the last."""
    finite = values if np.isfinite(values.sum()) else values[np.isfinite(values)]
    if not len(finite):
        return [0.0]
    sample = finite[:: 1 + len(finite) // SAMPLE]
    low, high = (float(edge) for edge in np.quantile(sample, (0.005, 0.995)))
    width = max(high - low, 1e-9 * max(abs(low), abs(high))) if high > low else abs(high)
    step = round_step(width, months=name in MONTHS, whole=whole)
    offset = 1.0 if name in MONTHS and name != "age" else 0.0
    first, last, least, most = (math.floor((edge - offset) / step) for edge in (low, high, finite.min(), finite.max()))
    first, last = least if first - least <= 2 else first, most if most - last <= 2 else last
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
