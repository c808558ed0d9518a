"""Limits on what is bought: the pool that holds it must meet them; what does not fit is cut down.

A share cuts what it is a share of, a mean cuts everything; limit after limit, again and again until none cuts more. Where the
pool is past a limit already, what makes it no worse may be bought. Shapes: R rows, G parts of what is bought and held, P payment
dates, V values of a column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.deal.revolving import Limit
from abs_waterfall.pool.columns import Labels
from abs_waterfall.pool.groups import Groups
from abs_waterfall.waterfall.cashflows import LimitFlows
from abs_waterfall.waterfall.growing_pool import GrowingPool

ROUNDS = 1000
SETTLED = 1e-13  # of what is bought: cuts below this are rounding
MEETS = 1e-12  # of a limit: a mean that misses it by less meets it


@record
class Shown:
    """Where the pool stands to a limit."""

    value: Floats  # (R,) the largest share, or the mean; NaN of no pool
    headroom: Floats  # (R,) to the limit; below 0 past it
    largest: Ints  # (R,) which share is the largest, -1 for a mean


@record
class Share:
    """The largest share that any value of a column may have."""

    values: Labels  # (G,)
    most: float

    def sums(self, parts: Floats) -> Floats:
        """(R, V) of amounts by part."""
        sums = np.zeros((len(parts), len(self.values.names)))
        for part, value in enumerate(self.values.codes):
            sums[:, value] += parts[:, part]
        return sums

    def cut(self, parts: Floats, held: Floats, _: Floats, __: Floats) -> Floats:
        """The parts of each value cut alike, so that the pool with all parts meets the limit."""
        mine, total = self.sums(parts), held.sum(axis=1) + parts.sum(axis=1)
        room = np.maximum(self.most * total[:, None] - self.sums(held), 0.0)
        cut = np.divide(room, mine, out=np.ones_like(room), where=mine > room)
        return np.asarray(parts * cut[:, self.values.codes])

    def shown(self, held: Floats, _: Floats) -> Shown:
        """The largest share."""
        sums, total = self.sums(held), held.sum(axis=1)
        shares = np.divide(sums, total[:, None], out=np.full_like(sums, np.nan), where=total[:, None] > 0)
        largest = np.argmax(sums, axis=1)
        value = shares[np.arange(len(shares)), largest]
        return Shown(value, self.most - value, largest)


@dataclass(frozen=True, slots=True)
class Mean:
    """Bounds of a mean weighted by balance."""

    measure: int
    least: float | None
    most: float | None

    def cut(self, parts: Floats, held: Floats, weighted: Floats, means: Floats) -> Floats:
        """All parts cut alike, so that the mean of the pool and them meets the limit, or is the pool's where that is past it.

        `means` are those of the parts, (G, M).
        """
        total, sums = held.sum(axis=1), weighted[:, self.measure]
        pool = np.divide(sums, total, out=np.full_like(total, np.nan), where=total > 0)
        for bound, sign in ((self.least, 1.0), (self.most, -1.0)):
            if bound is not None:
                kept = sign * np.fmin(sign * pool, sign * bound)  # by a pool that is past the limit, its own mean
                room = np.maximum(sign * (sums - kept * total), 0.0)  # what the pool is better by
                needed = (parts * (sign * (kept[:, None] - means[:, self.measure]))).sum(axis=1)  # what the purchase is worse by
                past = needed > room + MEETS * bound * parts.sum(axis=1)
                parts = parts * np.divide(room, needed, out=np.ones_like(room), where=past)[:, None]
        return parts

    def shown(self, held: Floats, weighted: Floats) -> Shown:
        """The pool's mean."""
        total = held.sum(axis=1)
        value = np.divide(weighted[:, self.measure], total, out=np.full_like(total, np.nan), where=total > 0)
        below = np.inf if self.most is None else self.most - value
        above = np.inf if self.least is None else value - self.least
        return Shown(value, np.minimum(below, above), np.full(len(value), -1, dtype=np.int64))


def resolved_limits(limits: Sequence[Limit], groups: Groups, measures: Sequence[str]) -> tuple[Share | Mean, ...]:
    """Each limit, over the parts."""
    return tuple(
        Share(groups.values[limit.by], limit.max_share or 1.0)
        if limit.by is not None
        else Mean(measures.index(str(limit.measure)), limit.min, limit.max)
        for limit in limits
    )


class Limits:
    """The limits of one run, and what each has cut."""

    def __init__(self, limits: Sequence[Share | Mean], pool: GrowingPool, periods: int) -> None:
        self.limits = tuple(limits)
        self.pool = pool
        rows = len(pool.scenario)
        self.cut = np.zeros((len(self.limits), rows))  # balance since the last date
        self.values, self.headrooms, self.cuts = (np.full((len(self.limits), periods, rows), np.nan) for _ in range(3))
        self.largest = np.full((len(self.limits), periods, rows), -1, dtype=np.int64)

    def within(self, parts: Floats, means: Floats, end: int) -> Floats:
        """(R, G) the most of each part that may be bought into the pool of after `end` months."""
        moving = np.flatnonzero(parts.sum(axis=1) > 0)
        if not self.limits or not moving.size:
            return parts
        held, weighted = self.pool.parts(end), self.pool.weighted(end)
        parts = parts.copy()
        for _ in range(ROUNDS):
            before = parts[moving].sum(axis=1)
            parts[moving] = self.round(parts[moving], held[moving], weighted[moving], means, moving)
            moving = moving[before - parts[moving].sum(axis=1) > SETTLED * before]
            if not moving.size:
                break
        return parts

    def round(self, parts: Floats, held: Floats, weighted: Floats, means: Floats, rows: Ints) -> Floats:
        """Every limit once, in the file's order."""
        for i, limit in enumerate(self.limits):
            left = limit.cut(parts, held, weighted, means)
            self.cut[i, rows] += (parts - left).sum(axis=1)
            parts = left
        return parts

    def close_period(self, period: int, end: int, alive: Bools) -> None:
        """Write down where the pool stands to each limit after a date, and what the limit has cut since the last."""
        if not self.limits:
            return
        held, weighted = self.pool.parts(end), self.pool.weighted(end)
        for i, limit in enumerate(self.limits):
            shown = limit.shown(held, weighted)
            self.values[i, period], self.headrooms[i, period] = shown.value, shown.headroom
            self.largest[i, period] = shown.largest
            self.cuts[i, period] = np.where(alive, self.cut[i], 0.0)
        self.cut[:] = 0.0

    def flows(self, rows: list[int], terms: Sequence[Limit]) -> tuple[LimitFlows, ...]:
        """What is told of each limit, in some rows."""
        return tuple(
            LimitFlows(
                limit=limit,
                value=np.ascontiguousarray(self.values[i][:, rows].T),
                headroom=np.ascontiguousarray(self.headrooms[i][:, rows].T),
                cut=np.ascontiguousarray(self.cuts[i][:, rows].T),
                largest=np.ascontiguousarray(self.largest[i][:, rows].T),
                names=made.values.names if isinstance(made, Share) else (),
            )
            for i, (limit, made) in enumerate(zip(terms, self.limits, strict=True))
        )
