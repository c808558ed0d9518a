"""Triggers in the reports: thresholds that change, effects, what is fired by hand, the events' Chinese names."""

from __future__ import annotations

import io
import json

import openpyxl
import pytest
from rich.console import Console

import abs_waterfall as aw
from abs_waterfall.report.as_json import json_bytes
from abs_waterfall.report.explain import explain_renderable
from abs_waterfall.report.term_sheet.write import write_term_sheet
from errors.wrong import DEAL

EVENTS = """
[[trigger]]
name = "循环期提前结束"
when = "pool.cumulative_default_rate > threshold"
threshold = { by_period = [0.001, 0.004], then = 0.006 }
effect = { end_revolving = true, sweep = "reserve", stop_step_down = true, trap = true }
[scenario.trustee]
fire = { acceleration = 2024-10-01 }
off = ["循环期提前结束"]
set = { "tranche.A1.coupon" = 0.05, "tranche.A2.balance" = 19_000_000 }
[waterfall]
"""


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> aw.Result:
    path = tmp_path_factory.mktemp("events") / "deal.toml"
    path.write_text(DEAL.replace("[waterfall]\n", EVENTS), encoding="utf-8")
    return aw.run(aw.load(path))


def test_json_gives_value_threshold_headroom_and_the_first_breach(result: aw.Result) -> None:
    scenarios = json.loads(json_bytes(result))["scenarios"]
    event = scenarios["stress"]["triggers"]["循环期提前结束"]
    assert event["threshold"][:4] == [0.001, 0.004, 0.006, 0.006]
    assert event["headroom"][0] == pytest.approx(event["threshold"][0] - event["value"][0])
    assert event["summary"]["first_breach"] == event["date"][event["breached"].index(True)]
    assert scenarios["trustee"]["triggers"]["循环期提前结束"]["summary"]["first_breach"] is None
    assert scenarios["trustee"]["triggers"]["acceleration"]["summary"]["first_breach"] == "2024-10-15"


def test_the_trail_says_what_was_fired_by_hand(result: aw.Result) -> None:
    file = io.StringIO()
    Console(file=file, width=200, force_terminal=False).print(explain_renderable(result, 3, "trustee"))
    text = file.getvalue()
    assert "fired by hand" in text
    assert "Headroom" in text


def test_the_term_sheet_says_effects_thresholds_and_the_event_in_both_languages(result: aw.Result) -> None:
    file = io.BytesIO()
    write_term_sheet(result, file)
    book = openpyxl.load_workbook(file)
    said = {name: "\n".join(str(cell) for row in book[name].values for cell in row if cell) for name in book.sheetnames}
    assert "0.001, 0.004 by payment date, then 0.006" in said["Triggers"]
    assert "by hand" in said["Triggers"]
    assert "ends the revolving period; the reserve account swept into funds; targets of accounts may not fall" in said["Triggers"]
    assert "循环期提前结束 (early_amortisation)" in said["Definitions"]
    assert "acceleration, fired by hand" in said["Assumptions"]
    assert "tranche.A1.coupon" in said["Assumptions"]
    assert "19000000" in said["Assumptions"]
