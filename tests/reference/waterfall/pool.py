"""What the pool pays over a collection period."""

from __future__ import annotations

from reference.waterfall.state import Period, State


class Pool(State):
    """The pool's flows."""

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
