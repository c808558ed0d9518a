"""What a scenario assumes of a segment: which table wins, and what multipliers multiply."""

from __future__ import annotations

import pytest

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.scenarios import behaviours, refused_with_advances, unknown_segments


def of(assumptions, scenario=None, segments=("A", "B")):
    """What the named scenario, or the base case, assumes of each segment."""
    scenarios = {} if scenario is None else {"x": Scenario.model_validate(scenario)}
    return behaviours(Assumptions.model_validate(assumptions), scenarios, segments)[-1]


BASE = {
    "prepayment": {"cpr": 0.10},
    "default": {"cdr": 0.02},
    "recovery": {"rate": 0.4, "lag": 6},
    "segment": {"A": {"default": {"cdr": 0.05}}},
}


def test_a_segment_differs_from_the_base():
    a, b = of(BASE)
    assert (a.default.values, b.default.values) == ((0.05,), (0.02,))
    assert a.prepayment == b.prepayment


def test_a_scenario_replaces_for_every_segment():
    a, b = of(BASE, {"default": {"mdr": 0.01}})
    assert a.default == b.default
    assert (a.default.kind, a.default.values) == ("mdr", (0.01,))
    assert a.prepayment.values == (0.10,)


def test_a_scenarios_segment_wins_over_everything():
    a, b = of(BASE, {"default": {"mdr": 0.01}, "segment": {"A": {"default": {"sda": 300}}}})
    assert (a.default.kind, a.default.values) == ("sda", (300.0,))
    assert b.default.kind == "mdr"


def test_multipliers_multiply_the_quoted_number_and_each_other():
    a, b = of(BASE, {"default_multiplier": 2, "prepayment_multiplier": 0.5, "segment": {"A": {"default_multiplier": 3}}})
    assert a.default.values == pytest.approx((0.30,))
    assert b.default.values == pytest.approx((0.04,))
    assert a.prepayment.values == pytest.approx((0.05,))


@pytest.mark.parametrize(
    ("quote", "multiplied"),
    [
        ({"cdr": 0.6}, 1.0),
        ({"mdr": 0.6}, 1.0),
        ({"cumulative": 0.6}, 1.0),
        ({"sda": 100}, 200.0),
    ],
)
def test_rates_stop_at_100_percent_and_speeds_do_not(quote, multiplied):
    (only,) = of({"default": quote}, {"default_multiplier": 2}, ("A",))
    assert only.default.values == (multiplied,)


def test_every_value_of_a_list_is_multiplied():
    (only,) = of({"prepayment": {"cpr": [0.1, 0.7], "by": "age"}}, {"prepayment_multiplier": 1.5}, ("A",))
    assert only.prepayment.values == pytest.approx((0.15, 1.0))
    assert only.prepayment.by == "age"


def test_a_multiplier_multiplies_the_recovery_rate_behind_a_severity():
    (only,) = of({"recovery": {"severity": 0.6, "lag": 3}}, {"recovery_multiplier": 0.5}, ("A",))
    assert only.recovery_rate == pytest.approx(0.2)
    assert only.recovery_lag == 3


def test_a_replaced_recovery_takes_its_own_lag_and_timing():
    (only,) = of(BASE, {"recovery": {"rate": 0.3, "timing": [0.5, 0.5]}}, ("B",))
    assert (only.recovery_rate, only.recovery_lag, only.recovery_timing, only.recovery_months) == (0.3, 0, (0.5, 0.5), 1)


def test_a_multiplier_also_multiplies_what_the_scenario_replaces():
    (only,) = of(BASE, {"default": {"cdr": 0.1}, "default_multiplier": 2}, ("B",))
    assert only.default.values == pytest.approx((0.2,))


def test_the_base_case_is_scenario_0():
    rows = behaviours(Assumptions.model_validate(BASE), {"x": Scenario(default_multiplier=2.0)}, ("B",))
    assert [row[0].default.values[0] for row in rows] == pytest.approx([0.02, 0.04])


def test_segments_that_no_loan_has_are_told_with_the_nearest_name():
    assumptions = Assumptions.model_validate({"segment": {"60/X": {"default": {"cdr": 0.1}}}})
    scenarios = {"stress": Scenario.model_validate({"segment": {"36/A": {"default_multiplier": 2}, "grade C": {}}})}
    said = [str(problem) for problem in unknown_segments(assumptions, scenarios, ("36/A", "60/C"))]
    assert said == [
        'assumptions.segment."60/X": no loan is in segment "60/X". Did you mean "60/C"?',
        'scenario.stress.segment."grade C": no loan is in segment "grade C".',
    ]


def test_scenarios_may_not_spread_recoveries_where_the_servicer_advances():
    spread = {"rate": 0.4, "timing": [0.5, 0.5]}
    scenarios = {
        "x": Scenario.model_validate({"recovery": spread}),
        "y": Scenario.model_validate({"segment": {"A": {"recovery": spread}}, "recovery": {"rate": 0.1}}),
    }
    advancing = refused_with_advances(Assumptions(advances=True), scenarios)
    assert [problem.place for problem in advancing] == ["scenario.x.recovery", 'scenario.y.segment."A".recovery']
    assert refused_with_advances(Assumptions(), scenarios) == []
