from __future__ import annotations

import io

import pytest
from rich.console import Console

from abs_waterfall.errors import InputError
from abs_waterfall.report.explain import explain_renderable
from abs_waterfall.result import Result


def explained(result: Result, period: int, scenario: str = "base", width: int = 120) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=False).print(explain_renderable(result, period, scenario))
    return file.getvalue()


def test_a_date_is_told_from_what_came_in_to_what_is_left(result: Result) -> None:
    text = explained(result, 3)
    flows = result.flows
    for amount in (
        flows.funds.interest[0, 2],
        flows.funds.principal[0, 2],
        flows.tranches["A"].interest_due[0, 2],
        flows.tranches["A"].principal[0, 2],
        flows.tranches["A"].closing_balance[0, 2],
        flows.fees["servicing"].due[0, 2],
        flows.accounts["reserve"].closing_balance[0, 2],
    ):
        assert f"{amount:,.2f}" in text
    assert "payment date 3, 2024-09-15" in text
    assert "waterfall amortising" in text


def test_steps_stand_in_order(result: Result) -> None:
    text = explained(result, 3)
    steps = (
        "Draw on the reserve account",
        "Fee servicing",
        "Interest on A",
        "Interest on B",
        "Top-up of the reserve",
        "Principal of A",
    )
    places = [text.index(step) for step in steps]
    assert places == sorted(places)


def test_a_trigger_shows_its_value_threshold_and_when_it_turns(result: Result) -> None:
    period = int(result.flows.triggers["cumulative_defaults"].breached[1].argmax()) + 1
    text = explained(result, period, "stress")
    assert "breached, holds, newly" in text
    assert "0.05" in text
    assert "breached, holds, newly" not in explained(result, period + 1, "stress")


def test_the_last_date_says_that_it_is(result: Result) -> None:
    assert "the clean-up call is exercised, the last date" in explained(result, 23)


@pytest.mark.parametrize("period", [0, 24, -1])
def test_a_date_that_there_is_not_is_refused(result: Result, period: int) -> None:
    with pytest.raises(InputError, match=f"no payment date {period} in scenario base; expected 1 to 23"):
        explained(result, period)


def test_an_unknown_scenario_is_refused_with_the_nearest_one(result: Result) -> None:
    with pytest.raises(InputError, match=r'Did you mean "stress"\?'):
        explained(result, 1, "Stress")


@pytest.mark.parametrize("width", [60, 80])
def test_it_fits_a_narrow_terminal(result: Result, width: int) -> None:
    assert max(len(line) for line in explained(result, 2, width=width).splitlines()) <= width
