"""The checks that every run makes of itself, from its cash flows alone.

Each gives the worst miss over all scenarios and dates, in currency units; the tolerance is 1e-9 of the pool.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import reduce

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.waterfall.cashflows import Check, DealCashflows, FeeFlows, HedgeFlows, TrancheFlows
from abs_waterfall.waterfall.sums import to_date

TOLERANCE = 1e-9  # of the pool's balance at cut-off


def all_checks(flows: DealCashflows, collateral: CollateralCashflows, deal: Deal) -> tuple[Check, ...]:
    """Every built-in check of a run."""
    tolerance = TOLERANCE * float(collateral.opening_balance[:, 0].max(initial=1.0))
    return tuple(
        check(name, miss, dates, flows.scenarios, tolerance)
        for name, miss, dates in (*collateral_misses(collateral), *deal_misses(flows, collateral, deal))
    )


def check(name: str, miss: Floats, dates: tuple[dt.date, ...] | None, scenarios: tuple[str, ...], tolerance: float) -> Check:
    """The worst of the misses (S, dates), and where it is."""
    wrong = np.abs(miss).T
    if wrong.size == 0:
        return Check(name, 0.0, ok=True)
    t, s = np.unravel_index(np.argmax(wrong), wrong.shape)  # of NaN the first
    worst = float(wrong[t, s]) if np.isfinite(wrong[t, s]) else np.inf
    return Check(name, worst, ok=worst <= tolerance, scenario=scenarios[s], date=dates[t] if dates else None)


def collateral_misses(flows: CollateralCashflows) -> Iterator[tuple[str, Floats, tuple[dt.date, ...]]]:
    """The pool's balance rolls, and every default ends as cash or loss."""
    gone = flows.default + flows.scheduled_principal + flows.prepayment
    came = flows.opening_balance + flows.purchased + flows.drawn + flows.capitalised
    rolled_on = came - gone - flows.closing_balance
    yield "the pool's balance rolls", rolled_on, flows.dates
    yield "the pool's opening is the last closing", flows.opening_balance[:, 1:] - flows.closing_balance[:, :-1], flows.dates[1:]
    if flows.segment_balance.size:
        segments = np.zeros_like(flows.closing_balance)
        for k in range(len(flows.segment_names)):
            segments = segments + flows.segment_balance[:, k]
        yield "segments add up to the pool", segments - flows.closing_balance, flows.dates
    yield "no collateral flow is negative", lowest([flows.closing_balance, gone, flows.recovery, flows.drawn]), flows.dates


def deal_misses(
    flows: DealCashflows, collateral: CollateralCashflows, deal: Deal
) -> Iterator[tuple[str, Floats, tuple[dt.date, ...] | None]]:
    """Cash, balances and interest of the deal."""
    yield "cash in equals cash out", cash_miss(flows, deal), flows.dates
    for name, miss in tranche_misses(flows, deal):
        yield name, miss, flows.dates
    accounts = [rolled(a.opening_balance, a.into - a.out, a.closing_balance, flows) for a in flows.accounts.values()]
    yield "accounts roll", stacked(accounts, flows), flows.dates
    yield "funds roll", stacked(list(fund_misses(flows)), flows), flows.dates
    held = [flows.funds.unspent_interest, flows.funds.unspent_principal, *(a.closing_balance for a in flows.accounts.values())]
    yield "no fund and no account is negative", stacked([np.minimum(cash, 0.0) for cash in held], flows), flows.dates
    yield "fees due are paid or carried", stacked([fee_miss(fee, flows) for fee in flows.fees.values()], flows), flows.dates
    if flows.facilities:
        drawn = [rolled(f.opening_balance, f.drawn - f.repaid, f.closing_balance, flows) for f in flows.facilities.values()]
        yield "facilities roll", stacked(drawn, flows), flows.dates
        costs = [fee_miss(FeeFlows(f.due, f.paid, f.unpaid), flows) for f in flows.facilities.values()]
        yield "facility costs due are paid or carried", stacked(costs, flows), flows.dates
    if flows.hedges:
        settled = [hedge_miss(hedge, carried(name, deal), flows) for name, hedge in flows.hedges.items()]
        yield "hedges are settled or carried", stacked(settled, flows), flows.dates
    if flows.ledgers:
        ledgers = [rolled(f.opening_balance, f.debited - f.cured, f.closing_balance, flows) for f in flows.ledgers.values()]
        yield "ledgers roll", stacked(ledgers, flows), flows.dates
        yield "ledgers hold what was debited and not cured", ledgers_miss(flows), flows.dates
    if flows.ledger:
        yield "the ledger adds up to what was paid", ledger_miss(flows), flows.dates
    if flows.purchases:
        yield "what is bought is in the pool", bought_miss(flows, collateral), None
    yield "nothing is undistributed", flows.undistributed[:, None], None


def bought_miss(flows: DealCashflows, collateral: CollateralCashflows) -> Floats:
    """(S, 1) what purchases bought, date by date, less what joined the pool, month by month."""
    if flows.purchases is None:
        return np.zeros((len(flows.scenarios), 1))
    bought = flows.purchases.bought.sum(axis=1) + flows.purchases.carried
    return np.asarray((bought - collateral.purchased.sum(axis=1))[:, None])


