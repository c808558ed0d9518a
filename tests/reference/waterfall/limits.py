"""Limits on what is bought, in the words of the reference.

A share cuts what it is a share of, a mean cuts all that is bought; in the file's order, again and again until none cuts. Where
the pool is past a limit, what makes it no worse may be bought.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

from reference.waterfall.holdings import LEAST, Holding
from reference.waterfall.state import State, Table


class Limits(State):
    """What the pool must meet with what is bought."""

    def within(self, asked: list[Holding], month: int) -> list[float]:
        """How much of each may be bought into the pool of a month's end."""
        amounts, before = [each.amount for each in asked], math.inf
        while self.limits and 0 < sum(amounts) < before * (1 - 1e-13):
            before = sum(amounts)
            for n, limit in enumerate(self.limits):
                cut = (self.cut_share if "by" in limit else self.cut_mean)(limit, asked, amounts, month)
                self.cuts[n] += sum(amounts) - sum(cut)
                amounts = cut
        return amounts

    def cut_share(self, limit: Table, asked: list[Holding], amounts: list[float], month: int) -> list[float]:
        """Each value's part, so that with all that is bought it has no larger share than it may."""
        held = self.by_value(limit["by"], month)
        mine: Counter[Any] = Counter()
        for each, amount in zip(asked, amounts, strict=True):
            mine[each.says(limit["by"])] += amount  # type: ignore[assignment]  # a counter of amounts
        room = {value: max(0.0, limit["max_share"] * (sum(held.values()) + sum(amounts)) - held[value]) for value in mine}
        part = {value: min(1.0, room[value] / mine[value]) if mine[value] > 0 else 1.0 for value in mine}
        return [amount * part[each.says(limit["by"])] for each, amount in zip(asked, amounts, strict=True)]

    def by_value(self, column: str, month: int) -> Counter[Any]:
        """The pool's balance by the value of a column."""
        held: Counter[Any] = Counter()
        for each in self.holdings:
            held[each.says(column)] += each.balance(month)  # type: ignore[assignment]
        return held

    def cut_mean(self, limit: Table, asked: list[Holding], amounts: list[float], month: int) -> list[float]:
        """All alike, so that the mean with what is bought meets the limit, or is the pool's where that is past it."""
        of, (balance, weighted) = limit["measure"], self.weighed(limit["measure"], month)
        for key, sign in (("min", 1.0), ("max", -1.0)):
            if key not in limit:
                continue
            bound = limit[key]
            if balance > 0 and sign * (weighted / balance - bound) < 0:
                bound = weighted / balance
            worse = sum(
                amount * sign * (bound - each.measure(of, each.month)) for each, amount in zip(asked, amounts, strict=True)
            )
            room = max(0.0, sign * (weighted - bound * balance))
            if worse > room + LEAST * bound * sum(amounts):
                amounts = [amount * room / worse for amount in amounts]
        return amounts

    def weighed(self, of: str, month: int) -> tuple[float, float]:
        """The pool's balance, and what of it is measured."""
        held = [(each.balance(month), each.measure(of, month)) for each in self.holdings]
        return sum(amount for amount, _ in held), sum(amount * value for amount, value in held)

    def limit_row(self, n: int, month: int) -> Table:
        """Where the pool stands to a limit after a date, and what that cut since the last."""
        limit, cut = self.limits[n], self.cuts[n]
        self.cuts[n] = 0.0
        value, headroom = self.share_now(limit, month) if "by" in limit else self.mean_now(limit, month)
        return {"value": value, "headroom": headroom, "cut": cut}

    def share_now(self, limit: Table, month: int) -> tuple[float, float]:
        """The largest share, and how far the limit is."""
        held = self.by_value(limit["by"], month)
        share = max(held.values()) / sum(held.values()) if sum(held.values()) > 0 else math.nan
        return share, limit["max_share"] - share

    def mean_now(self, limit: Table, month: int) -> tuple[float, float]:
        """The mean, and how far the nearer bound is."""
        balance, weighted = self.weighed(limit["measure"], month)
        mean = weighted / balance if balance > 0 else math.nan
        return mean, min(limit.get("max", math.inf) - mean, mean - limit.get("min", -math.inf))
