"""The engine pays every date as a plain loop over one scenario does, for any deal."""

from __future__ import annotations

from collections import Counter
from itertools import combinations_with_replacement

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from abs_waterfall.arrays import Floats
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.exchanges import shared_flows
from abs_waterfall.waterfall.support import credit_support, notes_support
from reference.waterfall import Scenario, Table
from waterfall.made_deals import Made, made_deals
from waterfall.made_deals.features import FEATURES, KINDS_OF_PLANS, acting, kinds

TRANCHE = (
    "opening_balance", "interest_accrued", "interest_on_shortfall", "interest_due", "interest", "accreted", "interest_shortfall",
    "principal", "write_down", "write_up", "residual", "closing_balance", "coupon", "interest_base",
)  # fmt: skip
LINE = ("coupon", "accrued", "on_shortfall", "due", "paid", "unpaid")
ACCOUNT = ("opening_balance", "into", "out", "earned", "closing_balance")
FACILITY = ("opening_balance", "drawn", "repaid", "closing_balance", "undrawn", "due", "paid", "unpaid")
BUYING = ("bought", "cost", "idle_cash", "shortfall")
ENOUGH = 3
LIMIT = ("value", "headroom", "cut")
HEDGE = ("net", "received", "paid", "not_received", "unpaid")


def found_by(case: Made, flows: DealCashflows) -> dict[str, Floats]:
    """(S, P) each figure that the engine gives."""
    exchanges = {table["name"]: shared_flows(flows, table["of"]) for table in case.raw.get("exchange", ())}
    tables = {
        "tranches": (flows.tranches, TRANCHE),
        "lines": ({name: line for flow in flows.tranches.values() for name, line in flow.lines.items()}, LINE),
        "exchanges": (exchanges, TRANCHE[:-2]),
        "accounts": (flows.accounts, ACCOUNT),
        "fees": (flows.fees, ("due", "paid", "unpaid")),
        "facilities": (flows.facilities, FACILITY),
        "hedges": (flows.hedges, HEDGE),
        "schedules": (flows.schedules, ("planned_balance", "balance")),
    }
    found = {f"{table} {n} {key}": getattr(f, key) for table, (of, keys) in tables.items() for n, f in of.items() for key in keys}
    found |= {f"exchanges {name} yearly": flow.coupon * flow.interest_base for name, flow in exchanges.items()}
    found |= {f"ledgers {name}": flow.closing_balance for name, flow in flows.ledgers.items() if "." not in name}
    found |= {f"collected {fund}": getattr(flows.funds, fund) for fund in ("interest", "principal")}
    found |= {f"left {fund}": getattr(flows.funds, f"unspent_{fund}") for fund in ("interest", "principal")}
    found |= {"call_amount": flows.funds.call_amount, "pool_balance": flows.pool_balance, "excess_spread": flows.excess_spread}
    if flows.purchases:
        found |= {f"purchases {key}": getattr(flows.purchases, key) for key in BUYING}
        limits = enumerate(flows.purchases.limits)
        found |= {
            f"purchases limit {n} {key}": getattr(limit, key) for n, limit in limits for key in ("value", "headroom", "cut")
        }
    backed = credit_support(flows, case.deal) | {"notes": notes_support(flows, case.deal)}
    return found | {f"credit_support {name}": support for name, support in backed.items()}


def said_by(date: Table) -> dict[str, float]:
    """The same figures of the reference, on one date."""
    tables = ("tranches", "lines", "exchanges", "accounts", "fees", "facilities", "hedges", "schedules")
    said = {f"{table} {n} {key}": value for table in tables for n, row in date[table].items() for key, value in row.items()}
    for table in ("ledgers", "collected", "left", "credit_support", "purchases"):
        said |= {f"{table} {name}": value for name, value in date[table].items()}
    return said | {key: date[key] for key in ("call_amount", "excess_spread")} | {"pool_balance": date["pool"]["balance"]}


def assert_dates(flows: DealCashflows, t: int, date: Table) -> None:
    """When one payment collects, is determined and recorded, and accrues to."""
    period = date["period"]
    assert (flows.collection_ends[t], flows.determination_dates[t]) == (period.collection_end, period.determined_on)
    assert [period.recorded_on] == [*flows.record_dates[t : t + 1]] or (period.recorded_on, flows.record_dates) == (None, ())
    assert flows.accrual_ends[t] == date["accrued_to"]


def assert_equal(flows: DealCashflows, figures: dict[str, Floats], s: int, said: list[Table], tolerance: float) -> None:
    """Dates, modes, triggers and every figure of one scenario."""
    assert flows.last_period[s] == len(said) - 1
    assert flows.call_period[s] == (len(said) - 1 if said[-1]["called"] else -1)
    for t, date in enumerate(said):
        period = date["period"]
        assert (flows.nominal_dates[t], flows.dates[t]) == (period.nominal, period.paid_on)
        assert_dates(flows, t, date)
        assert flows.purchases is None or bool(flows.purchases.active[s, t]) == date["active"], f"date {t + 1}"
        assert flows.modes[flows.mode[s, t]] == date["mode"], f"date {t + 1}"
        for name, row in date["triggers"].items():
            flow = flows.triggers[name]
            assert {k: bool(getattr(flow, k)[s, t]) for k in row} == row, f"trigger {name}, date {t + 1}"
        found, said_today = {key: figure[s, t] for key, figure in figures.items()}, said_by(date)
        assert found.keys() == said_today.keys()
        wrong = {key: (found[key], said) for key, said in said_today.items() if not abs(found[key] - said) <= tolerance}
        assert not {key for key in wrong if not np.isnan(wrong[key]).all()}, f"date {t + 1}"


def assert_pays_as_the_plain_loop_does(case: Made, assumed: DealCashflows, other: DealCashflows) -> None:
    """Every scenario of a deal, as the call assumes and the other way."""
    exercised = case.raw.get("call", {}).get("assume", True)
    for flows, may_call in ((assumed, exercised), (other, not exercised))[: 1 if other is assumed else 2]:
        figures = found_by(case, flows)
        for s in range(len(case.collateral.default)):
            scalar = Scenario(case.raw, case.pool_balance, case.months(s), **case.told(s))
            said = scalar.run(callable_=may_call)
            assert_equal(flows, figures, s, said, 1e-9 * case.pool_balance)
            assert flows.cumulative_default_rate[s, len(said) - 1] == pytest.approx(said[-1]["pool"]["cumulative_default_rate"])
            assert np.isclose(flows.cumulative_loss_rate[s, len(said) - 1], said[-1]["pool"]["cumulative_loss_rate"])


def test_any_deal_pays_as_the_plain_loop_does_and_every_feature_acts_beside_every_other() -> None:
    pairs: Counter[tuple[str, str]] = Counter()
    plans: Counter[str] = Counter()

    @settings(max_examples=500, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
    @given(made_deals())
    def pays(case: Made) -> None:
        assumed, other = case.run()
        assert_pays_as_the_plain_loop_does(case, assumed, other)
        pairs.update(combinations_with_replacement(sorted(acting(case, assumed) | acting(case, other)), 2))
        plans.update(kinds(case, assumed))

    pays()
    missing = [pair for pair in combinations_with_replacement(sorted(FEATURES), 2) if not pairs[pair]]
    assert not missing
    assert not [kind for kind in KINDS_OF_PLANS if plans[kind] < ENOUGH]