def largest(parts: Sequence[Floats]) -> Floats:
    """The largest of some arrays, cell by cell."""
    return reduce(np.maximum, parts)


def lowest(parts: Sequence[Floats]) -> Floats:
    """The lowest of some arrays, cell by cell, at most 0."""
    return np.minimum(reduce(np.minimum, parts), 0.0)


def stacked(misses: list[Floats], flows: DealCashflows) -> Floats:
    """The worst of several misses, date by date; zeros where there is nothing to miss."""
    return largest([np.abs(miss) for miss in misses]) if misses else np.zeros_like(flows.pool_balance)


def rolled(opening: Floats, change: Floats, closing: Floats, flows: DealCashflows) -> Floats:
    """(S, P) how far opening + change misses closing, or an opening the closing before it, whichever is further."""
    gap = np.zeros_like(opening)
    gap[:, 1:] = opening[:, 1:] - np.where(alive(flows)[:, 1:], closing[:, :-1], 0.0)
    return np.asarray(np.maximum(np.abs(opening + change - closing), np.abs(gap)))


def fund_misses(flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far what each fund opened with, collected and moved misses what is left in it."""
    funds = flows.funds
    for opening, change, closing in (
        (funds.opening_interest, funds.interest + funds.added_interest - funds.spent_interest, funds.unspent_interest),
        (funds.opening_principal, funds.principal + funds.added_principal - funds.spent_principal, funds.unspent_principal),
    ):
        yield rolled(opening, change, closing, flows)


def fee_miss(fee: FeeFlows, flows: DealCashflows) -> Floats:
    """(S, P) how far due misses paid + unpaid, or any of them goes below 0, or due below what was unpaid before."""
    carried = np.zeros_like(fee.due)
    carried[:, 1:] = np.where(alive(flows)[:, 1:], fee.unpaid[:, :-1], 0.0)
    below = lowest([fee.paid, fee.unpaid, fee.due - carried])
    return np.asarray(np.maximum(np.abs(fee.due - fee.paid - fee.unpaid), -below))


def paid_out(flows: DealCashflows) -> Floats:
    """(S, P) cash that left the deal."""
    tranches = [t.interest + t.principal + t.residual for t in flows.tranches.values()]
    bought = [flows.purchases.cost] if flows.purchases else []
    others = [f.paid + f.repaid for f in flows.facilities.values()] + [hedge.paid for hedge in flows.hedges.values()]
    return total([*tranches, *(fee.paid for fee in flows.fees.values()), *bought, *others], flows)


def promised(flows: DealCashflows) -> Floats:
    """(S, P) cash that came in under facilities and hedges."""
    others = [f.drawn for f in flows.facilities.values()] + [hedge.received for hedge in flows.hedges.values()]
    return total(others, flows)


def total(parts: Sequence[Floats], flows: DealCashflows) -> Floats:
    """(S, P) the sum of some arrays; zeros of none."""
    return reduce(np.add, parts, np.zeros_like(flows.pool_balance))


def cash_miss(flows: DealCashflows, deal: Deal) -> Floats:
    """(S, P) held before + collected + call - paid - held after, where held is funds and accounts."""
    funds = flows.funds
    held = total([funds.unspent_interest, funds.unspent_principal, *(a.closing_balance for a in flows.accounts.values())], flows)
    before = np.roll(held, 1, axis=1)
    funded = {name: held_at_start(deal, name) for name in deal.scenario_names}
    before[:, 0] = [funded.get(scenario, funded["base"]) for scenario in flows.scenarios] if deal.scenario else funded["base"]
    miss = before + funds.interest + funds.principal + funds.call_amount + promised(flows) - paid_out(flows) - held
    return np.where(alive(flows), miss, 0.0)


def held_at_start(deal: Deal, scenario: str) -> float:
    """What the accounts start with in a scenario, or what a state says they and the funds hold."""
    if deal.state is not None:
        cash = ("funds.interest", "funds.principal", *(f"account.{account.name}.balance" for account in deal.account))
        return sum(deal.state.value(name) for name in cash)
    given = deal.scenario[scenario].set if scenario in deal.scenario else {}
    return sum(given.get(f"account.{account.name}.initial", account.initial) for account in deal.account)


def alive(flows: DealCashflows) -> Bools:
    """(S, P) up to each scenario's last date, in memory as the flows are."""
    return (np.arange(flows.pool_balance.shape[1])[:, None] <= flows.last_period).T


def tranche_misses(flows: DealCashflows, deal: Deal) -> Iterator[tuple[str, Floats]]:
    """Balances and interest of the tranches."""
    tranches = list(flows.tranches.values())
    rolls = [
        rolled(t.opening_balance, t.accreted + t.write_up - t.principal - t.write_down, t.closing_balance, flows)
        for t in tranches
    ]
    yield "tranche balances roll", stacked(rolls, flows)
    lines = [line for tranche in tranches for line in tranche.lines.values()]
    unpaid = [lowest([line.accrued, line.paid, line.unpaid, line.due - line.paid - line.unpaid]) for line in lines]
    yield "no line of interest is negative", stacked(unpaid, flows)
    before = [unpaid_at_start(tranche, flows.tranches[tranche.name], deal) for tranche in deal.tranche]
    accrued = [
        unpaid + to_date(t.interest_accrued + t.interest_on_shortfall - t.interest - t.accreted) - t.interest_shortfall
        for unpaid, t in zip(before, tranches, strict=True)
    ]
    yield "interest accrued is paid or outstanding", np.where(alive(flows), stacked(accrued, flows), 0.0)
    over = [np.maximum(t.principal - t.opening_balance - t.accreted - t.write_up, 0.0) for t in tranches]
    yield "no tranche is paid more than its balance", stacked(over, flows)
    negative = [
        lowest(
            [t.closing_balance, t.principal, t.interest, t.accreted, t.residual, t.interest_shortfall, t.write_down, t.write_up]
        )
        for t in tranches
    ]
    yield "no tranche flow is negative", stacked(negative, flows)
    off = [deal.state.value(f"tranche.{name}.written_down") if deal.state else 0.0 for name in flows.tranches]
    if deal.deal.cent:
        rounded = [cent_miss(t, deal.at_closing(tranche), deal, flows) for tranche, t in zip(deal.tranche, tranches, strict=True)]
        yield "payments are whole cents a note", stacked(rounded, flows)
    up = [np.minimum(o + to_date(t.write_down - t.write_up), 0.0) for o, t in zip(off, tranches, strict=True) if t.written]
    yield "no tranche is written up above what was written down", stacked(up, flows)


def cent_miss(flows: TrancheFlows, initial: float | None, deal: Deal, all_flows: DealCashflows) -> Floats:
    """(S, P) how far what fell due and was paid misses whole cents a note; but for what settles a claim, and the last date."""
    cent = deal.deal.cent * (flows.opening_balance[:, :1] if initial is None else np.full((len(flows.principal), 1), initial))
    last = np.arange(flows.principal.shape[1]) >= all_flows.last_period[:, None]
    settled = (flows.closing_balance <= 0) | (flows.write_up > 0) | (flows.accreted > 0)
    misses = [beside_whole(flows.principal, cent) * ~(last | settled), beside_whole(flows.residual, cent) * ~last]
    for line in flows.lines.values():
        misses += [beside_whole(accrued, cent) for accrued in (line.accrued, line.on_shortfall)]
        misses.append(beside_whole(line.paid, cent) * ~(last | (line.unpaid <= 0)))
    return largest(misses)


def beside_whole(amount: Floats, cent: Floats) -> Floats:
    """How far an amount is from a whole multiple; 0 where there is no cent."""
    count = np.round(np.divide(amount, cent, out=np.zeros_like(amount), where=cent > 0))
    return np.where(cent > 0, np.abs(amount - count * cent), 0.0)


def carried(hedge: str, deal: Deal) -> float:
    """What a hedge starts with, to the issuer."""
    return deal.state.value(f"hedge.{hedge}.not_received") - deal.state.value(f"hedge.{hedge}.unpaid") if deal.state else 0.0


def unpaid_at_start(tranche: Tranche, flows: TrancheFlows, deal: Deal) -> float:
    """What a class's lines of interest start with."""
    if deal.state is None:
        return tranche.unpaid_interest
    return sum(deal.state.value(f"tranche.{line}.interest_shortfall") for line in flows.lines)


def hedge_miss(hedge: HedgeFlows, before: float, flows: DealCashflows) -> Floats:
    """(S, P) how far a hedge's net to date misses what was settled and what is carried, or any of these goes below 0."""
    miss = before + to_date(hedge.net - hedge.received + hedge.paid) - hedge.not_received + hedge.unpaid
    below = lowest([hedge.received, hedge.paid, hedge.not_received, hedge.unpaid])
    return np.where(alive(flows), np.maximum(np.abs(miss), -below), 0.0)


def ledgers_miss(flows: DealCashflows) -> Floats:
    """(S, P) how far ledgers and write-downs miss the steps that made them, or a ledger's balance goes below 0."""
    single = [f for name, f in flows.ledgers.items() if not any(other.startswith(f"{name}.") for other in flows.ledgers)]
    recorded = {
        "debit": [f.debited for f in single],
        "cure": [f.cured for f in single],
        "write_down": [t.write_down for t in flows.tranches.values()],
        "write_up": [t.write_up for t in flows.tranches.values()],
    }
    misses = [
        total([*parts, *(-line.paid for line in flows.ledger if line.verb == verb)], flows) for verb, parts in recorded.items()
    ]
    return stacked([*misses, *(np.minimum(f.closing_balance, 0.0) for f in single)], flows)


def ledger_miss(flows: DealCashflows) -> Floats:
    """(S, P) what the ledger's steps paid out of the deal, less what was paid."""
    steps = np.zeros_like(flows.pool_balance)
    for line in flows.ledger:
        if line.verb in ("pay", "interest", "principal", "residual", "purchase", "repay", "swap"):
            steps = steps + line.paid
    return steps - paid_out(flows)
