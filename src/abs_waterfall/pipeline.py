"""The whole program as one flow: tape -> pool -> collateral cash flows -> deal cash flows -> measures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import numpy as np

from abs_waterfall import timeline
from abs_waterfall.arrays import Floats, record
from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.scenarios import unknown_segments
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.clauses import Curves
from abs_waterfall.collateral.condense import condensing
from abs_waterfall.collateral.plan import Plan, needs_loans, plan_of, traits_asked
from abs_waterfall.collateral.project import project_pool
from abs_waterfall.collateral.ways import ways
from abs_waterfall.deal.classes import Exchange, classes_of, planned_speeds
from abs_waterfall.deal.lines import line_problems, line_warnings
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.errors import InputError
from abs_waterfall.files.reading import Reading, Told, unheard
from abs_waterfall.files.tapes import read_pool
from abs_waterfall.measures.closing import Closing, closing
from abs_waterfall.measures.tranche import (
    Terms,
    TrancheMeasures,
    TrancheReceipts,
    TrancheReturns,
    measure_tranche,
    tranche_returns,
)
from abs_waterfall.measures.wal import times
from abs_waterfall.pool.facts import every_loan
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.report import PoolReport
from abs_waterfall.result import Exchanged, Result, settlement_of
from abs_waterfall.waterfall.calendar import dated, delay, past_months, pool_cutoff, regular_periods
from abs_waterfall.waterfall.cashflows import DealCashflows, TrancheFlows
from abs_waterfall.waterfall.coupons import lines_of
from abs_waterfall.waterfall.exchanges import shared_flows
from abs_waterfall.waterfall.run import run_waterfall, state_after
from abs_waterfall.waterfall.since import with_recoveries
from abs_waterfall.waterfall.sums import to_date

MOST_GROWTH = 10_000  # of a pool by what is drawn; beyond it cents are lost, and sense


def read_deal_pool(
    deal: Deal, told: Told = unheard, *, tables: bool = True, reading: Reading | None = None
) -> tuple[LoanPool, PoolReport]:
    """The eligible loans of a deal's tape and lines, and what is said of them; `told` hears how far the reading is.

    `tables` says whether stratifications are wanted, which take longer than the cash flows.

    A long tape's loans come as the few lines that pay the same. Advances, which end by each loan's own schedule, need the loans
    themselves, and so do prepayments that shorten each by itself, criteria on purchases and limits on what loans state.
    """
    assumed = [deal.assumptions, *([deal.revolving.assumptions] if deal.revolving and deal.revolving.assumptions else [])]
    each = needs_loans(deal) or any(table.of_each_loan for table in assumed)
    gather = every_loan() if each else condensing()
    traits = traits_asked(deal)
    given = deal.pool, deal.folder, pool_cutoff(deal), deal.file
    pool, report = read_pool(*given, gather=gather, told=told, traits=traits, tables=tables, reading=reading)
    if problems := list(line_problems(deal, pool)):
        raise InputError(problems)
    return pool, report


def project(deal: Deal, pool: LoanPool) -> CollateralCashflows:
    """The pool's cash flows in every scenario of the deal."""
    basis = deal.pool.interest_basis
    try:
        flows = project_pool(pool, deal.assumptions, deal.scenario, pool_cutoff(deal), basis, curves=curves_of(deal))
    except InputError as wrong:
        raise InputError(problem.in_file(deal.file) for problem in wrong.problems) from None
    refuse_unbounded(flows, deal)
    return flows if deal.state is None else with_recoveries(flows, deal.state.recoveries, pool_cutoff(deal))


def refuse_unbounded(flows: CollateralCashflows, deal: Deal) -> None:
    """InputError where draws make the balance grow beyond what its digits can tell."""
    if not (flows.closing_balance <= MOST_GROWTH * flows.segment_initial.sum()).all():
        raise unbounded(deal)


def unbounded(deal: Deal) -> InputError:
    """What is said of such draws."""
    message = f"draws make the balance more than {MOST_GROWTH:,} times what it was before the lines end; expected less"
    return InputError.one(message, "assumptions.draw", deal.file)


def curves_of(deal: Deal) -> Curves:
    """The indices that loans may adjust to."""
    return {name: curve.rates for name, curve in deal.index.items()}


def project_speeds(deal: Deal, pool: LoanPool) -> CollateralCashflows | None:
    """The pool at each speed that schedules are derived from, in the deal's order and without defaults; None without any.

    Of a deal with [state] they are derived already.
    """
    speeds = planned_speeds(deal.schedule)
    if not speeds or deal.state is not None:
        return None
    assumed = deal.assumptions
    first = Assumptions(
        prepayment=speeds[0],
        order=assumed.order,
        speed_basis=assumed.speed_basis,
        prepayment_effect=assumed.prepayment_effect,
    )
    others = {f"speed {i}": Scenario(prepayment=speed) for i, speed in enumerate(speeds[1:], start=2)}
    return project_pool(pool, first, others, deal.dates.cutoff, deal.pool.interest_basis, curves=curves_of(deal))


