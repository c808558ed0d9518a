"""How formulas read a run's state: each name is looked up once, when the deal is resolved.

Arrays are (R,), a row a scenario.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from graphlib import TopologicalSorter
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from abs_waterfall import formulas
from abs_waterfall.arrays import Floats
from abs_waterfall.deal.classes import classes_of
from abs_waterfall.deal.coupons import FormulaCoupon
from abs_waterfall.deal.cross.circles import dependencies
from abs_waterfall.deal.cross.parts import parts_of
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.money import Fee, Ledger
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.ranks import ahead
from abs_waterfall.errors import InputError, did_you_mean
from abs_waterfall.formulas import Apply, Lookback, Name, Node, Value
from abs_waterfall.waterfall.coupons import Line
from abs_waterfall.waterfall.effects import Effects, any_holds
from abs_waterfall.waterfall.state import INTEREST, PRINCIPAL, Claims, Pots, State

Computed: TypeAlias = Callable[[State], Value]
LAST, STATED = "last.", "stated."  # names that formulas of ours alone read: a value of the last date, a trigger's threshold
ABOVE = {">": True, ">=": True, "<": False, "<=": False}


@dataclass(frozen=True, slots=True)
class Sides:
    """What a trigger measures against what, and on which side of it a breach is."""

    measure: Computed
    threshold: Computed
    above: bool  # breached where the measure is above the threshold


class Reading:
    """Compiles a deal's formulas; `histories` collects what they look back on, inner formulas first."""

    def __init__(self, deal: Deal, claims: Claims, lines: Sequence[Line], segments: Sequence[str], effects: Effects) -> None:
        self.deal = deal
        self.effects = effects
        self.claims = claims
        self.interest_lines = tuple(lines)
        self.line_index = {line.name: i for i, line in enumerate(lines)}
        self.segments = tuple(segments)
        self.tranche_index = {tranche.name: i for i, tranche in enumerate(deal.tranche)}
        self.fee_index = {fee.name: i for i, fee in enumerate(deal.fee)}
        self.account_index = {account.name: i for i, account in enumerate(deal.account)}
        self.trigger_index = {trigger.name: i for i, trigger in enumerate(deal.trigger)}
        self.group_index = {group.name: i for i, group in enumerate(deal.group)}
        self.schedule_index = {schedule.name: i for i, schedule in enumerate(deal.schedule)}
        self.step_names = tuple(step.name for steps in deal.waterfall.values() for step in steps if step.name)
        self.notes = tuple(i for i, tranche in enumerate(deal.tranche) if not tranche.residual)
        self.facility_index = {facility.name: i for i, facility in enumerate(deal.facility)}
        self.hedge_index = {hedge.name: i for i, hedge in enumerate(deal.hedge)}
        self.lines = {name: claims.ledger(i) for i, name in enumerate(line_names(deal.ledger))}
        self.ledger_bounds = {
            claim: claims.principal(self.tranche_index[name.partition(".")[2]]) if "." in name else -1
            for name, claim in self.lines.items()
        }
        self.histories: dict[Node, Computed] = {}
        self.dependencies = dependencies(parts_of(deal))
        self.ahead = tuple(ahead(deal).values())
        self.targets = tuple(self.account_target(i) for i in range(len(deal.account)))

    # ------------------------------------------------------------------------------------------------------- formulas

    @cached_property
    def definitions(self) -> dict[str, Node]:
        """The defined terms, each spelled out down to names of the run."""
        spelled: dict[str, Node] = {}
        for name in TopologicalSorter({k: v for k, v in self.dependencies.items() if k in self.deal.define}).static_order():
            if name in self.deal.define:
                spelled[name] = self.not_falling(name, self.spelled(self.deal.define[name], f"define.{name}", spelled))
        return spelled

    def not_falling(self, name: str, node: Node) -> Node:
        """The value of an account's target or a term, which triggers may keep from falling."""
        return Apply("max", (node, Name(LAST + name))) if name in self.effects.stops else node

    def spelled(self, text: str | float, place: str, definitions: dict[str, Node]) -> Node:
        """A formula with its defined terms spelled out."""
        try:
            return formulas.bounded(formulas.substitute(formulas.parse(text), definitions))
        except formulas.FormulaError as fault:
            raise InputError.one(str(fault), place, self.deal.file) from None

    def node(self, text: str | float, place: str, own: Mapping[str, Node] = MappingProxyType({})) -> Node:
        """A formula as a tree of names that a run knows; `own` are names of the formula alone."""
        return self.spelled(text, place, {**self.definitions, **own})

    def compiled(self, text: str | float, place: str) -> Computed:
        """A formula as a function of the state."""
        return self.compile_node(self.node(text, place), place)

    def compile_node(self, node: Node, place: str, read: Callable[[str], Computed] | None = None) -> Computed:
        """A tree as a function of the state, if it names no segment that the pool lacks."""
        known = {f"pool.segment.{name}.balance" for name in self.segments}
        for name in sorted(formulas.names(node)):
            if name.startswith("pool.segment.") and name not in known:
                segment = name.removeprefix("pool.segment.").removesuffix(".balance")
                near = did_you_mean(segment, self.segments)
                raise InputError.one(
                    f'no segment "{segment}"; the pool has {", ".join(self.segments)}.{near}',
                    place,
                    self.deal.file,
                )
        return formulas.compiled(node, read or self.read, self.look_back)

    def sides(self, node: Node, threshold: Node | None, place: str) -> Sides | None:
        """What is measured against what: of a plain comparison, or of the only one with the threshold."""
        compared = [part for part, _ in formulas.walk(node) if isinstance(part, Apply) and part.verb in ABOVE]
        stated = [part for part in compared if threshold in part.operands]
        (found,) = stated if len(stated) == 1 else [node] if node in compared else [None]
        if not isinstance(found, Apply):
            return None
        (left, right), above = found.operands, ABOVE[found.verb]
        if left == threshold:
            left, right, above = right, left, not above
        return Sides(self.compile_node(left, place), self.compile_node(right, place), above)

    def threshold(self, i: int) -> Node | None:
        """The threshold of a trigger: a formula, or the name of what is stated for the date."""
        threshold = self.deal.trigger[i].threshold
        if threshold is None or not isinstance(threshold, Schedule):
            return None if threshold is None else self.node(threshold, f"trigger[{i}].threshold")
        return Name(f"{STATED}{i}")

    def dates_needed(self, node: Node) -> int:
        """How many payment dates must exist before a formula can look back as far as it asks."""
        back = [part for part, _ in formulas.walk(node) if isinstance(part, Lookback)]
        return max((part.dates + (part.verb == "previous") for part in back), default=1)

    # ----------------------------------------------------------------------------------------------------------- names

    def pots(self, name: str) -> Pots:
        """The pots that a fund or an account is."""
        funds = {"available": (INTEREST, PRINCIPAL), "interest": (INTEREST,), "principal": (PRINCIPAL,)}
        inside = 2 + len(self.account_index)
        if name in self.facility_index:
            return (inside + self.facility_index[name],)
        if name in self.hedge_index:
            return (inside + len(self.facility_index) + self.hedge_index[name],)
        return funds.get(name) or (2 + self.account_index[name],)

    def claim(self, verb: str, name: str) -> int:
        """The claim that a step of this verb settles, of the fee or the class named."""
        if verb == "pay" and name in self.fee_index:
            return self.claims.fee(self.fee_index[name])
        if verb in ("interest", "accrue"):
            return self.line_index[name]
        if verb in ("pay", "repay"):
            return (self.claims.costs if verb == "pay" else self.claims.drawn)(self.facility_index[name])
        if verb == "swap":
            return self.claims.hedge(self.hedge_index[name])
        tranche = self.tranche_index[name]
        return self.claims.residual(tranche) if verb == "residual" else self.claims.principal(tranche)

    def ledger_lines(self, name: str) -> dict[str, int]:
        """The lines, by name, of a ledger ("pdl": all its classes, as they are debited) or of one class ("pdl.A")."""
        return {line: claim for line, claim in self.lines.items() if line == name or line.startswith(f"{name}.")}

    def read(self, name: str) -> Computed:
        """The function that fetches a name's value."""
        table, _, rest = name.partition(".")
        who, _, key = rest.rpartition(".")
        of_one: dict[str, Callable[[], Computed]] = {
            "last": lambda: self.read_last(rest),
            "stated": lambda: self.read_stated(int(rest)),
            "pool": lambda: self.read_pool(rest),
            "tranche": lambda: self.read_line(who, key) if "." in who else self.read_tranche(self.tranche_index[who], key),
            "index": lambda: lambda state: state.indices[rest],
            "notes": lambda: self.read_classes(self.notes, rest),
            "group": lambda: self.read_classes(self.members(who), key),
            "schedule": lambda: self.read_schedule(self.schedule_index[rest]),
            "account": lambda: self.read_account(self.account_index[who], key),
            "fee": lambda: self.read_fee(self.fee_index[who], key),
            "ledger": lambda: self.read_ledger(rest.removesuffix(".balance")),
            "facility": lambda: self.read_facility(self.facility_index[who], key),
            "hedge": lambda: self.read_hedge(self.hedge_index[who]),
            "funds": lambda: self.read_funds(rest),
            "revolving": lambda: self.read_revolving(rest),
            "step": lambda: self.read_step(self.step_names.index(who)),
        }
        return of_one[table]() if table in of_one else self.read_clock_or_trigger(name)

    def read_schedule(self, schedule: int) -> Computed:
        """A planned balance."""
        return lambda state: state.planned[schedule]

    def read_fee(self, fee: int, key: str) -> Computed:
        """The values of fee.NAME.*."""
        claim = self.claims.fee(fee)
        return (lambda state: state.due[claim]) if key == "due" else (lambda state: state.paid[claim])

    def read_funds(self, name: str) -> Computed:
        """The values of funds.*."""
        pots = self.pots(name)
        return lambda state: state.funds(pots)

    def read_revolving(self, key: str) -> Computed:
        """The values of revolving.*."""
        return (lambda state: state.revolving) if key == "active" else (lambda state: state.pool["not_bought"])

    def read_step(self, slot: int) -> Computed:
        """What a named step paid."""
        return lambda state: state.step_paid[slot]

    def read_last(self, name: str) -> Computed:
        """What a target or term was on the last date, where a trigger keeps it from falling; no bound elsewhere."""
        triggers = self.effects.stops[name]
        return lambda state: np.where(any_holds(state, triggers), state.last_values[name], -np.inf)

    def read_stated(self, i: int) -> Computed:
        """The threshold of a trigger, stated by payment date or from days on."""
        schedule = self.deal.trigger[i].threshold
        assert isinstance(schedule, Schedule)  # noqa: S101 - `threshold` names no other
        return stated(schedule)

    def read_facility(self, facility: int, key: str) -> Computed:
        """The values of facility.NAME.*."""
        drawn, costs = self.claims.drawn(facility), self.claims.costs(facility)
        readers: dict[str, Computed] = {
            "balance": lambda state: state.owed[drawn],
            "undrawn": lambda state: self.undrawn(facility, state),
            "due": lambda state: state.due[costs],
        }
        return readers[key]

    def undrawn(self, facility: int, state: State) -> Floats:
        """(R,) what may be drawn under a facility now; never below 0."""
        limit = self.limits[facility](state)
        return np.asarray(np.maximum(limit - state.owed[self.claims.drawn(facility)], 0.0))

    @cached_property
    def limits(self) -> tuple[Computed, ...]:
        """The facilities' limits."""
        return tuple(self.compiled(facility.limit, f"facility[{i}].limit") for i, facility in enumerate(self.deal.facility))

    def read_hedge(self, hedge: int) -> Computed:
        """A hedge's net of today, to the issuer."""
        return lambda state: state.net[hedge]

    def read_ledger(self, name: str) -> Computed:
        """What stands on a ledger, or on one class's line of it."""
        lines = list(self.ledger_lines(name).values())
        return lambda state: added(state.owed[lines])

    def read_pool(self, key: str) -> Computed:
        """The values of pool.*."""
        if key.startswith("segment."):
            segment = key.removeprefix("segment.").removesuffix(".balance")
            return lambda state: state.segments[segment]
        if key == "net_rate":
            return self.net_rate
        return lambda state: state.pool[key]

    def net_rate(self, state: State) -> Floats:
        """Interest collected less fees due, annualised over the opening balance; 0 once there is none."""
        return self.annualised(state.pool["interest"] - added(state.due[self.claims.fees_due]), state)

    def excess_spread(self, state: State) -> Floats:
        """Interest collected less fees and note interest due, annualised over the opening balance."""
        notes = added(state.due[[line for i in self.notes for line in self.regular_lines(i)]])
        return self.annualised(state.pool["interest"] - added(state.due[self.claims.fees_due]) - notes, state)

    def annualised(self, amount: Floats, state: State) -> Floats:
        """An amount of the period as a rate on the pool's opening balance; 0 once there is none."""
        opening = state.pool["opening_balance"]
        yearly: Floats = amount * state.pool["periods_a_year"]
        rate: Floats = np.divide(yearly, opening, out=np.zeros_like(yearly), where=opening > 0)
        return rate

    def credit_support(self, tranches: Sequence[int]) -> Computed:
        """What the pool and principal funds hold above some balances, as a share; 0 where there is neither."""
        principals = [self.claims.principal(i) for i in tranches]

        def support(state: State) -> Floats:
            backing = state.pool["balance"] + state.cash[PRINCIPAL]
            above = backing - added(state.owed[principals])
            return np.asarray(np.divide(above, backing, out=np.zeros_like(above), where=backing > 0))

        return support

    def read_tranche(self, tranche: int, key: str) -> Computed:
        """The values of tranche.NAME.*."""
        principal = self.claims.principal(tranche)
        lines = self.regular_lines(tranche)
        readers: dict[str, Computed] = {
            "balance": lambda state: state.owed[principal],
            "initial_balance": lambda state: state.initials[tranche],
            "factor": lambda state: share_of(state.owed[principal], state.initials[tranche]),
            "interest_due": lambda state: together(state.due, lines),
            "interest_shortfall": lambda state: together(state.shortfall, lines),
            "interest_paid": lambda state: together(state.paid, lines),
            "coupon": lambda state: together(state.coupons, lines),
            "principal_paid": lambda state: state.paid[principal],
            "accrued": lambda state: state.accreted[tranche],
            "credit_support": self.credit_support(self.ahead[tranche]),
        }
        return readers[key]

    def regular_lines(self, tranche: int) -> list[int]:
        """The lines of a class's interest, but for what a cap took: that is never counted as unpaid interest."""
        return [line for line in self.claims.lines(tranche) if self.interest_lines[line].carried_from < 0]

    def read_line(self, name: str, key: str) -> Computed:
        """The values of tranche.NAME.COMPONENT.*."""
        line = self.line_index[name]
        readers: dict[str, Computed] = {
            "interest_due": lambda state: state.due[line],
            "interest_shortfall": lambda state: state.shortfall[line],
            "interest_paid": lambda state: state.paid[line],
            "coupon": lambda state: state.coupons[line],
        }
        return readers[key]

    def members(self, name: str) -> tuple[int, ...]:
        """The tranches that the name of a class or a group stands for, in order."""
        return tuple(self.tranche_index[member] for member in classes_of([name], self.deal.group))

    def read_classes(self, tranches: Sequence[int], key: str) -> Computed:
        """notes.* and group.NAME.*: over some tranches together."""
        interests = [line for i in tranches for line in self.regular_lines(i)]
        principals = [self.claims.principal(i) for i in tranches]
        indices = list(tranches)
        readers: dict[str, Computed] = {
            "balance": lambda state: added(state.owed[principals]),
            "initial_balance": lambda state: added(state.initials[indices]),
            "interest_due": lambda state: added(state.due[interests]),
            "credit_support": self.credit_support(tranches),
            "excess_spread": self.excess_spread,
            "count": lambda state: added((state.owed[principals] > 0).astype(np.float64)),
        }
        return readers[key]

    def read_account(self, account: int, key: str) -> Computed:
        """The values of account.NAME.*."""
        pot = 2 + account
        if key == "balance":
            return lambda state: state.cash[pot]
        return lambda state: self.target_now(account, state)

    def read_clock_or_trigger(self, name: str) -> Computed:
        """period, date, months, or whether a trigger holds."""
        clock: dict[str, Computed] = {
            "period": lambda state: float(state.period + 1),
            "date": lambda state: state.date,
            "months": lambda state: float(state.months),
        }
        if name in clock:
            return clock[name]
        trigger = self.trigger_index[name]
        return lambda state: state.holding[trigger]

    # -------------------------------------------------------------------------------------------- fees, targets, history

    def account_target(self, account: int) -> Computed | None:
        """An account's target as written; `target_now` makes it 0 once accounts are released."""
        target, name, place = self.deal.account[account].target, self.deal.account[account].name, f"account[{account}].target"
        return None if target is None else self.compile_node(self.not_falling(name, self.node(target, place)), place)

    def stopped(self) -> tuple[tuple[str, Computed], ...]:
        """The targets and terms that may be kept from falling, each as of now."""
        terms = [(name, self.compile_node(self.definitions[name], f"define.{name}")) for name in self.deal.define]
        targets = [(account.name, self.targets[i]) for i, account in enumerate(self.deal.account)]
        return tuple((name, value) for name, value in (*terms, *targets) if name in self.effects.stops and value is not None)

    def target_now(self, account: int, state: State) -> Floats:
        """An account's target: 0 without one, and once accounts are released; never below 0."""
        target = self.targets[account]
        value = np.zeros(state.rows) if target is None else np.maximum(target(state), 0.0)
        return np.where(state.emptied[account], 0.0, value)

    def due_order(self) -> tuple[tuple[str, int], ...]:
        """Tranches and fees, each after those whose due it reads; tranches that read none come first."""
        nodes = {f"tranche.{name}.interest_due": ("tranche", i) for name, i in self.tranche_index.items()}
        nodes |= {f"fee.{name}.due": ("fee", i) for name, i in self.fee_index.items()}
        first = [nodes[name] for name in nodes if name not in self.dependencies]
        order = [nodes[name] for name in TopologicalSorter(self.dependencies).static_order() if name in nodes]
        return tuple(dict.fromkeys([*first, *order]))

    def coupon_formulas(self, line: Line) -> tuple[Computed, Computed] | None:
        """A formula coupon, and what it is before its cap; None of other coupons."""
        if not isinstance(line.coupon, FormulaCoupon):
            return None
        node = self.node(line.coupon.formula, f"{line.place}.formula")
        uncapped = node.operands[0] if line.coupon.carry_over and isinstance(node, Apply) else node
        return self.compile_node(node, line.place), self.compile_node(uncapped, line.place)

    def interest_on(self, tranche: int) -> Computed | None:
        """What a class's interest accrues on, where it is not its balance."""
        terms = self.deal.tranche[tranche].interest_on
        return None if terms is None else self.compiled(terms, f"tranche[{tranche}].interest_on")

    def fee_amount(self, fee: Fee) -> Computed:
        """A fee's base, or its amount. A base that accrues by the month reads the period's mean opening balance."""
        place = f"fee[{self.fee_index[fee.name]}].{'amount' if fee.base is None else 'base'}"
        if isinstance(fee.amount, Schedule):
            return stated(fee.amount)
        if fee.base is None:
            return self.compiled(fee.amount or 0.0, place)
        node = self.node(fee.base, place)
        if fee.accrue == "payment":
            return self.compile_node(node, place)

        def read(name: str) -> Computed:
            return (lambda state: state.opening_means[fee.day_count]) if name == "pool.opening_balance" else self.read(name)

        return self.compile_node(node, place, read)

    def look_back(self, node: Lookback) -> Computed:
        """A function over past dates of what `record_histories` keeps."""
        if node.operand not in self.histories:
            operand = formulas.compiled(node.operand, self.read, self.look_back)
            self.histories[node.operand] = operand
        return lambda state: over_dates(node.verb, state.history[node.operand], state.period, node.dates)


