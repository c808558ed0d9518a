"""Run a deal: date by date, all scenarios at once.

Shapes: S scenarios, R rows (S, or 2S where the deal has a call: one half never exercises it), P payment dates.
The order of one payment date is the deal file's reference's; each of its points is a function here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.collateral.vintages import joined_names
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.errors import InputError
from abs_waterfall.timeline import whole_months
from abs_waterfall.waterfall.accruals import fractions_of, rates_of
from abs_waterfall.waterfall.calendar import (
    DealCalendar,
    deal_calendar,
    month_fractions,
    past_dates,
    past_months,
)
from abs_waterfall.waterfall.call import exercise_call, fees_at_end
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.checks import all_checks
from abs_waterfall.waterfall.dues import Dues
from abs_waterfall.waterfall.effects import any_holds
from abs_waterfall.waterfall.growing_pool import Base, GrowingPool, Watched
from abs_waterfall.waterfall.ledger import Ledger
from abs_waterfall.waterfall.opening import opening_state
from abs_waterfall.waterfall.periods import PoolPeriods, pool_periods
from abs_waterfall.waterfall.purchases import Buying, horizon
from abs_waterfall.waterfall.record import Record, cashflows
from abs_waterfall.waterfall.recoveries import recoveries_after
from abs_waterfall.waterfall.resolve import resolve
from abs_waterfall.waterfall.resolved import ResolvedDeal
from abs_waterfall.waterfall.schedules import planned_balances
from abs_waterfall.waterfall.settings import settings_of
from abs_waterfall.waterfall.since import among_months, since
from abs_waterfall.waterfall.standing import planned_left, pool_before, pool_standing, restore, standing_of
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, accrete, move
from abs_waterfall.waterfall.steps import Steps
from abs_waterfall.waterfall.sums import added, where
from abs_waterfall.waterfall.triggers import derive_mode, may_buy, trigger_plan, update_triggers


@record
class Rows:
    """The rows of a run: every scenario as assumed, then, where there is a call, every scenario the other way."""

    scenario: Ints  # (R,) of the pool's cash flows
    terms: Ints  # (R,) scenario of the deal that says the terms
    callable: Bools  # (R,)

    @property
    def of_scenarios(self) -> Ints | slice:
        """Each row's scenario, to index by; all of them, in their order, where there is a row for each."""
        own = np.array_equal(self.scenario, np.arange(len(self.scenario)))
        return slice(None) if own else self.scenario


@record
class Programme:
    """A deal ready to run on the cash flows of its pool, whatever the scenarios."""

    resolved: ResolvedDeal
    calendar: DealCalendar
    initial: float  # the pool's initial balance
    planned: Floats
    months: int  # that the pool and what it buys may pay for


def run_waterfall(
    deal: Deal,
    eligible_balance: float,
    collateral: CollateralCashflows,
    at_speeds: CollateralCashflows | None = None,
    plan: Plan | None = None,
) -> tuple[DealCashflows, DealCashflows]:
    """The deal's cash flows as its call assumes, and the other way: exercised where it is not, and the reverse.

    `at_speeds` is the pool at the speeds that schedules are derived from, one a scenario, where any are; `plan` what a
    deal that revolves may buy. Without a call both are the same object. Raises InputError where the deal does not hold together.
    """
    months = collateral.closing_balance.shape[1]
    programme = programme_of(deal, eligible_balance, collateral.segment_names, months, at_speeds, plan)
    run = paid(programme, collateral, rows_of(deal, np.arange(len(deal.scenario_names))), plan)
    return flows_of(run, collateral, deal.scenario_names)


def state_after(
    deal: Deal,
    eligible_balance: float,
    collateral: CollateralCashflows,
    at_speeds: CollateralCashflows | None = None,
    plan: Plan | None = None,
    *,
    period: int,
    scenario: int = 0,
) -> Standing:
    """Where the deal stands after a payment date counted from closing, in one scenario; to go on from as its [state] says.

    Raises InputError where the deal has ended by then.
    """
    run = begin(deal, eligible_balance, collateral, at_speeds, plan)
    run.pay_dates(min(period, run.calendar.periods))
    ends = int(run.record.last_period[scenario]) + 1 if run.ended[scenario] else run.calendar.periods
    if not past_dates(deal) < period < ends:
        message = f"expected a payment date from {past_dates(deal) + 1} to {ends - 1}, the last but one; got {period}"
        raise InputError.one(message, "--period", deal.file)
    months = run.calendar.first_month[period - 1] + run.calendar.months[period - 1]
    come = recoveries_after(deal, collateral, run.buying.pool if run.buying else None, plan, months, scenario)
    return run.standing(scenario, period).model_copy(update={"recoveries": come})


