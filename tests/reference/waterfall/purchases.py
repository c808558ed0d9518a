"""What a plan that revolves buys, at what price, and the flows it adds to the pool.

What may be bought is given as the flows of 1 bought of each part of the profile, month by month from the one after it.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from reference.dates import plus_months, same_day_later
from reference.waterfall.state import State, Table, Today


class Purchases(State):
    """The period, the cash, the loans."""

    # ------------------------------------------------------------------------------------------------------------ the period

    def until(self) -> dt.date:
        """The last day on which loans may be bought."""
        terms = self.deal["revolving"]
        return terms["until"] if "until" in terms else same_day_later(self.deal["dates"]["closing"], terms["months"])

    def in_period(self, day: dt.date) -> bool:
        """Whether a day is in the revolving period, which a trigger may have ended."""
        return "revolving" in self.deal and day <= self.until() and not any(self.holding("end_revolving"))

    def may_buy(self, day: dt.date) -> bool:
        """Whether loans may be bought on a day: in the period, in the first mode or one that has a purchase step."""
        if "revolving" not in self.deal:
            return False
        mode = self.mode(day)
        buys = mode == self.deal["deal"]["starts_in"] or any("purchase" in step for step in self.deal["waterfall"][mode])
        return buys and self.in_period(day)

    def revolves(self, today: Today) -> bool:
        """Whether the plan may buy today, its pool not being sold."""
        return not today.sold and self.may_buy(today.period.nominal)

    def month_of(self, day: dt.date) -> int:
        """The month after cut-off that holds a day, from 1."""
        month = 1
        while plus_months(self.deal["dates"]["cutoff"], month) < day:
            month += 1
        return month

    def end_of_month(self, n: int, today: Today) -> None:
        """Where purchases are monthly, a month's end from closing on is a day of them."""
        day = plus_months(self.deal["dates"]["cutoff"], n + 1)
        if self.deal.get("revolving", {}).get("purchases") == "monthly" and day >= self.deal["dates"]["closing"]:
            self.day_of_purchases(day)
            if self.may_buy(day):
                self.buy_at_month_end(day, today)

    def open_date(self, today: Today) -> None:
        """The payment date is a day of purchases."""
        if "revolving" in self.deal:
            self.day_of_purchases(today.period.nominal)

    # ------------------------------------------------------------------------------------------------------------ purchases

    def step_purchase(self, step: Table, _: list[str], cap: float, today: Today) -> float:
        if not self.revolves(today):
            return 0.0
        source = step.get("from", "available")
        return self.buy(source, min(self.available(source), cap), today.period.nominal, today)

    def buy_at_month_end(self, day: dt.date, today: Today) -> None:
        """Spend the fund, but for what it retains, at the end of a month collected."""
        terms = self.deal["revolving"]
        fund = terms.get("from", "principal")
        cash = self.available(fund) - max(0.0, self.compute(terms.get("retain", 0.0), today))
        self.buy(fund, cash, day, today)

    def buy(self, source: str, cash: float, day: dt.date, today: Today) -> float:
        """Buy for an amount of cash, on a payment date or at the end of a month; what it cost."""
        if cash <= self.dust:
            return 0.0
        month = self.month_of(day)
        parts = self.vintages(month)
        prices = [self.price(part, today) for part in parts]
        wanted = cash / sum(part["share"] * price for part, price in zip(parts, prices, strict=True))
        balance = min(wanted, self.offered(day, today))
        amounts = [balance * part["share"] if balance > self.dust else 0.0 for part in parts]
        cost = sum(amount * price for amount, price in zip(amounts, prices, strict=True))
        for part, amount in zip(parts, amounts, strict=True):
            self.add(part, amount, month)
        self.for_sale -= sum(amounts)
        self.bought += sum(amounts)
        today.bought += sum(amounts)
        today.cost += cost
        self.idle_cash, self.shortfall = self.above_dust(cash - cost), self.above_dust(wanted - sum(amounts))
        self.move(today, source, None, cost)
        today.pool = self.pool_of(today.pool_months)
        return cost

    def price(self, part: Table, today: Today) -> float:
        """What 1 of a part costs."""
        price = self.deal["revolving"].get("price", 1.0)
        if not isinstance(price, dict):
            return float(self.compute(price, today))
        paid = part["contractual"]
        return math.fsum(amount / (1 + price["yield"] / 12) ** (n + 1) for n, amount in enumerate(paid))

    def offered(self, day: dt.date, today: Today) -> float:
        """What the originator has to sell on a day of purchases: of months, or of the day, and not yet sold."""
        supply = self.deal["revolving"].get("supply", "unlimited")
        if supply == "unlimited":
            return math.inf
        if not isinstance(supply, list) and self.offered_on != day:
            self.for_sale, self.offered_on = max(0.0, float(self.compute(supply, today))), day
        return self.for_sale

    def day_of_purchases(self, day: dt.date) -> None:
        """What was offered since the last day of purchases is for sale, where it is stated by month."""
        month, supply = self.month_of(day), self.deal["revolving"].get("supply")
        if isinstance(supply, list) and month > self.offered_to:
            self.for_sale, self.offered_to = float(sum(supply[self.offered_to : month])), month

    def above_dust(self, amount: float) -> float:
        """An amount, 0 where it is rounding."""
        return amount if amount > self.dust else 0.0

    def add(self, part: Table, amount: float, month: int) -> None:
        """Loans bought in a month pay from the next one on, and are outstanding at its end."""
        segment = {f"segment.{part['segment']}": part["flows"]["closing_balance"]}
        for name, unit in (part["flows"] | segment).items():
            flow = self.months.setdefault(name, [])
            flow.extend([0.0] * (month + len(unit) - len(flow)))
            for n, value in enumerate(unit):
                flow[month + n] += amount * value
        for name in ("closing_balance", f"segment.{part['segment']}"):
            self.months[name].extend([0.0] * (month - len(self.months[name])))
            self.months[name][month - 1] += amount
            self.later.append((month, name, amount))

    def bought_after(self, name: str, month: int) -> float:
        """What was bought of a balance after a month, which its flows do not have yet at that month's end."""
        return sum(amount for when, what, amount in self.later if what == name and when > month)

    def nothing_idle_after(self, today: Today) -> None:
        """Where nothing more is to be bought no cash is idle."""
        if not self.revolves(today):
            self.idle_cash = self.shortfall = 0.0

    def of_revolving(self, what: str, today: Today) -> Any:
        return self.revolves(today) if what == "active" else self.shortfall

    def purchase_row(self, today: Today) -> Table:
        """What was bought today, where the plan ever buys."""
        row = {"bought": today.bought, "cost": today.cost, "idle_cash": self.idle_cash, "shortfall": self.shortfall}
        return row if "revolving" in self.deal else {}
