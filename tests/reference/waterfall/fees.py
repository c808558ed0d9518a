"""Fees due."""

from __future__ import annotations

from reference.dates import plus_months
from reference.waterfall.state import Period, State, Table, Today

MONTHS_ALIKE = ("30/360", "30E/360")


class Fees(State):
    """What each fee is on a date."""

    def due_of_fee(self, name: str, today: Today) -> float:
        """A fee due today with what was unpaid; it may read other fees."""
        if name not in today.fee_due:
            today.fee_due[name] = self.fee_arrears[name] + self.falls_due(name, today)
        return today.fee_due[name]

    def falls_due(self, name: str, today: Today) -> float:
        """What falls due today: stated amounts, an amount on its dates, or on its dates what a rate has accrued."""
        fee, period = self.fees[name], today.period
        if "dates" in fee:
            return float(sum(amount for day, amount in fee["dates"] if self.first_on_or_after(day) == period.number))
        after = period.number - fee.get("from_period", 1)
        charged = after >= 0 and after % fee.get("every", 1) == 0
        if "amount" in fee:
            return self.within_limits(fee, self.amount(name, today), period) if charged else 0.0
        self.accruing[name] += self.within_limits(fee, self.rated(name, today), period)
        return self.accrued_so_far(name) if charged or today.last else 0.0

    def accrued_so_far(self, name: str) -> float:
        """What a rate accrued since it was last due, which is due now."""
        amount, self.accruing[name] = self.accruing[name], 0.0
        return amount

    def rest_of_fees(self, today: Today) -> None:
        """What fees accrued towards a later date is due on the last one."""
        for name in self.fees:
            today.fee_due[name] += self.accrued_so_far(name)

    def within_limits(self, fee: Table, amount: float, period: Period) -> float:
        """An amount not below 0, within a floor and a cap a year."""
        years = self.fee_years(fee, period)
        amount = max(amount, fee.get("floor", 0.0) * years, 0.0)
        return min(amount, fee["cap"] * years) if "cap" in fee else amount

    def amount(self, name: str, today: Today) -> float:
        """An amount a payment date: a number, a formula, or a number that changes; before its first date it is 0."""
        amount = self.fees[name]["amount"]
        if isinstance(amount, dict):
            stated = self.stated(amount, today)
            return 0.0 if stated is None else stated
        return float(self.compute(self.setting(f"fee.{name}.amount", amount), today))

    def fee_years(self, fee: Table, period: Period) -> float:
        """The years a fee accrues over on a date: between payments, or over the months collected."""
        day_count = fee.get("day_count", "30/360")
        if fee.get("accrue", "collection") == "payment":
            dates = self.deal["dates"]
            start, end = self.accrual(period, dates.get("accrue_on", "unadjusted"), dates.get("dated", dates["closing"]))
            return self.years(start, end, day_count, delayed=False)
        if day_count in MONTHS_ALIKE:
            return len(period.months) / 12
        return self.years(period.collected_from, period.collected_to, day_count)

    def rated(self, name: str, today: Today) -> float:
        """A rate on a base; month by month where the base is the opening balance."""
        fee, period = self.fees[name], today.period
        rate = self.setting(f"fee.{name}.rate", fee["rate"])
        if fee["base"] != "pool.opening_balance" or fee.get("accrue", "collection") == "payment":
            return rate * float(self.compute(fee["base"], today)) * self.fee_years(fee, period)
        return sum(rate * self.month("opening_balance", n) * self.month_years(fee, n) for n in period.months)

    def month_years(self, fee: Table, n: int) -> float:
        """The years of a month collected."""
        if fee.get("day_count", "30/360") in MONTHS_ALIKE:
            return 1 / 12
        start, end = (plus_months(self.deal["dates"]["cutoff"], month) for month in (n, n + 1))
        return self.years(start, end, fee["day_count"])
