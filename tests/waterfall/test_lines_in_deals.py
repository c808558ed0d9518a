"""Deals on revolving lines: who funds what is drawn, what steps and formulas see of it, and where its readers find it."""

from __future__ import annotations

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from rich.console import Console

import abs_waterfall as aw
from abs_waterfall.collateral.ways import ways
from abs_waterfall.deal.model import Deal
from abs_waterfall.pipeline import project, read_deal_pool
from abs_waterfall.report.as_csv import csv_files
from abs_waterfall.report.as_json import json_bytes
from abs_waterfall.report.projection import Projection, print_projection, projection_csv
from abs_waterfall.report.structure import standings
from abs_waterfall.report.term_sheet.write import write_term_sheet
from abs_waterfall.report.terminal import print_summary
from waterfall.small_deals import POOL, row, small

LINE = {"balance": POOL, "annual_rate": 0.12, "remaining_term": 24, "amortization": "revolving_line"}
SELLER = {"name": "SELLER", "balance": 0.0, "residual": True, "seller": True}
NOTES = [
    {"name": "A", "balance": 300.0, "coupon": 0.12, "day_count": "30/360"},
    {"name": "B", "balance": 100.0, "coupon": 0.12, "day_count": "30/360"},
]
SHARE = "notes.balance / pool.opening_balance"
REVOLVING: list[dict[str, Any]] = [
    {"residual": "SELLER", "from": "interest", "amount": f"(1 - {SHARE}) * pool.interest"},
    {"interest": ["A", "B"], "from": "interest"},
    {"residual": "SELLER", "from": "principal", "name": "reinvested"},
]
AMORTISING: list[dict[str, Any]] = [
    *REVOLVING[:2],
    {"principal": ["A", "B"], "from": "principal", "amount": "0.4 * pool.principal"},
    {"residual": "SELLER", "from": "principal"},
    {"residual": "SELLER", "from": "interest", "when": "notes.balance <= 0"},
]
DRAWN = {"payment": {"mpr": 0.2}, "draw": {"of_payments": 1.0}}
MEASURES = {
    "payment_rate": "pool.payment_rate > 9",
    "portfolio_yield": "pool.yield > 9",
    "drawn": "pool.drawn > 1e9",
    "interest_of_the_seller": "pool.seller_interest > 1e9",
}


def table(assumptions: dict[str, Any] = DRAWN, **tables: Any) -> dict[str, Any]:
    """Notes of 400 on lines of 1,000, of which the rest is the seller's; they revolve for three payment dates."""
    end = {"name": "end", "when": "period > 3", "mode": "amortising"}
    given = {
        "pool": {"line": [LINE]},
        "assumptions": assumptions,
        "tranche": [*NOTES, SELLER],
        "trigger": [end, *({"name": name, "when": when} for name, when in MEASURES.items())],
    }
    return small(**{"waterfall": {"revolving": REVOLVING, "amortising": AMORTISING}} | given | tables)


def run(assumptions: dict[str, Any] = DRAWN, **tables: Any) -> aw.Result:
    """The deal run, its checks held."""
    result = aw.run(Deal.model_validate(table(assumptions, **tables)))
    assert result.ok, [check for check in result.checks if not check.ok]
    return result


def measured(result: aw.Result, name: str) -> list[float]:
    """What a trigger measured, date by date."""
    measure = result.flows.triggers[name].measure
    assert measure is not None
    return row(measure)


# --------------------------------------------------------------------------------------------------------------- by hand


def test_draws_are_the_sellers_and_the_notes_stay_while_they_revolve() -> None:
    flows = run().flows
    # 200 is paid and drawn each month; of the 10 of interest the seller has 6, the notes 4
    assert row(flows.pool_balance)[:5] == pytest.approx([1000.0] * 5)
    assert row(flows.funds.principal)[:5] == pytest.approx([200.0] * 5)
    assert row(flows.tranches["SELLER"].residual)[:5] == pytest.approx([206.0] * 3 + [126.0, 126.8])
    # then 40 % of the principal pays the notes: 80 a month, 300 of A in four dates
    assert row(flows.tranches["A"].closing_balance)[:7] == pytest.approx([300.0, 300.0, 300.0, 220.0, 140.0, 60.0, 0.0])
    assert row(flows.tranches["B"].closing_balance)[5:9] == pytest.approx([100.0, 80.0, 0.0, 0.0])


