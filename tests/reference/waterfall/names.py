"""What the names and functions of formulas stand for."""

from __future__ import annotations

import math
from typing import Any

from reference import formulas
from reference.dates import whole_months
from reference.waterfall.state import State, Today


class Names(State):
    """Formulas, their names and what they look back on."""

    def compute(self, text: str | float, today: Today) -> Any:
        """What a formula is worth now."""
        return self.worth(formulas.read(text), today)

    def worth(self, tree: formulas.Tree, today: Today) -> Any:
        return formulas.value(tree, lambda name: self.named(name, today), lambda node: self.looked_back(node, today))

    def named(self, name: str, today: Today) -> Any:
        """What a name stands for now."""
        if name.startswith("threshold of "):
            return self.threshold_now(name.removeprefix("threshold of "), today)
        if name in self.define:
            return self.kept_up(name, self.compute(self.define[name], today))
        if name in self.triggers:
            return self.holds[name]
        table, _, rest = name.partition(".")
        if not rest:
            return self.of_clock(name, today)
        if table == "revolving":
            return self.of_revolving(rest, today)
        if table in ("pool", "notes", "funds"):
            return {"pool": self.of_pool, "notes": self.of_notes, "funds": lambda what, _: self.available(what)}[table](
                rest, today
            )
        if table == "index":
            return self.index_now(rest, today)
        if table == "schedule":
            return self.planned(rest, today.period.number)
        who, _, what = rest.rpartition(".")
        if table == "group":
            return self.of_classes(self.members(who), what, today)
        of = {"tranche": self.of_tranche, "account": self.of_account, "fee": self.of_fee, "step": self.of_step}
        of |= {"ledger": self.of_ledger, "facility": self.of_facility, "hedge": lambda name, _, now: self.net_of(name, now)}
        return of[table](who, what, today)

    def of_clock(self, name: str, today: Today) -> int:
        closing, now = self.deal["dates"]["closing"], today.period.nominal
        return {"period": today.period.number, "date": now.toordinal(), "months": whole_months(closing, now)}[name]

    def of_pool(self, what: str, today: Today) -> float:
        own = {"purchased": today.bought, "idle_cash": self.idle_cash}
        if what in ("net_rate", "yield", "payment_rate", "seller_interest"):
            return getattr(self, {"yield": "pool_yield"}.get(what, what))(today)
        return own[what] if what in own else today.pool[what]

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
        """Of a class all its lines but what caps took; or of one line."""
        if what in ("interest_due", "interest_shortfall", "interest_paid", "coupon"):
            return sum(self.of_line(line, what, today) for line in (self.lines_of(who) if who in self.tranches else [who]))
        if what == "credit_support":
            return self.support([name for name in self.tranches if self.rank(name) <= self.rank(who)], today)
        return {
            "balance": self.balance[who],
            "initial_balance": self.original[who],
            "factor": self.balance[who] / self.original[who] if self.original[who] else 0.0,
            "principal_paid": today.principal_paid.get(who, 0.0),
            "accrued": sum(today.accreted.get(line, 0.0) for line in self.lines_of(who, carried=True)),
        }[what]

    def of_line(self, line: str, what: str, today: Today) -> float:
        match what:
            case "interest_due":
                return self.due_of_line(line, today)
            case "coupon":
                return self.coupon(line, today)
            case "interest_paid":
                return today.interest_paid.get(line, 0.0)
        return self.unpaid(line, today) if today.paying else self.arrears[line]

    def of_notes(self, what: str, today: Today) -> float:
        if what == "excess_spread":
            due = sum(self.interest_due(name, today) for name in self.notes) * 12 / len(today.period.months)
            opening = today.pool["opening_balance"]
            return self.net_rate(today) - due / opening if opening > self.dust else 0.0
        return self.of_classes(self.notes, what, today)

    def of_classes(self, names: list[str], what: str, today: Today) -> float:
        if what == "count":
            return sum(self.balance[name] > 0 for name in names)
        if what == "credit_support":
            return self.support(names, today)
        return sum(self.of_tranche(name, what, today) for name in names)

    def available(self, source: str) -> float:
        return self.cash["interest"] + self.cash["principal"] if source == "available" else self.cash[source]

    def target(self, name: str, today: Today) -> float:
        return 0.0 if name in self.emptied else max(0.0, self.formula_of_target(name, today))

    def formula_of_target(self, name: str, today: Today) -> float:
        """What an account's target would be, were it not swept or released."""
        return float(self.kept_up(name, self.compute(self.accounts[name].get("target", 0.0), today)))

    def kept_up(self, name: str, value: Any) -> Any:
        """A target or a defined term, not below what it was on the last date where a trigger says so."""
        return max(value, self.kept.get(name, value)) if self.may_not_fall(name) else value

    def keep(self, today: Today) -> None:
        """What targets and defined terms are as the steps left them."""
        self.kept = {name: self.formula_of_target(name, today) for name in self.accounts} | {
            name: self.named(name, today) for name in self.define
        }

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
        texts += [fee.get(key, 0) for fee in self.fees.values() for key in ("base", "amount")]
        terms = [table for table in self.lines.values() if isinstance(table, dict)]
        texts += [table.get("formula", 0) for table in terms]
        texts += [tranche.get("interest_on", 0) for tranche in self.tranches.values()]
        promises = [*self.facilities.values(), *self.hedges.values()]
        stated = [table.get(key, 0) for table in promises for key in ("limit", "rate", "pays", "receives", "notional")]
        texts += [text for text in stated if isinstance(text, str)]
        texts += [account.get("target", 0) for account in self.accounts.values()]
        texts += [target for steps in self.deal["waterfall"].values() for step in steps for target in step.get("targets", ())]
        texts += [self.deal.get("call", {}).get("when", "true"), self.deal.get("call", {}).get("amount", 0)]
        trees = [formulas.read(text) for text in texts if not isinstance(text, dict)]
        trees += [tree for name in self.triggers for tree in (self.threshold(name), self.condition(name))]
        for tree in trees:
            for node in formulas.lookbacks(tree):
                self.taken(node, today)
