"""Cash that others promise the issuer: facilities that are drawn, hedges that net."""

from __future__ import annotations

import datetime as dt
from typing import Any

from reference.waterfall.state import State, Table, Today


class Promises(State):
    """What may be drawn, what it costs, what hedges net, and who owes whom."""

    def promised_days(self, today: Today) -> tuple[dt.date, dt.date]:
        """Between actual payment dates, from closing."""
        return self.accrual(today.period, "adjusted", self.deal["dates"]["closing"])

    def rate_of(self, terms: Any, today: Today) -> float:
        """A rate a year: a number, a formula, or an index as the deal's period began."""
        if isinstance(terms, dict):
            return terms.get("multiplier", 1.0) * self.index_now(terms["index"], today) + terms.get("margin", 0.0)
        return self.compute(terms, today)

    # --------------------------------------------------------------------------------------------------------- facilities

    def undrawn(self, name: str, today: Today) -> float:
        """What may be drawn now."""
        return max(0.0, self.compute(self.facilities[name]["limit"], today) - self.drawn[name])

    def due_of_facility(self, name: str, today: Today) -> float:
        """Interest on what is drawn, a fee on what is not, and what was unpaid; fixed once a date."""
        if name not in today.fee_due:
            terms = self.facilities[name]
            years = self.years(*self.promised_days(today), terms.get("day_count", "ACT/365F"), delayed=False)
            interest = self.rate_of(terms.get("rate", 0.0), today) * self.drawn[name] if terms.get("owed", True) else 0.0
            fee = terms.get("commitment_fee", 0.0) * self.undrawn(name, today)
            today.fee_due[name] = self.fee_arrears[name] + max(0.0, interest + fee) * years
        return today.fee_due[name]

    def of_facility(self, who: str, what: str, today: Today) -> float:
        if what == "undrawn":
            return self.undrawn(who, today)
        return self.drawn[who] if what == "balance" else self.due_of_facility(who, today)

    def draw_down(self, name: str, amount: float, today: Today) -> float:
        """Cash out of a facility, as much as may be drawn."""
        part = min(amount, self.undrawn(name, today))
        self.drawn[name] += part
        today.drawn[name] = today.drawn.get(name, 0.0) + part
        return part

    def step_repay(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        total = 0.0
        for name in payees:
            part = self.move(today, step.get("from", "available"), None, min(self.drawn[name], cap - total))
            self.drawn[name] = self.drawn[name] - part if self.drawn[name] - part >= self.dust else 0.0
            today.repaid[name] = today.repaid.get(name, 0.0) + part
            total += part
        return total

    def facility_row(self, name: str, opening: dict[str, float], today: Today) -> Table:
        return {
            "opening_balance": opening[name],
            "drawn": today.drawn.get(name, 0.0),
            "repaid": today.repaid.get(name, 0.0),
            "closing_balance": self.drawn[name],
            "undrawn": self.undrawn(name, today),
            "due": today.fee_due[name],
            "paid": today.fee_paid.get(name, 0.0),
            "unpaid": self.fee_arrears[name],
        }

    # ------------------------------------------------------------------------------------------------------------- hedges

    def net_of(self, name: str, today: Today) -> float:
        """What a hedge nets today, to the issuer; fixed once a date."""
        if name not in today.net:
            terms, (start, end) = self.hedges[name], self.interest_days({}, today.period)
            end = max(start, min(end, terms.get("ends", end)))
            years = self.years(start, end, terms.get("day_count", "ACT/365F"))
            today.net[name] = self.net_rate_of(terms, today) * self.notional(terms["notional"], today) * years if years else 0.0
        return today.net[name]

    def net_rate_of(self, terms: Table, today: Today) -> float:
        """The issuer's gain a year, of the notional."""
        receives = self.rate_of(terms["receives"], today)
        match terms.get("kind", "swap"):
            case "cap":
                return max(0.0, receives - terms["strike"]) - terms.get("premium", 0.0)
            case "floor":
                return max(0.0, terms["strike"] - receives) - terms.get("premium", 0.0)
            case _:
                return receives - self.rate_of(terms["pays"], today)

    def notional(self, stated: Any, today: Today) -> float:
        """A number, a formula, or a list by payment date."""
        if isinstance(stated, list):
            return stated[today.period.number - 1] if today.period.number <= len(stated) else 0.0
        return max(0.0, self.compute(stated, today))

    def step_swap(self, step: Table, payees: list[str], cap: float, today: Today) -> float:
        (name,) = payees
        received = min(self.not_received[name], cap)
        self.not_received[name] -= received
        self.put(today, step.get("to", "interest"), received)
        paid = self.move(today, step.get("from", "available"), None, min(self.not_paid[name], cap))
        self.not_paid[name] = self.not_paid[name] - paid if self.not_paid[name] - paid >= self.dust else 0.0
        today.settled[name] = tuple(a + b for a, b in zip(today.settled.get(name, (0.0, 0.0)), (received, paid), strict=True))
        return received + paid

    def hedge_row(self, name: str, today: Today) -> Table:
        received, paid = today.settled.get(name, (0.0, 0.0))
        return {
            "net": today.net[name],
            "received": received,
            "paid": paid,
            "not_received": self.not_received[name],
            "unpaid": self.not_paid[name],
        }
