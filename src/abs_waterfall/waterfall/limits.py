"""Limits on what is bought: the pool that holds it must meet them; what does not fit is cut down.

A share cuts what it is a share of, a mean cuts everything. Where the pool is past a limit already, what makes it no worse
may be bought. Shapes: R rows, J parts of the profile, K segments, T months.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.vintages import Vintages
from abs_waterfall.deal.revolving import Limit, Revolving
from abs_waterfall.waterfall.growing_pool import GrowingPool

ROUNDS = 400
SETTLED = 1e-12  # of what is bought: cuts below this are rounding


@dataclass(frozen=True, slots=True)
class Share:
    """The largest share of some segments."""

    segments: tuple[str, ...]
    parts: tuple[int, ...]
    most: float


class Limits:
    """The limits of one run; keeps the means of the pool as it is bought into."""

    def __init__(self, terms: Revolving, segment_by: list[str], pool: GrowingPool, vintages: Vintages) -> None:
        self.pool = pool
        self.vintages = vintages
        self.shares = tuple(share for limit in terms.limit if limit.by for share in shares_of(limit, segment_by, vintages, pool))
        self.means = tuple(limit for limit in terms.limit if limit.measure)
        self.sums: dict[str, Floats] = {limit.measure: self.pool_sums(limit.measure) for limit in self.means if limit.measure}
        self.since: dict[str, Floats] = {
            measure: np.zeros_like(pool.purchased) for measure in self.sums
        }  # of what was bought in a month

    def pool_sums(self, measure: str) -> Floats:
        """(T, R) the measure of the pool at the ends of its months, times its balance."""
        means = self.vintages.pool_means[measure]  # (K, T') of the pool's own segments
        sums = np.zeros_like(self.pool.purchased)
        for k, name in enumerate(self.pool.collateral.segment_names):
            months = min(means.shape[1], len(sums))
            sums[:months] += self.pool.balances[name][:months] * means[k, :months, None]
        return sums

    def add(self, parts: Floats, month: int) -> None:
        """Take in what is bought, (J, R), at the end of a month counted from 1."""
        for measure, sums in self.sums.items():
            for j, balance in enumerate(parts):
                flows, means = self.vintages.unit(month).flows[j], self.vintages.part_means[measure][j]
                until = min(len(sums), month + means.shape[1])
                for k in range(len(flows.segment_names)):
                    closing = flows.segment_balance[:, k].T[: until - month, self.pool.scenario]
                    sums[month:until] += closing * means[k, : until - month, None] * balance
                sums[month - 1] += self.vintages.mean(j, measure) * balance
                self.since[measure][month - 1] += self.vintages.mean(j, measure) * balance

    def within(self, parts: Floats, end: int) -> Floats:
        """(J, R) the most of each part that may be bought into the pool of after `end` months."""
        if not (self.shares or self.means) or not len(parts):
            return parts
        held = self.pool.segments(end)
        total = sum(held.values(), np.zeros(parts.shape[1]))
        for _ in range(ROUNDS):
            before = parts.sum(axis=0)
            for share in self.shares:
                parts = within_share(parts, share, sum((held[name] for name in share.segments), np.zeros_like(total)), total)
            for limit in self.means:
                parts = self.within_mean(parts, limit, total, end)
            if (before - parts.sum(axis=0) <= SETTLED * before).all():
                break
        return parts

    def within_mean(self, parts: Floats, limit: Limit, total: Floats, end: int) -> Floats:
        """All parts cut alike, so that the mean of the pool and them meets the limit."""
        measure = str(limit.measure)
        bought = parts.sum(axis=0)
        means = np.array([self.vintages.mean(j, measure) for j in range(len(parts))])
        added = (parts * means[:, None]).sum(axis=0)
        held = self.sums[measure][end - 1] + self.since[measure][end:].sum(axis=0)
        for bound, sign in ((limit.min, 1.0), (limit.max, -1.0)):
            if bound is not None:
                room = np.maximum(sign * (held - bound * total), 0.0)  # what the pool is better than the limit by
                needed = sign * (bound * bought - added)  # what the purchase is worse by
                cut = np.divide(room, needed, out=np.ones_like(room), where=needed > room)
                parts, bought, added = parts * cut, bought * cut, added * cut
        return parts


def within_share(parts: Floats, share: Share, held: Floats, total: Floats) -> Floats:
    """The parts of a share cut alike, so that the pool with all parts meets it."""
    chosen = list(share.parts)
    mine = parts[chosen].sum(axis=0)
    room = np.maximum(share.most * (total + parts.sum(axis=0)) - held, 0.0)
    cut = np.divide(room, mine, out=np.ones_like(room), where=mine > room)
    parts = parts.copy()
    parts[chosen] *= cut
    return parts


def shares_of(limit: Limit, segment_by: list[str], vintages: Vintages, pool: GrowingPool) -> Iterator[Share]:
    """A share for each value of what the limit is by."""
    groups: dict[str, list[str]] = {}
    for name in pool.segment_names:
        groups.setdefault(value_in(name, limit.by or "", segment_by), []).append(name)
    for names in groups.values():
        parts = tuple(j for j, part in enumerate(vintages.parts) if vintages.segment_names[part.segment] in names)
        yield Share(tuple(names), parts, limit.max_share or 1.0)


def value_in(segment: str, column: str, segment_by: list[str]) -> str:
    """The value of one of the columns that segments are made of; the segment itself where it is not made of them."""
    values = segment.split("/")
    return values[segment_by.index(column)] if column in segment_by and len(values) == len(segment_by) else segment
