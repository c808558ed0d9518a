"""Triggers: when they are tested, held, cured; and the mode that follows from those that hold.

Shapes: T triggers, P payment dates, R rows.
"""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from abs_waterfall.arrays import Bools, Ints, record
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.calendar import DealCalendar
from abs_waterfall.waterfall.effects import any_holds
from abs_waterfall.waterfall.record import Record
from abs_waterfall.waterfall.resolved import ResolvedDeal, ResolvedTrigger
from abs_waterfall.waterfall.state import State


@record
class TriggerPlan:
    """What is known of the tests before a run."""

    dates: Bools  # (T, P) the dates on which each is tested
    on: Bools  # (T, R) false where a scenario switches it off
    fired: Ints  # (T, R) the date on which a scenario fires it, -1 where it does not


def trigger_plan(deal: ResolvedDeal, calendar: DealCalendar, scenario: Ints) -> TriggerPlan:
    """The deal's triggers on its payment dates, in the scenarios of the rows."""
    dates = [tested_dates(trigger, calendar) for trigger in deal.triggers]
    on = [[is_on(deal.deal, name, trigger.name) for name in deal.deal.scenario_names] for trigger in deal.triggers]
    fired = [
        [fired_on(deal.deal, name, trigger.name, calendar) for name in deal.deal.scenario_names] for trigger in deal.triggers
    ]
    shape = len(deal.triggers), len(deal.deal.scenario_names)
    return TriggerPlan(
        dates=np.array(dates, dtype=np.bool_).reshape(shape[0], calendar.periods),
        on=np.array(on, dtype=np.bool_).reshape(shape)[:, scenario],
        fired=np.array(fired, dtype=np.int64).reshape(shape)[:, scenario],
    )


def tested_dates(trigger: ResolvedTrigger, calendar: DealCalendar) -> Bools:
    """(P,) the payment dates on which a trigger may be tested."""
    tested = np.arange(calendar.periods) >= trigger.first
    tested &= np.array([day.toordinal() >= trigger.from_day for day in calendar.nominal])
    if trigger.months:
        tested &= np.array([day.month in trigger.months for day in calendar.nominal])
    if trigger.days:
        stated = np.zeros(calendar.periods + 1, dtype=np.bool_)
        stated[[bisect_left(calendar.nominal, day) for day in trigger.days]] = True
        tested &= stated[:-1]
    return tested


def is_on(deal: Deal, scenario: str, trigger: str) -> bool:
    """Whether a scenario leaves a trigger on."""
    return scenario not in deal.scenario or trigger not in deal.scenario[scenario].off


def fired_on(deal: Deal, scenario: str, trigger: str, calendar: DealCalendar) -> int:
    """The first payment date on or after the day a scenario fires a trigger, -1 where there is none."""
    day = deal.scenario[scenario].fire.get(trigger) if scenario in deal.scenario else None
    period = len(calendar.nominal) if day is None else bisect_left(calendar.nominal, day)
    return period if period < calendar.periods else -1


def update_triggers(deal: ResolvedDeal, plan: TriggerPlan, state: State, alive: Bools, record: Record, *, before: bool) -> None:
    """Test the triggers of one moment of the date, in the file's order, and write down what each shows."""
    for i, trigger in enumerate(deal.triggers):
        if trigger.before != before:
            continue
        fired = alive & (plan.fired[i] == state.period)
        tested = alive & plan.on[i] & plan.dates[i, state.period] & in_phase(trigger.phase, deal, state)
        breached = fired | (tested & trigger.when(state))
        tested = tested | fired
        state.clean[i] = np.where(breached, 0, state.clean[i] + tested)
        cured = trigger.today_only | ((state.clean[i] >= trigger.cure) & (trigger.cure > 0))
        state.holding[i] = breached | (state.holding[i] & ~cured)
        if before:
            state.acting[i] = state.holding[i]
        record.trigger(i, trigger, state, alive, tested, breached, fired)


def in_phase(phase: str, deal: ResolvedDeal, state: State) -> Bools:
    """(R,) whether this is a date of the phase in which a trigger is tested."""
    if phase == "any":
        return np.ones(state.rows, dtype=np.bool_)
    revolving = may_buy(deal, state)
    return revolving if phase == "revolving" else ~revolving


def may_buy(deal: ResolvedDeal, state: State) -> Bools:
    """(R,) whether the plan revolves: within its period, not ended, in the mode it starts in or one that buys."""
    terms = deal.revolving
    if terms is None:
        return np.zeros(state.rows, dtype=np.bool_)
    return np.asarray(~period_over(deal, state) & np.isin(derive_mode(deal, state), terms.modes))


def period_over(deal: ResolvedDeal, state: State) -> Bools:
    """(R,) whether the revolving period has ended: its last day is past, or a trigger that ends it holds."""
    past = deal.revolving is not None and state.date > deal.revolving.end
    return np.full(state.rows, past) | any_holds(state, deal.effects.end_revolving)


def derive_mode(deal: ResolvedDeal, state: State) -> Ints:
    """(R,) the mode of the holding trigger listed last, else the one the deal starts in, or that follows its revolving period."""
    mode = np.full(state.rows, deal.starts_in, dtype=np.int64)
    if deal.revolving is not None:
        mode = np.where(period_over(deal, state), deal.revolving.then, mode)
    for i, trigger in enumerate(deal.triggers):
        if trigger.mode >= 0:
            mode = np.where(state.acting[i], trigger.mode, mode)
    return mode