def line_names(ledgers: Sequence[Ledger]) -> Iterator[str]:
    """Every line of the deal's ledgers: "pdl.A" of a class, "lent" of a counter."""
    for ledger in ledgers:
        yield from (f"{ledger.name}.{tranche}" for tranche in ledger.tranches) if ledger.tranches else (ledger.name,)


def together(amounts: Floats, lines: list[int]) -> Floats:
    """The sum of some lines' amounts."""
    return amounts[lines[0]] if len(lines) == 1 else added(amounts[lines])


def share_of(part: Floats, whole: Floats) -> Floats:
    """(R,) part / whole; 0 where there is no whole."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def stated(schedule: Schedule) -> Computed:
    """What a schedule says for the date; 0 before the first day it states."""
    starts, numbers = zip(*schedule.steps(), strict=True)
    if schedule.by_date is not None:
        return lambda state: (0.0, *numbers)[bisect_right(starts, state.date)]
    return lambda state: numbers[bisect_right(starts, state.period + 1) - 1]


def added(parts: Floats) -> Floats:
    """The sum over the first axis, one by one, so that a row's bits do not depend on how many rows there are."""
    total = np.zeros(parts.shape[1:])
    for part in parts:
        total = total + part
    return total


def over_dates(verb: str, history: Floats, period: int, dates: int) -> Floats:
    """A lookback on date `period` (an index), over the last `dates` (0: all) of a history (P, R)."""
    if verb == "previous":
        return history[period - dates] if period >= dates else np.full(history.shape[1], np.nan)
    first = max(0, period + 1 - dates) if dates else 0
    window = history[first : period + 1]
    if verb == "max_over":
        return np.asarray(window.max(axis=0))
    total = added(window)
    return total / len(window) if verb == "average" else total
