"""Coupons in words, in the results and in the measures."""

from __future__ import annotations

import io
import tomllib
from typing import Any

import numpy as np
import openpyxl
import pytest

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.report.as_json import results
from abs_waterfall.report.explain import explain_renderable
from abs_waterfall.report.term_sheet.write import write_term_sheet
from abs_waterfall.report.words import interest_terms
from abs_waterfall.result import Result

DEAL = """
[deal]
name = "Coupons"
currency = "CNY"
[dates]
cutoff = 2025-12-31
closing = 2026-01-15
settlement = 2026-01-30
first_payment = 2026-02-15
frequency = "monthly"
legal_final = 2028-01-15
[pool]
line = [{ balance = 1_000_000, annual_rate = 0.06, remaining_term = 12, amortization = "interest_only" }]
[scenario.up]
index_shift = 0.02
[index.LPR]
rates = [[2025-12-20, 0.03], [2026-06-22, 0.029]]
[[tranche]]
name = "A"
balance = 600_000
coupon = { index = "LPR", margin = 0.005, cap = 0.04, carry_over = true }
day_count = "30/360"
[[tranche]]
name = "Z"
balance = 300_000
coupon = 0.0
day_count = "30/360"
price = 94.0
[[tranche]]
name = "IO"
balance = 0
coupon = 0.012
interest_on = "0.5 * tranche.A.balance"
day_count = "30/360"
price = 1.1
[[tranche]]
name = "SUB"
balance = 100_000
residual = true
[waterfall]
only = [{ interest = ["A", "IO"] }, { principal = ["A", "Z"], from = "principal" }, { residual = "SUB", from = "available" }]
"""


@pytest.fixture(scope="module")
def result() -> Result:
    return aw.run(Deal.model_validate(tomllib.loads(DEAL)))


@pytest.mark.parametrize(
    ("terms", "words"),
    [
        ({"coupon": 0.035}, ""),
        ({"coupon": {"index": "LPR1Y", "margin": 0.005, "cap": 0.08}}, "LPR1Y + 0.5 %, cap 8 %"),
        (
            {"coupon": {"index": "LPR", "margin": -0.001, "floor": 0.01, "reset": 12}},
            "LPR - 0.1 %, floor 1 %, reset every 12 months",
        ),
        ({"coupon": {"index": "DR007", "multiplier": -2.5, "reset": "arrears"}}, "-2.5 × DR007, compounded in arrears"),
        (
            {"coupon": {"formula": "min(0.08, pool.net_rate)", "carry_over": True}},
            "min(0.08, pool.net_rate); what the cap takes is carried over",
        ),
        ({"coupon": 0.01, "interest_on": "tranche.A.balance"}, "1 %; on tranche.A.balance"),
        ({"coupon": 0.01, "deferrable": True}, "1 %; unpaid interest joins the balance"),
        (
            {"component": [{"name": "senior", "coupon": 0.02}, {"name": "junior", "coupon": {"index": "LPR"}}]},
            "senior: 2 %; junior: LPR",
        ),
    ],
)
def test_a_coupon_reads_like_the_term_sheet(terms: dict[str, Any], words: str) -> None:
    assert interest_terms(Tranche.model_validate({"name": "X", "balance": 1.0, "day_count": "30/360"} | terms)) == words


def test_json_tells_each_date_s_coupon_and_each_line(result: Result) -> None:
    a = results(result)["scenarios"]["up"]["tranches"]["A"]
    assert a["coupon"][:2] == [0.04, 0.04]
    # LPR 3 % + 2 % + 0.5 % is 5.5 %: the cap takes 1.5 % of 600,000
    assert a["lines"]["A.carry_over"]["accrued"][0] == pytest.approx(600_000 * 0.015 / 12)
    assert a["interest_accrued"][0] == pytest.approx(600_000 * 0.055 / 12)
    assert "lines" not in results(result)["scenarios"]["up"]["tranches"]["Z"]


def test_the_workbook_shows_terms_and_coupons(result: Result) -> None:
    file = io.BytesIO()
    write_term_sheet(result, file)
    book = openpyxl.load_workbook(file)
    structure = [str(cell.value) for row in book["Capital structure"] for cell in row]
    assert "LPR + 0.5 %, cap 4 %; what the cap takes is carried over" in structure
    assumptions = [cell.value for row in book["Assumptions"] for cell in row]
    assert {"LPR", 0.03, 0.029, "Added to every index", 0.02} <= set(assumptions)
    tranches = [cell.value for row in book["Tranches"] for cell in row]
    assert "Coupon" in tranches


def test_the_trail_tells_the_lines_of_a_class(result: Result) -> None:
    from rich.console import Console

    console = Console(file=io.StringIO(), width=200)
    console.print(explain_renderable(result, 2, "up"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "of it A.carry_over" in text


def test_a_zero_coupon_class_yields_what_its_discount_earns(result: Result) -> None:
    # bought at 94 on 30 January 2026, paid 100 on 15 January 2027, 345 days of 30/360 later
    z = result.measures["Z"]
    assert z.yield_effective[0] == pytest.approx((100 / 94) ** (360 / 345) - 1, rel=1e-9)


def test_accrued_interest_is_at_the_coupon_of_the_period_that_settlement_falls_in(result: Result) -> None:
    # 15 days at 3.5 %, or at the cap of 4 %; the price with it is what the flows are worth at the yield
    times = np.array([(12 * (day.year - 2026) + day.month - 1) / 12 - 15 / 360 for day in result.flows.nominal_dates])
    for s, coupon in enumerate((0.035, 0.04)):
        flows = result.flows.tranches["A"]
        paid = (flows.interest + flows.principal)[s] / 600_000 * 100
        worth = paid @ (1 + result.measures["A"].yield_effective[s]) ** -times
        assert worth == pytest.approx(100 + 100 * coupon * 15 / 360, rel=1e-9)


def test_an_interest_only_class_is_priced_per_100_of_its_notional(result: Result) -> None:
    # 1.10 for 100 of 300,000: 12 payments of 0.10, less accrued interest of 0.05
    times = np.arange(12) / 12 + 15 / 360
    worth = (0.1 * (1 + result.measures["IO"].yield_effective[0]) ** -times).sum()
    assert worth == pytest.approx(1.10 + 0.05, rel=1e-9)


def test_a_shift_warns_only_where_nothing_floats(result: Result) -> None:
    fixed = tomllib.loads(DEAL)
    fixed["tranche"][0]["coupon"] = 0.03
    del fixed["index"]
    assert not any("index_shift" in warning for warning in result.warnings)
    assert any("index_shift" in warning for warning in aw.run(Deal.model_validate(fixed)).warnings)


def test_a_carry_over_that_no_step_pays_is_told(result: Result) -> None:
    assert 'no step pays interest on "A.carry_over"' in result.warnings
