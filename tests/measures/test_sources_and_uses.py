"""Sources and uses at closing, worked out by hand: what is sold and retained, and what it goes to."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import openpyxl
import pytest
from rich.console import Console

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from abs_waterfall.report.as_json import json_bytes
from abs_waterfall.report.term_sheet.write import write_term_sheet
from abs_waterfall.report.terminal import print_summary
from waterfall.small_deals import Table, small


def issued(**deal: Any) -> Table:
    """A 600 at 99.5, 5 % of it retained; B 300 at par; SUB 100 retained whole; a reserve of 20, expenses of 5."""
    raw = small(
        deal={"expenses": 5.0} | deal,
        account=[{"name": "reserve", "initial": 20.0}],
        scenario={"larger": {"set": {"account.reserve.initial": 30.0, "tranche.B.balance": 250.0}}},
    )
    raw["tranche"][0] |= {"price": 99.5, "retained": 0.05}
    raw["tranche"][2] |= {"balance": 100.0, "retained": 1.0}
    return raw


def amounts(result: aw.Result, side: str, s: int = 0) -> dict[str, float]:
    assert result.closing is not None
    return {name: round(float(amount[s]), 9) for name, amount in result.closing.sides()[side].items()}


def test_what_is_sold_and_retained_pays_for_the_pool() -> None:
    """597 for A, of which 29.85 in kind; 300; 100 in kind. 867.15 of cash funds 20 and 5, and leaves 842.15."""
    result = aw.run(Deal.model_validate(issued()))
    assert amounts(result, "sources") == {"A, sold": 567.15, "B, sold": 300.0, "A, retained": 29.85, "SUB, retained": 100.0}
    assert amounts(result, "uses") == {
        "reserve, funded": 20.0,
        "expenses": 5.0,
        "retained by the originator": 129.85,
        "proceeds to the originator": 842.15,
    }
    assert result.closing is not None
    assert result.closing.total[0] == pytest.approx(997.0)
    assert result.closing.retained_share.tolist() == pytest.approx([0.13, 130 / 950])
    assert amounts(result, "uses", 1)["proceeds to the originator"] == pytest.approx(567.15 + 250 - 30 - 5)


def test_sources_are_uses_in_every_scenario() -> None:
    result = aw.run(Deal.model_validate(issued()))
    for s in range(2):
        assert sum(amounts(result, "sources", s).values()) == pytest.approx(sum(amounts(result, "uses", s).values()))


def test_interest_accrued_before_closing_is_paid_for() -> None:
    """Ten days of 12 % on 30/360 are 1/3 per 100: 2 for A, 1 for B."""
    raw = issued()
    raw["dates"]["dated"] = dt.date(2020, 1, 5)
    sources = amounts(aw.run(Deal.model_validate(raw)), "sources")
    assert sources["A, sold"] == pytest.approx(0.95 * 599)
    assert sources["B, sold"] == pytest.approx(301)


def test_an_originator_who_pays_in_is_told() -> None:
    warnings = aw.run(Deal.model_validate(issued(expenses=900.0))).warnings
    assert "base: the originator pays 52.85 in at closing: sales do not fund accounts and expenses" in warnings


def test_a_deal_under_way_has_no_closing() -> None:
    raw = issued()
    raw["scenario"] = {}
    raw["tranche"][0]["initial_balance"] = 700.0
    result = aw.run(Deal.model_validate(raw))
    assert result.closing is None
    assert json.loads(json_bytes(result))["scenarios"]["base"]["closing"] is None


def test_closing_is_in_every_output() -> None:
    result = aw.run(Deal.model_validate(issued()))
    told = json.loads(json_bytes(result))["scenarios"]["base"]["closing"]
    assert told["uses"]["proceeds to the originator"] == pytest.approx(842.15)
    assert told["total"] == pytest.approx(997)
    assert told["retained_share"] == pytest.approx(0.13)
    console = Console(width=100, record=True, file=io.StringIO())
    print_summary(console, result)
    assert "proceeds to the originator 842.15" in " ".join(console.export_text().split())
    book = io.BytesIO()
    write_term_sheet(result, book)
    cells = [c for row in openpyxl.load_workbook(book)["Capital structure"].iter_rows(values_only=True) for c in row]
    assert "Sources and uses at closing" in cells
    assert pytest.approx(842.15) in cells
    assert "The originator retains 13.00% of the classes' balances." in cells


def test_factors_are_of_the_size_that_a_scenario_sets() -> None:
    result = aw.run(Deal.model_validate(issued()))
    assert result.originals("B").tolist() == [300.0, 250.0]
    book = io.BytesIO()
    write_term_sheet(result, book)
    rows = list(openpyxl.load_workbook(book)["Decrement tables"].iter_rows(values_only=True))
    at = rows.index(next(row for row in rows if "Class B" in row))
    assert rows[at + 3][1:3] == (100, 100)  # nothing of B is paid on the first date, in either scenario
