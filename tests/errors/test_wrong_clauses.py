"""Payment holidays, penalties, adjusting rates, multipliers, delinquency and tables of numbers that cannot be.

Each is told with file, place, value and what was expected; status 2; nothing is written.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import TAPE_DEAL, Wrong, assert_refused, edit

LINE = "pool.line[0]"
INDEX = "[index.SOFR]\nrates = [[2024-06-30, 0.05]]\n"


def line(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's line with more to it."""
    return edit("remaining_term = 12\n", f"remaining_term = 12\n{terms}\n", *problems)


def penalty(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's line with a penalty."""
    return line(f"prepayment_penalty = {{ {terms} }}", *problems)


def adjusts(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's line with a rate that adjusts."""
    return Wrong((("remaining_term = 12\n", f"remaining_term = 12\nadjusts = {{ {terms} }}\n{INDEX}"),), problems)


def behind(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's loans fall behind."""
    return edit("[assumptions]\n", f"[assumptions]\ndelinquency = {{ {terms} }}\n", *problems)


UNLIKE = 'prepayment_effect = "shorten" does not go with'


def shortened(terms: str, *problems: tuple[str, ...], scenario: str = "") -> Wrong:
    """The deal's loans are shortened, with more assumed of all, or of a scenario."""
    said = f'[assumptions]\nprepayment_effect = "shorten"\n{terms}\n'
    return Wrong((("[assumptions]\n", said), ("[scenario.stress]", f"{scenario}\n[scenario.stress]")), problems)


def table(terms: str, *problems: tuple[str, ...]) -> Wrong:
    """The deal's fee by a table."""
    return edit('rate = 0.01\nbase = "pool.opening_balance"', f"amount = {terms}", *problems)


WRONG = {
    # payment holidays
    "a holiday as long as the term": line(
        "payment_holiday_months = 12", (f"{LINE}.payment_holiday_months", "leaves no month to amortize in 12")
    ),
    "a holiday and interest alone to the end": line(
        "payment_holiday_months = 6\ninterest_only_months = 6",
        (f"{LINE}.payment_holiday_months", "6 beside 6 of interest alone leaves no month to amortize in 12"),
    ),
    "a holiday of a bullet": line(
        'payment_holiday_months = 2\namortization = "bullet"',
        (f"{LINE}.payment_holiday_months", '2 goes with level_pay or equal_principal, not with "bullet"'),
    ),
    "a holiday in half months": line("payment_holiday_months = 1.5", (f"{LINE}.payment_holiday_months", "whole number, got 1.5")),
    "waived interest of no holiday": line("capitalises = false", (f"{LINE}.capitalises", "goes with payment_holiday_months")),
    "a holiday although the servicer advances": Wrong(
        (
            ("remaining_term = 12\n", "remaining_term = 12\npayment_holiday_months = 2\n"),
            ("[assumptions]", "[assumptions]\nadvances = true"),
        ),
        (("assumptions.advances", "does not go with payment holidays"),),
    ),
    # multipliers
    "a multiplier below 0": line("default_multiplier = -1", (f"{LINE}.default_multiplier", "0 or more, got -1")),
    "a multiplier in percent": line("prepayment_multiplier = 150", (f"{LINE}.prepayment_multiplier", "100 or less, got 150")),
    "a multiplier as text": line('default_multiplier = "2x"', (f"{LINE}.default_multiplier", "expected a number")),
    "a multiplier of a line that never prepays": line(
        'amortization = "revolving_line"\nprepayment_multiplier = 2',
        (f"{LINE}.prepayment_multiplier", 'does not go with amortization = "revolving_line", which never prepays'),
    ),
    "a misspelt multiplier": line("default_multipier = 2", (f"{LINE}.default_multipier", 'Did you mean "default_multiplier"?')),
    "a column of multipliers that is not there": Wrong(
        (),
        (("", 'no column "rsk"', 'Did you mean "risk"?'),),
        deal=TAPE_DEAL.replace('segment_by = ["grade"]\n', 'segment_by = ["grade"]\ncolumns = { default_multiplier = "rsk" }\n'),
        files={"tape.csv": b"balance,annual_rate,remaining_term,grade,risk\n100000000,0.1,12,A,2\n"},
        file="tape.csv",
    ),
    # prepayments that shorten loans
    "an effect that there is not": edit(
        "[assumptions]\n",
        '[assumptions]\nprepayment_effect = "shortened"\n',
        ("assumptions.prepayment_effect", '"shortened"', "recast", "shorten"),
    ),
    "an effect of a segment": edit(
        "[scenario.stress]",
        '[assumptions.segment.all]\nprepayment_effect = "shorten"\n[scenario.stress]',
        ("assumptions.segment.all.prepayment_effect", 'unknown key "prepayment_effect"'),
    ),
    "shortened although the servicer advances": shortened("advances = true", ("assumptions", UNLIKE, "advances = true")),
    "shortened although loans fall behind": shortened(
        "delinquency = { annual_rate = 0.05, lag = 2, default_share = 0.3 }", ("assumptions", UNLIKE, "`delinquency`")
    ),
    "shortened although loans of a scenario fall behind": shortened(
        "",
        ("scenario.late", UNLIKE, "`delinquency`"),
        scenario="[scenario.late]\ndelinquency = { annual_rate = 0.05, lag = 2, default_share = 0.3 }",
    ),
    "shortened in sifma with a cumulative default": shortened(
        'order = "sifma"',
        ("scenario.late", UNLIKE, "a cumulative default", 'order = "sifma"'),
        scenario="[scenario.late]\ndefault = { cumulative = 0.05, timing = [1.0] }",
    ),
    "shortened in sifma with a segment's cumulative default": shortened(
        'order = "sifma"',
        ('scenario.late.segment."all"', UNLIKE, "a cumulative default"),
        scenario="[scenario.late.segment.all]\ndefault = { cumulative = 0.05, timing = [1.0] }",
    ),
    "shortened loans on a holiday": Wrong(
        (
            ("remaining_term = 12\n", "remaining_term = 12\npayment_holiday_months = 2\n"),
            ("[assumptions]\n", '[assumptions]\nprepayment_effect = "shorten"\n'),
        ),
        (("assumptions.prepayment_effect", "does not go with payment holidays", "1 loan"),),
    ),
    "shortened loans with a penalty by amount": Wrong(
        (
            ("remaining_term = 12\n", "remaining_term = 12\nprepayment_penalty = { amount = 50 }\n"),
            ("[assumptions]\n", '[assumptions]\nprepayment_effect = "shorten"\n'),
        ),
        (("assumptions.prepayment_effect", "does not go with penalties by amount", "1 loan"),),
    ),
    # penalties
    "a penalty of nothing": penalty("until = 3", (f"{LINE}.prepayment_penalty", "expected `rate` or `amount`, one of the two")),
    "a penalty twice": penalty("rate = 0.01, amount = 5", (f"{LINE}.prepayment_penalty", "`rate` or `amount`, one of the two")),
    "a penalty in percent": penalty("rate = 5", (f"{LINE}.prepayment_penalty.rate", "5 looks like a percentage", "0.05")),
    "a penalty below 0": penalty("amount = -5", (f"{LINE}.prepayment_penalty.amount", "-5 is below 0")),
    "penalties as text": penalty('rate = ["a"]', (f"{LINE}.prepayment_penalty.rate", "item 1", "expected a number")),
    "no penalties": penalty("rate = []", (f"{LINE}.prepayment_penalty.rate", "at least one number")),
    "steps of one number": penalty(
        "rate = 0.05, step_months = 12", (f"{LINE}.prepayment_penalty", "`step_months` goes with a list")
    ),
    "a share each month": penalty(
        "rate = 0.05, each_month = true", (f"{LINE}.prepayment_penalty", "`each_month` goes with `amount`")
    ),
    "a penalty until month 0": penalty("rate = 0.05, until = 0", (f"{LINE}.prepayment_penalty.until", "1 or more, got 0")),
    "an unknown key of a penalty": penalty(
        "rate = 0.05, untill = 3", (f"{LINE}.prepayment_penalty.untill", 'Did you mean "until"?')
    ),
    # rates that adjust
    "an index that nobody gives": adjusts('index = "SOFT"', (f"{LINE}.adjusts.index", 'no index "SOFT"', 'Did you mean "SOFR"?')),
    "no index": adjusts("margin = 0.01", (f"{LINE}.adjusts.index", "missing", "a text")),
    "a margin in percent": adjusts(
        'index = "SOFR", margin = 2.25', (f"{LINE}.adjusts.margin", "2.25 looks like a percentage", "0.0225")
    ),
    "a cap in percent": adjusts('index = "SOFR", cap = 9', (f"{LINE}.adjusts.cap", "9 looks like a percentage", "0.09")),
    "a floor above the cap": adjusts(
        'index = "SOFR", cap = 0.05, floor = 0.06', (f"{LINE}.adjusts", "`floor` 0.06 is above `cap` 0.05")
    ),
    "resets every zeroth month": adjusts(
        'index = "SOFR", reset_months = 0', (f"{LINE}.adjusts.reset_months", "1 or more, got 0")
    ),
    "an index read two months late": adjusts(
        'index = "SOFR", lookback_days = -60', (f"{LINE}.adjusts.lookback_days", "-31 or more, got -60")
    ),
    "an index read before it begins": adjusts(
        'index = "SOFR", lookback_days = 45', ("index.SOFR.rates", "begins on 2024-06-30", "read it on 2024-05-16")
    ),
    "an index of a tape that nobody gives": Wrong(
        (),
        (("index.SOFT", "loans adjust to this index", "nothing gives it", 'Did you mean "SOFR"?'),),
        deal=TAPE_DEAL + INDEX,
        files={"tape.csv": b"balance,annual_rate,remaining_term,grade,rate_index\n100000000,0.1,12,A,SOFT\n"},
    ),
    "a rate that adjusts of a flat fee": Wrong(
        (
            ("annual_rate = 0.12\n", 'amortization = "flat_fee"\nfee_rate = 0.01\n'),
            ("remaining_term = 12\n", f'remaining_term = 12\nadjusts = {{ index = "SOFR" }}\n{INDEX}'),
        ),
        ((f"{LINE}.adjusts", 'goes with level_pay, equal_principal or interest_only, not with "flat_fee"'),),
    ),
    "a rate that adjusts in a holiday": Wrong(
        (("remaining_term = 12\n", f'remaining_term = 12\npayment_holiday_months = 2\nadjusts = {{ index = "SOFR" }}\n{INDEX}'),),
        ((f"{LINE}.adjusts", "does not go with payment_holiday_months"),),
    ),
    # delinquency, defaults at maturity
    "falling behind at two rates": behind(
        "annual_rate = 0.05, monthly_rate = 0.01, lag = 2, default_share = 0.3",
        ("assumptions.delinquency", "exactly one of annual_rate, monthly_rate"),
    ),
    "falling behind for no time": behind(
        "annual_rate = 0.05, lag = 0, default_share = 0.3", ("assumptions.delinquency.lag", "1 or more, got 0")
    ),
    "falling behind without an end": behind(
        "annual_rate = 0.05, lag = 2", ("assumptions.delinquency.default_share", "missing", "a number")
    ),
    "falling behind in percent": behind(
        "annual_rate = 5, lag = 2, default_share = 0.3", ("assumptions.delinquency.annual_rate", "5 looks like a percentage")
    ),
    "a list of which nobody knows the axis": behind(
        "annual_rate = [0.05, 0.1], lag = 2, default_share = 0.3", ("assumptions.delinquency", "`by` must be said")
    ),
    "falling behind although the servicer advances": behind(
        "annual_rate = 0.05, lag = 2, default_share = 0.3 }\nadvances = true\nprepayment = { cpr = 0.1",
        ("assumptions", "`delinquency` does not go with advances = true"),
    ),
    "a scenario in which loans fall behind although the servicer advances": Wrong(
        (
            ("[assumptions]\n", "[assumptions]\nadvances = true\n"),
            ("default_multiplier = 2.0", "delinquency = { annual_rate = 0.05, lag = 2, default_share = 0.3 }"),
        ),
        (("scenario.stress.delinquency", "`delinquency` does not go with advances = true"),),
    ),
    "a negative multiplier": edit(
        "default_multiplier = 2.0", "delinquency_multiplier = -1.0", ("scenario.stress.delinquency_multiplier", "-1 is below 0")
    ),
    "a default at maturity in percent": edit(
        "cdr = 0.02", "cdr = 0.02, at_maturity = 10", ("assumptions.default.at_maturity", "10 looks like a percentage", "0.1")
    ),
    "a default at maturity beside a cumulative one": edit(
        "cdr = 0.02", "cumulative = 0.02, at_maturity = 0.1", ("assumptions.default", "`at_maturity` goes with cdr, mdr or sda")
    ),
    # tables
    "a table of nothing": table("{ table = [[0, 5]] }", ("fee[0].amount", "`of` is missing")),
    "something looked up nowhere": table('{ of = "pool.balance" }', ("fee[0].amount", "`table` is missing")),
    "an empty table": table('{ table = [], of = "pool.balance" }', ("fee[0].amount", "each [from, number]")),
    "a row of one number": table('{ table = [[0, 5], [15]], of = "pool.balance" }', ("fee[0].amount", "row 2 of `table`")),
    "a row of texts": table('{ table = [["0", 5]], of = "pool.balance" }', ("fee[0].amount", "row 1 of `table`")),
    "rows out of order": table(
        '{ table = [[15, 5], [0, 10]], of = "pool.balance" }', ("fee[0].amount", "0 after 15", "rows that increase")
    ),
    "a key that tables lack": table(
        '{ table = [[0, 5]], of = "pool.balance", then = 3 }', ("fee[0].amount", 'unknown key "then"')
    ),
    "a table of a name that there is not": table(
        '{ table = [[0, 5]], of = "pool.balanse" }', ("fee[0].amount", 'Did you mean "pool.balance"?')
    ),
    "something looked up that is no formula": table(
        '{ table = [[0, 5]], of = ["pool.balance"] }', ("fee[0].amount", "`of` is no formula")
    ),
    "a term by a table of nothing": edit(
        'oc = "0.1 * pool.balance"', "oc = { table = [[0, 5]] }", ("define.oc", "`of` is missing")
    ),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_clauses_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