def begin(
    deal: Deal,
    eligible_balance: float,
    collateral: CollateralCashflows,
    at_speeds: CollateralCashflows | None,
    plan: Plan | None,
) -> Run:
    """The run of a deal before its first payment date, or the one after its state."""
    months = collateral.closing_balance.shape[1]
    programme = programme_of(deal, eligible_balance, collateral.segment_names, months, at_speeds, plan)
    return begun(programme, collateral, rows_of(deal, np.arange(len(deal.scenario_names))), plan)


def programme_of(
    deal: Deal,
    eligible_balance: float,
    segments: tuple[str, ...],
    months: int,
    at_speeds: CollateralCashflows | None,
    plan: Plan | None,
) -> Programme:
    """Resolve a deal for a pool of some segments that pays for some months."""
    resolved = resolve(deal, eligible_balance, joined_names(segments, plan.vintages.segment_names if plan else ()))
    months += past_months(deal)
    months = horizon(deal, plan.vintages, months) if plan else months
    calendar = deal_calendar(deal, months)
    planned = planned_balances(deal.schedule, resolved.planned_from, calendar, at_speeds, deal.state)
    return Programme(resolved, calendar, pool_before(deal, eligible_balance)[0], planned, months)


def paid(
    programme: Programme, collateral: CollateralCashflows, rows: Rows, plan: Plan | None = None, *, trail: bool = True
) -> Run:
    """A run of some scenarios after its last payment date; without `trail` no step's payments are kept."""
    run = begun(programme, collateral, rows, plan, trail=trail)
    run.pay_dates(run.calendar.periods)
    return run


def flows_of(run: Run, collateral: CollateralCashflows, names: tuple[str, ...]) -> tuple[DealCashflows, DealCashflows]:
    """The cash flows of a run's scenarios, called by their names, checked: as the call assumes, and the other way."""
    deal, count = run.deal.deal, len(collateral.opening_balance)
    halves = []
    for first in range(0, len(run.rows.scenario), count):
        rows = range(first, first + count)
        half = cashflows(run.record, run.ledger, rows, names)
        half = half if run.buying is None else with_purchases(half, run.buying, rows)
        halves.append(since(half, past_dates(deal), past_months(deal), run.calendar))
    checked = [replace(half, checks=all_checks(half, pool_of(half, collateral), deal)) for half in halves]
    return checked[0], checked[-1]


def begun(programme: Programme, collateral: CollateralCashflows, rows: Rows, plan: Plan | None, *, trail: bool = True) -> Run:
    """A run of some scenarios before its first payment date, or the one after its state."""
    resolved, calendar, deal = programme.resolved, programme.calendar, programme.resolved.deal
    collateral = among_months(collateral, past_months(deal), deal.dates.cutoff)
    before = pool_before(deal, programme.initial)[1]
    pool = pool_periods(collateral, calendar, programme.initial, before, resolved.segments)
    with np.errstate(all="ignore"):
        run = Run(resolved, calendar, pool, rows, programme.initial, programme.planned, trail=trail)
        if plan is not None and resolved.revolving is not None:
            run.buy_from(plan, collateral, programme.months)
        if deal.state is not None:
            run.go_on(deal.state)
    return run


def with_purchases(half: DealCashflows, buying: Buying, rows: range) -> DealCashflows:
    """The cash flows of some rows with what was bought in them."""
    lost = buying.lost_recoveries(rows, half.last_period, half.call_period)
    return replace(half, purchases=buying.flows(rows), lost_recoveries=lost)


def pool_of(flows: DealCashflows, collateral: CollateralCashflows) -> CollateralCashflows:
    """The pool that a deal ran on: what it bought included."""
    return flows.purchases.collateral if flows.purchases else collateral


def rows_of(deal: Deal, terms: Ints) -> Rows:
    """Each scenario once, or twice where the deal has a call; `terms` are the deal's own scenarios that say its terms."""
    once = np.arange(len(terms), dtype=np.int64)
    if deal.call is None:
        return Rows(once, terms, np.zeros(len(terms), dtype=np.bool_))
    return Rows(np.tile(once, 2), np.tile(terms, 2), np.repeat([deal.call.assume, not deal.call.assume], len(terms)))


