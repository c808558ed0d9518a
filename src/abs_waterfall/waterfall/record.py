"""What a run writes down as it goes, and the cash flows it is turned into.

Shapes: P payment dates, N tranches, R rows. Arrays are filled date by date, then handed out scenario by scenario.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.waterfall.calendar import DealCalendar, accrual_days, past_dates
from abs_waterfall.waterfall.cashflows import (
    AccountFlows,
    DealCashflows,
    FacilityFlows,
    FeeFlows,
    Funds,
    HedgeFlows,
    LedgerFlows,
    LineFlows,
    ScheduleFlows,
    TrancheFlows,
    TriggerFlows,
)
from abs_waterfall.waterfall.ledger import Ledger
from abs_waterfall.waterfall.periods import PoolPeriods
from abs_waterfall.waterfall.resolved import ResolvedDeal, ResolvedTrigger
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, State
from abs_waterfall.waterfall.sums import everywhere, total, where


class History:
    """What some claims had, date by date; of the others nothing, ever."""

    def __init__(self, dates: int, past: int, rows: int, claims: Iterable[int]) -> None:
        self.place = {claim: i for i, claim in enumerate(sorted(set(claims)))}
        self.kept = np.array(list(self.place), dtype=np.int64)
        self.amounts = filled_by_date(dates, past, rows, len(self.kept))
        self.none = np.broadcast_to(0.0, (dates, rows))

    def write(self, period: int, amounts: Floats, alive: Bools) -> None:
        """What all claims have (claims, R) on a date; 0 in rows that have ended."""
        if not len(self.kept):
            return
        today = self.amounts[period]
        np.take(amounts, self.kept, axis=0, out=today, mode="clip")  # not "raise", which copies twice
        if not everywhere(alive):
            today[:, ~alive] = 0.0

    def write_one(self, period: int, claim: int, amounts: Floats) -> None:
        """What one claim has on a date."""
        self.amounts[period, self.place[claim]] = amounts

    def __getitem__(self, claim: int) -> Floats:
        """(P, R) what a claim had."""
        return self.amounts[:, self.place[claim]] if claim in self.place else self.none


class Record:
    """The history of a run."""

    def __init__(self, deal: ResolvedDeal, calendar: DealCalendar, pool: PoolPeriods, scenario: Ints, planned: Floats) -> None:
        dates, rows = calendar.periods, len(scenario)
        tranches, accounts, triggers = deal.claims.tranches, len(deal.accounts), len(deal.triggers)
        self.deal, self.calendar, self.pool, self.scenario = deal, calendar, pool, scenario
        self.planned = planned
        past, lines, claims = past_dates(deal.deal), len(deal.lines), deal.claims.count
        outside = deal.claims.facilities + deal.claims.hedges
        limitless = set(range(claims)[deal.claims.residuals])
        every, of_claims = partial(filled_by_date, dates, past, rows), partial(History, dates, past, rows)
        seldom = partial(filled_seldom, dates, rows)
        self.accrued = of_claims(deal.accruing)
        self.accrued_late = of_claims(i for i in range(lines) if deal.interest_on_shortfall(i) is not None)
        self.coupons = of_claims(deal.accruing)
        self.interest_base = seldom(tranches, ever=any(formula is not None for formula in deal.interest_on))
        self.opening = every(tranches)
        self.due = of_claims(set(range(claims)) - limitless - set(range(claims)[deal.claims.balances]))
        self.paid = of_claims(deal.paid_by_steps)
        self.unpaid = of_claims(set(range(claims)) - limitless)
        self.accreted = seldom(tranches, ever=deal.accretes)
        self.raised = of_claims(range(claims) if deal.writes else ())
        self.lowered = of_claims(range(claims) if deal.writes else ())
        self.account_opening = every(accounts)
        self.account_closing = every(accounts)
        self.account_into = every(accounts)
        self.account_out = every(accounts)
        self.earned = every(accounts)
        self.taken = every(outside)  # drawn under facilities, received under hedges
        self.offered = every(outside)  # undrawn, not received
        self.net = every(deal.claims.hedges)
        self.collected = every(2)
        self.added = every(2)
        self.spent = every(2)
        self.unspent = every(2)
        self.call_amount = seldom(1, ever=deal.call_when is not None)[:, 0]
        self.call_period = np.full(rows, -1, dtype=np.int64)
        self.last_period = np.zeros(rows, dtype=np.int64)
        self.breached = np.zeros((dates, triggers, rows), dtype=np.bool_)
        self.active = np.zeros((dates, triggers, rows), dtype=np.bool_)
        self.tested = np.zeros((dates, triggers, rows), dtype=np.bool_)
        self.fired = np.zeros((dates, triggers, rows), dtype=np.bool_)
        self.measure = np.full((dates, triggers, rows), np.nan)
        self.threshold = np.full((dates, triggers, rows), np.nan)
        self.mode = np.zeros((dates, rows), dtype=np.int64)
        self.pool_balance = every(1)[:, 0]
        self.pool_factor = every(1)[:, 0]
        self.excess_spread = every(1)[:, 0]
        self.cumulative_default = every(1)[:, 0]
        self.cumulative_loss = every(1)[:, 0]

    def open_date(self, state: State, period: int, alive: Bools, earned: Floats, into: Floats) -> None:
        """Balances before anything happens, and what comes in."""
        self.opening[period] = where(alive, state.owed[self.deal.claims.balances])
        before = state.held[2:] + state.out[2 : state.inside]  # of an account that monthly purchases have already spent from
        self.account_opening[period] = where(alive, before)
        self.earned[period] = earned
        self.collected[period] = into

    def call(self, period: int, called: Bools, amount: Floats) -> None:
        """The call, where it is exercised."""
        self.call_amount[period] = amount
        self.call_period[called] = period

    def trigger(
        self, i: int, trigger: ResolvedTrigger, state: State, alive: Bools, tested: Bools, breached: Bools, fired: Bools
    ) -> None:
        """What a trigger's test showed, or that it was fired by hand."""
        self.fired[state.period, i] = fired
        self.tested[state.period, i] = tested
        self.breached[state.period, i] = breached
        self.active[state.period, i] = alive & state.holding[i]
        if trigger.sides is not None:
            self.measure[state.period, i] = np.where(tested, trigger.sides.measure(state), np.nan)
            self.threshold[state.period, i] = np.where(tested, trigger.sides.threshold(state), np.nan)

    def close_date(self, state: State, period: int, alive: Bools) -> None:
        """What was due and paid, and what is left."""
        self.due.write(period, state.due, alive)
        self.paid.write(period, state.paid, alive)
        self.unpaid.write(period, state.owed, alive)
        if self.deal.accretes:
            self.accreted[period] = where(alive, state.accreted)
        self.raised.write(period, state.raised, alive)
        self.lowered.write(period, state.lowered, alive)
        self.account_into[period] = state.into[2 : state.inside]
        self.account_out[period] = state.out[2 : state.inside]
        self.account_closing[period] = where(alive, state.held[2:])
        self.added[period] = where(alive, state.into[:2])
        self.spent[period] = where(alive, state.out[:2])
        self.unspent[period] = where(alive, state.cash[:2])
        if state.inside < len(state.cash):
            self.taken[period] = where(alive, state.out[state.inside :])
            self.offered[period] = where(alive, self.offer(state))
            self.net[period] = where(alive, state.net)
        self.pool_balance[period] = where(alive, state.pool["balance"])
        self.pool_factor[period] = where(alive, state.pool["factor"])
        self.cumulative_default[period] = where(alive, state.pool["cumulative_default_rate"])
        self.cumulative_loss[period] = where(alive, state.pool["cumulative_loss_rate"])
        self.last_period[alive] = period

    def offer(self, state: State) -> Floats:
        """What may be drawn under each facility, and what each hedge still owes."""
        facilities = [self.deal.undrawn(f, state) for f in range(self.deal.claims.facilities)]
        return np.array([*facilities, *state.cash[state.inside + len(facilities) :]])


