"""A pool that is bought into as the deal runs: months of flows, to which every purchase adds its vintage's.

Shapes: R rows, U months since cut-off, K segments, G parts that limits tell apart, M measures, P payment dates. Arrays here are
row first, so that a purchase adds to what lies together.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.collateral.cashflows import SELDOM, CollateralCashflows
from abs_waterfall.collateral.kernels.shapes import CLOSING, Grown, Vintage
from abs_waterfall.collateral.kernels.vintages import add_vintage
from abs_waterfall.collateral.parts import PartFlows
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.collateral.vintages import Unit, joined_names
from abs_waterfall.pool.groups import AGEING
from abs_waterfall.timeline import month_dates
from abs_waterfall.waterfall.periods import DELINQUENT, rate_to_date, share_of

STRETCH = 8  # loan-months that adding one flow of a vintage takes as long as, interpreted
FLOWS = (
    "interest", "scheduled_principal", "prepayment", "recovery", "advanced_interest", "advanced_principal", "drawn", "default",
    "closing_balance",
)  # fmt: skip
SUMS = {
    "interest": ("interest", "advanced_interest", "prepayment_penalty"),
    "prepayment_penalty": ("prepayment_penalty",),
    "capitalised": ("capitalised",),
    "scheduled_principal": ("scheduled_principal", "advanced_principal"),
    "prepayment": ("prepayment",),
    "default": ("default",),
    "recovery": ("recovery",),
    "drawn": ("drawn",),
    "principal": ("scheduled_principal", "advanced_principal", "prepayment"),
    "principal_due": ("scheduled_principal", "advanced_principal", "prepayment", "default"),
}
"""What formulas call pool.NAME, by the flows that a collection period adds up for it."""


@record
class Bought:
    """What was bought at the end of one month."""

    segments: Floats  # (R, K)
    parts: Floats  # (R, G)
    weighted: Floats  # (R, M)


@dataclass(frozen=True, slots=True)
class Base:
    """What rates are over."""

    initial: float
    before: tuple[float, float]  # default and loss of a seasoned pool before cut-off
    grows: bool  # whether they are over what was bought too
    bought: float = 0.0  # before the run, by a deal that goes on from a state
    past: int = 0  # months from the deal's cut-off to the pool's


@record
class Watched:
    """What limits look at of the pool itself."""

    parts: int = 1  # G
    measures: tuple[str, ...] = ()  # M
    held: PartFlows | None = None  # the pool by parts, measured; None where there are no limits
    seldom: bool = False  # whether what is bought has flows that few pools have


class GrowingPool:
    """The pool's months, those of what was bought among them."""

    def __init__(
        self,
        collateral: CollateralCashflows,
        scenario: Ints,
        months: int,
        bought_names: Sequence[str],
        base: Base,
        watched: Watched,
    ) -> None:
        self.collateral = collateral
        self.scenario = scenario
        self.months = months
        self.segment_names = joined_names(collateral.segment_names, bought_names)
        self.places = np.array([self.segment_names.index(name) for name in bought_names], dtype=np.int64)
        self.base = base
        self.ageing = np.array([measure in AGEING for measure in watched.measures], dtype=np.float64)
        rows, parts, measures = len(scenario), watched.parts, len(watched.measures)
        self.names = (*FLOWS, *SELDOM) if collateral.seldom or watched.seldom else FLOWS
        self.grown = Grown(
            flows=np.stack([widened(getattr(collateral, name)[scenario], months) for name in self.names], axis=1),
            default=self.by_segment(collateral.segment_default),
            closing=self.by_segment(collateral.segment_balance),
            parts=np.zeros((rows, parts, months)),
            weighted=np.zeros((rows, measures, months)),
        )
        self.purchased = np.zeros((rows, months))
        self.carried = np.zeros((rows, months))  # bought before the run, after the pool's cut-off
        if collateral.purchased.shape == collateral.interest.shape:
            self.carried += widened(collateral.purchased[scenario], months)
        self.bought: dict[int, Bought] = {}
        if watched.held is not None:
            self.hold(watched.held)

    def by_segment(self, flows: Floats) -> Floats:
        """(R, K, U) of each segment; those that only what is bought has are empty so far."""
        months = np.zeros((len(self.scenario), len(self.segment_names), self.months))
        until = min(flows.shape[2], self.months)
        months[:, : flows.shape[1], :until] = flows[self.scenario, :, :until]
        return months

    def hold(self, held: PartFlows) -> None:
        """Take in the pool's own balances by part, and weighted."""
        past = self.base.past
        until = min(held.closing.shape[1], self.months - past)
        parts = held.parts[self.scenario][:, :, CLOSING, :until]
        aged = parts.sum(axis=1)[:, None, :] * (self.ageing * past)[:, None]  # what ages is counted from the deal's cut-off
        self.grown.parts[:, :, past : past + until] += parts
        self.grown.weighted[:, :, past : past + until] += held.weighted.sum(axis=1)[self.scenario, :, :until] + aged

    def add(self, unit: Unit, parts: Floats, month: int) -> None:
        """Add what is bought of each part, (R, G), at the end of a month counted from 1: it pays from the month after."""
        flows = unit.flows
        shares = np.divide(parts, unit.shares, out=np.zeros_like(parts), where=unit.shares > 0)
        shift, segment = self.ageing * month, self.places[flows.segment]
        vintage = Vintage(flows.parts, flows.default, flows.closing, flows.weighted, shift, segment, flows.part)
        adding = add_vintage.fit(STRETCH * len(shares) * (shares.shape[1] + 5 * len(flows.part)))
        in_threads(lambda low, high: adding(low, high, month, self.scenario, shares, vintage, self.grown), len(shares))
        bought = Bought(self.segments_of(flows, shares), parts, (shares[:, :, None] * unit.weighted).sum(axis=1))
        self.join(bought, month)
        self.bought[month] = together(self.bought.get(month), bought)

    def segments_of(self, flows: PartFlows, shares: Floats) -> Floats:
        """(R, K) what of each segment is bought."""
        segments = np.zeros((len(shares), len(self.segment_names)))
        for cell, (segment, part) in enumerate(zip(self.places[flows.segment], flows.part, strict=True)):
            segments[:, segment] += shares[:, part] * flows.initial[cell]
        return segments

    def join(self, bought: Bought, month: int) -> None:
        """Let it stand in the pool at the end of the month it was bought in."""
        balance = bought.parts.sum(axis=1)
        self.grown.flows[:, CLOSING, month - 1] += balance
        self.grown.closing[:, :, month - 1] += bought.segments
        self.grown.parts[:, :, month - 1] += bought.parts
        self.grown.weighted[:, :, month - 1] += bought.weighted + balance[:, None] * self.ageing * month
        self.purchased[:, month - 1] += balance

    # ------------------------------------------------------------------------------------------------------------- values

    def flow(self, name: str) -> Floats:
        """(R, U) of the whole pool."""
        if name == "opening_balance":
            opening = np.zeros_like(self.purchased)
            opening[:, 1:] = self.flow("closing_balance")[:, :-1]
            opening[:, self.base.past] += self.collateral.opening_balance[self.scenario, self.base.past]
            return opening
        if name == "loss":
            return np.asarray(self.flow("default") - self.flow("recovery") - self.flow("advanced_principal"))
        if name not in self.names:
            return np.broadcast_to(0.0, self.purchased.shape)
        return self.grown.flows[:, self.names.index(name)]

    def values(self, first: int, months: int) -> dict[str, Floats]:
        """What formulas call pool.*, of the collection period of some months from `first` on, with all bought so far."""
        end = first + months
        values = {name: summed([self.flow(flow)[:, first:end] for flow in flows]) for name, flows in SUMS.items()}
        values["loss"] = values["default"] - values["recovery"] - self.flow("advanced_principal")[:, first:end].sum(axis=1)
        values["balance"] = self.flow("closing_balance")[:, end - 1] + (self.purchased + self.carried)[:, end:].sum(axis=1)
        values["opening_balance"] = self.flow("opening_balance")[:, first].copy()
        values["initial_balance"] = np.full(len(self.scenario), self.base.initial)
        return values | self.rates(values["balance"], end) | self.delinquencies(values["balance"], end)

    def delinquencies(self, balance: Floats, end: int) -> dict[str, Floats]:
        """The shares of the balance that are behind after `end` months."""
        return {f"delinquency_{days}": share_of(self.flow(f"delinquent_{days}")[:, end - 1], balance) for days in DELINQUENT}

    def bought_default(self, end: int) -> Floats:
        """(R, K, U) defaults in the first months of what was bought, by its own segments."""
        bought = self.grown.default - self.by_segment(self.collateral.segment_default)
        return np.asarray(bought[:, self.places, :end])

    @property
    def bought_to_date(self) -> Floats:
        """(R,) all that was bought so far."""
        return np.asarray(self.base.bought + self.purchased.sum(axis=1))

    def rates(self, balance: Floats, end: int) -> dict[str, Floats]:
        """Factor and cumulative rates after `end` months, over what was bought so far too where the base grows."""
        base = self.base.initial + (self.bought_to_date if self.base.grows else 0.0)
        lost, default = (sum_to(self.flow(name), end) for name in ("loss", "default"))
        earlier_default, earlier_loss = self.base.before
        return {
            "factor": balance / base,
            "cumulative_default_rate": rate_to_date((earlier_default + default) / base),
            "cumulative_loss_rate": rate_to_date((earlier_loss + lost) / base),
        }

    def since(self, end: int) -> Iterable[Bought]:
        """What was bought after `end` months."""
        return (bought for month, bought in self.bought.items() if month > end)

    def segments(self, end: int) -> dict[str, Floats]:
        """Each segment's balance after `end` months, with what was bought since."""
        balances = self.grown.closing[:, :, end - 1].T + sum((bought.segments.T for bought in self.since(end)), 0.0)
        return dict(zip(self.segment_names, balances, strict=True))

    def parts(self, end: int) -> Floats:
        """(R, G) balances after `end` months, with what was bought since."""
        return np.asarray(self.grown.parts[:, :, end - 1] + sum((bought.parts for bought in self.since(end)), 0.0))

    def weighted(self, end: int) -> Floats:
        """(R, M) the balance after `end` months times what is measured, with what was bought since."""
        elapsed = self.flow("closing_balance")[:, end - 1, None] * self.ageing * end
        there = self.grown.weighted[:, :, end - 1] - elapsed
        return np.asarray(there + sum((bought.weighted for bought in self.since(end)), 0.0))

    def opening_mean(self, first: int, weights: Floats) -> Floats:
        """(R,) the opening balances of some months from `first` on, weighted."""
        opening = self.flow("opening_balance")[:, first : first + len(weights)]
        return np.asarray((opening * weights).sum(axis=1) / weights.sum())

    def recoveries_after(self, ends: Ints) -> Floats:
        """(R,) what comes back after a month of each row."""
        later = np.arange(self.months) >= ends[:, None]
        return np.asarray((self.flow("recovery") * later).sum(axis=1))

    # ---------------------------------------------------------------------------------------------------------- the whole

    def whole(self, rows: range, cutoff: dt.date) -> CollateralCashflows:
        """The flows of some rows, one a scenario, all that was bought in them among them."""
        of = slice(rows.start, rows.stop)
        known = dict(zip(self.collateral.segment_names, self.collateral.segment_initial, strict=True))
        return CollateralCashflows(
            dates=month_dates(cutoff, self.months),
            segment_names=self.segment_names,
            **{name: self.flow(name)[of] for name in (*FLOWS, "opening_balance", "loss")},
            **{name: flow for name in self.names[len(FLOWS) :] if (flow := self.flow(name)[of]).any()},
            segment_initial=np.array([known.get(name, 0.0) for name in self.segment_names]),
            segment_balance=self.grown.closing[of],
            segment_default=self.grown.default[of],
            purchased=(self.purchased + self.carried)[of],
        )


def together(earlier: Bought | None, more: Bought) -> Bought:
    """What was bought in one month by several purchases."""
    if earlier is None:
        return more
    return Bought(earlier.segments + more.segments, earlier.parts + more.parts, earlier.weighted + more.weighted)


def widened(flow: Floats, months: int) -> Floats:
    """(R, U) of a flow (R, T), zeros after its end."""
    filled = np.zeros((len(flow), months))
    filled[:, : flow.shape[1]] = flow[:, :months]
    return filled


def sum_to(flow: Floats, end: int) -> Floats:
    """(R,) the sum of a flow's first months."""
    return np.asarray(flow[:, :end].sum(axis=1))


def summed(flows: Sequence[Floats]) -> Floats:
    """(R,) the sum of several flows over their months."""
    total = np.zeros(len(flows[0]))
    for flow in flows:
        total = total + flow.sum(axis=1)
    return total
