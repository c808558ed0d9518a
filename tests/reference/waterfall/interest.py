"""Interest due on the classes."""

from __future__ import annotations

from reference.dates import years_between
from reference.waterfall.state import State, Today


class Interest(State):
    """What accrues and what stays unpaid."""

    def fix_dues(self, today: Today) -> None:
        """Interest, then fees, from balances after the last date."""
        dates = self.deal["dates"]
        for name, tranche in self.tranches.items():
            accrue_on = tranche.get("accrue_on", dates.get("accrue_on", "unadjusted"))
            start, end = self.accrual(today.period, accrue_on, dates.get("dated", dates["closing"]))
            coupon, late = tranche.get("coupon", 0.0), tranche.get("interest_on_shortfall", 0.0)
            years = years_between(start, end, tranche["day_count"]) if "day_count" in tranche else 0.0
            today.accrued[name] = self.balance[name] * coupon * years
            today.on_shortfall[name] = self.arrears[name] * (coupon if late == "coupon" else late) * years
            today.due[name] = self.arrears[name] + today.accrued[name] + today.on_shortfall[name]
        for name in self.fees:
            self.due_of_fee(name, today)

    def unpaid(self, who: str, today: Today) -> float:
        """Interest due today that is neither paid nor added to the balance; rounding left out."""
        left = today.due[who] - today.interest_paid.get(who, 0.0) - today.accreted.get(who, 0.0)
        return left if left >= self.dust else 0.0
