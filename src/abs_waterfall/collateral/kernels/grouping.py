"""Kernels that make groups of loans, and sums of them."""

from __future__ import annotations

from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.collateral.kernels.compiling import summing

MOMENTS: Final = 11
Number = TypeVar("Number", np.int64, np.float64)


@summing
def place_rates(rate: Floats, term: Ints, other_term: Ints, age: Ints, panel: Ints, within: Floats) -> None:
    """Write the stretch of rate x payments / 12 that each loan is in, and where in it, in [-1, 1).

    Payments are the most that a loan is sized for, now or at its original terms.
    """
    for i in range(rate.shape[0]):
        place = rate[i] * ((max(term[i], other_term[i]) + age[i]) / 12.0)
        panel[i] = int(place)
        within[i] = 2.0 * (place - panel[i]) - 1.0


@summing
def extent(values: NDArray[Number]) -> tuple[Number, Number]:
    """The least and the greatest of whole or other numbers."""
    low = high = values[0]
    for i in range(values.shape[0]):
        low, high = min(low, values[i]), max(high, values[i])
    return low, high


@summing
def add_digit(values: Ints, low: int, size: int, codes: Ints) -> None:
    """Write one more digit behind each code: a value from `low` on, of so many."""
    for i in range(values.shape[0]):
        codes[i] = codes[i] * size + (values[i] - low)


@summing
def number_codes(codes: Ints, first: int, count: int, slots: NDArray[np.int32], known: Ints, firsts: Ints, group: Ints) -> int:
    """Number codes as they first come, `count` being known already, write where that is, and return how many there are.

    `slots` are -1 before the first, a power of two of them, more than the codes. `first` is the number of the first row.
    """
    last = slots.shape[0] - 1
    for i in range(codes.shape[0]):
        slot = (codes[i] ^ (codes[i] >> 18) ^ (codes[i] >> 36)) & last
        while slots[slot] >= 0 and known[slots[slot]] != codes[i]:
            slot = (slot + 1) & last
        if slots[slot] < 0:
            slots[slot] = count
            known[count] = codes[i]
            firsts[count] = first + i
            count += 1
        group[i] = slots[slot]
    return count


@summing
def add_moments(group: Ints, place: Floats, weight: Floats, moments: Floats) -> None:
    """Add each loan's Chebyshev moments, weight x T_m(place) for places in [-1, 1], to its group's (G, M)."""
    for i in range(group.shape[0]):
        g = group[i]
        twice = 2.0 * place[i]
        before, now = weight[i], weight[i] * place[i]
        moments[g, 0] += before
        moments[g, 1] += now
        for m in range(2, MOMENTS):
            before, now = now, twice * now - before
            moments[g, m] += now


@summing
def add_rows(group: Ints, rows: Floats, total: Floats) -> None:
    """Add each row to its group's."""
    for i in range(group.shape[0]):
        for m in range(rows.shape[1]):
            total[group[i], m] += rows[i, m]


@summing
def find_cells(values: Floats, bits: Ints, cell_of_bits: Ints, edges: Floats, cells: Ints) -> None:
    """Write the cell of each number: that of the first number of the same `bits`, or the next one's where it is past its edge."""
    for i in range(values.shape[0]):
        cell = cell_of_bits[min(max(bits[i], 0), cell_of_bits.shape[0] - 1)]
        if cell + 1 < edges.shape[0] and values[i] >= edges[cell + 1]:
            cell += 1
        cells[i] = cell


@summing
def add_by_code(codes: Ints, balance: Floats, rate: Floats, term: Floats, sums: Floats) -> None:
    """Add the loans, balance, and balance times rate and remaining term, to the row of each loan's code (B, 4)."""
    for i in range(codes.shape[0]):
        row = codes[i]
        sums[row, 0] += 1.0
        sums[row, 1] += balance[i]
        sums[row, 2] += rate[i]
        sums[row, 3] += term[i]
