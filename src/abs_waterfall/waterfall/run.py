"""Run a deal: date by date, all scenarios at once.

Shapes: S scenarios, R rows (S, or 2S where the deal has a call: one half never exercises it), P payment dates.
The order of one payment date is the deal file's reference's; each of its points is a function here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.vintages import Vintages, joined_names
from abs_waterfall.deal.model import Deal
from abs_waterfall.timeline import whole_months
from abs_waterfall.waterfall.calendar import (
    DealCalendar,
    account_fractions,
    accrual_days,
    dated_amounts,
    deal_calendar,
    fee_dates,
    fee_fractions,
    hedge_fractions,
    month_fractions,
    note_fractions,
    year_fractions,
)
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.checks import all_checks
from abs_waterfall.waterfall.coupons import accrual_of, coupon_rates, held, index_shifts
from abs_waterfall.waterfall.effects import any_holds
from abs_waterfall.waterfall.growing_pool import GrowingPool
from abs_waterfall.waterfall.ledger import Ledger
from abs_waterfall.waterfall.periods import PoolPeriods, pool_periods
from abs_waterfall.waterfall.purchases import Buying, horizon
from abs_waterfall.waterfall.reading import added
from abs_waterfall.waterfall.record import Record, cashflows
from abs_waterfall.waterfall.resolve import ResolvedDeal, resolve
from abs_waterfall.waterfall.schedules import planned_balances
from abs_waterfall.waterfall.settings import settings_of
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, State, accrete, move
from abs_waterfall.waterfall.steps import Steps, value_of
from abs_waterfall.waterfall.triggers import derive_mode, may_buy, test_triggers, trigger_plan

DUST_SHARE = 1e-11  # of the pool's initial balance: what is owed below this is rounding


@dataclass(frozen=True, slots=True)
class Rates:
    """What interest accrues at, of lines without a formula; the last axis is rows, or 1 where all rows share it."""

    coupons: tuple[Floats, ...]  # (P, R) of each line
    uncapped: tuple[Floats, ...]  # (P, R) of each line, before its cap
    indices: dict[str, Floats]  # (P, R) as read when each period begins


@dataclass(frozen=True, slots=True)
class Fractions:
    """Years that everything accrues for up to each payment date."""

    notes: Floats  # (N, P)
    fees: Floats  # (F, P)
    fee_dates: Bools  # (F, P) on which each fee falls due
    fee_amounts: Floats  # (F, P) stated by date
    accounts: Floats  # (P,)
    facilities: Floats  # (facilities, P)
    hedges: Floats  # (hedges, P)
    opening_means: dict[str, Floats]  # (P, S) mean opening balance of the period's months, by day count


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of a run: every scenario as assumed, then, where there is a call, every scenario the other way."""

    scenario: Ints  # (R,)
    callable: Bools  # (R,)


def run_waterfall(
    deal: Deal,
    eligible_balance: float,
    collateral: CollateralCashflows,
    at_speeds: CollateralCashflows | None = None,
    vintages: Vintages | None = None,
) -> tuple[DealCashflows, DealCashflows]:
    """The deal's cash flows as its call assumes, and the other way: exercised where it is not, and the reverse.

    `at_speeds` is the pool at the speeds that schedules are derived from, one a scenario, where any are; `vintages` what a
    deal that revolves may buy. Without a call both are the same object. Raises InputError where the deal does not hold together.
    """
    segments = joined_names(collateral.segment_names, vintages.segment_names if vintages else ())
    resolved = resolve(deal, eligible_balance, segments)
    months = collateral.closing_balance.shape[1]
    months = horizon(deal, vintages, months) if vintages else months
    calendar = deal_calendar(deal, months)
    initial = deal.pool.initial_balance or eligible_balance
    pool = pool_periods(collateral, calendar, initial, (deal.pool.cumulative_default, deal.pool.cumulative_loss))
    rows = rows_of(deal, len(collateral.closing_balance))
    planned = planned_balances(deal.schedule, resolved.planned_from, calendar, at_speeds)
    with np.errstate(all="ignore"):
        run = Run(resolved, calendar, pool, rows, initial, planned)
        if vintages is not None and resolved.revolving is not None:
            run.buy_from(vintages, collateral, months)
        for period in range(calendar.periods):
            run.pay(period)
    count = len(collateral.closing_balance)
    halves = [
        cashflows(run.record, run.ledger, range(start, start + count), deal.scenario_names)
        for start in range(0, len(rows.scenario), count)
    ]
    if run.buying is not None:
        halves = [with_purchases(half, run.buying, i * count) for i, half in enumerate(halves)]
    checked = [replace(half, checks=all_checks(half, pool_of(half, collateral), deal)) for half in halves]
    return checked[0], checked[-1]


