"""What falls due on a payment date, from balances after the last one: interest, fees, facilities, hedges.

Arrays are (R,), a row a scenario.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.waterfall.accruals import Fractions, Rates
from abs_waterfall.waterfall.record import Record
from abs_waterfall.waterfall.resolved import ResolvedDeal
from abs_waterfall.waterfall.settings import Settings
from abs_waterfall.waterfall.state import State, whole_cents
from abs_waterfall.waterfall.steps import value_of
from abs_waterfall.waterfall.sums import where


class Dues:
    """Fixes what is due; formulas are read as the run's state stands."""

    def __init__(
        self, deal: ResolvedDeal, rates: Rates, fractions: Fractions, settings: Settings, state: State, record: Record
    ) -> None:
        self.deal = deal
        self.rates = rates
        self.fractions = fractions
        self.settings = settings
        self.state = state
        self.record = record

    def fix_dues(self, period: int, alive: Bools, last: Bools) -> None:
        """Point 2: what is due today, from balances after the last date; `last`: it is a row's last date, as far as is known."""
        state, claims = self.state, self.deal.claims
        state.shortfall = state.owed[claims.interests].copy()
        state.due[claims.balances] = state.owed[claims.balances]
        for table, i in self.deal.due_order:
            if table != "tranche":
                self.deal.look_back(state)  # a fee may look back on today's values, those of fees before it among them
            match table:
                case "tranche":
                    self.fix_interest(i, period, alive)
                case "fee":
                    self.fix_fee(i, period, alive, last)
                case "facility":
                    self.fix_facility(i, period, alive)
                case _:
                    self.fix_hedge(i, period, alive)
        self.record.excess_spread[period] = where(alive, self.deal.excess_spread(state))

    def fix_interest(self, tranche: int, period: int, alive: Bools) -> None:
        """What a class's lines accrue today, on its balance and on what is unpaid."""
        base = self.interest_base(tranche, alive)
        if self.deal.interest_on[tranche] is not None:
            self.record.interest_base[period, tranche] = where(alive, base)
        for line in self.deal.claims.lines(tranche):
            accrued = self.accrue(line, base, self.fractions.notes[tranche, period], period, alive)
            if accrued is not None:
                self.state.owed[line] += accrued
            self.state.due[line] = self.state.owed[line]

    def accrue(self, line: int, base: Floats, fraction: float, period: int, alive: Bools) -> Floats | None:
        """What a line accrues today, on a base and on what is unpaid; None of one that never does."""
        on, accrued, before_cap = self.deal.interest_on_shortfall(line), None, np.zeros(1)
        if self.deal.lines[line].coupon is not None:
            rate, before_cap = self.coupon_today(line, period, alive)
            accrued = where(alive, self.whole(line, base * (rate * fraction), alive))
            self.record.accrued.write_one(period, line, accrued)
            self.record.coupons.write_one(period, line, where(alive, rate))
            self.state.coupons[line] = rate
        if on is not None:
            late_rate = before_cap if on == "coupon" else on
            late = where(alive, self.whole(line, self.state.owed[line] * (late_rate * fraction), alive))
            self.record.accrued_late.write_one(period, line, late)
            return late if accrued is None else accrued + late
        return accrued

    def whole(self, line: int, accrued: Floats, alive: Bools) -> Floats:
        """What falls due of interest accrued: whole cents a note where the deal rounds payments; the rest is carried."""
        state = self.state
        if not state.cent:
            return accrued
        cent = state.initials[self.deal.claims.tranche_of(line)] * state.cent
        due, rest = whole_cents(accrued + state.rounded_off[line], cent)
        state.rounded_off[line] = np.where(alive, rest, state.rounded_off[line])
        return due

    def interest_base(self, tranche: int, alive: Bools) -> Floats:
        """What a class's interest accrues on: its balance, or what it says."""
        formula = self.deal.interest_on[tranche]
        if formula is None:
            return np.asarray(self.state.owed[self.deal.claims.principal(tranche)])
        self.deal.look_back(self.state)
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
        self.deal.look_back(self.state)
        floor, place, file = getattr(terms.coupon, "floor", 0.0), f"{terms.place}.formula", self.deal.deal.file
        rate, uncapped = (np.maximum(value_of(formula, self.state, alive, place, file), floor) for formula in formulas)
        return rate, uncapped

    def fix_fee(self, fee: int, period: int, alive: Bools, last: Bools) -> None:
        """What of a fee falls due today, beside what is unpaid of it."""
        state, claim = self.state, self.deal.claims.fee(fee)
        state.owed[claim] += where(alive, self.fee_due(fee, period, alive, last))
        state.due[claim] = state.owed[claim]

    def fee_due(self, fee: int, period: int, alive: Bools, last: Bools) -> Floats:
        """What of a fee falls due today: an amount on its dates, a rate with all it accrued since the last, and at the end."""
        terms, due = self.deal.deal.fee[fee], self.fractions.fee_dates[fee, period]
        if terms.rate is None and not due:
            return np.zeros(self.state.rows)
        accrued = self.fee_accrued(fee, period, alive)
        if terms.rate is None or terms.every == terms.from_period == 1:
            return np.asarray(accrued + self.fractions.fee_amounts[fee, period])
        total = self.state.accruing[fee] + np.where(alive, accrued, 0.0)
        falls = due | last
        self.state.accruing[fee] = np.where(falls, 0.0, total)
        return np.where(falls, total, 0.0)

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

    def fix_facility(self, facility: int, period: int, alive: Bools) -> None:
        """Interest on what is drawn and the fee on what is not, since the last date; never below 0."""
        state, terms, file = self.state, self.deal.deal.facility[facility], self.deal.deal.file
        drawn, costs, place = self.deal.claims.drawn(facility), self.deal.claims.costs(facility), f"facility[{facility}]"
        undrawn = value_of(lambda now: self.deal.undrawn(facility, now), state, alive, f"{place}.limit", file)
        rate = value_of(self.deal.facility_rates[facility], state, alive, f"{place}.rate", file)
        yearly = np.maximum(state.owed[drawn] * rate + undrawn * terms.commitment_fee, 0.0)
        state.owed[costs] += np.where(alive, yearly * self.fractions.facilities[facility, period], 0.0)
        state.due[costs], state.due[drawn] = state.owed[costs], state.owed[drawn]

    def fix_hedge(self, hedge: int, period: int, alive: Bools) -> None:
        """A hedge's net of today: to be received, or owed."""
        state, claims, legs = self.state, self.deal.claims, self.deal.hedges[hedge]
        place, file = f"hedge[{hedge}]", self.deal.deal.file
        notional = np.maximum(value_of(legs.notional, state, alive, f"{place}.notional", file), 0.0)
        rate = value_of(legs.rate, state, alive, f"{place}.receives", file)
        state.net[hedge] = np.where(alive, notional * rate * self.fractions.hedges[hedge, period], 0.0)
        state.cash[state.inside + claims.facilities + hedge] += np.maximum(state.net[hedge], 0.0)
        state.owed[claims.hedge(hedge)] += np.maximum(-state.net[hedge], 0.0)
        state.due[claims.hedge(hedge)] = state.owed[claims.hedge(hedge)]
