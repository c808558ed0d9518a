"""From the deal as agreed to the deal as it runs: names become indices, formulas functions, sizes amounts."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.cross import cross_problems
from abs_waterfall.deal.cross.parts import THRESHOLD, parts_of
from abs_waterfall.deal.cross.steps import payees_of as payees_named
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.revolving import YieldPrice
from abs_waterfall.deal.steps import (
    Accrue,
    AnyStep,
    Cure,
    Debit,
    Draw,
    Fill,
    Interest,
    Principal,
    Purchase,
    Swap,
    Transfer,
    WriteDown,
    WriteUp,
    verb_of,
)
from abs_waterfall.deal.support import Hedge
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.deal.triggers import Trigger
from abs_waterfall.errors import InputError
from abs_waterfall.formulas import Lookback, Node, Value
from abs_waterfall.waterfall.coupons import Line, lines_of
from abs_waterfall.waterfall.effects import Effects, effects_of
from abs_waterfall.waterfall.purchases import ResolvedRevolving, last_day
from abs_waterfall.waterfall.reading import Reading, Sides
from abs_waterfall.waterfall.state import Claims, Pots, State

Computed: TypeAlias = Callable[[State], Value]
UNDERCOLLATERALISED = 0.01  # currency units by which notes may exceed the pool


@dataclass(frozen=True, slots=True)
class Block:
    """The payees of a step that one name of it stands for: a class alone, or those of a group in its order."""

    rows: slice
    split: str


@dataclass(frozen=True, slots=True)
class ResolvedStep:
    """One step of one mode: what it pays, out of which pots, if and up to what."""

    mode: int
    index: int  # in the mode's list
    verb: str
    payees: tuple[int, ...]  # claims; pots for draw, fill; the target of a transfer
    payee_names: tuple[str, ...]
    blocks: tuple[Block, ...]  # empty where the step names no group
    bounds: tuple[int, ...]  # of a debit: the claim that each payee cannot exceed, -1 where it may be any amount
    source: Pots
    source_name: str
    support: Pots
    support_names: tuple[str, ...]
    when: Computed | None
    amount: Computed | None
    split: str
    weights: Floats | None  # (payees, 1), or a weight a block
    targets: tuple[Computed, ...] | None
    to: int  # the pot that a draw goes to
    name: str
    slot: int  # index among the named steps, -1 where it has no name
    condition: str  # as written
    place: str


@dataclass(frozen=True, slots=True)
class ResolvedTrigger:
    """A trigger ready to be tested."""

    name: str
    when: Computed
    sides: Sides | None  # of a plain comparison, or of the one with `threshold`
    mode: int  # -1: a flag
    phase: str
    before: bool
    first: int  # index of the first date it is tested
    from_day: int  # ordinal of the day from which its threshold is stated
    days: tuple[dt.date, ...]  # stated days it is tested on: each the first payment date on or after; () for every date
    months: tuple[int, ...]  # calendar months it is tested in; () for every month
    cure: int
    today_only: bool
    text: str


@dataclass(frozen=True, slots=True)
class ResolvedDeal:
    """Everything a run needs of the deal but its calendar and its pool."""

    deal: Deal
    claims: Claims
    sizes: Floats  # (N, S) tranche balances when the run starts
    initials: Floats  # (N, S) at closing
    notes: tuple[int, ...]  # tranches that are not residual
    scheduled: tuple[tuple[int, ...], ...]  # the tranches of each schedule
    planned_from: tuple[float, ...]  # the balance each schedule starts at
    accounts: tuple[str, ...]
    target_now: Callable[[int, State], Floats]  # of an account
    lines: tuple[Line, ...]  # as the claims of interest
    coupons: tuple[tuple[Computed, Computed] | None, ...]  # of each line: the coupon and the coupon before its cap, if formulas
    interest_on: tuple[Computed | None, ...]  # of each tranche: what interest accrues on, if not on the balance
    deferred: tuple[int, ...]  # lines whose unpaid interest joins the balance
    due_order: tuple[tuple[str, int], ...]  # of all that falls due, each after what its formulas read of others
    excess_spread: Callable[[State], Floats]
    fee_amounts: tuple[Computed, ...]  # a base or an amount
    triggers: tuple[ResolvedTrigger, ...]
    effects: Effects
    call_when: Computed | None
    call_amount: Computed | None
    modes: tuple[str, ...]
    starts_in: int
    steps: tuple[ResolvedStep, ...]
    step_names: tuple[str, ...]
    ledger_lines: Callable[[str], dict[str, int]]  # claims of a ledger, by line
    undrawn: Callable[[int, State], Floats]  # under a facility, now
    other_dues: tuple[int, ...]  # claims that a call pays beside notes and fees
    hedges: tuple[Legs, ...]
    facility_rates: tuple[Computed, ...]
    writes: bool  # whether any step changes what is owed without cash
    histories: tuple[tuple[Node, Computed], ...]  # inner ones first
    lookbacks: frozenset[Lookback]
    read_node: Callable[[str, str], Node]  # a formula at a place, its defined terms spelled out
    stopped: tuple[tuple[str, Computed], ...]  # targets and terms that triggers may keep from falling
    segments: frozenset[str]  # those whose balance a formula reads
    revolving: ResolvedRevolving | None = None

    def look_back(self, state: State) -> None:
        """Take today's values of what formulas look back on."""
        for operand, formula in self.histories:
            state.history[operand][state.period] = formula(state)


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


@dataclass(frozen=True, slots=True)
class Legs:
    """A hedge: its notional, and the rate a year that the issuer receives net."""

    notional: Computed
    rate: Computed


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


