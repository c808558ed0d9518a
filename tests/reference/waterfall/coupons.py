"""The coupon of each line of interest in a period: fixed, stepped, floating or by formula; indices and their shifts."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

from reference import formulas
from reference.coupons import on_day
from reference.dates import clipped
from reference.waterfall.state import State, Table, Today

Dated = list[tuple[dt.date, float]]


class Coupons(State):
    """Rates a year, worked out once a date."""

    def coupon(self, line: str, today: Today) -> float:
        """The coupon of a line; of what a cap took, what it took."""
        own = line.removesuffix(".carry_over")
        if own not in today.coupon:
            today.free[own], today.coupon[own] = self.rates_of(own, today)
        return today.free[own] - today.coupon[own] if self.carries(line) else today.coupon[own]

    def free_coupon(self, line: str, today: Today) -> float:
        """The coupon before its cap."""
        self.coupon(line, today)
        return today.free[line]

    def rates_of(self, line: str, today: Today) -> tuple[float, float]:
        """The coupon of a line before and after its cap."""
        terms = self.lines[line]
        if not isinstance(terms, dict):
            rate = self.setting(f"tranche.{line}.coupon", terms)
            return rate, rate
        floor = terms.get("floor", 0.0)
        if "formula" in terms:
            return max(floor, self.before_cap(terms, today)), max(floor, self.compute(terms["formula"], today))
        if "steps" in terms:
            rate = self.stepped(terms["steps"], line, today)
            return rate, rate
        margin = terms.get("margin", 0.0)
        margin = self.stepped(margin["steps"], line, today) if isinstance(margin, dict) else margin
        free = terms.get("multiplier", 1.0) * self.index_of(terms, line, today) + margin
        return max(floor, free), max(floor, min(terms.get("cap", float("inf")), free))

    def before_cap(self, terms: Table, today: Today) -> float:
        """Of a formula min(coupon, cap) that carries over, the coupon."""
        tree = formulas.read(terms["formula"])
        return self.worth(tree[1] if terms.get("carry_over") else tree, today)

    def turns(self, line: str) -> Iterator[tuple[dt.date, dt.date]]:
        """When each period of a line begins: on the day it does, and as if every day were a business day."""
        tranche, plain = self.tranches[self.class_of[line]], {"accrue_on": "unadjusted"}
        for period in self.periods:
            yield self.interest_days(tranche, period)[0], self.interest_days(plain, period)[0]

    def stepped(self, steps: Dated, line: str, today: Today) -> float:
        """A rate by date over a period, each by its days; a step on a payment date moves with it."""
        moved = {plain: day for day, plain in self.turns(line)}
        tranche = self.tranches[self.class_of[line]]
        start, end = self.interest_days(tranche, today.period)
        rates = [(moved.get(day, day), rate) for day, rate in steps]
        cuts = [start, *(day for day, _ in rates if start < day < end), end]
        parts = [(self.years(since, to, tranche["day_count"]), on_day(rates, since)) for since, to in itertools.pairwise(cuts)]
        whole = sum(years for years, _ in parts)
        return sum(years * rate for years, rate in parts) / whole if whole else on_day(rates, start)

    # ------------------------------------------------------------------------------------------------------------ indices

    def index_on(self, name: str, day: dt.date) -> float:
        """An index in force on a day, as the scenario shifts it."""
        return on_day(self.deal["index"][name]["rates"], day) + self.said.get("index_shift", 0.0)

    def index_now(self, name: str, today: Today) -> float:
        """As formulas read it: when the deal's period began."""
        return self.index_on(name, self.interest_days({}, today.period)[0])

    def index_of(self, terms: Table, line: str, today: Today) -> float:
        """The index of a floating coupon for a period."""
        reset, tranche = terms.get("reset", "payment"), self.tranches[self.class_of[line]]
        start, end = self.interest_days(tranche, today.period)
        if reset == "arrears":
            return self.compounded(terms["index"], start, end, tranche["day_count"])
        if reset == "payment":
            return self.index_on(terms["index"], start)
        moved = {plain: day for day, plain in self.turns(line)}
        begins = next(iter(moved.values()))
        months = range(reset, 12 * (start.year - begins.year + 2), reset) if isinstance(reset, int) else ()
        later = sorted(reset) if isinstance(reset, list) else [clipped(begins, n) for n in months]
        passed = [day for day in later if day > begins and moved.get(day, day) <= start]
        return self.index_on(terms["index"], max([begins, *passed]))

    def compounded(self, name: str, start: dt.date, end: dt.date, day_count: str) -> float:
        """Interest on interest from one business day to the next, as a rate over the period."""
        days = [start + dt.timedelta(n) for n in range(1, (end - start).days)]
        turns = [start, *(day for day in days if self.is_open(day)), end]
        grown = 1.0
        for since, to in itertools.pairwise(turns):
            grown *= 1 + self.index_on(name, since) * self.years(since, to, day_count)
        return (grown - 1) / self.years(start, end, day_count)
