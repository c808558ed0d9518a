"""A pool that is bought into as the deal runs: months of flows, to which every purchase adds its vintage's.

Shapes: R rows, T months since cut-off, K segments, P payment dates. Arrays here are month first, (T, R).
"""

from __future__ import annotations

import datetime as dt

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.collateral.cashflows import SELDOM, CollateralCashflows
from abs_waterfall.timeline import month_dates
from abs_waterfall.waterfall.periods import DELINQUENT, rate_to_date, share_of
from abs_waterfall.waterfall.sums import added

FLOWS = (
    "opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "loss", "closing_balance",
    "advanced_interest", "advanced_principal", "drawn",
)  # fmt: skip
SUMS = {
    "interest": ("interest", "advanced_interest", "prepayment_penalty"),
    "prepayment_penalty": ("prepayment_penalty",),
    "capitalised": ("capitalised",),
    "scheduled_principal": ("scheduled_principal", "advanced_principal"),
    "prepayment": ("prepayment",),
    "default": ("default",),
    "recovery": ("recovery",),
    "loss": ("loss",),
    "drawn": ("drawn",),
    "principal": ("scheduled_principal", "advanced_principal", "prepayment"),
    "principal_due": ("scheduled_principal", "advanced_principal", "prepayment", "default"),
}
"""What formulas call pool.NAME, by the flows that a collection period adds up for it."""