def filled_by_date(dates: int, past: int, rows: int, things: int) -> Floats:
    """(P, things, R) that every payment date fills, but for those that are past."""
    history = np.empty((dates, things, rows))
    history[:past] = 0.0
    return history


def filled_seldom(dates: int, rows: int, things: int, *, ever: bool) -> Floats:
    """(P, things, R) zeros; where nothing is `ever` written there, one zero that stands for all."""
    return np.zeros((dates, things, rows)) if ever else np.broadcast_to(0.0, (dates, things, rows))


def cashflows(record: Record, ledger: Ledger, rows: range, scenarios: tuple[str, ...]) -> DealCashflows:
    """The cash flows of some rows, one a scenario. The checks are added by who has the collateral too."""
    deal, calendar, chosen = record.deal, record.calendar, slice(rows.start, rows.stop)
    last = record.last_period[chosen]
    left = record.unspent[last, :, rows].sum(axis=1) + record.account_closing[last, :, rows].sum(axis=1)
    return DealCashflows(
        scenarios=scenarios,
        dates=calendar.paid,
        nominal_dates=calendar.nominal,
        collection_ends=calendar.collection_ends,
        last_period=last,
        call_period=record.call_period[chosen],
        pool_balance=by_scenario(record.pool_balance, chosen),
        pool_factor=by_scenario(record.pool_factor, chosen),
        cumulative_default_rate=by_scenario(record.cumulative_default, chosen),
        cumulative_loss_rate=by_scenario(record.cumulative_loss, chosen),
        excess_spread=by_scenario(record.excess_spread, chosen),
        funds=fund_flows(record, chosen),
        tranches={tranche.name: tranche_flows(record, i, chosen) for i, tranche in enumerate(deal.deal.tranche)},
        accounts={name: account_flows(record, i, chosen) for i, name in enumerate(deal.accounts)},
        fees={fee.name: fee_flows(record, i, chosen) for i, fee in enumerate(deal.deal.fee)},
        ledgers=dict(ledger_flows(record, chosen)),
        facilities={f.name: facility_flows(record, i, chosen) for i, f in enumerate(deal.deal.facility)},
        hedges={hedge.name: hedge_flows(record, i, chosen) for i, hedge in enumerate(deal.deal.hedge)},
        triggers={trigger.name: trigger_flows(record, i, chosen) for i, trigger in enumerate(deal.triggers)},
        schedules={schedule.name: schedule_flows(record, i, chosen) for i, schedule in enumerate(deal.deal.schedule)},
        modes=deal.modes,
        mode=np.ascontiguousarray(record.mode[:, chosen].T),
        ledger=ledger.lines(rows),
        undistributed=left,
        lost_recoveries=lost_recoveries(record, chosen),
        checks=(),
        determination_dates=calendar.determined,
        record_dates=calendar.record,
        accrual_ends=accrual_days(calendar, deal.deal.dates, None)[1:],
        published_to=calendar.published_to,
    )


