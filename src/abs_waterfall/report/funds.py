"""How the two funds roll from date to date: what was there, came in, went out and is left. Amounts in currency units."""

from __future__ import annotations

from abs_waterfall.arrays import Floats
from abs_waterfall.result import Result

FUND = ("opening_balance", "collected", "in", "out", "closing_balance")


def fund_columns(result: Result, s: int, dates: int) -> dict[str, dict[str, Floats]]:
    """The columns FUND (P,) of each fund; `in` is what the call and the steps put there."""
    funds = result.flows.funds
    i = (funds.opening_interest, funds.interest, funds.added_interest, funds.spent_interest, funds.unspent_interest)
    p = (funds.opening_principal, funds.principal, funds.added_principal, funds.spent_principal, funds.unspent_principal)
    return {
        name: dict(zip(FUND, (flow[s, :dates] for flow in flows), strict=True))
        for name, flows in (("interest", i), ("principal", p))
    }
