"""What the funds hold before the steps of a payment date, by where it comes from. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Iterator

from abs_waterfall.result import Result


def collected(result: Result, s: int, p: int) -> Iterator[tuple[str, float]]:
    """What comes in on payment date `p` of scenario `s`."""
    funds = result.flows.funds
    earned = sum(float(account.earned[s, p]) for account in result.flows.accounts.values())
    yield "Interest collected", float(funds.interest[s, p]) - earned
    yield "Income of the accounts", earned
    yield "Principal collected", float(funds.principal[s, p])
    yield "Paid for the pool under the call", float(funds.call_amount[s, p])


def came_in(result: Result, s: int, p: int) -> Iterator[tuple[str, float]]:
    """What comes in, on top of what no step took on the date before."""
    funds = result.flows.funds
    if p or result.flows.past:
        yield "Interest funds brought forward", float(funds.opening_interest[s, p])
        yield "Principal funds brought forward", float(funds.opening_principal[s, p])
    yield from collected(result, s, p)