def tranche_sizes(deal: Deal, eligible_balance: float, scenario: str) -> Floats:
    """(N,) balances at closing in a scenario; a share is of the eligible balance, rounded down to `round_to`."""
    given = deal.scenario[scenario].set if scenario in deal.scenario else {}
    sizes = np.array([tranche_size(tranche, eligible_balance, given) for tranche in deal.tranche])
    notes = sum(size for size, tranche in zip(sizes, deal.tranche, strict=True) if not tranche.residual)
    closed = deal.state is not None  # what losses have made of it is no mistake
    prefunded = prefunded_cash(deal, given)
    backing = eligible_balance + prefunded
    if notes > backing + UNDERCOLLATERALISED and not (closed or deal.deal.allow_undercollateralised):
        cash = f" and {prefunded:,.2f} of cash to buy with" if prefunded else ""
        raise InputError.one(
            f"the notes add up to {notes:,.2f}, above the pool's {eligible_balance:,.2f}{cash} by {notes - backing:,.2f}; "
            "expected no more than the pool, or deal.allow_undercollateralised = true",
            f"scenario.{scenario}.set" if given else "tranche",
            deal.file,
        )
    return sizes


def prefunded_cash(deal: Deal, given: Mapping[str, float]) -> float:
    """What accounts that loans are bought from hold at closing, in a scenario that sets these numbers."""
    steps = [step for listed in deal.waterfall.values() for step in listed]
    sources = {step.source for step in steps if isinstance(step, Purchase)}
    sources |= {deal.revolving.source} if deal.revolving else set()
    accounts = [account for account in deal.account if account.name in sources]
    return sum(given.get(f"account.{account.name}.initial", account.initial) for account in accounts)


def tranche_size(tranche: Tranche, eligible_balance: float, given: Mapping[str, float]) -> float:
    """A tranche's balance at closing, of which a scenario may set the balance or the share."""
    if tranche.balance is not None:
        return given.get(f"tranche.{tranche.name}.balance", tranche.balance)
    size = given.get(f"tranche.{tranche.name}.share", tranche.share or 0.0) * eligible_balance
    return math.floor(size / tranche.round_to + 1e-9) * tranche.round_to if tranche.round_to else size


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


def resolved_steps(deal: Deal, reading: Reading) -> Iterator[ResolvedStep]:
    """Every mode's steps, in the file's order."""
    for m, (mode, steps) in enumerate(deal.waterfall.items()):
        for i, step in enumerate(steps):
            yield resolved_step(step, m, i, f"waterfall.{mode}[{i}]", reading)


NO_CASH: dict[type[AnyStep], str] = {Accrue: "interest due", Debit: "no cash", WriteDown: "no cash", WriteUp: "no cash"}
"""What is said in place of a source by steps that move no cash."""


def resolved_step(step: AnyStep, mode: int, index: int, place: str, reading: Reading) -> ResolvedStep:
    """One step with its names looked up."""
    payee_names, payees = payees_of(step, reading)
    source = step.transfer if isinstance(step, Transfer) else getattr(step, "source", "available")
    support = (step.swap,) if isinstance(step, Swap) else tuple(getattr(step, "support", None) or ())
    targets = getattr(step, "targets", None)
    weights = getattr(step, "weights", None)
    return ResolvedStep(
        mode=mode,
        index=index,
        verb=verb_of(step) or "",
        payees=payees,
        payee_names=payee_names,
        blocks=tuple(blocks_of(step, reading)),
        bounds=tuple(reading.ledger_bounds[claim] for claim in payees) if isinstance(step, Debit) else (),
        source=reading.pots(source),
        source_name=NO_CASH.get(type(step), source),
        support=tuple(pot for name in support for pot in reading.pots(name)),
        support_names=support,
        when=None if step.when is None else reading.compiled(step.when, f"{place}.when"),
        amount=None if step.amount is None else reading.compiled(step.amount, f"{place}.amount"),
        split=getattr(step, "split", "sequential"),
        weights=None if weights is None else np.array(weights)[:, None],
        targets=None if targets is None else tuple(reading.compiled(t, f"{place}.targets[{i}]") for i, t in enumerate(targets)),
        to=reading.pots(getattr(step, "to", "interest"))[0],
        name=step.name or "",
        slot=reading.step_names.index(step.name) if step.name else -1,
        condition=step.when or "",
        place=place,
    )


def payees_of(step: AnyStep, reading: Reading) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """A step's payees: their names, and their claims or pots."""
    verb, names = verb_of(step) or "", payees_named(step)[1]
    match step:
        case Transfer():
            return (step.to,), reading.pots(step.to)
        case Purchase():
            return ("pool",), (-1,)
        case Draw() | Fill():
            return names, tuple(reading.pots(name)[0] for name in names)
        case Debit():
            lines = reading.ledger_lines(step.debit)
            return tuple(lines), tuple(lines.values())
        case Cure():
            lines = reading.ledger_lines(step.cure)
            return tuple(reversed(lines)), tuple(reversed(lines.values()))
        case Interest() | Principal() | Accrue() | WriteDown() | WriteUp():
            names = classes_of(names, reading.deal.group)
    return names, tuple(reading.claim(verb, name) for name in names)


def blocks_of(step: AnyStep, reading: Reading) -> Iterator[Block]:
    """What each name of a step stands for, where one is a group's. A step that names one alone may say its split."""
    names, first = payees_named(step)[1], 0
    if not isinstance(step, Interest | Principal) or not any(name in reading.group_index for name in names):
        return
    for name in names:
        count = len(classes_of([name], reading.deal.group))
        group = reading.deal.group[reading.group_index[name]] if name in reading.group_index else None
        split = group.split if group else "sequential"
        if len(names) == 1 and isinstance(step, Principal) and "split" in step.model_fields_set:
            split = step.split
        yield Block(slice(first, first + count), split)
        first += count
