"""What holds of every deal: cash is kept, nobody is paid out of turn, more protection never hurts."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.timeline import month_dates
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from reference.dates import plus_months
from waterfall.made_deals import Made, made_deals, pool_flows, seeds
from waterfall.small_deals import CUTOFF, POOL, Table, small

TURBO: list[Table] = [
    {"pay": "servicing"},
    *({verb: name} for name in ("A", "B") for verb in ("interest", "principal")),
    {"residual": "SUB"},
]
MEZZANINE: list[Table] = [
    {"pay": "servicing"},
    {"interest": "A"},
    {"interest": "B"},
    {"principal": ["A", "B"]},
    {"residual": "SUB"},
]
FEE = [{"name": "servicing", "rate": 0.01, "base": "pool.opening_balance"}]
ROUNDING = 1e-9 * POOL
pools = seeds().map(lambda rnd: pool_flows(rnd, POOL, 24, 3, CUTOFF))


def flows_of(case: Made) -> DealCashflows:
    return case.run()[0]


# --------------------------------------------------------------------------------------------------------------- cash


@settings(max_examples=40)
@given(made_deals())
def test_cash_in_is_cash_out_or_cash_held_on_every_date(case: Made) -> None:
    flows, tolerance = flows_of(case), 1e-9 * case.pool_balance
    for s, last in enumerate(flows.last_period):
        held = sum(account.opening_balance[s, 0] for account in flows.accounts.values())
        for t in range(last + 1):
            came = flows.funds.interest[s, t] + flows.funds.principal[s, t] + flows.funds.call_amount[s, t]
            left = sum(a.closing_balance[s, t] for a in flows.accounts.values())
            left += flows.funds.unspent_interest[s, t] + flows.funds.unspent_principal[s, t]
            paid = sum(f.interest[s, t] + f.principal[s, t] + f.residual[s, t] for f in flows.tranches.values())
            paid += sum(fee.paid[s, t] for fee in [*flows.fees.values(), *flows.facilities.values(), *flows.hedges.values()])
            paid += flows.purchases.cost[s, t] if flows.purchases else 0.0
            came += sum(f.drawn[s, t] - f.repaid[s, t] for f in flows.facilities.values())
            came += sum(hedge.received[s, t] for hedge in flows.hedges.values())
            assert abs(held + came - paid - left) <= tolerance
            held = left
        assert abs(flows.undistributed[s] - held) <= tolerance


def things(flows: DealCashflows) -> list[Any]:
    """Everything that has flows."""
    listed = (flows.tranches, flows.accounts, flows.fees, flows.ledgers, flows.facilities, flows.hedges)
    lines = [line for flow in flows.tranches.values() for line in flow.lines.values()]
    return [*(thing for kind in listed for thing in kind.values()), *lines, flows.funds, *flows.ledger]


@settings(max_examples=40)
@given(made_deals())
def test_all_that_was_owed_is_paid_or_outstanding_and_nothing_moves_backwards(case: Made) -> None:
    flows, tolerance = flows_of(case), 1e-9 * case.pool_balance
    for terms, t in zip(case.deal.tranche, flows.tranches.values(), strict=True):
        ends = (np.arange(len(flows.last_period)), flows.last_period)
        came = t.opening_balance[:, 0] + t.accreted.sum(axis=1) + t.write_up.sum(axis=1)
        principal = came - t.principal.sum(axis=1) - t.write_down.sum(axis=1) - t.closing_balance[ends]
        interest = (t.interest_accrued + t.interest_on_shortfall - t.accreted - t.interest).sum(axis=1)
        interest = terms.unpaid_interest + interest - t.interest_shortfall[ends]
        assert np.abs([principal, interest]).max() <= tolerance
    for entry in things(flows):
        for field in dataclasses.fields(entry):
            values = getattr(entry, field.name)
            if isinstance(values, np.ndarray) and values.dtype == np.float64 and field.name != "net":  # a hedge's, either way
                assert values.min() >= -tolerance, field.name


@settings(max_examples=30)
@given(made_deals())
def test_after_a_scenarios_last_date_there_is_nothing(case: Made) -> None:
    flows = flows_of(case)
    for entry in things(flows):
        for field in dataclasses.fields(entry):
            values = getattr(entry, field.name)
            if isinstance(values, np.ndarray):
                assert not any(row[last + 1 :].any() for row, last in zip(values, flows.last_period, strict=True)), field.name


@settings(max_examples=40)
@given(made_deals())
def test_every_check_holds_but_that_all_is_distributed(case: Made) -> None:
    assert {check.name for check in flows_of(case).checks if not check.ok} <= {"nothing is undistributed"}


@settings(max_examples=25)
@given(made_deals())
def test_a_scenario_alone_is_itself_in_a_block_to_the_last_bit(case: Made) -> None:
    block = case.run()
    for s in range(len(case.collateral.default)):
        named = {f"s{s}": case.scenario(s)} if s else {}
        made_up = case.flows and rows_of(case.flows, [0, s] if s else [0])
        alone = replace(case, raw=case.raw | {"scenario": named}, flows=made_up)
        for together, single in zip(block, alone.run(), strict=True):
            assert bits(together, s) == bits(single, len(named))


def rows_of(pool: CollateralCashflows, scenarios: list[int]) -> CollateralCashflows:
    """Some scenarios of a pool."""
    shared = ("segment_initial", "purchased")
    rows = {f.name: getattr(pool, f.name) for f in dataclasses.fields(pool)}
    return replace(pool, **{n: v[scenarios] for n, v in rows.items() if isinstance(v, np.ndarray) and n not in shared})


def bits(flows: Any, s: int) -> Any:
    """The bytes of everything that one scenario was paid."""
    if isinstance(flows, np.ndarray):
        return flows[s].tobytes()
    if isinstance(flows, dict):
        return {name: bits(entry, s) for name, entry in flows.items()}
    if isinstance(flows, tuple):
        return [bits(entry, s) for entry in flows if dataclasses.is_dataclass(entry)]
    if dataclasses.is_dataclass(flows):
        shared = ("checks", "scenarios", "dates", "segment_names", "segment_initial")
        return {f.name: bits(getattr(flows, f.name), s) for f in dataclasses.fields(flows) if f.name not in shared}
    return None


# ------------------------------------------------------------------------------------------------------- triggers, modes


@settings(max_examples=60)
@given(made_deals())
def test_a_trigger_holds_until_it_was_clean_long_enough_and_a_cure_leaves_no_trace(case: Made) -> None:
    flows = flows_of(case)
    for s, last in enumerate(flows.last_period):
        held: list[list[bool]] = [[] for _ in case.raw["trigger"]]
        for t in range(last + 1):
            for i, terms in enumerate(case.raw["trigger"]):
                flow = flows.triggers[terms["name"]]
                held[i].append(holds(flow.tested[s, : t + 1], flow.breached[s, : t + 1], terms))
                assert flow.active[s, t] == held[i][t]
            acts = [
                h[t] if terms["test"] == "before" else t > 0 and h[t - 1]
                for h, terms in zip(held, case.raw["trigger"], strict=True)
            ]
            acting = [terms for terms, now in zip(case.raw["trigger"], acts, strict=True) if now]
            assert flows.modes[flows.mode[s, t]] == mode_under(acting, case.raw, flows.nominal_dates[t])


def holds(tested: Floats, breached: Floats, terms: Table) -> bool:
    """Breached, and not clean on as many tested dates since as it takes."""
    if not breached.any() or terms.get("today_only"):
        return bool(breached[-1])
    since = len(breached) - 1 - np.flatnonzero(breached)[-1]
    cure = terms["cure_periods"]
    return cure == 0 or int(tested[len(tested) - since :].sum() if since else 0) < cure


def mode_under(acting: list[Table], raw: Table, day: dt.date) -> str:
    """The mode on a date, of the triggers that act: nothing else of the past counts."""
    named = [terms["mode"] for terms in acting if "mode" in terms]
    if named or "revolving" not in raw:
        return named[-1] if named else "plain"
    plan, closing = raw["revolving"], raw["dates"]["closing"]
    until = plan["until"] if "until" in plan else plus_months(closing, plan["months"])
    over = day > until or any(terms.get("effect", {}).get("end_revolving") for terms in acting)
    return plan["then"] if over else "plain"


# ------------------------------------------------------------------------------------------------------------- seniority


@settings(max_examples=40)
@given(pools, st.sampled_from([TURBO, MEZZANINE]))
def test_no_junior_principal_is_paid_while_a_senior_is_outstanding(pool: CollateralCashflows, steps: list[Table]) -> None:
    flows = run_waterfall(Deal.model_validate(scenarios(small(steps, fee=FEE))), POOL, pool)[0]
    a, b, sub = (flows.tranches[name] for name in ("A", "B", "SUB"))
    assert not (b.principal[a.closing_balance > 0] > ROUNDING).any()
    assert not (sub.residual[(a.closing_balance > 0) | (b.closing_balance > 0)] > ROUNDING).any()
    assert not (a.principal[a.interest_shortfall > ROUNDING] > ROUNDING).any()


@settings(max_examples=40)
@given(pools, st.floats(50, 500))
def test_more_subordination_never_hurts_the_senior(pool: CollateralCashflows, moved: float) -> None:
    before, after = (senior(pool, shift) for shift in (0.0, moved))
    for t in range(before.principal.shape[1]):  # the share outstanding after each date gives loss and average life
        shares = [1 - f.principal[:, : t + 1].sum(axis=1) / f.opening_balance[:, 0] for f in (before, after)]
        assert (shares[1] <= shares[0] + 1e-9).all()
    short = [f.interest_shortfall / f.opening_balance[:, :1] for f in (before, after)]
    assert (short[1] <= short[0] + 1e-9).all()


def senior(pool: CollateralCashflows, moved: float) -> Any:
    """Class A's flows with this much of it made class B."""
    raw = scenarios(small(TURBO, fee=FEE))
    raw["tranche"][0]["balance"] -= moved
    raw["tranche"][1]["balance"] += moved
    return run_waterfall(Deal.model_validate(raw), POOL, pool)[0].tranches["A"]


