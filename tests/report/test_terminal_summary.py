from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from abs_waterfall.report.terminal import number_of, pool_counted, print_summary
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import Check
from report.synthetic import HELD, make_result


def printed(result: Result, width: int = 100, scenarios: tuple[str, ...] | None = None) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=False, no_color=True)
    print_summary(console, result, scenarios=scenarios, written=("synthetic-2024-1-term-sheet.xlsx",))
    return file.getvalue()


def test_the_summary_names_deal_pool_classes_and_files(result: Result) -> None:
    text = printed(result)
    for part in (
        "Synthetic 2024-1",
        "tape.parquet: 1,200 loans, 10,000,000.00, WAC 12.00%, WAM 23.4, WALA 6.1",
        "50 loans of 250,000.00 not eligible by 2 criteria",
        "3 rows of 12,000.00 could not be used",
        "Checks: all 3 held",
        "Warning: illustrative: nobody issued this deal",
        "Written: synthetic-2024-1-term-sheet.xlsx",
    ):
        assert part in text
    senior = next(line for line in text.splitlines() if line.startswith("A "))
    for figure in ("AAA", "8,000,000", "83.3%", "20.0%", "4.500%", "100.00", "2024-07 to"):
        assert figure in senior


def test_every_scenario_has_a_line_and_breaches_their_first_dates(result: Result) -> None:
    text = printed(result)
    for name in result.scenarios:
        assert any(line.startswith(f"{name} ") for line in text.splitlines())
    first = result.flows.dates[int(result.flows.triggers["cumulative_defaults"].breached[1].argmax())]
    assert f"Triggers: cumulative_defaults (stress {first})" in text


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(result: Result, width: int) -> None:
    lines = printed(result, width).replace("Written: synthetic-2024-1-term-sheet.xlsx", "").splitlines()
    assert max(len(line) for line in lines) <= width


def test_a_narrow_terminal_still_shows_balances_lives_and_yields(result: Result) -> None:
    text = printed(result, 80)
    assert "…" not in text
    for part in ("8,000,000", "WAL", "to call", "Yield"):
        assert part in text


def test_a_failed_check_is_told(result: Result) -> None:
    failed = make_result(checks=(*HELD, Check("accounts roll", 3.0, ok=False, scenario="stress")))
    assert "CHECK FAILED: accounts roll, off by 3.00 in stress" in printed(failed)


def test_unpaid_interest_is_shown_where_there_is_any(result: Result) -> None:
    assert "Unpaid int." not in printed(result, scenarios=("base",))
    shortfall = result.flows.tranches["B"].interest_shortfall.copy()
    shortfall[0, int(result.flows.last_period[0])] = 1234.0
    tranches = result.flows.tranches | {"B": replace(result.flows.tranches["B"], interest_shortfall=shortfall)}
    text = printed(replace(result, flows=replace(result.flows, tranches=tranches)), scenarios=("base",))
    assert "Unpaid int." in text
    assert "1,234" in text


def test_figures_that_do_not_exist_are_left_empty(result: Result) -> None:
    empty = replace(result.measures["A"], wal=np.full(3, np.nan), yield_bey=np.full(3, np.nan))
    assert "nan" not in printed(replace(result, measures=result.measures | {"A": empty}))


def test_names_are_never_read_as_markup(hostile: Result) -> None:
    text = printed(hostile, 200)
    assert hostile.deal.deal.name in text


def test_one_loan_is_one_loan() -> None:
    assert number_of(1, "loan") == "1 loan"
    assert number_of(1, "criterion", "criteria") == "1 criterion"
    assert number_of(0, "row") == "0 rows"


def test_rep_lines_are_not_called_loans(result: Result) -> None:
    lines_only = result.deal.model_copy(update={"pool": result.deal.pool.model_copy(update={"tape": None})})
    assert pool_counted(result.deal, result.pool) == "Pool  tape.parquet: 1,200 loans, 10,000,000.00"
    assert pool_counted(lines_only, replace(result.pool, source="2 rep lines")) == "Pool  2 rep lines: 10,000,000.00"
