"""The steps of a waterfall."""

from __future__ import annotations

import math

from reference.waterfall.state import State, Table, Today

VERBS = (
    "pay", "interest", "principal", "draw", "fill", "transfer", "residual", "accrue", "debit", "cure", "write_down", "write_up",
    "repay", "swap", "purchase",
)  # fmt: skip


class Steps(State):
    """One method a verb."""

    def move(self, today: Today, source: str, target: str | None, amount: float) -> float:
        """Take cash from a source, interest funds first; what could be taken."""
        paid = 0.0
        for pot in ("interest", "principal") if source == "available" else (source,):
            paid += self.take(today, pot, amount - paid)
        if target is not None:
            self.put(today, target, paid)
        return paid

    def take(self, today: Today, pot: str, amount: float) -> float:
        """Cash out of a fund, an account or a facility; what there was."""
        if pot in self.facilities:
            return self.draw_down(pot, amount, today)
        part = min(amount, self.cash[pot])
        self.cash[pot] -= part
        if pot in self.accounts:
            today.out[pot] = today.out.get(pot, 0.0) + part
        return part

    def put(self, today: Today, pot: str, amount: float) -> None:
        """Cash into a fund or an account."""
        self.cash[pot] += amount
        if pot in self.accounts:
            today.into[pot] = today.into.get(pot, 0.0) + amount

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
            left = {name: self.beyond_rounding(amount) for name, amount in left.items()}
            whole = sum(left.values())
            if whole <= 0:
                break
            may = self.undrawn(source, today) if source in self.facilities else self.available(source)
            there, wants = min(whole, cap - total, may), {}
            for payee in payees:
                of = {name: left[name] for name in self.members(payee)}
                for name, part in self.inside(payee, of, there * sum(of.values()) / whole, None).items():
                    want = left[name] if there == whole else part
                    wants[name] = self.payment(self.class_of[name], want, left[name], today) if name in self.class_of else want
            total += self.move(today, source, None, sum(wants.values()))
            for name, paid in wants.items():
                book[name] = book.get(name, 0.0) + paid
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
        cash, total = min(cap, self.available(source), sum(room.values())), 0.0
        split = step.get("split") if len(payees) == 1 else None
        for payee, amount in self.shares(step, payees, room, cash).items():
            owed = {name: self.balance[name] for name in self.members(payee)}
            for name, part in self.inside(payee, owed, amount, split).items():
                paid = self.move(today, source, None, self.payment(name, part, self.balance[name], today))
                total += paid
                self.balance[name] = self.beyond_rounding(self.balance[name] - paid)
                today.principal_paid[name] = today.principal_paid.get(name, 0.0) + paid
        return total

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
            total += self.move(today, name, step.get("to", "interest"), cap - total)
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
        trap = self.trapped(today)
        if trap is True:
            return 0.0
        if trap is not None:
            return self.move(today, source, str(trap), min(self.available(source), cap))
        paid = self.move(today, source, None, self.payment(payees[0], min(self.available(source), cap), math.inf, today))
        today.residual_paid[payees[0]] = today.residual_paid.get(payees[0], 0.0) + paid
        return paid

    def step_accrue(self, _: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for line in [line for payee in payees for line in self.members(payee)]:
            part = min(self.unpaid(line, today), cap - total)
            self.accrete(line, part, today)
            total += part
        return total
