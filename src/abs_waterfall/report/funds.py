"""How the two funds roll from date to date: what was there, came in, went out and is left. Amounts in currency units."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.result import Result

FUND = ("opening_balance", "collected", "in", "out", "closing_balance")


def fund_columns(result: Result, s: int, dates: int) -> dict[str, dict[str, Floats]]:
    """The columns FUND (P,) of each fund; `in` is what the call and the steps put there."""
    funds = result.flows.funds
    given = {
        "interest": (funds.interest, funds.added_interest, funds.spent_interest, funds.unspent_interest),
        "principal": (funds.principal, funds.added_principal, funds.spent_principal, funds.unspent_principal),
    }
    return {name: columns(*(flow[s, :dates] for flow in flows)) for name, flows in given.items()}


def columns(collected: Floats, into: Floats, out: Floats, closing: Floats) -> dict[str, Floats]:
    """One fund's columns; a fund opens with what the last date left."""
    opening = np.concatenate(([0.0], closing[:-1]))
    return dict(zip(FUND, (opening, collected, into, out, closing), strict=True))
