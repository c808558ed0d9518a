"""The engine pays every date as a plain loop over one scenario does, for any deal."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from reference.waterfall import Scenario, Table
from waterfall.made_deals import Made, made_deals

TRANCHE = (
    "opening_balance", "interest_accrued", "interest_on_shortfall", "interest_due", "interest", "accreted", "interest_shortfall",
    "principal", "write_down", "write_up", "residual", "closing_balance",
)  # fmt: skip


def figures_of(flows: DealCashflows, s: int, t: int) -> dict[str, float]:
    """Every figure the engine gives for one scenario and date."""
    found = {f"tranche {n} {key}": getattr(f, key)[s, t] for n, f in flows.tranches.items() for key in TRANCHE}
    for name, account in flows.accounts.items():
        for key in ("opening_balance", "into", "out", "earned", "closing_balance"):
            found[f"account {name} {key}"] = getattr(account, key)[s, t]
    for name, fee in flows.fees.items():
        found |= {f"fee {name} {key}": getattr(fee, key)[s, t] for key in ("due", "paid", "unpaid")}
    found |= {f"ledger {name}": flow.closing_balance[s, t] for name, flow in flows.ledgers.items() if "." not in name}
    found |= {f"collected {fund}": getattr(flows.funds, fund)[s, t] for fund in ("interest", "principal")}
    found |= {f"left {fund}": getattr(flows.funds, f"unspent_{fund}")[s, t] for fund in ("interest", "principal")}
    found |= {"call amount": flows.funds.call_amount[s, t], "pool balance": flows.pool_balance[s, t]}
    return found


def figures_said(date: Table) -> dict[str, float]:
    """The same figures of the reference."""
    found = {f"tranche {n} {key}": row[key] for n, row in date["tranches"].items() for key in TRANCHE}
    found |= {f"account {n} {key}": value for n, row in date["accounts"].items() for key, value in row.items()}
    found |= {f"fee {n} {key}": value for n, row in date["fees"].items() for key, value in row.items()}
    found |= {f"ledger {name}": value for name, value in date["ledgers"].items()}
    found |= {f"collected {fund}": value for fund, value in date["collected"].items()}
    found |= {f"left {fund}": value for fund, value in date["left"].items()}
    return found | {"call amount": date["call_amount"], "pool balance": date["pool"]["balance"]}


def assert_equal(flows: DealCashflows, s: int, said: list[Table], tolerance: float) -> None:
    """Dates, modes, triggers and every figure of one scenario."""
    assert flows.last_period[s] == len(said) - 1
    assert flows.call_period[s] == (len(said) - 1 if said[-1]["called"] else -1)
    for t, date in enumerate(said):
        period = date["period"]
        assert (flows.nominal_dates[t], flows.dates[t]) == (period.nominal, period.paid_on)
        assert flows.collection_ends[t] == period.collected_to
        assert flows.modes[flows.mode[s, t]] == date["mode"], f"date {t + 1}"
        for name, row in date["triggers"].items():
            flow = flows.triggers[name]
            assert {k: bool(getattr(flow, k)[s, t]) for k in row} == row, f"trigger {name}, date {t + 1}"
        found, said_today = figures_of(flows, s, t), figures_said(date)
        assert found.keys() == said_today.keys()
        wrong = {key: (found[key], said_today[key]) for key in found if not abs(found[key] - said_today[key]) <= tolerance}
        assert not wrong, f"date {t + 1}"


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made_deals())
def test_any_deal_pays_as_the_plain_loop_does(case: Made) -> None:
    assumed, other = run_waterfall(case.deal, case.pool_balance, case.collateral)
    exercised = case.raw.get("call", {}).get("assume", True)
    for s in range(len(case.collateral.default)):
        for flows, may_call in ((assumed, exercised), (other, not exercised)):
            if flows is other and other is assumed:
                continue
            said = Scenario(case.raw, case.pool_balance, case.months(s), said=case.scenario(s)).run(callable_=may_call)
            assert_equal(flows, s, said, 1e-9 * case.pool_balance)
            assert flows.cumulative_default_rate[s, len(said) - 1] == pytest.approx(said[-1]["pool"]["cumulative_default_rate"])
            assert np.isclose(flows.cumulative_loss_rate[s, len(said) - 1], said[-1]["pool"]["cumulative_loss_rate"])