def to_buy(deal: Deal, pool: LoanPool) -> Plan | None:
    """What a deal that revolves may buy."""
    past = past_months(deal)
    plan = plan_of(deal, pool, curves_of(deal), pool_cutoff(deal), past)
    unit = plan.vintages.unit(past + 1, (past, past + 1)) if plan else None
    if unit is not None and not (unit.flows.closing.sum(axis=2) <= MOST_GROWTH).all():
        raise unbounded(deal)
    return plan


def run(deal: Deal, told: Told = unheard) -> Result:
    """Run a deal to its cash flows, measures and checks. InputError where the deal or its tape is wrong."""
    return run_on(deal, *read_deal_pool(deal, told))


def run_on(deal: Deal, pool: LoanPool, report: PoolReport) -> Result:
    """Run a deal on its pool, once that is read."""
    collateral = project(deal, pool)
    plan = to_buy(deal, pool)
    assumed, other = run_waterfall(deal, pool.total_balance, collateral, project_speeds(deal, pool), plan)
    collateral = assumed.purchases.collateral if assumed.purchases else collateral
    to_call, to_maturity = (assumed, other) if deal.call is None or deal.call.assume else (other, assumed)
    runs = Runs(assumed, to_maturity, to_call)
    return Result(
        deal=deal,
        pool=report,
        collateral=collateral,
        flows=assumed,
        to_maturity=to_maturity,
        to_call=to_call,
        measures={tranche.name: measured(deal, tranche, runs) for tranche in deal.tranche},
        original_balances={tranche.name: original_balance(deal, tranche, assumed) for tranche in deal.tranche},
        warnings=(*warnings_of(deal, pool, collateral, assumed), *(left_out(plan) if plan else ())),
        exchanges={exchange.name: exchanged(deal, exchange, runs) for exchange in deal.exchange},
        closing=at_closing(deal, assumed),
        ways=ways(pool, deal.assumptions, report.eligible.loans),
        purchase_criteria=plan.criteria if plan else (),
    )


def original_balance(deal: Deal, tranche: Tranche, flows: DealCashflows) -> float:
    """A class's balance at closing."""
    said = deal.at_closing(tranche)
    return float(flows.tranches[tranche.name].opening_balance[0, 0]) if said is None else said


def state_of(deal: Deal, period: int, scenario: str = "base", told: Told = unheard) -> Standing:
    """Where the deal stands after a payment date counted from closing: what [state] says to go on from there."""
    pool, _ = read_deal_pool(deal, told, tables=False)
    collateral, row = project(deal, pool), deal.scenario_names.index(scenario)
    at_speeds, plan = project_speeds(deal, pool), to_buy(deal, pool)
    return state_after(deal, pool.total_balance, collateral, at_speeds, plan, period=period, scenario=row)


def at_closing(deal: Deal, flows: DealCashflows) -> Closing | None:
    """Sources and uses at closing; None of a deal that was under way when the run begins."""
    if deal.state is not None or any(tranche.initial_balance is not None for tranche in deal.tranche):
        return None
    return closing(
        balances={t.name: base_at_start(t, flows.tranches[t.name]) for t in deal.tranche},
        prices={t.name: t.price + np.asarray(accrued_at(deal, t, flows, deal.dates.closing)) for t in deal.tranche},
        shares={tranche.name: tranche.retained for tranche in deal.tranche},
        accounts={name: account.opening_balance[:, 0] for name, account in flows.accounts.items()},
        expenses=deal.deal.expenses,
    )


def base_at_start(tranche: Tranche, flows: TrancheFlows) -> Floats:
    """(S,) what a class's price is per 100 of: its balance, or what its interest accrues on."""
    return (flows.opening_balance if tranche.interest_on is None else flows.interest_base)[:, 0]


# -------------------------------------------------------------------------------------------------------------- measures


@record
class Runs:
    """The flows that a class is measured on."""

    assumed: DealCashflows
    to_maturity: DealCashflows
    to_call: DealCashflows


def measured(deal: Deal, tranche: Tranche, runs: Runs) -> TrancheMeasures:
    """The measures of one class, as seen from settlement at its price."""
    return measure_tranche(*bought(deal, tranche, runs))


def returned(deal: Deal, tranche: Tranche, runs: Runs) -> TrancheReturns:
    """The same, only those that are kept of thousands of scenarios."""
    return tranche_returns(*bought(deal, tranche, runs))


