"""A card master trust's monthly reports: our month of revolving lines gives the balances and rates that they print.

The reports print what was collected, charged off and left; what was drawn is what they leave. All their rates are of the
balance at the month's beginning, which is `order = "sifma"`. Their payment rate counts finance charges, ours principal alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from waterfall.small_deals import small

DATA = json.loads((Path(__file__).parent / "data" / "partners_first_card_trust.json").read_text())
MEASURED = {
    "gross_yield": "pool.yield",
    "default_rate": "12 * pool.loss / pool.opening_balance",
    "principal_rate": "pool.payment_rate",
    "purchase_rate": "pool.drawn / pool.opening_balance",
}
STEPS = [
    {"residual": "SUB", "from": "interest"},
    {"residual": "SUB", "from": "principal", "when": "period > 1"},
    {"principal": "A", "from": "principal"},
]


def run(line: dict[str, Any], assumptions: dict[str, Any], measured: dict[str, str]) -> aw.Result:
    """A trust of one line with a measure for each trigger."""
    raw = small(
        STEPS,
        pool={"line": [line | {"annual_rate": 0.1, "remaining_term": 120, "amortization": "revolving_line"}]},
        assumptions=assumptions,
        trigger=[{"name": name, "when": f"{formula} > 9"} for name, formula in measured.items()],
        tranche=[
            {"name": "A", "balance": 500.0, "coupon": 0.0, "day_count": "30/360"},
            {"name": "SUB", "balance": 0.0, "residual": True, "seller": True},
        ],
    )
    result = aw.run(Deal.model_validate(raw))
    assert result.ok, [check for check in result.checks if not check.ok]
    return result


def value(result: aw.Result, name: str, period: int = 0) -> float:
    """What a trigger measured on a date."""
    measure = result.flows.triggers[name].measure
    assert measure is not None
    return float(measure[0, period])


@pytest.mark.parametrize("month", DATA["months"], ids=lambda month: month["url"].split("/")[-2])
def test_a_month_of_the_trust(month: dict[str, Any]) -> None:
    opening, charged_off = month["beginning_principal"], month["defaulted_net"] + month["recoveries"]
    drawn = month["ending_principal"] - opening + month["principal_collections"] + charged_off
    result = run(
        {"balance": opening},
        {
            "order": "sifma",
            "payment": {"mpr": month["principal_collections"] / opening},
            "draw": {"monthly_rate": drawn / opening},
            "default": {"mdr": charged_off / opening},
            "recovery": {"rate": month["recoveries"] / charged_off},
            # interest is paid by what has not been charged off, and the printed yield is of all
            "yield": {"annual_rate": 12 * month["all_finance_charge_collections"] / (opening - charged_off)},
        },
        MEASURED,
    )
    pool = result.collateral
    assert pool.scheduled_principal[0, 0] == pytest.approx(month["principal_collections"], abs=0.01)
    assert pool.closing_balance[0, 0] == pytest.approx(month["ending_principal"], abs=0.01)
    assert pool.loss[0, 0] == pytest.approx(month["defaulted_net"], abs=0.01)
    assert 100 * value(result, "gross_yield") == pytest.approx(month["gross_yield"], abs=0.005)
    assert 100 * value(result, "default_rate") == pytest.approx(month["default_rate"], abs=0.005)
    paid = pool.scheduled_principal[0, 0] + month["finance_charge_collections"]
    assert 100 * paid / month["beginning_total"] == pytest.approx(month["payment_rate"], abs=0.005)
    assert value(result, "principal_rate") == pytest.approx(month["principal_collections"] / opening)
    assert value(result, "purchase_rate") == pytest.approx(drawn / opening)


def test_the_three_month_average_excess_spread() -> None:
    printed = DATA["excess_spread"]
    costs = [printed["coupon"], printed["servicing"], printed["net_credit_losses"]]
    months = [printed["november"], printed["december"], printed["january"]]
    yields = [(spread + sum(costs)) / 100 for spread in months]
    spread = f"pool.yield - {costs[0] / 100:.6f} - {costs[1] / 100:.6f} - {costs[2] / 100:.6f}"
    result = run(
        {"balance": 1000.0},
        {"yield": {"annual_rate": yields, "by": "period"}},
        {"spread": spread, "three_months": f"average({spread}, 3)"},
    )
    assert 100 * yields[2] == pytest.approx(printed["yield"], abs=0.011)  # 9.74, of which printed parts leave 2.73
    np.testing.assert_allclose([100 * value(result, "spread", p) for p in range(3)], months, atol=1e-9)
    assert round(100 * value(result, "three_months", 2), 2) == printed["three_month_average"]