def by_scenario(history: Floats, chosen: slice) -> Floats:
    """(S, P) of a history (P, R): the same memory, date by date, as what reads it adds and compares date by date too."""
    return history[:, chosen].T


def fund_flows(record: Record, chosen: slice) -> Funds:
    """What came into the funds and what stayed in them."""
    opening, before = np.zeros_like(record.unspent[:, :, chosen]), record.unspent[:-1, :, chosen]
    opening[1:] = before * (np.arange(1, len(opening))[:, None] <= record.last_period[chosen])[:, None]
    return Funds(
        interest=by_scenario(record.collected[:, INTEREST], chosen),
        principal=by_scenario(record.collected[:, PRINCIPAL], chosen),
        call_amount=by_scenario(record.call_amount, chosen),
        added_interest=by_scenario(record.added[:, INTEREST], chosen),
        added_principal=by_scenario(record.added[:, PRINCIPAL], chosen),
        spent_interest=by_scenario(record.spent[:, INTEREST], chosen),
        spent_principal=by_scenario(record.spent[:, PRINCIPAL], chosen),
        opening_interest=opening[:, INTEREST].T,
        opening_principal=opening[:, PRINCIPAL].T,
        unspent_interest=by_scenario(record.unspent[:, INTEREST], chosen),
        unspent_principal=by_scenario(record.unspent[:, PRINCIPAL], chosen),
    )


def tranche_flows(record: Record, tranche: int, chosen: slice) -> TrancheFlows:
    """One tranche's history."""
    claims, lines = record.deal.claims, record.deal.lines
    principal = claims.principal(tranche)
    opening = by_scenario(record.opening[:, tranche], chosen)
    formulated = record.deal.interest_on[tranche] is not None
    base = by_scenario(record.interest_base[:, tranche], chosen) if formulated else opening
    every = {lines[line].name: line_flows(record, line, chosen) for line in claims.lines(tranche)}
    regular = [every[lines[line].name] for line in claims.lines(tranche) if lines[line].carried_from < 0]
    return TrancheFlows(
        opening_balance=opening,
        interest_accrued=total([line.accrued for line in every.values()]),
        interest_on_shortfall=total([line.on_shortfall for line in every.values()]),
        interest_due=total([line.due for line in every.values()]),
        interest=total([line.paid for line in every.values()]),
        accreted=by_scenario(record.accreted[:, tranche], chosen),
        interest_shortfall=total([line.unpaid for line in every.values()]),
        principal=by_scenario(record.paid[principal], chosen),
        write_down=by_scenario(record.lowered[principal], chosen),
        write_up=by_scenario(record.raised[principal], chosen),
        residual=by_scenario(record.paid[claims.residual(tranche)], chosen),
        closing_balance=by_scenario(record.unpaid[principal], chosen),
        coupon=total([line.coupon for line in regular]),
        interest_base=base,
        lines=every,
    )


