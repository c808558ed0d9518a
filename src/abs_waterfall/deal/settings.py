"""The numbers of a deal that scenarios set for a whole run, and triggers while they hold: by the names that formulas use.

`fee.NAME.rate`, `fee.NAME.amount` and `tranche.NAME.coupon` where they are plain numbers; of scenarios also what a deal starts
with: `tranche.NAME.balance`, `tranche.NAME.share`, `account.NAME.initial`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from abs_waterfall.deal.money import Account, Fee
from abs_waterfall.deal.tranche import Tranche

AT_ANY_TIME = {"fee": ("rate", "amount"), "tranche": ("coupon",)}
AT_CLOSING = {"tranche": ("balance", "share"), "account": ("initial",)}
SHARES = ("rate", "coupon", "share")


def settable(things: Mapping[str, Iterable[Tranche | Fee | Account]], *, at_closing: bool) -> dict[str, float]:
    """The names that may be set, with what the deal says: those of triggers, with `at_closing` also those of scenarios."""
    listed = [AT_ANY_TIME, AT_CLOSING] if at_closing else [AT_ANY_TIME]
    return {
        f"{table}.{thing.name}.{key}": float(value)
        for fields in listed
        for table, keys in fields.items()
        for thing in things[table]
        for key in keys
        if isinstance(value := getattr(thing, key), int | float)
    }


def wrong_number(name: str, value: float) -> str | None:
    """What is wrong with setting a number to a value."""
    if value < 0:
        return f"expected 0 or more, got {value:g}"
    if value > 1 and name.endswith(SHARES):
        return f"{value:g} looks like a percentage; expected a fraction such as {value / 100:g}"
    return None
