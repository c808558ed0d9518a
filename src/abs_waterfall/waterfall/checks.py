"""The checks that every run makes of itself, from its cash flows alone.

Each gives the worst miss over all scenarios and dates, in currency units; the tolerance is 1e-9 of the pool.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.waterfall.cashflows import Check, DealCashflows, FeeFlows, Funds, HedgeFlows, TrancheFlows
from abs_waterfall.waterfall.sums import nothing, to_date, total

TOLERANCE = 1e-9  # of the pool's balance at cut-off


Misses: TypeAlias = tuple[str, Iterable[Floats], tuple[dt.date, ...] | None]
"""A check by its name: arrays (S, dates) of which the worst counts, and the dates, the last of which they are on."""
Roll: TypeAlias = tuple[list[Floats], list[Floats], Floats]
"""What a balance opened with and gained, what it lost, and its closing."""


def all_checks(flows: DealCashflows, collateral: CollateralCashflows, deal: Deal) -> tuple[Check, ...]:
    """Every built-in check of a run."""
    tolerance = TOLERANCE * float(collateral.opening_balance[:, 0].max(initial=1.0))
    return tuple(
        check(name, misses, dates, flows.scenarios, tolerance)
        for name, misses, dates in (*collateral_misses(collateral), *deal_misses(flows, collateral, deal))
    )


def check(
    name: str, misses: Iterable[Floats], dates: tuple[dt.date, ...] | None, scenarios: tuple[str, ...], tolerance: float
) -> Check:
    """The worst of some misses (S, dates), and where the first of them has it: on the first date, in the first scenario."""
    if not scenarios or dates == ():
        return Check(name, 0.0, ok=True)
    worst, where = 0.0, None
    for miss in (each for each in misses if each.size):
        size = max(float(miss.max()), -float(miss.min()))
        if worst < np.inf and not size <= worst:  # NaN too
            worst, where = (size if np.isfinite(size) else np.inf), miss
    t, s = 0, 0
    if where is not None:
        t, s = divmod(int(np.argmax(np.abs(where).T)), len(scenarios))  # of NaN the first
        t -= where.shape[1]  # the dates of a miss are the last ones
    return Check(name, worst, ok=worst <= tolerance, scenario=scenarios[s], date=dates[t] if dates else None)


def collateral_misses(flows: CollateralCashflows) -> Iterator[Misses]:
    """The pool's balance rolls, and every default ends as cash or loss."""
    gone = flows.default + flows.scheduled_principal + flows.prepayment
    came = total([flows.opening_balance, flows.purchased, flows.drawn, flows.capitalised])
    yield "the pool's balance rolls", [came - gone - flows.closing_balance], flows.dates
    opened = flows.opening_balance[:, 1:] - flows.closing_balance[:, :-1]
    yield "the pool's opening is the last closing", [opened], flows.dates[1:]
    if flows.segment_balance.size:
        segments = total([flows.segment_balance[:, k] for k in range(len(flows.segment_names))])
        yield "segments add up to the pool", [segments - flows.closing_balance], flows.dates
    yield "no collateral flow is negative", below(flows.closing_balance, gone, flows.recovery, flows.drawn), flows.dates


def deal_misses(flows: DealCashflows, collateral: CollateralCashflows, deal: Deal) -> Iterator[Misses]:
    """Cash, balances and interest of the deal."""
    yield "cash in equals cash out", [cash_miss(flows, deal)], flows.dates
    for name, misses in tranche_misses(flows, deal):
        yield name, misses, flows.dates
    accounts = list(flows.accounts.values())
    rolls = [([a.opening_balance, a.into], [a.out], a.closing_balance) for a in accounts]
    yield "accounts roll", rolled(rolls, flows), flows.dates
    yield "funds roll", rolled(fund_rolls(flows.funds), flows), flows.dates
    held = [flows.funds.unspent_interest, flows.funds.unspent_principal, *(account.closing_balance for account in accounts)]
    yield "no fund and no account is negative", below(*held), flows.dates
    yield "fees due are paid or carried", settled(flows.fees.values(), flows), flows.dates
    if flows.facilities:
        facilities = list(flows.facilities.values())
        rolls = [([f.opening_balance, f.drawn], [f.repaid], f.closing_balance) for f in facilities]
        yield "facilities roll", rolled(rolls, flows), flows.dates
        costs = [FeeFlows(f.due, f.paid, f.unpaid) for f in facilities]
        yield "facility costs due are paid or carried", settled(costs, flows), flows.dates
    if flows.hedges:
        hedges = (miss for name, hedge in flows.hedges.items() for miss in hedge_misses(hedge, carried(name, deal), flows))
        yield "hedges are settled or carried", hedges, flows.dates
    if flows.ledgers:
        rolls = [([f.opening_balance, f.debited], [f.cured], f.closing_balance) for f in flows.ledgers.values()]
        yield "ledgers roll", rolled(rolls, flows), flows.dates
        yield "ledgers hold what was debited and not cured", ledgers_misses(flows), flows.dates
    if flows.ledger:
        yield "the ledger adds up to what was paid", [ledger_miss(flows)], flows.dates
    if flows.purchases:
        yield "what is bought is in the pool", [bought_miss(flows, collateral)], None
    yield "nothing is undistributed", [flows.undistributed[:, None]], None


