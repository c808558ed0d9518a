"""What the pool pays over a collection period."""

from __future__ import annotations

from reference.waterfall.state import State, Today


class Pool(State):
    """The pool's flows."""

    def month(self, flow: str, n: int) -> float:
        """A flow of the n-th month, 0 after the projection's end."""
        flows = self.months[flow]
        return flows[n] if n < len(flows) else 0.0

    def pool_of(self, months: range) -> dict[str, float]:
        """The pool at the end of the months collected, with what was bought since."""
        pool = {
            flow: sum(self.month(flow, n) for n in months)
            for flow in ("interest", "scheduled_principal", "prepayment", "default", "recovery", "drawn")
        }
        pool["principal"] = pool["scheduled_principal"] + pool["prepayment"]
        pool["principal_due"] = pool["principal"] + pool["default"]
        pool["loss"] = pool["default"] - pool["recovery"]
        pool["months"] = len(months)
        pool["opening_balance"] = self.month("opening_balance", months[0])
        pool["balance"] = self.month("closing_balance", months[-1]) + self.bought_after("closing_balance", months.stop)
        pool["initial_balance"] = self.initial
        for name in self.months:
            if name.startswith("segment."):
                pool[f"{name}.balance"] = self.month(name, months[-1]) + self.bought_after(name, months.stop)
        return pool | self.rates(pool["balance"], months.stop)

    def rates(self, balance: float, months: int) -> dict[str, float]:
        """What is of the initial balance, and of all that was bought unless the deal says otherwise."""
        base = self.initial
        if self.deal.get("revolving", {}).get("cumulative_base", "bought") == "bought":
            base += self.bought
        defaults = sum(self.month("default", n) for n in range(months))
        recoveries = sum(self.month("recovery", n) for n in range(months))
        lost = self.losses + defaults - recoveries
        return {
            "factor": balance / base,
            "cumulative_default_rate": (self.defaults + defaults) / base,
            "cumulative_loss_rate": lost / base if abs(lost) > 1e-11 * base else 0.0,  # all recovered, but for rounding
        }

    def last_collection(self) -> int:
        """The last month in which anything is outstanding or recovered."""
        flows = ("opening_balance", "interest", "scheduled_principal", "prepayment", "recovery")
        return max((n for flow in flows for n, amount in enumerate(self.months[flow]) if amount), default=0)

    def is_last(self, today: Today) -> bool:
        """Whether nothing comes after a payment date: all is collected and nothing more may be bought, or no dates are left."""
        done = today.period.months[-1] >= self.last_collection() and not self.revolves(today)
        return done or today.period.number == len(self.periods)
