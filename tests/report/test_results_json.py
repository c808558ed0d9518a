from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abs_waterfall.errors import InputError
from abs_waterfall.report.as_json import json_bytes
from abs_waterfall.result import Result

COLLATERAL = "date opening_balance interest scheduled_principal prepayment default recovery loss closing_balance"
TRANCHE = (
    "date opening_balance interest_accrued interest_due interest interest_shortfall principal write_down residual closing_balance"
)
SUMMARY = "wal wal_to_call yield yield_bey yield_effective price modified_duration first_principal last_principal principal_loss"
ENTRY = "collateral tranches accounts fees triggers modes call_date undistributed checks"
THINGS = {
    "accounts": "date opening_balance in out earned closing_balance",
    "fees": "date due paid unpaid",
    "triggers": "date value active",
}


def keys(table: dict[str, Any], many: int | None = None) -> str:
    return " ".join(list(table)[:many])


@pytest.fixture(scope="module")
def told(result: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_bytes(result))
    return found


def test_the_keys_and_their_order_are_the_contracts(told: dict[str, Any]) -> None:
    assert list(told) == ["deal", "scenarios", "dates", "collateral"]
    assert list(told["scenarios"]) == ["base", "stress", "benign"]
    for entry in told["scenarios"].values():
        assert keys(entry, 9) == ENTRY
        assert keys(entry["collateral"], 9) == COLLATERAL
        assert keys(entry["tranches"]["A"], 10) == TRANCHE
        assert keys(entry["tranches"]["A"]["summary"], 10) == SUMMARY
        for kind, expected in THINGS.items():
            assert [keys(thing, len(expected.split())) for thing in entry[kind].values()] == [expected] * len(entry[kind])
        assert list(entry["modes"]) == ["date", "mode"]
        assert [list(check) for check in entry["checks"]] == [["name", "worst", "ok"]] * 3


def test_columns_of_a_scenario_are_as_long_as_it_runs(told: dict[str, Any], result: Result) -> None:
    for s, entry in enumerate(told["scenarios"].values()):
        dates = int(result.flows.last_period[s]) + 1
        for kind in ("tranches", "accounts", "fees", "triggers"):
            for thing in entry[kind].values():
                assert {len(column) for key, column in thing.items() if key != "summary"} == {dates}
        assert len(entry["modes"]["mode"]) == dates


def test_figures_are_in_full(told: dict[str, Any], result: Result) -> None:
    base = told["scenarios"]["base"]
    assert base["tranches"]["A"]["interest"] == result.flows.tranches["A"].interest[0, :23].tolist()
    assert base["collateral"]["default"] == result.collateral.default[0].tolist()


def test_dates_are_iso_and_flags_true_or_false(told: dict[str, Any]) -> None:
    base = told["scenarios"]["base"]
    assert base["tranches"]["A"]["date"][0] == "2024-07-15"
    assert base["collateral"]["date"][0] == "2024-06-30"
    assert base["call_date"] == base["tranches"]["A"]["date"][-1]
    assert told["scenarios"]["stress"]["call_date"] is None
    assert set(map(type, base["triggers"]["cumulative_defaults"]["active"])) == {bool}
    assert set(base["modes"]["mode"]) <= {"amortising", "accelerated"}


def test_a_figure_that_does_not_exist_is_null(told: dict[str, Any]) -> None:
    assert told["scenarios"]["base"]["tranches"]["SUB"]["summary"]["yield"] is None
    assert b"NaN" not in json.dumps(told).encode()


def test_a_trigger_tells_its_measure_or_whether_it_was_breached(told: dict[str, Any], result: Result) -> None:
    triggers = told["scenarios"]["stress"]["triggers"]
    rate = result.flows.triggers["cumulative_defaults"].measure
    assert rate is not None
    assert triggers["cumulative_defaults"]["value"] == rate[1].tolist()
    assert triggers["high_loss"]["value"][:3] == [None, None, 0.0]


def test_no_principal_paid_is_a_date_that_does_not_exist(result: Result) -> None:
    measures = result.measures | {
        "B": replace(result.measures["B"], first_principal=np.full(3, -1), last_principal=np.full(3, -1))
    }
    summary = json.loads(json_bytes(replace(result, measures=measures)))["scenarios"]["base"]["tranches"]["B"]["summary"]
    assert (summary["first_principal"], summary["last_principal"]) == (None, None)


def test_the_pool_is_told_to_its_end_and_no_further(told: dict[str, Any]) -> None:
    for entry in told["scenarios"].values():
        flows = entry["collateral"]
        assert flows["opening_balance"][-1] + flows["recovery"][-1] > 0
        assert math.fsum(flows["default"]) > 0


def test_the_scenarios_asked_for_alone_are_told(result: Result) -> None:
    assert list(json.loads(json_bytes(result, ["benign", "base"]))["scenarios"]) == ["base", "benign"]


def test_an_unknown_scenario_is_refused_with_the_nearest(result: Result) -> None:
    with pytest.raises(InputError, match=r'no scenario "stres"; the deal has base, stress, benign\. Did you mean "stress"\?'):
        json_bytes(result, ["stres"])


def test_credit_support_and_excess_spread_are_told_by_date(told: dict[str, Any], result: Result) -> None:
    entry = told["scenarios"]["base"]
    dates = len(entry["notes"]["date"])
    assert entry["notes"]["excess_spread"] == [0.03] * dates
    balances = [flows.closing_balance[0, 0] for flows in result.flows.tranches.values()]
    expected = 1 - balances[0] / result.flows.pool_balance[0, 0]
    assert entry["tranches"]["A"]["credit_support"][0] == pytest.approx(expected)
    assert len(entry["tranches"]["SUB"]["credit_support"]) == dates


def test_funds_roll_from_date_to_date(told: dict[str, Any]) -> None:
    for scenario in told["scenarios"].values():
        for fund in scenario["funds"].values():
            opening = [0.0, *fund["closing_balance"][:-1]]
            assert fund["opening_balance"] == opening
            moved = zip(opening, fund["collected"], fund["in"], fund["out"], fund["closing_balance"], strict=True)
            for start, collected, into, out, left in moved:
                assert start + collected + into - out == pytest.approx(left, abs=1e-6)
