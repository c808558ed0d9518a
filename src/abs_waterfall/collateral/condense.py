"""Loans as few lines: any number of loans, added up chunk by chunk into lines that pay what the loans pay.

Loans that agree in all but balance and rate are one group. Within it what a loan pays is linear in its balance and smooth in its
rate: (1 + r)^n - 1 has no zero but r = 0 nearer than |r| = 2 pi / n, so over rates of r n within 1 of each other the scheduled
factor is a polynomial of degree 10 to 3e-14 (for two payments; 2e-15 from three on). A group is therefore kept as the Chebyshev
moments of its balances in the rate, and becomes lines at 11 fixed rates, some of negative balance, which pay the same in any
projection that is linear in balances. Chosen over grouping equal rates, which compresses nothing where rates all differ, and over
a pass through the months for each loan: this costs some 20 operations a loan whatever its term, and one rule serves every kind of
loan. What is not linear in the balance (advances) or not smooth in the rate needs the loans themselves, and so
do multipliers of a loan's own.

Shapes: N loans, G groups, M moments. Sums are added in their order, whatever is summed at once: the same bits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.collateral.cohorts import has_multipliers, own_multipliers
from abs_waterfall.collateral.kernels.compiling import PROCESSORS
from abs_waterfall.collateral.kernels.grouping import (
    MOMENTS,
    add_by_code,
    add_digit,
    add_moments,
    add_rows,
    extent,
    find_cells,
    number_codes,
    place_rates,
)
from abs_waterfall.collateral.kernels.shapes import CHUNK
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.pool.build import PLAIN, joined_pools, own, rows_of
from abs_waterfall.pool.columns import constant, differing
from abs_waterfall.pool.cuts import MANTISSA, SUMS, Summing, Weights, cell_edges, cells_by_bits
from abs_waterfall.pool.facts import Gather
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS, LoanPool

BLOCK: Final = 16 * CHUNK  # loans summed one after the other
FEW: Final = 4 * CHUNK  # rows of a tape whose loans are projected as they are: there is little to gain
FLAT_FEE = AMORTIZATIONS.index("flat_fee")

SUMMED: Final = ("balance", "annual_rate", "original_balance")  # not what loans of a group agree in
KEYS: Final = tuple(name for name in (*PLAIN, "segment", "schedule") if name not in (*SUMMED, *MULTIPLIERS))
SIZED_BY: Final = ("annual_rate", "amortization_term", "remaining_term", "age")  # what a loan's payments are
Span: TypeAlias = tuple[Any, Any]  # the least and the greatest of some values
NODE_ANGLES: Final = np.pi * (np.arange(MOMENTS) + 0.5) / MOMENTS
NODES: Final = np.cos(NODE_ANGLES)
NO_ROWS: Final = np.zeros((0, MOMENTS))
MOST_CODES: Final = 2**62

_HELD = 4 * CHUNK  # groups of chunks that wait to be added up together


@record
class Sums:
    """Groups of loans: what they agree in, and moments of their balances in the rate."""

    groups: LoanPool  # one loan of each group; its balance and rate mean nothing
    panel: Ints  # (G,) the stretch of rates
    balance: Floats  # (G, M)
    original: Floats  # (G, M) of original balances, where flat fees are charged on them; else no rows
    apart: tuple[LoanPool, ...] = ()  # loans with clauses or multipliers of their own, as they are


def condensing() -> Gather[Sums]:
    """A tape's loans as lines; those of a tape of few rows as they are, for which no compiler is loaded."""
    return Gather(of=sums, added=added, together=lines, summing=Summing(_cells, _by_code), few=FEW)


def _cells(values: Floats) -> Ints:
    cell_of_bits, first = cells_by_bits()
    found = np.empty(len(values), np.int64)
    own = values.copy()
    find_cells(own, (own.view(np.int64) >> MANTISSA) - first, cell_of_bits, cell_edges(), found)
    return found


def _by_code(codes: Ints, size: int, weights: Weights) -> Floats:
    sums = np.zeros((size, SUMS))
    balance, rate, term = weights
    add_by_code(own(codes), balance, rate, term, sums)
    return np.ascontiguousarray(sums.T)