class GrowingPool:
    """The pool's months, those of what was bought among them."""

    def __init__(
        self,
        collateral: CollateralCashflows,
        scenario: Ints,
        months: int,
        segment_names: tuple[str, ...],
        initial: float,
        before: tuple[float, float],
        *,
        base_grows: bool,
        bought: float = 0.0,
    ) -> None:
        self.collateral = collateral
        self.scenario = scenario
        self.months = months
        self.segment_names = segment_names
        self.initial = initial
        self.before = before  # default and loss of a seasoned pool before cut-off
        self.bought_before = bought  # of a deal that goes on from a state
        self.base_grows = base_grows  # whether rates are over what was bought too
        flows = (*FLOWS, *collateral.seldom)
        self.flows = {name: months_first(getattr(collateral, name), scenario, months) for name in flows}
        self.purchased = np.zeros((months, len(scenario)))
        self.carried = np.zeros_like(self.purchased)  # bought before the run, after the pool's cut-off
        if collateral.purchased.shape == collateral.interest.shape:
            self.carried += months_first(collateral.purchased, scenario, months)
        self.balances = self.by_segment(collateral.segment_balance)
        self.defaults = self.by_segment(collateral.segment_default)
        self.bought = {name: np.zeros((months, len(scenario))) for name in segment_names}

    def by_segment(self, flows: Floats) -> dict[str, Floats]:
        """Months of each segment; those that only what is bought has are empty so far."""
        months = {name: np.zeros((self.months, len(self.scenario))) for name in self.segment_names}
        for k, name in enumerate(self.collateral.segment_names):
            months[name] += months_first(flows[:, k], self.scenario, self.months)
        return months

    def add(self, vintage: CollateralCashflows, balance: Floats, month: int) -> None:
        """Add what is bought, (R,), at the end of a month counted from 1: so much of a vintage that pays from the month after."""
        until = min(self.months, month + vintage.closing_balance.shape[1])
        life, where = until - month, np.s_[month:until]
        for name in (*FLOWS, *vintage.seldom):
            self.flow(name)[where] += getattr(vintage, name).T[:life, self.scenario] * balance
        for k, name in enumerate(vintage.segment_names):
            self.balances[name][where] += vintage.segment_balance[:, k].T[:life, self.scenario] * balance
            self.defaults[name][where] += vintage.segment_default[:, k].T[:life, self.scenario] * balance
            self.balances[name][month - 1] += vintage.segment_initial[k] * balance
            self.bought[name][month - 1] += vintage.segment_initial[k] * balance
        self.flows["closing_balance"][month - 1] += balance
        self.purchased[month - 1] += balance

    def flow(self, name: str) -> Floats:
        """Months of a flow; one that the pool did not have before what was just bought starts empty."""
        return self.flows.setdefault(name, np.zeros((self.months, len(self.scenario)))) if name in SELDOM else self.flows[name]

    # ------------------------------------------------------------------------------------------------------------- values

    def values(self, first: int, months: int) -> dict[str, Floats]:
        """What formulas call pool.*, of the collection period of some months from `first` on, with all bought so far."""
        end = first + months
        known = {name: [self.flows[flow][first:end] for flow in flows if flow in self.flows] for name, flows in SUMS.items()}
        values = {name: summed(flows) if flows else np.zeros(len(self.scenario)) for name, flows in known.items()}
        values["balance"] = self.flows["closing_balance"][end - 1] + added((self.purchased + self.carried)[end:])
        values["opening_balance"] = self.flows["opening_balance"][first].copy()
        values["initial_balance"] = np.full(len(self.scenario), self.initial)
        return values | self.rates(values["balance"], end) | self.delinquencies(values["balance"], end)

    def delinquencies(self, balance: Floats, end: int) -> dict[str, Floats]:
        """The shares of the balance that are behind after `end` months."""
        behind = {days: self.flows.get(f"delinquent_{days}") for days in DELINQUENT}
        return {
            f"delinquency_{days}": np.zeros_like(balance) if flow is None else share_of(flow[end - 1], balance)
            for days, flow in behind.items()
        }

    def rates(self, balance: Floats, end: int) -> dict[str, Floats]:
        """Factor and cumulative rates after `end` months, over what was bought so far too where the base grows."""
        base = self.initial + (self.bought_to_date if self.base_grows else 0.0)
        rates = {
            f"cumulative_{name}_rate": rate_to_date((before + added(self.flows[name][:end])) / base)
            for name, before in zip(("default", "loss"), self.before, strict=True)
        }
        return {"factor": balance / base, **rates}

    @property
    def bought_to_date(self) -> Floats:
        """(R,) all that was bought so far."""
        return np.asarray(self.bought_before + added(self.purchased))

    def segments(self, end: int) -> dict[str, Floats]:
        """Each segment's balance after `end` months, with what was bought since."""
        return {name: balance[end - 1] + added(self.bought[name][end:]) for name, balance in self.balances.items()}

    def opening_mean(self, first: int, weights: Floats) -> Floats:
        """(R,) the opening balances of some months from `first` on, weighted."""
        opening = self.flows["opening_balance"][first : first + len(weights)]
        return np.asarray(added(opening * weights[:, None]) / weights.sum())

    def recoveries_after(self, ends: Ints) -> Floats:
        """(R,) what comes back after a month of each row."""
        later = np.arange(self.months)[:, None] >= ends
        return added(self.flows["recovery"] * later)

    # ---------------------------------------------------------------------------------------------------------- the whole

    def whole(self, rows: range, cutoff: dt.date) -> CollateralCashflows:
        """The flows of some rows, one a scenario, all that was bought in them among them."""
        chosen = list(rows)
        return CollateralCashflows(
            dates=month_dates(cutoff, self.months),
            segment_names=self.segment_names,
            **{name: by_scenario(flow, chosen) for name, flow in self.flows.items()},
            segment_initial=self.segment_initial,
            segment_balance=np.stack([by_scenario(flow, chosen) for flow in self.balances.values()], axis=1),
            segment_default=np.stack([by_scenario(flow, chosen) for flow in self.defaults.values()], axis=1),
            purchased=by_scenario(self.purchased + self.carried, chosen),
        )

    @property
    def segment_initial(self) -> Floats:
        """(K,) at cut-off."""
        known = dict(zip(self.collateral.segment_names, self.collateral.segment_initial, strict=True))
        return np.array([known.get(name, 0.0) for name in self.segment_names])


def months_first(flow: Floats, scenario: Ints, months: int) -> Floats:
    """(T, R) of a flow (S, T'), zeros after its end."""
    filled = np.zeros((months, len(scenario)))
    filled[: flow.shape[1]] = flow.T[:months, scenario]
    return filled


def by_scenario(flow: Floats, rows: list[int]) -> Floats:
    """(S, T) of some rows of (T, R)."""
    return np.ascontiguousarray(flow[:, rows].T)


def summed(flows: list[Floats]) -> Floats:
    """(R,) the sum of several flows over their months."""
    total = np.zeros(flows[0].shape[1])
    for flow in flows:
        total = total + added(flow)
    return total
