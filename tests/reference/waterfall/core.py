"""One payment date after the other, in the order of the reference."""

from __future__ import annotations

import math

from reference.dates import years_between
from reference.waterfall.call import Call
from reference.waterfall.classes import Classes
from reference.waterfall.coupons import Coupons
from reference.waterfall.dates import Dates
from reference.waterfall.fees import Fees
from reference.waterfall.interest import Interest
from reference.waterfall.ledgers import Ledgers
from reference.waterfall.names import Names
from reference.waterfall.pool import Pool
from reference.waterfall.promises import Promises
from reference.waterfall.purchases import Purchases
from reference.waterfall.schedules import Schedules
from reference.waterfall.settings import Settings
from reference.waterfall.state import Period, Table, Today
from reference.waterfall.steps import Steps
from reference.waterfall.triggers import Triggers


class Scenario(
    Dates, Pool, Purchases, Names, Classes, Schedules, Coupons, Interest, Fees, Promises, Settings, Triggers, Call, Steps, Ledgers
):
    """A deal in one scenario."""

    def run(self, *, callable_: bool = True) -> list[Table]:
        """Every payment date up to the last one."""
        dates: list[Table] = []
        for period in self.periods:
            dates.append(self.pay(period, callable_=callable_))
            if dates[-1]["last"]:
                break
        return dates

    def pay(self, period: Period, *, callable_: bool) -> Table:
        """One payment date, in the order of the reference."""
        last_time = self.before
        today = self.before = Today(
            period,
            {},
            interest_paid=last_time.interest_paid,
            principal_paid=last_time.principal_paid,
            accreted=last_time.accreted,
            fee_paid=last_time.fee_paid,
            step_paid=last_time.step_paid,
            released=last_time.released,
        )
        self.acting = self.holds
        opening = {"balance": dict(self.balance), "cash": dict(self.cash), "drawn": dict(self.drawn)}
        income, collected = self.collect(today)  # 1
        today.last = self.is_last(today)
        self.fix_dues(today)  # 2
        excess_spread = self.of_notes("excess_spread", today)
        self.take_values(today)
        tests = {name: self.test(name, today) for name, t in self.triggers.items() if t.get("test", "before") == "before"}  # 3
        mode = self.mode(period.nominal)
        paid_for_pool = self.call_amount(today) if callable_ else None  # 4
        if paid_for_pool is not None:
            self.sell(today, paid_for_pool)
        today.last = today.sold or self.is_last(today)
        if today.last:
            self.rest_of_fees(today)
        today.released = today.last or not any(self.balance[name] for name in self.notes)
        self.emptied = set(self.accounts) if today.released else self.swept()
        for name in self.emptied:
            self.move(today, name, "interest", self.cash[name])
        today.begin_steps()
        today.active = self.revolves(today)
        for step in self.deal["waterfall"][mode]:  # 5
            self.step(step, today)
        self.defer(today)
        self.keep(today)
        self.acting = dict(self.holds)  # what triggers do that are tested now begins on the next date
        tests |= {name: self.test(name, today) for name, t in self.triggers.items() if t.get("test", "before") == "after"}  # 6
        for line in self.lines:
            self.arrears[line] = self.unpaid(line, today)
        for name in self.fee_arrears:
            self.fee_arrears[name] = today.fee_due[name] - today.fee_paid.get(name, 0.0)
        rows = {name: self.tranche_row(name, opening["balance"], today) for name in self.tranches}
        return {
            "period": period,
            "accrued_to": self.note_accrual(period, None)[1],
            "mode": mode,
            "called": paid_for_pool is not None,
            "last": today.last,
            "pool": today.pool,
            "collected": collected,
            "call_amount": paid_for_pool or 0.0,
            "left": {fund: self.cash[fund] for fund in ("interest", "principal")},
            "tranches": rows,
            "accounts": {name: self.account_row(name, opening["cash"], income, today) for name in self.accounts},
            "fees": {
                name: {"due": today.fee_due[name], "paid": today.fee_paid.get(name, 0.0), "unpaid": self.fee_arrears[name]}
                for name in self.fees
            },
            "facilities": {name: self.facility_row(name, opening["drawn"], today) for name in self.facilities},
            "hedges": {name: self.hedge_row(name, today) for name in self.hedges},
            "excess_spread": excess_spread,
            "schedules": {name: self.schedule_row(name, today) for name in self.schedules},
            "exchanges": {table["name"]: self.exchange_row(table["of"], rows) for table in self.deal.get("exchange", ())},
            "credit_support": {name: self.support_after(name, today) for name in [*self.tranches, "notes"]},
            "lines": {line: self.line_row(line, today) for line in self.lines},
            "purchases": self.purchase_row(today),
            "active": today.active,
            "ledgers": {name: sum(lines.values()) for name, lines in self.ledgers.items()},
            "triggers": {
                name: {"tested": tests[name] is not None, "breached": bool(tests[name]), "active": self.holds[name]}
                for name in tests
            },
        }

    def tranche_row(self, name: str, opening: dict[str, float], today: Today) -> Table:
        lines = [self.line_row(line, today) for line in self.lines_of(name, carried=True)]
        return {
            "opening_balance": opening[name],
            "interest_accrued": sum(row["accrued"] for row in lines),
            "interest_on_shortfall": sum(row["on_shortfall"] for row in lines),
            "interest_due": sum(row["due"] for row in lines),
            "interest": sum(row["paid"] for row in lines),
            "accreted": sum(today.accreted.get(line, 0.0) for line in self.lines_of(name, carried=True)),
            "interest_shortfall": sum(row["unpaid"] for row in lines),
            "coupon": sum(self.coupon(line, today) for line in self.lines_of(name)),
            "interest_base": today.base[name],
            "principal": today.principal_paid.get(name, 0.0),
            "write_down": today.written_down.get(name, 0.0),
            "write_up": today.written_up.get(name, 0.0),
            "residual": today.residual_paid.get(name, 0.0),
            "closing_balance": self.balance[name],
        }

    def schedule_row(self, name: str, today: Today) -> Table:
        classes = self.planned_classes(name)
        balance = sum(self.balance[member] for member in classes) if classes else math.nan
        return {"planned_balance": self.planned(name, today.period.number), "balance": balance}

    def exchange_row(self, shares: dict[str, float], rows: dict[str, Table]) -> Table:
        """Shares of the flows of its classes, and of the interest that they bear a year."""
        keys = rows[next(iter(shares))].keys() - {"coupon", "interest_base"}
        yearly = sum(share * rows[name]["interest_base"] * rows[name]["coupon"] for name, share in shares.items())
        return {key: sum(share * rows[name][key] for name, share in shares.items()) for key in keys} | {"yearly": yearly}

    def support_after(self, name: str, today: Today) -> float:
        """Credit support after the date; not a number where nothing backs it."""
        backed = self.backing(today) > self.dust
        of = self.of_notes if name == "notes" else lambda what, now: self.of_tranche(name, what, now)
        return of("credit_support", today) if backed else math.nan

    def line_row(self, line: str, today: Today) -> Table:
        return {
            "coupon": self.coupon(line, today),
            "accrued": today.accrued[line],
            "on_shortfall": today.on_shortfall[line],
            "due": today.due[line],
            "paid": today.interest_paid.get(line, 0.0),
            "unpaid": self.arrears[line],
        }

    def account_row(self, name: str, opening: dict[str, float], income: dict[str, float], today: Today) -> Table:
        return {
            "opening_balance": opening[name],
            "into": today.into.get(name, 0.0),
            "out": today.out.get(name, 0.0),
            "earned": income[name],
            "closing_balance": self.cash[name],
        }

    def collect(self, today: Today) -> tuple[dict[str, float], dict[str, float]]:
        """Collections join the funds; what accounts earned and what each fund got."""
        got = {"interest": 0.0, "principal": 0.0}
        self.nothing_idle_after(today)
        for n in today.period.months:
            for fund, amount in self.of_month(n).items():
                self.cash[fund] += amount
                got[fund] += amount
            today.pool_months = range(today.period.months.start, n + 1)
            today.pool = self.pool_of(today.pool_months)
            self.end_of_month(n, today)
        self.open_date(today)
        income = {name: self.earned(name, today) for name in self.accounts}
        self.cash["interest"] += sum(income.values())
        return income, got | {"interest": got["interest"] + sum(income.values())}

    def earned(self, name: str, today: Today) -> float:
        """What an account earned since the last payment date, from day to day."""
        rate = self.accounts[name].get("rate", 0.0)
        start, end = self.accrual(today.period, "adjusted", self.deal["dates"]["closing"])
        earned = self.cash[name] * rate * years_between(start, end, "ACT/365F")
        until = [(cost, min(max(day, start), end)) for who, day, cost in today.spent_between if who == name]
        return earned + sum(cost * rate * years_between(start, day, "ACT/365F") for cost, day in until)

    def of_month(self, n: int) -> dict[str, float]:
        """What a month pays into each fund."""
        got = {"interest": self.month("interest", n), "principal": 0.0}
        got["principal"] = self.month("scheduled_principal", n) + self.month("prepayment", n)
        got[self.deal["pool"].get("recoveries_to", "principal")] += self.month("recovery", n)
        return got
