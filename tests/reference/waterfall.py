"""The waterfall of one deal in one scenario, one payment date at a time, in plain Python.

Written from the deal-file reference alone, so that a misreading of it in the engine shows as a difference. `deal` is the
deal file as a TOML reader gives it; `months` the pool's monthly flows as lists; the result is one dictionary a date.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Container
from dataclasses import dataclass, field
from typing import Any

from reference import formulas
from reference.dates import MONTHS, adjusted, plus_months, whole_months, years_between

Table = dict[str, Any]
VERBS = (
    "pay", "interest", "principal", "draw", "fill", "transfer", "residual", "accrue", "debit", "cure", "write_down", "write_up",
)  # fmt: skip


@dataclass
class Period:
    """One payment date and the collection period it pays."""

    number: int  # from 1
    nominal: dt.date
    paid_on: dt.date
    collected_from: dt.date
    collected_to: dt.date
    months: range  # of the collection, 0 is the first after cut-off


@dataclass
class Today:
    """What is fixed or counted on one payment date."""

    period: Period
    pool: dict[str, float]
    accrued: dict[str, float] = field(default_factory=dict)
    on_shortfall: dict[str, float] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)  # by tranche
    fee_due: dict[str, float] = field(default_factory=dict)
    interest_paid: dict[str, float] = field(default_factory=dict)  # these five: on the last date, until the steps begin
    principal_paid: dict[str, float] = field(default_factory=dict)
    accreted: dict[str, float] = field(default_factory=dict)
    fee_paid: dict[str, float] = field(default_factory=dict)
    step_paid: dict[str, float] = field(default_factory=dict)
    residual_paid: dict[str, float] = field(default_factory=dict)
    written_down: dict[str, float] = field(default_factory=dict)
    written_up: dict[str, float] = field(default_factory=dict)
    into: dict[str, float] = field(default_factory=dict)
    out: dict[str, float] = field(default_factory=dict)
    looked: set[str] = field(default_factory=set)  # functions over dates whose value of today is taken
    released: bool = False  # account targets are 0
    paying: bool = False  # the steps have begun

    def begin_steps(self) -> None:
        """What was paid is now what is paid today."""
        self.paying = True
        self.interest_paid, self.principal_paid, self.accreted, self.fee_paid, self.step_paid = {}, {}, {}, {}, {}


class Scenario:
    """A deal in the middle of being paid."""

    def __init__(
        self, deal: Table, pool_balance: float, months: dict[str, list[float]], holidays: Container[dt.date] = ()
    ) -> None:
        self.deal = deal
        self.months = months
        self.cutoff_balance = pool_balance
        self.initial = deal["pool"].get("initial_balance", pool_balance)
        self.defaults = deal["pool"].get("cumulative_default", 0.0)
        self.losses = deal["pool"].get("cumulative_loss", 0.0)
        self.tranches = {t["name"]: t for t in deal["tranche"]}
        self.notes = [t["name"] for t in deal["tranche"] if not t.get("residual")]
        self.fees = {f["name"]: f for f in deal.get("fee", [])}
        self.accounts = {a["name"]: a for a in deal.get("account", [])}
        self.triggers = {t["name"]: t for t in deal.get("trigger", [])}
        self.define = deal.get("define", {})
        self.balance = {name: self.size(t) for name, t in self.tranches.items()}
        self.original = {name: t.get("initial_balance", self.balance[name]) for name, t in self.tranches.items()}
        self.arrears = {name: t.get("unpaid_interest", 0.0) for name, t in self.tranches.items()}
        self.groups = {g["name"]: g for g in deal.get("group", [])}
        self.schedules = {s["name"]: s["balances"] for s in deal.get("schedule", [])}
        self.fee_arrears = dict.fromkeys(self.fees, 0.0)
        self.cash = {"interest": 0.0, "principal": 0.0} | {name: a.get("initial", 0.0) for name, a in self.accounts.items()}
        self.ledgers = {ledger["name"]: dict.fromkeys(ledger.get("tranches", [""]), 0.0) for ledger in deal.get("ledger", [])}
        self.written_off = dict.fromkeys(self.tranches, 0.0)
        self.holds = dict.fromkeys(self.triggers, False)
        self.clean = dict.fromkeys(self.triggers, 0)
        self.history: dict[str, list[float]] = {}
        self.dust = 1e-11 * self.initial  # what is owed below this is rounding
        self.periods = self.calendar(holidays)
        self.before = Today(self.periods[0], {})

    def size(self, tranche: Table) -> float:
        """A class's balance at closing."""
        if "balance" in tranche:
            return float(tranche["balance"])
        exact = tranche["share"] * self.cutoff_balance
        to = tranche.get("round_to")
        return math.floor(exact / to + 1e-9) * to if to else exact

    def calendar(self, holidays: Container[dt.date]) -> list[Period]:
        """Every payment date to the legal final, with its collection period."""
        dates, every = self.deal["dates"], MONTHS[self.deal["dates"]["frequency"]]
        first = dates.get("first_collection_months", every)
        periods: list[Period] = []
        for n, nominal in enumerate(dates.get("payment_dates") or self.regular_dates(every)):
            start, end = (0, first) if n == 0 else (first + every * (n - 1), first + every * n)
            periods.append(
                Period(
                    n + 1,
                    nominal,
                    adjusted(nominal, dates.get("business_day", "none"), holidays),
                    plus_months(dates["cutoff"], start),
                    plus_months(dates["cutoff"], end),
                    range(start, end),
                )
            )
        return periods

    def regular_dates(self, every: int) -> list[dt.date]:
        """The first payment date and every so many months later, to the legal final."""
        first, final = self.deal["dates"]["first_payment"], self.deal["dates"]["legal_final"]
        return list(itertools.takewhile(lambda day: day <= final, (plus_months(first, n) for n in itertools.count(0, every))))

    # ---------------------------------------------------------------------------------------------------- the pool

    def month(self, flow: str, n: int) -> float:
        """A flow of the n-th month, 0 after the projection's end."""
        flows = self.months[flow]
        return flows[n] if n < len(flows) else 0.0

    def collected(self, flow: str, period: Period) -> float:
        """A flow over a collection period."""
        return sum(self.month(flow, n) for n in period.months)

    def pool_of(self, period: Period) -> dict[str, float]:
        """The pool at the end of a collection period."""
        pool = {
            flow: self.collected(flow, period)
            for flow in ("interest", "scheduled_principal", "prepayment", "default", "recovery")
        }
        pool["principal"] = pool["scheduled_principal"] + pool["prepayment"]
        pool["principal_due"] = pool["principal"] + pool["default"]
        pool["loss"] = pool["default"] - pool["recovery"]
        self.defaults += pool["default"]
        self.losses += pool["loss"]
        pool["cumulative_default_rate"] = self.defaults / self.initial
        pool["cumulative_loss_rate"] = self.losses / self.initial
        pool["opening_balance"] = self.month("opening_balance", period.months[0])
        pool["balance"] = self.month("closing_balance", period.months[-1])
        pool["initial_balance"] = self.initial
        pool["factor"] = pool["balance"] / self.initial
        for name in self.months:
            if name.startswith("segment."):
                pool[f"{name}.balance"] = self.month(name, period.months[-1])
        return pool

    def last_collection(self) -> int:
        """The last month in which anything is outstanding or recovered."""
        flows = ("opening_balance", "interest", "scheduled_principal", "prepayment", "recovery")
        return max((n for flow in flows for n, amount in enumerate(self.months[flow]) if amount), default=0)

    # ------------------------------------------------------------------------------------------------- names of formulas

    def compute(self, text: str | float, today: Today) -> Any:
        """What a formula is worth now."""
        return self.worth(formulas.read(text), today)

    def worth(self, tree: formulas.Tree, today: Today) -> Any:
        return formulas.value(tree, lambda name: self.named(name, today), lambda node: self.looked_back(node, today))

    def named(self, name: str, today: Today) -> Any:
        """What a name stands for now."""
        if name in self.define:
            return self.compute(self.define[name], today)
        if name in self.triggers:
            return self.holds[name]
        table, _, rest = name.partition(".")
        if not rest:
            return self.of_clock(name, today)
        if table in ("pool", "notes", "funds"):
            return {"pool": self.of_pool, "notes": self.of_notes, "funds": lambda what, _: self.available(what)}[table](
                rest, today
            )
        if table == "schedule":
            number, planned = today.period.number, self.schedules[rest]
            return planned[number - 1] if number <= len(planned) else 0.0
        who, _, what = rest.rpartition(".")
        if table == "group":
            return self.of_classes(self.members(who), what, today)
        of = {"tranche": self.of_tranche, "account": self.of_account, "fee": self.of_fee, "step": self.of_step}
        of["ledger"] = self.of_ledger
        return of[table](who, what, today)

    def of_clock(self, name: str, today: Today) -> int:
        closing, now = self.deal["dates"]["closing"], today.period.nominal
        return {"period": today.period.number, "date": now.toordinal(), "months": whole_months(closing, now)}[name]

    def of_pool(self, what: str, today: Today) -> float:
        return self.net_rate(today) if what == "net_rate" else today.pool[what]

    def of_account(self, who: str, what: str, today: Today) -> float:
        return self.target(who, today) if what == "target" else self.cash[who]

    def of_fee(self, who: str, what: str, today: Today) -> float:
        return self.due_of_fee(who, today) if what == "due" else today.fee_paid.get(who, 0.0)

    def of_ledger(self, who: str, what: str, _: Today) -> float:
        return sum(self.ledgers[who].values()) if what == "balance" else self.ledgers[who][what]

    def of_step(self, who: str, what: str, today: Today) -> float:
        assert what == "paid"
        return today.step_paid.get(who, 0.0)

    def of_tranche(self, who: str, what: str, today: Today) -> float:
        return {
            "balance": self.balance[who],
            "initial_balance": self.original[who],
            "factor": self.balance[who] / self.original[who] if self.original[who] else 0.0,
            "interest_due": today.due[who],
            "interest_shortfall": self.unpaid(who, today) if today.paying else self.arrears[who],
            "interest_paid": today.interest_paid.get(who, 0.0),
            "principal_paid": today.principal_paid.get(who, 0.0),
            "accrued": today.accreted.get(who, 0.0),
            "credit_support": self.support([name for name in self.tranches if self.rank(name) <= self.rank(who)], today),
        }[what]

    def members(self, name: str) -> list[str]:
        """The classes that a name of a class or a group stands for."""
        return self.groups[name]["tranches"] if name in self.groups else [name]

    def rank(self, who: str) -> int:
        """The first step that pays a class in the mode the deal starts in."""
        steps = self.deal["waterfall"][self.deal["deal"]["starts_in"]]
        for n, step in enumerate(steps):
            payees = step.get("interest") or step.get("principal") or step.get("residual") or []
            if who in [m for name in ([payees] if isinstance(payees, str) else payees) for m in self.members(name)]:
                return n
        return len(steps)

    def support(self, ahead: list[str], today: Today) -> float:
        """What the pool and principal funds hold above some classes, as a share of both."""
        backing = today.pool["balance"] + self.cash["principal"]
        return 1 - sum(self.balance[name] for name in ahead) / backing if backing > 0 else 0.0

    def unpaid(self, who: str, today: Today) -> float:
        """Interest due today that is neither paid nor added to the balance; rounding left out."""
        left = today.due[who] - today.interest_paid.get(who, 0.0) - today.accreted.get(who, 0.0)
        return left if left >= self.dust else 0.0

    def of_notes(self, what: str, today: Today) -> float:
        if what == "excess_spread":
            due = sum(today.due[name] for name in self.notes) * 12 / len(today.period.months)
            opening = today.pool["opening_balance"]
            return self.net_rate(today) - due / opening if opening else 0.0
        return self.of_classes(self.notes, what, today)

    def of_classes(self, names: list[str], what: str, today: Today) -> float:
        return {
            "balance": sum(self.balance[name] for name in names),
            "initial_balance": sum(self.original[name] for name in names),
            "interest_due": sum(today.due[name] for name in names),
            "count": sum(self.balance[name] > 0 for name in names),
            "credit_support": self.support(names, today),
        }[what]

    def net_rate(self, today: Today) -> float:
        fees = sum(self.due_of_fee(name, today) for name in self.fees)
        opening = today.pool["opening_balance"]
        return (today.pool["interest"] - fees) * 12 / len(today.period.months) / opening if opening else 0.0

    def available(self, source: str) -> float:
        return self.cash["interest"] + self.cash["principal"] if source == "available" else self.cash[source]

    def target(self, name: str, today: Today) -> float:
        return 0.0 if today.released else max(0.0, self.compute(self.accounts[name].get("target", 0.0), today))

    def looked_back(self, node: formulas.Tree, today: Today) -> float:
        """A function over payment dates, this one included."""
        values = self.taken(node, today)
        _, verb, _, dates = node
        recent = values[-dates:]  # all of them for sum_to_date
        match verb:
            case "sum" | "sum_to_date":
                return sum(recent)
            case "average":
                return sum(recent) / len(recent)
            case "max_over":
                return max(recent)
            case _:
                return values[-1 - dates] if dates < len(values) else math.nan

    def taken(self, node: formulas.Tree, today: Today) -> list[float]:
        """The values so far of what a function looks back on; today's is taken at the first look."""
        values = self.history.setdefault(repr(node), [])
        if repr(node) not in today.looked:
            today.looked.add(repr(node))
            values.append(float(self.worth(node[2], today)))
        return values

    def take_values(self, today: Today) -> None:
        """Take today's value of everything that any formula of the deal looks back on."""
        texts = [*self.define.values(), *(step.get("amount", 0) for steps in self.deal["waterfall"].values() for step in steps)]
        texts += [step.get("when", "true") for steps in self.deal["waterfall"].values() for step in steps]
        texts += [trigger["when"] for trigger in self.triggers.values()]
        texts += [fee.get(key, 0) for fee in self.fees.values() for key in ("base", "amount")]
        texts += [account.get("target", 0) for account in self.accounts.values()]
        texts += [target for steps in self.deal["waterfall"].values() for step in steps for target in step.get("targets", ())]
        texts += [self.deal.get("call", {}).get("when", "true"), self.deal.get("call", {}).get("amount", 0)]
        for text in texts:
            for node in formulas.lookbacks(formulas.read(text)):
                self.taken(node, today)

    # ------------------------------------------------------------------------------------------------ one payment date

    def run(self, *, callable_: bool = True) -> list[Table]:
        """Every payment date up to the last one."""
        final = next((p for p in self.periods if p.months[-1] >= self.last_collection()), self.periods[-1])
        dates: list[Table] = []
        for period in self.periods:
            dates.append(self.pay(period, last=period is final, callable_=callable_))
            if dates[-1]["last"]:
                break
        return dates

    def pay(self, period: Period, *, last: bool, callable_: bool) -> Table:
        """One payment date, in the order of the reference."""
        last_time = self.before
        today = self.before = Today(
            period,
            self.pool_of(period),
            interest_paid=last_time.interest_paid,
            principal_paid=last_time.principal_paid,
            accreted=last_time.accreted,
            fee_paid=last_time.fee_paid,
            step_paid=last_time.step_paid,
            released=last_time.released,
        )
        opening = {"balance": dict(self.balance), "cash": dict(self.cash)}
        income, collected = self.collect(today)  # 1
        self.fix_dues(today)  # 2
        self.take_values(today)
        tests = {name: self.test(name, today) for name, t in self.triggers.items() if t.get("test", "before") == "before"}  # 3
        mode = self.mode()
        paid_for_pool = self.call_amount(today) if callable_ else None  # 4
        if paid_for_pool is not None:
            self.sell(today, paid_for_pool)
        today.released = last or paid_for_pool is not None or not any(self.balance[name] for name in self.notes)
        if today.released:
            for name in self.accounts:
                self.move(today, name, "interest", self.cash[name])
        today.begin_steps()
        for step in self.deal["waterfall"][mode]:  # 5
            self.step(step, today)
        tests |= {name: self.test(name, today) for name, t in self.triggers.items() if t.get("test", "before") == "after"}  # 6
        for name in self.tranches:
            self.arrears[name] = self.unpaid(name, today)
        for name in self.fees:
            self.fee_arrears[name] = today.fee_due[name] - today.fee_paid.get(name, 0.0)
        return {
            "period": period,
            "mode": mode,
            "called": paid_for_pool is not None,
            "last": last or paid_for_pool is not None,
            "pool": today.pool,
            "collected": collected,
            "call_amount": paid_for_pool or 0.0,
            "left": {fund: self.cash[fund] for fund in ("interest", "principal")},
            "tranches": {name: self.tranche_row(name, opening["balance"], today) for name in self.tranches},
            "accounts": {name: self.account_row(name, opening["cash"], income, today) for name in self.accounts},
            "fees": {
                name: {"due": today.fee_due[name], "paid": today.fee_paid.get(name, 0.0), "unpaid": self.fee_arrears[name]}
                for name in self.fees
            },
            "ledgers": {name: sum(lines.values()) for name, lines in self.ledgers.items()},
            "triggers": {
                name: {"tested": tests[name] is not None, "breached": bool(tests[name]), "active": self.holds[name]}
                for name in tests
            },
        }

    def tranche_row(self, name: str, opening: dict[str, float], today: Today) -> Table:
        return {
            "opening_balance": opening[name],
            "interest_accrued": today.accrued[name],
            "interest_on_shortfall": today.on_shortfall[name],
            "interest_due": today.due[name],
            "interest": today.interest_paid.get(name, 0.0),
            "accreted": today.accreted.get(name, 0.0),
            "interest_shortfall": self.arrears[name],
            "principal": today.principal_paid.get(name, 0.0),
            "write_down": today.written_down.get(name, 0.0),
            "write_up": today.written_up.get(name, 0.0),
            "residual": today.residual_paid.get(name, 0.0),
            "closing_balance": self.balance[name],
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
        start, end = self.accrual(today.period, "adjusted", self.deal["dates"]["closing"])
        income = {
            name: self.cash[name] * a.get("rate", 0.0) * years_between(start, end, "ACT/365F")
            for name, a in self.accounts.items()
        }
        got = {"interest": today.pool["interest"] + sum(income.values()), "principal": today.pool["principal"]}
        got[self.deal["pool"].get("recoveries_to", "principal")] += today.pool["recovery"]
        for fund, amount in got.items():
            self.cash[fund] += amount
        return income, got

    def accrual(self, period: Period, accrue_on: str, first: dt.date) -> tuple[dt.date, dt.date]:
        """The days from one payment date to the next."""
        days = [p.paid_on if accrue_on == "adjusted" else p.nominal for p in self.periods]
        return (days[period.number - 2] if period.number > 1 else first), days[period.number - 1]

    # ------------------------------------------------------------------------------------------------------- what is due

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

    # -------------------------------------------------------------------------------------------------- triggers and call

    def test(self, name: str, today: Today) -> bool | None:
        """Test a trigger; None where it may not be tested yet."""
        trigger = self.triggers[name]
        dates = max((node[3] + (node[1] == "previous") for node in self.nodes(trigger["when"])), default=1)
        if today.period.number < max(dates, trigger.get("from_period", 1)):
            return None
        breached = bool(self.compute(trigger["when"], today))
        if breached:
            self.holds[name], self.clean[name] = True, 0
        elif self.holds[name]:
            self.clean[name] += 1
            if self.clean[name] == trigger.get("cure_periods", 0):
                self.holds[name] = False
        return breached

    def nodes(self, text: str) -> list[formulas.Tree]:
        """The functions over dates in a formula, those of defined terms included."""
        tree = formulas.read(text)
        found = list(formulas.lookbacks(tree))
        stack = [tree]
        while stack:
            part = stack.pop()
            if part[0] == "name" and part[1] in self.define:
                found += self.nodes(self.define[part[1]])
            stack += [p for p in part[1:] if isinstance(p, tuple)]
        return found

    def mode(self) -> str:
        """That of the holding trigger listed last, else the one the deal starts in."""
        modes = [t["mode"] for name, t in self.triggers.items() if self.holds[name] and "mode" in t]
        return modes[-1] if modes else self.deal["deal"].get("starts_in", next(iter(self.deal["waterfall"])))

    def call_amount(self, today: Today) -> float | None:
        """What is paid for the pool, or None where the call is not exercised."""
        if "call" not in self.deal or not self.compute(self.deal["call"]["when"], today):
            return None
        dues = sum(today.fee_due.values()) + sum(today.due[name] + self.balance[name] for name in self.notes)
        held = sum(self.cash.values())
        if "amount" not in self.deal["call"]:
            return max(0.0, dues - held)
        amount = max(0.0, self.compute(self.deal["call"]["amount"], today))
        return amount if amount + held >= dues - self.dust else None

    def sell(self, today: Today, amount: float) -> None:
        """The pool is sold: its balance is 0 and the amount joins the funds."""
        to_principal = min(amount, today.pool["balance"])
        self.cash["principal"] += to_principal
        self.cash["interest"] += amount - to_principal
        for name in today.pool:
            if name in ("balance", "factor") or name.startswith("segment."):
                today.pool[name] = 0.0

    # -------------------------------------------------------------------------------------------------------------- steps

    def move(self, today: Today, source: str, target: str | None, amount: float) -> float:
        """Take cash from a source, interest funds first; what could be taken."""
        paid = 0.0
        for pot in ("interest", "principal") if source == "available" else (source,):
            part = min(amount - paid, self.cash[pot])
            self.cash[pot] -= part
            paid += part
            if pot in self.accounts:
                today.out[pot] = today.out.get(pot, 0.0) + part
        if target is not None:
            self.cash[target] += paid
            if target in self.accounts:
                today.into[target] = today.into.get(target, 0.0) + paid
        return paid

    def step(self, step: Table, today: Today) -> None:
        """One step of the waterfall."""
        if not self.compute(step.get("when", "true"), today):
            return
        cap = max(0.0, self.compute(step["amount"], today)) if "amount" in step else float("inf")
        verb = next(v for v in VERBS if v in step)
        payees = [step[verb]] if isinstance(step[verb], str) else step[verb]
        paid = getattr(self, f"step_{verb}")(step, payees, cap, today)
        if "name" in step:
            today.step_paid[step["name"]] = today.step_paid.get(step["name"], 0.0) + paid

    def pro_rata(
        self, today: Today, sources: list[str], owed: dict[str, float], cap: float, book: dict[str, float], payees: list[str]
    ) -> float:
        """Pay what is owed, each its share, from the first source and then, only what is short, from the next."""
        total = 0.0
        for source in sources:
            left = {name: owed[name] - book.get(name, 0.0) for name in owed}
            left = {name: amount if amount >= self.dust else 0.0 for name, amount in left.items()}
            whole = sum(left.values())
            if whole <= 0:
                break
            paid = self.move(today, source, None, min(whole, cap - total))
            for payee in payees:
                of = {name: left[name] for name in self.members(payee)}
                for name, part in self.inside(payee, of, paid * sum(of.values()) / whole, None).items():
                    book[name] = book.get(name, 0.0) + (left[name] if paid == whole else part)
            total += paid
        return total

    def step_pay(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        sources = [step.get("from", "available"), *step.get("support", [])]
        return self.pro_rata(today, sources, {name: today.fee_due[name] for name in payees}, cap, today.fee_paid, payees)

    def step_interest(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        sources = [step.get("from", "available"), *step.get("support", [])]
        classes = [member for name in payees for member in self.members(name)]
        owed = {name: today.due[name] - today.accreted.get(name, 0.0) for name in classes}
        return self.pro_rata(today, sources, owed, cap, today.interest_paid, payees)

    def inside(self, name: str, wants: dict[str, float], amount: float, split: str | None) -> dict[str, float]:
        """What the classes of a group get of what the group gets, as it or the step says; a class gets it all."""
        if name not in self.groups:
            return {name: amount}
        return self.shares({"split": split or self.groups[name].get("split", "sequential")}, list(wants), wants, amount)

    def step_principal(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        source = step.get("from", "available")
        room = {name: sum(self.balance[member] for member in self.members(name)) for name in payees}
        for name, target in zip(payees, step.get("targets", []), strict=False):
            room[name] = min(room[name], max(0.0, room[name] - self.compute(target, today)))
        cash = min(cap, self.available(source), sum(room.values()))
        split = step.get("split") if len(payees) == 1 else None
        for payee, amount in self.shares(step, payees, room, cash).items():
            owed = {name: self.balance[name] for name in self.members(payee)}
            for name, part in self.inside(payee, owed, amount, split).items():
                paid = self.move(today, source, None, part)
                self.balance[name] = self.balance[name] - paid if self.balance[name] - paid >= self.dust else 0.0
                today.principal_paid[name] = today.principal_paid.get(name, 0.0) + paid
        return cash

    def shares(self, step: Table, payees: list[str], room: dict[str, float], cash: float) -> dict[str, float]:
        """How principal is shared out: in order, by balance, or by weights with what one cannot take going to the others."""
        if step.get("split", "sequential") == "sequential":
            got = {}
            for name in payees:
                got[name] = min(room[name], cash - sum(got.values()))
            return got
        weight = dict(zip(payees, step["weights"], strict=True)) if "weights" in step else room
        got = dict.fromkeys(payees, 0.0)
        open_ = [name for name in payees if room[name] > 0 and weight[name] > 0]
        while open_ and cash > 0:
            per = cash / sum(weight[name] for name in open_)
            full = [name for name in open_ if room[name] - got[name] <= per * weight[name]]
            if not full:
                for name in open_:
                    got[name] += per * weight[name]
                break
            for name in full:
                cash -= room[name] - got[name]
                got[name] = room[name]
            open_ = [name for name in open_ if name not in full]
        return got

    def step_draw(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            total += self.move(today, name, step.get("to", "interest"), min(self.cash[name], cap - total))
        return total

    def step_fill(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            want = max(0.0, self.target(name, today) - self.cash[name])
            total += self.move(today, step.get("from", "available"), name, min(want, cap - total))
        return total

    def step_transfer(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        return self.move(today, payees[0], step["to"], min(self.available(payees[0]), cap))

    def step_residual(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        source = step.get("from", "available")
        paid = self.move(today, source, None, min(self.available(source), cap))
        today.residual_paid[payees[0]] = today.residual_paid.get(payees[0], 0.0) + paid
        return paid

    def step_debit(self, _: Table, payees: list[str], cap: float, _today: Today) -> float:
        ledger, _, only = payees[0].partition(".")
        total = 0.0
        for name, held in self.ledgers[ledger].items():
            if only in ("", name):
                room = self.balance[name] - held if name else float("inf")
                part = max(0.0, min(room, cap - total))
                self.ledgers[ledger][name] += part
                total += part
        return total

    def step_cure(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        ledger, _, only = payees[0].partition(".")
        total = 0.0
        for name in reversed(self.ledgers[ledger]):
            if only in ("", name):
                want = min(self.ledgers[ledger][name], cap - total)
                part = self.move(today, step.get("from", "interest"), step.get("to", "principal"), want)
                left = self.ledgers[ledger][name] - part
                self.ledgers[ledger][name] = left if left >= self.dust else 0.0
                total += part
        return total

    def step_write_down(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            part = min(self.balance[name], cap - total)
            self.balance[name] -= part
            self.written_off[name] += part
            today.written_down[name] = today.written_down.get(name, 0.0) + part
            total += part
        return total

    def step_write_up(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            part = min(self.written_off[name], cap - total)
            self.balance[name] += part
            self.written_off[name] -= part
            today.written_up[name] = today.written_up.get(name, 0.0) + part
            total += part
        return total

    def step_accrue(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in [member for payee in payees for member in self.members(payee)]:
            part = min(self.unpaid(name, today), cap - total)
            self.balance[name] += part
            today.accreted[name] = today.accreted.get(name, 0.0) + part
            total += part
        return total
