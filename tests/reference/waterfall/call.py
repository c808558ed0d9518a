"""The call."""

from __future__ import annotations

from reference.waterfall.state import State, Today


class Call(State):
    """What is paid for the pool, and its sale."""

    def call_amount(self, today: Today) -> float | None:
        """What is paid for the pool, or None where the call is not exercised."""
        if "call" not in self.deal or not self.compute(self.deal["call"]["when"], today):
            return None
        dues = sum(today.fee_due.values()) + sum(self.accruing.values()) + sum(self.balance[name] for name in self.notes)
        dues += sum(today.due[line] for name in self.notes for line in self.lines_of(name, carried=True))
        dues += sum(self.drawn[name] for name, terms in self.facilities.items() if terms.get("owed", True))
        dues += sum(self.not_paid.values())
        held = sum(self.cash.values())
        if "amount" not in self.deal["call"]:
            return max(0.0, dues - held)
        amount = max(0.0, self.compute(self.deal["call"]["amount"], today))
        return amount if amount + held >= dues - self.dust else None

    def sell(self, today: Today, amount: float) -> None:
        """The pool is sold: its balance is 0 and the amount joins the funds."""
        today.sold = True
        to_principal = min(amount, today.pool["balance"])
        self.cash["principal"] += to_principal
        self.cash["interest"] += amount - to_principal
        for name in today.pool:
            if name in ("balance", "factor") or name.startswith("segment."):
                today.pool[name] = 0.0