def condensed(pool: LoanPool, processors: int = PROCESSORS, *, by_age: bool = True) -> LoanPool:
    """The lines that a pool in memory comes to; they need not tell ages apart where nothing depends on them."""
    pool = pool if by_age else replace(pool, age=constant(np.int64(0), len(pool.age)))
    blocks = -(-len(pool.balance) // BLOCK)
    parts: list[Sums | None] = [None] * blocks

    def some(low: int, high: int) -> None:
        for n in range(low, high):
            parts[n] = sums(rows_of(pool, slice(n * BLOCK, (n + 1) * BLOCK)))

    in_threads(some, blocks, processors)
    return lines(added(part for part in parts if part is not None))


def sums(pool: LoanPool) -> Sums:
    """Some loans by group, beside those that lines cannot stand for."""
    pool, apart = parted(pool)
    spans = spans_of(pool)
    numbering = Numbering.of(pool, spans)
    flat = spans["amortization"][1] >= FLAT_FEE and bool((pool.amortization == FLAT_FEE).any())
    balance, original = (np.zeros((numbering.most if asked else 0, MOMENTS)) for asked in (True, flat))
    for first in range(0, len(pool.balance), CHUNK):  # what is worked on stays in the cache
        rows = slice(first, first + CHUNK)
        group, within = numbering.number(pool, rows)
        add_moments(group, within, own(pool.balance[rows]), balance)
        if flat:
            add_moments(group, within, own(pool.original_balance[rows]), original)
    groups = rows_of(pool, numbering.firsts[: numbering.count])
    panel = (groups.annual_rate * (_payments(groups) / 12)).astype(np.int64)
    return Sums(groups, panel, balance[: len(panel)], original[: len(panel)], apart)


@dataclass(slots=True)
class Numbering:
    """Groups numbered as their loans come."""

    digits: tuple[tuple[Ints, int, int], ...]  # what tells loans apart beside the stretch of rates: values, the least, how many
    most: int  # groups that there may be
    slots: NDArray[np.int32]
    known: Ints  # codes by group
    firsts: Ints  # the first row of each group
    count: int = 0

    @classmethod
    def of(cls, pool: LoanPool, spans: Mapping[str, Span]) -> Numbering:
        """Before the first loan."""
        panels = most_panels(spans)
        digits = tuple(digits_of((getattr(pool, name), span) for name, span in spans.items() if name not in SUMMED))
        size = panels * prod(many for _, _, many in digits)
        if size > MOST_CODES:
            group, firsts = alike(_keys(pool))
            digits, size = ((group, 0, len(firsts)),), panels * len(firsts)
        most = min(size, len(pool.balance))
        slots = np.full(1 << min(size, 2 * most).bit_length(), -1, np.int32)
        return cls(digits, most, slots, np.empty(most, np.int64), np.empty(most, np.int64))

    def number(self, pool: LoanPool, rows: slice) -> tuple[Ints, Floats]:
        """The group of each of the next loans, and where in its stretch its rate is."""
        rate, term, other_term, age = (own(getattr(pool, name)[rows]) for name in SIZED_BY)
        codes, group, within = np.empty(len(rate), np.int64), np.empty(len(rate), np.int64), np.empty_like(rate)
        place_rates(rate, term, other_term, age, codes, within)
        for values, low, size in self.digits:
            add_digit(values[rows], low, size, codes)
        self.count = number_codes(codes, rows.start, self.count, self.slots, self.known, self.firsts, group)
        return group, within


def spans_of(pool: LoanPool) -> dict[str, Span]:
    """The least and the greatest of rates and of what loans of a group agree in; loans without a term of their own share one."""
    arrays = {name: getattr(pool, name) for name in ("annual_rate", *KEYS)}
    known = {place_of(values): values for values in arrays.values()}
    spans = {place: extent_of(values) for place, values in known.items()}
    return {name: spans[place_of(values)] for name, values in arrays.items()}


def place_of(values: NDArray[Any]) -> tuple[object, ...]:
    """Where an array's values are, which is the same for one that is there twice."""
    return values.__array_interface__["data"], values.strides


def most_panels(spans: Mapping[str, Span]) -> int:
    """How many stretches of rates there may be."""
    payments = max(spans["amortization_term"][1], spans["remaining_term"][1]) + spans["age"][1]
    return int(spans["annual_rate"][1] * (payments / 12)) + 1


def parted(pool: LoanPool) -> tuple[LoanPool, tuple[LoanPool, ...]]:
    """The loans without clauses or multipliers of their own, and those with any; where all have, nothing stands for the first."""
    special = stands_apart(pool)
    if not special.any():
        return replace(pool, clauses=()), ()
    plain, others = np.flatnonzero(~special), np.flatnonzero(special)
    if len(plain):
        return replace(rows_of(pool, plain), clauses=()), (rows_of(pool, others),)
    return nothing_of(rows_of(pool, others[:1])), (pool,)


def stands_apart(pool: LoanPool) -> Bools:
    """(N,) the loans that lines cannot stand for."""
    apart = pool.clause >= 0 if pool.clauses else np.zeros(len(pool.balance), np.bool_)
    return apart | own_multipliers(pool) if has_multipliers(pool) else apart


def nothing_of(pool: LoanPool) -> LoanPool:
    """One loan, of no balance and like any other."""
    nothing, one = np.zeros(1), np.ones(1)
    pool = replace(pool, balance=nothing, original_balance=nothing, clause=np.full(1, -1), clauses=())
    return replace(pool, default_multiplier=one, prepayment_multiplier=one)


def _payments(pool: LoanPool) -> Ints:
    """The most payments a loan is sized for, now or at its original terms."""
    return np.maximum(pool.amortization_term, pool.remaining_term) + pool.age


def _keys(pool: LoanPool) -> list[NDArray[Any]]:
    return [getattr(pool, name) for name in KEYS]


def digits_of(keys: Iterable[tuple[NDArray[Any], Span]]) -> Iterator[tuple[Ints, int, int]]:
    """Keys of which not all values are the same, each once: their numbers, the least, and how many there may be."""
    told = {place_of(key): (key, span) for key, span in keys}
    for key, (low, high) in told.values():
        if key.dtype == np.int64 and low != high:
            yield own(key), low, high - low + 1
        elif low != high:
            found, numbers = np.unique(key, return_inverse=True)
            yield numbers, 0, len(found)


def extent_of(values: NDArray[Any]) -> Span:
    """The least and the greatest value."""
    some = differing(values)
    return extent(own(some)) if some.dtype in (np.int64, np.float64) else (some.min(), some.max())


def alike(keys: Sequence[NDArray[Any]]) -> tuple[Ints, Ints]:
    """Which group each row is in (N,), by the values of its keys, and the first row of each group (G,)."""
    codes, size = np.zeros(len(keys[0]), np.int64), 1
    for values, low, many in digits_of((key, extent_of(key)) for key in keys):
        if size > MOST_CODES // many:
            codes, firsts = numbered(codes)
            size = len(firsts)
        add_digit(values, low, many, codes)
        size *= many
    return numbered(codes)


def numbered(codes: Ints) -> tuple[Ints, Ints]:
    """Codes numbered as they first come (N,), and where each first comes (G,)."""
    group, known, firsts = (np.empty_like(codes) for _ in range(3))
    count = number_codes(codes, 0, 0, np.full(2 << len(codes).bit_length(), -1, np.int32), known, firsts, group)
    return group, firsts[:count]


def added(parts: Iterable[Sums]) -> Sums:
    """Sums, added in their order."""
    waiting: list[Sums] = []
    for part in parts:
        waiting.append(part)
        if sum(len(held.panel) for held in waiting[1:]) > max(_HELD, len(waiting[0].panel)):
            waiting = [_added(waiting)]
    return _added(waiting)


def _added(parts: Sequence[Sums]) -> Sums:
    """Added at once: the order of the additions is that of the parts all the same."""
    if len(parts) == 1:
        return parts[0]
    groups = joined_pools([part.groups for part in parts])
    panel = np.concatenate([part.panel for part in parts])
    group, example = alike([panel, *_keys(groups)])
    balance = _added_rows(group, [part.balance for part in parts], len(example))
    flat = any(len(part.original) for part in parts)
    original = _added_rows(group, [_of_all(part) for part in parts], len(example)) if flat else NO_ROWS
    apart = tuple(loans for part in parts for loans in part.apart)
    return Sums(rows_of(groups, example), panel[example], balance, original, apart)


def _added_rows(group: Ints, parts: Sequence[Floats], count: int) -> Floats:
    total = np.zeros((count, MOMENTS))
    first = 0
    for part in parts:
        add_rows(group[first : first + len(part)], part, total)
        first += len(part)
    return total


def _of_all(part: Sums) -> Floats:
    return part.original if len(part.original) else np.zeros_like(part.balance)


def lines(total: Sums) -> LoanPool:
    """The groups as lines, each at the rates of its stretch's nodes."""
    groups = total.groups
    pool = rows_of(groups, np.repeat(np.arange(len(groups.balance)), MOMENTS))
    rate = (total.panel[:, None] + (1 + NODES) / 2) * (12 / _payments(groups)[:, None])
    balance = _at_nodes(total.balance)
    original = _at_nodes(total.original) if len(total.original) else balance
    pool = replace(pool, annual_rate=rate.ravel(), balance=balance.ravel(), original_balance=original.ravel())
    return joined_pools([pool, *total.apart])


def _at_nodes(moments: Floats) -> Floats:
    """Balances at the nodes (G, M) that have the same moments."""
    at_nodes = np.zeros_like(moments)
    for order in range(MOMENTS):
        weight = np.cos(order * NODE_ANGLES) * (2 if order else 1) / MOMENTS
        at_nodes += moments[:, order, None] * weight
    return at_nodes
