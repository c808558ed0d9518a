"""Buying loans: how much a plan's cash buys today, at what price, of what is for sale and within its limits.

Shapes: R rows, G parts of the profile, P payment dates. Amounts in currency units; months are counted from 1 at cut-off.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from abs_waterfall import timeline
from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.collateral.vintages import Unit, Vintages
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.revolving import Revolving, YieldPrice
from abs_waterfall.deal.standing import Standing
from abs_waterfall.errors import InputError
from abs_waterfall.formulas import Value
from abs_waterfall.waterfall.calendar import DealCalendar
from abs_waterfall.waterfall.cashflows import PurchaseFlows
from abs_waterfall.waterfall.growing_pool import GrowingPool
from abs_waterfall.waterfall.limits import Limits, resolved_limits
from abs_waterfall.waterfall.state import PRINCIPAL, Pots, State, spend

Computed: TypeAlias = Callable[[State], Value]


@dataclass(frozen=True, slots=True)
class ResolvedRevolving:
    """[revolving] ready to run."""

    terms: Revolving
    end: int  # ordinal of the last day on which loans may be bought
    then: int  # the mode that follows
    modes: tuple[int, ...]  # in which loans may be bought
    monthly: bool
    source: Pots  # of monthly purchases
    retain: Computed
    price: Computed | None  # None: to a yield
    supply: Computed | None  # None: by month, or unlimited


def last_day(terms: Revolving, dates: Dates) -> dt.date:
    """The last day of the revolving period."""
    return terms.until or timeline.add_months(dates.closing, terms.months or 0)


def month_ends(dates: Dates, last: dt.date) -> tuple[dt.date, ...]:
    """Ends of the months since cut-off, the last of which holds a day."""
    count = max(1, 12 * (last.year - dates.cutoff.year) + last.month - dates.cutoff.month + 2)
    return timeline.month_dates(dates.cutoff, count)


def month_of(day: dt.date, ends: tuple[dt.date, ...]) -> int:
    """The month that holds a day, counted from 1.

    >>> month_of(dt.date(2024, 2, 29), (dt.date(2024, 1, 31), dt.date(2024, 2, 29)))
    2
    """
    return bisect_left(ends, day) + 1


def horizon(deal: Deal, vintages: Vintages, pool_months: int) -> int:
    """Months until the pool, and all that may be bought, has paid; at least one after the last purchase."""
    terms = deal.revolving
    if terms is None:
        return pool_months
    last = min(last_day(terms, deal.dates), deal.dates.legal_final)
    bought = month_of(last, month_ends(deal.dates, last))
    step = timeline.FREQUENCY_MONTHS[deal.dates.frequency]
    return max(pool_months, bought + max(vintages.months, 2 * step))


class Buying:
    """Purchases of one run."""

    def __init__(
        self,
        terms: ResolvedRevolving,
        deal: Deal,
        calendar: DealCalendar,
        pool: GrowingPool,
        plan: Plan,
        may_buy: Callable[[State], Bools],
    ) -> None:
        self.terms = terms
        self.deal = deal
        self.may_buy = may_buy
        self.calendar = calendar
        self.pool = pool
        self.vintages, self.lines = plan.vintages, plan.lines
        self.limits = Limits(resolved_limits(terms.terms.limit, plan.groups, plan.measures), pool, calendar.periods)
        self.month_ends = month_ends(deal.dates, calendar.nominal[-1])
        self.ends = np.array(calendar.first_month) + np.array(calendar.months)
        rows = len(pool.scenario)
        self.last_period = np.zeros(rows, dtype=np.int64)  # that a bought vintage pays on
        self.monthly = np.zeros((3, rows))  # wanted, spent and left by the monthly purchases since the last date
        self.waited = np.zeros((len(deal.account), rows))  # spent of accounts by them, by the share of the period it lay there
        self.idle = np.zeros(rows)
        self.not_bought = np.zeros(rows)
        self.today = np.zeros(rows)
        self.for_sale = np.full((rows, pool.grown.parts.shape[1]), np.inf)
        self.offered = (0, 0)  # the months, after the first up to the last, that it is of
        self.fresh = True  # they are of a day of purchases on which nobody has bought yet
        self.offered_on = np.zeros(rows, dtype=np.int64)  # the date that it is of, by formula
        self.active, self.bought, self.cost, self.idle_cash, self.shortfall = (
            np.zeros((calendar.periods, rows)) for _ in range(5)
        )

    # ------------------------------------------------------------------------------------------------ what stands already

    def restore(self, said: Standing) -> None:
        """Go on from a state."""
        self.idle[:], self.not_bought[:] = said.value("pool.idle_cash"), said.value("revolving.shortfall")
        past = int(self.ends[said.period - 1])
        offered = int(said.values.get("revolving.months_offered", past))
        self.offered = int(said.values.get("revolving.months_gone", max(offered - 1, 0))), offered
        if self.by_month:
            self.for_sale[:], self.fresh = self.left(said), False

    def left(self, said: Standing) -> Floats:
        """(G,) what is left for sale in a state: of each line, or of the mix."""
        if self.lines and said.for_sale:
            return self.lines.by_part(said.for_sale, self.for_sale.shape[1])
        unit = self.vintages.unit(self.offered[1], self.offered)
        return np.zeros(self.for_sale.shape[1]) if unit is None else said.value("revolving.for_sale") * unit.shares

    @property
    def by_month(self) -> bool:
        """Whether what is for sale is stated month by month."""
        supply = self.terms.terms.supply
        return isinstance(supply, list) or supply == "lines"

    def standing(self, row: int) -> dict[str, float]:
        """What a state says of the purchases of one row."""
        return {
            "pool.bought": float(self.pool.bought_to_date[row]),
            "pool.idle_cash": float(self.idle[row]),
            "revolving.shortfall": float(self.not_bought[row]),
            "revolving.months_offered": float(self.offered[1]),
            "revolving.months_gone": float(self.offered[0]),
        } | ({"revolving.for_sale": float(self.left_of_parts(row).sum())} if self.by_month and not self.lines else {})

    def left_of_lines(self, row: int) -> list[float]:
        """What is left for sale of each line in one row, where lines and months say what is."""
        if not self.lines or not self.by_month:
            return []
        return self.lines.by_line(self.left_of_parts(row), self.made())

    def left_of_parts(self, row: int) -> Floats:
        """(G,) what is left for sale in one row."""
        unit = self.vintages.unit(self.offered[1], self.offered) if self.fresh else None
        if unit is not None:
            return self.of_months() * unit.shares
        return np.zeros(self.for_sale.shape[1]) if self.fresh else self.for_sale[row]

    def made(self) -> Floats:
        """(N,) the mix of lines in what is for sale."""
        assert self.lines is not None  # noqa: S101 - asked of plans with lines alone
        return self.lines.balance if self.vintages.offered is None else self.vintages.mix(self.offered)

    # ---------------------------------------------------------------------------------------------------------- the clock

    def open_period(self, state: State) -> None:
        """Nothing bought yet since the last date; nothing idle where nothing more is to be bought."""
        self.today, state.spent = np.zeros(state.rows), np.zeros(state.rows)
        self.waited[:] = 0.0
        self.idle = np.where(state.revolving, self.idle, 0.0)
        self.not_bought = np.where(state.revolving, self.not_bought, 0.0)

    def open_day(self, month: int) -> None:
        """A day of purchases in a month: what was offered since the last is for sale, and no more what is left of that."""
        if month > self.offered[1]:
            self.offered, self.fresh = (self.offered[1], month), True

    def show(self, state: State, first: int, months: int) -> None:
        """Put the pool's values of a collection period into the state."""
        state.pool = self.pool.values(first, months)
        state.pool |= {"months": np.full(state.rows, float(months)), "periods_a_year": np.full(state.rows, 12 / months)}
        state.segments = self.pool.segments(first + months)
        self.show_purchases(state)

    def show_purchases(self, state: State) -> None:
        """Put what was bought into the state."""
        state.pool["purchased"] = self.today
        state.pool["idle_cash"] = self.idle
        state.pool["not_bought"] = self.not_bought

    def close_period(self, state: State, alive: Bools) -> None:
        """Write the date down."""
        period = state.period
        self.active[period] = alive & state.revolving
        for history, value in (
            (self.bought, self.today), (self.cost, state.spent), (self.idle_cash, self.idle), (self.shortfall, self.not_bought),
        ):  # fmt: skip
            history[period] = np.where(alive, value, 0.0)
        self.limits.close_period(period, int(self.ends[period]), alive)

    # ------------------------------------------------------------------------------------------------------------- buying

    def buy_today(self, state: State, source: Pots, want: Floats, mask: Bools) -> Floats:
        """Buy on a payment date, for at most the cash wanted, where the plan revolves. Gives the cash spent, (R,)."""
        day = self.calendar.nominal[state.period]
        end = int(self.ends[state.period])
        before = self.today
        spent = self.buy(state, source, want, mask & state.revolving, month_of(day, self.month_ends), end)
        bought = self.today - before
        state.pool["balance"] = state.pool["balance"] + bought
        state.pool |= self.pool.rates(state.pool["balance"], end)
        segments = self.pool.segments(end)
        state.segments = {name: np.where(bought > 0, balance, state.segments[name]) for name, balance in segments.items()}
        self.show_purchases(state)
        return spent

    def buy(self, state: State, source: Pots, want: Floats, mask: Bools, month: int, end: int) -> Floats:
        """Buy at the end of a month, counted from 1, for at most the cash wanted; what is bought pays from the month after.

        The limits look at the pool after `end` months.
        """
        want = np.where(mask & (want > state.dust), np.maximum(want, 0.0), 0.0)
        mask = mask & (want > 0)
        if not mask.any():
            return np.zeros(state.rows)
        unit = self.offer(state, mask, month)
        price = self.price(state, mask, month)  # (R, G)
        shares = np.zeros(price.shape[1]) if unit is None else unit.shares
        wanted = np.divide(want, (shares * price).sum(axis=1), out=want.copy(), where=shares.any())
        parts = np.minimum(wanted[:, None] * shares, self.for_sale)
        if unit is not None:
            parts = self.limits.within(parts, unit.means, end)
        parts = np.where(parts.sum(axis=1, keepdims=True) > state.dust, parts, 0.0)
        spent = spend(state, source, (parts * price).sum(axis=1), mask)
        parts = np.where(spent[:, None] > 0, parts, 0.0)
        bought = parts.sum(axis=1)
        if unit is not None and bought.any():
            self.pool.add(unit, parts, month)
            self.last_period = np.maximum(self.last_period, self.last_dates(unit, parts, month))
        self.for_sale = self.for_sale - parts
        self.idle = np.where(mask, above_dust(want - spent, state), self.idle)
        self.not_bought = np.where(mask, above_dust(wanted - bought, state), self.not_bought)
        self.today = self.today + bought
        return spent

    def last_dates(self, unit: Unit, parts: Floats, month: int) -> Ints:
        """(R,) the date on which the last flow of what is bought is paid out; 0 where nothing is."""
        lives = np.where(parts > 0, month + unit.months[self.pool.scenario], 0).max(axis=1)
        dates = np.minimum(np.searchsorted(self.ends, lives), self.calendar.periods - 1)
        return np.where(lives > 0, dates, 0).astype(np.int64)

    def collect_monthly(self, state: State, period: int, into: Callable[[], Floats], alive: Bools) -> None:
        """Let the months of a collection period come in one by one, and buy at the end of each in which the plan revolves."""
        first, closing = self.calendar.first_month[period], self.deal.dates.closing
        self.monthly = np.zeros((3, state.rows))
        date = state.date
        for month in range(first + 1, first + self.calendar.months[period] + 1):
            self.show(state, month - 1, 1)
            state.cash[:2] += into()
            day = self.month_ends[month - 1]
            state.date = day.toordinal()
            state.revolving = alive & self.may_buy(state)
            if day >= closing:
                self.open_day(month)
                self.buy_between(state, state.revolving, month)
        state.date = date

    def open_date(self, period: int) -> None:
        """The payment date is a day of purchases."""
        self.open_day(month_of(self.calendar.nominal[period], self.month_ends))

    def buy_between(self, state: State, mask: Bools, month: int) -> None:
        """Buy at the end of a month between payment dates, for all but what is retained."""
        if not mask.any():
            return
        retained = np.broadcast_to(np.asarray(self.terms.retain(state), dtype=np.float64), (state.rows,))
        self.refuse(state, mask & ~np.isfinite(retained), retained, "retain", "a finite number")
        want = state.funds(self.terms.source) - np.maximum(retained, 0.0)
        spent = self.buy(state, self.terms.source, want, mask, month, month)
        for pot in self.terms.source:
            if pot > PRINCIPAL:
                self.waited[pot - 2] += spent * self.elapsed(state.period, self.month_ends[month - 1])
        paid = self.monthly[1] + spent
        self.monthly = np.where(mask, (paid + self.idle, paid, state.funds(self.terms.source)), self.monthly)

    def elapsed(self, period: int, day: dt.date) -> float:
        """The share of the time between two payment dates that has gone by on a day."""
        start = self.calendar.paid[period - 1] if period else self.deal.dates.closing
        return min(max((day - start).days / (self.calendar.paid[period] - start).days, 0.0), 1.0)

    # -------------------------------------------------------------------------------------------------- price and supply

    def price(self, state: State, mask: Bools, month: int) -> Floats:
        """(R, G) cash for 1 of each part's balance."""
        terms, shape = self.terms.terms.price, self.for_sale.shape
        if isinstance(terms, YieldPrice):
            return np.broadcast_to(self.vintages.price_to_yield(terms.yield_, month, self.offered), shape)
        assert self.terms.price is not None  # noqa: S101 - anything but a yield was compiled
        price = np.broadcast_to(np.asarray(self.terms.price(state), dtype=np.float64), (state.rows,))
        self.refuse(state, mask & ~(np.isfinite(price) & (price > 0)), price, "price", "a price above 0")
        return np.broadcast_to(price[:, None], shape)

    def offer(self, state: State, mask: Bools, month: int) -> Unit | None:
        """1 of the mix that is for sale, None where nothing is; what is for sale is worked out once a day of purchases."""
        unit = self.vintages.unit(month, self.offered)
        new = mask & (self.offered_on != state.date) if self.terms.supply else np.full(state.rows, self.fresh)
        if new.any():
            shares = np.zeros(self.for_sale.shape[1]) if unit is None else unit.shares
            amount = np.broadcast_to(self.supply(state, new), (state.rows,))[:, None]
            offered = np.multiply(amount, shares, out=np.zeros(self.for_sale.shape), where=shares > 0)
            self.for_sale = np.where(new[:, None], offered, self.for_sale)
            self.offered_on, self.fresh = np.where(new, state.date, self.offered_on), False
        return unit

    def supply(self, state: State, mask: Bools) -> Floats | float:
        """(R,) balance for sale: of this date by formula, or of the months since the last purchases."""
        if self.terms.supply is not None:
            value = np.broadcast_to(np.asarray(self.terms.supply(state), dtype=np.float64), (state.rows,))
            self.refuse(state, mask & ~np.isfinite(value), value, "supply", "a finite number")
            return np.maximum(value, 0.0)
        return self.of_months()

    def of_months(self) -> float:
        """What was offered in the months that are for sale."""
        given, (first, last) = self.terms.terms.supply, self.offered
        if given == "lines":
            return float(self.vintages.mix(self.offered).sum())
        return float(sum(given[first:last])) if isinstance(given, list) else np.inf

    def refuse(self, state: State, wrong: Bools, value: Floats, key: str, expected: str) -> None:
        """InputError where a formula gives what cannot be."""
        if wrong.any():
            date = dt.date.fromordinal(state.date)
            message = f"the formula gives {value[wrong][0]:g} on {date}; expected {expected}"
            raise InputError.one(message, f"revolving.{key}", self.deal.file)

    # ------------------------------------------------------------------------------------------------------------ results

    def flows(self, rows: range) -> PurchaseFlows:
        """What some rows bought, one a scenario."""
        chosen = list(rows)
        active, bought, cost, idle, short = (
            np.ascontiguousarray(history[:, chosen].T)
            for history in (self.active, self.bought, self.cost, self.idle_cash, self.shortfall)
        )
        whole, carried = self.pool.whole(rows, self.deal.dates.cutoff), self.pool.carried[chosen].sum(axis=1)
        limits = self.limits.flows(chosen, self.deal.revolving.limit if self.deal.revolving else ())
        return PurchaseFlows(active > 0, bought, cost, idle, short, whole, carried, limits)

    def lost_recoveries(self, rows: range, last_period: Ints, call_period: Ints) -> Floats:
        """(S,) what comes back after the last date; none where the pool was sold."""
        ends = np.zeros(len(self.pool.scenario), dtype=np.int64)
        ends[list(rows)] = self.ends[last_period]
        return np.where(call_period >= 0, 0.0, self.pool.recoveries_after(ends)[list(rows)])


def above_dust(amount: Floats, state: State) -> Floats:
    """The amount, 0 where it is rounding."""
    return np.where(amount > state.dust, amount, 0.0)
