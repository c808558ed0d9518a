"""Pools of very many cohorts, projected a piece at a time: some of the cohorts with their loans, so that memory is bounded.

Loans with multipliers of their own, and those whose advances end by their own schedules, are each a cohort. Where a cumulative
default couples loans they are all held at once. Shapes: N loans, S scenarios, Q cells, H months of the axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.collateral.cohorts import Grouping, cells_of, group_loans, has_multipliers
from abs_waterfall.collateral.kernels.compiling import PROCESSORS
from abs_waterfall.collateral.kernels.shapes import Flows
from abs_waterfall.collateral.parts import Parting
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.pool.build import rows_of
from abs_waterfall.pool.loans import LoanPool

PIECE: Final = 8_192  # cohorts

Blocks: TypeAlias = Iterable[tuple[Sequence[int], Flows]]
"""Scenarios by number, and their flows."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Some loans of a pool."""

    pool: LoanPool
    parting: Parting
    cells: Ints  # (q,) where the cells that they are in stand among those of the pool


def pieces_of(pool: LoanPool, grouping: Grouping, lead: int, parting: Parting) -> list[Piece]:
    """The pool cut between cohorts; whole where it has few, or where they depend on each other."""
    cells = len(cells_of(pool.segment, parting.part, len(pool.segment_names), parting.count)[0])
    whole = [Piece(pool, parting, np.arange(cells))]
    if grouping.coupled or not (grouping.each_loan or has_multipliers(pool)):
        return whole
    cohorts = group_loans(pool, grouping, lead, parting.part)
    if cohorts.count <= PIECE:
        return whole
    rows = np.argsort(cohorts.of_loan, kind="stable")
    cuts = np.searchsorted(cohorts.of_loan[rows], np.arange(PIECE, cohorts.count, PIECE))
    return [piece_of(pool, parting, np.sort(some)) for some in np.split(rows, cuts)]


def piece_of(pool: LoanPool, parting: Parting, rows: Ints) -> Piece:
    """The loans of some rows."""
    part, segments = parting.part[rows], len(pool.segment_names)
    (segment, parts, _), (all_segments, all_parts, _) = (
        cells_of(of, own, segments, parting.count) for of, own in ((pool.segment[rows], part), (pool.segment, parting.part))
    )
    cells = np.searchsorted(all_segments * parting.count + all_parts, segment * parting.count + parts)
    return Piece(rows_of(pool, rows), Parting(part, parting.count, parting.weights[:, rows]), cells)


def add_pieces(flows: Flows, pieces: Sequence[Piece], project: Callable[[Piece], Blocks], processors: int = PROCESSORS) -> None:
    """Add the flows of the pieces in their order, however many are projected at once."""
    for first in range(0, len(pieces), processors):
        held = pieces[first : first + processors]
        for piece, done in zip(held, at_once(held, project, processors), strict=True):
            for rows, found in done:
                add_piece(flows, rows, found, piece.cells)


def at_once(pieces: Sequence[Piece], project: Callable[[Piece], Blocks], processors: int) -> list[Blocks]:
    """The flows of some pieces."""
    found: list[Blocks] = [()] * len(pieces)

    def some(low: int, high: int) -> None:
        for n in range(low, high):
            found[n] = project(pieces[n])

    in_threads(some, len(pieces), processors)
    return found


def add_piece(flows: Flows, rows: Sequence[int], found: Flows, cells: Ints) -> None:
    """Add what some scenarios come to in a piece."""
    flows.parts[rows] += found.parts
    flows.weighted[rows] += found.weighted
    for whole, own in ((flows.default, found.default), (flows.closing, found.closing)):
        if whole.size:
            whole[rows] += placed(own, cells, whole.shape[2])


def placed(own: Floats, cells: Ints, count: int) -> Floats:
    """Flows of some cells (S, H, q) among those of all (S, H, Q)."""
    if len(cells) == count:
        return own
    every = np.zeros((*own.shape[:2], count))
    every[:, :, cells] = own
    return every
