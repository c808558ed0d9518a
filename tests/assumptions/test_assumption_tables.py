"""What the tables [assumptions] and [scenario] take, and what they say of what they refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from abs_waterfall.assumptions.model import Assumptions, Scenario


def problems(table, model=Assumptions, **context):
    with pytest.raises(ValidationError) as caught:
        model.model_validate(table, context=context or None)
    return {".".join(map(str, error["loc"])): error["msg"] for error in caught.value.errors()}


WRONG = [
    (
        {"prepayment": {"cpr": 10}},
        "prepayment.cpr",
        "10 looks like a percentage: rates are fractions within 0-1, and 10 % is 0.1",
    ),
    ({"prepayment": {"cpr": -0.1}}, "prepayment.cpr", "-0.1 is outside 0-1; expected a fraction"),
    ({"prepayment": {"smm": 250}}, "prepayment.smm", "250 is outside 0-1; expected a fraction"),
    ({"prepayment": {"psa": -1}}, "prepayment.psa", "-1 is below 0"),
    ({"prepayment": {"abs_speed": "fast"}}, "prepayment.abs_speed", '"fast" names a column of a file; expected numbers here'),
    ({"prepayment": {"cpr": True}}, "prepayment.cpr", "expected a number, got True"),
    ({"prepayment": {"cpr": float("nan")}}, "prepayment.cpr", "expected a finite number, got nan"),
    ({"prepayment": {"cpr": float("inf")}}, "prepayment.cpr", "expected a finite number, got inf"),
    ({"prepayment": {"cpr": [], "by": "age"}}, "prepayment.cpr", "expected at least one number, got an empty list"),
    ({"prepayment": {"cpr": [0.1, "x"], "by": "age"}}, "prepayment.cpr", "item 2: expected a number, got 'x'"),
    ({"prepayment": {"cpr": [0.1, 2], "by": "age"}}, "prepayment.cpr", "2 looks like a percentage"),
    ({"prepayment": {"cpr": [0.1]}}, "prepayment", "cpr is a list, so `by` must be said"),
    ({"prepayment": {"cpr": 0.1, "by": "age"}}, "prepayment", "`by` goes with a list, and cpr is one number"),
    ({"prepayment": {"cpr": [0.1], "by": "month"}}, "prepayment.by", "Input should be 'age' or 'period'"),
    ({"prepayment": {}}, "prepayment", "expected exactly one of smm, cpr, psa, abs_speed; got none of them"),
    ({"prepayment": {"cpr": 0.1, "psa": 1}}, "prepayment", "expected exactly one of smm, cpr, psa, abs_speed; got cpr and psa"),
    (
        {"default": {"cdr": 0.1, "cumulative": 0.1}},
        "default",
        "expected exactly one of cdr, mdr, sda, cumulative; got cdr and cumulative",
    ),
    ({"default": {"cdr": 0.1, "timing": [1.0]}}, "default", "`timing` goes with cumulative, not with cdr"),
    ({"default": {"cumulative": 0.1, "stop": 3}}, "default", "`stop` goes with cdr, mdr or sda"),
    ({"default": {"cumulative": 0.1, "by": "age"}}, "default", "`by` goes with a list, and cumulative is one number"),
    ({"default": {"cumulative": [0.1]}}, "default.cumulative", "expected a number, got [0.1]"),
    ({"default": {"cumulative": 0.1, "timing": [0.5, 0.4]}}, "default.timing", "expected weights that sum to 1, got 0.9"),
    (
        {"default": {"cumulative": 0.1, "timing": [1.5, -0.5]}},
        "default.timing",
        "expected weights of 0 or more, got -0.5 in month 2",
    ),
    ({"default": {"cumulative": 0.1, "timing": 1.0}}, "default.timing", "expected a list of numbers"),
    ({"default": {"mdr": 0.1, "stop": -1}}, "default.stop", "Input should be greater than or equal to 0"),
    ({"recovery": {}}, "recovery", "expected exactly one of rate, severity; got none of them"),
    ({"recovery": {"rate": 0.5, "severity": 0.5}}, "recovery", "expected exactly one of rate, severity; got rate and severity"),
    ({"recovery": {"rate": 40}}, "recovery.rate", "40 looks like a percentage"),
    ({"recovery": {"rate": 0.4, "lag": 1.5}}, "recovery.lag", "Input should be a valid integer"),
    ({"recovery": {"rate": 0.4, "timing": [0.5, 0.5]}, "advances": True}, "", "recovery `timing` does not go with advances"),
    ({"order": "first"}, "order", "Input should be 'survivors', 'sifma' or 'prepay_first'"),
    ({"speed_basis": "weeks"}, "speed_basis", "Input should be 'months' or 'days'"),
    ({"segment": {"A": {"default": {"cdr": 5}}}}, "segment.A.default.cdr", "5 looks like a percentage"),
    ({"prepaymnt": {"cpr": 0.1}}, "prepaymnt", "Extra inputs are not permitted"),
]


@pytest.mark.parametrize(("table", "place", "message"), WRONG)
def test_what_is_refused_is_said_with_its_place(table, place, message):
    said = problems(table)
    assert list(said) == [place]
    assert message in said[place]


@pytest.mark.parametrize(
    ("table", "place", "message"),
    [
        ({"default_multiplier": -1}, "default_multiplier", "-1 is below 0"),
        ({"segment": {"A": {"recovery_multiplier": "2"}}}, "segment.A.recovery_multiplier", "expected a number, got '2'"),
    ],
)
def test_what_a_scenario_refuses(table, place, message):
    said = problems(table, Scenario)
    assert message in said[place]


def test_every_problem_is_told_at_once():
    said = problems({"prepayment": {"cpr": 10}, "recovery": {"rate": 40}, "order": "first"})
    assert set(said) == {"prepayment.cpr", "recovery.rate", "order"}


def test_a_list_may_stand_in_a_file():
    def read_column(text):
        assert text == "timing.csv:weight"
        return [0.25, 0.75]

    table = {"default": {"cumulative": 0.06, "timing": "timing.csv:weight"}}
    assert Assumptions.model_validate(table, context={"read_column": read_column}).default.timing == (0.25, 0.75)


def test_what_is_wrong_with_the_file_is_said():
    def read_column(text):
        raise ValueError(f'{text}: no column "weight"; the file has month, weights')

    table = {"default": {"cumulative": 0.06, "timing": "timing.csv:weight"}}
    said = problems(table, read_column=read_column)
    assert said == {"default.timing": 'timing.csv:weight: no column "weight"; the file has month, weights'}


def test_a_list_from_a_file_says_its_axis_too():
    said = problems({"prepayment": {"cpr": "speeds.csv:cpr"}}, read_column=lambda _: [0.1, 0.2])
    assert "cpr is a list, so `by` must be said" in said["prepayment"]


def test_severity_is_what_is_not_recovered():
    assert Assumptions.model_validate({"recovery": {"severity": 0.85}}).recovery.recovery_rate == pytest.approx(0.15)
    assert Assumptions.model_validate({"recovery": {"severity": 0}}).recovery.recovery_rate == 1


def test_nothing_said_is_nothing_assumed():
    assumptions = Assumptions.model_validate({})
    assert (assumptions.prepayment, assumptions.default, assumptions.recovery) == (None, None, None)
    assert (assumptions.order, assumptions.speed_basis, assumptions.advances) == ("survivors", "months", False)
