"""All measures of one tranche: that they are the single ones, and that a scenario's do not depend on its neighbours."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.measures.decrement import first_principal, last_principal
from abs_waterfall.measures.durations import convexity, macaulay_duration
from abs_waterfall.measures.tranche import (
    Terms,
    TrancheMeasures,
    TrancheReceipts,
    TrancheReturns,
    measure_tranche,
    tranche_returns,
)
from abs_waterfall.measures.yields import yield_from_price

DATES = 48
YEARS = np.arange(1, DATES + 1) / 12


def random_flows(scenarios: int, seed: int) -> TrancheReceipts:
    """Tranches of 100 that pay 6 % and repay, or lose, some of their balance; some pay nothing at all."""
    random = np.random.default_rng(seed)
    share = random.random((scenarios, DATES)) ** 3
    share[:, 30:] *= random.random((scenarios, 1)) < 0.5
    repaid = 100 * random.random((scenarios, 1)) * (random.random((scenarios, 1)) < 0.9)
    repaid[0] = 0.0
    principal = repaid * share / share.sum(axis=1, keepdims=True)
    opening = 100 - np.cumsum(principal, axis=1) + principal
    return TrancheReceipts(
        interest=np.where(repaid > 0, opening * 0.06 / 12, 0.0),
        principal=principal,
        residual=0.01 * random.random((scenarios, DATES)) * (repaid > 0),
        principal_to_maturity=principal,
        principal_to_call=principal[:, ::-1],
        times=YEARS,
        balance=np.full(scenarios, 100.0),
        principal_loss=100 - repaid[:, 0],
    )


def of(flows: TrancheReceipts, rows: slice, order: str = "C") -> TrancheReceipts:
    """Take some scenarios, laid out in memory by scenario ("C") or by date ("F")."""
    parts = {field.name: getattr(flows, field.name)[rows] for field in fields(flows) if field.name != "times"}
    return replace(flows, **{name: np.array(part, order=order) for name, part in parts.items()})


def measured(flows: TrancheReceipts) -> TrancheMeasures:
    return measure_tranche(flows, Terms(98.5, 0.25, 12))


@given(st.integers(0, 10_000), st.integers(2, 140), st.sampled_from(["C", "F"]))
def test_a_scenario_alone_has_the_bits_it_has_in_a_block(seed: int, scenarios: int, order: str) -> None:
    flows = random_flows(scenarios, seed)
    block = measured(of(flows, slice(None), order))
    for scenario in range(scenarios):
        alone = measured(of(flows, slice(scenario, scenario + 1), order))
        for field in fields(TrancheMeasures):
            together = getattr(block, field.name)[scenario : scenario + 1]
            assert getattr(alone, field.name).tobytes() == together.tobytes(), field.name


def test_what_is_kept_of_thousands_has_the_bits_of_the_summary() -> None:
    flows = random_flows(70, seed=2)
    kept, summary = tranche_returns(flows, Terms(98.5, 0.25, 12)), measured(flows)
    for field in fields(TrancheReturns):
        assert getattr(kept, field.name).tobytes() == getattr(summary, field.name).tobytes(), field.name


def test_the_summary_is_made_of_the_single_measures() -> None:
    flows = random_flows(20, seed=1)
    total, summary = flows.interest + flows.principal + flows.residual, measured(flows)
    for name, per_year in (("yield_nominal", 12), ("yield_bey", 2), ("yield_effective", 1)):
        single = yield_from_price(YEARS, total, 98.5, balance=100.0, accrued=0.25, per_year=per_year)
        assert getattr(summary, name) == pytest.approx(single, abs=1e-14, nan_ok=True)
    macaulay = macaulay_duration(YEARS, total, summary.yield_bey)
    assert summary.macaulay_duration == pytest.approx(macaulay, nan_ok=True)
    assert summary.modified_duration == pytest.approx(macaulay / (1 + summary.yield_bey / 2), nan_ok=True)
    assert summary.convexity == pytest.approx(convexity(YEARS, total, summary.yield_bey), nan_ok=True)
    assert summary.principal_loss == pytest.approx(flows.principal_loss)
    assert (summary.price == 98.5).all()
    assert (summary.first_principal == first_principal(flows.principal, flows.balance)).all()
    assert (summary.last_principal == last_principal(flows.principal, flows.balance)).all()


def test_the_wal_to_call_is_of_the_flows_to_call() -> None:
    """Here they are those to maturity backwards, so the two lives add up to the first and the last date."""
    summary = measured(random_flows(20, seed=2))
    assert np.isnan(summary.wal[0])
    assert summary.wal_to_call == pytest.approx((DATES + 1) / 12 - summary.wal, abs=1e-12, nan_ok=True)


def test_a_par_tranche_yields_its_coupon() -> None:
    """Monthly payments of 6 % a year bought at 100 without accrued interest."""
    principal = np.full((1, DATES), 100 / DATES)
    opening = 100 - np.cumsum(principal, axis=1) + principal
    flows = replace(
        of(random_flows(1, seed=3), slice(None)),
        interest=opening * 0.005,
        principal=principal,
        residual=np.zeros((1, DATES)),
    )
    summary = measure_tranche(flows, Terms(100.0, 0.0, 12))
    assert summary.yield_nominal == pytest.approx([0.06], abs=1e-14)
    assert summary.yield_effective == pytest.approx([1.005**12 - 1], abs=1e-14)
    assert summary.yield_bey == pytest.approx([2 * (1.005**6 - 1)], abs=1e-14)


def test_a_tranche_without_balance_has_no_price_and_no_yield_but_may_have_a_life() -> None:
    flows = replace(random_flows(2, seed=5), balance=np.zeros(2))
    summary = measured(flows)
    for name in ("price", "yield_nominal", "yield_bey", "yield_effective", "macaulay_duration", "modified_duration", "convexity"):
        assert np.isnan(getattr(summary, name)).all(), name
    assert np.isfinite(summary.wal).any()


def test_what_was_paid_before_settlement_is_the_sellers() -> None:
    """Bought after 12 payments, a tranche is worth what is still to come."""
    flows = random_flows(10, seed=7)
    seasoned = replace(flows, times=YEARS - 1.0)
    remaining = {name: getattr(flows, name)[:, 12:] for name in ("interest", "principal", "residual")}
    remaining |= {name: getattr(flows, name)[:, 12:] for name in ("principal_to_maturity", "principal_to_call")}
    fresh = measured(replace(flows, times=YEARS[:-12], **remaining))
    bought = measured(seasoned)
    for name in ("wal", "wal_to_call", "yield_bey", "modified_duration", "convexity"):
        assert getattr(bought, name) == pytest.approx(getattr(fresh, name), abs=1e-12, rel=1e-10, nan_ok=True), name
    repaid = fresh.first_principal >= 0
    assert (bought.first_principal[repaid] == fresh.first_principal[repaid] + 12).all()


def test_measures_load_neither_scipy_nor_pandas() -> None:
    import subprocess
    import sys

    code = "import sys; import abs_waterfall.measures.tranche; assert not {'scipy', 'pandas', 'numba'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
