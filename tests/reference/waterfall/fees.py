"""Fees due."""

from __future__ import annotations

from reference.dates import plus_months, years_between
from reference.waterfall.state import Period, State, Table, Today


class Fees(State):
    """What each fee is on a date."""

    def due_of_fee(self, name: str, today: Today) -> float:
        """A fee due today with what was unpaid; it may read other fees."""
        if name not in today.fee_due:
            fee = self.fees[name]
            years = self.fee_years(fee, today.period)
            amount = self.compute(fee["amount"], today) if "amount" in fee else self.rated(fee, years, today)
            amount = max(amount, fee.get("floor", 0.0) * years, 0.0)
            amount = min(amount, fee["cap"] * years) if "cap" in fee else amount
            today.fee_due[name] = self.fee_arrears[name] + amount
        return today.fee_due[name]

    def fee_years(self, fee: Table, period: Period) -> float:
        """The years a fee accrues over on a date."""
        day_count, dates = fee.get("day_count", "30/360"), self.deal["dates"]
        if fee.get("accrue", "collection") == "payment":
            start, end = self.accrual(period, dates.get("accrue_on", "unadjusted"), dates.get("dated", dates["closing"]))
            return years_between(start, end, day_count)
        if day_count == "30/360":
            return len(period.months) / 12
        return years_between(period.collected_from, period.collected_to, day_count)

    def rated(self, fee: Table, years: float, today: Today) -> float:
        """A rate on a base; month by month where the base is the opening balance."""
        if fee["base"] != "pool.opening_balance" or fee.get("accrue", "collection") == "payment":
            return fee["rate"] * self.compute(fee["base"], today) * years
        total = 0.0
        for n in today.period.months:
            start, end = plus_months(self.deal["dates"]["cutoff"], n), plus_months(self.deal["dates"]["cutoff"], n + 1)
            share = 1 / 12 if fee.get("day_count", "30/360") == "30/360" else years_between(start, end, fee["day_count"])
            total += fee["rate"] * self.month("opening_balance", n) * share
        return total