def with_purchases(half: DealCashflows, buying: Buying, first: int) -> DealCashflows:
    """The cash flows of some rows with what was bought in them."""
    rows = range(first, first + len(half.scenarios))
    lost = buying.lost_recoveries(rows, half.last_period, half.call_period)
    return replace(half, purchases=buying.flows(rows), lost_recoveries=lost)


def pool_of(flows: DealCashflows, collateral: CollateralCashflows) -> CollateralCashflows:
    """The pool that a deal ran on: what it bought included."""
    return flows.purchases.collateral if flows.purchases else collateral


def rows_of(deal: Deal, scenarios: int) -> Rows:
    """Each scenario once, or twice where the deal has a call."""
    once = np.arange(scenarios, dtype=np.int64)
    if deal.call is None:
        return Rows(once, np.zeros(scenarios, dtype=np.bool_))
    return Rows(np.tile(once, 2), np.repeat([deal.call.assume, not deal.call.assume], scenarios))


def fractions_of(deal: Deal, calendar: DealCalendar, pool: PoolPeriods) -> Fractions:
    """Every year fraction of the deal."""
    notes = [note_fractions(calendar, deal.dates, tranche.day_count, tranche.accrue_on) for tranche in deal.tranche]
    fees = [fee_fractions(calendar, deal.dates, fee) for fee in deal.fee]
    means = {fee.day_count: opening_mean(deal, calendar, pool, fee.day_count) for fee in deal.fee}
    shape = len(fees), calendar.periods
    facilities = [year_fractions((deal.dates.closing, *calendar.paid), facility.day_count) for facility in deal.facility]
    hedges = [hedge_fractions(calendar, deal.dates, hedge) for hedge in deal.hedge]
    return Fractions(
        notes=np.array(notes),
        fees=np.array(fees).reshape(shape),
        fee_dates=np.array([fee_dates(calendar, fee) for fee in deal.fee], dtype=np.bool_).reshape(shape),
        fee_amounts=np.array([dated_amounts(calendar, fee) for fee in deal.fee]).reshape(shape),
        accounts=account_fractions(calendar, deal.dates),
        facilities=np.array(facilities).reshape(len(facilities), calendar.periods),
        hedges=np.array(hedges).reshape(len(hedges), calendar.periods),
        opening_means=means,
    )


def rates_of(deal: ResolvedDeal, calendar: DealCalendar, scenario: Ints) -> Rates:
    """Every rate that is known before the run."""
    terms, shifts = deal.deal, index_shifts(deal.deal)
    accruals = [accrual_of(terms, calendar, tranche) for tranche in terms.tranche]
    both = [coupon_rates(line.coupon, terms, accruals[line.tranche]) for line in deal.lines]
    starts = accrual_days(calendar, terms.dates, None)[:-1]
    indices = {name: held(curve.rates, starts)[:, None] + shifts for name, curve in terms.index.items()}
    return Rates(
        coupons=tuple(by_row(rates, scenario) for rates, _ in both),
        uncapped=tuple(by_row(rates, scenario) for _, rates in both),
        indices={name: by_row(rates, scenario) for name, rates in indices.items()},
    )


def by_row(rates: Floats, scenario: Ints) -> Floats:
    """(P, R) of rates by scenario; what all scenarios share stays as it is."""
    return rates if rates.shape[1] == 1 else np.ascontiguousarray(rates[:, scenario])


