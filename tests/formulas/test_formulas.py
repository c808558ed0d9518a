"""Formulas: what they say, how tightly they bind, what kinds of things they combine, and what they refuse."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall import formulas
from abs_waterfall.formulas import FormulaError, Kind, Name, over_columns, parse, problems
from reference import formulas as plain

VALUES: dict[str, Any] = {
    "a": 7.0,
    "b": 2.0,
    "zero": 0.0,
    "yes": True,
    "no": False,
    "day": dt.date(2027, 1, 15).toordinal(),
    "grade": "A",
    "余额": 5.0,
    "tranche.A-2.balance": 40.0,
    "tranche.A.balance": 50.0,
    "pool.segment.36/A.balance": 60.0,
    "pool.segment.60.balance": 70.0,
}
KINDS: dict[str, Kind] = dict.fromkeys(VALUES, "number") | {"yes": "condition", "no": "condition", "day": "date", "grade": "text"}


def worth(text: str | float) -> Any:
    return over_columns(text, VALUES)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------------------------ the grammar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("a - b - 1", 4),
        ("8 / 4 / 2", 1),
        ("8 / 4 * 2", 4),
        ("2 - -3", 5),
        ("-a + b", -5),
        ("- -a", 7),
        ("-2 * -3", 6),
        ("2 * -3 + 1", -5),
        ("1_000.5 + .5", 1001),
        ("2.5e3 + 1E-1", 2500.1),
        ("a > 3 and b > 3 or yes", True),
        ("a > 3 and (b > 3 or no)", False),
        ("yes or yes and no", True),
        ("not yes or yes", True),
        ("not (yes or yes)", False),
        ("not a < b", True),
        ("not not yes", True),
        ("a + 1 > b * 4 - 1", True),
        ("a >= 7 and a <= 7 and a == 7 and not a != 7", True),
        ("min(a, b, 1) + max(a, b)", 8),
        ("abs(b - a)", 5),
        ("if(a > b, a, b)", 7),
        ("if(no, 1 / 0, 3)", 3),
        ("if(yes, 1, 2) + if(no, 1, 2)", 3),
        ("true and not false", True),
        ("day == 2027-01-15", True),
        ("day<2027-01-16 and day>2027-01-14", True),
        ("2027-01-15 <= day", True),
        ("余额 * 2", 10),
        ("tranche.A-2.balance - 1", 39),
        ("tranche.A.balance -2", 48),
        ("tranche.A.balance - b", 48),
        ('pool.segment."36/A".balance + pool.segment.60.balance', 130),
        ('pool.segment."60".balance', 70),
        ("grade == \"A\" and grade != 'B'", True),
        ("  a\n +\tb ", 9),
    ],
)
def test_a_formula_is_worth_what_arithmetic_says(text: str, value: float) -> None:
    assert worth(text) == pytest.approx(value)
    if "grade" not in text:
        assert plain.value(plain.read(text), VALUES.__getitem__, lambda _: 0.0) == pytest.approx(value)


@pytest.mark.parametrize(("number", "value"), [(3, 3.0), (0.25, 0.25), (-2.5, -2.5), (1e300, 1e300)])
def test_a_bare_number_stands_for_itself(number: float, value: float) -> None:
    assert worth(number) == value


def test_a_hyphen_belongs_to_a_name_only_after_a_dot() -> None:
    assert formulas.names(parse("tranche.A-2.balance - a - b")) == {"tranche.A-2.balance", "a", "b"}
    assert formulas.names(parse("a-b")) == {"a", "b"}
    assert formulas.names(parse("tranche.A.balance-b")) == {"tranche.A.balance-b"}


expressions = st.deferred(lambda: numbers | sums | picks)
numbers = st.sampled_from(["a", "b", "3", "0.5", "余额", "tranche.A-2.balance"])
sums = st.builds("({} {} {})".format, expressions, st.sampled_from(["+", "-", "*"]), expressions) | st.builds(
    "{} {} {}".format, numbers, st.sampled_from(["+", "-", "*", "/"]), numbers
)
picks = (
    st.builds("min({}, {})".format, expressions, expressions)
    | st.builds("if({} {} {}, {}, -{})".format, numbers, st.sampled_from(["<", ">=", "=="]), numbers, numbers, numbers)
    | st.builds("abs(-{})".format, numbers)
)


@given(expressions)
def test_any_formula_is_read_as_the_plain_reader_reads_it(text: str) -> None:
    expected = plain.value(plain.read(text), VALUES.__getitem__, lambda _: 0.0)
    assert worth(text) == pytest.approx(expected)


@given(st.text(max_size=60) | st.text("ab01.+-*/()<>=!,\"' _-^", max_size=40))
def test_any_text_is_read_or_refused_with_a_message(text: str) -> None:
    for message in problems(text, KINDS, "number"):
        assert message


# ------------------------------------------------------------------------------------------------------------------ kinds


@pytest.mark.parametrize(
    ("text", "wanted", "message"),
    [
        ("a > b", "number", "expected a number, and this formula is a condition"),
        ("a + b", "condition", "expected a condition, and this formula is a number"),
        ("day", "number", "expected a number, and this formula is a date"),
        ("yes + 1", "number", '"+" needs a number, not a condition'),
        ("not a", "condition", '"not" needs a condition, not a number'),
        ("a and yes", "condition", '"and" needs a condition, not a number'),
        ("day > 3", "condition", '">" cannot compare a date with a number'),
        ("day + 1 > day", "condition", '"+" needs a number, not a date'),
        ("yes == no", "condition", '"==" cannot compare a condition with a condition'),
        ('grade < "B"', "condition", '"<" cannot compare a text with a text'),
        ("if(a, 1, 2)", "number", '"if" needs a condition, not a number'),
        ("if(yes, 1, no)", "number", '"if" needs a number, not a condition'),
        ("max(a, yes)", "number", '"max" needs a number, not a condition'),
        ("average(yes, 3)", "number", '"average" needs a number, not a condition'),
        ("c", "number", 'unknown name "c".'),
        (
            "tranche.A-3.balance",
            "number",
            'unknown name "tranche.A-3.balance". Did you mean "tranche.A-2.balance"? A minus takes spaces around it.',
        ),
        ("tranche.A.balence", "number", 'unknown name "tranche.A.balence". Did you mean "tranche.A.balance"?'),
    ],
)
def test_parts_that_do_not_fit_together_are_told(text: str, wanted: Kind, message: str) -> None:
    assert problems(text, KINDS, wanted) == [message]


def test_every_unknown_name_is_told() -> None:
    assert len(problems("x + y + a", KINDS, "number")) == 2


@pytest.mark.parametrize(
    "text", ["if(yes, day, 2027-01-15)", "if(yes, yes, a > b)", 'if(yes, grade, "B") == "A"', "sum_to_date(a) > previous(b, 2)"]
)
def test_what_fits_together_is_accepted(text: str) -> None:
    wanted: Kind = "date" if "day" in text else "condition"
    assert problems(text, KINDS, wanted) == []


# --------------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the formula is empty"),
        ("   ", "the formula is empty"),
        ("a **  b", "there is no power in formulas; multiply instead"),
        ("a ^ b", "there is no power"),
        ("(a) ** 2", "there is no power"),
        ("2 ** 2 ** 2", "there is no power"),
        ("min(a, b) ** 9", "there is no power"),
        ("a < b < 3", "comparisons cannot be chained"),
        ("a b", "expected an operator or the end, found 'b'"),
        ("a +", "expected a number, a name or a bracket, found 'the end'"),
        ("* a", "found '*'"),
        ("(a", "expected \")\", found 'the end'"),
        ("a)", "expected an operator or the end, found ')'"),
        ("a, b", "expected an operator or the end, found ','"),
        ("and", "found 'and'"),
        ("a = b", "cannot read '= b' at character 3"),
        ("a[0]", "cannot read '[0]'"),
        ("a; b", "cannot read '; b'"),
        ("{a}", "cannot read"),
        ("a % b", "cannot read '% b'"),
        ("12abc", "cannot read '12abc' at character 1"),
        ("a + 1.5x", "cannot read '1.5x' at character 5"),
        ("1e", "cannot read '1e'"),
        ("1e999", "1e999 is too large a number"),
        ("2027-02-30 > day", "2027-02-30 is not a date"),
        ('"open', "cannot read"),
        ("sqrt(a)", 'no function "sqrt"; there are min, max, abs, if'),
        ("averge(a, 3)", 'Did you mean "average"?'),
        ("__import__('os')", 'no function "__import__"'),
        ("a.__class__()", 'no function "a.__class__"'),
        ("eval('1')", 'no function "eval"'),
        ("lambda: 1", "cannot read ': 1'"),
        ("min(a)", "min() takes at least 2 arguments, not 1"),
        ("abs(a, b)", "abs() takes 1 argument, not 2"),
        ("if(yes, 1)", "if() takes 3 arguments, not 2"),
        ("average(a)", "average() takes 2 arguments, not 1"),
        ("sum_to_date(a, 2)", "sum_to_date() takes 1 argument, not 2"),
        ("average(a, 0)", "the second argument of average() is a whole number of payment dates from 1 to 1200"),
        ("average(a, 1.5)", "whole number of payment dates"),
        ("average(a, b)", "whole number of payment dates"),
        ("sum(a, 1201)", "whole number of payment dates"),
        ("previous(a, -1)", "whole number of payment dates"),
        ("min()", "found ')'"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as told:
        parse(text)
    assert message in str(told.value)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000 + "a" + ")" * 10_000,
        "-" * 10_000 + "a",
        "not " * 10_000 + "yes",
        "min(1, " * 10_000 + "1" + ")" * 10_000,
        "average(" * 10_000 + "a" + ", 2)" * 10_000,
        "+".join(["a"] * 10_000),
        " and ".join(["yes"] * 10_000),
        "max(" + ", ".join(["a"] * 10_000) + ")",
        "(" * 10_000,
        "if(yes, " * 10_000,
    ],
)
def test_a_formula_beyond_the_limits_is_refused_not_computed(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text)


def test_formulas_within_the_limits_are_read_and_the_next_is_not() -> None:
    deep, long = "(" * 40 + "a" + ")" * 40, " + ".join(["a"] * 250)
    assert (worth(deep), worth(long), worth("-" * 40 + "a")) == (7, 1750, 7)
    for text in (f"({deep})", f"{long} + a", "-" * 41 + "a"):
        with pytest.raises(FormulaError):
            parse(text)


def test_definitions_that_double_are_bounded_when_spelled_out() -> None:
    doubled = parse("x + x")

    def double_often(node: Any) -> None:
        for _ in range(40):
            node = formulas.bounded(formulas.substitute(doubled, {"x": node}))

    with pytest.raises(FormulaError, match="too large"):
        double_often(parse("a"))


def test_a_name_reads_nothing_of_python() -> None:
    assert problems("a.__class__.__mro__", KINDS, "number")[0].startswith('unknown name "a.__class__.__mro__"')


# -------------------------------------------------------------------------------------------------------------- computing


def test_a_formula_over_columns_is_an_array_with_a_value_a_loan() -> None:
    columns = {"term": np.array([2, 9, 12]), "grade": np.array(["A", "G", "A"]), "rate": np.array([0.1, 0.2, 0.3])}
    assert over_columns("term >= 3 and grade == 'A' or rate < 0.15", columns).tolist() == [True, False, True]
    assert over_columns("if(term > 5, rate * 10, -1)", columns).tolist() == [-1.0, 2.0, 3.0]
    assert over_columns("max(term, 5, rate)", columns).tolist() == [5.0, 9.0, 12.0]


def test_loans_have_no_payment_dates_to_look_back_on() -> None:
    with pytest.raises(FormulaError, match=r"average\(\) looks back over payment dates; a loan has none"):
        over_columns("average(term, 3) > 1", {"term": np.array([1])})


def test_division_by_nothing_is_not_finite_and_raises_nothing() -> None:
    assert worth("a / zero") == np.inf
    assert np.isnan(worth("zero / zero"))


def test_substitution_replaces_names_everywhere_and_only_names() -> None:
    node = formulas.substitute(parse("x + average(x, 2) + if(yes, x, y)"), {"x": parse("a - b")})
    assert formulas.names(node) == {"a", "b", "yes", "y"}
    assert formulas.substitute(Name("y"), {"x": parse("a")}) == Name("y")


WRITTEN = [
    "a - (b - c) - d",
    "a / (b * c) / d * -(e + 1)",
    "not (a > 1 and b or c) and not d",
    "(a or b) and c",
    "(a < b) == (c < d)",
    "- -a * -(b * c)",
    "max(a, min(b, -1), 2e-7) + if(x >= 0.1, abs(y - z), 3)",
    "average(sum(a + b, 3) - previous(c, 2), 4) > sum_to_date(d)",
    'pool.segment."36/A".balance + tranche.A-2.balance * pool.segment.60.balance',
    "date >= 2027-01-15 and true",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_a_formula_written_out_is_read_as_it_was(text: str) -> None:
    tree = formulas.parse(text)
    assert formulas.parse(formulas.written(tree)) == tree
