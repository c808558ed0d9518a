"""Interest due on the classes, line by line: a class's own coupon, its components, and what caps took."""

from __future__ import annotations

import datetime as dt

from reference.waterfall.state import Period, State, Today


class Interest(State):
    """What accrues and what stays unpaid."""

    def fix_dues(self, today: Today) -> None:
        """Everything due, from balances after the last date."""
        for line in self.lines:
            self.due_of_line(line, today)
        for name in self.fees:
            self.due_of_fee(name, today)
        for name in self.facilities:
            self.due_of_facility(name, today)
        for name in self.hedges:
            self.not_received[name] += max(0.0, self.net_of(name, today))
            self.not_paid[name] += max(0.0, -self.net_of(name, today))

    def due_of_line(self, line: str, today: Today) -> float:
        """Interest due on a line with what was unpaid; it may read fees and other lines."""
        if line not in today.due:
            name = self.class_of[line]
            years = self.years_of(self.tranches[name], today.period)
            late = self.tranches[name].get("interest_on_shortfall", 0.0)
            accrued = self.due_of(line, self.accrues_on(name, today) * self.coupon(line, today) * years)
            late_coupon = self.late_coupon(line, today) if late == "coupon" else late
            on_shortfall = self.due_of(line, self.arrears[line] * late_coupon * years)
            today.accrued[line], today.on_shortfall[line] = accrued, on_shortfall
            today.due[line] = self.arrears[line] + accrued + on_shortfall
        return today.due[line]

    def due_of(self, line: str, accrued: float) -> float:
        """Whole cents a note of what accrued, with what was too little for one before."""
        due = self.cents(self.class_of[line], accrued + self.rounded_off[line])
        self.rounded_off[line] += accrued - due
        return due

    def late_coupon(self, line: str, today: Today) -> float:
        """The coupon that interest on shortfall is at: of what a cap took, that before the cap."""
        return self.free_coupon(line.removesuffix(".carry_over"), today) if self.carries(line) else self.coupon(line, today)

    def accrues_on(self, name: str, today: Today) -> float:
        """What a class accrues interest on; fixed once a date."""
        if name not in today.base:
            stated = self.tranches[name].get("interest_on")
            today.base[name] = self.balance[name] if stated is None else max(0.0, self.compute(stated, today))
        return today.base[name]

    def years_of(self, tranche: dict, period: Period) -> float:
        """The years a class accrues over on a date."""
        return self.years(*self.interest_days(tranche, period), tranche["day_count"]) if "day_count" in tranche else 0.0

    def interest_days(self, tranche: dict, period: Period) -> tuple[dt.date, dt.date]:
        """The days a class accrues over: to `delay_days` before its payment date."""
        dates = self.deal["dates"]
        accrue_on = tranche.get("accrue_on", dates.get("accrue_on", "unadjusted"))
        starts = dates.get("dated", dates["closing"])
        delay = dt.timedelta(days=dates.get("delay_days", 0))
        start, end = self.accrual(period, accrue_on, starts)
        return (start - delay if period.number > 1 else starts), end - delay

    # ------------------------------------------------------------------------------------------ lines of a class together

    def carries(self, line: str) -> bool:
        """Whether a line is what a cap took."""
        return line.endswith(".carry_over")

    def lines_of(self, name: str, *, carried: bool = False) -> list[str]:
        """The lines of a class; what caps took only where asked."""
        return [line for line in self.lines if self.class_of[line] == name and (carried or not self.carries(line))]

    def interest_due(self, name: str, today: Today) -> float:
        """What a class is due, as formulas read it."""
        return sum(self.due_of_line(line, today) for line in self.lines_of(name))

    def unpaid(self, line: str, today: Today) -> float:
        """Interest due today that is neither paid nor added to the balance; rounding left out."""
        return self.beyond_rounding(today.due[line] - today.interest_paid.get(line, 0.0) - today.accreted.get(line, 0.0))

    def accrete(self, line: str, amount: float, today: Today) -> None:
        """Interest joins the balance of its class."""
        name = self.class_of[line]
        self.balance[name] = self.beyond_rounding(self.balance[name] + amount)
        today.accreted[line] = today.accreted.get(line, 0.0) + amount

    def defer(self, today: Today) -> None:
        """After the steps, unpaid interest of deferrable classes joins their balances."""
        for name, tranche in self.tranches.items():
            for line in self.lines_of(name) if tranche.get("deferrable") else ():
                self.accrete(line, self.unpaid(line, today), today)