def scenarios(raw: Table) -> Table:
    """The deal with as many scenarios as `pools` have."""
    return raw | {"scenario": {"s1": {}, "s2": {}}}


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 0.3), min_size=3, max_size=24), st.floats(0.0, 0.3), st.floats(0.0, 0.11), st.floats(0.1, 1.0))
def test_without_losses_a_pool_that_earns_the_coupons_pays_every_note(
    speeds: list[float], coupon: float, fee: float, advance: float
) -> None:
    assume(fee + coupon <= 1)
    raw = small(MEZZANINE, fee=[{"name": "servicing", "rate": fee, "base": "pool.opening_balance"}])
    for tranche, share in zip(raw["tranche"], (0.7, 0.3), strict=False):
        tranche |= {"balance": share * advance * POOL, "coupon": coupon}
    flows = run_waterfall(Deal.model_validate(raw), POOL, prepaying(speeds, coupon + fee))[0]
    for name in "AB":
        assert flows.tranches[name].closing_balance[0, -1] == 0.0
        assert flows.tranches[name].interest_shortfall.max() <= 1e-9 * POOL
    assert flows.undistributed[0] <= ROUNDING


def prepaying(speeds: list[float], rate: float) -> CollateralCashflows:
    """A pool that loses nothing, prepays a share a month and pays the rest at the end."""
    closing = np.concatenate([POOL * np.cumprod(1 - np.array(speeds[:-1])), [0.0]])[None]
    opening = np.concatenate([[[POOL]], closing[:, :-1]], axis=1)
    nothing = np.zeros_like(opening)
    return CollateralCashflows(
        dates=month_dates(CUTOFF, len(speeds)),
        segment_names=("all",),
        opening_balance=opening,
        interest=opening * rate / 12,
        scheduled_principal=opening - closing,
        prepayment=nothing,
        default=nothing,
        recovery=nothing,
        loss=nothing,
        closing_balance=closing,
        advanced_interest=nothing,
        advanced_principal=nothing,
        segment_initial=np.array([POOL]),
        segment_balance=closing[:, None, :],
        segment_default=nothing[:, None, :],
    )