def test_names_of_the_pool_tell_payments_draws_yield_and_the_sellers_interest() -> None:
    result = run(DRAWN | {"default": {"mdr": 0.05}, "yield": {"annual_rate": 0.24}})
    # 950 survive: 190 paid and drawn, 19 of interest
    assert measured(result, "payment_rate")[:2] == pytest.approx([0.19, 0.19])
    assert measured(result, "portfolio_yield")[0] == pytest.approx(12 * 0.019)
    assert measured(result, "drawn")[:2] == pytest.approx([190.0, 190.0 * 0.95])
    assert measured(result, "interest_of_the_seller")[:2] == pytest.approx([550.0, 502.5])


def test_over_a_quarter_the_payment_rate_is_a_month_s() -> None:
    dates = {"frequency": "quarterly", "first_payment": dt.date(2020, 4, 15)}
    result = run({"payment": {"mpr": 0.2}, "draw": {"of_payments": 0.5}}, dates=dates)
    paid = 200 + 180 + 162
    assert measured(result, "payment_rate")[0] == pytest.approx(paid / 1000 / 3, abs=1e-6)
    assert measured(result, "drawn")[0] == pytest.approx(paid / 2)
    assert measured(result, "portfolio_yield")[0] == pytest.approx(4 * (10 + 9 + 8.1) / 1000)


def test_the_sellers_interest_is_no_credit_support() -> None:
    result = run()
    support = {standing.tranche.name: standing.enhancement for standing in standings(result)}
    assert support == {"A": pytest.approx(0.0), "B": pytest.approx(0.0), "SELLER": None}  # one step pays both
    assert row(result.credit()["notes"].to_numpy()[None, :])[:3] == pytest.approx([0.0, 0.0, 0.0])


def test_a_trigger_may_end_the_plan_when_the_sellers_interest_runs_out() -> None:
    low = {"name": "low", "when": "pool.seller_interest < 300", "mode": "amortising"}
    result = run({"payment": {"mpr": 0.2}}, trigger=[low])
    # 800, 640: below 700 on the second date, which pays 40 % of 160
    assert row(result.flows.tranches["A"].principal)[:3] == pytest.approx([0.0, 64.0, 51.2])


def test_a_plan_may_buy_lines_with_its_principal_until_it_stops() -> None:
    steps = [{"interest": ["A", "B"], "from": "interest"}, {"residual": "SUB", "from": "interest"}]
    after = [{"interest": ["A", "B"]}, {"principal": ["A", "B"]}, {"residual": "SUB"}]
    early = {"name": "early", "when": "period >= 3", "mode": "after", "effect": {"end_revolving": True}}
    result = run(
        {"payment": {"mpr": 0.5}, "default": {"mdr": [0.0, 0.0, 0.0, 0.1], "by": "period"}},
        waterfall={"buying": steps, "after": after},
        tranche=[*NOTES, {"name": "SUB", "balance": 0.0, "residual": True}],
        trigger=[early],
        revolving={"months": 12, "then": "after", "purchases": "monthly"},
    )
    pool = result.collateral
    assert row(pool.purchased)[:4] == pytest.approx([500.0, 500.0, 500.0, 0.0])  # the third date's months, before its trigger
    assert row(pool.closing_balance)[:5] == pytest.approx([1000.0, 1000.0, 1000.0, 450.0, 202.5])
    assert not pool.drawn.any()


# ----------------------------------------------------------------------------------------------------------------- tapes


def test_lines_of_a_tape_are_eligible_by_what_they_are(tmp_path: Path) -> None:
    rows = ["600,0.12,24,revolving_line,x", "400,0.24,12,revolving_line,y", "500,0.1,12,level_pay,x"]
    (tmp_path / "tape.csv").write_text("\n".join(["balance,annual_rate,remaining_term,amortization,band", *rows]), "utf-8")
    pool = {"tape": "tape.csv", "segment_by": ["band"], "eligibility": ['amortization == "revolving_line"']}
    deal = Deal.model_validate(table({"segment": {"y": {"payment": {"mpr": 0.5}}}, "payment": {"mpr": 0.1}}) | {"pool": pool})
    deal = deal.read_from(tmp_path / "deal.toml")
    flows = project(deal, read_deal_pool(deal)[0])
    assert flows.opening_balance[0, 0] == 1000
    np.testing.assert_allclose(flows.scheduled_principal[0, :2], [60 + 200, 54 + 100])


