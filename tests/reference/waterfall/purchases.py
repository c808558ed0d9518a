"""What a plan that revolves buys, at what price, and the flows it adds to the pool."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from reference.dates import plus_months, same_day_later
from reference.waterfall.holdings import Holding
from reference.waterfall.limits import Limits
from reference.waterfall.state import Table, Today


class Purchases(Limits):
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
        """Spend the fund or account, but for what it retains, at the end of a month collected."""
        terms = self.deal["revolving"]
        source = terms.get("from", "principal")
        cash = self.available(source) - max(0.0, self.compute(terms.get("retain", 0.0), today))
        cost = self.buy(source, cash, day, today)
        if source in self.accounts:
            today.spent_between.append((source, day, cost))

    def buy(self, source: str, cash: float, day: dt.date, today: Today) -> float:
        """Buy for an amount of cash, on a payment date or at the end of a month; what it cost."""
        if cash <= self.dust:
            return 0.0
        month, shares = self.month_of(day), self.mix()
        self.offer(day, shares, today)
        prices = self.prices(month, shares, today)
        wanted = cash / sum(s * price for s, price in zip(shares, prices, strict=True)) if any(shares) else cash
        flows = self.vintages.flows(month, shares) if any(shares) else [{} for _ in shares]
        asked = []
        for line, share, sale, own in zip(self.vintages.lines, shares, self.for_sale, flows, strict=True):
            asked.append(Holding(line, month, min(wanted * share, sale) if share else 0.0, own.get("closing_balance", [])))
        amounts = self.within(asked, today.pool_months.stop)
        amounts = amounts if sum(amounts) > self.dust else [0.0] * len(amounts)
        for each, share, amount, own in zip(asked, shares, amounts, flows, strict=True):
            if amount:
                self.add(each.loan, own, amount / share, amount, month)
        cost = sum(amount * price for amount, price in zip(amounts, prices, strict=True))
        self.for_sale = [sale - amount for sale, amount in zip(self.for_sale, amounts, strict=True)]
        self.bought += sum(amounts)
        today.bought += sum(amounts)
        today.cost += cost
        self.idle_cash, self.shortfall = self.above_dust(cash - cost), self.above_dust(wanted - sum(amounts))
        self.move(today, source, None, cost)
        today.pool = self.pool_of(today.pool_months)
        return cost

    def prices(self, month: int, shares: list[float], today: Today) -> list[float]:
        """What 1 of each line costs."""
        price = self.deal["revolving"].get("price", 1.0)
        if not isinstance(price, dict):
            return [float(self.compute(price, today))] * len(shares)
        flows = self.vintages.flows(month, shares, contractual=True) if any(shares) else [{} for _ in shares]
        return [worth(own, price["yield"]) / share if share else 0.0 for own, share in zip(flows, shares, strict=True)]

    # --------------------------------------------------------------------------------------------------------------- supply

    def made_by(self, line: Table, first: int, last: int) -> float:
        """What is offered of a line in the months after one up to another."""
        if "by_month" in line:
            return float(sum(line["by_month"][first:last]))
        return line["balance"] * (last - first if self.is_made_by_month() else 1)

    def is_made_by_month(self) -> bool:
        """Whether lines say what is made of them month by month: a balance is that of every month then."""
        made = any("by_month" in line for line in self.vintages.lines)
        return made or self.deal["revolving"].get("supply") == "lines"

    def mix(self) -> list[float]:
        """The shares of the lines in what was offered since the last day of purchases; all 0 where nothing was."""
        made = [self.made_by(line, *self.offered) for line in self.vintages.lines]
        return [amount / sum(made) for amount in made] if sum(made) else made

    def offer(self, day: dt.date, shares: list[float], today: Today) -> None:
        """What the originator has to sell of each line: unlimited, by formula on each day of purchases, or what months made."""
        supply = self.deal["revolving"].get("supply", "unlimited")
        if supply == "unlimited":
            self.for_sale = [math.inf] * len(shares)
        elif supply == "lines" or isinstance(supply, list):
            if self.is_fresh:
                made = [self.made_by(line, *self.offered) for line in self.vintages.lines]
                total = sum(made) if supply == "lines" else sum(supply[slice(*self.offered)])
                self.for_sale = [total * share for share in shares]
        elif self.offered_on != day:
            total, self.offered_on = max(0.0, float(self.compute(supply, today))), day
            self.for_sale = [total * share for share in shares]
        self.is_fresh = False

    def day_of_purchases(self, day: dt.date) -> None:
        """What was offered since the last day of purchases is for sale; what was not bought is not offered again."""
        month = self.month_of(day)
        if month > self.offered[1]:
            self.offered, self.is_fresh = (self.offered[1], month), True

    def above_dust(self, amount: float) -> float:
        """An amount, 0 where it is rounding."""
        return amount if amount > self.dust else 0.0

    def add(self, loan: Table, unit: dict[str, list[float]], times: float, amount: float, month: int) -> None:
        """Loans bought in a month pay from the next one on, and are outstanding at its end."""
        segment = f"segment.{loan['segment']}"
        for name, flow in (unit | {segment: unit["closing_balance"]}).items():
            self.add_flow(name, [times * value for value in flow], month)
        self.add_flow("opening_balance", [amount, *(times * value for value in unit["closing_balance"][:-1])], month)
        for name in ("closing_balance", segment):
            self.add_flow(name, [amount], month - 1)
            self.later.append((month, name, amount))
        self.holdings.append(Holding(loan, month, amount, [times * value for value in unit["closing_balance"]]))

    def add_flow(self, name: str, amounts: list[float], after: int) -> None:
        """Amounts by month from the one after a month."""
        flow = self.months.setdefault(name, [])
        flow.extend([0.0] * (after + len(amounts) - len(flow)))
        for n, value in enumerate(amounts):
            flow[after + n] += value

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
        month = today.period.months.stop
        limits = [self.limit_row(n, month) for n in range(len(self.limits))]
        row |= {f"limit {n} {key}": value for n, limit in enumerate(limits) for key, value in limit.items()}
        return row if "revolving" in self.deal else {}


def worth(flows: Table, annual: float) -> float:
    """What contractual payments are worth at a yield, compounded monthly; the first is a month away."""
    paid = [sum(pair) for pair in zip(flows["interest"], flows["scheduled_principal"], strict=True)]
    return math.fsum(amount / (1 + annual / 12) ** (n + 1) for n, amount in enumerate(paid))
