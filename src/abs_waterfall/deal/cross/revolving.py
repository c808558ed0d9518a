"""Purchases fit the deal around them."""

from __future__ import annotations

from collections.abc import Iterator

from abs_waterfall.deal.cross.parts import Parts, unknown
from abs_waterfall.deal.names import FUNDS
from abs_waterfall.deal.steps import Purchase
from abs_waterfall.errors import Problem


def revolving_problems(parts: Parts) -> Iterator[Problem]:
    """Loans are bought where there is a period to buy them in, from cash that is there, and the deal goes on after it."""
    buying = [place for place, step in parts.steps.items() if isinstance(step, Purchase)]
    if not parts.revolves:
        yield from (
            Problem("nothing says what is bought and when; expected [revolving]", f"{place}.purchase") for place in buying
        )
    terms = parts.revolving
    if terms is None:
        return
    if terms.then not in parts.modes:
        yield Problem(unknown("mode", terms.then, parts.modes), "revolving.then")
    elif parts.deal and terms.then == (parts.deal.starts_in or next(iter(parts.modes))):
        yield Problem(f'"{terms.then}" is the mode that the deal starts in; expected the mode that follows it', "revolving.then")
    sources = (*FUNDS[1:], *parts.names.get("account", ()))
    if terms.source not in sources:
        yield Problem(unknown("fund or account", terms.source, sources), "revolving.from")
    if terms.purchases == "payment" and parts.steps and not buying:
        yield Problem('no step buys; expected { purchase = "pool" } in the waterfall, or purchases = "monthly"', "revolving")
    if parts.dates and terms.until and terms.until < parts.dates.closing:
        yield Problem(f"{terms.until} is before closing {parts.dates.closing}", "revolving.until")