def bought(deal: Deal, tranche: Tranche, runs: Runs) -> tuple[TrancheReceipts, Terms]:
    """What one class is paid, and what it is bought at."""
    accrued = accrued_at(deal, tranche, runs.assumed, settlement_of(deal, runs.assumed))
    return receipts_of(deal, {tranche.name: 1.0}, runs), Terms(tranche.price, accrued, payments_a_year(deal))


def payments_a_year(deal: Deal) -> int:
    """Payment dates a year."""
    return 12 // timeline.FREQUENCY_MONTHS[deal.dates.frequency]


def receipts_of(deal: Deal, shares: Mapping[str, float], runs: Runs) -> TrancheReceipts:
    """What shares of some classes together are paid."""
    assumed, settlement = runs.assumed, settlement_of(deal, runs.assumed)
    classes = [tranche for tranche in deal.tranche if tranche.name in shares]
    counted = {tranche.day_count or "ACT/365F" for tranche in classes}
    day_count = counted.pop() if len(counted) == 1 else "ACT/365F"
    years = times(settlement, assumed.nominal_dates if day_count in timeline.MONTHS_OF_30_DAYS else assumed.dates, day_count)
    flows = shared_flows(assumed, shares)
    return TrancheReceipts(
        interest=flows.interest,
        principal=flows.principal,
        residual=flows.residual,
        principal_to_maturity=shared_flows(runs.to_maturity, shares).principal,
        principal_to_call=shared_flows(runs.to_call, shares).principal,
        times=years,
        balance=np.sum([shares[t.name] * balance_at(t, assumed.tranches[t.name], years) for t in classes], axis=0),
        principal_loss=np.sum([shares[t.name] * unpaid_at_final(deal, t, assumed) for t in classes], axis=0),
    )


def unpaid_at_final(deal: Deal, tranche: Tranche, flows: DealCashflows) -> Floats:
    """(S,) the balance of a class that is left or stays written down after the last date, or its own legal final."""
    last = flows.last_period
    if tranche.legal_final is not None:
        own = int(np.searchsorted(np.array(flows.nominal_dates), np.array(tranche.legal_final), side="right")) - 1
        last = np.minimum(last, own)
    own_flows = flows.tranches[tranche.name]
    before = deal.state.value(f"tranche.{tranche.name}.written_down") if deal.state else 0.0
    rows, off = np.arange(len(last)), np.full(len(last), before)
    if own_flows.written:
        off = off + to_date(own_flows.write_down - own_flows.write_up)[rows, last]
    return np.asarray(own_flows.closing_balance[rows, last] + off)


def exchanged(deal: Deal, exchange: Exchange, runs: Runs) -> Exchanged:
    """An exchangeable class: its shares of the classes it is made of, and the measures of those."""
    settlement, shares = settlement_of(deal, runs.assumed), exchange.of
    parts = [tranche for tranche in deal.tranche if tranche.name in shares]
    balances = [shares[t.name] * float(runs.assumed.tranches[t.name].opening_balance[0, 0]) for t in parts]
    accrued = [accrued_at(deal, tranche, runs.assumed, settlement) for tranche in parts]
    total = sum(balances)
    weighted = np.sum([balance / total * of for balance, of in zip(balances, accrued, strict=True)], axis=0) if total else 0.0
    terms = Terms(exchange.price, weighted, payments_a_year(deal))
    return Exchanged(shared_flows(runs.assumed, shares), measure_tranche(receipts_of(deal, shares, runs), terms))


def balance_at(tranche: Tranche, flows: TrancheFlows, years: Floats) -> Floats:
    """(S,) the balance at settlement: after the last payment before it; of a class with a notional, that of the next one."""
    before = int(np.searchsorted(years, 0.0, side="right"))
    if tranche.interest_on is not None:
        return flows.interest_base[:, min(before, len(years) - 1)]
    return flows.opening_balance[:, 0] if before == 0 else flows.closing_balance[:, before - 1]


def accrued_at(deal: Deal, tranche: Tranche, flows: DealCashflows, settlement: dt.date) -> Floats:
    """(S,) interest accrued at settlement, per 100 of balance: from the last accrual date before it, at that period's coupon."""
    coupon = flows.tranches[tranche.name].coupon
    ends = (day - delay(deal.dates) for day in flows.nominal_dates)
    first = flows.nominal_before - delay(deal.dates) if flows.nominal_before else dated(deal.dates)
    starts = [day for day in (first, *ends) if day <= settlement]
    if tranche.day_count is None or not starts:
        return np.zeros(len(coupon))
    years = timeline.year_fraction(starts[-1], settlement, tranche.day_count, regular_periods(deal.dates))
    return 100 * coupon[:, min(len(starts) - 1, coupon.shape[1] - 1)] * years


# -------------------------------------------------------------------------------------------------------------- warnings