# --------------------------------------------------------------------------------------------------------------- results


def test_results_show_what_was_drawn() -> None:
    result = run()
    entry = json.loads(json_bytes(result))["scenarios"]["base"]["collateral"]
    assert entry["drawn"][:2] == pytest.approx([200.0, 200.0])
    header, first, *_ = csv_files(result)["collateral.csv"].decode().splitlines()
    assert header.endswith(",drawn")
    assert float(first.rsplit(",", 1)[1]) == pytest.approx(200.0)
    assert "drawn" in result.pool_flows().columns


def test_results_of_other_pools_do_not() -> None:
    result = aw.run(Deal.model_validate(small()))
    assert "drawn" not in json.loads(json_bytes(result))["scenarios"]["base"]["collateral"]
    assert "drawn" not in csv_files(result)["collateral.csv"].decode().splitlines()[0]


def test_the_workbook_shows_draws_and_what_is_assumed_of_them() -> None:
    given = DRAWN | {"draw": {"of_payments": 1.0, "stop": 3}, "yield": {"annual_rate": [0.1, 0.2], "by": "age"}}
    file = io.BytesIO()
    write_term_sheet(run(given, scenario={"slow": {"payment_multiplier": 0.5}}), file)
    book = load_workbook(file)
    assert any(str(cell.value).startswith("Drawn") for cells in book["Collateral"].iter_rows() for cell in cells)
    assumed = [[cell for cell in cells if cell not in (None, "")] for cells in book["Assumptions"].iter_rows(values_only=True)]
    assert ["base", "all", "Payment", "MPR, a month", 0.2] in assumed
    assert ["base", "all", "Draw", "Of the month's payments", 1, "none in a line's last 3 months"] in assumed
    assert ["base", "all", "Yield", "Yield, a year", "10.00%, 20.00%", "by age"] in assumed
    assert ["slow", "all", "Payment", "Multiplier of the base case", 0.5] in assumed


def test_the_summary_tells_what_was_drawn_while_the_deal_ran() -> None:
    ended = {"when": "notes.balance <= 0", "amount": 0.0}
    told = io.StringIO()
    print_summary(Console(file=told, width=140), run(call=ended, scenario={"slow": {"payment_multiplier": 0.5}}))
    assert "Drawn" in told.getvalue()
    assert "180%" in told.getvalue()  # 200 a month, to the date after the eighth


def test_a_projection_totals_what_was_drawn() -> None:
    deal = Deal.model_validate(table())
    pool, report = read_deal_pool(deal)
    projection = Projection(deal, report, project(deal, pool), {"base": 0}, ways(pool, deal.assumptions, report.eligible.loans))
    told = io.StringIO()
    print_projection(Console(file=told, width=140), projection)
    assert "Drawn" in told.getvalue()
    assert projection_csv(projection)["collateral.csv"].decode().splitlines()[0].endswith(",drawn")


# -------------------------------------------------------------------------------------------------------------- warnings


def test_lines_that_are_never_paid_are_told() -> None:
    assert any("no payment rate" in warning for warning in run({"default": {"cdr": 0.1}}).warnings)
    assert not any("payment rate" in warning for warning in run().warnings)


@pytest.mark.parametrize("key", ["payment", "draw", "yield"])
def test_what_is_said_of_lines_that_nobody_has_is_told(key: str) -> None:
    said = {"payment": {"mpr": 0.1}, "draw": {"monthly_rate": 0.1}, "yield": {"annual_rate": 0.1}}
    result = run({key: said[key]}, pool={"line": [LINE | {"amortization": "level_pay"}]})
    assert f"assumptions: `{key}` is not used; no loan is a revolving line" in result.warnings
