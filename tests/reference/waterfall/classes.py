"""Groups of classes, and what stands behind them."""

from __future__ import annotations

from reference.waterfall.state import State, Today


class Classes(State):
    """Who is meant, who ranks before whom, what is left over."""

    def members(self, name: str) -> list[str]:
        """The classes that a name of a class or a group stands for."""
        return self.groups[name]["tranches"] if name in self.groups else [name]

    def rank(self, who: str) -> int:
        """The first step that pays a class in the mode the deal starts in."""
        if who not in self.ranks:
            self.ranks[who] = self.first_step(who)
        return self.ranks[who]

    def first_step(self, who: str) -> int:
        steps = self.deal["waterfall"][self.deal["deal"]["starts_in"]]
        for n, step in enumerate(steps):
            payees = step.get("interest") or step.get("principal") or step.get("residual") or []
            if who in [
                m.partition(".")[0] for name in ([payees] if isinstance(payees, str) else payees) for m in self.members(name)
            ]:
                return n
        return len(steps)

    def support(self, ahead: list[str], today: Today) -> float:
        """What the pool and principal funds hold above some classes, as a share of both."""
        backing = self.backing(today)
        return 1 - sum(self.balance[name] for name in ahead) / backing if backing > self.dust else 0.0

    def backing(self, today: Today) -> float:
        """The pool without the seller's interest, which ranks equal with the notes, and principal funds."""
        return today.pool["balance"] - self.seller_interest(today) + self.cash["principal"]

    def seller_interest(self, today: Today) -> float:
        """What the pool has above all classes but the seller's, of a deal that has one."""
        others = [self.balance[name] for name, terms in self.tranches.items() if not terms.get("seller")]
        return max(0.0, today.pool["balance"] - sum(others)) if len(others) < len(self.tranches) else 0.0

    def pool_yield(self, today: Today) -> float:
        """Interest, annualised, over the opening balance."""
        return self.monthly(today.pool["interest"], today) * 12

    def payment_rate(self, today: Today) -> float:
        """Principal a month over the opening balance."""
        return self.monthly(today.pool["principal"], today)

    def monthly(self, amount: float, today: Today) -> float:
        opening = today.pool["opening_balance"]
        return amount / len(today.period.months) / opening if opening > self.dust else 0.0

    def net_rate(self, today: Today) -> float:
        fees = sum(self.due_of_fee(name, today) for name in self.fees)
        opening = today.pool["opening_balance"]
        return (today.pool["interest"] - fees) * 12 / len(today.period.months) / opening if opening > self.dust else 0.0