def line_flows(record: Record, line: int, chosen: slice) -> LineFlows:
    """One line of interest's history."""
    histories = record.coupons, record.accrued, record.accrued_late, record.due, record.paid, record.unpaid
    return LineFlows(*(by_scenario(history[line], chosen) for history in histories))


def account_flows(record: Record, account: int, chosen: slice) -> AccountFlows:
    """One account's history."""
    return AccountFlows(
        opening_balance=by_scenario(record.account_opening[:, account], chosen),
        into=by_scenario(record.account_into[:, account], chosen),
        out=by_scenario(record.account_out[:, account], chosen),
        earned=by_scenario(record.earned[:, account], chosen),
        closing_balance=by_scenario(record.account_closing[:, account], chosen),
    )


def fee_flows(record: Record, fee: int, chosen: slice) -> FeeFlows:
    """One fee's history."""
    claim = record.deal.claims.fee(fee)
    return FeeFlows(*(by_scenario(history[claim], chosen) for history in (record.due, record.paid, record.unpaid)))


def schedule_flows(record: Record, schedule: int, chosen: slice) -> ScheduleFlows:
    """One schedule's plan and its classes' balances, which do not exist where it has no classes."""
    principals = [record.deal.claims.principal(tranche) for tranche in record.deal.scheduled[schedule]]
    run = np.arange(record.calendar.periods) <= record.last_period[chosen][:, None]
    balance = sum((by_scenario(record.unpaid[principal], chosen) for principal in principals), np.zeros(run.shape))
    return ScheduleFlows(
        planned_balance=np.where(run, record.planned[schedule], 0.0),
        balance=balance if principals else np.full(run.shape, np.nan),
    )


def ledger_flows(record: Record, chosen: slice) -> Iterator[tuple[str, LedgerFlows]]:
    """Each ledger's history, then, where it has classes, that of each."""
    for ledger in record.deal.deal.ledger:
        lines = record.deal.ledger_lines(ledger.name)
        yield ledger.name, lines_flows(record, list(lines.values()), chosen)
        if ledger.tranches:
            yield from ((name, lines_flows(record, [claim], chosen)) for name, claim in lines.items())


def lines_flows(record: Record, claims: list[int], chosen: slice) -> LedgerFlows:
    """The history of some lines of a ledger together."""
    histories = record.raised, record.paid, record.unpaid
    debited, cured, closing = (by_scenario(total([history[claim] for claim in claims]), chosen) for history in histories)
    opening = np.zeros_like(closing)
    opening[:, 1:] = closing[:, :-1]
    alive = np.arange(opening.shape[1]) <= record.last_period[chosen][:, None]
    return LedgerFlows(np.where(alive, opening, 0.0), debited, cured, closing)


def facility_flows(record: Record, facility: int, chosen: slice) -> FacilityFlows:
    """One facility's history."""
    claims = record.deal.claims
    drawn, costs = claims.drawn(facility), claims.costs(facility)
    histories = [record.due[drawn], record.taken[:, facility], record.paid[drawn], record.unpaid[drawn]]
    histories += [record.offered[:, facility], record.due[costs], record.paid[costs], record.unpaid[costs]]
    return FacilityFlows(*(by_scenario(history, chosen) for history in histories))


def hedge_flows(record: Record, hedge: int, chosen: slice) -> HedgeFlows:
    """One hedge's history."""
    claim, pot = record.deal.claims.hedge(hedge), record.deal.claims.facilities + hedge
    histories = [
        record.net[:, hedge],
        record.taken[:, pot],
        record.paid[claim],
        record.offered[:, pot],
        record.unpaid[claim],
    ]
    return HedgeFlows(*(by_scenario(history, chosen) for history in histories))


def trigger_flows(record: Record, trigger: int, chosen: slice) -> TriggerFlows:
    """One trigger's history."""
    terms = record.deal.triggers[trigger]

    def of(history: Floats | Bools) -> Any:
        return np.ascontiguousarray(history[:, trigger][:, chosen].T)

    return TriggerFlows(
        breached=of(record.breached),
        active=of(record.active),
        tested=of(record.tested),
        when=terms.text,
        measure=of(record.measure) if terms.sides else None,
        threshold=of(record.threshold) if terms.sides else None,
        fired=of(record.fired),
        above=terms.sides is None or terms.sides.above,
    )


def lost_recoveries(record: Record, chosen: slice) -> Floats:
    """(S,) recoveries that arrive after the last date; none where the pool was sold."""
    recovery = record.pool.values["recovery"][:, record.scenario[chosen]]
    after = np.arange(len(recovery))[:, None] > record.last_period[chosen]
    lost = (recovery * after).sum(axis=0) + record.pool.lost_recoveries[record.scenario[chosen]]
    return np.where(record.call_period[chosen] >= 0, 0.0, lost)
