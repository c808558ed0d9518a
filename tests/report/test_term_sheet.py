from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import Check
from report.synthetic import HELD, POOL, make_result, term_sheet_bytes

SHEETS = [
    "Summary", "Capital structure", "Pool", "Eligibility", "Assumptions", "Dates", "Collateral", "Tranches", "Credit support",
    "Funds and accounts", "Waterfall", "Triggers", "Decrement tables", "Checks", "Definitions",
]  # fmt: skip


def cells(book: Any) -> Iterator[Any]:
    for sheet in book:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def rows_under(sheet: Any, first: str) -> list[dict[str, Any]]:
    """Rows of the table whose first header is `first`, by header, up to the first empty row."""
    values = [[cell.value for cell in row] for row in sheet.iter_rows()]
    top = next(number for number, row in enumerate(values) if row[0] == first and row[1])
    titles = [title for title in values[top] if title is not None]
    rows: list[dict[str, Any]] = []
    for row in values[top + 1 :]:
        if all(value is None for value in row):
            break
        rows.append(dict(zip(titles, row, strict=False)))
    return rows


def test_the_sheets_are_those_of_a_term_sheet(book: Any) -> None:
    assert book.sheetnames == SHEETS


def test_no_cell_is_a_formula(book: Any, hostile_book: Any) -> None:
    assert not [cell for each in (book, hostile_book) for cell in cells(each) if cell.data_type == "f"]


def test_names_that_look_like_formulas_stay_the_text_they_are(hostile: Result, hostile_book: Any) -> None:
    assert hostile_book["Summary"]["A1"].value == hostile.deal.deal.name
    texts = {cell.value for cell in cells(hostile_book) if cell.data_type == "s"}
    assert hostile.scenarios[1] in texts


def test_text_that_looks_like_markup_is_written_as_text() -> None:
    name = "<r><t>not ours</t></r>"
    book = load_workbook(io.BytesIO(term_sheet_bytes(make_result(name=name))))
    assert book["Summary"]["A1"].value.strip() == name


def test_pool_totals_tie_to_the_pool(book: Any, result: Result) -> None:
    read, eligible = rows_under(book["Pool"], "Pool")
    assert (read["Loans"], eligible["Loans"]) == (1250, 1200)
    assert eligible["Balance (USD)"] == result.pool.eligible.balance
    for cut in ("Segment", "Remaining term", "Grade"):
        total = rows_under(book["Pool"], cut)[-1]
        assert (total["Loans"], total["Balance (USD)"], total["Share"]) == (1200, POOL, pytest.approx(1))


def test_eligibility_runs_from_what_was_read_to_the_pool(book: Any, result: Result) -> None:
    rows = rows_under(book["Eligibility"], "Criterion")
    assert [row["Criterion"] for row in rows] == [
        "Loans read",
        "remaining_term >= 3",
        "annual_rate <= 0.24",
        "Eligible: the pool",
    ]
    assert [row["Loans left"] for row in rows] == [1250, 1205, 1200, 1200]
    assert rows[-2]["Balance left (USD)"] == pytest.approx(result.pool.eligible.balance)


def test_bad_rows_are_counted_and_files_named_without_their_folders(book: Any) -> None:
    (row,) = rows_under(book["Eligibility"], "Reason")
    assert (row["File"], row["Row"], row["Value"]) == ("tape.csv", 17, "=cmd")
    assert any(str(cell.value).startswith("3 excluded, with a balance of 12,000.00") for cell in cells(book))
    assert not any("/home/" in str(cell.value) for cell in cells(book))


def test_collateral_is_told_in_full_for_every_scenario(book: Any, result: Result) -> None:
    rows = rows_under(book["Collateral"], "Scenario")
    for s, name in enumerate(result.scenarios):
        mine = [row for row in rows if row["Scenario"] == name]
        assert len(mine) == 26 + 1
        assert mine[-1]["Default (USD)"] == pytest.approx(result.collateral.default[s].sum())
        assert mine[-1]["Cumulative default"] == pytest.approx(result.collateral.default[s].sum() / POOL)


def test_each_class_rolls_and_totals_to_what_it_was_paid(book: Any, result: Result) -> None:
    rows = rows_under(book["Tranches"], "Scenario")
    for s, scenario in enumerate(result.scenarios):
        for name, flows in result.flows.tranches.items():
            *mine, total = [row for row in rows if (row["Scenario"], row["Class"]) == (scenario, name)]
            assert total["Principal paid (USD)"] == pytest.approx(flows.principal[s].sum())
            assert total["Total paid (USD)"] == pytest.approx((flows.interest + flows.principal + flows.residual)[s].sum())
            for row in mine:
                fall = row["Opening balance (USD)"] - row["Closing balance (USD)"]
                assert row["Principal paid (USD)"] == pytest.approx(fall, abs=1e-6)