def opening_mean(deal: Deal, calendar: DealCalendar, pool: PoolPeriods, day_count: str) -> Floats:
    """(P, S) the months' opening balances, weighted by their year fractions: accruing on it is accruing month by month."""
    weights = month_fractions(calendar, deal.dates.cutoff, day_count)
    weighted = np.add.reduceat(pool.opening_by_month * weights[:, None], calendar.first_month, axis=0)
    return np.asarray(weighted / np.add.reduceat(weights, calendar.first_month)[:, None])


class Run:
    """One run of a resolved deal: its state, its record and its ledger."""

    def __init__(
        self, deal: ResolvedDeal, calendar: DealCalendar, pool: PoolPeriods, rows: Rows, initial: float, planned: Floats
    ) -> None:
        self.deal = deal
        self.calendar = calendar
        self.pool = pool
        self.rows = rows
        self.planned = planned
        self.fractions = fractions_of(deal.deal, calendar, pool)
        self.rates = rates_of(deal, calendar, rows.scenario)
        self.last = pool.last_period[rows.scenario]
        self.called = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.ended = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.ledger = Ledger(deal, calendar.periods, len(rows.scenario))
        self.record = Record(deal, calendar, pool, rows.scenario, planned)
        self.settings = settings_of(deal.deal, rows.scenario)
        self.plan = trigger_plan(deal, calendar, rows.scenario)
        self.steps = Steps(deal.target_now, deal.undrawn, deal.effects.traps, self.ledger, deal.deal.file)
        self.state = self.opening_state(initial)
        self.initial = initial
        self.final = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.buying: Buying | None = None
        self.month_weights: dict[str, Floats] = {}

    def opening_state(self, initial: float) -> State:
        """Closing: notes issued, accounts funded, nothing due."""
        deal, rows = self.deal, len(self.rows.scenario)
        claims = deal.claims
        pots = 2 + len(deal.accounts) + claims.facilities + claims.hedges
        state = State(
            claims=claims,
            inside=2 + len(deal.accounts),
            net=np.zeros((claims.hedges, rows)),
            dust=DUST_SHARE * initial,
            cash=np.zeros((pots, rows)),
            into=np.zeros((pots, rows)),
            out=np.zeros((pots, rows)),
            owed=np.zeros((claims.count, rows)),
            initials=np.ascontiguousarray(deal.initials[:, self.rows.scenario]),
            due=np.zeros((claims.count, rows)),
            paid=np.zeros((claims.count, rows)),
            accruing=np.zeros((len(deal.deal.fee), rows)),
            shortfall=np.zeros((claims.interests.stop, rows)),
            accreted=np.zeros((claims.tranches, rows)),
            raised=np.zeros((claims.count, rows)),
            lowered=np.zeros((claims.count, rows)),
            written_off=np.zeros((claims.tranches, rows)),
            step_paid=np.zeros((len(deal.step_names), rows)),
            holding=np.zeros((len(deal.triggers), rows), dtype=np.bool_),
            clean=np.zeros((len(deal.triggers), rows), dtype=np.int64),
            released=np.zeros(rows, dtype=np.bool_),
            emptied=np.zeros((len(deal.accounts), rows), dtype=np.bool_),
            last_values={name: np.full(rows, -np.inf) for name, _ in deal.stopped},
            spent=np.zeros(rows),
            revolving=np.zeros(rows, dtype=np.bool_),
            pool={},
            segments={},
            indices={},
            coupons=np.zeros((claims.interests.stop, rows)),
            planned=np.zeros(len(self.planned)),
            opening_means={},
            history={operand: np.full((self.calendar.periods, rows), np.nan) for operand, _ in deal.histories},
            period=0,
            date=0,
            months=0,
        )
        state.owed[claims.balances] = deal.sizes[:, self.rows.scenario]
        for line, tranche in enumerate(deal.deal.tranche):  # a class's own line has its index
            state.owed[line] = tranche.unpaid_interest
        state.owed[claims.residuals] = np.inf
        for pot, account in enumerate(deal.deal.account, start=2):
            state.cash[pot] = self.settings.at_closing(f"account.{account.name}.initial", account.initial)
        return state

    def pay(self, period: int) -> None:
        """One payment date."""
        state, alive = self.state, ~self.ended
        self.open_date(period)
        if self.buying is not None:
            self.open_buying(self.buying, period, alive)
        self.collect(period, alive)
        self.fix_dues(period, alive)
        self.look_back()
        test_triggers(self.deal, self.plan, state, alive, self.record, before=True)
        called = self.exercise_call(alive)
        state.revolving = may_buy(self.deal, state) & ~called
        self.final = called | ((self.last <= period) & ~self.goes_on(period))
        self.release(period, alive)
        self.pay_steps(period, alive)
        self.defer(period, alive)
        if self.buying is not None:
            self.buying.close_period(state, alive)
            self.last = np.maximum(self.last, self.buying.last_period)
        test_triggers(self.deal, self.plan, state, alive, self.record, before=False)
        self.keep_values()
        self.record.close_date(state, period, alive)
        self.ended |= alive & self.final

    def goes_on(self, period: int) -> Bools:
        """(R,) there will be another date, whatever the pool pays: the plan revolves, and dates are left."""
        return self.state.revolving & (period < self.calendar.periods - 1)

    def buy_from(self, vintages: Vintages, collateral: CollateralCashflows, months: int) -> None:
        """Let the pool grow by purchases."""
        deal, terms = self.deal.deal, self.deal.revolving
        assert terms is not None  # noqa: S101 - only a deal that revolves buys
        months = max(months, self.calendar.first_month[-1] + self.calendar.months[-1])
        pool = GrowingPool(
            collateral,
            self.rows.scenario,
            months,
            joined_names(collateral.segment_names, vintages.segment_names),
            self.initial,
            (deal.pool.cumulative_default, deal.pool.cumulative_loss),
            base_grows=terms.terms.cumulative_base == "bought",
        )
        self.buying = Buying(terms, deal, self.calendar, pool, vintages, lambda state: may_buy(self.deal, state))
        self.steps.buying = self.buying
        self.month_weights = {fee.day_count: month_fractions(self.calendar, deal.dates.cutoff, fee.day_count) for fee in deal.fee}

    def open_buying(self, buying: Buying, period: int, alive: Bools) -> None:
        """Monthly purchases since the last date; then the pool's values of the period, with all that was bought so far."""
        state, first, months = self.state, self.calendar.first_month[period], self.calendar.months[period]
        state.revolving = may_buy(self.deal, state)
        buying.open_period(state)
        if buying.terms.monthly:
            buying.collect_monthly(state, period, lambda: self.into_funds(alive), alive)
            wanted, paid, left = buying.monthly
            self.ledger.write_line(len(self.deal.accounts), period, wanted > 0, wanted, paid, left)
        buying.show(state, first, months)
        state.revolving = may_buy(self.deal, state)
        state.opening_means = {
            name: buying.pool.opening_mean(first, weights[first : first + months]) for name, weights in self.month_weights.items()
        }

    def into_funds(self, alive: Bools) -> Floats:
        """(2, R) what the pool pays into the two funds, of the months that the state shows."""
        pool = self.state.pool
        to = INTEREST if self.deal.deal.pool.recoveries_to == "interest" else PRINCIPAL
        into = np.array([np.where(alive, pool["interest"], 0.0), np.where(alive, pool["principal"], 0.0)])
        into[to] += np.where(alive, pool["recovery"], 0.0)
        return into

    def open_date(self, period: int) -> None:
        """The clock, and the pool's values of the collection period."""
        state, scenario = self.state, self.rows.scenario
        state.into[:], state.out[:] = 0.0, 0.0
        state.period = period
        state.date = self.calendar.nominal[period].toordinal()
        state.months = months_since(self.deal.deal, self.calendar, period)
        state.pool = {name: values[period, scenario] for name, values in self.pool.values.items()}
        state.pool["months"] = np.full(len(scenario), float(self.calendar.months[period]))
        state.pool["periods_a_year"] = np.full(len(scenario), 12 / self.calendar.months[period])
        state.segments = {name: values[period, scenario] for name, values in self.pool.segments.items()}
        state.indices = {name: np.broadcast_to(rates[period], (state.rows,)) for name, rates in self.rates.indices.items()}
        state.planned = self.planned[:, period]
        state.opening_means = {name: values[period, scenario] for name, values in self.fractions.opening_means.items()}

    def collect(self, period: int, alive: Bools) -> None:
        """Point 1: collections join the two funds, and what accounts earned joins interest."""
        state = self.state
        rates = np.array([account.rate for account in self.deal.deal.account])
        earned = state.held[2:] * (rates * self.fractions.accounts[period])[:, None] * alive
        into = self.into_funds(alive)
        there = into.copy() if self.buying is not None and self.buying.terms.monthly else 0.0  # came in month by month
        into[INTEREST] += added(earned)
        self.record.open_date(state, period, alive, earned, into)
        state.cash[:2] += into - there

    def fix_dues(self, period: int, alive: Bools) -> None:
        """Point 2: what is due today, from balances after the last date."""
        state, claims = self.state, self.deal.claims
        state.shortfall = state.owed[claims.interests].copy()
        state.due[claims.balances] = state.owed[claims.balances]
        if claims.facilities or claims.hedges:
            self.look_back()
            self.fix_facilities(period, alive)
            self.fix_hedges(period, alive)
        for table, i in self.deal.due_order:
            if table == "tranche":
                self.fix_interest(i, period, alive)
                continue
            self.look_back()  # a fee may look back on today's values, those of fees before it among them
            claim = claims.fee(i)
            state.owed[claim] += np.where(alive, self.fee_due(i, period, alive), 0.0)
            state.due[claim] = state.owed[claim]
        self.record.excess_spread[period] = np.where(alive, self.deal.excess_spread(state), 0.0)

    def fix_interest(self, tranche: int, period: int, alive: Bools) -> None:
        """What a class's lines accrue today, on its balance and on what is unpaid."""
        state, fraction = self.state, self.fractions.notes[tranche, period]
        terms, base = self.deal.deal.tranche[tranche], self.interest_base(tranche, alive)
        if self.deal.interest_on[tranche] is not None:
            self.record.interest_base[period, tranche] = base * alive
        for line in self.deal.claims.lines(tranche):
            rate, before_cap = self.coupon_today(line, period, alive)
            on = terms.interest_on_shortfall
            late_rate = before_cap if on == "coupon" else (on or 0.0)
            accrued = base * (rate * fraction)
            late = state.owed[line] * (late_rate * fraction)
            self.record.accrued[period, line] = accrued * alive
            self.record.accrued_late[period, line] = late * alive
            self.record.coupons[period, line] = rate * alive
            state.coupons[line] = rate
            state.owed[line] += (accrued + late) * alive
            state.due[line] = state.owed[line]

    def interest_base(self, tranche: int, alive: Bools) -> Floats:
        """What a class's interest accrues on: its balance, or what it says."""
        formula = self.deal.interest_on[tranche]
        if formula is None:
            return np.asarray(self.state.owed[self.deal.claims.principal(tranche)])
        self.look_back()
        return np.maximum(value_of(formula, self.state, alive, f"tranche[{tranche}].interest_on", self.deal.deal.file), 0.0)

    def coupon_today(self, line: int, period: int, alive: Bools) -> tuple[Floats, Floats]:
        """The rate of a line, and what interest on arrears of it accrues at if that is the coupon: the one before its cap."""
        of = self.deal.lines[line]
        if of.carried_from >= 0:
            rate, uncapped = self.rate_and_uncapped(of.carried_from, period, alive)
            return uncapped - rate, uncapped
        rate, _ = self.rate_and_uncapped(line, period, alive)
        return rate, rate

    def rate_and_uncapped(self, line: int, period: int, alive: Bools) -> tuple[Floats, Floats]:
        """A coupon, and what it is before its cap."""
        formulas, terms = self.deal.coupons[line], self.deal.lines[line]
        if formulas is None:
            both = self.rates.coupons[line][period], self.rates.uncapped[line][period]
            rate, uncapped = (self.settings.now(f"tranche.{terms.name}.coupon", own, self.state) for own in both)
            return rate, uncapped
        self.look_back()
        floor, place, file = getattr(terms.coupon, "floor", 0.0), f"{terms.place}.formula", self.deal.deal.file
        rate, uncapped = (np.maximum(value_of(formula, self.state, alive, place, file), floor) for formula in formulas)
        return rate, uncapped

    def fee_due(self, fee: int, period: int, alive: Bools) -> Floats:
        """What of a fee falls due today: an amount on its dates, a rate with all it accrued since the last, and at the end."""
        terms, due = self.deal.deal.fee[fee], self.fractions.fee_dates[fee, period]
        if terms.rate is None and not due:
            return np.zeros(self.state.rows)
        accrued = self.fee_accrued(fee, period, alive)
        if terms.rate is None or terms.every == terms.from_period == 1:
            return np.asarray(accrued + self.fractions.fee_amounts[fee, period])
        total = self.state.accruing[fee] + np.where(alive, accrued, 0.0)
        falls = due | (self.last <= period)
        self.state.accruing[fee] = np.where(falls, 0.0, total)
        return np.where(falls, total, 0.0)

    def fix_facilities(self, period: int, alive: Bools) -> None:
        """Interest on what is drawn and the fee on what is not, since the last date."""
        state, claims = self.state, self.deal.claims
        for f, terms in enumerate(self.deal.deal.facility):
            drawn, costs, place = claims.drawn(f), claims.costs(f), f"facility[{f}].limit"
            undrawn = value_of(lambda now, f=f: self.deal.undrawn(f, now), state, alive, place, self.deal.deal.file)  # type: ignore[misc]
            rate = value_of(self.deal.facility_rates[f], state, alive, f"facility[{f}].rate", self.deal.deal.file)
            yearly = state.owed[drawn] * rate + undrawn * terms.commitment_fee
            state.owed[costs] += np.where(alive, yearly * self.fractions.facilities[f, period], 0.0)
            state.due[costs], state.due[drawn] = state.owed[costs], state.owed[drawn]

    def fix_hedges(self, period: int, alive: Bools) -> None:
        """Each hedge's net of today: to be received, or owed."""
        state, claims = self.state, self.deal.claims
        for h, legs in enumerate(self.deal.hedges):
            place, file = f"hedge[{h}]", self.deal.deal.file
            notional = np.maximum(value_of(legs.notional, state, alive, f"{place}.notional", file), 0.0)
            rate = value_of(legs.rate, state, alive, f"{place}.receives", file)
            state.net[h] = np.where(alive, notional * rate * self.fractions.hedges[h, period], 0.0)
            state.cash[state.inside + claims.facilities + h] += np.maximum(state.net[h], 0.0)
            state.owed[claims.hedge(h)] += np.maximum(-state.net[h], 0.0)
            state.due[claims.hedge(h)] = state.owed[claims.hedge(h)]

    def fee_accrued(self, fee: int, period: int, alive: Bools) -> Floats:
        """What a fee adds today: its rate on its base, or its amount, within its floor and cap a year."""
        terms, fraction = self.deal.deal.fee[fee], self.fractions.fees[fee, period]
        key = "amount" if terms.rate is None else "base"
        value = value_of(self.deal.fee_amounts[fee], self.state, alive, f"fee[{fee}].{key}", self.deal.deal.file)
        if terms.rate is not None:
            value = value * (self.settings.now(f"fee.{terms.name}.rate", terms.rate, self.state) * fraction)
        elif isinstance(terms.amount, int | float):
            value = np.asarray(self.settings.now(f"fee.{terms.name}.amount", terms.amount, self.state) + 0.0 * value)
        value = np.maximum(value, 0.0 if terms.floor is None else terms.floor * fraction)
        return value if terms.cap is None else np.minimum(value, terms.cap * fraction)

    def look_back(self) -> None:
        """Take today's values of what formulas look back on."""
        state = self.state
        for operand, formula in self.deal.histories:
            state.history[operand][state.period] = formula(state)

    def exercise_call(self, alive: Bools) -> Bools:
        """Point 4: where the call may be exercised and pays every fee and note, the pool is sold. Gives the rows."""
        state, claims = self.state, self.deal.claims
        if self.deal.call_when is None:
            return np.zeros_like(alive)
        wanted = alive & self.rows.callable & self.deal.call_when(state)
        notes = list(self.deal.notes)
        due = (
            added(state.owed[claims.fees_due])
            + added(state.accruing)
            + added(state.owed[[line for note in notes for line in claims.lines(note)]])
            + added(state.owed[claims.balances][notes])
            + added(state.owed[list(self.deal.other_dues)])
        )
        there = added(state.held)
        if self.deal.call_amount is None:
            amount = np.maximum(due - there, 0.0)
        else:
            amount = np.maximum(value_of(self.deal.call_amount, state, wanted, "call.amount", self.deal.deal.file), 0.0)
        called: Bools = wanted & (amount + there >= due - state.dust)
        amount = np.where(called, amount, 0.0)
        to_principal = np.minimum(amount, state.pool["balance"])
        state.cash[PRINCIPAL] += to_principal
        state.cash[INTEREST] += amount - to_principal
        for name in ("balance", "factor"):
            state.pool[name] = np.where(called, 0.0, state.pool[name])
        state.segments = {name: np.where(called, 0.0, balance) for name, balance in state.segments.items()}
        self.fees_at_call(called)
        self.record.call(state.period, called, amount)
        return called

    def fees_at_call(self, called: Bools) -> None:
        """What fees accrued towards a later date falls due where the call makes this date the last."""
        fees = self.deal.claims.fees_due
        accrued = np.where(called, self.state.accruing, 0.0)
        for what in (self.state.owed, self.state.due):
            what[fees] += accrued
        self.state.accruing -= accrued

    def release(self, period: int, alive: Bools) -> None:
        """On the last date, once every note is paid, and where a trigger sweeps them, accounts are emptied into interest."""
        state, claims = self.state, self.deal.claims
        notes = added(state.owed[claims.balances][list(self.deal.notes)])
        state.released = alive & (self.final | (notes <= 0))
        for account in range(len(self.deal.accounts)):
            pot = 2 + account
            held = state.cash[pot].copy()
            state.emptied[account] = state.released | (alive & any_holds(state, self.deal.effects.sweeps[account]))
            moved = move(state, (pot,), held, state.emptied[account], pot=INTEREST)
            self.ledger.write_line(account, period, state.emptied[account] & (held > 0), held, moved, state.cash[pot])

    def keep_values(self) -> None:
        """Note what targets and terms are that triggers may keep from falling on the next date."""
        for name, formula in self.deal.stopped:
            value = np.broadcast_to(formula(self.state), (self.state.rows,))
            self.state.last_values[name] = np.where(np.isfinite(value), value, self.state.last_values[name])

    def pay_steps(self, period: int, alive: Bools) -> None:
        """Point 5: the steps of each row's mode."""
        state = self.state
        state.paid[:] = 0.0
        state.accreted[:] = 0.0
        state.raised[:] = 0.0
        state.lowered[:] = 0.0
        state.step_paid[:] = 0.0
        state.shortfall = state.owed[self.deal.claims.interests]
        mode = derive_mode(self.deal, state)
        self.record.mode[period] = np.where(alive, mode, 0)
        for step in self.deal.steps:
            mask = alive & (mode == step.mode)
            if mask.any():
                self.steps.run(step, state, mask)

    def defer(self, period: int, alive: Bools) -> None:
        """After the steps, interest that a deferrable class was not paid joins its balance."""
        state = self.state
        for position, line in enumerate(self.deal.deferred):
            want = state.owed[line].copy()
            added_on = accrete(state, line, want, alive)
            self.ledger.write_line(self.ledger.deferrals + position, period, alive & (want > 0), want, added_on, state.owed[line])


def months_since(deal: Deal, calendar: DealCalendar, period: int) -> int:
    """Whole months from closing to a payment date."""
    closing, date = deal.dates.closing, calendar.nominal[period]
    months = whole_months(closing, date)
    return (
        months if months is not None else 12 * (date.year - closing.year) + date.month - closing.month - (date.day < closing.day)
    )
