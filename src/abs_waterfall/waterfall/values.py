"""What each name is worth in a run: functions that fetch it from the state.

Arrays are (R,), a row a scenario.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.numbers import Schedule
from abs_waterfall.deal.ranks import ahead
from abs_waterfall.formulas import Value
from abs_waterfall.waterfall.coupons import Line
from abs_waterfall.waterfall.effects import Effects, any_holds
from abs_waterfall.waterfall.names import Names
from abs_waterfall.waterfall.state import PRINCIPAL, Claims, State
from abs_waterfall.waterfall.sums import added, share_of, together

Computed: TypeAlias = Callable[[State], Value]


class Values(Names):
    """Finds the function that fetches a name's value; account targets and facility limits are formulas of the deal."""

    def __init__(self, deal: Deal, claims: Claims, lines: Sequence[Line], effects: Effects) -> None:
        super().__init__(deal, claims, lines)
        self.effects = effects
        self.ahead = tuple(ahead(deal).values())
        self.sells = any(tranche.seller for tranche in deal.tranche)
        self.segments_read: set[str] = set()
        self.targets: tuple[Computed | None, ...] = ()
        self.limits: tuple[Computed, ...] = ()

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
        """The threshold of a trigger, stated by payment date or from days on; before them there is none."""
        schedule = self.deal.trigger[i].threshold
        assert isinstance(schedule, Schedule)  # noqa: S101 - `threshold` names no other
        return stated(schedule, before=np.nan)

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
            self.segments_read.add(segment)
            return lambda state: state.segments[segment]
        computed: dict[str, Computed] = {
            "net_rate": self.net_rate,
            "payment_rate": lambda state: self.annualised(state.pool["principal"], state) / 12,
            "yield": lambda state: self.annualised(state.pool["interest"], state),
            "seller_interest": self.seller_interest,
        }
        if key in computed:
            return computed[key]
        return lambda state: state.pool[key]

    def seller_interest(self, state: State) -> Floats:
        """What the pool has above the balances of all classes but the seller's; 0 where it has none."""
        others = [self.claims.principal(i) for i, tranche in enumerate(self.deal.tranche) if not tranche.seller]
        return np.asarray(np.maximum(state.pool["balance"] - added(state.owed[others]), 0.0))

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
        rate: Floats = np.divide(yearly, opening, out=np.zeros_like(yearly), where=opening > state.dust)
        return rate

    def credit_support(self, tranches: Sequence[int]) -> Computed:
        """What the pool and principal funds hold above some balances, as a share; 0 where there is neither."""
        principals = [self.claims.principal(i) for i in tranches]

        def support(state: State) -> Floats:
            backing = state.pool["balance"] + state.cash[PRINCIPAL]
            if self.sells:
                backing = backing - self.seller_interest(state)
            above = backing - added(state.owed[principals])
            return np.asarray(np.divide(above, backing, out=np.zeros_like(above), where=backing > state.dust))

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

    def target_now(self, account: int, state: State) -> Floats:
        """An account's target: 0 without one, and once accounts are released; never below 0."""
        target = self.targets[account]
        value = np.zeros(state.rows) if target is None else np.maximum(target(state), 0.0)
        return np.where(state.emptied[account], 0.0, value)

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


def stated(schedule: Schedule, before: float) -> Computed:
    """What a schedule says for the date, or what holds before the first day it states."""
    starts, numbers = zip(*schedule.steps(), strict=True)
    if schedule.by_date is not None:
        return lambda state: (before, *numbers)[bisect_right(starts, state.date)]
    return lambda state: numbers[bisect_right(starts, state.period + 1) - 1]