def test_a_scenario_has_no_rows_after_its_last_date(book: Any, result: Result) -> None:
    rows = rows_under(book["Tranches"], "Scenario")
    periods = [row["Period"] for row in rows if row["Scenario"] == "base" and row["Period"]]
    assert max(periods) == int(result.flows.last_period[0]) + 1 == 23


def test_the_waterfall_pays_out_what_comes_in(book: Any) -> None:
    rows = rows_under(book["Waterfall"], "Period")
    for period in range(1, 24):
        mine = [row for row in rows if row["Period"] == period]
        head, *rest = mine
        came_in = sum(row["Cash in (USD)"] or 0 for row in rest)
        assert head["Cash in (USD)"] == pytest.approx(came_in)
        drawn = sum(row["Paid (USD)"] for row in rest if str(row["What"]).startswith("Draw"))
        paid = sum(row["Paid (USD)"] or 0 for row in rest) - drawn
        assert paid == pytest.approx(came_in + drawn, abs=1e-6)


def test_the_waterfall_opens_with_totals_over_the_life(book: Any, result: Result) -> None:
    totals = {row["What"]: row for row in rows_under(book["Waterfall"], "Period") if row["Date"] == "All dates"}
    assert totals["Principal of A"]["Paid (USD)"] == pytest.approx(8_000_000)
    assert totals["Interest on B"]["Paid (USD)"] == pytest.approx(result.flows.tranches["B"].interest[0].sum())


def test_triggers_show_the_first_breach_and_every_test(book: Any, result: Result) -> None:
    first = {row["Trigger"]: row for row in rows_under(book["Triggers"], "Trigger")}
    assert first["cumulative_defaults"]["base"] == "never"
    breached = result.flows.triggers["cumulative_defaults"].breached[1].argmax()
    assert first["cumulative_defaults"]["stress"].date() == result.flows.dates[breached]


def test_headroom_is_negative_where_a_trigger_is_breached(book: Any) -> None:
    sheet = book["Triggers"]
    tests = [row for row in sheet.iter_rows(min_row=11, values_only=True) if row[0] == "cumulative_defaults"]
    assert tests
    for row in tests:
        headroom, breached = row[6], row[8]
        assert (headroom < 0) == (breached == "yes")


def test_decrement_tables_start_at_100_and_carry_both_average_lives(book: Any, result: Result) -> None:
    rows = rows_under(book["Decrement tables"], "Payment date")
    assert rows[0] == {"Payment date": "Initial", "base": 100, "stress": 100, "benign": 100}
    assert rows[-1]["stress"] == pytest.approx(result.measures["A"].wal[1])
    assert rows[-2]["base"] == pytest.approx(result.measures["A"].wal_to_call[0])
    dates = [row["Payment date"] for row in rows[1:-2]]
    assert rows[1]["base"] == pytest.approx(result.flows.tranches["A"].closing_balance[0, 0] / 80_000)
    assert [date.date() for date in dates] == list(result.flows.dates[: len(dates)])


def test_assumptions_name_every_scenario_segment_and_vector(book: Any) -> None:
    rows = rows_under(book["Assumptions"], "Scenario")
    said = {(row["Scenario"], row["Segment"], row["Assumption"]): row["Value"] for row in rows}
    assert said["base", "all", "Prepayment"] == 0.1
    assert said["base", "all", "Default"] == "vector below"
    assert said["stress", "all", "Default"] == 2
    assert said["benign", "60/C", "Recovery"] == 0.3
    vector = rows_under(book["Assumptions"], "Month")
    assert len(vector) == 18
    assert list(vector[-1].values())[1] == pytest.approx(0.027)


def test_what_the_deal_file_gives_is_blue(book: Any) -> None:
    sheet = book["Capital structure"]
    coupon = next(cell for cell in cells(book) if cell.parent is sheet and cell.value == 0.045)
    assert coupon.font.color.rgb == "FF0000FF"


def test_the_waterfall_stands_in_words_in_the_definitions(book: Any) -> None:
    texts = [str(cell.value) for cell in cells(book) if cell.parent.title == "Definitions"]
    assert "Fees due and unpaid: servicing, from available funds." in texts
    turbo = "Principal of A and B, in this order, from available funds; no more than notes.balance - (pool.balance - oc_target)."
    assert turbo in texts
    assert "max(0.06 * pool.balance, 0.005 * pool.initial_balance)" in texts


