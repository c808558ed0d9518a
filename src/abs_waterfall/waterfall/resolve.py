"""From the deal as agreed to the deal as it runs: names become indices, formulas functions, sizes amounts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

import numpy as np

from abs_waterfall.deal.cross import cross_problems
from abs_waterfall.deal.cross.parts import THRESHOLD, parts_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.revolving import YieldPrice
from abs_waterfall.deal.steps import (
    Debit,
    Purchase,
    WriteDown,
    WriteUp,
)
from abs_waterfall.deal.support import Hedge
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.errors import InputError
from abs_waterfall.formulas import Value
from abs_waterfall.waterfall.coupons import Line, lines_of
from abs_waterfall.waterfall.effects import effects_of
from abs_waterfall.waterfall.purchases import ResolvedRevolving, last_day
from abs_waterfall.waterfall.reading import Reading
from abs_waterfall.waterfall.resolve_steps import resolved_steps
from abs_waterfall.waterfall.resolved import Legs, ResolvedDeal, ResolvedTrigger
from abs_waterfall.waterfall.sizes import tranche_sizes
from abs_waterfall.waterfall.state import Claims, State

Computed: TypeAlias = Callable[[State], Value]


def resolve(deal: Deal, eligible_balance: float, segments: Sequence[str]) -> ResolvedDeal:
    """Fix sizes and compile every formula. InputError where the deal does not hold together."""
    parts = parts_of(deal)
    if problems := [problem.in_file(deal.file) for problem in cross_problems(parts)]:
        raise InputError(problems)
    sizes = np.array([tranche_sizes(deal, eligible_balance, name) for name in deal.scenario_names]).T
    lines = lines_of(deal)
    initials = np.array(
        [
            np.full_like(size, t.initial_balance) if t.initial_balance else size
            for t, size in zip(deal.tranche, sizes, strict=True)
        ]
    )
    reading = Reading(deal, claims_of(deal, lines), lines, segments, effects_of(deal))
    revolving = resolved_revolving(deal, reading)
    scheduled = tuple(tuple(t for name in schedule.tranches for t in reading.members(name)) for schedule in deal.schedule)
    return ResolvedDeal(
        deal=deal,
        claims=reading.claims,
        sizes=sizes,
        initials=initials,
        notes=reading.notes,
        scheduled=scheduled,
        planned_from=tuple(float(sum(sizes[i, 0] for i in tranches)) for tranches in scheduled),
        accounts=tuple(account.name for account in deal.account),
        target_now=reading.target_now,
        lines=lines,
        coupons=tuple(reading.coupon_formulas(line) for line in lines),
        interest_on=tuple(reading.interest_on(i) for i in range(len(deal.tranche))),
        deferred=tuple(i for i, line in enumerate(lines) if deal.tranche[line.tranche].deferrable and line.carried_from < 0),
        due_order=reading.due_order(),
        excess_spread=reading.excess_spread,
        fee_amounts=tuple(reading.fee_amount(fee) for fee in deal.fee),
        triggers=tuple(resolved_trigger(i, trigger, reading) for i, trigger in enumerate(deal.trigger)),
        effects=reading.effects,
        call_when=reading.compiled(deal.call.when, "call.when") if deal.call else None,
        call_amount=reading.compiled(deal.call.amount, "call.amount") if deal.call and deal.call.amount is not None else None,
        modes=tuple(deal.waterfall),
        starts_in=list(deal.waterfall).index(deal.deal.starts_in or next(iter(deal.waterfall))),
        steps=tuple(resolved_steps(deal, reading)),
        step_names=reading.step_names,
        stopped=reading.stopped(),
        ledger_lines=reading.ledger_lines,
        undrawn=reading.undrawn,
        other_dues=tuple(other_dues(deal, reading.claims)),
        facility_rates=tuple(reading.compiled(f.rate, f"facility[{i}].rate") for i, f in enumerate(deal.facility)),
        hedges=tuple(resolved_legs(i, hedge, reading) for i, hedge in enumerate(deal.hedge)),
        writes=any(isinstance(step, Debit | WriteDown | WriteUp) for listed in deal.waterfall.values() for step in listed),
        histories=tuple(reading.histories.items()),
        segments=frozenset(reading.segments_read),
        lookbacks=frozenset(reading.lookbacks),
        read_node=reading.node,
        revolving=revolving,
    )


def claims_of(deal: Deal, lines: Sequence[Line]) -> Claims:
    """How many claims of each sort the deal has."""
    ledger_lines = sum(len(ledger.tranches or ("",)) for ledger in deal.ledger)
    beside = tuple(line.tranche for line in lines[len(deal.tranche) :])
    return Claims(len(deal.tranche), len(deal.fee), ledger_lines, beside, len(deal.facility), len(deal.hedge))


def other_dues(deal: Deal, claims: Claims) -> Iterator[int]:
    """What is drawn and owed back, the costs of facilities, and what is owed to hedges."""
    yield from (claims.drawn(f) for f, facility in enumerate(deal.facility) if facility.owed)
    yield from (claims.costs(f) for f in range(claims.facilities))
    yield from (claims.hedge(h) for h in range(claims.hedges))


def resolved_legs(i: int, hedge: Hedge, reading: Reading) -> Legs:
    """A hedge with its formulas compiled."""
    place = f"hedge[{i}]"
    listed = hedge.notional
    if isinstance(listed, list):
        notional: Computed = lambda state: np.full(state.rows, listed[state.period] if state.period < len(listed) else 0.0)  # noqa: E731
    else:
        notional = reading.compiled(listed, f"{place}.notional")
    receives = reading.compiled(hedge.receives, f"{place}.receives")
    strike, premium = hedge.strike or 0.0, hedge.premium
    if hedge.kind == "swap":
        pays = reading.compiled(hedge.pays or 0.0, f"{place}.pays")
        return Legs(notional, lambda state: receives(state) - pays(state))
    sign = 1.0 if hedge.kind == "cap" else -1.0
    return Legs(notional, lambda state: np.maximum(sign * (receives(state) - strike), 0.0) - premium)


def resolved_trigger(i: int, trigger: Trigger, reading: Reading) -> ResolvedTrigger:
    """A trigger with its condition compiled, its threshold in it."""
    place, modes = f"trigger[{i}].when", list(reading.deal.waterfall)
    threshold = reading.threshold(i)
    node = reading.node(trigger.when, place, {} if threshold is None else {THRESHOLD: threshold})
    stated = trigger.threshold.by_date if isinstance(trigger.threshold, Schedule) else None
    return ResolvedTrigger(
        name=trigger.name,
        when=reading.compile_node(node, place),
        sides=reading.sides(node, threshold, place),
        mode=modes.index(trigger.mode) if trigger.mode else -1,
        phase=trigger.phase,
        before=trigger.test == "before",
        first=max(trigger.from_period, reading.dates_needed(node)) - 1,
        from_day=stated[0][0].toordinal() if stated else 0,
        days=tuple(trigger.test_dates or ()),
        months=tuple(trigger.test_months or ()),
        cure=trigger.cure_periods,
        today_only=trigger.today_only,
        text=trigger.when,
    )


def resolved_revolving(deal: Deal, reading: Reading) -> ResolvedRevolving | None:
    """[revolving] with its formulas compiled; the modes that may buy are the one the deal starts in and those with a purchase."""
    terms = deal.revolving
    if terms is None:
        return None
    modes = list(deal.waterfall)
    buying = {mode for mode, steps in deal.waterfall.items() if any(isinstance(step, Purchase) for step in steps)}
    return ResolvedRevolving(
        terms=terms,
        end=last_day(terms, deal.dates).toordinal(),
        then=modes.index(terms.then),
        modes=tuple(modes.index(mode) for mode in modes if mode in buying | {deal.deal.starts_in or modes[0]}),
        monthly=terms.purchases == "monthly",
        source=reading.pots(terms.source),
        retain=reading.compiled(terms.retain, "revolving.retain"),
        price=None if isinstance(terms.price, YieldPrice) else reading.compiled(terms.price, "revolving.price"),
        supply=None if terms.supply_formula is None else reading.compiled(terms.supply_formula, "revolving.supply"),
    )
