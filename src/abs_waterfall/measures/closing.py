"""Sources and uses at closing: what the classes are worth at their prices, and what it goes to.

Shapes: S scenarios. Amounts in currency units.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats, record


@record
class Closing:
    """The classes are sold or kept by the originator, at their price with accrued interest; the rest pays for the pool."""

    sold: dict[str, Floats]  # (S,) by class
    retained: dict[str, Floats]  # (S,) by class: in kind, part of the price of the pool
    accounts: dict[str, Floats]  # (S,) by account
    expenses: Floats  # (S,)
    retained_share: Floats  # (S,) of the balances of all classes

    @property
    def total(self) -> Floats:
        """(S,) of the sources, and so of the uses."""
        return self.expenses * 0.0 + added(self.sold) + added(self.retained)

    @property
    def proceeds(self) -> Floats:
        """(S,) cash to the originator for the pool: what the other uses leave; below 0 where the originator pays in."""
        return added(self.sold) - added(self.accounts) - self.expenses

    def sides(self) -> dict[str, dict[str, Floats]]:
        """Both sides, line by line."""
        return {"sources": self.sources(), "uses": self.uses()}

    def sources(self) -> dict[str, Floats]:
        """The lines of the sources, by what they are called."""
        given = {"sold": self.sold, "retained": self.retained}
        return {f"{name}, {how}": value for how, values in given.items() for name, value in values.items() if value.any()}

    def uses(self) -> dict[str, Floats]:
        """The lines of the uses; they add up to the sources."""
        lines = {f"{name}, funded": amount for name, amount in self.accounts.items() if amount.any()}
        kept = {"retained by the originator": added(self.retained)} if any(map(np.any, self.retained.values())) else {}
        paid = {"expenses": self.expenses} if self.expenses.any() else {}
        return lines | paid | kept | {"proceeds to the originator": self.proceeds}


def added(amounts: dict[str, Floats]) -> Floats:
    """(S,) the sum of some amounts; 0 of none."""
    return np.asarray(sum(amounts.values(), np.zeros(())))


def closing(
    balances: dict[str, Floats], prices: dict[str, Floats], shares: dict[str, float], accounts: dict[str, Floats], expenses: float
) -> Closing:
    """What closing comes to: balances and prices (per 100, accrued interest in them) of classes, and the shares retained."""
    values = {name: balances[name] * prices[name] / 100 for name in balances}
    whole = added(balances)
    kept = added({name: balances[name] * shares[name] for name in balances})
    return Closing(
        sold={name: value * (1 - shares[name]) for name, value in values.items()},
        retained={name: value * shares[name] for name, value in values.items()},
        accounts=accounts,
        expenses=np.full_like(whole, expenses),
        retained_share=np.divide(kept, whole, out=np.zeros_like(whole), where=whole > 0),
    )