def test_a_held_run_says_so_and_a_failed_check_cannot_be_missed() -> None:
    failed = (*HELD[:1], Check("balances roll", 12.5, ok=False, scenario="stress"))
    good, bad = (load_workbook(io.BytesIO(term_sheet_bytes(make_result(checks=checks)))) for checks in (HELD, failed))
    assert any(cell.value == "All 3 built-in checks held; see Checks." for cell in cells(good))
    (loud,) = [cell for cell in cells(bad) if cell.parent.title == "Summary" and "FAILED" in str(cell.value)]
    assert "balances roll, off by 12.50 in scenario stress" in loud.value
    assert loud.font.bold
    assert loud.font.color.rgb == "FFC00000"
    assert rows_under(bad["Checks"], "Check")[1]["Result"] == "FAILED"


def test_warnings_stand_on_the_summary(book: Any) -> None:
    assert any(cell.value == "Warning: illustrative: nobody issued this deal" for cell in cells(book))


def test_every_sheet_is_set_up_to_read_and_to_print(book: Any) -> None:
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes is not None, sheet.title
    for sheet in book:
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert "&P" in sheet.oddFooter.right.text
    for title in ("Collateral", "Tranches", "Waterfall", "Checks"):
        assert book[title].print_title_rows, title
    for title in ("Collateral", "Tranches", "Waterfall"):
        assert book[title].auto_filter.ref, title


def test_the_summary_has_charts_of_balances_and_cash_with_a_series_a_class(result: Result) -> None:
    with zipfile.ZipFile(io.BytesIO(term_sheet_bytes(result))) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if re.fullmatch(r"xl/charts/chart\d+\.xml", name)]
    assert [("areaChart" in chart, "barChart" in chart) for chart in charts] == [(True, False), (False, True)]
    for chart in charts:
        assert chart.count("<c:ser>") == 3
        assert '<c:grouping val="stacked"/>' in chart


def named_value(book: Any, name: str) -> Any:
    ((title, reference),) = book.defined_names[name].destinations
    found = book[title][reference]
    return [cell.value for (cell,) in found] if isinstance(found, tuple) else found.value


def test_figures_have_names(book: Any, result: Result) -> None:
    assert named_value(book, "Pool_balance") == POOL
    assert named_value(book, "Tranche_A_balance") == 8_000_000
    assert named_value(book, "Tranche_B_WAL") == pytest.approx(result.measures["B"].wal[0])
    assert sum(named_value(book, "Tranche_A_principal")) == pytest.approx(8_000_000)


def test_names_that_differ_only_by_signs_get_names_of_their_own() -> None:
    result = make_result()
    classes = {"A": "A-1", "B": "A_1", "SUB": "a_1"}
    deal = result.deal.model_copy(
        update={"tranche": [tranche.model_copy(update={"name": classes[tranche.name]}) for tranche in result.deal.tranche]}
    )

    def renamed(values: dict[str, Any]) -> dict[str, Any]:
        return {classes[name]: value for name, value in values.items()}

    renamed_result = replace(
        result,
        deal=deal,
        flows=replace(result.flows, tranches=renamed(result.flows.tranches)),
        measures=renamed(result.measures),
        original_balances=renamed(result.original_balances),
    )
    book = load_workbook(io.BytesIO(term_sheet_bytes(renamed_result)))
    balances = [named_value(book, name) for name in ("Tranche_A_1_balance", "Tranche_A_1_balance_2", "Tranche_a_1_balance_3")]
    assert balances == [8_000_000, 1_000_000, 600_000]


def test_only_the_scenarios_asked_for_are_written(result: Result) -> None:
    book = load_workbook(io.BytesIO(term_sheet_bytes(result, ("stress",))))
    assert {row["Scenario"] for row in rows_under(book["Tranches"], "Scenario")} == {"stress"}
    assert "Scenario stress" in book["Waterfall"]["A3"].value


def test_the_same_result_gives_the_same_bytes(result: Result) -> None:
    assert term_sheet_bytes(result) == term_sheet_bytes(result)


def test_the_workbook_is_dated_by_the_deal_not_the_machine(book: Any, result: Result) -> None:
    assert book.properties.created.date() == result.deal.dates.closing
    assert book.properties.creator in (None, "")


def test_a_deal_named_by_a_year_does_not_set_the_size_of_the_footer() -> None:
    book = load_workbook(io.BytesIO(term_sheet_bytes(make_result(name="2024-1 Smith & Sons"))))
    footer = book["Summary"].oddFooter.left
    assert (footer.size, footer.text.strip()) == (8, "2024-1 Smith && Sons")
