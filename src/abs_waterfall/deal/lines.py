"""Revolving lines in a deal: what may not be asked of them, and what a reader of the result should know."""

from __future__ import annotations

from collections.abc import Iterator

from abs_waterfall.assumptions.model import SegmentAssumptions
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.revolving import YieldPrice
from abs_waterfall.errors import Problem
from abs_waterfall.pool.loans import REVOLVING_LINE, LoanPool

UNLIKE = 'amortization = "revolving_line"'


def holds_lines(pool: LoanPool) -> bool:
    """Whether any loan is a line."""
    return bool((pool.amortization == REVOLVING_LINE).any())


def buys_lines(deal: Deal, pool: LoanPool) -> bool:
    """Whether a plan buys lines: its own, or the pool's mix."""
    terms = deal.revolving
    if terms is None:
        return False
    return any(line.amortization == "revolving_line" for line in terms.line) if terms.line else holds_lines(pool)


def line_problems(deal: Deal, pool: LoanPool) -> Iterator[Problem]:
    """What needs a schedule of principal, which lines do not have."""
    held, bought = holds_lines(pool), buys_lines(deal, pool)
    if deal.assumptions.advances and held:
        yield Problem(f"does not go with {UNLIKE}: a line has no schedule to advance", "assumptions.advances", deal.file)
    for i, schedule in enumerate(deal.schedule):
        if schedule.speeds is not None and held:
            message = f"does not go with {UNLIKE}: a line has no schedule that a speed could change; expected balances or file"
            yield Problem(message, f"schedule[{i}].speeds", deal.file)
    terms = deal.revolving
    if terms is None or not bought:
        return
    if isinstance(terms.price, YieldPrice):
        message = f"does not go with {UNLIKE}: a line has no contractual principal to discount; expected a share or a formula"
        yield Problem(message, "revolving.price.yield", deal.file)
    if terms.assumptions is not None and terms.assumptions.advances:
        message = f"does not go with {UNLIKE}: a line has no schedule to advance"
        yield Problem(message, "revolving.assumptions.advances", deal.file)


def line_warnings(deal: Deal, pool: LoanPool) -> Iterator[str]:
    """Lines that no payment rate is said of, and what is said of lines where there are none."""
    layers: list[SegmentAssumptions] = [deal.assumptions, *deal.assumptions.segment.values()]
    lines = holds_lines(pool)
    if lines and not any(layer.payment for layer in layers):
        yield "the assumptions name no payment rate: revolving lines pay no principal before their remaining term ends"
    if lines or buys_lines(deal, pool):
        return
    for key, field in (("payment", "payment"), ("draw", "draw"), ("yield", "yield_")):
        if any(getattr(layer, field) for layer in layers):
            yield f"assumptions: `{key}` is not used; no loan is a revolving line"
