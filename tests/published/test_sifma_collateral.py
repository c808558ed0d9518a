"""Prepayments, defaults and the default cash flow of the Standard Formulas.

The Bond Market Association (now SIFMA), Uniform Practices, chapter SF, Standard Formulas for the Analysis of Mortgage-Backed
Securities, 1 February 1999; SF-n is the page. Cash flow A is 100,000,000 of new 8 % thirty-year loans at 1 % SMM and 1 % MDR,
none in the last 12 months, with advances and 20 % severity after 12 months.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from abs_waterfall.rates import abs_smm, cpr_from_smm, historical_abs_speed, historical_smm, psa_from_cpr
from collateral.pools import project

SF = json.loads((Path(__file__).parent / "data" / "sifma_sf.json").read_text())
INPUTS = SF["cash_flow_inputs"]
ROWS = [dict(zip(SF["columns"], row, strict=True)) for row in SF["cash_flow_A"]]


def mortgage(rate, remaining, balance=1.0, term=360):
    return {"balance": balance, "annual_rate": rate, "remaining_term": remaining, "age": term - remaining}


def schedule(rate, remaining=360):
    """Balances per 1, from now to the end, if nothing prepays or defaults."""
    return np.concatenate(([1.0], project([mortgage(rate, remaining)]).closing_balance[0]))


@pytest.fixture(scope="module")
def cash_flow_a():
    """The columns of cash flow A by month, worked out from our flows where the Standard Formulas cut them otherwise."""
    lag = INPUTS["lag_months"]
    flows = project(
        [mortgage(INPUTS["wac_pct"] / 100, INPUTS["term"], INPUTS["balance"])],
        {
            "order": "sifma",
            "advances": True,
            "prepayment": {"smm": 0.01},
            "default": {"mdr": 0.01, "stop": 12},
            "recovery": {"severity": INPUTS["severity"], "lag": lag},
        },
    )
    factors = np.pad(schedule(INPUTS["wac_pct"] / 100), (0, lag))
    default, recovery, advanced = flows.default[0], flows.recovery[0], flows.advanced_principal[0]
    months = np.arange(len(default))
    # what is left of the loans that defaulted `lag` months ago, when the advances end
    ended = np.zeros(len(default))
    ended[lag:] = default[:-lag] * factors[months[lag:]] / factors[months[:-lag]]
    return {
        "perf_bal": flows.closing_balance[0],
        "new_def": default,
        "in_fcl": np.cumsum(default - advanced - ended),
        "amort_factor": factors[1 : len(default) + 1],
        "exp_am": flows.scheduled_principal[0] + advanced,
        "vol_prepay": flows.prepayment[0],
        "am_def": advanced,
        "act_am": flows.scheduled_principal[0],
        # theirs is also lost in the month of the liquidation, when the advances have ended
        "exp_int": flows.interest[0] + flows.advanced_interest[0] + ended * INPUTS["wac_pct"] / 1200,
        "lost_int": flows.advanced_interest[0] + ended * INPUTS["wac_pct"] / 1200,
        "act_int": flows.interest[0],
        "prin_recov": recovery,
        "prin_loss": ended - recovery,
        "adb": ended,
        "loss": flows.loss[0],
    }


@pytest.mark.parametrize("column", [name for name in SF["columns"] if name not in {"month", "in_fcl", "amort_factor"}])
def test_cash_flow_a_to_the_dollar(cash_flow_a, column):
    for row in ROWS:
        assert cash_flow_a[column][int(row["month"]) - 1] == pytest.approx(row[column], abs=0.5), f"month {row['month']}"


def test_balance_in_foreclosure_of_cash_flow_a(cash_flow_a):
    # printed after the month's new defaults and before its amortization and liquidations
    for row in ROWS:
        month = int(row["month"]) - 1
        assert cash_flow_a["in_fcl"][month] == pytest.approx(row["in_fcl"], abs=0.5), f"month {row['month']}"


def test_amortization_factors_of_cash_flow_a(cash_flow_a):
    for row in ROWS[:-1]:
        assert cash_flow_a["amort_factor"][int(row["month"]) - 1] == pytest.approx(row["amort_factor"], abs=5e-5)


@pytest.mark.parametrize("column", SF["totals_A"])
def test_totals_of_cash_flow_a(cash_flow_a, column):
    assert cash_flow_a[column].sum() == pytest.approx(SF["totals_A"][column], abs=0.5)


def test_losses_of_cash_flow_a_add_up_to_the_printed_total(cash_flow_a):
    assert cash_flow_a["loss"].sum() == pytest.approx(SF["totals_A"]["prin_loss"], abs=0.5)


def test_cumulative_defaults_at_every_psa_and_sda():
    matrix = SF["cumulative_default_matrix_pct"]
    scenarios = {
        f"{psa}/{sda}": {"prepayment": {"psa": psa}, "default": {"sda": sda, "stop": 12}}
        for psa in matrix["psa"]
        for sda in matrix["sda"]
    }
    flows = project([mortgage(0.08, 360)], {"order": "sifma"}, scenarios)
    ours = 100 * flows.default[1:].sum(axis=1).reshape(len(matrix["psa"]), len(matrix["sda"]))
    assert ours.size == 54
    np.testing.assert_allclose(ours, matrix["values"], rtol=0, atol=0.005)


@pytest.mark.parametrize("speed", ["0.50", "1.00", "1.50", "2.00"])
def test_abs_table(speed):
    table = SF["abs_model"]["table_2dp"]
    smm = 100 * abs_smm(np.array(table["months"]), float(speed))
    np.testing.assert_allclose(smm, table[speed], rtol=0, atol=0.005)


def test_abs_example():
    example = SF["abs_model"]["example"]
    assert 100 * float(abs_smm(example["month"], example["abs"])) == pytest.approx(example["smm"], abs=1e-12)


def test_historical_abs_speed():
    past = SF["abs_model"]["historical"]
    scheduled = schedule(past["wac"] / 100, past["wam1"])[past["wam1"] - past["wam2"]]
    speed = historical_abs_speed((1.0, past["F2"]), (1.0, float(scheduled)), (past["age1"], past["age2"]))
    assert speed == pytest.approx(past["abs"], abs=5e-7)


def test_first_month_of_a_pass_through_sf_4():
    sf4 = SF["sf4"]
    flows = project([mortgage(sf4["gross"] / 100, sf4["term"])], {"prepayment": {"psa": 150}})
    fee = (sf4["gross"] - sf4["net"]) / 1200
    scheduled, prepayment, interest = (float(x[0, 0]) for x in (flows.scheduled_principal, flows.prepayment, flows.interest))
    assert scheduled == pytest.approx(sf4["sched"], abs=5e-9)
    assert prepayment == pytest.approx(sf4["prepay_amt"], abs=5e-9)
    assert interest == pytest.approx(sf4["gross_int"], abs=5e-9)
    assert fee == pytest.approx(sf4["fee"], abs=5e-9)
    assert interest - fee + scheduled + prepayment == pytest.approx(sf4["pt_cf"], abs=5e-8)


def test_prepayment_rate_between_two_factors_sf_7():
    sf7 = SF["sf7"]
    before, after = (float(balance) for balance in schedule(0.095, 359)[15:17])
    assert before == pytest.approx(sf7["bal1"], abs=5e-9)
    assert after == pytest.approx(sf7["bal2"], abs=5e-9)
    assert sf7["F1"] * after / before == pytest.approx(sf7["Fsched"], abs=5e-9)
    smm = historical_smm((sf7["F1"], sf7["F2"]), (before, after))
    cpr = float(cpr_from_smm(smm))
    assert 100 * smm == pytest.approx(sf7["smm_pct"], abs=5e-6)
    assert 100 * cpr == pytest.approx(sf7["cpr_pct"], abs=5e-5)
    assert float(psa_from_cpr(sf7["month"], cpr)) == pytest.approx(sf7["psa"], abs=5e-3)


def sf12_loans():
    pools = (SF["sf12"]["pool1"], SF["sf12"]["pool2"])
    return [mortgage(0.095, pool["wam_from"], pool["face"] * pool["f1"]) for pool in pools]


def test_average_prepayment_rate_of_two_pools_sf_12():
    sf12 = SF["sf12"]
    final = sum(sf12[pool]["face"] * sf12[pool]["f2"] for pool in ("pool1", "pool2"))
    scheduled = float(project(sf12_loans()).closing_balance[0, 5])
    assert final == pytest.approx(sf12["final"], abs=5e-3)
    assert scheduled == pytest.approx(sf12["sched"], abs=5e-3)
    smm = historical_smm((1.0, final), (1.0, scheduled), 6)
    assert 100 * smm == pytest.approx(sf12["smm_pct"], abs=5e-7)
    assert 100 * float(cpr_from_smm(smm)) == pytest.approx(sf12["cpr_pct"], abs=5e-5)


def test_psa_speed_of_two_pools_sf_12():
    # the printed speed is between the speeds half a unit of its last digit away
    half_unit = 0.005
    low, high = (
        project(sf12_loans(), {"prepayment": {"psa": SF["sf12"]["psa"] + shift}}).closing_balance[0, 5]
        for shift in (half_unit, -half_unit)
    )
    assert low <= SF["sf12"]["final"] <= high