class Run:
    """One run of a resolved deal: its state, its record and its ledger."""

    def __init__(
        self,
        deal: ResolvedDeal,
        calendar: DealCalendar,
        pool: PoolPeriods,
        rows: Rows,
        initial: float,
        planned: Floats,
        *,
        trail: bool,
    ) -> None:
        self.deal = deal
        self.calendar = calendar
        self.pool = pool
        self.rows = rows
        self.planned = planned
        self.fractions = fractions_of(deal.deal, calendar, pool)
        self.rates = rates_of(deal, calendar, rows.terms)
        self.of_rows = rows.of_scenarios
        self.last = pool.last_period[rows.scenario]
        self.called = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.ended = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.ledger = Ledger(deal, calendar.periods, len(rows.scenario), kept=trail)
        self.record = Record(deal, calendar, pool, rows.scenario, planned)
        self.plan = trigger_plan(deal, calendar, rows.terms)
        self.steps = Steps(deal.target_now, deal.undrawn, deal.effects.traps, self.ledger, deal.deal.file)
        settings = settings_of(deal.deal, rows.terms)
        self.state = opening_state(deal, rows.terms, calendar.periods, initial, settings)
        self.dues = Dues(deal, self.rates, self.fractions, settings, self.state, self.record)
        self.initial = initial
        self.final = np.zeros(len(rows.scenario), dtype=np.bool_)
        self.buying: Buying | None = None
        self.month_weights: dict[str, Floats] = {}

    def go_on(self, said: Standing) -> None:
        """Begin where a state says."""
        restore(self.deal, self.state, said)
        if self.buying is not None:
            self.buying.restore(said)
        self.record.unpaid.write(said.period - 1, self.state.owed, ~self.ended)
        self.record.unspent[said.period - 1] = self.state.cash[:2]
        self.last = np.maximum(self.last, said.period)

    def standing(self, row: int, period: int) -> Standing:
        """Where a row stands after the last payment date that was paid."""
        bought = {} if self.buying is None else self.buying.standing(row)
        grows = self.buying is not None and self.buying.pool.base.grows
        others = pool_standing(self.state, row, self.initial, bought["pool.bought"] if grows else 0.0) | bought
        said = standing_of(self.deal, self.state, row, period, others)
        left = [] if self.buying is None else self.buying.left_of_lines(row)
        return said.model_copy(update={"planned": planned_left(self.deal.deal, self.planned, period), "for_sale": left})

    def pay_dates(self, until: int) -> None:
        """The payment dates before one, an index, but for those that are past."""
        with np.errstate(all="ignore"):
            for period in range(past_dates(self.deal.deal), until):
                self.pay(period)

    def pay(self, period: int) -> None:
        """One payment date."""
        state, alive = self.state, ~self.ended
        self.open_date(period)
        if self.buying is not None:
            self.open_buying(self.buying, period, alive)
        self.collect(period, alive)
        self.dues.fix_dues(period, alive, self.ends_on(period))
        self.deal.look_back(state)
        update_triggers(self.deal, self.plan, state, alive, self.record, before=True)
        called = exercise_call(self.deal, state, self.record, alive & self.rows.callable)
        state.revolving = may_buy(self.deal, state) & ~called
        state.final = self.final = called | self.ends_on(period)
        fees_at_end(self.deal.claims, state, alive & self.final)
        self.release(period, alive)
        self.pay_steps(period, alive)
        self.defer(period, alive)
        if self.buying is not None:
            self.buying.close_period(state, alive)
            self.last = np.maximum(self.last, self.buying.last_period)
        self.keep_values()
        update_triggers(self.deal, self.plan, state, alive, self.record, before=False)
        self.record.close_date(state, period, alive)
        self.ended |= alive & self.final

    def ends_on(self, period: int) -> Bools:
        """(R,) this date is the last as far as is known: the pool has paid all, and the plan does not revolve with dates left."""
        goes_on = self.state.revolving & (period < self.calendar.periods - 1)
        return (self.last <= period) & ~goes_on

    def buy_from(self, plan: Plan, collateral: CollateralCashflows, months: int) -> None:
        """Let the pool grow by purchases."""
        deal, terms = self.deal.deal, self.deal.revolving
        assert terms is not None  # noqa: S101 - only a deal that revolves buys
        months = max(months, self.calendar.first_month[-1] + self.calendar.months[-1])
        pool = GrowingPool(
            collateral,
            self.rows.scenario,
            months,
            plan.vintages.segment_names,
            Base(
                self.initial,
                pool_before(deal, self.initial)[1],
                grows=terms.terms.cumulative_base == "bought",
                bought=deal.state.value("pool.bought") if deal.state else 0.0,
                past=past_months(deal),
            ),
            Watched(plan.groups.count, plan.measures, plan.held, plan.vintages.seldom),
        )
        self.buying = Buying(terms, deal, self.calendar, pool, plan, lambda state: may_buy(self.deal, state))
        self.steps.buying = self.buying
        counts = {fee.day_count for fee in deal.fee if fee.base is not None}
        self.month_weights = {count: month_fractions(self.calendar, deal.dates.cutoff, count) for count in sorted(counts)}

    def open_buying(self, buying: Buying, period: int, alive: Bools) -> None:
        """Monthly purchases since the last date; then the pool's values of the period, with all that was bought so far."""
        state, first, months = self.state, self.calendar.first_month[period], self.calendar.months[period]
        state.revolving = may_buy(self.deal, state)
        buying.open_period(state)
        if buying.terms.monthly:
            buying.collect_monthly(state, period, lambda: self.into_funds(alive), alive)
            self.last = np.maximum(self.last, buying.last_period)
            wanted, paid, left = buying.monthly
            self.ledger.write_line(len(self.deal.accounts), period, wanted > 0, wanted, paid, left)
        buying.open_date(period)
        buying.show(state, first, months)
        state.revolving = may_buy(self.deal, state)
        state.opening_means = {
            name: buying.pool.opening_mean(first, weights[first : first + months]) for name, weights in self.month_weights.items()
        }

    def into_funds(self, alive: Bools) -> Floats:
        """(2, R) what the pool pays into the two funds, of the months that the state shows."""
        pool = self.state.pool
        to = INTEREST if self.deal.deal.pool.recoveries_to == "interest" else PRINCIPAL
        into = np.array([where(alive, pool["interest"]), where(alive, pool["principal"])])
        into[to] += where(alive, pool["recovery"])
        return into

    def open_date(self, period: int) -> None:
        """The clock, and the pool's values of the collection period."""
        state, of_rows = self.state, self.of_rows
        state.into[:], state.out[:] = 0.0, 0.0
        state.acting[:] = state.holding
        state.period = period
        state.date = self.calendar.nominal[period].toordinal()
        state.months = months_since(self.deal.deal, self.calendar, period)
        state.pool = {name: values[period][of_rows] for name, values in self.pool.values.items()}
        state.pool["months"] = np.full(state.rows, float(self.calendar.months[period]))
        state.pool["periods_a_year"] = np.full(state.rows, 12 / self.calendar.months[period])
        state.segments = {name: values[period][of_rows] for name, values in self.pool.segments.items()}
        state.indices = {name: np.broadcast_to(rates[period], (state.rows,)) for name, rates in self.rates.indices.items()}
        state.planned = self.planned[:, period]
        state.opening_means = {name: values[period][of_rows] for name, values in self.fractions.opening_means.items()}

    def collect(self, period: int, alive: Bools) -> None:
        """Point 1: collections join the two funds, and what accounts earned joins interest."""
        state = self.state
        rates = np.array([account.rate for account in self.deal.deal.account])
        held = state.held[2:] if self.buying is None else state.held[2:] + self.buying.waited
        earned = held * (rates * self.fractions.accounts[period])[:, None] * alive
        into = self.into_funds(alive)
        there = into.copy() if self.buying is not None and self.buying.terms.monthly else 0.0  # came in month by month
        into[INTEREST] += added(earned)
        self.record.open_date(state, period, alive, earned, into)
        state.cash[:2] += into - there

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
        if self.deal.writes:
            state.raised[:] = 0.0
            state.lowered[:] = 0.0
        state.step_paid[:] = 0.0
        state.shortfall = state.owed[self.deal.claims.interests]
        mode = derive_mode(self.deal, state)
        self.record.mode[period] = np.where(alive, mode, 0)
        in_mode = [alive & (mode == number) for number in range(len(self.deal.modes))]
        some = [bool(mask.any()) for mask in in_mode]
        for step in (step for step in self.deal.steps if some[step.mode]):
            self.steps.run(step, state, in_mode[step.mode])

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