def bought_miss(flows: DealCashflows, collateral: CollateralCashflows) -> Floats:
    """(S, 1) what purchases bought, date by date, less what joined the pool, month by month."""
    if flows.purchases is None:
        return np.zeros((len(flows.scenarios), 1))
    bought = flows.purchases.bought.sum(axis=1) + flows.purchases.carried
    return np.asarray((bought - collateral.purchased.sum(axis=1))[:, None])


def below(*amounts: Floats) -> Iterator[Floats]:
    """What of some amounts goes below 0."""
    for amount in amounts:
        if not nothing(amount) and not amount.min(initial=0.0) >= 0.0:  # NaN too
            yield np.minimum(amount, 0.0)


def rolled(rolls: Iterable[Roll], flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far what a balance opened with and gained misses what it lost and has left, and an opening the last closing."""
    for gained, lost, closing in rolls:
        yield total(gained) - total([*lost, closing])
        yield gained[0][:, 1:] - before(closing, flows)


def before(closing: Floats, flows: DealCashflows) -> Floats:
    """(S, P - 1) what each date but the first begins with: nothing after the last one."""
    last, dates = flows.last_period, closing.shape[1]
    return closing[:, :-1] if (last == dates - 1).all() else np.where(alive(flows)[:, 1:], closing[:, :-1], 0.0)


def fund_rolls(funds: Funds) -> Iterator[Roll]:
    """What each fund opened with, collected and moved, and what is left in it."""
    yield [funds.opening_interest, funds.interest, funds.added_interest], [funds.spent_interest], funds.unspent_interest
    yield [funds.opening_principal, funds.principal, funds.added_principal], [funds.spent_principal], funds.unspent_principal


def settled(fees: Iterable[FeeFlows], flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far due misses paid + unpaid, or any of them goes below 0, or due below what was unpaid before."""
    for fee in fees:
        yield fee.due - fee.paid - fee.unpaid
        yield from below(fee.paid, fee.unpaid, fee.due, fee.due[:, 1:] - before(fee.unpaid, flows))


def paid_out(flows: DealCashflows) -> Floats:
    """(S, P) cash that left the deal."""
    tranches = [total([t.interest, t.principal, t.residual]) for t in flows.tranches.values()]
    bought = [flows.purchases.cost] if flows.purchases else []
    others = [f.paid + f.repaid for f in flows.facilities.values()] + [hedge.paid for hedge in flows.hedges.values()]
    return total([*tranches, *(fee.paid for fee in flows.fees.values()), *bought, *others])


def promised(flows: DealCashflows) -> list[Floats]:
    """(S, P) each, cash that came in under facilities and hedges."""
    return [f.drawn for f in flows.facilities.values()] + [hedge.received for hedge in flows.hedges.values()]


def cash_miss(flows: DealCashflows, deal: Deal) -> Floats:
    """(S, P) held before + collected + call - paid - held after, where held is funds and accounts."""
    funds = flows.funds
    held = total([funds.unspent_interest, funds.unspent_principal, *(a.closing_balance for a in flows.accounts.values())])
    came = total([funds.interest, funds.principal, funds.call_amount, *promised(flows)])
    miss = came - total([paid_out(flows), held])
    miss[:, 1:] += held[:, :-1]
    funded = {name: held_at_start(deal, name) for name in deal.scenario_names}
    miss[:, 0] += [funded.get(scenario, funded["base"]) for scenario in flows.scenarios] if deal.scenario else funded["base"]
    return to_the_end(miss, flows)


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


def to_the_end(miss: Floats, flows: DealCashflows) -> Floats:
    """(S, P) a miss up to each scenario's last date; itself where that is the last of all."""
    return miss if (flows.last_period == miss.shape[1] - 1).all() else np.where(alive(flows), miss, 0.0)


def tranche_misses(flows: DealCashflows, deal: Deal) -> Iterator[tuple[str, Iterable[Floats]]]:
    """Balances and interest of the tranches."""
    tranches = list(flows.tranches.values())
    rolls = [([t.opening_balance, t.accreted, t.write_up], [t.principal, t.write_down], t.closing_balance) for t in tranches]
    yield "tranche balances roll", rolled(rolls, flows)
    lines = [line for tranche in tranches for line in tranche.lines.values()]
    unpaid = (below(line.accrued, line.paid, line.unpaid, line.due - line.paid - line.unpaid) for line in lines)
    yield "no line of interest is negative", chain.from_iterable(unpaid)
    accrued = (interest_miss(flows.tranches[t.name], unpaid_at_start(t, flows.tranches[t.name], deal)) for t in deal.tranche)
    yield "interest accrued is paid or outstanding", (to_the_end(miss, flows) for miss in accrued)
    left = (total([t.opening_balance, t.accreted, t.write_up]) - t.principal for t in tranches)
    yield "no tranche is paid more than its balance", below(*left)
    yield "no tranche flow is negative", chain.from_iterable(below(*amounts_of(t)) for t in tranches)
    if deal.deal.cent:
        rounded = (cent_misses(flows.tranches[t.name], deal.at_closing(t), deal, flows) for t in deal.tranche)
        yield "payments are whole cents a note", chain.from_iterable(rounded)
    off = {name: deal.state.value(f"tranche.{name}.written_down") if deal.state else 0.0 for name in flows.tranches}
    down = (off[name] + to_date(t.write_down - t.write_up) for name, t in flows.tranches.items() if t.written)
    yield "no tranche is written up above what was written down", below(*down)


def interest_miss(flows: TrancheFlows, unpaid: float) -> Floats:
    """(S, P) how far what a class began with and accrued to date misses what was paid, joined the balance or is outstanding."""
    accrued = total([flows.interest_accrued, flows.interest_on_shortfall])
    return unpaid + to_date(accrued - total([flows.interest, flows.accreted])) - flows.interest_shortfall


def amounts_of(tranche: TrancheFlows) -> tuple[Floats, ...]:
    """All that a class is paid and has left."""
    paid = tranche.principal, tranche.interest, tranche.accreted, tranche.residual
    return *paid, tranche.closing_balance, tranche.interest_shortfall, tranche.write_down, tranche.write_up


def cent_misses(flows: TrancheFlows, initial: float | None, deal: Deal, all_flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far what fell due and was paid misses whole cents a note; but for what settles a claim, and the last date."""
    cent = deal.deal.cent * (flows.opening_balance[:, :1] if initial is None else np.full((len(flows.principal), 1), initial))
    last = np.arange(flows.principal.shape[1]) >= all_flows.last_period[:, None]
    settles = (flows.closing_balance <= 0) | (flows.write_up > 0) | (flows.accreted > 0)
    yield beside_whole(flows.principal, cent) * ~(last | settles)
    yield beside_whole(flows.residual, cent) * ~last
    for line in flows.lines.values():
        yield from (beside_whole(accrued, cent) for accrued in (line.accrued, line.on_shortfall))
        yield beside_whole(line.paid, cent) * ~(last | (line.unpaid <= 0))


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


def hedge_misses(hedge: HedgeFlows, begun: float, flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far a hedge's net to date misses what was settled and what is carried, and what of these goes below 0."""
    miss = begun + to_date(hedge.net - hedge.received + hedge.paid) - hedge.not_received + hedge.unpaid
    yield to_the_end(miss, flows)
    yield from below(hedge.received, hedge.paid, hedge.not_received, hedge.unpaid)


def ledgers_misses(flows: DealCashflows) -> Iterator[Floats]:
    """(S, P) how far ledgers and write-downs miss the steps that made them, and what of a ledger's balance goes below 0."""
    single = [f for name, f in flows.ledgers.items() if not any(other.startswith(f"{name}.") for other in flows.ledgers)]
    recorded = {
        "debit": [f.debited for f in single],
        "cure": [f.cured for f in single],
        "write_down": [t.write_down for t in flows.tranches.values()],
        "write_up": [t.write_up for t in flows.tranches.values()],
    }
    for verb, parts in recorded.items():
        yield total(parts) - total([line.paid for line in flows.ledger if line.verb == verb] or [np.zeros((1, 1))])
    yield from below(*(f.closing_balance for f in single))


def ledger_miss(flows: DealCashflows) -> Floats:
    """(S, P) what the ledger's steps paid out of the deal, less what was paid."""
    steps = np.zeros_like(flows.pool_balance)
    for line in flows.ledger:
        if line.verb in ("pay", "interest", "principal", "residual", "purchase", "repay", "swap"):
            steps = steps + line.paid
    return steps - paid_out(flows)