def warnings_of(deal: Deal, pool: LoanPool, collateral: CollateralCashflows, flows: DealCashflows) -> Iterator[str]:
    """What a reader of the result should know that no check refuses."""
    for name in unknown_segments(deal.assumptions, deal.scenario, pool.segment_names):
        yield f'the assumptions name the segment "{name}", which no eligible loan has; there are {", ".join(pool.segment_names)}'
    for scenario, lost in zip(flows.scenarios, flows.lost_recoveries, strict=True):
        if lost > 0.005:
            yield f"{scenario}: recoveries of {lost:,.2f} arrive after the last payment date and are lost"
    yield from line_warnings(deal, pool)
    yield from unused_terms(deal)
    yield from paid_in(at_closing(deal, flows), flows.scenarios)
    yield from unpublished_years(deal, flows)
    if not any(tranche.seller for tranche in deal.tranche):  # whose the rest is
        yield from short_horizon(flows, collateral)
    yield from unpaid_classes(deal)
    yield from unpaid_at_finals(deal, flows)


def paid_in(at_closing: Closing | None, scenarios: tuple[str, ...]) -> Iterator[str]:
    """Closings that the originator pays for."""
    if at_closing is None:
        return
    for scenario, proceeds in zip(scenarios, np.broadcast_to(at_closing.proceeds, len(scenarios)), strict=True):
        if proceeds < -0.005:
            yield f"{scenario}: the originator pays {-proceeds:,.2f} in at closing: sales do not fund accounts and expenses"


def left_out(plan: Plan) -> Iterator[str]:
    """What eligibility leaves out of purchases."""
    for criterion in plan.criteria:
        if criterion.excluded_loans:
            yield (
                f"{criterion.excluded_loans:,} of the loans or lines that would be bought, {criterion.excluded_balance:,.2f} of "
                f'balance, fail "{criterion.formula}" and are left out'
            )


def unused_terms(deal: Deal) -> Iterator[str]:
    """What the deal file says to no effect."""
    for i, line in enumerate(deal.pool.line):
        if line.schedule is not None and line.amortization != "custom":
            yield f'pool.line[{i}]: `schedule` is not used; the amortization is "{line.amortization}"'
    for name, scenario in deal.scenario.items():
        if scenario.index_shift and not deal.index:
            yield f"scenario {name}: `index_shift` shifts nothing; no coupon floats"


def unpublished_years(deal: Deal, flows: DealCashflows) -> Iterator[str]:
    """Payment dates in years whose holidays nobody has announced yet."""
    published = flows.published_to
    later = [day for day in flows.nominal_dates[: int(flows.last_period.max()) + 1] if published and day.year > published]
    moved = deal.dates.business_day != "none" or deal.dates.determination_lag or deal.dates.record_lag
    if later and moved:
        yield (
            f'the calendar "{deal.dates.calendar}" is published to the end of {published}: the {len(later)} payment dates from '
            f"{later[0]} on know weekends and fixed holidays only; list the days announced since in dates.holidays"
        )


def short_horizon(flows: DealCashflows, collateral: CollateralCashflows) -> Iterator[str]:
    """The legal final cuts collections off."""
    last = flows.collection_ends[-1]
    month = sum(day <= last for day in collateral.dates) - 1
    left = collateral.closing_balance[:, month]
    if left.max(initial=0.0) > 0.005:
        yield f"the pool still has {left.max():,.2f} outstanding at the last payment date, {flows.dates[-1]} (legal final)"


def unpaid_at_finals(deal: Deal, flows: DealCashflows) -> Iterator[str]:
    """Classes not paid off at a legal final of their own."""
    for tranche in deal.tranche:
        if tranche.legal_final is None:
            continue
        for scenario, left in zip(flows.scenarios, unpaid_at_final(deal, tranche, flows), strict=True):
            if left > 0.005:
                yield f'{scenario}: "{tranche.name}" has {left:,.2f} unpaid at its legal final {tranche.legal_final}, a loss'


def unpaid_classes(deal: Deal) -> Iterator[str]:
    """Fees and classes that no step of any mode pays."""
    steps = [step for listed in deal.waterfall.values() for step in listed]
    paid = {
        verb: set(classes_of((name for step in steps for name in names_of(getattr(step, verb, ()))), deal.group))
        for verb in ("pay", "interest", "principal", "residual")
    }
    for fee in deal.fee:
        if fee.name not in paid["pay"]:
            yield f'no step pays the fee "{fee.name}"'
    for line in lines_of(deal):
        if line.coupon and line.name not in paid["interest"]:
            yield f'no step pays interest on "{line.name}"'
    for tranche in deal.tranche:
        notional = tranche.interest_on is not None
        if not tranche.residual and not notional and tranche.name not in paid["principal"]:
            yield f'no step pays principal of "{tranche.name}"'


def names_of(value: str | list[str] | tuple[()]) -> tuple[str, ...]:
    """One name or several."""
    return (value,) if isinstance(value, str) else tuple(value)
